"""Labels of many clusterings, named alike: matched to a consensus until neither changes."""

from typing import NamedTuple

import numpy as np

CANDIDATES = 20  # runs that may start the consensus


class Aligned(NamedTuple):
    """Runs named after the consensus (K and above: not matched), the consensus, and its votes."""

    runs: np.ndarray  # (R, n), -1: not sampled
    consensus: np.ndarray  # (n,), -1: never sampled
    votes: np.ndarray  # (n, K)


def canonical(labels: np.ndarray) -> np.ndarray:
    """Return runs whose clusters are numbered by first appearance: their names are forgotten."""
    runs = np.full(labels.shape, -1)
    for run, given in zip(runs, labels, strict=True):
        sampled = given >= 0
        _, first, place = np.unique(given[sampled], return_index=True, return_inverse=True)
        run[sampled] = np.argsort(np.argsort(first))[place]
    return runs


def cluster_counts(runs: np.ndarray) -> np.ndarray:
    """Return the number of clusters of each canonical run."""
    return runs.max(axis=1) + 1


def aligned(labels: np.ndarray) -> Aligned:
    """Match all runs to a consensus of the commonest number of clusters.

    Matching and voting in turn never lower the number of votes that agree with the consensus, which
    is bounded: the iteration ends. It starts from the run that agrees best with the others.
    """
    runs = canonical(labels)
    consensus, agreed = _central_run(runs), -1
    while True:
        clusters = int(consensus.max()) + 1
        named = np.stack([_named(run, consensus, clusters) for run in runs])
        votes = np.stack([(named == k).sum(axis=0) for k in range(clusters)], axis=1)
        if votes.max(axis=1).sum() <= agreed:
            return Aligned(named, consensus, votes)
        agreed = votes.max(axis=1).sum()
        sampled = (named >= 0).any(axis=0)
        # Clusters that have lost their last subject drop out here.
        consensus = canonical(np.where(sampled, votes.argmax(axis=1), -1)[None])[0]


def contingency(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the number of subjects in each pair of clusters, over those sampled in both."""
    both = (a >= 0) & (b >= 0)
    shape = (a.max() + 1, b.max() + 1)
    return np.bincount(a[both] * shape[1] + b[both], minlength=shape[0] * shape[1]).reshape(shape)


def _named(run: np.ndarray, consensus: np.ndarray, clusters: int) -> np.ndarray:
    """Name a run's clusters after those of the consensus, one to one, and the others afresh."""
    table, ours, theirs = _matched(consensus, run)
    met = table[ours, theirs] > 0
    names = clusters + np.arange(table.shape[1])
    names[theirs[met]] = ours[met]
    return np.where(run >= 0, names[run], -1)


def _matched(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the table of clusters, and of those matched one to one the rows and the columns."""
    from scipy.optimize import linear_sum_assignment

    table = contingency(a, b)
    return table, *linear_sum_assignment(table, maximize=True)


def _agreed(a: np.ndarray, b: np.ndarray) -> int:
    """Return the number of subjects in clusters that are matched."""
    table, rows, columns = _matched(a, b)
    return int(table[rows, columns].sum())


def _central_run(runs: np.ndarray) -> np.ndarray:
    counts = cluster_counts(runs)
    usual = int(np.bincount(counts).argmax())
    candidates = runs[counts == usual][:CANDIDATES]
    agreement = [sum(_agreed(c, run) for run in runs) for c in candidates]
    return candidates[int(np.argmax(agreement))]
