"""Queries a block of rows at a time: their distances to all items, and the scores of their ranks.

P@1, R-precision and MAP@R of many queries at once, in expectation over the order of ties.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import real_array, refuse
from toolbox.resampling.near_ties import merged

HELD = 2**18  # distances in a block: what is computed of them stays in the cache
LOOKED_AT = 2**14  # pairs, about: were the distances rounded?
FEW_TIES = 0.1  # share of them that tie, hardly any where they were not rounded
LARGE = 0.95  # a few outliers do not tell how large what was subtracted is
TERMS = 4  # by which distances, sums of differences, are rounded more than one number of their size
MOST_LEVELS = 2**20
VARIANTS = 256  # that rounding makes of one distance: there are many sums of one value


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


def rounded_levels(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the sorted values of rounded distances, and what each counts as; None of others.

    Values that float32 does not tell apart tie. Where hardly any two of some thousand pairs are
    equal, the distances were not rounded.
    """
    n = len(matrix)
    rows = np.arange(0, n - 1, max(1, n * n // LOOKED_AT))
    some = np.concatenate([matrix[i, i + 1 :] for i in rows[:LOOKED_AT]])
    some = np.sort(some.astype(np.float64))
    if len(some) < 2 or np.mean(some[1:] == some[:-1]) < FEW_TIES:
        return None
    size = TERMS * np.sort(np.abs(some))[int(LARGE * len(some))]
    found, step = np.empty(0, dtype=matrix.dtype), max(1, HELD // n)
    for start in range(0, n, step):
        block = np.unique(matrix[start : start + step])
        found = np.union1d(found, block[np.isfinite(block)])
        if len(found) > MOST_LEVELS:
            return None
    return found, merged(found.astype(np.float64), size=size, variants=VARIANTS).astype(
        matrix.dtype
    )


def query_rows(
    distances: np.ndarray,
    labels: np.ndarray,
    queries: np.ndarray,
    levels: tuple[np.ndarray, np.ndarray] | None = None,
) -> Iterator[QueryRows]:
    """Yield the rows of the queries in blocks; labels are whole numbers.

    `levels` are those of `rounded_levels`, of rounded distances.
    """
    step = max(1, HELD // len(labels))
    for start in range(0, len(queries), step):
        some = queries[start : start + step]
        own = np.arange(len(some)), some
        rows, same = distances[some], labels[some][:, None] == labels
        if levels is not None:
            place = np.searchsorted(levels[0], rows)
            rows = np.take(levels[1], place, mode="clip")  # NaN, on the diagonal, is past the end
        rows[own], same[own] = np.inf, False
        yield QueryRows(some, rows, same)


def ranked_scores(distances: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the expected P@1, R-precision and MAP@R (B, 3) of a block of queries.

    `distances` (B, n), `same` says which items are relevant, R a query. Only the items up to the
    R-th nearest count, with all that are tied with it.
    """
    total = same.sum(axis=1)
    ordered = np.partition(distances, np.unique(total - 1), axis=1)
    farthest = np.take_along_axis(ordered, total[:, None] - 1, axis=1)
    width = int(np.count_nonzero(distances <= farthest, axis=1).max())
    value, relevant = _gathered(distances, same, farthest[:, 0], width)
    place = np.arange(width)
    new = np.ones(value.shape, dtype=bool)
    new[:, 1:] = value[:, 1:] != value[:, :-1]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1)  # of the place's tie group
    ends = np.where(np.roll(new, -1, axis=1), place + 1, width)
    ends[:, -1] = width
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    passed = np.pad(np.cumsum(relevant, axis=1), ((0, 0), (1, 0)))
    before = np.take_along_axis(passed, first, axis=1)  # M, relevant in earlier groups
    inside = np.take_along_axis(passed, ends, axis=1) - before  # m, relevant in the group
    return _expected(place - first + 1, inside, ends - first, before, total)


def _gathered(
    distances: np.ndarray, same: np.ndarray, farthest: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the near items' distances (B, width), sorted and filled with inf, and relevance."""
    from toolbox.kernels.cpu.ranks import gather_near

    value = np.full((len(distances), width), np.inf)
    relevant = np.zeros((len(distances), width), dtype=bool)
    gather_near(distances, same, farthest, value, relevant)
    order = np.argsort(value, axis=1)
    return np.take_along_axis(value, order, axis=1), np.take_along_axis(relevant, order, axis=1)


def _expected(
    t: np.ndarray, m: np.ndarray, g: np.ndarray, before: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Return the scores from each place's t, and m, g, M of its group (see `retrieval_scores`)."""
    place = np.arange(1, t.shape[1] + 1)
    counted = place <= total[:, None]
    chance = np.where(counted, m / g, 0)
    already = (t - 1) * (m - 1) / np.maximum(g - 1, 1)
    precision = chance * (before + 1 + already) / place
    return np.column_stack(
        [chance[:, 0], chance.sum(axis=1) / total, precision.sum(axis=1) / total]
    )
