"""Squared distances of all pairs by one matrix product, and how far off they may be.

|x - y|^2 = (-2x, |x|^2, 1) (y, 1, |y|^2)^T, which is tens of times faster than differences and
loses digits where two points are much nearer to each other than to the centre of all. Whoever uses
it asks `rounding` whether that matters, and takes differences where it does.
"""

import numpy as np

_HELD = 2**20  # differences held at once


def centred(*clouds: np.ndarray) -> list[np.ndarray]:
    """Return clouds (n, F) about the mean of all points: smaller numbers, less cancellation."""
    number = sum(len(cloud) for cloud in clouds)
    centre = sum(cloud.sum(axis=0) / number for cloud in clouds)
    return [cloud - centre for cloud in clouds]


def lifted(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the left and the right factor (n, F + 2) whose products are squared distances."""
    squares, ones = np.einsum("ij,ij->i", points, points)[:, None], np.ones((len(points), 1))
    return np.hstack([-2 * points, squares, ones]), np.hstack([points, ones, squares])


def rounding(points: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Return for each point how far off a product's squared distance to any other may be.

    A sum of k products is off by k eps/2 of the sum of their magnitudes at most (Higham, 2002,
    section 3.1), here (|x| + |y|)^2 <= 2 |x|^2 + 2 |y|^2; the squared lengths, the centring (a
    difference is rounded by itself, wherever the points are) and safety add some terms more.
    """
    others = points if others is None else others
    own, largest = ((c**2).sum(axis=1) for c in (points, others))
    return np.finfo(np.float64).eps * (2 * points.shape[1] + 16) * (own + largest.max())


def direct(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the squared distances from differences; equal rows are at exactly 0."""
    from scipy.spatial.distance import cdist

    return cdist(a, b, "sqeuclidean")


def of_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the squared distances (n,) of n pairs of points, from differences."""
    return ((a - b) ** 2).sum(axis=1)


def of_all_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the squared distances (n, m) of all pairs, with every bit as `of_pairs` has them."""
    result, tall = np.empty((len(a), len(b))), max(1, _HELD // b.size)
    for i in range(0, len(a), tall):
        result[i : i + tall] = ((a[i : i + tall, None] - b) ** 2).sum(axis=2)
    return result
