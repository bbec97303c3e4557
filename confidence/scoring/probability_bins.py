"""Equal bins of probability, and when two probabilities count as equal."""

import numpy as np

# Four units in the last place of a float32 near 1: what is rounded to float32, or computed in it
# from a sum to one, is off by no more.
TOLD_APART = 2.0**-22


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
