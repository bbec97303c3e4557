"""The separation of classes, from vectors of which a few carry labels."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata


class Estimate(NamedTuple):
    """A separation, its standard error, and the number of dimensions that the noise fills."""

    value: float
    error: float
    dimensions: float


def vector_separation(x: np.ndarray, codes: np.ndarray) -> Estimate:
    """Return the separation of labelled vectors; codes 0 .. K - 1.

    The noise within a class, of covariance S, is read as isotropic with the same tr S and tr S^2:
    p = (tr S)^2 / tr S^2 dimensions of variance sigma^2 = tr S^2 / tr S. The threshold in these
    terms, n^2 |mu|^4 > n tr S^2, is where n x n inner products see the classes. All three traces
    are estimated without bias for Gaussian noise (Srivastava 2005), so that few labels do not
    inflate the separation: the variance of the class means is taken off that between them.
    """
    n, classes = len(x), int(codes.max()) + 1
    member = codes[:, None] == np.arange(classes)
    shares = member.mean(axis=0)
    means = (member.T @ x) / member.sum(axis=0)[:, None]
    rest = x - means[codes]
    free = n - classes
    trace = (rest**2).sum() / free
    squared = ((rest @ rest.T) ** 2).sum() / free**2
    squared = free**2 / ((free - 1) * (free + 2)) * (squared - trace**2 / free)
    squared = max(squared, trace**2 / x.shape[1])  # the least that F dimensions can have
    noise = squared / trace
    between = shares @ ((means - x.mean(axis=0)) ** 2).sum(axis=1)
    excess = between - trace * (classes - 1) / n
    chance = 2 * squared * (classes - 1) / n**2 * (1 + (classes - 1) / free)
    error = np.sqrt(chance + 4 * max(excess, 0) * noise / n)
    scale = (classes - 1) * noise
    return Estimate(max(excess, 0) / scale, error / scale, trace**2 / squared)


def pair_sensitivity(values: np.ndarray, same: np.ndarray) -> tuple[Estimate, float]:
    """Return d' = sqrt(2) Phi^-1(AUC) of an (n, n) matrix, its error, and the AUC.

    The error is that of pairs which share items: the sum over items of squared sums of the pairs'
    placements, each pair counted once. An AUC of 1 is read as half a pair short of it.
    """
    upper = np.triu_indices(len(values), 1)
    value, alike = values[upper], same[upper]
    inside, outside = int(alike.sum()), int((~alike).sum())
    ranks = rankdata(value)
    auc = (ranks[alike].sum() - inside * (inside + 1) / 2) / (inside * outside)
    placement = np.empty(len(value))
    placement[alike] = (ranks[alike] - rankdata(value[alike])) / outside - auc
    placement[~alike] = 1 - (ranks[~alike] - rankdata(value[~alike])) / inside - auc
    placement /= np.where(alike, inside, outside)
    table = np.zeros(values.shape)
    table[upper] = placement
    by_item = (table + table.T).sum(axis=1)
    variance = max((by_item**2).sum() - (placement**2).sum(), (placement**2).sum())
    least = 0.5 / (inside * outside)
    clipped = float(np.clip(auc, least, 1 - least))
    quantile = ndtri(clipped)
    density = np.exp(-(quantile**2) / 2) / np.sqrt(2 * np.pi)
    sensitivity = max(np.sqrt(2) * quantile, 0.0)
    error = float(np.sqrt(2 * max(variance, least**2)) / density)
    return Estimate(float(sensitivity), error, float("nan")), float(auc)
