"""How many clusters: what each criterion prefers, resample by resample."""

import numpy as np

from confidence.clusters.one_cluster_nulls import box, principal_scores
from confidence.clusters.resampled_runs import clustered, sample_size
from toolbox.core.streams import generator

CRITERIA = ("silhouette", "calinski-harabasz", "bic", "gap")
BOXES = 20  # clouds behind the gap's mean and standard error
MOST_POINTS = 1000  # of a silhouette
SMALLEST = 1e-200  # sum of squares, where clusters are single points


def criterion_values(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return silhouette, Calinski-Harabasz and BIC (larger is better), and log W.

    The first two are minus infinity where there is one cluster.
    """
    number = len(np.unique(labels))
    within = _within(x, labels)
    bic = _information(x, labels, within, number)
    if number < 2 or number >= len(x):
        return np.array([-np.inf, -np.inf, bic, np.log(within)])
    total = np.sum((x - x.mean(axis=0)) ** 2)
    ratio = (total - within) / (number - 1) / (within / (len(x) - number))
    return np.array([_silhouette(x, labels), ratio, bic, np.log(within)])


def preferences(values: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return (criteria, resamples): the place among the ks that each criterion prefers.

    `values` (resamples, ks, 4) as above; `boxes` (draws, ks): log W of clouds without clusters.
    """
    best = [values[:, :, c].argmax(axis=1) for c in range(3)]
    gap = boxes.mean(axis=0) - values[:, :, 3]
    error = boxes.std(axis=0) * np.sqrt(1 + 1 / len(boxes))
    top = gap.argmax(axis=1)
    enough = gap >= (gap.max(axis=1) - error[top])[:, None]
    return np.stack([*best, enough.argmax(axis=1)])


def box_dispersions(x: np.ndarray, ks: np.ndarray, method: str, seed: int) -> np.ndarray:
    """Return log W of uniform clouds in the box of the principal axes, (draws, ks)."""
    scores, size, values = principal_scores(x), sample_size(len(x)), []
    for b in range(BOXES):
        cloud = box(scores, generator(seed, "box", b))[:size]
        labels = [clustered(cloud, int(k), method, seed, "box", b) for k in ks]
        values.append([np.log(_within(cloud, given)) for given in labels])
    return np.array(values)


def _within(x: np.ndarray, labels: np.ndarray) -> float:
    """Return the sum of squared distances to the clusters' means; never quite 0."""
    groups = [x[labels == k] for k in np.unique(labels)]
    total = sum(np.sum((g - g.mean(axis=0)) ** 2) for g in groups)
    return float(max(total, SMALLEST))


def _information(x: np.ndarray, labels: np.ndarray, within: float, number: int) -> float:
    """Return the BIC of spherical Gaussians of one variance, each subject in its own cluster."""
    n, features = x.shape
    sizes = np.unique(labels, return_counts=True)[1]
    variance = within / (n * features)
    fit = np.sum(sizes * np.log(sizes / n)) - n * features / 2 * (np.log(2 * np.pi * variance) + 1)
    return float(fit - (number * (features + 1)) / 2 * np.log(n))


def _silhouette(x: np.ndarray, labels: np.ndarray) -> float:
    from sklearn.metrics import silhouette_samples

    if len(x) > MOST_POINTS:
        rows = np.linspace(0, len(x) - 1, MOST_POINTS).astype(int)
        x, labels = x[rows], labels[rows]
        if len(np.unique(labels)) < 2:
            return float("-inf")
    return float(np.mean(silhouette_samples(x, labels)))
