"""Statistics between rows of features, and the directions of these that tell a set's items apart.

Half squared distances, or sums of log cosh.
"""

from dataclasses import dataclass

import numpy as np

Rows = slice | np.ndarray

MARGIN = 2.0  # over the largest eigenvalue of noise: what a fitted law is wrong by
# The mean of two correlation matrices over different features need not be one: its eigenvalues
# are put back above zero, to where a direction would count no more than fifty times.
SMALLEST = 0.02  # eigenvalue of a correlation matrix
UNIT_PRIOR = 4.0  # comparisons that the mean variance of all directions counts as
LEAST_BETWEEN = 0.01  # of the variance within: a direction never counts for nothing


@dataclass(frozen=True)
class Coordinates:
    """Points (n, F) with sum_f w_f log cosh((x_f - y_f) / 2) between them.

    Without weights the statistic is sum_f (x_f - y_f)^2 / 2. With `null` (n,) it is divided by the
    sum of both items' shares in its mean between images of one law.
    """

    points: np.ndarray
    weights: np.ndarray | None = None
    null: np.ndarray | None = None

    def between(self, rows: Rows, columns: Rows) -> np.ndarray:
        """Return the statistic of rows against columns; nothing larger than its table is held."""
        x, y = self.points[rows], self.points[columns]
        if self.weights is None:
            result = half_squares(x, y)
        else:
            result = _log_cosh_sums(x, y, self.weights)
        if self.null is not None:
            result /= self.null[rows][:, None] + self.null[columns]
        return result

    def rearranged(self, order: np.ndarray, dtype: np.dtype) -> "Coordinates":
        """Return the points in another order and precision."""
        return Coordinates(
            points=self.points[order].astype(dtype),
            weights=None if self.weights is None else self.weights.astype(dtype),
            null=None if self.null is None else self.null[order].astype(dtype),
        )


def half_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return |x - y|^2 / 2 of all rows; points should be centred, or digits are lost."""
    result = x @ y.T
    np.negative(result, out=result)
    result += ((x**2).sum(axis=1) / 2)[:, None]
    result += (y**2).sum(axis=1) / 2
    return np.maximum(result, 0, out=result)


def _log_cosh_sums(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return sum_f w_f log cosh(d_f / 2), log cosh(d / 2) = log(1 + 2 sinh(d / 4)^2).

    sinh((x - y) / 4) is a sum of two products of exponentials of one side each, so that only the
    logarithm is taken pair by pair; log1p keeps small differences exact.
    """
    root = np.sqrt(x.dtype.type(0.5))
    left = np.stack([np.exp(x / 4), -np.exp(-x / 4)], axis=2).transpose(1, 0, 2) * root
    right = np.stack([np.exp(-y / 4), np.exp(y / 4)], axis=2).transpose(1, 2, 0)
    total = np.zeros((len(x), len(y)), x.dtype)
    term = np.empty_like(total)
    for a, b, weight in zip(left, right, weights, strict=True):
        np.matmul(a, b, out=term)
        np.square(term, out=term)
        np.log1p(term, out=term)
        term *= weight
        total += term
    return total


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
