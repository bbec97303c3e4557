"""Whether members know anything of the items that they were not trained on."""

import numpy as np

from toolbox.core.streams import generator
from toolbox.resampling.redrawn_units import unit_means

PERMUTATIONS = 999


def left_out_p_value(
    votes: np.ndarray, trained_on: np.ndarray, y: np.ndarray, units: np.ndarray
) -> float:
    """Return the p-value of "the members know nothing of items that they were not trained on".

    The statistic is the mean probability of the true class, of each item by the members that left
    it out; the labels are permuted among the units. NaN where every member saw every item.
    """
    left = ~trained_on
    seen = left.any(axis=0)
    if not seen.any():
        return float("nan")
    pooled = (votes * left[..., None]).sum(axis=0)[seen] / left.sum(axis=0)[seen, None]
    _, first, own = np.unique(units[seen], return_index=True, return_inverse=True)
    means = unit_means(pooled, own)
    labels, rows = y[seen][first], np.arange(len(first))
    found = means[rows, labels].mean()
    rng = generator(0, "left out")  # an estimate of one fixed p-value: no draw of the user's
    drawn = [means[rows, rng.permutation(labels)].mean() for _ in range(PERMUTATIONS)]
    return float((1 + np.sum(np.array(drawn) >= found - 1e-12)) / (1 + PERMUTATIONS))
