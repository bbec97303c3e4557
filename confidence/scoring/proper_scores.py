"""Scores of probabilities against what happened, with intervals over items or units."""

from typing import Any

import numpy as np

from confidence.scoring.answers import checked_answers
from confidence.scoring.intervals import mean_interval
from confidence.scoring.probability_bins import bin_numbers, bin_sums
from toolbox.core import checks
from toolbox.core.records import record
from toolbox.core.units import with_units


@record
class Score:
    """A score over items with its interval.

    Attributes
    ----------
    value : float
        The score.
    interval : ndarray (2,)
        Confidence interval over items or units; NaN where `note` says why there is none.
    items : ndarray (n,)
        Each item's own contribution; the value is their mean.
    level : float
        Nominal coverage of the interval.
    note : str
        What to know before trusting the figures; empty when there is nothing to say.
    """

    value: float
    interval: np.ndarray
    items: np.ndarray
    level: float
    note: str = ""


@record
class Brier:
    """A Brier score, its interval and its exact decomposition.

    Attributes
    ----------
    value, interval, items, level, note
        As in `Score`.
    reliability : float
        >= 0, smaller is better: squared distance of the bins' probabilities to their frequencies.
    resolution : float
        >= 0, larger is better: squared distance of the bins' frequencies to the overall ones.
    uncertainty : float
        The score of always answering with the overall frequencies.
    within_variance, within_covariance : float
        What binning hides: variance of the probabilities within bins, and twice their covariance
        with the outcome. value = reliability - resolution + uncertainty + within_variance -
        within_covariance.
    """

    value: float
    interval: np.ndarray
    items: np.ndarray
    level: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float
    note: str = ""


def nll(
    probabilities: Any, labels: Any, *, classes: Any = None, units: Any = None, level: float = 0.95
) -> Score:
    r"""Return the negative log-likelihood of the labels in nats; smaller is better, 0 is best.

    Parameters
    ----------
    probabilities : array (n, C)
        Class probabilities.
    labels : array (n,)
        True classes: columns 0 to C - 1, or names among `classes`.
    classes : array (C,), optional
        Names of the columns.
    units : array (n,), optional
        What was drawn independently; by default every item is its own unit.
    level : float
        Nominal coverage of the interval, which is Student's over units, from 5 units on.

    Returns
    -------
    Score
        Infinite, with a note, if a true class was given probability 0: nothing is clipped.

    Raises
    ------
    InputError
        If an argument is not as above.

    Notes
    -----
    .. math:: -\frac1n \sum_i \log p_i(y_i),

    a proper score: its expectation is smallest at the true probabilities (Good, 1952).

    References
    ----------
    I. J. Good, "Rational decisions", Journal of the Royal Statistical Society B 14, 1952.

    Examples
    --------
    >>> from confidence import nll
    >>> round(nll([[0.5, 0.5], [0.25, 0.75]], [0, 1]).value, 4)
    0.4904
    """
    p, y, unit, level = checked_answers(probabilities, labels, classes, units, level)
    with np.errstate(divide="ignore"):
        items = -np.log(p[np.arange(len(p)), y])
    items = items + 0.0  # -0.0 for a probability of 1
    zeros = int(np.isinf(items).sum())
    if zeros:
        note = f"infinite: {zeros} of {len(items)} true classes were given probability 0"
        return Score(
            value=float("inf"), interval=np.full(2, np.nan), items=items, level=level, note=note
        )
    value, interval, note = _mean(items, unit, level)
    return Score(
        value=value,
        interval=interval,
        items=items,
        level=level,
        note=with_units(note, units),
    )


def brier(
    probabilities: Any,
    labels: Any,
    *,
    bins: int = 10,
    classes: Any = None,
    units: Any = None,
    level: float = 0.95,
) -> Brier:
    r"""Return the Brier score, summed over classes, 0 to 2; smaller is better.

    Parameters
    ----------
    probabilities : array (n, C)
        Class probabilities.
    labels : array (n,)
        True classes: columns 0 to C - 1, or names among `classes`.
    bins : int
        Equal bins of probability in the decomposition, closed on the right.
    classes : array (C,), optional
        Names of the columns.
    units : array (n,), optional
        What was drawn independently; by default every item is its own unit.
    level : float
        Nominal coverage of the interval, which is Student's over units, from 5 units on.

    Returns
    -------
    Brier

    Raises
    ------
    InputError
        If an argument is not as above.

    Notes
    -----
    With o the outcome, 0 or 1 (Brier, 1950),

    .. math:: \frac1n \sum_i \sum_k (p_{ik} - o_{ik})^2;

    half of it is the usual score of two classes. For each class, with the means :math:`p_b` and
    :math:`o_b` of the :math:`n_b` items in bin b, reliability, resolution and uncertainty (Murphy,
    1973) are

    .. math:: \sum_b \frac{n_b}{n} (p_b - o_b)^2, \quad
        \sum_b \frac{n_b}{n} (o_b - \bar o)^2, \quad \bar o (1 - \bar o),

    variance and covariance within bins (Stephenson et al., 2008)

    .. math:: \frac1n \sum_i (p_i - p_b)^2, \quad \frac2n \sum_i (p_i - p_b)(o_i - o_b);

    each is summed over classes.

    References
    ----------
    D. B. Stephenson, C. A. S. Coelho, I. T. Jolliffe, "Two extra components in the Brier score
    decomposition", Weather and Forecasting 23, 2008.

    Examples
    --------
    >>> from confidence import brier
    >>> b = brier([[0.5, 0.5], [0.25, 0.75]], [0, 1])
    >>> b.value, b.uncertainty
    (0.3125, 0.5)
    """
    bins = checks.count(bins, "bins")
    p, y, unit, level = checked_answers(probabilities, labels, classes, units, level)
    outcome = (y[:, None] == np.arange(p.shape[1])).astype(float)
    items = ((p - outcome) ** 2).sum(axis=1)
    value, interval, note = _mean(items, unit, level)
    terms = np.sum([_terms(p[:, k], outcome[:, k], bins) for k in range(p.shape[1])], axis=0)
    names = ("reliability", "resolution", "uncertainty", "within_variance", "within_covariance")
    return Brier(
        value=value,
        interval=interval,
        items=items,
        level=level,
        note=with_units(note, units),
        **dict(zip(names, map(float, terms), strict=True)),
    )


def _mean(items: np.ndarray, units: np.ndarray, level: float) -> tuple[float, np.ndarray, str]:
    value = float(items.mean())
    return value, *mean_interval(value, (items - value) / len(items), units, level)


def _terms(p: np.ndarray, outcome: np.ndarray, bins: int) -> np.ndarray:
    """Return the five terms of the decomposition for one class."""
    place = bin_numbers(p, bins)
    counts = np.bincount(place, minlength=bins)
    share = np.maximum(counts, 1)
    mean_p = bin_sums(p, place, bins) / share
    mean_o = bin_sums(outcome, place, bins) / share
    overall = outcome.mean()
    n = len(p)
    return np.array(
        [
            np.sum(counts * (mean_p - mean_o) ** 2) / n,
            np.sum(counts * (mean_o - overall) ** 2) / n,
            overall * (1 - overall),
            np.mean((p - mean_p[place]) ** 2),
            2 * np.mean((p - mean_p[place]) * (outcome - mean_o[place])),
        ]
    )
