"""Near-copies and lost diversity, seen from the distances between nearest neighbours."""

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from toolbox.core.item_blocks import feature_scales, varies
from toolbox.core.streams import generator
from toolbox.distances.clouds import distances
from toolbox.resampling.arrangements import p_values, smallest_p

NEAR = 0.5  # of the reals' own spacing: closer than that is a near-copy
# Kept an item, so that permutations find the nearest of either set without all distances: that
# none of 32 is of one of two equal sets has the probability 2^-32.
_NEIGHBOURS = 32
_COPY = 1e-3  # of the spacing of reals in three features or more: one in 10^9 by chance
_SPACED = 64  # reals whose distance to the nearest other one is looked at
_AXES = 3  # on which a chance neighbour within the reach is already rare
_ROUNDING = 1e-12  # of a projection, in standard deviations, and more
_CLOSEST = 1e-3  # of the typical spacing: exact copies count as this close
_BLOCK = 2**22  # distances held at once: 32 MB


def copies_told(samples: np.ndarray, reference: np.ndarray) -> str:
    """Say how many samples have the features of an item of the reference, exactly or nearly."""
    there = {row.tobytes() for row in reference}
    same = sum(row.tobytes() in there for row in samples)
    near = int(near_reals(samples, reference).sum()) - same
    texts = [f"{same} samples are in the reference too, identical"] if same else []
    if near > 0:
        texts.append(f"{near} samples are near-copies of items of the reference")
    return "; ".join(texts)


def near_reals(samples: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return which samples (n,) lie far closer to a real than reals lie to one another.

    Closer than the share `_COPY` of the reals' spacing, features divided by their standard
    deviation; of fewer than three features a smaller one, as rare by chance. Two points are no
    nearer than their projections: on a few axes most samples have no real so near, and for the
    others candidates are found by sorting along the first.
    """
    varying = varies(reference)
    if len(reference) < 2 or not varying.any():
        return np.zeros(len(samples), dtype=bool)
    centre, spread = feature_scales(reference[:, varying])
    x, y = ((points[:, varying] - centre) / spread for points in (samples, reference))
    reach = _COPY ** max(1.0, 3 / x.shape[1]) * _typical_spacing(y)
    if reach == 0:  # half the reals are copies of others
        return np.zeros(len(samples), dtype=bool)
    axes = generator(0, "near reals").standard_normal((x.shape[1], min(_AXES, x.shape[1])))
    axes = np.linalg.qr(axes)[0]  # any find the same
    places, sought = y @ axes, x @ axes
    within = reach + _ROUNDING
    apart, _ = cKDTree(places).query(sought, distance_upper_bound=within)
    order = np.argsort(places[:, 0])
    along = places[order, 0]
    low, high = (np.searchsorted(along, sought[:, 0] + side * within) for side in (-1, 1))
    close = np.zeros(len(x), dtype=bool)
    for i in np.flatnonzero(np.isfinite(apart)):
        candidates = y[order[low[i] : high[i]]]
        close[i] = len(candidates) and np.linalg.norm(candidates - x[i], axis=1).min() <= reach
    return close


def _typical_spacing(points: np.ndarray) -> float:
    """Return the median of some points' distances to their nearest other one."""
    some = np.arange(0, len(points), max(1, len(points) // _SPACED))
    between = cdist(points[some], points)
    between[np.arange(len(some)), some] = np.inf
    return float(np.median(between.min(axis=1)))


def neighbours(points: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return indices and distances (N, k) of the nearest items of other units, nearest first.

    The points are standardised: their squares do not overflow.
    """
    total = len(points)
    largest_unit = np.unique(units, return_counts=True)[1].max()
    k = min(_NEIGHBOURS, total - int(largest_unit))
    index, distance = np.empty((total, k), dtype=int), np.empty((total, k))
    step = max(1, _BLOCK // total)
    for start in range(0, total, step):
        rows = slice(start, start + step)
        block = cdist(points[rows], points)
        block[units[rows, None] == units[None, :]] = np.inf
        index[rows] = np.argsort(block, axis=1, kind="stable")[:, :k]
        distance[rows] = np.take_along_axis(block, index[rows], axis=1)
    return index, distance


def duplicate_test(index: np.ndarray, distance: np.ndarray, table: np.ndarray) -> float:
    """Return the p-value against near-copies and lost diversity in the first set.

    Two statistics under the same assignments `table` (R + 1, N): how much closer neighbours within
    the first set are than within the second, and how much closer neighbours across the sets are
    than within them; both are mean log distances.
    """
    typical = np.median(distance[:, 0]) or distance[:, 0].mean() or 1.0
    logs = np.log(np.maximum(distance, _CLOSEST * typical))
    statistics = np.empty((len(table), 2))
    step = max(1, _BLOCK // index.size)
    for start in range(0, len(table), step):
        first = table[start : start + step]
        same = first[:, index] == first[:, :, None]
        within, across = _nearest(logs, same), _nearest(logs, ~same)
        n = first.sum(axis=1)
        m = first.shape[1] - n
        ours = (within * first).sum(axis=1) / n
        theirs = (within * ~first).sum(axis=1) / m
        copied = within - across
        both = (copied * first).sum(axis=1) / n + (copied * ~first).sum(axis=1) / m
        statistics[start : start + step] = np.stack([theirs - ours, both], axis=1)
    return smallest_p(p_values(statistics))


def _nearest(logs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the log distance (R, N) to the nearest wanted neighbour, the last one if none is."""
    place = np.where(wanted.any(axis=2), wanted.argmax(axis=2), logs.shape[1] - 1)
    return logs[np.arange(len(logs))[None, :], place]


def share_of_copies(index: np.ndarray, distance: np.ndarray, n: int) -> float:
    """Return the share of the first n items that have a near-copy among all the others.

    Near is closer than half the median distance of the other items to their nearest neighbour
    among themselves.
    """
    theirs = np.where(index[n:] >= n, distance[n:], np.inf).min(axis=1)
    spacing = np.median(theirs)
    return float(np.mean(distance[:n, 0] < NEAR * spacing)) if np.isfinite(spacing) else np.nan


def spacing(x: np.ndarray, reals: np.ndarray) -> tuple[np.ndarray, float]:
    """Return which items are near-copies (n,) and their typical spacing over that of the reals.

    The smaller of two ratios: distance to the nearest real, and to the nearest of the other items.
    """
    n, m = len(x), len(reals)
    if m < 2 or n == 0:
        return np.zeros(n, dtype=bool), np.nan
    between = without_diagonal(distances(reals, reals))
    to_reals = expected_nearest(distances(x, reals), m - 1)
    ratios = [_over(to_reals, expected_nearest(between, m - 1))]
    if n > 1:
        k = min(n, m) - 1
        siblings = expected_nearest(without_diagonal(distances(x, x)), k)
        ratios.append(_over(siblings, expected_nearest(between, k)))
    return np.min(ratios, axis=0) < NEAR, float(min(np.median(ratio) for ratio in ratios))


def _over(distance: np.ndarray, reals: np.ndarray) -> np.ndarray:
    """Return distances over the reals' median one; reals that coincide make no near-copies."""
    typical = np.median(reals)
    return distance / typical if typical > 0 else np.ones_like(distance)


def expected_nearest(distance: np.ndarray, k: int) -> np.ndarray:
    """Return the mean, over all choices of k of the q columns, of the smallest chosen distance.

    The j-th smallest of q (j = 0, 1, ...) is the smallest of k chosen ones with probability
    C(q - 1 - j, k - 1) / C(q, k); so sets of different sizes can be compared.
    """
    q = distance.shape[1]
    weights = np.zeros(q)
    weight = k / q
    for j in range(q - k + 1):
        weights[j] = weight
        weight *= (q - j - k) / max(q - j - 1, 1)
    return np.sort(distance, axis=1) @ weights


def without_diagonal(square: np.ndarray) -> np.ndarray:
    """Return (n, n - 1): every row without its own entry."""
    n = len(square)
    return square[~np.eye(n, dtype=bool)].reshape(n, n - 1)
