"""Judged pairs: (m, 3) rows i, j, same."""

from typing import Any

import numpy as np

from toolbox.doors import real_array, refuse

FEWEST = 5


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
