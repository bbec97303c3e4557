"""Sums of log-leaders of many items, analysed a block of items at a time."""

from typing import Any

import numpy as np

from toolbox.device import compute
from toolbox.item_blocks import item_blocks
from toolbox.regressions import slope_weights
from toolbox.scaling_range import leader_boxes

LARGEST_BLOCK = 2**22  # samples analysed at once
Q = tuple(range(-5, 6))


def leader_sums(
    flat: np.ndarray, bank: Any, scales: tuple[int, int], **options: Any
) -> dict[str, np.ndarray]:
    """Return the kernel's sums of all items, (items, *space), in float64."""
    from toolbox.kernels.log_leaders import log_leader_sums

    boxes = leader_boxes(flat.shape[1:], length=len(bank[0]))
    counts = np.array([np.prod(box.size) for box in boxes])
    j = np.arange(scales[0], scales[1] + 1)
    options |= {"levels": len(boxes), "first_scale": scales[0]}
    dtype, parts = flat.dtype, []
    for block in item_blocks(flat, largest=LARGEST_BLOCK):
        # Below this a coefficient is what rounding has left of an empty one.
        floor = np.finfo(dtype).eps * np.abs(block).reshape(len(block), -1).max(axis=1)
        arrays = (block, *bank, floor, slope_weights(j, counts[j - 1]), np.array(Q))
        parts.append(compute(log_leader_sums, *(a.astype(dtype) for a in arrays), **options))
    return {
        name: np.concatenate([part[name] for part in parts])[: len(flat)].astype(np.float64)
        for name in parts[0]
    }
