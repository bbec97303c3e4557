"""The Wasserstein distance between two clouds of points, exact or with entropic regularisation."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.distances.clouds import distances, two_clouds

_ITERATIONS = {"exact": 10**7, "entropic": 20_000}
_MISMATCH = 1e-6  # of the marginals, at which the entropic iterations stop


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
        By default transport is exact, which takes about n^3 operations and n^2 numbers.

    Returns
    -------
    float
        In the units of the features.

    Raises
    ------
    InputError
        If a cloud is not finite or empty, the features differ in number, or the solver does not
        converge (`regularisation` too small, clouds too large).

    Notes
    -----
    :math:`W_p^p = \min_P \sum_{ij} P_{ij} |x_i - y_j|^p` over the couplings P of the two clouds
    (Kantorovich). With regularisation :math:`\varepsilon`, the Sinkhorn divergence
    :math:`S = OT_\varepsilon(x, y) - \frac12 OT_\varepsilon(x, x) - \frac12 OT_\varepsilon(y, y)`
    takes the place of :math:`W_p^p`, with
    :math:`OT_\varepsilon = \min_P \langle P, C \rangle + \varepsilon\, KL(P | ab)` (Cuturi, 2013;
    Genevay, Peyre & Cuturi, 2018; Feydy et al., 2019): unlike :math:`OT_\varepsilon` it is zero for
    equal clouds and, for p <= 2, never negative. It goes to :math:`W_p^p` for small
    :math:`\varepsilon`, and for p = 2 to the squared distance of the means for large.

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
    cost = distances(a, b) ** order
    scale = float(cost.mean()) or 1.0
    if regularisation is None:
        power = _exact(cost / scale)
    else:
        within = (distances(cloud, cloud) ** order / scale for cloud in (a, b))
        power = _entropic(cost / scale, regularisation)
        power -= sum(_entropic(own, regularisation) for own in within) / 2
    return float((scale * max(power, 0.0)) ** (1 / order))  # below 0 by rounding alone


def _exact(cost: np.ndarray) -> float:
    from ot import emd2

    a, b = (np.full(n, 1 / n) for n in cost.shape)
    value, log = emd2(a, b, cost, numItermax=_ITERATIONS["exact"], log=True)
    if log["warning"] is not None:
        wanted = "clouds small enough for exact transport (or a regularisation)"
        checks.refuse("x", wanted, f"{cost.shape[0]} and {cost.shape[1]} points: {log['warning']}")
    return float(value)


def _entropic(cost: np.ndarray, epsilon: float) -> float:
    """Return the least transport cost plus epsilon times the divergence from independence."""
    from ot import sinkhorn

    a, b = (np.full(n, 1 / n) for n in cost.shape)
    plan, log = sinkhorn(
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
    # log P = log u + log v - C / epsilon, so the sum is that of the potentials over the marginals
    u, v = (np.ravel(log[key]) for key in ("log_u", "log_v"))
    n, m = cost.shape
    mass = plan.sum(axis=1), plan.sum(axis=0)
    return float(epsilon * (mass[0] @ (u + np.log(n)) + mass[1] @ (v + np.log(m))))
