"""Intervals of the mean and the median by resampling independent units."""

from math import comb, inf
from typing import Any

import numpy as np

from toolbox.core.checks import choice, count, describe_value, number, real_array, refuse
from toolbox.core.checks import seed as check_seed
from toolbox.core.checks import units as check_units
from toolbox.core.item_blocks import binary_exponent, varies
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.core.units import with_units
from toolbox.resampling.redrawn_units import by_unit, row_blocks

_FEWEST_FOR_BOOTSTRAP = 5
# A resample with a tenth of the sample's spread has drawn units that are all but tied, and t* has
# it below the line. Without such units fewer than 1 resample in 100 is like this from 8 units on.
_TIED = 0.1
_MANY = 64  # units of which more than 2^63 resamples exist: more than 2 / (1 - level) can be


def no_interval(per_unit: np.ndarray) -> str:
    """Say why these units allow no interval; empty when they do."""
    if len(per_unit) < 2:
        return "no interval: a single unit says nothing about the spread between units"
    if not varies(per_unit[:, None])[0]:
        return "no interval: all units are equal, so that their spread cannot be estimated"
    return ""


def studentised(
    x: np.ndarray, level: float, resamples: int, rng: np.random.Generator
) -> tuple[float, float, str]:
    """Return the studentised bootstrap interval of the mean, or Student's where it has none."""
    n, mean, error = len(x), x.mean(), x.std(ddof=1) / np.sqrt(len(x))
    if n >= _FEWEST_FOR_BOOTSTRAP:
        t = np.sort(_bootstrap_t(x, resamples, rng))
        k = int((resamples + 1) * (1 - level) / 2 + 1e-9)
        if np.isfinite(t[[k - 1, -k]]).all():
            return float(mean - t[-k] * error), float(mean - t[k - 1] * error), ""
    from scipy.stats import t as student

    half = student.ppf((1 + level) / 2, n - 1) * error
    why = "few units" if n < _FEWEST_FOR_BOOTSTRAP else "many ties"
    return float(mean - half), float(mean + half), f"{why}: Student's interval, for a normal law"


def _bootstrap_t(x: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return t* of each resample, infinite where a resample has next to no spread."""
    means, spreads = [], []
    for rows in row_blocks(resamples, len(x)):
        drawn = x[rng.integers(len(x), size=(rows, len(x)))]
        means.append(drawn.mean(axis=1))
        spreads.append(drawn.std(axis=1, ddof=1))
    difference, spread = np.concatenate(means) - x.mean(), np.concatenate(spreads)
    flat = spread <= _TIED * x.std(ddof=1)
    error = np.where(flat, 1, spread / np.sqrt(len(x)))
    return np.where(flat, np.copysign(np.inf, difference), difference / error)


def order_statistics(x: np.ndarray, level: float) -> tuple[float, float, str]:
    """Return the k-th smallest and k-th largest for the largest k that reaches the level."""
    from scipy.stats import binom

    n = len(x)
    # P(the median lies outside the k-th smallest and largest) = 2 P(Binomial(n, 1/2) < k), which
    # grows with k: as many k are allowed as are below the level
    k = int(np.count_nonzero(2 * binom.cdf(np.arange(n // 2), n, 0.5) <= 1 - level))
    if k == 0:
        reached = 1 - 2 * binom.cdf(0, n, 0.5)
        return float("nan"), float("nan"), f"no interval: {n} units reach a level of {reached:.3g}"
    ordered = np.sort(x)
    return float(ordered[k - 1]), float(ordered[n - k]), ""


@record
class Interval:
    """A central value with its confidence interval.

    Attributes
    ----------
    value : float
        The statistic over the units.
    low, high : float
        Limits of the interval, NaN where the units are too few (`note` says so).
    level : float
        Nominal coverage.
    n : int
        Number of units.
    note : str
        What to know before trusting the interval; empty when there is nothing to say.
    """

    value: float
    low: float
    high: float
    level: float
    n: int
    note: str = ""


def bootstrap_interval(
    values: Any,
    *,
    statistic: str = "mean",
    level: float = 0.95,
    resamples: int = 999,
    bounds: Any = None,
    units: Any = None,
    seed: int,
) -> Interval:
    r"""Return the mean or the median over units with a confidence interval made for few units.

    Parameters
    ----------
    values : array, shape (n,)
        One figure an item, for example an accuracy a training.
    statistic : {"mean", "median"}
        Applied within each unit first, then over the units, each of which counts once.
    level : float
        Nominal coverage, above 0 and below 1.
    resamples : int
        Number of bootstrap resamples.
    bounds : pair of numbers, optional
        What the values cannot leave, such as ``(0, 1)`` for an accuracy or ``(0, inf)`` for a
        variance: the interval ends there, and the note says so.
    units : array of int or str, shape (n,), optional
        What was drawn independently; by default every item is its own unit.
    seed : int
        Seed of the resampling.

    Returns
    -------
    Interval
        Low and high are NaN, and the note says why, with fewer than two units, with units that are
        all equal, and for the median where no order statistic reaches the level (fewer than 6
        units at 0.95).

    Raises
    ------
    InputError
        If an argument is not as above, a value lies outside the bounds, or the resamples are too
        few for the level.

    Notes
    -----
    Mean: the studentised bootstrap over resamples of the units (Efron, 1981; Hall, 1988),

    .. math:: \Bigl[m - t^*_{1 - a/2} \frac{s}{\sqrt n},\; m - t^*_{a/2} \frac{s}{\sqrt n}\Bigr],
        \qquad t^* = \frac{m^* - m}{s^* / \sqrt n}.

    With 5 to 20 units its coverage is close to nominal for symmetric and moderately skewed laws,
    where percentile and BCa intervals are too short and Student's interval misses skewness; no
    interval is safe for very heavy tails. With 2 to 4 units, or where ties (or units all but tied)
    leave too many resamples with less than a tenth of the spread, Student's interval takes its
    place, and the note says so.

    Median: from order statistics, whose coverage is at least nominal for every continuous law
    (Thompson, 1936); nothing is resampled.

    Resamples are drawn in blocks: some 200 MB are held beside a few copies of the values, whatever
    the number of resamples.

    References
    ----------
    Efron (1981), Canadian Journal of Statistics 9, 139-158. Hall (1988), Annals of Statistics 16,
    927-953. Thompson (1936), Annals of Mathematical Statistics 7, 122-128.

    Examples
    --------
    >>> from toolbox import bootstrap_interval
    >>> accuracy = bootstrap_interval([0.81, 0.84, 0.79, 0.86, 0.83, 0.85], seed=0)
    >>> round(accuracy.value, 2), accuracy.low < 0.83 < accuracy.high
    (0.83, True)
    """
    statistic = choice(statistic, "statistic", ("mean", "median"))
    level = number(level, "level", above=0, below=1)
    resamples = count(resamples, "resamples")
    if (resamples + 1) * (1 - level) / 2 < 1 - 1e-9:
        fewest = int(np.ceil(2 / (1 - level) - 1e-9)) - 1
        refuse("resamples", f"at least {fewest} for level {level:g}", resamples)
    x = _column(values)
    limits = _limits(bounds, x)
    exponent = binary_exponent(x)
    x = np.ldexp(x, -exponent)  # so that squares neither vanish nor overflow
    labels = check_units(units, "units", length=len(x))
    rng = generator(check_seed(seed), "bootstrap_interval")
    summary = np.mean if statistic == "mean" else np.median
    _, per_unit = by_unit(summary, x, labels)
    low, high, note = float("nan"), float("nan"), no_interval(per_unit)
    if not note and statistic == "mean":
        low, high, note = studentised(per_unit, level, resamples, rng)
    elif not note:
        low, high, note = order_statistics(per_unit, level)
    value, low, high = (float(np.ldexp(v, exponent)) for v in (summary(per_unit), low, high))
    if low < limits[0] or high > limits[1]:
        low, high = max(low, limits[0]), min(high, limits[1])
        note = "; ".join(filter(None, [note, "the interval is cut at the bounds"]))
    return Interval(
        value=value, low=low, high=high, level=level, n=len(per_unit), note=with_units(note, units)
    )


def _column(values: Any) -> np.ndarray:
    x = real_array(values, "values").astype(np.float64)
    if x.ndim == 2 and 1 in x.shape:
        x = x.reshape(-1)  # a row or a column, as MATLAB keeps them
    if x.ndim != 1:
        refuse("values", "one number an item", f"shape {x.shape}")
    return x


def _limits(bounds: Any, x: np.ndarray) -> tuple[float, float]:
    """Return the bounds of the values, checked against them; infinite without any."""
    if bounds is None:
        return -inf, inf
    try:
        low, high = (float(bound) for bound in np.ravel(bounds))
    except (TypeError, ValueError):
        low, high = inf, -inf
    if not low < high:
        refuse("bounds", "two numbers, the smaller first", describe_value(bounds))
    if x.min() < low or x.max() > high:
        refuse("values", f"values from {low:g} to {high:g}", f"{x.min():g} to {x.max():g}")
    return low, high


def too_few(units: int, level: float) -> bool:
    """Say whether fewer than 2 / (1 - level) different resamples of so many units exist."""
    return units < _MANY and comb(2 * units - 1, units) < 2 / (1 - level)
