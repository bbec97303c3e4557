"""Which calibration score is the threshold: ranks by exact rational arithmetic."""

from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from toolbox.core import checks


def exact_level(alpha: Any) -> Fraction:
    """Return alpha as the rational number that it prints as: .1 is one tenth."""
    wanted = "a number above 0 and below 1, or its text such as '0.1' or '1/10'"
    try:
        level = Fraction(alpha.strip() if isinstance(alpha, str) else _printed(alpha))
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        checks.refuse("alpha", wanted, checks.describe_value(alpha))
    if not 0 < level < 1:
        checks.refuse("alpha", wanted, alpha)
    return level


def _printed(alpha: Any) -> str:
    array = np.asarray(alpha)
    if array.size != 1 or array.dtype.kind not in "iuf":
        raise TypeError
    return str(array.reshape(-1)[0])


def rank(n: int, alpha: Fraction) -> int:
    """Return k = ceil((n + 1)(1 - alpha)); above n there is no such score."""
    return ceil((n + 1) * (1 - alpha))


def fewest(alpha: Fraction) -> int:
    """Return the smallest n whose rank exists."""
    return ceil(1 / alpha) - 1


def threshold(scores: np.ndarray, alpha: Fraction) -> float:
    """Return the k-th smallest score, infinity where there is none."""
    k = rank(len(scores), alpha)
    return float(np.partition(scores, k - 1)[k - 1]) if k <= len(scores) else float("inf")


def unit_threshold(scores: np.ndarray, units: np.ndarray, alpha: Fraction) -> float:
    """Return the smallest score t with (1/(U + 1)) sum_u share_u(scores <= t) >= 1 - alpha.

    Every one of U units has the weight of one item, spread over its own (Lee, Barber & Willett
    2023).
    """
    _, member, sizes = np.unique(units, return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    wanted, total = (len(sizes) + 1) * (1 - alpha), Fraction(0)
    shares = {int(size): Fraction(1, int(size)) for size in np.unique(sizes)}
    for i in order:
        total += shares[int(sizes[member[i]])]
        if total >= wanted:
            return float(scores[i])
    return float("inf")
