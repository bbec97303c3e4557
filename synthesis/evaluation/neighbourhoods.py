"""How far each item's neighbourhood reaches, and which items are in it: exact, by products."""

import numpy as np

from toolbox.distances.squares import centred, lifted, of_all_pairs, of_pairs, rounding

_DOUBTFUL = 0.1  # share of pairs beyond which all are measured anew at once


def squared_reach(points: np.ndarray, units: np.ndarray, k: int) -> np.ndarray:
    """Return the squared distance (n,) of each item to its k-th nearest unit other than its own."""
    n = len(points)
    if units.max() + 1 < n:
        return _reach_of_units(points, units, k)
    (moved,) = centred(points)
    left, right = lifted(moved)
    table = left @ right.T
    np.fill_diagonal(table, np.inf)
    limit = np.partition(table, k - 1, axis=1)[:, k - 1] + 2 * rounding(moved)
    rows, columns = np.nonzero(table <= limit[:, None])
    if len(rows) > _DOUBTFUL * n**2 + k * n:
        return _reach_of_units(points, units, k)
    # The k nearest are among these, and few others: measured by differences and sorted by row.
    squares = of_pairs(points[rows], points[columns])
    order = np.lexsort((squares, rows))
    first = np.searchsorted(rows, np.arange(n))  # rows come sorted
    return squares[order[first + k - 1]]


def _reach_of_units(points: np.ndarray, units: np.ndarray, k: int) -> np.ndarray:
    """Return the same where units hold several items, of which the nearest counts."""
    order = np.argsort(units, kind="stable")
    first = np.searchsorted(units[order], np.arange(units.max() + 1))
    between = of_all_pairs(points, points[order])
    nearest = np.minimum.reduceat(between, first, axis=1)
    nearest[np.arange(len(points)), units] = np.inf
    return np.partition(nearest, k - 1, axis=1)[:, k - 1]


def inside(
    a: np.ndarray, b: np.ndarray, reach_a: np.ndarray, reach_b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Say which |a_i - b_j|^2 are at most reach_a[i], and which at most reach_b[j]: (n, m) both."""
    moved_a, moved_b = centred(a, b)
    table = lifted(moved_a)[0] @ lifted(moved_b)[1].T
    slack = rounding(moved_a, moved_b)[:, None]
    limits = reach_a[:, None], reach_b[None, :]
    rows, columns = np.nonzero(
        (np.abs(table - limits[0]) <= slack) | (np.abs(table - limits[1]) <= slack)
    )
    if len(rows) > _DOUBTFUL * table.size:
        table = of_all_pairs(a, b)
    else:
        table[rows, columns] = of_pairs(a[rows], b[columns])
    return table <= limits[0], table <= limits[1]
