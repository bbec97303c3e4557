"""Slopes of log-cumulants over scales: their weights, and their spread over bootstrap resamples."""

from typing import Any

import numpy as np

from toolbox.multifractals.block_bootstrap import block_counts as full_counts
from toolbox.multifractals.block_bootstrap import resampled
from toolbox.multifractals.regressions import (
    generalised_slope_weights,
    shrunk_covariance,
    slope_weights,
)

SHRINKAGE = 0.6  # of correlations between scales, which few blocks give


def count_weights(counts: np.ndarray, scales: tuple[int, int]) -> np.ndarray:
    """Return the weights, from n_j, that turn C_m(j) of the range into c_m: (range,)."""
    j = np.arange(scales[0], scales[1] + 1)
    return slope_weights(j, counts[j - 1]) / np.log(2)


def bootstrap_slopes(
    sums: np.ndarray,
    boxes: list[Any],
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
