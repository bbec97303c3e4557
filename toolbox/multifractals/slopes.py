"""Slopes over scales: their weights, and their spread over bootstrap resamples."""

import numpy as np

from toolbox.kernels.boxes import Box
from toolbox.multifractals.block_bootstrap import block_counts as full_counts
from toolbox.multifractals.block_bootstrap import resampled


def count_weights(counts: np.ndarray, scales: tuple[int, int]) -> np.ndarray:
    """Return the weights, from n_j, that turn C_m(j) of the range into c_m: (range,)."""
    j = np.arange(scales[0], scales[1] + 1)
    return slope_weights(j, counts[j - 1]) / np.log(2)


def bootstrap_errors(
    sums: np.ndarray,
    boxes: list[Box],
    scales: tuple[int, int],
    *,
    resamples: int,
    seed: int,
    block_counts: np.ndarray | None = None,
) -> np.ndarray:
    """Return each item's standard errors of the slopes, (items, orders).

    The spread of the resampled slopes times sqrt(B/(B - 1)) for B blocks. `block_counts`,
    (range, blocks), say how many leaders each block holds; by default all of the boxes.
    """
    j, blocks = np.arange(scales[0], scales[1] + 1), sums.shape[2]
    held = full_counts(boxes) if block_counts is None else block_counts
    counts = np.zeros(scales[1])
    counts[j - 1] = held.sum(axis=1)
    weights = count_weights(counts, scales)
    drawn = resampled(sums, held, resamples=resamples, seed=seed)
    errors = [np.einsum("rjm,j->rm", C, weights).std(axis=0, ddof=1) for C in drawn]
    # The spread of resamples of B blocks has the variance of a mean over B times (B - 1) / B.
    return np.sqrt(blocks / (blocks - 1)) * np.stack(errors)


def slope_weights(scales: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return w_j = b_j (S0 j - S1) / (S0 S2 - S1^2), S_i = sum_j b_j j^i: sum_j w_j y_j is a slope.

    The slope is that of least squares with weight b_j for each squared residual.
    """
    s0, s1, s2 = (float(np.sum(b * scales**i)) for i in range(3))
    return b * (s0 * scales - s1) / (s0 * s2 - s1**2)


def r_squared(y: np.ndarray, scales: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the share of the b-weighted variance over scales (last axis) that a line explains."""
    b = b / b.sum()
    slope = y @ slope_weights(scales, b)
    centred = y - (y @ b)[..., None]
    line = slope[..., None] * (scales - scales @ b)
    variance = centred**2 @ b
    flat = variance <= 1e-24 * (y**2 @ b)  # the same at every scale, but for rounding
    return np.where(flat, np.nan, 1 - (centred - line) ** 2 @ b / np.where(flat, 1, variance))
