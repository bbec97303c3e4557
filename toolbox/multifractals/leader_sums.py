"""Sums of log-leaders of many items, analysed a block of items at a time, and their lowest ones."""

from typing import Any

import numpy as np

from toolbox.core.device import block_samples, compute_each
from toolbox.core.item_blocks import item_blocks, rounding_floor, unit_items
from toolbox.multifractals.scaling_range import leader_boxes
from toolbox.multifractals.slopes import slope_weights

Q = tuple(range(-5, 6))

FEWEST_BLOCKS = 32  # from which quartiles tell a spread
# Robust standard deviations below the median that no block of a random walk reaches: none of
# some 9,000 fields and signals, fractional, multifractal (lambda^2 up to .3) and anisotropic, of
# 124 to 6,000 leaders. The deepest of n normal numbers lies near sqrt(2 ln n).
DEEP, DEEP_OF_MANY = 6.0, 1.8
# Where 30 % are damped the quartiles are too; the upper tenth is not, but varies more.
UPPER_TENTH = 1.4
LEAST_SPREAD = 0.01  # nats: leaders that vary less are those of a periodic pattern


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
    "log_gain" is what the logarithms lack for it, "lowest" how far down the finest of them lie (see
    `lowest_block`). With `gaps` NaN marks samples that are missing; "counts" then says how many
    leaders of each item and scale remain, "block_counts" how many of each block.
    """
    from toolbox.kernels.log_leaders import log_leader_sums

    flat, exponent = unit_items(flat, dim=flat.ndim - 1)
    boxes = leader_boxes(flat.shape[1:], length=len(bank[0]))
    counts = np.array([np.prod(box.size) for box in boxes])
    j = np.arange(scales[0], scales[1] + 1)
    options |= {"levels": len(boxes), "first_scale": scales[0], "gaps": gaps}
    shared = (slope_weights(j, counts[j - 1]), np.array(Q))
    largest = block_samples(flat.dtype, device=device)
    dim, blocks = flat.ndim - 1, item_blocks(flat, largest=largest)
    inputs = [(block, *bank, rounding_floor(block, dim=dim), *shared) for block in blocks]
    calls = [tuple(a.astype(flat.dtype, copy=False) for a in each) for each in inputs]
    parts = compute_each(log_leader_sums, calls, device=device, **options)
    for part in parts:
        part["lowest"] = lowest_block(part.pop("finest"))
    sums = {
        name: np.concatenate([part[name] for part in parts])[: len(flat)].astype(np.float64)
        for name in parts[0]
    }
    return sums | {"log_gain": exponent * np.log(2)}


def lowest_block(e: np.ndarray) -> np.ndarray:
    """Return how deep the lowest block of log-leaders, (items, *sides), lies: (items,).

    Of the means of blocks of 1, 2, 4, ... leaders along each axis: median minus minimum over the
    spread of the others, in units of what random walks may have, so that above 1 a stretch is flat
    or damped. A block is as long as a stretch once: its mean has the stretch's whole depth, and
    varies little elsewhere. NaN marks gaps; a block that touches one is left out.
    """
    deepest = np.zeros(len(e))
    while e[0].size >= FEWEST_BLOCKS:
        deepest = np.maximum(deepest, _depth(e.reshape(len(e), -1)))
        for axis in range(1, e.ndim):
            half = e.shape[axis] // 2
            pairs = np.take(e, np.arange(2 * half), axis=axis)
            e = pairs.reshape(*e.shape[:axis], half, 2, *e.shape[axis + 1 :]).mean(axis=axis + 1)
    return deepest


def _depth(values: np.ndarray) -> np.ndarray:
    """Return the depth of the lowest of values (items, n), some of them NaN; 0 of few."""
    n = np.count_nonzero(~np.isnan(values), axis=1)
    enough = n >= FEWEST_BLOCKS
    ranks = (np.maximum(n, 1)[:, None] - 1) * np.array([0, 0.25, 0.5, 0.75, 0.9])
    ranks = ranks.astype(int)
    ordered = np.partition(values, np.unique(ranks), axis=1)  # NaN at the end
    low, first, median, third, tenth = np.take_along_axis(ordered, ranks, axis=1).T
    # A normal law's quartiles are 1.349 standard deviations apart, its upper tenth begins at 1.282.
    spread = np.minimum((third - first) / 1.349, UPPER_TENTH * (tenth - median) / 1.282)
    limit = np.maximum(DEEP, DEEP_OF_MANY * np.sqrt(2 * np.log(np.maximum(n, 1))))
    return np.where(enough, (median - low) / (limit * np.maximum(spread, LEAST_SPREAD)), 0)
