"""Conformal p-values: the rank of a candidate's non-conformity among that of the rare reals."""

import numpy as np

from toolbox.distances.clouds import distances

_AVERSION = 1 / 8  # weight of the distance to the nearest majority class, see gate's Notes
_ROUNDING = 1e-9  # relative; scores that differ by less are ties


def conformal_p_values(
    x: np.ndarray, reals: np.ndarray, means: np.ndarray, left_out: np.ndarray
) -> np.ndarray:
    """Return every candidate's p-value among the reals that are not left out for it (n, m)."""
    to_majority = distances(np.concatenate([reals, x]), means).min(axis=1) ** 2
    aversion, own_aversion = np.split(_AVERSION * to_majority, [len(reals)])
    result = np.empty(len(x))
    for c, candidate in enumerate(x):
        compared = ~left_out[c]
        members = np.concatenate([reals[compared], candidate[None]])
        k = len(members)
        # x_i - mean of the others = (k x_i - sum) / (k - 1)
        spread = ((k * members - members.sum(axis=0)) ** 2).sum(axis=1) / max(k - 1, 1) ** 2
        scores = spread - np.append(aversion[compared], own_aversion[c])
        result[c] = np.mean(scores >= scores[-1] - _ROUNDING * abs(scores[-1]))
    return result


def one_a_unit(unit: np.ndarray) -> list[np.ndarray]:
    """Return choices of one item of every unit (0, 1, ...); together they use every item."""
    items = [np.flatnonzero(unit == u) for u in range(unit.max() + 1)]
    largest = max(len(of_one) for of_one in items)
    return [np.array([of_one[k % len(of_one)] for of_one in items]) for k in range(largest)]
