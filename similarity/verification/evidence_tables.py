"""Tables (n, n) of one number a pair, as users hand them in."""

from typing import Any

import numpy as np

from similarity.verification.records import Evidence
from toolbox.core.checks import real_array, refuse


def log_odds_table(evidence: Any, *, largest: int) -> np.ndarray:
    """Return float64 log-odds (n, n), symmetric with a diagonal of zeros, n from 2 to `largest`.

    Of an `Evidence` they are its scores, which may have no level.
    """
    given = evidence.scores if isinstance(evidence, Evidence) else evidence
    table = without_diagonal(given, "evidence")
    if table.ndim != 2:
        refuse("evidence", "an Evidence or an (n, n) table of log-odds", f"shape {table.shape}")
    if not 2 <= len(table) <= largest:
        refuse("evidence", f"2 to {largest} items", len(table))
    return table.astype(np.float64)


def without_diagonal(given: Any, argument: str) -> np.ndarray:
    """Return finite, symmetric (..., n, n) with zeros on the diagonal, where NaN may have been."""
    try:
        array = np.array(given)
    except (TypeError, ValueError, RuntimeError) as error:
        refuse(argument, "an (n, n) array", f"{type(given).__name__} ({error})")
    if array.ndim not in (2, 3) or array.shape[-1] != array.shape[-2]:
        refuse(argument, "a square (n, n) array", f"shape {array.shape}")
    every = np.arange(array.shape[-1])
    array[..., every, every] = 0
    array = real_array(array, argument)
    other = np.swapaxes(array, -1, -2)
    if not np.allclose(array, other, rtol=1e-5, atol=1e-6):
        refuse(argument, "a symmetric table", "different values for (i, j) and (j, i)")
    return (array + other) / 2
