"""Spread of the slopes of cross-covariances over bootstrap resamples of coarse blocks."""

from typing import Any

import numpy as np

from toolbox.core.streams import generator
from toolbox.multifractals.block_bootstrap import block_counts, block_weights

FEWEST = 3  # leaders that a resample leaves every scale: the draws are those of `multifractal`


def cross_errors(
    sums: np.ndarray, boxes: list[Any], weights: np.ndarray, *, resamples: int, seed: int
) -> np.ndarray:
    """Return the standard errors of c_11, (items, K, K).

    `sums` (items, scales, blocks, K + K(K + 1)/2) are each block's sums of the centred logarithms
    of K components, then of their products a <= b; `weights` turn C_11(j) into c_11. A standard
    error is the spread of the resampled slopes times sqrt(B/(B - 1)) for B blocks.
    """
    counts, rng = block_counts(boxes), generator(seed, "multifractal", "blocks")
    drawn = list(block_weights(counts, resamples=resamples, fewest=FEWEST, rng=rng))
    blocks = counts.shape[1]
    factor = np.sqrt(blocks / (blocks - 1))
    return np.stack([factor * _spread(item, counts, weights, drawn) for item in sums])


def _spread(
    sums: np.ndarray, counts: np.ndarray, weights: np.ndarray, drawn: list[np.ndarray]
) -> np.ndarray:
    """Return the standard deviation of one item's resampled c_11: (K, K)."""
    scales, blocks, columns = sums.shape
    components = round(np.sqrt(2 * columns + 2.25) - 1.5)  # K + K(K + 1)/2 columns
    a, b = np.triu_indices(components)
    table = np.concatenate([counts[..., None], sums], axis=-1)
    table = np.moveaxis(table, 1, 0).reshape(blocks, -1)
    slopes = []
    for chosen in drawn:
        S = (chosen @ table).reshape(len(chosen), scales, columns + 1)
        n, first, second = S[..., :1], S[..., 1 : components + 1], S[..., components + 1 :]
        C = (second - first[..., a] * first[..., b] / n) / (n - 1)
        slopes.append(np.einsum("j,rjp->rp", weights, C))
    spread = np.empty((components, components))
    spread[a, b] = spread[b, a] = np.concatenate(slopes).std(axis=0, ddof=1)
    return spread
