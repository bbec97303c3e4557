"""Placement values: where the pairs of one label stand among all pairs of two labels."""

from collections.abc import Iterator

import numpy as np

from similarity.retrieval.query_rows import QueryRows

CHUNK = 2**24  # pairs of one label that are sorted at once
_PER_PAIR, _CELLS = 4, 2**24  # cells a pair, and at most
_STEPS = 6  # by which a rank is moved before it is sought
_NARROWEST = 2.0**-100  # the cells' number over it is finite in float32 too


def chunks(sizes: np.ndarray) -> list[slice]:
    """Return runs of queries with about `CHUNK` pairs of one label, `sizes` of them a query."""
    run = (np.cumsum(sizes) - 1) // CHUNK
    edges = np.flatnonzero(np.diff(run, prepend=-1, append=run[-1] + 1))
    return list(map(slice, edges[:-1], edges[1:]))


class PairsOfOneLabel:
    """Some queries' distances to the items of their label, sorted, with what was seen to pass them.

    What is counted is twice a rank, a tied pair being half before and half behind: whole numbers,
    so that the order of counting changes nothing. A distance's cell, a monotone function of it,
    tells its rank at once unless a pair of one label is in the same cell.
    """

    def __init__(self, rows: Iterator[QueryRows]) -> None:
        found = [(block.distances[block.same], block.same.sum(axis=1)) for block in rows]
        self.pairs, self.sizes = (np.concatenate(parts) for parts in zip(*found, strict=True))
        self.ordered = np.append(np.sort(self.pairs), np.nan)  # which no distance passes
        self.twice_passed = np.zeros(len(self.pairs) + 1, dtype=np.int64)
        low, high = self.ordered[[0, -2]].astype(np.float64)
        self.cells = min(_PER_PAIR * len(self.pairs), _CELLS)
        half = max(high / 2 - low / 2, _NARROWEST)  # halved, as their difference may overflow
        self.scale, self.low = self.pairs.dtype.type(self.cells / 2 / half), self.ordered[0]
        inside = np.bincount(self._cell(self.ordered[:-1]), minlength=self.cells + 3)
        self.filled = inside > 0
        self.starts = np.cumsum(inside) - inside

    def add(self, rows: QueryRows) -> np.ndarray:
        """Count a block's pairs of two labels; return twice their ranks here, summed a query."""
        others = np.where(rows.same, np.inf, rows.distances).astype(self.pairs.dtype, copy=False)
        left, right = self._ranks(others.ravel())
        self._count(left)
        self._count(right)
        twice = (left + right).reshape(others.shape).sum(axis=1)
        # All else is infinite, behind every pair: it changes no rank that `passed` looks at.
        return twice - 2 * len(self.pairs) * (rows.same.sum(axis=1) + 1)

    def passed(self) -> np.ndarray:
        """Return twice the number of pairs of two labels nearer than each pair, summed a query."""
        nearer = np.cumsum(self.twice_passed)
        return _sums(nearer[self._ranks(self.pairs)[0]], self.sizes)

    def _cell(self, distances: np.ndarray) -> np.ndarray:
        """Return cells from 0, before the pairs, to that of what is infinite, behind them."""
        with np.errstate(over="ignore"):
            place = distances - self.low
            place *= self.scale
        np.clip(place, -1, self.cells + 1, out=place)
        return place.astype(np.intp) + 1

    def _ranks(self, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how many pairs are nearer than each distance, and how many are not farther."""
        cell = self._cell(distances)
        left = self.starts.take(cell)
        unclear = np.flatnonzero(self.filled.take(cell))
        if not len(unclear):
            return left, left
        self._advance(left, unclear, distances, np.less)
        right = left.copy()
        self._advance(right, unclear, distances, np.less_equal)
        return left, right

    def _advance(
        self, ranks: np.ndarray, some: np.ndarray, distances: np.ndarray, nearer: np.ufunc
    ) -> None:
        """Let some ranks pass the pairs that are nearer: few are in one cell, unless they tie."""
        for _ in range(_STEPS):
            some = some[nearer(self.ordered[ranks[some]], distances[some])]
            if not len(some):
                return
            ranks[some] += 1
        side = "left" if nearer is np.less else "right"
        ranks[some] = np.searchsorted(self.ordered[:-1], distances[some], side)

    def _count(self, ranks: np.ndarray) -> None:
        size = len(self.twice_passed)
        if size > 4 * len(ranks):
            np.add.at(self.twice_passed, ranks, 1)
        else:
            self.twice_passed += np.bincount(ranks, minlength=size)


def _sums(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the sums of runs of so many values each, none of them empty."""
    return np.add.reduceat(values, np.cumsum(sizes) - sizes)
