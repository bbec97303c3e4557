"""Arrangements of units into two samples, and the distance between the samples of each."""

from itertools import combinations
from math import comb

import numpy as np
from scipy.spatial.distance import cdist

_ROWS = 4096  # arrangements measured at a time, so that memory stays small


def n_arrangements(n_x: int, n_y: int) -> int:
    """Return in how many ways the units can be dealt into the two samples."""
    return comb(n_x + n_y, n_x)


def smallest_p_value(n_x: int, n_y: int, resamples: int) -> float:
    """Return the smallest p-value within reach of a two-sided test."""
    as_far = 2 if n_x == n_y else 1  # swapping samples of equal size changes no distance
    return max(as_far / n_arrangements(n_x, n_y), 1 / (1 + resamples))


def arrangements(n_x: int, n_y: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return the units of the first sample, one row an arrangement.

    All of them where they are at most `resamples`, random ones otherwise.
    """
    n = n_x + n_y
    if n_arrangements(n_x, n_y) <= resamples:
        return np.array(list(combinations(range(n), n_x)))
    return rng.permuted(np.tile(np.arange(n), (resamples, 1)), axis=1)[:, :n_x]


def distance(units: np.ndarray, first: np.ndarray, kind: str) -> np.ndarray:
    """Return the distance between the units of `first` and the others, for each row of it.

    With the contrast w = 1/n_x in the first sample and -1/n_y in the other, it is ``|w Z|`` for
    the mean difference and ``-w D w`` for the energy distance.
    """
    z = _standardised(units)
    between = cdist(z, z) if kind == "energy_distance" else None
    measured = []
    for start in range(0, len(first), _ROWS):
        w = _contrasts(first[start : start + _ROWS], len(z))
        if between is None:
            measured.append(np.linalg.norm(w @ z, axis=1))
        else:
            measured.append(-np.sum((w @ between) * w, axis=1))
    return np.concatenate(measured)


def _standardised(units: np.ndarray) -> np.ndarray:
    spread = units.std(axis=0, ddof=1)
    varies = units.max(axis=0) > units.min(axis=0)
    return units[:, varies] / spread[varies]


def _contrasts(first: np.ndarray, n: int) -> np.ndarray:
    n_x = first.shape[1]
    w = np.full((len(first), n), -1 / (n - n_x))
    np.put_along_axis(w, first, 1 / n_x, axis=1)
    return w
