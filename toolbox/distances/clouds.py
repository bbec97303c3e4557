"""Two clouds of points as they are given, and means over their pairs of points."""

from collections.abc import Callable
from itertools import combinations_with_replacement, product
from math import isqrt
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent

OfPairs = Callable[[np.ndarray, np.ndarray], np.ndarray]

_BLOCK = 2**18  # pairs in memory at once: what is computed of them stays in the cache


def cloud(value: Any, argument: str, *, fewest: int = 1) -> np.ndarray:
    """Return float64 points (n, F), at least `fewest` of them; (n,) are n points on a line."""
    array = checks.double(checks.real_array(value, argument))
    if array.ndim not in (1, 2):
        checks.refuse(argument, "points with features, (n, F) or (n,)", f"shape {array.shape}")
    if len(array) < fewest:
        checks.refuse(argument, f"at least {fewest} points", len(array))
    return array.reshape(len(array), -1)


def two_clouds(x: Any, y: Any, *, fewest: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return two clouds with equally many features."""
    first, second = cloud(x, "x", fewest=fewest), cloud(y, "y", fewest=fewest)
    if first.shape[1] != second.shape[1]:
        checks.refuse("y", f"{first.shape[1]} features, as in x", second.shape[1])
    return first, second


def tiles(n: int) -> list[slice]:
    """Return slices that cut n points into pieces, so that one of pairs of two pieces is small."""
    side = max(1, isqrt(_BLOCK))
    return [slice(i, min(i + side, n)) for i in range(0, n, side)]


def pair_sum(function: OfPairs, a: np.ndarray, b: np.ndarray) -> float:
    """Return the sum of function(a_i, b_j) over all pairs, a block of them in memory at a time."""
    pieces = product(tiles(len(a)), tiles(len(b)))
    return float(sum(function(a[i], b[j]).sum() for i, j in pieces))


def sum_of_pairs(function: OfPairs, points: np.ndarray, others: np.ndarray | None = None) -> float:
    """Return the sum of a symmetric function(p_i, p_j) over i < j, each block computed once.

    `others` are the points as the second argument has them, where that is another form.
    """
    others, total = points if others is None else others, 0.0
    for i, j in combinations_with_replacement(tiles(len(points)), 2):
        table = function(points[i], others[j])
        total += table.sum() if i != j else (table.sum() - np.trace(table)) / 2
    return float(total)


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances (len(a), len(b)); equal rows are at exactly 0."""
    from scipy.spatial.distance import cdist

    exponent = binary_exponent(a, b)
    return np.ldexp(cdist(np.ldexp(a, -exponent), np.ldexp(b, -exponent)), exponent)
