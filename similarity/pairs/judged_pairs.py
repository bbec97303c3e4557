"""Judged pairs: (m, 3) rows i, j, same; or (m, 4) with weights."""

from typing import Any

import numpy as np

from toolbox.core.checks import real_array, refuse

FEWEST = 5  # of each answer: a line through fewer is its prior


def judged_pairs(pairs: Any, n: int, *, fewest: int = FEWEST) -> tuple[np.ndarray, np.ndarray]:
    """Return indices (m, 2) and same (m,) as floats; `fewest` of each answer are asked for."""
    table = real_array(pairs, "pairs", ndim=2)
    if table.shape[1] != 3:
        refuse("pairs", "rows (i, j, same)", f"shape {table.shape}")
    index = table[:, :2].astype(np.int64)
    if (index != table[:, :2]).any() or index.min() < 0 or index.max() >= n:
        refuse(
            "pairs", f"items 0 to {n - 1} in the first two columns", f"{table[:, :2].tolist()[:3]}"
        )
    if (index[:, 0] == index[:, 1]).any():
        refuse("pairs", "two different items a row", "an item paired with itself")
    same = table[:, 2].astype(float)
    if not np.isin(same, (0, 1)).all():
        refuse("pairs", "0 (different) or 1 (same) in the last column", "other values")
    alike, unlike = int(same.sum()), int(len(same) - same.sum())
    if min(alike, unlike) < fewest:
        refuse(
            "pairs",
            f"at least {fewest} same and {fewest} different pairs (judge more, or leave pairs out)",
            f"{alike} same and {unlike} different",
        )
    return index, same


def weighted_pairs(
    pairs: Any, n: int, *, fewest: int = FEWEST
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return indices (m, 2), same (m,) and weights (m,) of rows (i, j, same[, weight])."""
    table = real_array(pairs, "pairs", ndim=2)
    if table.shape[1] == 3:
        return *judged_pairs(table, n, fewest=fewest), np.ones(len(table))
    if table.shape[1] != 4:
        refuse("pairs", "rows (i, j, same) or (i, j, same, weight)", f"shape {table.shape}")
    weights = table[:, 3].astype(float)
    if weights.min() < 0:
        refuse("pairs", "weights >= 0 in the fourth column", f"{weights.min():.3g}")
    kept = weights > 0
    if not kept.any():
        refuse("pairs", "weights above 0 in the fourth column", "none")
    return *judged_pairs(table[kept, :3], n, fewest=fewest), weights[kept]


def contradictions(index: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the pairs (c, 2), i < j, that were judged both same and different."""
    rows = np.unique(np.column_stack([np.sort(index, axis=1), same]).astype(np.int64), axis=0)
    pair, answers = np.unique(rows[:, :2], axis=0, return_counts=True)
    return pair[answers > 1]
