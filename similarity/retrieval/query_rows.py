"""Queries a block of rows at a time: their distances to other items, and their ranks' scores.

P@1, R-precision and MAP@R of many queries at once, in expectation over the order of ties.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import real_array, refuse, without_mask
from toolbox.resampling.near_ties import merged

HELD = 2**18  # distances in a block: what is computed of them stays in the cache
LOOKED_AT = 2**14  # pairs, about: were the distances rounded?
FEW_TIES = 0.1  # share of them that tie, hardly any where they were not rounded
LARGE = 0.95  # a few outliers do not tell how large what was subtracted is
TERMS = 4  # by which distances, sums of differences, are rounded more than one number of their size
MOST_LEVELS = 2**20
VARIANTS = 256  # that rounding makes of one distance: there are many sums of one value

Levels = tuple[np.ndarray, np.ndarray] | None  # those of `rounded_levels`


class QueryRows(NamedTuple):
    """A block of queries: their distances to other items, rows filled up with infinities."""

    sizes: np.ndarray  # (B,) how many other items have the query's label
    same: np.ndarray  # (B, most of them) to these, sorted
    others: np.ndarray  # (B, most of the others) to items of other labels, the nearest sorted


def square_matrix(given: Any) -> np.ndarray:
    """Return an (n, n) matrix that is finite off its diagonal; one of floats is not copied."""
    without_mask(given, "distances", "an (n, n) array")
    try:
        array = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        refuse("distances", "an (n, n) array", f"{type(given).__name__} ({error})")
    if array.dtype not in (np.float32, np.float64):
        array = np.array(given)
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            np.fill_diagonal(array, 0)
        array = real_array(array, "distances", ndim=2)
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


def rounded_levels(matrix: np.ndarray) -> Levels:
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
    distances: np.ndarray, labels: np.ndarray, queries: np.ndarray, levels: Levels = None
) -> Iterator[QueryRows]:
    """Yield the rows of the queries in blocks; labels are the whole numbers from 0."""
    from toolbox.kernels.cpu.ranks import part_by_label

    others_of = np.bincount(labels) - 1
    for some, rows in _blocks(distances, queries, levels):
        sizes = others_of[labels[some]]
        same = np.empty((len(some), sizes.max()), rows.dtype)
        # One place more: every row ends in infinity, for queries nearer to all others than to some
        # of their label.
        others = np.empty((len(some), len(labels) - sizes.min()), rows.dtype)
        part_by_label(rows, some, labels, same, others)
        same.sort(axis=1)
        _sort_nearest(others, same.shape[1])
        yield QueryRows(sizes, same, others)


def _sort_nearest(rows: np.ndarray, k: int) -> None:
    """Bring the k smallest numbers of each row to its front, sorted: no score asks further."""
    if k < rows.shape[1]:
        rows.partition(k, axis=1)
    rows[:, :k].sort(axis=1)


def pairs_of_one_label(
    distances: np.ndarray, labels: np.ndarray, queries: np.ndarray, levels: Levels = None
) -> np.ndarray:
    """Return the distances of the queries to their labels' other items, one query after another."""
    from toolbox.kernels.cpu.ranks import gather_same

    others_of, done = np.bincount(labels) - 1, 0
    found = np.empty(others_of[labels[queries]].sum(), distances.dtype)
    for some, rows in _blocks(distances, queries, levels):
        gather_same(rows, some, labels, found[done:])
        done += others_of[labels[some]].sum()
    return found


def _blocks(
    distances: np.ndarray, queries: np.ndarray, levels: Levels
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield some of the queries and their rows, only to be read, copied where they must be."""
    step = max(1, HELD // len(distances))
    for start in range(0, len(queries), step):
        some = queries[start : start + step]
        run = slice(some[0], some[-1] + 1)
        rows = distances[run] if run.stop - run.start == len(some) else distances[some]
        if levels is not None:
            # NaN, on the diagonal, is past the end.
            rows = np.take(levels[1], np.searchsorted(levels[0], rows), mode="clip")
        yield some, _read_only(rows)


def _read_only(values: np.ndarray) -> np.ndarray:
    """Return values in one piece: for any other kind of array loops would be compiled again."""
    view = np.ascontiguousarray(values).view(np.ndarray)
    view.flags.writeable = False
    return view


def ranked_scores(rows: QueryRows) -> np.ndarray:
    """Return the expected P@1, R-precision and MAP@R (B, 3) of a block of queries."""
    from toolbox.kernels.cpu.ranks import score_ranks

    scores = np.empty((len(rows.sizes), 3))
    score_ranks(rows.same, rows.others, rows.sizes, scores)
    return scores
