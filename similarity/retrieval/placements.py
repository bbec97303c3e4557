"""Placement values: where the pairs of one label stand among all pairs of two labels."""

from collections.abc import Iterator

import numpy as np

from similarity.retrieval.query_rows import QueryRows

CHUNK = 2**24  # pairs of one label that are sorted at once
_CELLS = 2**22  # of the table that finds them: beyond, it takes longer to fill than it saves
_NARROWEST = 2.0**-100  # the cells' number over it is finite in float32 too


def chunks(sizes: np.ndarray) -> list[slice]:
    """Return runs of queries with about `CHUNK` pairs of one label, `sizes` of them a query."""
    run = (np.cumsum(sizes) - 1) // CHUNK
    edges = np.flatnonzero(np.diff(run, prepend=-1, append=run[-1] + 1))
    return list(map(slice, edges[:-1], edges[1:]))


def _cells(pairs: int) -> int:
    """Return into how many cells the distances go: 16 a pair of few, 4 of many."""
    return max(min(16 * pairs, _CELLS), min(4 * pairs, 4 * _CELLS))


class PairsOfOneLabel:
    """Some queries' distances to the items of their label, sorted, with what was seen to pass them.

    What is counted is twice a rank, a tied pair being half before and half behind: whole numbers,
    so that the order of counting changes nothing. A distance's cell, a monotone function of it,
    tells its rank at once unless a pair of one label is in the same cell.
    """

    def __init__(self, rows: Iterator[QueryRows]) -> None:
        found = [(block.distances[block.same], block.same.sum(axis=1)) for block in rows]
        self.pairs, self.sizes = (np.concatenate(parts) for parts in zip(*found, strict=True))
        self.ordered = np.sort(self.pairs)
        self.twice_passed = np.zeros(len(self.pairs) + 1, dtype=np.int64)
        low, high = self.ordered[[0, -1]].astype(np.float64)
        self.cells = _cells(len(self.pairs))
        half = max(high / 2 - low / 2, _NARROWEST)  # halved, as their difference may overflow
        self.scale, self.low = self.pairs.dtype.type(self.cells / 2 / half), self.ordered[0]
        inside = np.bincount(self._cell(self.ordered), minlength=self.cells + 2)
        self.filled = inside > 0
        self.starts = np.cumsum(inside, dtype=np.int32)
        self.starts -= inside

    def add(self, rows: QueryRows, ordered: np.ndarray) -> np.ndarray:
        """Count a block's pairs of two labels; return twice their ranks here, summed a query.

        `ordered` are the block's distances sorted, where that to the query itself comes last.
        """
        every = ordered[:, :-1]
        twice = self._ranked(every.ravel(), +1).reshape(every.shape).sum(axis=1)
        own = self._ranked(rows.distances[rows.same], -1)
        return twice - _sums(own, rows.same.sum(axis=1))

    def passed(self) -> np.ndarray:
        """Return twice the number of pairs of two labels nearer than each pair, summed a query."""
        nearer = np.cumsum(self.twice_passed)
        return _sums(nearer[np.searchsorted(self.ordered, self.pairs)], self.sizes)

    def _cell(self, distances: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            place = (distances - self.low) * self.scale
        return np.clip(place, -1, self.cells).astype(np.int32) + 1

    def _ranked(self, distances: np.ndarray, times: int) -> np.ndarray:
        """Return twice the rank of distances among the pairs, and count them so many times."""
        cell = self._cell(distances)
        left = self.starts[cell].astype(np.int64)
        twice = 2 * left
        unclear = np.flatnonzero(self.filled[cell])
        if len(unclear):
            sides = [
                np.searchsorted(self.ordered, distances[unclear], side)
                for side in ("left", "right")
            ]
            twice[unclear] = sides[0] + sides[1]
            self._count(sides[0], times)
            self._count(sides[1], times)
            left = np.delete(left, unclear)
        self._count(left, 2 * times)
        return twice

    def _count(self, ranks: np.ndarray, times: int) -> None:
        size = len(self.twice_passed)
        if size > len(ranks):
            np.add.at(self.twice_passed, ranks, times)
        else:
            self.twice_passed += times * np.bincount(ranks, minlength=size)


def _sums(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the sums of runs of so many values each, none of them empty."""
    return np.add.reduceat(values, np.cumsum(sizes) - sizes)
