"""Arrangements of units into two samples, how far these are apart in each, and p-values of that."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import combinations
from math import comb

import numpy as np
from scipy.spatial.distance import cdist

from toolbox.core.item_blocks import unit_items, varies
from toolbox.resampling.redrawn_units import HELD, row_blocks

_ROUNDING = 1e-9  # relative; statistics that differ by less are ties
_SMALLEST_WITHIN = 1e-12  # of the total variance
_TABLE = 2**24  # distances held for all arrangements
_MANY, _SIDE_OF_MANY = 2**64, 64  # arrangements, more than can be asked for; units on each side


def n_arrangements(n_x: int, n_y: int) -> int:
    """Return in how many ways the units can be dealt into the two samples, or `_MANY` at most."""
    if min(n_x, n_y) >= _SIDE_OF_MANY:  # C(2k, k) > 2^k; millions of digits take minutes
        return _MANY
    return min(comb(n_x + n_y, n_x), _MANY)


def smallest_p_value(n_x: int, n_y: int, resamples: int) -> float:
    """Return the smallest p-value within reach of a two-sided test."""
    as_far = 2 if n_x == n_y else 1  # swapping samples of equal size changes no distance
    return max(as_far / n_arrangements(n_x, n_y), 1 / (1 + resamples))


def arrangements(n_x: int, n_y: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return the units of the first sample, one row an arrangement.

    All of them where they are at most `resamples`, random ones otherwise.
    """
    return np.concatenate(list(arrangement_blocks(n_x, n_y, resamples, rng)))


def arrangement_blocks(
    n_x: int, n_y: int, resamples: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield the rows of `arrangements` in blocks."""
    n = n_x + n_y
    if n_arrangements(n_x, n_y) <= resamples:
        yield np.array(list(combinations(range(n), n_x)))
        return
    for rows in row_blocks(resamples, n):
        yield rng.permuted(np.tile(np.arange(n), (rows, 1)), axis=1)[:, :n_x]


def assignments(n: int, m: int, *, resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Return (R + 1, n + m) booleans, True where a unit is in the first set; row 0 as it was.

    All C(n + m, n) of them where they are at most `resamples`, otherwise `resamples` random ones.
    """
    first = arrangements(n, m, resamples, generator)
    if n_arrangements(n, m) > resamples:
        first = np.concatenate([np.arange(n)[None], first])
    table = np.zeros((len(first), n + m), dtype=bool)
    np.put_along_axis(table, first, True, axis=1)  # noqa: FBT003
    return table


def distance(units: np.ndarray, blocks: Iterable[np.ndarray], kind: str) -> np.ndarray:
    """Return the distance between some units and the others, for each row of each block.

    With the contrast w = 1/n_x in the first sample and -1/n_y in the other, it is ``|w Z|`` for
    the mean difference and ``-w D w`` for the energy distance.
    """
    z = _standardised(units)
    if kind == "mean_difference":
        measure = partial(_mean_shift, z)
    elif z.shape[1] == 1:
        order = np.argsort(z[:, 0], kind="stable")
        measure = partial(_energy_on_a_line, np.diff(z[order, 0]), order)
    else:
        measure = partial(_energy, z, _own_distances(z))
    n, measured = len(units), []
    step = max(1, HELD // n)
    for first in blocks:
        some = (first[i : i + step] for i in range(0, len(first), step))
        measured.extend(measure(_contrasts(rows, n)) for rows in some)
    return np.concatenate(measured)


def _mean_shift(z: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.linalg.norm(w @ z, axis=1)


def _energy_on_a_line(gaps: np.ndarray, order: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return 2 sum_l (w_1 + ... + w_l)^2 gap_l over sorted units: that is F - G in between."""
    return 2 * np.cumsum(w[:, order[:-1]], axis=1) ** 2 @ gaps


def _own_distances(z: np.ndarray) -> np.ndarray | None:
    """Return all distances where they may be held, else None."""
    return cdist(z, z) if len(z) ** 2 <= _TABLE else None


def _energy(z: np.ndarray, between: np.ndarray | None, w: np.ndarray) -> np.ndarray:
    """Return -w D w, from the table D or from rows of it, computed anew."""
    if between is not None:
        return -np.sum((w @ between) * w, axis=1)
    result, tall = np.zeros(len(w)), max(1, HELD // len(z))
    for start in range(0, len(z), tall):
        rows = slice(start, start + tall)
        result -= np.sum((w @ cdist(z, z[rows])) * w[:, rows], axis=1)
    return result


def _standardised(units: np.ndarray) -> np.ndarray:
    units = unit_items(units.T, dim=1)[0].T  # squares neither overflow nor vanish
    spread = units.std(axis=0, ddof=1)
    varying = varies(units)
    return units[:, varying] / spread[varying]


def _contrasts(first: np.ndarray, n: int) -> np.ndarray:
    n_x = first.shape[1]
    w = np.full((len(first), n), -1 / (n - n_x))
    np.put_along_axis(w, first, 1 / n_x, axis=1)
    return w


def squared_shifts(points: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return z^2 a feature, and the mean differences over the total sd, for every assignment.

    With d the mean difference, 1/h = 1/n + 1/m, T the total sum of squares and nu = n + m - 2,
    z^2 = d^2 h / s^2 where the pooled within-set variance is s^2 = (T - h d^2) / nu.
    """
    n, total = int(table[0].sum()), table.shape[1]
    m = total - n
    h = n * m / total
    centred = points - points.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    # the points are centred, so that the other set's sum is minus this one's
    shift = (table.astype(np.float64) @ centred) / h
    explained = h * shift**2 / squares
    z2 = (total - 2) * explained / np.maximum(1 - explained, _SMALLEST_WITHIN)
    return z2, shift / np.sqrt(squares / (total - 1))


def whitened_shift(
    points: np.ndarray, shift: np.ndarray, *, ridge: float | None = None
) -> np.ndarray:
    """Return d' C^-1 d for every assignment, C the shrunk total correlation of the points.

    `ridge` is the weight of the identity in C; by default that of Ledoit & Wolf (2004). The total
    does not change under permutation; with C the within-set matrix instead, the statistic would be
    an increasing function of this one (Sherman & Morrison, 1950).
    """
    from sklearn.covariance import ledoit_wolf_shrinkage

    standard = (points - points.mean(axis=0)) / points.std(axis=0, ddof=1)
    if ridge is None:
        # 1e-6 keeps the inverse finite where nothing is shrunk and a statistic is there twice.
        ridge = max(ledoit_wolf_shrinkage(standard, assume_centered=True), 1e-6)
    # Shrinkage to the identity: with fewer units than statistics the correlation has no inverse.
    identity = np.eye(standard.shape[1])
    correlation = (1 - ridge) * standard.T @ standard / (len(standard) - 1) + ridge * identity
    return (shift * np.linalg.solve(correlation, shift.T).T).sum(axis=1)


def p_values(statistics: np.ndarray) -> np.ndarray:
    """Return, for every assignment and column, the share of assignments at least as large."""
    tolerance = _ROUNDING * np.abs(statistics)
    result = np.empty(statistics.shape)
    for column, values in enumerate(statistics.T):
        below = np.searchsorted(np.sort(values), values - tolerance[:, column], side="left")
        result[:, column] = 1 - below / len(values)
    return result


def smallest_p(table: np.ndarray) -> float:
    """Return the p-value of the smallest of several p-values (columns of `p_values`)."""
    smallest = table.min(axis=1)
    return float(np.mean(smallest <= smallest[0] + _ROUNDING))


def adjusted_p(table: np.ndarray) -> np.ndarray:
    """Return step-down min-p adjusted p-values, one a column (Westfall & Young, 1993)."""
    order = np.argsort(table[0], kind="stable")
    adjusted = np.empty(len(order))
    largest = 0.0
    for place, column in enumerate(order):
        smallest = table[:, order[place:]].min(axis=1)
        largest = max(largest, float(np.mean(smallest <= table[0, column] + _ROUNDING)))
        adjusted[column] = largest
    return adjusted
