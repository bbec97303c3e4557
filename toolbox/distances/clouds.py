"""Two clouds of points as they are given, and means over their pairs of points."""

from collections.abc import Callable
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent

_BLOCK = 2**22  # distances in memory at once


def cloud(value: Any, argument: str, *, fewest: int = 1) -> np.ndarray:
    """Return float64 points (n, F), at least `fewest` of them; (n,) are n points on a line."""
    array = checks.real_array(value, argument).astype(np.float64)
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


def pair_sum(
    function: Callable[[np.ndarray, np.ndarray], np.ndarray], a: np.ndarray, b: np.ndarray
) -> float:
    """Return the sum of function(a_i, b_j) over all pairs, a block of rows in memory at a time."""
    step = max(1, _BLOCK // len(b))
    return float(sum(function(a[i : i + step], b).sum() for i in range(0, len(a), step)))


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances (len(a), len(b)); equal rows are at exactly 0."""
    from scipy.spatial.distance import cdist

    exponent = binary_exponent(a, b)
    return np.ldexp(cdist(np.ldexp(a, -exponent), np.ldexp(b, -exponent)), exponent)
