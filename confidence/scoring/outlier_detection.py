"""How well an uncertainty tells items of another law from those that a model was made for."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.records import record
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
        DeLong's interval; NaN with fewer than two items on a side, or where all pairs agree.
    fpr95 : float
        Share of ordinary items that are called outliers by the largest threshold that finds at
        least 95 % of the outliers; 0 is best.
    threshold : float
        That threshold: a score at or above it is called an outlier.
    level : float
    """

    auroc: float
    auroc_interval: np.ndarray
    fpr95: float
    threshold: float
    level: float


def ood_scores(ordinary: Any, outliers: Any, *, level: float = 0.95) -> OodScores:
    r"""Return AUROC (larger is better) and FPR95 (smaller is better) of an uncertainty.

    Parameters
    ----------
    ordinary, outliers : arrays (n,), (m,)
        The uncertainty of items of the training's law, and of others; larger means less sure.
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

    its interval normal with the variance of DeLong, DeLong and Clarke-Pearson (1988). No
    interpolation: FPR95 is the rate at a threshold that exists. Scores that float32 does not tell
    apart (2^-22 of them) tie.

    References
    ----------
    E. DeLong, D. DeLong, D. Clarke-Pearson, Comparing the areas under two or more correlated
    receiver operating characteristic curves, Biometrics 44 (1988).

    Examples
    --------
    >>> from confidence import ood_scores
    >>> s = ood_scores([0.1, 0.2, 0.3, 0.6], [0.4, 0.6, 0.9])
    >>> round(s.auroc, 4), s.fpr95                  # 10.5 of 12 pairs
    (0.875, 0.25)
    """
    ordinary = checks.real_array(ordinary, "ordinary", ndim=1)
    outliers = checks.real_array(outliers, "outliers", ndim=1)
    if ordinary.dtype != outliers.dtype:  # equal numbers, of which one was rounded, must tie
        ordinary, outliers = (scores.astype(np.float32) for scores in (ordinary, outliers))
    scores = merged(checks.double(np.concatenate([ordinary, outliers])))
    ordinary, outliers = np.split(scores, [len(ordinary)])
    level = checks.number(level, "level", above=0, below=1)
    above, below = shares_below(outliers, ordinary), 1 - shares_below(ordinary, outliers)
    auroc = float(above.mean())
    missed = int(np.floor(0.05 * len(outliers) * (1 + 1e-12)))  # at least 95 % found
    threshold = float(np.sort(outliers)[missed])
    return OodScores(
        auroc=auroc,
        auroc_interval=_interval(auroc, above, below, level),
        fpr95=float(np.mean(ordinary >= threshold)),
        threshold=threshold,
        level=level,
    )


def shares_below(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each value the share of the others below it, those equal counted half."""
    ordered = np.sort(others)
    left, right = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return (left + right) / (2 * len(others))


def _interval(auroc: float, above: np.ndarray, below: np.ndarray, level: float) -> np.ndarray:
    from scipy.stats import norm

    if min(len(above), len(below)) < 2:
        return np.full(2, np.nan)
    variance = above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)
    if variance == 0:
        return np.full(2, np.nan)
    half = norm.ppf((1 + level) / 2) * np.sqrt(variance)
    return np.clip([auroc - half, auroc + half], 0, 1)
