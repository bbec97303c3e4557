"""Equal bins of probability."""

import numpy as np

from toolbox.resampling.near_ties import TOLD_APART


def bin_numbers(probability: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each probability: closed on the right, 0 in the first, 1 in the last.

    A probability that float32 does not tell from an edge is on it, so that both precisions of the
    same probabilities fall into the same bins.
    """
    edges = np.arange(1, bins) / bins + TOLD_APART
    return np.searchsorted(edges, probability, side="left")


def bin_sums(values: np.ndarray, place: np.ndarray, bins: int) -> np.ndarray:
    """Return the sum of the values in each bin."""
    return np.bincount(place, weights=values, minlength=bins)
