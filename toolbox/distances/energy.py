"""The energy distance between two clouds of points."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent
from toolbox.distances.clouds import distances, pair_sum, sum_of_pairs, two_clouds
from toolbox.distances.line import energy, mean_distance


def energy_distance(x: Any, y: Any, *, unbiased: bool = False) -> float:
    r"""Return the energy distance between two clouds of points; smaller = more alike, 0 = equal.

    Parameters
    ----------
    x, y : array, shape (n, F) or (n,)
        Two clouds with the same features, of any numbers of points.
    unbiased : bool
        Leave the distances of points to themselves out of the means within a cloud: the
        expectation is then exactly the distance of the laws, but a value may be negative; at least
        two points in each cloud are needed.

    Returns
    -------
    float
        In the units of the features.

    Raises
    ------
    InputError
        If a cloud is not finite or empty, or the features differ in number.

    Notes
    -----
    :math:`\mathcal E = 2 E|X - Y| - E|X - X'| - E|Y - Y'|` with Euclidean norms and independent
    copies :math:`X', Y'` (Szekely & Rizzo, 2013). It is zero for equal laws only. Unless
    `unbiased`, the clouds themselves are the laws: the value is >= 0, and for two clouds of one law
    its expectation is :math:`(1/n + 1/m) E|X - X'|`. In one dimension it is twice the integral of
    the squared difference of the distribution functions, and `scipy.stats.energy_distance` is its
    square root; sorting then gives it in n log n operations, where more features take n^2 of them.
    Pairs are taken in blocks: some 100 MB are held beside the points, however many there are.
    `permutation_p_value` tests with it.

    References
    ----------
    G. J. Szekely, M. L. Rizzo, Energy statistics: a class of statistics based on distances, Journal
    of Statistical Planning and Inference 143 (2013) 1249-1272.

    Examples
    --------
    >>> from toolbox import energy_distance
    >>> energy_distance([0.0, 2.0], [0.0, 2.0]), energy_distance([0.0], [3.0])
    (0.0, 6.0)
    """
    unbiased = checks.flag(unbiased, "unbiased")
    a, b = two_clouds(x, y, fewest=2 if unbiased else 1)
    if a.shape[1] == 1:
        return _on_a_line(a[:, 0], b[:, 0], unbiased=unbiased)
    between = pair_sum(distances, a, b) / (len(a) * len(b))
    within = [
        2 * sum_of_pairs(distances, cloud) / (len(cloud) * (len(cloud) - unbiased))
        for cloud in (a, b)
    ]
    value = 2 * between - sum(within)
    return value if unbiased else float(np.maximum(value, 0.0))  # below 0 by rounding alone


def _on_a_line(a: np.ndarray, b: np.ndarray, *, unbiased: bool) -> float:
    """Return the distance from sorted points; unbiased, a mean within n points loses 1/n."""
    exponent = binary_exponent(a, b)  # differences of what is below 1 cannot overflow
    a, b = np.ldexp(a, -exponent), np.ldexp(b, -exponent)
    value = energy(a, b)
    if unbiased:
        value -= sum(mean_distance(cloud) / (len(cloud) - 1) for cloud in (a, b))
    return float(np.ldexp(value, exponent))
