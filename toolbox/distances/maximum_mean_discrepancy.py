"""The maximum mean discrepancy between two clouds of points."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent
from toolbox.distances.clouds import OfPairs, pair_sum, sum_of_pairs, two_clouds
from toolbox.distances.median_distance import median_distance
from toolbox.distances.squares import centred, direct, lifted, rounding

_EXACT = 1e-12  # of the exponents, where a matrix product takes the place of differences

Clouds = Sequence[np.ndarray]


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

    Squared distances come from matrix products about the mean of all points where the bound on
    their rounding is below 1e-12 of :math:`h^2`, from differences elsewhere. Pairs are taken in
    blocks and squared distances counted in bins: some 400 MB are held beside a few copies of the
    points, however many these are.

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
        return _polynomial_discrepancy(a, b)
    exponent = binary_exponent(a, b)  # squares of what is below 1 cannot overflow
    scaled = [np.ldexp(points, -exponent) for points in (a, b)]
    if median:
        width = _median(np.concatenate(scaled))
    else:
        width = float(np.ldexp(bandwidth, -exponent))
    if kernel == "laplace":
        return _discrepancy(partial(_laplace, width=width), scaled, scaled)
    return _gaussian_discrepancy(*scaled, width)


def polynomial_less_constant(a: np.ndarray, b: np.ndarray, *, origin: np.ndarray) -> np.ndarray:
    """Return (<a, b> / F + 1)^3 - s^3, s = <o, o> / F + 1, for all pairs (len(a), len(b)).

    A discrepancy is the same without the constant, in which what differs would be lost where all
    points lie near the origin o, be that near 0 or far from it.
    """
    a, b = a - origin, b - origin
    more = (a @ b.T + (a @ origin)[:, None] + b @ origin) / len(origin)  # <a, b> less <o, o>
    s = origin @ origin / len(origin) + 1
    return more * (3 * s**2 + more * (3 * s + more))


def _discrepancy(function: OfPairs, clouds: Clouds, others: Clouds) -> float:
    """Return the U-statistic; `others` are the clouds as the function's second argument."""
    n, m = map(len, clouds)
    within = [
        2 * sum_of_pairs(function, c, o) / (len(c) * (len(c) - 1))
        for c, o in zip(clouds, others, strict=True)
    ]
    return sum(within) - 2 * pair_sum(function, clouds[0], others[1]) / (n * m)


def _polynomial_discrepancy(a: np.ndarray, b: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        kernel = partial(polynomial_less_constant, origin=np.concatenate([a, b]).mean(axis=0))
        value = _discrepancy(kernel, (a, b), (a, b))
    if not np.isfinite(value):
        got = f"values up to {max(np.abs(a).max(), np.abs(b).max()):.3g}"
        checks.refuse("x", "points whose kernel is finite (divide all by one scale)", got)
    return value


def _gaussian_discrepancy(a: np.ndarray, b: np.ndarray, width: float) -> float:
    """By a matrix product where that leaves the exponents right to 1e-12, else by differences."""
    clouds = centred(a, b)
    off = max(rounding(*pair).max() for pair in (clouds, clouds[::-1]))
    if off > _EXACT * width**2:
        return _discrepancy(partial(_gaussian, width=width), (a, b), (a, b))
    left, right = zip(*map(lifted, clouds), strict=True)
    return _discrepancy(_exponential, [f * (-0.5 / width**2) for f in left], right)


def _exponential(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    exponents = a @ b.T
    return np.exp(np.minimum(exponents, 0, out=exponents), out=exponents)


def _gaussian(a: np.ndarray, b: np.ndarray, *, width: float) -> np.ndarray:
    return np.exp(-direct(a, b) / width**2 / 2)


def _laplace(a: np.ndarray, b: np.ndarray, *, width: float) -> np.ndarray:
    return np.exp(-np.sqrt(direct(a, b)) / width)


def _median(points: np.ndarray) -> float:
    median = median_distance(points)
    if median == 0:
        checks.refuse("bandwidth", "a number, as half of the points coincide", "'median'")
    return median
