"""What distances between samples on a line cost: sorting, and nothing that grows as n^2."""

from math import lcm

import numpy as np


def quantile_steps(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which sorted points of each sample face each other on each step, and its share.

    Counted in whole numbers: of levels i/n and j/m that are equal, rounding would leave a sliver
    between two groups of points, however far apart these are.
    """
    parts = lcm(n, m)
    starts = np.union1d(np.arange(n) * (parts // n), np.arange(m) * (parts // m))
    shares = np.diff(np.append(starts, parts)) / parts
    return starts // (parts // n), starts // (parts // m), shares


def quantile_gaps(a: np.ndarray, b: np.ndarray, steps: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return how far apart the quantiles of two samples are on each step."""
    return np.abs(np.sort(a)[steps[0]] - np.sort(b)[steps[1]])


def transport(a: np.ndarray, b: np.ndarray, order: float) -> float:
    r"""Return :math:`W_p`, :math:`W_p^p = \int_0^1 |F^{-1}(t) - G^{-1}(t)|^p dt` of two samples."""
    if len(a) == len(b):
        apart, shares = np.abs(np.sort(a) - np.sort(b)), np.full(len(a), 1 / len(a))
    else:
        steps = quantile_steps(len(a), len(b))
        apart, shares = quantile_gaps(a, b, steps), steps[2]
    unit = float(apart.max()) or 1.0  # powers of what is at most 1 cannot overflow
    return float(unit * ((apart / unit) ** order @ shares) ** (1 / order))


def energy(a: np.ndarray, b: np.ndarray) -> float:
    r"""Return :math:`2 \int (F - G)^2` of two samples.

    nm (F - G) is counted in whole numbers: between two groups of points where both samples are
    equally far through, it is 0 and not a sliver, however far apart these are.
    """
    n, m = len(a), len(b)
    pooled = np.concatenate([np.sort(a), np.sort(b)])
    order = np.argsort(pooled, kind="stable")  # a merge, as both halves are sorted
    passed = np.cumsum(np.where(order < n, m, -n)[:-1]) / (n * m)
    return float(2 * (passed**2 @ np.diff(pooled[order])))


def mean_distance(points: np.ndarray) -> float:
    r"""Return :math:`2 \int F (1 - F)`: the mean |x - x'| over all pairs, each point's own too."""
    n = len(points)
    passed = np.arange(1, n)
    return float(2 * ((passed * (n - passed)) @ np.diff(np.sort(points))) / n**2)
