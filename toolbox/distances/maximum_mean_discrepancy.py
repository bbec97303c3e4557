"""The maximum mean discrepancy between two clouds of points."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.distances.clouds import distances, pair_sum, two_clouds

Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]


def mmd(x: Any, y: Any, *, kernel: str = "gaussian", bandwidth: Any = "median") -> float:
    r"""Return the squared maximum mean discrepancy, unbiased; smaller = more alike, 0 on average.

    Parameters
    ----------
    x, y : array, shape (n, F) or (n,)
        Two clouds with the same features, at least two points each.
    kernel : {"gaussian", "laplace", "polynomial"}
        :math:`e^{-d^2 / 2h^2}`, :math:`e^{-d/h}` with the Euclidean distance d, or
        :math:`(\langle x, y \rangle / F + 1)^3`, which knows no bandwidth.
    bandwidth : float or "median"
        h > 0 in the units of the features; "median" is the median distance between two of all
        points.

    Returns
    -------
    float
        Of the kernel's units (none, except for "polynomial"). It may be negative: the mean over
        pairs of clouds of one law is zero.

    Raises
    ------
    InputError
        If a cloud is not finite or has fewer than two points, the features differ in number, or
        half of the points coincide so that there is no median distance.

    Notes
    -----
    :math:`\widehat{MMD}{}^2 = \frac{\sum_{i \ne j} k(x_i, x_j)}{n(n-1)} +
    \frac{\sum_{i \ne j} k(y_i, y_j)}{m(m-1)} - \frac{2 \sum_{ij} k(x_i, y_j)}{nm}`,
    a U-statistic (Gretton et al., 2012). It is exactly unbiased for a given bandwidth, and under
    equal laws for the median too, which no exchange of points between the clouds changes. Gaussian
    and Laplace kernels see every difference of laws, the polynomial one (Binkowski et al., 2018)
    moments up to the third.

    References
    ----------
    A. Gretton, K. Borgwardt, M. Rasch, B. Scholkopf, A. Smola, A kernel two-sample test, Journal of
    Machine Learning Research 13 (2012) 723-773. M. Binkowski, D. Sutherland, M. Arbel, A. Gretton,
    Demystifying MMD GANs, ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from toolbox import mmd
    >>> x = np.random.Generator(np.random.Philox(0)).standard_normal((80, 3))
    >>> abs(mmd(x[:40], x[40:])) < 0.05 < mmd(x[:40], 2 * x[40:])
    True
    """
    kernel = checks.choice(kernel, "kernel", ("gaussian", "laplace", "polynomial"))
    median = isinstance(bandwidth, str) and bandwidth == "median"
    if not median:
        bandwidth = checks.number(bandwidth, "bandwidth", above=0)
    a, b = two_clouds(x, y, fewest=2)
    if kernel == "polynomial":
        function: Kernel = polynomial
    else:
        width = _median_distance(np.concatenate([a, b])) if median else bandwidth
        function = partial({"gaussian": _gaussian, "laplace": _laplace}[kernel], width=width)
    n, m = len(a), len(b)
    with np.errstate(over="ignore", invalid="ignore"):
        within = [
            (pair_sum(function, c, c) - _diagonal(function, c)) / (len(c) * (len(c) - 1))
            for c in (a, b)
        ]
        value = sum(within) - 2 * pair_sum(function, a, b) / (n * m)
    if not np.isfinite(value):
        got = f"values up to {max(np.abs(a).max(), np.abs(b).max()):.3g}"
        checks.refuse("x", "points whose kernel is finite (divide all by one scale)", got)
    return value


def polynomial(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return (<a, b> / F + 1)^3 for all pairs (len(a), len(b))."""
    return (a @ b.T / a.shape[1] + 1) ** 3


def _gaussian(a: np.ndarray, b: np.ndarray, *, width: float) -> np.ndarray:
    return np.exp(-((distances(a, b) / width) ** 2) / 2)


def _laplace(a: np.ndarray, b: np.ndarray, *, width: float) -> np.ndarray:
    return np.exp(-distances(a, b) / width)


def _diagonal(function: Kernel, points: np.ndarray) -> float:
    return float(sum(function(one[None], one[None])[0, 0] for one in points))


def _median_distance(points: np.ndarray) -> float:
    from scipy.spatial.distance import pdist

    median = float(np.median(pdist(points)))
    if median == 0:
        checks.refuse("bandwidth", "a number, as half of the points coincide", "'median'")
    return median
