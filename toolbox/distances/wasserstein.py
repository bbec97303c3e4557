"""The Wasserstein distance between two clouds of points, exact or with entropic regularisation."""

from math import lcm
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent
from toolbox.distances.clouds import distances, two_clouds
from toolbox.distances.line import transport

_ITERATIONS = {"exact": 10**7, "entropic": 20_000}
_MISMATCH = 1e-6  # of the marginals, at which the entropic iterations stop
_GAP = 1e-9  # between cost and dual value, relative to the cost, of a plan that is believed
_ROUNDS = 8


def wasserstein(x: Any, y: Any, *, order: float = 2, regularisation: float | None = None) -> float:
    r"""Return the Wasserstein distance of two clouds of points; smaller = more alike, 0 = equal.

    Parameters
    ----------
    x, y : array, shape (n, F) or (n,)
        Two clouds with the same features, of any numbers of points, each of equal weight.
    order : float
        The power p >= 1 of the distances.
    regularisation : float, optional
        Entropic regularisation > 0, as a share of the mean cost between the clouds: .05 is little.
        By default transport is exact, which takes about n^3 operations and n^2 numbers; on a line
        (F = 1) it is that between the sorted points, in n log n operations and n numbers.

    Returns
    -------
    float
        In the units of the features.

    Raises
    ------
    InputError
        If a cloud is not finite or empty, the features differ in number, or the solver does not
        converge (`regularisation` too small, clouds too large) or finds no plan that its own dual
        value proves to be best.

    Notes
    -----
    :math:`W_p^p = \min_P \sum_{ij} P_{ij} |x_i - y_j|^p` over the couplings P of the two clouds
    (Kantorovich). With regularisation :math:`\varepsilon`, the Sinkhorn divergence
    :math:`S = OT_\varepsilon(x, y) - \frac12 OT_\varepsilon(x, x) - \frac12 OT_\varepsilon(y, y)`
    takes the place of :math:`W_p^p`, with
    :math:`OT_\varepsilon = \min_P \langle P, C \rangle + \varepsilon\, KL(P | ab)` (Cuturi, 2013;
    Genevay, Peyre & Cuturi, 2018; Feydy et al., 2019): unlike :math:`OT_\varepsilon` it is zero for
    equal clouds and, for p <= 2, never negative. It goes to :math:`W_p^p` for small
    :math:`\varepsilon`, and for p = 2 to the squared distance of the means for large. In S the
    iterations leave an error of up to some 1e-9 of the mean cost.

    A solver of exact transport may stop too early where a few costs are many orders of magnitude
    above those of the best plan. Its plan is believed only where the dual problem's value, a lower
    bound of the least cost, comes as close as 1e-9; otherwise costs that no best plan can use are
    cut and the problem is solved again. With n and m points a best plan exists whose entries are
    multiples of 1 / lcm(n, m), so that none costs more than lcm(n, m) times the best plan known.

    The distance of two clouds of one law goes to 0 as slowly as :math:`n^{-1/F}`: only differences
    between equal n mean anything. POT (Flamary et al., 2021) solves both problems.

    References
    ----------
    M. Cuturi, Sinkhorn distances, NeurIPS 2013. A. Genevay, G. Peyre, M. Cuturi, Learning
    generative models with Sinkhorn divergences, AISTATS 2018. J. Feydy et al., Interpolating
    between optimal transport and MMD using Sinkhorn divergences, AISTATS 2019. R. Flamary et al.,
    POT: Python Optimal Transport, Journal of Machine Learning Research 22 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from toolbox import wasserstein
    >>> x = np.random.Generator(np.random.Philox(0)).standard_normal((20, 2))
    >>> round(wasserstein(x, x[::-1] + [3.0, 4.0]), 6)
    5.0
    >>> round(wasserstein(x, x + [3.0, 4.0], regularisation=0.1), 3)
    5.0
    """
    order = checks.number(order, "order", minimum=1)
    if regularisation is not None:
        regularisation = checks.number(regularisation, "regularisation", above=0)
    a, b = two_clouds(x, y)
    if regularisation is None and a.shape[1] == 1:
        exponent = binary_exponent(a, b)  # differences of what is below 1 cannot overflow
        a, b = np.ldexp(a[:, 0], -exponent), np.ldexp(b[:, 0], -exponent)
        return float(np.ldexp(transport(a, b, order), exponent))
    between = distances(a, b)
    if regularisation is None:
        return _exact(between, order)
    unit = float(between.max()) or 1.0  # powers of distances over it cannot overflow
    cost = (between / unit) ** order
    scale = float(cost.mean()) or 1.0
    within = ((distances(cloud, cloud) / unit) ** order / scale for cloud in (a, b))
    power = _entropic(cost / scale, regularisation)
    power -= sum(_entropic(own, regularisation) for own in within) / 2
    return float(unit * (scale * max(power, 0.0)) ** (1 / order))  # below 0 by rounding alone


def _exact(between: np.ndarray, order: float) -> float:
    """Return the distance of a plan whose cost is proved to be the least."""
    n, m = between.shape
    parts = lcm(n, m)  # whole numbers as masses: sums and differences of flows are exact
    unit, most = float(between.max()), 1.0
    for _ in range(_ROUNDS):
        if unit == 0:
            return 0.0
        cost = np.minimum(between / unit, most) ** order
        plan, dual = _solved(cost, parts)
        longest = float(between[plan > 0].max())
        if longest == 0:
            return 0.0
        share = plan / parts * (between / longest) ** order
        power = float(share[plan > 0].sum())  # of W / longest
        if power - dual * (unit / longest) ** order <= _GAP * power:
            return longest * power ** (1 / order)
        unit = longest * power ** (1 / order)
        most = (parts * (1 + 1e-6)) ** (1 / order)
    wanted = "clouds whose best transport can be proved (or a regularisation)"
    return checks.refuse("x", wanted, f"{n} and {m} points of which the solver's plan is not best")


def _solved(cost: np.ndarray, parts: int) -> tuple[np.ndarray, float]:
    """Return the solver's plan, in whole numbers, and a lower bound of the least mean cost."""
    from ot import emd

    n, m = cost.shape
    a, b = np.full(n, parts / n), np.full(m, parts / m)
    plan, log = emd(a, b, cost, numItermax=_ITERATIONS["exact"], log=True)
    if log["warning"] is not None:
        wanted = "clouds small enough for exact transport (or a regularisation)"
        checks.refuse("x", wanted, f"{n} and {m} points: {log['warning']}")
    v = (cost - log["u"][:, None]).min(axis=0)  # the largest with u_i + v_j <= c_ij, then u
    u = (cost - v).min(axis=1)
    rounding = np.finfo(np.float64).eps * (np.abs(u).max() + np.abs(v).max())
    return np.round(plan), float(u.mean() + v.mean() - rounding)


def _entropic(cost: np.ndarray, epsilon: float) -> float:
    """Return the least transport cost plus epsilon times the divergence from independence."""
    from ot import sinkhorn
    from scipy.special import logsumexp

    a, b = (np.full(n, 1 / n) for n in cost.shape)
    _, log = sinkhorn(
        a,
        b,
        cost,
        epsilon,
        method="sinkhorn_log",
        numItermax=_ITERATIONS["entropic"],
        stopThr=_MISMATCH,
        warn=False,
        log=True,
    )
    if not log["err"] or not log["err"][-1] <= _MISMATCH:
        wanted = f"a value for which the iterations converge (in {_ITERATIONS['entropic']})"
        checks.refuse("regularisation", wanted, epsilon)
    # After one more half of an iteration P, with log P = log u + log v - C / epsilon, has the total
    # mass one: the mean potentials are the dual's value, off by the mismatch's square alone.
    n, m = cost.shape
    v = np.ravel(log["log_v"])
    u = -logsumexp(v - cost / epsilon, axis=1) - np.log(n)
    return float(epsilon * (u.mean() + np.log(n) + v.mean() + np.log(m)))
