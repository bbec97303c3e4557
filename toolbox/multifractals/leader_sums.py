"""Sums of log-leaders of many items, analysed a block of items at a time."""

from typing import Any

import numpy as np

from toolbox.core.device import block_samples, compute_each
from toolbox.core.item_blocks import item_blocks, unit_items
from toolbox.multifractals.scaling_range import leader_boxes
from toolbox.multifractals.slopes import slope_weights

Q = tuple(range(-5, 6))


def leader_sums(
    flat: np.ndarray,
    bank: Any,
    scales: tuple[int, int],
    *,
    device: str,
    gaps: bool = False,
    **options: Any,
) -> dict[str, np.ndarray]:
    """Return the kernel's sums of all items, (items, *space), in float64.

    They are those of items scaled to a largest magnitude from .5 to 1, whose powers stay in range;
    "log_gain" is what the logarithms lack for it. With `gaps` NaN marks samples that are missing;
    "counts" then says how many leaders of each item and scale remain, "block_counts" how many of
    each block.
    """
    from toolbox.kernels.log_leaders import log_leader_sums

    flat, exponent = unit_items(flat, dim=flat.ndim - 1)
    boxes = leader_boxes(flat.shape[1:], length=len(bank[0]))
    counts = np.array([np.prod(box.size) for box in boxes])
    j = np.arange(scales[0], scales[1] + 1)
    options |= {"levels": len(boxes), "first_scale": scales[0], "gaps": gaps}
    shared = (slope_weights(j, counts[j - 1]), np.array(Q))
    largest = block_samples(flat.dtype, device=device)
    calls = [
        tuple(a.astype(flat.dtype, copy=False) for a in (block, *bank, rounding(block), *shared))
        for block in item_blocks(flat, largest=largest)
    ]
    parts = compute_each(log_leader_sums, calls, device=device, **options)
    sums = {
        name: np.concatenate([part[name] for part in parts])[: len(flat)].astype(np.float64)
        for name in parts[0]
    }
    return sums | {"log_gain": exponent * np.log(2)}


def rounding(block: np.ndarray) -> np.ndarray:
    """Return for each item the size below which a coefficient is what rounding left of none."""
    flat = block.reshape(len(block), -1)
    largest, smallest = flat.max(axis=1), flat.min(axis=1)
    if np.isnan(largest).any():
        largest, smallest = np.nanmax(flat, axis=1), np.nanmin(flat, axis=1)
    return np.finfo(block.dtype).eps * np.maximum(largest, -smallest)
