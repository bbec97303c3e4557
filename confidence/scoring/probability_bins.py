"""Equal bins of probability."""

import numpy as np


def bin_numbers(probability: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each probability: closed on the right, 0 in the first, 1 in the last."""
    edges = np.arange(1, bins) / bins
    return np.searchsorted(edges, probability, side="left")


def bin_sums(values: np.ndarray, place: np.ndarray, bins: int) -> np.ndarray:
    """Return the sum of the values in each bin."""
    return np.bincount(place, weights=values, minlength=bins)
