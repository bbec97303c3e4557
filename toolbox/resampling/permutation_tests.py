"""P-values by rearranging whole units: what was drawn independently."""

from typing import Any

import numpy as np

from toolbox.core.checks import choice, count, double, real_array, refuse
from toolbox.core.checks import seed as check_seed
from toolbox.core.checks import units as check_units
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.core.units import units_of_both, with_units
from toolbox.resampling.arrangements import (
    arrangement_blocks,
    distance,
    n_arrangements,
    smallest_p_value,
)
from toolbox.resampling.near_ties import TOLD_APART
from toolbox.resampling.redrawn_units import by_unit


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
        Why there is no p-value, or the smallest one within reach when it is above 0.05, and
        whether items were taken as independent because nobody said what was.
    """

    p_value: float
    statistic: float
    note: str = ""


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
    r"""Test whether two samples come from one law by permuting whole units; small means different.

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
    units and w = 1/n_x in x, -1/n_y in y, the statistics are

    .. math:: \Vert w^T Z \Vert \quad \text{and the energy distance} \quad -w^T D w

    with the Euclidean distances D (Szekely and Rizzo, 2013). The p-value is the share of all
    arrangements with a statistic at least the observed one or, over random ones,

    .. math:: p = \frac{1 + \#\{\text{at least the observed one}\}}{1 + \mathrm{resamples}}

    (Phipson and Smyth, 2010): it is valid whatever the number of resamples.

    Arrangements and distances are taken in blocks: some 400 MB are held beside a few copies of the
    samples. On one feature the energy distance takes as long as sorting, else n^2 distances.

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
    observed = float(distance(pooled, [np.arange(n_x)[None]], kind)[0])
    if min(n_x, n_y) < 2:
        note = f"no p-value: {n_x} and {n_y} units, where both samples need two at least"
        return PermutationTest(p_value=float("nan"), statistic=observed, note=note)
    blocks = arrangement_blocks(n_x, n_y, resamples, rng)
    drawn = distance(pooled, blocks, kind)
    tie = TOLD_APART * max(drawn.max(), observed)  # equal arrangements differ by rounding
    as_far = int(np.count_nonzero(drawn >= observed - tie))
    exact = n_arrangements(n_x, n_y) <= resamples
    p_value = as_far / len(drawn) if exact else (1 + as_far) / (1 + resamples)
    smallest = smallest_p_value(n_x, n_y, resamples)
    few = f"{n_x} and {n_y} units cannot go below p = {smallest:.3g}" if smallest > 0.05 else ""
    note = with_units(few, units_x if units_y is not None else None)
    return PermutationTest(p_value=p_value, statistic=observed, note=note)


def _unit_means(values: Any, argument: str, units: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(units, F)`` means, and the labels of the units (empty when none were given)."""
    array = double(real_array(values, argument))
    if array.ndim not in (1, 2):
        refuse(argument, "items of features, (n, F) or (n,)", f"shape {array.shape}")
    array = array.reshape(len(array), -1)
    if units is None:
        return array, np.empty(0)
    labels = check_units(units, f"units_{argument}", length=len(array))
    names, means = by_unit(lambda items: items.mean(axis=0), array, labels)
    return means, names


def _refuse_shared(units_x: np.ndarray, units_y: np.ndarray) -> None:
    if shared := units_of_both(units_x, units_y):
        got = f"{shared[0]!r} in both: average it in each and test the differences"
        refuse("units_y", "units that are not in x too", got)
