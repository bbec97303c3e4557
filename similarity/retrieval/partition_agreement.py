"""How well clusters agree with labels: normalised mutual information, adjusted Rand index."""

from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from toolbox.core.streams import generator
from toolbox.resampling.bootstrap_intervals import too_few
from toolbox.resampling.redrawn_units import times_drawn


class Agreement(NamedTuple):
    """The two scores and their intervals (2,), NaN where `note` says why."""

    nmi: float
    ari: float
    nmi_interval: np.ndarray
    ari_interval: np.ndarray
    note: str


def agreement(
    labels: np.ndarray,
    clusters: np.ndarray | None,
    units: np.ndarray,
    *,
    resamples: int,
    level: float,
    seed: int,
) -> Agreement:
    """Score one partition against another, with intervals from resamples of whole units."""
    unknown = np.full(2, np.nan)
    if clusters is None:
        return Agreement(np.nan, np.nan, unknown, unknown, "")
    _, a = np.unique(labels, return_inverse=True)
    _, b = np.unique(clusters, return_inverse=True)
    nmi, ari = (float(v) for v in scores(a, b, np.ones((1, len(a))))[0])
    _, unit = np.unique(units, return_inverse=True)
    n = int(unit.max()) + 1
    if resamples == 0 or too_few(n, level):
        why = f"no intervals of the clusters' scores: {n} independent units are too few"
        return Agreement(nmi, ari, unknown, unknown, why if resamples else "")
    rng = generator(seed, "retrieval_scores", "clusters")
    drawn = [scores(a, b, draws[:, unit]) for draws in times_drawn(n, resamples, rng)]
    tails = [(1 - level) / 2, (1 + level) / 2]
    intervals = np.quantile(np.concatenate(drawn), tails, axis=0).T
    return Agreement(nmi, ari, intervals[0], intervals[1], "")


def scores(a: np.ndarray, b: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return NMI and ARI (resamples, 2) where item i is present times[:, i] times.

    Copies of one item make no pair: they agree whatever the partitions.
    """
    _, cell = np.unique(a * (b.max() + 1) + b, return_inverse=True)
    tables = [_sums(times, group) for group in (cell, a, b)]
    squares = [_sums(times**2, group) for group in (cell, a, b)]
    pairs = [(s**2 - q).sum(axis=1) / 2 for s, q in zip(tables, squares, strict=True)]
    total = times.sum(axis=1)
    every = (total**2 - (times**2).sum(axis=1)) / 2
    expected = pairs[1] * pairs[2] / np.maximum(every, 1)  # no pair where one item is all
    most = (pairs[1] + pairs[2]) / 2
    equal = np.isclose(most, expected, rtol=1e-12, atol=0)  # both trivial, and the same
    ari = np.where(equal, 1, (pairs[0] - expected) / np.where(equal, 1, most - expected))
    joint, first, second = (_entropies(t / total[:, None]) for t in tables)
    mean = (first + second) / 2
    nmi = np.where(mean > 0, (first + second - joint) / np.where(mean > 0, mean, 1), 1)
    return np.column_stack([np.clip(nmi, 0, 1), ari])


def _sums(times: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the sums (resamples, groups) over the items of each group."""
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    return np.add.reduceat(times[:, order], first, axis=1)


def _entropies(shares: np.ndarray) -> np.ndarray:
    return -xlogy(shares, shares).sum(axis=1)
