"""Temperature scaling: one number that makes an ensemble as sure as it should be."""

from collections.abc import Callable
from typing import Any

import numpy as np

from confidence.scoring.answers import class_numbers
from confidence.scoring.intervals import FEWEST_UNITS, TIED, own_units, unit_sums
from toolbox.core import checks
from toolbox.core.records import record
from toolbox.core.units import with_units

ORDERS = ("pool-then-temperature", "shared-then-pool", "member-then-pool")
COLDEST, HOTTEST = 0.01, 100.0
LEVEL = 0.95
STEP = 1e-3  # relative, of 1 / T: slopes of the loss are right to 1e-6, curvatures to 1e-9


@record
class Temperature:
    """A fitted temperature.

    Attributes
    ----------
    values : ndarray (1,) or (R,)
        The temperature, or one for each member. Above 1 the votes were too sure, below 1 not sure
        enough.
    interval : ndarray (1, 2) or (R, 2)
        95 % profile-likelihood intervals over units; NaN where `note` says why there are none.
    how : str
        The order of pooling and scaling.
    nll_before, nll_after : float
        Negative log-likelihood of the pooled votes on the items of the fit, in nats.
    note : str
        Where a temperature stopped at a bound, why an interval is missing, and whether items
        counted as independent because nobody said what was.
    """

    values: np.ndarray
    interval: np.ndarray
    how: str
    nll_before: float
    nll_after: float
    note: str = ""

    def apply(self, votes: Any) -> np.ndarray:
        """Return calibrated probabilities (n, C) of votes; see `apply_temperature`."""
        return apply_temperature(self, votes)


def temperature(
    votes: Any,
    labels: Any,
    *,
    how: str = "pool-then-temperature",
    classes: Any = None,
    units: Any = None,
) -> Temperature:
    r"""Fit the temperature of an ensemble on items that it was not trained on.

    Parameters
    ----------
    votes : array (R, n, C)
        Class probabilities of the members; fit and apply on different items.
    labels : array (n,)
        True classes: columns 0 to C - 1, or names among `classes`.
    how : str
        "pool-then-temperature": the mean probability is scaled. "shared-then-pool": each vote is
        scaled by one temperature, then the mean is taken. "member-then-pool": each member has its
        own temperature, fitted to it alone.
    classes : array (C,), optional
        Names of the columns.
    units : array (n,), optional
        What was drawn independently; by default every item is its own unit.

    Returns
    -------
    Temperature

    Raises
    ------
    InputError
        If an argument is not as above, or a true class was given probability 0, which no
        temperature can mend.

    Notes
    -----
    With T the temperature and b = 1 / T (Guo et al., 2017), probabilities become

    .. math:: p_{ik}(b) = p_{ik}^b \Big/ \sum_l p_{il}^b.

    Their negative log-likelihood is convex in b, its derivative

    .. math:: \frac1n \sum_i \Bigl[\sum_k p_{ik}(b) \log p_{ik} - \log p_{i y_i}\Bigr]

    increases, and its root is found by bracketing.
    For "shared-then-pool" it is not convex; the best of 200 starting points is refined. T stays
    from 0.01 to 100; where the likelihood asks for more, as it does when every item is predicted
    right, the bound is taken and the note says so. Members that are calibrated one by one are
    under-confident once pooled, hence the default (Rahaman and Thiery, 2021). The interval holds
    all T whose summed log-likelihood is within half a chi-squared quantile of the best. Where units
    group the items, items of one unit say less than as many independent ones: with
    :math:`g_i` the slope of item i's log-likelihood in b and h the curvature of their sum, the
    quantile is Fisher's of 1 and U - 1 degrees of freedom times (Kent, 1982)

    .. math:: \frac{U}{U - 1} \sum_u \Bigl(\sum_{i \in u} g_i\Bigr)^2 \Big/ h,

    from 5 units U on, and not for a temperature at a bound, where the slopes do not cancel.

    References
    ----------
    C. Guo et al., "On calibration of modern neural networks", ICML 2017. R. Rahaman, A. H. Thiery,
    "Uncertainty quantification and deep ensembles", NeurIPS 2021. J. T. Kent, "Robust properties
    of likelihood ratio tests", Biometrika 69, 1982.

    Examples
    --------
    >>> from confidence import temperature
    >>> t = temperature([[[0.9, 0.1]] * 4], [0, 0, 0, 1])  # as sure as 9 to 1, right 3 in 4
    >>> t.values.round(3).tolist(), t.apply([[[0.9, 0.1]]]).round(3).tolist()
    ([2.0], [[0.75, 0.25]])
    """
    how = checks.choice(how, "how", ORDERS)
    votes = checks.probabilities(votes, "votes", ndim=3)
    y = class_numbers(labels, items=votes.shape[1], count=votes.shape[2], classes=classes)
    unit = checks.units(units, "units", length=len(y))
    pooled = votes.mean(axis=0)
    tempered = pooled[None] if how == "pool-then-temperature" else votes
    own = np.take_along_axis(tempered, y[None, :, None], axis=2)
    if own.min() == 0:
        got = f"{np.count_nonzero(own == 0)} that were given 0"
        checks.refuse("votes", "a probability above 0 for every item's true class", got)
    groups = [tempered] if how == "shared-then-pool" else [p[None] for p in tempered]
    fits = [_fit(group, y, unit) for group in groups]
    values, interval = np.array([f[0] for f in fits]), np.array([f[1] for f in fits])
    stopped = np.count_nonzero((values <= COLDEST) | (values >= HOTTEST))
    notes = [f"{stopped} of {len(values)} temperatures stopped at a bound"] if stopped else []
    notes += sorted({f[2] for f in fits if f[2]})
    return Temperature(
        values=values,
        interval=interval,
        how=how,
        nll_before=_nll(pooled, y),
        nll_after=_nll(_pooled(tempered, values), y),
        note=with_units("; ".join(notes), units),
    )


def apply_temperature(temperature: Temperature, votes: Any) -> np.ndarray:
    r"""Return the calibrated probabilities of an ensemble's votes.

    Parameters
    ----------
    temperature : Temperature
        What `temperature` returned.
    votes : array (R, n, C)
        Class probabilities of the members; with "member-then-pool" the same members in the same
        order as in the fit.

    Returns
    -------
    ndarray (n, C)

    Raises
    ------
    InputError
        Another number of members than in the fit, where each has its own temperature.

    Notes
    -----
    With T the temperature (Guo et al., 2017) and p the pooled probabilities ("member-then-pool":
    each member's with its own T, pooled thereafter),

    .. math:: \frac{p_k^{1/T}}{\sum_l p_l^{1/T}}.

    Examples
    --------
    >>> from confidence import apply_temperature, temperature
    >>> t = temperature([[[0.9, 0.1]] * 4], [0, 0, 0, 1])
    >>> apply_temperature(t, [[[0.1, 0.9]]]).round(3).tolist()
    [[0.25, 0.75]]
    """
    votes = checks.probabilities(votes, "votes", ndim=3)
    if temperature.how == "pool-then-temperature":
        votes = votes.mean(axis=0, keepdims=True)
    if temperature.how == "member-then-pool" and len(votes) != len(temperature.values):
        checks.refuse("votes", f"{len(temperature.values)} members, as in the fit", len(votes))
    return _pooled(votes, temperature.values)


def _pooled(votes: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _tempered(votes, 1 / values[:, None, None]).mean(axis=0)


def _tempered(p: np.ndarray, b: Any) -> np.ndarray:
    """Return p^b, normalised; 0 stays 0."""
    powers = (p / p.max(axis=-1, keepdims=True)) ** b
    return powers / powers.sum(axis=-1, keepdims=True)


def _nll(p: np.ndarray, y: np.ndarray) -> float:
    with np.errstate(divide="ignore"):
        return float(-np.log(p[np.arange(len(y)), y]).mean())


def _fit(group: np.ndarray, y: np.ndarray, units: np.ndarray) -> tuple[float, np.ndarray, str]:
    """Return the temperature of a group of members pooled afterwards, its interval, why none."""

    def loss(b: float) -> float:
        return float(_log_losses(group, y, b).mean())

    low, high = 1 / HOTTEST, 1 / COLDEST
    b = _convex_minimum(group[0], y) if len(group) == 1 else _global_minimum(loss, low, high)
    quantile, note = _quantile(group, y, b, units)
    if note:
        return 1 / b, np.full(2, np.nan), note
    limits = _profile(loss, b, quantile / len(y), low, high)
    return 1 / b, np.array([1 / limits[1], 1 / limits[0]]), ""


def _log_losses(group: np.ndarray, y: np.ndarray, b: float) -> np.ndarray:
    """Return items' losses from logarithms: a power may underflow, its logarithm does not."""
    with np.errstate(divide="ignore"):
        powers = b * np.log(group)
        own = np.take_along_axis(powers, y[None, :, None], axis=2)[..., 0]
        # In pairs: SciPy's sum takes several times as long for few classes.
        own -= np.logaddexp.reduce(powers, axis=2)
        return np.log(len(group)) - np.logaddexp.reduce(own, axis=0)


def _quantile(group: np.ndarray, y: np.ndarray, b: float, units: np.ndarray) -> tuple[float, str]:
    """Return twice what the summed log-likelihood may fall short of its best, or why not."""
    from scipy.stats import chi2, f

    if own_units(units):
        return float(chi2.ppf(LEVEL, 1)), ""
    count = len(np.unique(units))
    if count < FEWEST_UNITS:
        return np.nan, f"no interval: {count} units, where {FEWEST_UNITS} are needed"
    if not 1 / HOTTEST < b < 1 / COLDEST:
        return np.nan, "no interval of units for a temperature at a bound"
    step = STEP * b
    below, here, above = (_log_losses(group, y, b + k * step) for k in (-1, 0, 1))
    slopes = unit_sums((above - below) / (2 * step), units)
    curvature = float((above - 2 * here + below).sum()) / step**2
    if not curvature > 0:  # of votes so even that no temperature changes them
        return np.nan, "no interval: the likelihood is flat"
    inflation = count / (count - 1) * float(slopes @ slopes) / curvature
    if inflation < TIED:
        return np.nan, "no interval: all units ask for the same temperature"
    return inflation * float(f.ppf(LEVEL, 1, count - 1)), ""


def _convex_minimum(p: np.ndarray, y: np.ndarray) -> float:
    """Return the root of the increasing derivative in b, or the bound beyond which it lies."""
    from scipy.optimize import brentq

    logarithms = np.log(np.where(p > 0, p, 1))  # a probability of 0 has no weight below
    own = logarithms[np.arange(len(y)), y]

    def derivative(b: float) -> float:
        return float(((_tempered(p, b) * logarithms).sum(axis=1) - own).mean())

    low, high = 1 / HOTTEST, 1 / COLDEST
    if derivative(low) >= 0:
        return low
    if derivative(high) <= 0:
        return high
    return float(brentq(derivative, low, high, xtol=1e-12, rtol=1e-14))


def _global_minimum(loss: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import minimize_scalar

    grid = np.geomspace(low, high, 200)
    losses = np.array([loss(b) for b in grid])
    best = int(np.flatnonzero(losses == losses.min())[-1])  # the coldest where rounding ties them
    if best in (0, len(grid) - 1):
        return float(grid[best])
    bounds = (grid[best - 1], grid[best + 1])
    options = {"xatol": 1e-10}
    return float(minimize_scalar(loss, bounds=bounds, method="bounded", options=options).x)


def _profile(
    loss: Callable[[float], float], b: float, quantile: float, low: float, high: float
) -> tuple[float, float]:
    """Return the ends of the b whose mean loss is within half a quantile of the least."""
    from scipy.optimize import brentq

    allowed = loss(b) + quantile / 2

    def end(bound: float) -> float:
        if bound == b or loss(bound) <= allowed:
            return bound
        return float(brentq(lambda value: loss(value) - allowed, b, bound, xtol=1e-10))

    return end(low), end(high)
