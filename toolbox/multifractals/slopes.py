"""Slopes over scales: their weights, and their spread over bootstrap resamples."""

import numpy as np

from toolbox.kernels.boxes import Box
from toolbox.multifractals.block_bootstrap import block_counts as full_counts
from toolbox.multifractals.block_bootstrap import resampled

SHRINKAGE = 0.6  # of correlations between scales, which few blocks give


def count_weights(counts: np.ndarray, scales: tuple[int, int]) -> np.ndarray:
    """Return the weights, from n_j, that turn C_m(j) of the range into c_m: (range,)."""
    j = np.arange(scales[0], scales[1] + 1)
    return slope_weights(j, counts[j - 1]) / np.log(2)


def bootstrap_slopes(
    sums: np.ndarray,
    boxes: list[Box],
    scales: tuple[int, int],
    *,
    generalised: bool,
    resamples: int,
    seed: int,
    block_counts: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return each item's weights, (items, range, orders), and standard errors, (items, orders).

    Weights are those of the counts, or those of generalised least squares with the covariance of
    each item's own resamples. A standard error is the spread of the resampled slopes times
    sqrt(B/(B - 1)) for B blocks. `block_counts`, (range, blocks), say how many leaders each block
    holds; by default all of the boxes.
    """
    j, blocks = np.arange(scales[0], scales[1] + 1), sums.shape[2]
    held = full_counts(boxes) if block_counts is None else block_counts
    counts = np.zeros(scales[1])
    counts[j - 1] = held.sum(axis=1)
    equal = np.repeat(count_weights(counts, scales)[:, None], sums.shape[-1], axis=1)
    weights, errors = [], []
    for C in resampled(sums, held, resamples=resamples, seed=seed):
        own = _generalised(C, j, counts[j - 1]) if generalised else equal
        weights.append(own)
        errors.append(np.einsum("rjm,jm->rm", C, own).std(axis=0, ddof=1))
    return np.stack(weights), np.sqrt(blocks / (blocks - 1)) * np.stack(errors)


def _generalised(resamples: np.ndarray, j: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return the weights (range, orders) from resampled C_m(j): (resamples, range, orders)."""
    columns = [
        generalised_slope_weights(j, shrunk_covariance(C, n, share=SHRINKAGE))
        for C in np.moveaxis(resamples, -1, 0)
    ]
    return np.stack(columns, axis=-1) / np.log(2)


def slope_weights(scales: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return w_j = b_j (S0 j - S1) / (S0 S2 - S1^2), S_i = sum_j b_j j^i: sum_j w_j y_j is a slope.

    The slope is that of least squares with weight b_j for each squared residual.
    """
    s0, s1, s2 = (float(np.sum(b * scales**i)) for i in range(3))
    return b * (s0 * scales - s1) / (s0 * s2 - s1**2)


def generalised_slope_weights(scales: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the weights of the slope of generalised least squares (Aitken 1936).

    The slope's row of (X' S^-1 X)^-1 X' S^-1, X = [1, j], S the covariance over the scales.
    """
    design = np.stack([np.ones(len(scales)), scales], axis=1)
    whitened = np.linalg.solve(covariance, design)
    return np.linalg.solve(design.T @ whitened, whitened.T)[1]


def shrunk_covariance(samples: np.ndarray, n: np.ndarray, *, share: float) -> np.ndarray:
    """Return a covariance of variances proportional to 1/n and correlations shrunk by `share`.

    Variances of single scales, estimated from few blocks, are small where the estimates happen to
    be; taken as they are they bias the slope and double its spread.
    """
    correlation = np.corrcoef(samples, rowvar=False)
    correlation = (1 - share) * correlation + share * np.eye(len(n))
    return correlation / np.sqrt(np.outer(n, n))


def r_squared(y: np.ndarray, scales: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the share of the b-weighted variance over scales (last axis) that a line explains."""
    b = b / b.sum()
    slope = y @ slope_weights(scales, b)
    centred = y - (y @ b)[..., None]
    line = slope[..., None] * (scales - scales @ b)
    variance = centred**2 @ b
    flat = variance <= 1e-24 * (y**2 @ b)  # the same at every scale, but for rounding
    return np.where(flat, np.nan, 1 - (centred - line) ** 2 @ b / np.where(flat, 1, variance))
