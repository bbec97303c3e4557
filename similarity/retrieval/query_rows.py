"""The distances of some queries to all items, a block of rows at a time and in few copies."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import real_array, refuse

HELD = 2**18  # distances in a block: what is computed of them stays in the cache


class QueryRows(NamedTuple):
    """A block of queries: their distances to all items, that to themselves infinite."""

    queries: np.ndarray  # (B,) items
    distances: np.ndarray  # (B, n), a copy
    same: np.ndarray  # (B, n) whether the item has the query's label, the query itself left out


def square_matrix(given: Any) -> np.ndarray:
    """Return an (n, n) matrix that is finite off its diagonal; one of floats is not copied."""
    try:
        array = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        refuse("distances", "an (n, n) array", f"{type(given).__name__} ({error})")
    if array.dtype not in (np.float32, np.float64) or np.ma.isMaskedArray(given):
        array = np.array(given)
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            np.fill_diagonal(array, 0)
        array = real_array(np.ma.array(array, mask=np.ma.getmask(given)), "distances", ndim=2)
    if array.ndim != 2 or array.size == 0:
        real_array(array, "distances", ndim=2)  # says what is wrong
    if array.shape[0] != array.shape[1]:
        refuse("distances", "a square (n, n) array", f"shape {array.shape}")
    return _finite(array)


def _finite(matrix: np.ndarray) -> np.ndarray:
    step = max(1, HELD // len(matrix))
    blocks = (matrix[i : i + step] for i in range(0, len(matrix), step))
    bad = sum(block.size - np.count_nonzero(np.isfinite(block)) for block in blocks)
    bad -= np.count_nonzero(~np.isfinite(np.diagonal(matrix)))
    if bad:
        got = f"{bad} of {matrix.size} that are NaN or infinite"
        refuse("distances", "finite values only", got)
    return matrix


def query_rows(
    distances: np.ndarray, labels: np.ndarray, queries: np.ndarray
) -> Iterator[QueryRows]:
    """Yield the rows of the queries in blocks; labels are whole numbers."""
    step = max(1, HELD // len(labels))
    for start in range(0, len(queries), step):
        some = queries[start : start + step]
        own = np.arange(len(some)), some
        rows, same = distances[some], labels[some][:, None] == labels
        rows[own], same[own] = np.inf, False
        yield QueryRows(some, rows, same)
