"""Intervals and p-values by resampling whole units: what was drawn independently."""

from typing import Any

import numpy as np

from toolbox.arrangements import arrangements, distance, n_arrangements, smallest_p_value
from toolbox.binary_scaling import binary_exponent
from toolbox.doors import choice, count, number, real_array, refuse
from toolbox.doors import seed as check_seed
from toolbox.doors import units as check_units
from toolbox.few_units import no_interval, order_statistics, studentised
from toolbox.records import record
from toolbox.retraining.streams import generator


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


@record
class PermutationTest:
    """A permutation test of two samples.

    Attributes
    ----------
    p_value : float
        Small when the samples differ; NaN with fewer than two units in a sample.
    statistic : float
        The observed distance between the samples, >= 0 for ``"mean_difference"``.
    note : str
        Why there is no p-value, or the smallest one within reach when it is above 0.05.
    """

    p_value: float
    statistic: float
    note: str = ""


# ----------------------------------------------------------------------------------- intervals


def bootstrap_interval(
    values: Any,
    *,
    statistic: str = "mean",
    level: float = 0.95,
    resamples: int = 999,
    units: Any = None,
    seed: int,
) -> Interval:
    """Return the mean or the median over units with a confidence interval made for few units.

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
        If an argument is not as above, or the resamples are too few for the level.

    Notes
    -----
    Mean: the studentised bootstrap, ``[m - t*_(1-a/2) s/sqrt(n), m - t*_(a/2) s/sqrt(n)]`` with
    ``t* = (m* - m) / (s*/sqrt(n))`` over resamples of the units (Efron, 1981; Hall, 1988). With 5
    to 20 units its coverage is close to nominal for symmetric and moderately skewed laws, where
    percentile and BCa intervals are too short and Student's interval misses skewness; no interval
    is safe for very heavy tails. With 2 to 4 units, or where ties make ``s* = 0`` in too many
    resamples, Student's interval takes its place, and the note says so.

    Median: from order statistics, whose coverage is at least nominal for every continuous law
    (Thompson, 1936); nothing is resampled.

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
    exponent = binary_exponent(x)
    x = np.ldexp(x, -exponent)
    labels = check_units(units, "units", length=len(x))
    rng = generator(check_seed(seed), "bootstrap_interval")
    summary = np.mean if statistic == "mean" else np.median
    per_unit = np.array([summary(x[labels == u]) for u in np.unique(labels)])
    low, high, note = float("nan"), float("nan"), no_interval(per_unit)
    if not note and statistic == "mean":
        low, high, note = studentised(per_unit, level, resamples, rng)
    elif not note:
        low, high, note = order_statistics(per_unit, level)
    limits = (float(np.ldexp(v, exponent)) for v in (summary(per_unit), low, high))
    value, low, high = limits
    return Interval(value=value, low=low, high=high, level=level, n=len(per_unit), note=note)


def _column(values: Any) -> np.ndarray:
    x = real_array(values, "values").astype(np.float64)
    if x.ndim == 2 and 1 in x.shape:
        x = x.reshape(-1)  # a row or a column, as MATLAB keeps them
    if x.ndim != 1:
        refuse("values", "one number an item", f"shape {x.shape}")
    return x


# -------------------------------------------------------------------------------- permutations


def permutation_p_value(
    x: Any,
    y: Any,
    *,
    statistic: str = "mean_difference",
    units_x: Any = None,
    units_y: Any = None,
    resamples: int = 999,
    seed: int,
) -> PermutationTest:
    """Test whether two samples come from one law by permuting whole units; small means different.

    Parameters
    ----------
    x, y : array, shape (n, F) or (n,)
        Two samples of items with the same features.
    statistic : {"mean_difference", "energy_distance"}
        Which difference is looked for: of the means alone, or any.
    units_x, units_y : array of int or str, optional
        What was drawn independently, one label an item; by default every item is its own unit. No
        unit may be in both samples.
    resamples : int
        Number of random arrangements; where there are not more distinct ones, all are taken.
    seed : int
        Seed of the arrangements.

    Returns
    -------
    PermutationTest
        p-value, statistic and note.

    Raises
    ------
    InputError
        If an argument is not as above.

    Notes
    -----
    Items are averaged within their unit, so that each unit counts once; features are divided by
    their standard deviation over all units, and constant ones ignored. With Z the features of the
    units and w = 1/n_x in x, -1/n_y in y, the statistics are ``|w Z|`` and the energy distance
    ``-w D w`` with the Euclidean distances D (Szekely and Rizzo, 2013). The p-value is the share
    of all arrangements with a statistic at least the observed one, or
    ``(1 + number) / (1 + resamples)`` over random ones (Phipson and Smyth, 2010): it is valid
    whatever the number of resamples.

    References
    ----------
    Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9, 39.
    Szekely and Rizzo (2013), Journal of Statistical Planning and Inference 143, 1249-1272.

    Examples
    --------
    >>> from toolbox import permutation_p_value
    >>> test = permutation_p_value([1.0, 2.0, 3.0, 4.0], [11.0, 12.0, 13.0, 14.0], seed=0)
    >>> round(test.p_value, 4)  # 2 of the 70 arrangements are as far apart
    0.0286
    """
    kind = choice(statistic, "statistic", ("mean_difference", "energy_distance"))
    resamples = count(resamples, "resamples")
    means_x, labels_x = _unit_means(x, "x", units_x)
    means_y, labels_y = _unit_means(y, "y", units_y)
    if means_x.shape[1] != means_y.shape[1]:
        refuse("y", f"{means_x.shape[1]} features, as in x", means_y.shape[1])
    _refuse_shared(labels_x, labels_y)
    rng = generator(check_seed(seed), "permutation_p_value")
    pooled, n_x, n_y = np.concatenate([means_x, means_y]), len(means_x), len(means_y)
    observed = float(distance(pooled, np.arange(n_x)[None], kind)[0])
    if min(n_x, n_y) < 2:
        note = f"no p-value: {n_x} and {n_y} units, where both samples need two at least"
        return PermutationTest(p_value=float("nan"), statistic=observed, note=note)
    drawn = distance(pooled, arrangements(n_x, n_y, resamples, rng), kind)
    tie = 1e-9 * max(drawn.max(), observed)  # equal arrangements differ by rounding
    as_far = int(np.count_nonzero(drawn >= observed - tie))
    exact = n_arrangements(n_x, n_y) <= resamples
    p_value = as_far / len(drawn) if exact else (1 + as_far) / (1 + resamples)
    smallest = smallest_p_value(n_x, n_y, resamples)
    note = f"{n_x} and {n_y} units cannot go below p = {smallest:.3g}" if smallest > 0.05 else ""
    return PermutationTest(p_value=p_value, statistic=observed, note=note)


def _unit_means(values: Any, argument: str, units: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(units, F)`` means, and the labels of the units (empty when none were given)."""
    array = real_array(values, argument).astype(np.float64)
    if array.ndim not in (1, 2):
        refuse(argument, "items of features, (n, F) or (n,)", f"shape {array.shape}")
    array = array.reshape(len(array), -1)
    if units is None:
        return array, np.empty(0)
    labels = check_units(units, f"units_{argument}", length=len(array))
    names = np.unique(labels)
    return np.stack([array[labels == name].mean(axis=0) for name in names]), names


def _refuse_shared(units_x: np.ndarray, units_y: np.ndarray) -> None:
    shared = set(units_x.tolist()) & set(units_y.tolist())
    if shared:
        got = f"{min(shared)!r} in both: average it in each and test the differences"
        refuse("units_y", "units that are not in x too", got)
