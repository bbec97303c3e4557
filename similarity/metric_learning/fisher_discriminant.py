"""The distances in which the same texture is nearest, by Fisher's discriminant of known pairs."""

import numpy as np

TINY = 1e-3  # of the mean variance: under that of features which never vary


def fisher_metric(
    features: np.ndarray, relation: np.ndarray, strength: np.ndarray | None, *, directions: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return a centre (p,) and a projection (p, directions) of features (n, p).

    With W half the mean of (f_i - f_j)(f_i - f_j)' over same pairs (relation 1) and T that over
    different ones (0), each counting its `strength`, the directions are those of the largest
    variance ratios r of T - W to W. Along each the variance within is r / (1 + r): one where
    different items are far apart, none where they are as near as the same. All is divided by the
    root of the mean squared length. W is shrunk towards the diagonal of T as by an inverse Wishart
    prior that counts as p items.
    """
    f = features.astype(np.float64)
    centre, p = f.mean(axis=0), f.shape[1]
    f = f - centre
    counts = np.ones(relation.shape) if strength is None else strength.astype(np.float64)
    apart = ~np.eye(len(f), dtype=bool)
    same, different = (np.where((relation == answer) & apart, counts, 0.0) for answer in (1, 0))
    within, total = _scatter(f, same), _scatter(f, different)
    paired = (same > 0).any(axis=1).sum()
    variances = np.diag(total) + TINY * np.diag(total).mean() + np.finfo(float).tiny
    # With fewer paired items than features the scatter within has no inverse; the diagonal of the
    # total is what is known without pairs, and counts as p of them.
    shrunk = (paired * within + p * np.diag(variances)) / (paired + p)
    whitening = np.linalg.inv(np.linalg.cholesky(shrunk))
    ratios, axes = np.linalg.eigh(whitening @ (total - within) @ whitening.T)
    ratios, axes = np.maximum(ratios[::-1][:directions], 0), axes[:, ::-1][:, :directions]
    projection = whitening.T @ axes * np.sqrt(ratios / (1 + ratios))
    length = np.sqrt(((f @ projection) ** 2).sum(axis=1).mean())
    return centre, projection / max(length, np.finfo(float).tiny)


def _scatter(f: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return half the mean of (f_i - f_j)(f_i - f_j)', pairs weighted by symmetric counts."""
    sums = f.T @ (counts.sum(axis=1)[:, None] * f) - f.T @ counts @ f
    return sums / counts.sum()
