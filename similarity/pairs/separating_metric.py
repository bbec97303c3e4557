"""Which directions of a family's features tell the items of a set apart, and how well."""

from dataclasses import dataclass

import numpy as np

from similarity.pairs.coordinates import half_squares

MARGIN = 2.0  # over the largest eigenvalue of noise: what a fitted law is wrong by
# The mean of two correlation matrices over different features need not be one: its eigenvalues
# are put back above zero, to where a direction would count no more than fifty times.
SMALLEST = 0.02  # eigenvalue of a correlation matrix
UNIT_PRIOR = 4.0  # comparisons that the mean variance of all directions counts as
LEAST_BETWEEN = 0.01  # of the variance within: a direction never counts for nothing


@dataclass(frozen=True)
class Metric:
    """Coordinates in which the items differ more than images of one law do.

    `transform` (F, directions) is applied to features; the squared Euclidean distance of what
    results is twice the statistic. No direction at all when nothing is told apart.
    """

    transform: np.ndarray

    @property
    def directions(self) -> int:
        """How many directions there are."""
        return self.transform.shape[1]

    def coordinates(self, values: np.ndarray) -> np.ndarray:
        """Return the centred coordinates (n, directions) of rows of features (n, F)."""
        return (values - values.mean(axis=0)) @ self.transform

    def statistic(self, values: np.ndarray) -> np.ndarray:
        """Return the statistic (n, n) of all pairs of rows of features (n, F)."""
        z = self.coordinates(values)
        result = half_squares(z, z)
        np.fill_diagonal(result, 0)
        return result


def separating_metric(real: np.ndarray, within: np.ndarray) -> Metric:
    """Return the metric of items (n, F), `within` the covariance between images of one law.

    With the features whitened by `within`, images of one law have unit variance in every
    direction and a set of several laws has 1 + b_k in its principal ones. Under Gaussian laws and
    Gaussian class means the log-likelihood ratio of "same" falls as
    sum_k (b_k / (1 + b_k)) d_k^2 / 4 (Ioffe, 2006; here without labels). b_k is the eigenvalue
    freed of what noise adds to it (Baik and Silverstein, 2006); directions below `MARGIN` times
    the largest eigenvalue of noise count as telling nothing.
    """
    n = len(real)
    values, vectors = np.linalg.eigh(within)
    white = vectors / np.sqrt(np.maximum(values, 1e-9 * values.max()))
    y = (real - real.mean(axis=0)) @ white
    total, rotation = np.linalg.eigh(y.T @ y / (n - 1))
    share = real.shape[1] / n
    kept = total > MARGIN * (1 + np.sqrt(share)) ** 2
    total = total[kept]
    # A true eigenvalue 1 + b is seen at (1 + b) (1 + share / b) (spiked covariance): solved for b.
    middle = total + 1 - share
    between = (middle + np.sqrt(np.maximum(middle**2 - 4 * total, 0))) / 2 - 1
    return Metric(transform=white @ rotation[:, kept] * np.sqrt(between / (1 + between)))


def weighed_by_units(points: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return coordinates (n, directions) weighed by how items of one unit differ along each.

    Simulated laws are narrower than real textures, and not alike in all directions. The variance
    within, shrunk to its mean over directions, is that of the items of a unit about their mean;
    weights are those of `separating_metric`, b / (1 + b) over it. Of pairs of one unit the mean
    statistic is 1.
    """
    sizes = np.bincount(units)
    sums = np.stack([np.bincount(units, column) for column in points.T], axis=1)
    scatter = ((points - (sums / sizes[:, None])[units]) ** 2).sum(axis=0)
    freedom = len(units) - len(sizes)
    if not scatter.any():  # copies of one another tell nothing
        return points
    prior = UNIT_PRIOR * scatter.mean() / freedom
    within = (scatter + prior) / (freedom + UNIT_PRIOR)
    between = np.maximum(points.var(axis=0, ddof=1) / within - 1, LEAST_BETWEEN)
    weights = between / (1 + between) / within
    # Half the squared difference of two items of a unit has the variance within as its mean.
    return points * np.sqrt(weights / (weights @ scatter / freedom))


def within_covariance(
    fields: np.ndarray, parts: np.ndarray, variance: np.ndarray, *, from_parts: bool
) -> np.ndarray:
    """Return the covariance (F, F) of features between images of one law.

    Variances are given. Correlations are those between simulated fields (laws, copies, F) of one
    law; with `from_parts`, the mean of them and of those between the parts of real items
    (n, parts, F), for textures that fitted laws resemble badly. Features that the parts are too
    small for keep the simulated correlations.
    """
    correlation = _correlation(_deviations(fields))
    if from_parts:
        known = np.flatnonzero(np.isfinite(parts).all(axis=(0, 1)))
        seen = np.ix_(known, known)
        correlation[seen] = (correlation[seen] + _correlation(_deviations(parts[..., known]))) / 2
        values, vectors = np.linalg.eigh(correlation)
        correlation = (vectors * np.maximum(values, SMALLEST)) @ vectors.T
    scale = np.sqrt(variance)
    return correlation * np.multiply.outer(scale, scale)


def _deviations(groups: np.ndarray) -> np.ndarray:
    """Return the rows of (groups, members, F) less their group's mean, over the pooled sd."""
    rows = (groups - groups.mean(axis=1, keepdims=True)).reshape(-1, groups.shape[-1])
    scale = rows.std(axis=0)
    return rows / np.where(scale > 0, scale, 1)


def _correlation(rows: np.ndarray) -> np.ndarray:
    """Return the correlation matrix shrunk to the identity (Ledoit and Wolf, 2004)."""
    n, length = rows.shape
    sample = rows.T @ rows / n
    scale = np.trace(sample) / length
    distance = ((sample - scale * np.eye(length)) ** 2).sum()
    noise = (((rows**2).sum(axis=1) ** 2).mean() - (sample**2).sum()) / n
    share = min(1.0, noise / distance) if distance > 0 else 1.0
    return (1 - share) * sample + share * scale * np.eye(length)
