"""Logarithms of the leaders of a few scales, refused where a leader is zero."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.multiscale.leaders import wavelet_leaders


def log_leaders(
    batch: np.ndarray, *, dim: int, scales: tuple[int, int], **options: Any
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the natural logarithms, (items x components, *sides) in float64, and first positions.

    One array for each scale from the first to the last of `scales`, both included.
    """
    flat = batch.reshape(-1, *batch.shape[2:])
    leaders = wavelet_leaders(flat, dim=dim, levels=scales[1], **options)
    inside = slice(scales[0] - 1, scales[1])
    # Below this a coefficient is what rounding has left of an empty one.
    floor = np.finfo(batch.dtype).eps * np.abs(flat).max(axis=tuple(range(1, flat.ndim)))
    # Coarser leaders contain the finest: they are zero only where these are.
    zero = np.count_nonzero(leaders.values[inside][0] <= floor.reshape(-1, *(1,) * dim))
    if zero:
        wanted = "variation everywhere (crop constant or straight stretches, or add noise of the "
        wanted += "size of the quantisation)"
        checks.refuse("x", wanted, f"{zero} leaders that are zero, or rounding")
    logs = [np.log(values.astype(np.float64)) for values in leaders.values[inside]]
    return logs, leaders.first[inside]
