"""Time-scale block bootstrap: coarse intervals are drawn, each with its whole tree of finer ones.

A block is an interval (a square in an image) of the coarsest scale j2, and carries the leaders of
every scale j1 to j2 that sit on it: their dependence across scales is kept. A resample is then a
row of whole-number weights, one a block, and every sum of powers of the resampled leaders is the
same product, weights times the block's own sums (Wendt, Abry & Jaffard 2007).
"""

from collections.abc import Iterator

import numpy as np

from toolbox.core.streams import generator
from toolbox.kernels.boxes import Box
from toolbox.multifractals.k_statistics import k_statistics

LARGEST = 2**22  # weights drawn at once: 32 MB


def block_paddings(boxes: list[Box]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return how many positions each scale lacks before and behind to fill whole blocks."""
    finest, paddings = boxes[0], []
    for i, box in enumerate(boxes):
        size, side = 2 ** (len(boxes) - 1 - i), 2 ** (len(boxes) - 1)
        pairs = zip(box.first, box.end, finest.first, finest.end, strict=True)
        paddings.append(
            tuple((f - f0 // side * size, -(-e0 // side) * size - e) for f, e, f0, e0 in pairs)
        )
    return tuple(paddings)


def block_counts(boxes: list[Box]) -> np.ndarray:
    """Return how many leaders each block holds at each scale: (scales, blocks)."""
    rows = []
    for i, (box, padding) in enumerate(zip(boxes, block_paddings(boxes), strict=True)):
        size, total = 2 ** (len(boxes) - 1 - i), np.ones((1,))
        for n, pad in zip(box.size, padding, strict=True):
            along = np.pad(np.ones(n), pad).reshape(-1, size).sum(axis=1)
            total = np.multiply.outer(total, along)
        rows.append(total.reshape(-1))
    return np.stack(rows)


def block_weights(
    counts: np.ndarray, *, resamples: int, fewest: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield whole-number weights (some resamples, blocks): how often each block is drawn.

    A row that leaves a scale with less than `fewest` leaders is drawn again.
    """
    blocks = counts.shape[1]
    most = max(1, LARGEST // blocks)
    for start in range(0, resamples, most):
        weights = np.zeros((min(most, resamples - start), blocks))
        poor = np.ones(len(weights), dtype=bool)
        # Blocks at the border hold fewer leaders, and a k-statistic of order M needs M of them.
        while poor.any():
            drawn = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=int(poor.sum()))
            weights[poor] = drawn
            poor = (weights @ counts.T < fewest).any(axis=1)
        yield weights


def resampled_cumulants(weights: np.ndarray, counts: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return the k-statistics of every resample and scale: (resamples, scales, orders).

    `counts` is (scales, blocks), `sums` (scales, blocks, orders): each block's sums of powers.
    """
    scales, blocks, orders = sums.shape
    table = np.concatenate([counts[..., None], sums], axis=-1)  # sums of y^0, y^1, ..., y^M
    drawn = weights @ np.moveaxis(table, 1, 0).reshape(blocks, scales * (orders + 1))
    drawn = drawn.reshape(len(weights), scales, orders + 1)
    return k_statistics(drawn[..., 0], drawn[..., 1:])


def resampled(
    sums: np.ndarray, counts: np.ndarray, *, resamples: int, seed: int
) -> Iterator[np.ndarray]:
    """Yield each item's resampled C_m(j), (resamples, scales, orders), all by the same weights.

    `sums` is (items, scales, blocks, orders), of logarithms centred scale by scale, which moves no
    slope between resamples; `counts` (scales, blocks) is how many leaders the blocks hold.
    """
    # The same weights for every item: a difference between items is then less noisy than each, and
    # an item's interval does not depend on those beside it.
    rng = generator(seed, "multifractal", "blocks")
    drawn = list(block_weights(counts, resamples=resamples, fewest=sums.shape[-1], rng=rng))
    for item in sums:
        yield np.concatenate([resampled_cumulants(weights, counts, item) for weights in drawn])
