"""Whether points have more than one mode: prominences against clouds that have one."""

from functools import lru_cache

import numpy as np

from confidence.clusters.one_cluster_nulls import principal_scores, reference_clouds
from toolbox.core.streams import generator

REFERENCES = 199  # clouds of the null: p-values in steps of 1/200
MOST_POINTS = 500  # of a cloud, as many are drawn 199 times for every null
TREE_FEATURES = 10  # above, a tree of the points is slower than all distances


def mode_p_values(x: np.ndarray, nulls: tuple[str, ...], seed: int) -> np.ndarray:
    """Return the p-value of one mode against each null, from at most 500 of the points."""
    if len(x) > MOST_POINTS:
        rng = generator(seed, "modes", "points")
        x = x[rng.choice(len(x), size=MOST_POINTS, replace=False)]
    x = principal_scores(x)
    ours = [prominence(x, k) for k in neighbour_numbers(len(x))]
    p_values = []
    for null in nulls:
        drawn = _of_bands(*x.shape, seed) if null == "band" else _of_references(x, null, seed)
        p_values.append(_smallest_rank(np.array([ours, *drawn])))
    return np.array(p_values)


def _of_references(x: np.ndarray, null: str, seed: int) -> list[list[float]]:
    rng, scales = generator(seed, "modes", null), neighbour_numbers(len(x))
    drawn = (reference_clouds(x, null, scales, rng) for _ in range(REFERENCES))
    return [[prominence(c, k) for c, k in zip(clouds, scales, strict=True)] for clouds in drawn]


@lru_cache(maxsize=16)  # of some 20 kB
def _of_bands(n: int, features: int, seed: int) -> list[list[float]]:
    """Return the prominences of bands, which depend on no more of the points than their number."""
    return _of_references(np.empty((n, features)), "band", seed)


def neighbour_numbers(n: int) -> tuple[int, int]:
    """Return the two numbers of neighbours that densities are taken from."""
    root = max(int(np.sqrt(n)), 4)
    # Few neighbours see small modes and much noise, many see large ones: the better of two counts.
    return root, 2 * root


def prominence(x: np.ndarray, k: int) -> float:
    """Return by how much, in log density, the second mode stands above the way to a higher one.

    The log density at a point is -m log r, r the distance to its k-th neighbour and m the
    intrinsic dimension; ways lead along neighbours. Infinite where there is no way.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    n = len(x)
    distance, neighbour = _neighbours(x, k)
    distance = np.maximum(distance, distance[distance > 0].min())  # repeated points
    # Every point comes first among its own neighbours, except among repeated points.
    near, far = distance[:, 1:k], distance[:, k]
    slope = np.mean(np.log(far[:, None] / near))
    density = -np.log(far) / slope if slope > 0 else np.zeros(n)
    others = neighbour[:, 1:]
    top = density.max() + 1  # a weight of 0 would be no edge
    depth = top - np.minimum(density[:, None], density[others])
    graph = csr_matrix((depth.ravel(), others.ravel(), np.arange(n + 1) * k), shape=(n, n))
    tree = minimum_spanning_tree(graph)
    if tree.nnz < n - 1:
        return float("inf")
    order = np.argsort(tree.data, kind="stable")
    start = np.repeat(np.arange(n), np.diff(tree.indptr))
    ways = zip(start[order].tolist(), tree.indices[order].tolist(), strict=True)
    return _second_mode(density.tolist(), ways, (top - tree.data[order]).tolist())


def _neighbours(x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, k + 1) distances and places of the nearest points, each point itself first."""
    if x.shape[1] <= TREE_FEATURES:
        from scipy.spatial import cKDTree

        return cKDTree(x).query(x, k + 1)
    squares = np.sum(x**2, axis=1)
    squared = np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0)
    np.fill_diagonal(squared, -1)
    near = np.argpartition(squared, k, axis=1)[:, : k + 1]
    values = np.take_along_axis(squared, near, axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    near, values = (np.take_along_axis(a, order, axis=1) for a in (near, values))
    return np.sqrt(np.maximum(values, 0)), near


def _second_mode(density: list[float], ways: zip, saddles: list[float]) -> float:
    """Join the points from the highest way down; the lower of two modes ends where they meet."""
    mode = list(range(len(density)))
    largest = 0.0
    for (a, b), saddle in zip(ways, saddles, strict=True):
        high, low = _root(mode, a), _root(mode, b)
        if density[high] < density[low]:
            high, low = low, high
        largest = max(largest, density[low] - saddle)
        mode[low] = high
    return largest


def _root(mode: list[int], point: int) -> int:
    while mode[point] != point:
        mode[point] = mode[mode[point]]
        point = mode[point]
    return point


def _smallest_rank(values: np.ndarray) -> float:
    """Return the p-value of row 0 by its smaller rank over the columns, all rows treated alike."""
    smallest = np.mean(values >= values[:, None], axis=1).min(axis=1)
    # Ranks are shares of one number of rows: 1e-12 is far below their steps.
    return float(np.mean(smallest <= smallest[0] + 1e-12))
