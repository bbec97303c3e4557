"""The Frechet distance between two Gaussians from moments, and what it is to second order."""

from typing import NamedTuple

import numpy as np

_FLOOR = 1e-9  # of the largest variance: directions in which nothing varies get a finite weight


class Moments(NamedTuple):
    """Sample moments of some items with F features."""

    mean: np.ndarray  # (F,)
    covariance: np.ndarray  # (F, F)
    root: np.ndarray  # (at most F, F): root^T root is the covariance
    second: np.ndarray  # (F, F): the mean of (x - c)(x - c)^T about a given centre


def moments(x: np.ndarray, centre: np.ndarray) -> Moments:
    """Return the moments of items (k, F)."""
    mean, k = x.mean(axis=0), len(x)
    root = x - mean
    root /= np.sqrt(max(k - 1, 1))
    covariance = root.T @ root
    if k > x.shape[1]:
        root = _smaller(root, covariance)
    second = np.outer(mean - centre, mean - centre)
    second += covariance * (max(k - 1, 1) / k)
    return Moments(mean, covariance, root, second)


def _smaller(root: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return a root of a covariance of size F, by Cholesky where it is regular: that is faster."""
    try:
        return np.linalg.cholesky(covariance).T
    except np.linalg.LinAlgError:
        return np.linalg.qr(root, mode="r")


def distance(a: Moments, b: Moments) -> float:
    r"""Return the distance from the eigenvalues of :math:`A \Sigma_b A^T`, A a root of Sigma_a.

    Roots of the smallest of them are good to some 1e-8 of the largest root: the difference of
    halves is far noisier, while the plug-in takes singular values.
    """
    product = a.root @ b.root.T
    squares = np.linalg.eigvalsh(product @ product.T)
    both = np.sqrt(np.maximum(squares, 0)).sum()
    shift = a.mean - b.mean
    return float(shift @ shift + np.trace(a.covariance) + np.trace(b.covariance) - 2 * both)


class Quadratic(NamedTuple):
    r"""The distance to second order about both sets' common covariance.

    In the eigenvectors of that, of variances :math:`\lambda`, it is :math:`|\Delta\mu|^2 +
    \sum_{ij} w_{ij} \Delta\Sigma_{ij}^2` with :math:`w_{ij} = 1 / 2(\lambda_i + \lambda_j)` (Bures'
    metric). With second moments about each whole set's mean it is a squared distance between means
    over items of (x, x x^T): the mean of its contrast over all splits is what an unbiased estimate
    of the squared distance between both sets is, :math:`|h_x - h_y|^2 - v_x / n - v_y / m` with
    variances v.
    """

    points: list[np.ndarray]  # both sets in these axes
    weights: np.ndarray  # (F, F)
    over_all_splits: float

    def distance(self, a: Moments, b: Moments) -> float:
        """Return the approximation between two parts."""
        return _squared(a.mean - b.mean, a.second - b.second, self.weights)


def _squared(shift: np.ndarray, apart: np.ndarray, weights: np.ndarray) -> float:
    return float(shift @ shift + np.vdot(weights, apart**2))


def quadratic(x: np.ndarray, y: np.ndarray) -> Quadratic:
    """Return the approximation for two sets (n, F) and (m, F) of independent items."""
    centres = [points.mean(axis=0) for points in (x, y)]
    moved = [points - centre for points, centre in zip((x, y), centres, strict=True)]
    second = [c.T @ c / len(c) for c in moved]
    variances, axes = np.linalg.eigh((second[0] + second[1]) / 2)
    first = axes.T @ second[0] @ axes
    second = [first, np.diag(2 * variances) - first]  # in the axes of their sum
    variances = np.maximum(variances, _FLOOR * variances[-1])
    weights = 1 / (2 * (variances[:, None] + variances))
    expected = _squared(centres[0] - centres[1], second[0] - second[1], weights)
    turned = [c @ axes for c in moved]
    for c, moment in zip(turned, second, strict=True):
        squares, n = c**2, len(c)
        spread = squares.sum() + np.vdot(weights, squares.T @ squares)
        expected -= (spread - n * np.vdot(weights, moment**2)) / (n - 1) / n
    turned[1] += (centres[1] - centres[0]) @ axes  # the first set's mean is the origin
    return Quadratic(turned, weights, float(expected))
