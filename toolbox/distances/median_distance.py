"""The median distance between two of n points, in little memory however many pairs there are."""

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement

import numpy as np

from toolbox.distances.clouds import OfPairs, tiles
from toolbox.distances.squares import centred, direct, lifted, rounding

_HELD = 2**24  # squared distances sorted at once
_BINS = 2**15
_EXACT = 1e-12  # relative error of the squared median that a matrix product may leave
_ALL_EQUAL = 1e-30  # of the largest square: points that near have one place in double precision

Values = Callable[[], Iterator[np.ndarray]]


def median_distance(points: np.ndarray) -> float:
    """Return the median over all pairs i < j of |p_i - p_j|.

    By matrix products where these cannot change it by more than 1e-12, else from differences.
    """
    (moved,) = centred(points)
    largest = 4 * float((moved**2).sum(axis=1).max())
    left, right = lifted(moved)
    squares = _median(lambda: _squares(left, right, _product), len(points), largest)
    if not squares.min() * _EXACT >= rounding(moved).max():
        squares = _median(lambda: _squares(points, points, direct), len(points), largest)
    return float(np.sqrt(squares).mean())


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum(a @ b.T, 0)


def _squares(a: np.ndarray, b: np.ndarray, function: OfPairs) -> Iterator[np.ndarray]:
    """Yield the squared distances of all pairs i < j, in blocks."""
    for i, j in combinations_with_replacement(tiles(len(a)), 2):
        table = function(a[i], b[j])
        yield table[np.triu_indices(len(table), 1)] if i == j else table.ravel()


def _median(values: Values, n: int, largest: float) -> np.ndarray:
    """Return the two squares in the middle, the same twice of an odd number.

    Beyond `_HELD` pairs the squares are counted in bins, first of the whole range and then of the
    bins that hold the middle, until what is left can be sorted or hardly differs.
    """
    number = n * (n - 1) // 2
    ranks = np.array([(number - 1) // 2, number // 2])
    low, high, inside = 0.0, largest * (1 + 1e-9), number
    while inside > _HELD and high - low > _EXACT / 8 * high and high > _ALL_EQUAL * largest:
        low, high, inside = _narrowed(values, low, high, ranks)
    if inside > _HELD:
        return np.full(2, low)
    below, kept = 0, []
    for v in values():
        below += np.count_nonzero(v < low)
        kept.append(v[(v >= low) & (v <= high)])
    held = np.concatenate(kept)
    middle = np.clip(ranks - below, 0, len(held) - 1)  # an edge may be rounded past its value
    held.partition(middle)
    return held[middle]


def _narrowed(
    values: Values, low: float, high: float, ranks: np.ndarray
) -> tuple[float, float, int]:
    """Return the edges of the bins that hold the ranks, and how many values they hold."""
    below, counts, width = 0, np.zeros(_BINS, dtype=np.int64), (high - low) / _BINS
    for v in values():
        below += np.count_nonzero(v < low)
        bins = ((v[(v >= low) & (v <= high)] - low) / width).astype(np.int64)
        counts += np.bincount(np.minimum(bins, _BINS - 1), minlength=_BINS)
    passed = below + np.cumsum(counts)
    first, last = np.searchsorted(passed, ranks, side="right")
    inside = int(passed[last] - passed[first] + counts[first])
    return low + first * width, low + (last + 1) * width, inside
