"""How well an uncertainty tells items of another law from those that a model was made for."""

from typing import Any

import numpy as np

from confidence.scoring.intervals import FEWEST_UNITS, own_units
from toolbox.core import checks
from toolbox.core.records import record
from toolbox.core.units import with_units
from toolbox.resampling.near_ties import merged


@record
class OodScores:
    """Detection of out-of-distribution items by a score that should be larger for them.

    Attributes
    ----------
    auroc : float
        Probability that an outlier scores above an ordinary item, ties counted half; 1 is best,
        .5 is chance.
    auroc_interval : ndarray (2,)
        DeLong's interval over units; NaN where `note` says why there is none.
    fpr95 : float
        Share of ordinary items that are called outliers by the largest threshold that finds at
        least 95 % of the outliers; 0 is best.
    threshold : float
        That threshold: a score at or above it is called an outlier.
    level : float
    note : str
        Why there is no interval, and whether items counted as independent because nobody said
        what was.
    """

    auroc: float
    auroc_interval: np.ndarray
    fpr95: float
    threshold: float
    level: float
    note: str = ""


def ood_scores(
    ordinary: Any,
    outliers: Any,
    *,
    units_ordinary: Any = None,
    units_outliers: Any = None,
    level: float = 0.95,
) -> OodScores:
    r"""Return AUROC (larger is better) and FPR95 (smaller is better) of an uncertainty.

    Parameters
    ----------
    ordinary, outliers : arrays (n,), (m,)
        The uncertainty of items of the training's law, and of others; larger means less sure.
    units_ordinary, units_outliers : arrays (n,), (m,), optional
        What was drawn independently; by default every item is its own unit. The same label on both
        sides is one unit.
    level : nominal level of the interval, above 0 and below 1

    Returns
    -------
    OodScores

    Raises
    ------
    InputError
        When an argument is empty, not finite or not one-dimensional.

    Notes
    -----
    AUROC is Mann and Whitney's (1947) statistic of the scores u inside and v outside

    .. math:: \frac{1}{n m} \sum_{i,j} \bigl(1[v_j > u_i] + \tfrac12 1[v_j = u_i]\bigr),

    its interval normal with the variance of DeLong, DeLong and Clarke-Pearson (1988). Where units
    group the items it is that of Obuchowski (1997): with s_a and t_a the sums over unit a of what
    its outliers and its ordinary items add to the area, less the area itself,

    .. math:: \frac{M}{M - 1} \sum_a s_a^2 + \frac{N}{N - 1} \sum_a t_a^2
        + \frac{2 I}{I - 1} \sum_a s_a t_a

    for M units with outliers, N with ordinary items and I in all, and Student's quantile with
    Welch's degrees of freedom, from 5 units a side on. No interpolation: FPR95 is the rate at a
    threshold that exists. Scores that float32 does not tell apart (2^-22 of them) tie.

    References
    ----------
    E. DeLong, D. DeLong, D. Clarke-Pearson, Comparing the areas under two or more correlated
    receiver operating characteristic curves, Biometrics 44 (1988). N. Obuchowski, Nonparametric
    analysis of clustered ROC curve data, Biometrics 53 (1997).

    Examples
    --------
    >>> from confidence import ood_scores
    >>> s = ood_scores([0.1, 0.2, 0.3, 0.6], [0.4, 0.6, 0.9])
    >>> round(s.auroc, 4), s.fpr95                  # 10.5 of 12 pairs
    (0.875, 0.25)
    """
    ordinary = checks.real_array(ordinary, "ordinary", ndim=1)
    outliers = checks.real_array(outliers, "outliers", ndim=1)
    # Equal numbers, of which one was rounded, must tie.
    scores = merged(np.concatenate([checks.double(ordinary), checks.double(outliers)]))
    ordinary, outliers = np.split(scores, [len(ordinary)])
    level = checks.number(level, "level", above=0, below=1)
    units = _units(units_ordinary, units_outliers, len(ordinary), len(outliers))
    above, below = shares_below(outliers, ordinary), 1 - shares_below(ordinary, outliers)
    auroc = float(above.mean())
    missed = int(np.floor(0.05 * len(outliers) * (1 + 1e-12)))  # at least 95 % found
    threshold = float(np.sort(outliers)[missed])
    if own_units(np.concatenate(units)):
        interval, note = _interval(auroc, above, below, level)
    else:
        interval, note = _interval_of_units(auroc, (above, below), units, level)
    return OodScores(
        auroc=auroc,
        auroc_interval=interval,
        fpr95=float(np.mean(ordinary >= threshold)),
        threshold=threshold,
        level=level,
        note=with_units(note, units_ordinary if units_outliers is not None else None),
    )


def _units(ordinary: Any, outliers: Any, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each item's unit on both sides; items without units have their own."""
    inside = checks.units(ordinary, "units_ordinary", length=n)
    outside = checks.units(outliers, "units_outliers", length=m)
    if ordinary is None or outliers is None:  # what nobody named meets nothing
        inside, outside = (np.unique(u, return_inverse=True)[1] for u in (inside, outside))
        return inside, outside + inside.max() + 1
    both = [u.astype(np.str_) if inside.dtype != outside.dtype else u for u in (inside, outside)]
    place = np.unique(np.concatenate(both), return_inverse=True)[1]
    return place[:n], place[n:]


def shares_below(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each value the share of the others below it, those equal counted half."""
    ordered = np.sort(others)
    left, right = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return (left + right) / (2 * len(others))


def _interval(
    auroc: float, above: np.ndarray, below: np.ndarray, level: float
) -> tuple[np.ndarray, str]:
    from scipy.stats import norm

    if min(len(above), len(below)) < 2:
        return np.full(2, np.nan), "no interval: fewer than two items on a side"
    variance = above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)
    if variance == 0:
        return np.full(2, np.nan), "no interval: all pairs agree"
    half = norm.ppf((1 + level) / 2) * np.sqrt(variance)
    return np.clip([auroc - half, auroc + half], 0, 1), ""


def _interval_of_units(
    auroc: float,
    shares: tuple[np.ndarray, np.ndarray],
    units: tuple[np.ndarray, np.ndarray],
    level: float,
) -> tuple[np.ndarray, str]:
    """Return Obuchowski's interval from the shares below each outlier and above each other."""
    from scipy.stats import t as student

    above, below = shares
    of_ordinary, of_outliers = units
    every = max(unit.max() for unit in units) + 1
    sums = np.stack(
        [
            np.bincount(of_outliers, (above - auroc) / len(above), every),
            np.bincount(of_ordinary, (below - auroc) / len(below), every),
        ]
    )
    counts = np.array([len(np.unique(of_outliers)), len(np.unique(of_ordinary))])
    if counts.min() < FEWEST_UNITS:
        few = f"{counts.min()} units on a side, where {FEWEST_UNITS} are needed"
        return np.full(2, np.nan), f"no interval: {few}"
    parts = counts / (counts - 1) * (sums**2).sum(axis=1)
    variance = parts.sum() + 2 * every / (every - 1) * (sums[0] * sums[1]).sum()
    if variance <= 0:
        return np.full(2, np.nan), "no interval: all pairs agree"
    freedom = parts.sum() ** 2 / (parts**2 / (counts - 1)).sum()
    half = student.ppf((1 + level) / 2, freedom) * np.sqrt(variance)
    return np.clip([auroc - half, auroc + half], 0, 1), ""
