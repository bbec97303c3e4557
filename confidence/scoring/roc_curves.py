"""Areas under ROC curves and sensitivities at a specificity, with intervals over subjects."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm
from scipy.stats import t as student

from confidence.scoring.outlier_detection import shares_below
from toolbox.resampling.redrawn_units import row_blocks


def auc_of(score: np.ndarray, ill: np.ndarray) -> float:
    """Return the probability that an ill subject scores higher than another, ties one half."""
    return float(_placements(score, ill)[0].mean())


def _placements(score: np.ndarray, ill: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each ill subject the share of the others below it, and for each other above it."""
    own, others = score[ill], score[~ill]
    return shares_below(own, others), 1 - shares_below(others, own)


def auc_interval(score: np.ndarray, ill: np.ndarray, level: float) -> np.ndarray:
    """Return DeLong's interval on the logit scale, Newcombe's where all or none are told apart.

    Student's quantile with Welch's degrees of freedom, as in Brunner and Munzel's test: with the
    normal one too few intervals hold the truth where the ill are few.
    """
    below, above = _placements(score, ill)
    auc = float(below.mean())
    parts = [x.var(ddof=1) / len(x) for x in (below, above)]
    variance = sum(parts)
    if variance == 0 or auc in (0.0, 1.0):
        return _newcombe(auc, len(below), len(above), float(norm.ppf((1 + level) / 2)))
    freedom = variance**2 / (parts[0] ** 2 / (len(below) - 1) + parts[1] ** 2 / (len(above) - 1))
    half = student.ppf((1 + level) / 2, freedom) * np.sqrt(variance) / (auc * (1 - auc))
    return expit(logit(auc) + np.array([-half, half]))


def _newcombe(auc: float, m: int, n: int, z: float) -> np.ndarray:
    """Return the areas whose own standard error reaches the observed one (method 5)."""

    def reach(area: float) -> float:
        star = (m + n) / 2 - 1
        spread = 1 + star * (1 - area) / (2 - area) + star * area / (1 + area)
        return z * np.sqrt(area * (1 - area) * spread / (m * n))

    edge = 1e-12
    low = 0.0 if auc == 0 else brentq(lambda a: auc - a - reach(a), edge, max(auc - edge, 2 * edge))
    high = 1.0 if auc == 1 else brentq(lambda a: a - auc - reach(a), auc + edge, 1 - edge)
    return np.array([low, high])


def sensitivity_at(score: np.ndarray, ill: np.ndarray, specificities: np.ndarray) -> np.ndarray:
    """Return the share of the ill above the threshold that so many of the others stay below."""
    return _sensitivities(score[ill][None], score[~ill][None], specificities)[0]


def _sensitivities(ill: np.ndarray, others: np.ndarray, specificities: np.ndarray) -> np.ndarray:
    """Return (B, k) of scores (B, m) of the ill and (B, n) of the others."""
    n = others.shape[1]
    place = np.ceil(specificities * n - 1e-9).astype(int) - 1
    thresholds = np.sort(others, axis=1)[:, place]
    return (ill[:, None, :] > thresholds[:, :, None]).mean(axis=2)


def sensitivity_interval(
    score: np.ndarray,
    ill: np.ndarray,
    specificities: np.ndarray,
    *,
    level: float,
    resamples: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return intervals (k, 2): both groups resampled, each share moved as Agresti and Coull do."""
    own, others = score[ill], score[~ill]
    z = float(norm.ppf((1 + level) / 2))
    shares = []
    for rows in row_blocks(resamples, len(score)):
        drawn = [s[rng.integers(len(s), size=(rows, len(s)))] for s in (own, others)]
        shares.append(_sensitivities(*drawn, specificities))
    moved = (np.concatenate(shares) * len(own) + z**2 / 2) / (len(own) + z**2)
    middle, half = moved.mean(axis=0), z * moved.std(axis=0, ddof=1)
    return np.clip(np.stack([middle - half, middle + half], axis=1), 0, 1)
