"""Retrieval scores of every evidence family, of their pool and of the oracle on a benchmark set."""

from typing import Any

import numpy as np

import similarity
from toolbox.retraining.streams import generator, integer

ITEMS = {  # a class
    "hurst": 12,
    "angle": 12,
    "intermittency": 12,
    "mixed": 10,
    "crops": 12,
    "zooms": 12,
    "papers": 10,
}
PAIRS = 50  # judged ones, half of them the same
POOLED, JUDGED, ORACLE = "pooled", f"pooled, {PAIRS} pairs", "oracle"
FAMILIES = ("spectrum", "wavelet", "whitened", "leaders", "hyperbolic", "lbp", "patches")
METHODS = (*FAMILIES, POOLED, JUDGED, ORACLE)


def one_draw(kind: str, *, n: int, size: int, seed: int, changed: str = "") -> dict[str, Any]:
    """Return each method's P@1 and MAP@R on one draw, and what chance gives (P@1).

    `changed` names a nuisance that the images undergo; the oracle is asked before.
    """
    drawn = similarity.twins(kind, n=n, size=size, seed=seed)
    images = drawn.values
    if changed:
        images = similarity.nuisance(images, changed, seed=seed)
    found = similarity.every_evidence(images, dim=2, seed=seed)
    matrices = {e.family: e.scores for e in found}
    matrices[POOLED] = similarity.pool(found).scores
    pairs = judged_pairs(drawn.labels, seed)
    matrices[JUDGED] = similarity.pool(found, pairs=pairs).scores
    if drawn.oracle:
        matrices[ORACLE] = -drawn.oracle_distances
    result = {name: scores(matrix, drawn.labels) for name, matrix in matrices.items()}
    return result | {"chance": chance(drawn.labels)}


def judged_pairs(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return pairs (i, j, same) drawn at random, half of them of one label."""
    rng = generator(integer(seed, "judge"), "pairs")
    i, j = np.triu_indices(len(labels), 1)
    same = labels[i] == labels[j]
    rows = [rng.permutation(np.flatnonzero(same == s))[: PAIRS // 2] for s in (True, False)]
    chosen = np.concatenate(rows)
    return np.stack([i[chosen], j[chosen], same[chosen]], axis=1)


def scores(matrix: np.ndarray, labels: np.ndarray) -> list[float]:
    """Return P@1 and MAP@R of scores."""
    found = similarity.retrieval_scores(-matrix, labels, seed=0, resamples=0)
    return [found.p_at_1, found.map_at_r]


def chance(labels: np.ndarray) -> float:
    """Return the P@1 of a random order, over the labels with another member."""
    sizes = np.bincount(labels)[labels]
    return float((sizes[sizes > 1] - 1).mean() / (len(labels) - 1))
