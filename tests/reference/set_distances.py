"""Distances between sets written as plainly as their definitions, with loops over pairs."""

import numpy as np
from scipy.linalg import sqrtm
from scipy.optimize import linprog


def mean_over_pairs(function, a, b, *, without=None):
    """Mean of function(a_i, b_j) over pairs; `without(i, j)` says which are left out."""
    values = [
        function(p, q)
        for i, p in enumerate(a)
        for j, q in enumerate(b)
        if without is None or not without(i, j)
    ]
    return np.mean(values)


def norm(p, q):
    return np.sqrt(np.sum((p - q) ** 2))


def same_index(i, j):
    return i == j


def energy(x, y, *, unbiased=False):
    without = same_index if unbiased else None
    within = [mean_over_pairs(norm, c, c, without=without) for c in (x, y)]
    return 2 * mean_over_pairs(norm, x, y) - sum(within)


def mmd(x, y, function, *, without=same_index, without_y=None):
    within = mean_over_pairs(function, x, x, without=without)
    within += mean_over_pairs(function, y, y, without=without_y or without)
    return within - 2 * mean_over_pairs(function, x, y)


def transport_cost(cost):
    """Least transport cost between equal weights, by linear programming."""
    n, m = cost.shape
    rows = [np.kron(np.eye(n)[i], np.ones(m)) for i in range(n)]
    columns = [np.kron(np.ones(n), np.eye(m)[j]) for j in range(m)]
    weights = np.r_[np.full(n, 1 / n), np.full(m, 1 / m)]
    return linprog(cost.ravel(), A_eq=np.stack(rows + columns), b_eq=weights).fun


def entropic_cost(cost, epsilon, *, iterations=5000):
    """Minimise <P, C> + epsilon KL(P | ab) by scaling rows and columns in turn."""
    n, m = cost.shape
    kernel = np.exp(-cost / epsilon) / (n * m)
    u, v = np.ones(n), np.ones(m)
    for _ in range(iterations):
        u = 1 / n / (kernel @ v)
        v = 1 / m / (kernel.T @ u)
    plan = u[:, None] * kernel * v
    return np.sum(plan * cost) + epsilon * np.sum(plan * np.log(plan * n * m))


def frechet(x, y):
    """Return the Gaussian distance from the matrix square root of the covariances' product."""
    a, b = (np.atleast_2d(np.cov(c, rowvar=False)) for c in (x, y))
    root = sqrtm(sqrtm(a) @ b @ sqrtm(a)).real
    return np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2) + np.trace(a + b - 2 * root)


def fidelity_and_diversity(samples, reference, k):
    """Precision, recall, density, coverage from balls around each item."""

    def reach(points, i):
        return sorted(norm(points[i], points[j]) for j in range(len(points)) if j != i)[k - 1]

    ours = [reach(samples, j) for j in range(len(samples))]
    theirs = [reach(reference, i) for i in range(len(reference))]
    inside = np.array([[norm(r, s) <= t for s in samples] for r, t in zip(reference, theirs)])  # noqa: B905
    held = [any(norm(r, s) <= o for s, o in zip(samples, ours)) for r in reference]  # noqa: B905
    return (
        inside.any(axis=0).mean(),
        np.mean(held),
        inside.sum() / (k * len(samples)),
        inside.any(axis=1).mean(),
    )
