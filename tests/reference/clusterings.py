"""Slow, plain counterparts of what is done with clusterings."""

from itertools import permutations

import numpy as np


def co_assignment(runs):
    """Return the share of common runs in which each pair shares a cluster, pair by pair."""
    n = len(runs[0])
    shares = np.full((n, n), np.nan)
    for i in range(n):
        for j in range(n):
            common = [run for run in runs if run[i] >= 0 and run[j] >= 0]
            if common:
                shares[i, j] = sum(run[i] == run[j] for run in common) / len(common)
    return shares


def best_agreement(run, consensus, clusters):
    """Return the largest number of agreements over all ways to name the run's clusters."""
    names = max(run.max() + 1, clusters)
    both = (run >= 0) & (consensus >= 0)
    return max(sum(np.array(p)[run[both]] == consensus[both]) for p in permutations(range(names)))


def prominence(x, k):
    """Return the second mode's prominence by the widest ways between all pairs of points."""
    n = len(x)
    distance = np.linalg.norm(x[:, None] - x[None], axis=2)
    order = np.argsort(distance, axis=1)
    near = np.take_along_axis(distance, order, axis=1)[:, 1 : k + 1]
    dimension = 1 / np.mean([np.log(row[-1] / r) for row in near for r in row[:-1]])
    density = -dimension * np.log(near[:, -1])
    width = np.full((n, n), -np.inf)
    for i in range(n):
        for j in order[i, 1 : k + 1]:
            width[i, j] = width[j, i] = min(density[i], density[j])
    for via in range(n):
        width = np.maximum(width, np.minimum(width[:, [via]], width[[via]]))
    above = [[j for j in range(n) if (density[j], j) > (density[i], i)] for i in range(n)]
    return max(density[i] - max(width[i, j] for j in above[i]) for i in range(n) if above[i])
