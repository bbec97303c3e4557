"""How much of each class is found, so that a rare class counts as much as the others."""

from typing import Any

import numpy as np

from confidence.scoring.answers import checked_answers
from confidence.scoring.intervals import clopper_pearson, mean_interval, own_units, wilson
from confidence.scoring.proper_scores import Score
from toolbox.core.records import record
from toolbox.core.units import with_units
from toolbox.resampling.near_ties import first_of_largest


@record
class Recalls:
    """The share of each class that was found.

    Attributes
    ----------
    values : ndarray (C,)
        Recall of each class; NaN for a class without items.
    intervals : ndarray (C, 2)
        Confidence intervals over the items, or units, of the class.
    counts : ndarray (C,) of int
        Items of each class.
    level : float
        Nominal coverage of the intervals.
    note : str
        Why a figure is missing.
    """

    values: np.ndarray
    intervals: np.ndarray
    counts: np.ndarray
    level: float
    note: str = ""


def balanced_accuracy(
    probabilities: Any, labels: Any, *, classes: Any = None, units: Any = None, level: float = 0.95
) -> Score:
    r"""Return the mean over classes of the share that was found, 0 to 1; larger is better.

    Parameters
    ----------
    probabilities : array (n, C)
        Class probabilities; the largest is the prediction.
    labels : array (n,)
        True classes: columns 0 to C - 1, or names among `classes`.
    classes : array (C,), optional
        Names of the columns.
    units : array (n,), optional
        What was drawn independently; by default every item is its own unit.
    level : float
        Nominal coverage of the interval.

    Returns
    -------
    Score
        The contribution of an item of class k is ``n / (C n_k)`` if it was found, else 0. NaN with
        a note if a class has no items.

    Raises
    ------
    InputError
        If an argument is not as above.

    Notes
    -----
    The mean of the recalls :math:`r_k` of the C classes. Interval over items: each recall's Wilson
    limits :math:`l_k, u_k` are combined (Zou and Donner, 2008) as

    .. math:: \frac1C \sum_k r_k - \frac1C \sqrt{\sum_k (r_k - l_k)^2}

    and likewise above, which stays honest where a recall is 0 or 1. Where units group the items,
    Student's interval over units of the linearised mean, from 5 units on.

    References
    ----------
    G. Y. Zou, A. Donner, "Construction of confidence limits about effect measures: a general
    approach", Statistics in Medicine 27, 2008.

    Examples
    --------
    >>> from confidence import balanced_accuracy
    >>> balanced_accuracy([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.3, 0.7]], [0, 0, 1, 1]).value
    0.75
    """
    p, y, unit, level = checked_answers(probabilities, labels, classes, units, level)
    columns = p.shape[1]
    right = first_of_largest(p) == y
    sizes = np.bincount(y, minlength=columns)
    if sizes.min() == 0:
        note = f"no value: no items of column {int(sizes.argmin())}"
        return Score(
            value=float("nan"),
            interval=np.full(2, np.nan),
            items=np.full(len(y), np.nan),
            level=level,
            note=note,
        )
    found = np.bincount(y, weights=right, minlength=columns)
    recall = found / sizes
    value = float(recall.mean())
    note = ""
    if own_units(unit):
        low, high = np.moveaxis(wilson(found, sizes, level), -1, 0)
        down, up = (np.sqrt(np.sum((recall - limit) ** 2)) / columns for limit in (low, high))
        interval = np.array([value - down, value + up])
    else:
        influence = (right - recall[y]) / (columns * sizes[y])
        interval, note = mean_interval(value, influence, unit, level)
    return Score(
        value=value,
        interval=np.clip(interval, 0, 1),
        items=right * len(y) / (columns * sizes[y]),
        level=level,
        note=with_units(note, units),
    )


def class_recall(
    probabilities: Any, labels: Any, *, classes: Any = None, units: Any = None, level: float = 0.95
) -> Recalls:
    r"""Return the share of each class that was found, 0 to 1; larger is better.

    Parameters
    ----------
    probabilities : array (n, C)
        Class probabilities; the largest is the prediction.
    labels : array (n,)
        True classes: columns 0 to C - 1, or names among `classes`.
    classes : array (C,), optional
        Names of the columns.
    units : array (n,), optional
        What was drawn independently; by default every item is its own unit.
    level : float
        Nominal coverage of the intervals.

    Returns
    -------
    Recalls

    Raises
    ------
    InputError
        If an argument is not as above.

    Notes
    -----
    With k of the n items of a class found, the share k / n has the limits

    .. math:: B^{-1}\bigl(\tfrac a2; k, n - k + 1\bigr), \qquad
        B^{-1}\bigl(1 - \tfrac a2; k + 1, n - k\bigr), \qquad a = 1 - \mathrm{level},

    B the beta law's distribution (Clopper and Pearson, 1934), hence at least at their level; where
    units group the items, Student's interval over the units that hold the class, from 5 such units
    on.

    References
    ----------
    C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case
    of the binomial", Biometrika 26, 1934.

    Examples
    --------
    >>> from confidence import class_recall
    >>> r = class_recall([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.3, 0.7]], [0, 0, 1, 1])
    >>> r.values.tolist(), r.intervals[0].round(3).tolist()
    ([1.0, 0.5], [0.158, 1.0])
    """
    p, y, unit, level = checked_answers(probabilities, labels, classes, units, level)
    columns = p.shape[1]
    right = first_of_largest(p) == y
    values, intervals, notes = np.full(columns, np.nan), np.full((columns, 2), np.nan), []
    alone = own_units(unit)
    for k in np.unique(y):
        of_class = right[y == k]
        values[k] = of_class.mean()
        if alone:
            intervals[k] = clopper_pearson(of_class.sum(), len(of_class), level)
            continue
        influence = (of_class - values[k]) / len(of_class)
        limits, note = mean_interval(values[k], influence, unit[y == k], level)
        intervals[k] = np.clip(limits, 0, 1)
        notes += [f"column {k}: {note}"] if note else []
    sizes = np.bincount(y, minlength=columns)
    notes += [f"column {k}: no items" for k in np.flatnonzero(sizes == 0)]
    return Recalls(
        values=values,
        intervals=intervals,
        counts=sizes,
        level=level,
        note=with_units("; ".join(notes), units),
    )
