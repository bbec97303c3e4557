"""Placement values: where the pairs of one label stand among all pairs of two labels."""

import numpy as np

from similarity.retrieval.query_rows import QueryRows

CHUNK = 2**23  # pairs of one label that are sorted at once: with their tables, below 1 GB
_PER_PAIR, _CELLS = 4, 2**24  # cells a pair, so that few hold two, and at most
_NARROWEST = 2.0**-100  # the cells' number over it is finite


def chunks(sizes: np.ndarray) -> list[slice]:
    """Return runs of queries with about `CHUNK` pairs of one label, `sizes` of them a query."""
    run = (np.cumsum(sizes) - 1) // CHUNK
    edges = np.flatnonzero(np.diff(run, prepend=-1, append=run[-1] + 1))
    return list(map(slice, edges[:-1], edges[1:]))


class PairsOfOneLabel:
    """Some queries' distances to the items of their label, with what was seen to pass them.

    What is counted is twice a rank, a tied pair being half before and half behind: whole numbers,
    so that the order of counting changes nothing. A distance's cell, a monotone function of it,
    tells its rank at once unless pairs of one label share that cell.
    """

    def __init__(self, pairs: np.ndarray, sizes: np.ndarray) -> None:
        """Take the pairs of each query in turn, `sizes` of them a query."""
        self.pairs, self.sizes = pairs, sizes
        self.ordered = np.append(np.sort(pairs), np.nan)  # which no distance passes
        ends = 1 + np.flatnonzero(self.ordered[1:] != self.ordered[:-1])
        ends = np.repeat(ends, np.diff(ends, prepend=0))
        self.ends = np.append(ends, len(pairs)).astype(np.int32)
        self.twice_passed = np.zeros(len(pairs) + 1, dtype=np.int64)
        low, high = self.ordered[[0, -2]].astype(np.float64)
        cells = min(_PER_PAIR * len(pairs), _CELLS)
        half = max(high / 2 - low / 2, _NARROWEST)  # halved, as their difference may overflow
        self.low, self.scale = low, cells / 2 / half
        with np.errstate(over="ignore"):
            place = (self.ordered[:-1] - low) * self.scale
        held = np.bincount(np.minimum(place, cells - 1).astype(np.intp), minlength=cells)
        self.starts = np.append(0, np.cumsum(held)).astype(np.int32)

    def add(self, rows: QueryRows) -> np.ndarray:
        """Count a block's pairs of two labels; return twice their ranks here, summed a query."""
        from toolbox.kernels.cpu.ranks import count_passed

        twice = np.empty(len(rows.sizes), dtype=np.int64)
        sought = self.ordered, self.ends, self.starts, self.low, self.scale
        count_passed(rows.others, *sought, self.twice_passed, twice)
        return twice

    def passed(self) -> np.ndarray:
        """Return twice the number of pairs of two labels nearer than each pair, summed a query."""
        from toolbox.kernels.cpu.ranks import places

        place = np.empty(len(self.pairs), dtype=np.int32)
        places(self.pairs, self.ordered, self.starts, self.low, self.scale, place)
        return _sums(np.cumsum(self.twice_passed)[place], self.sizes)


def _sums(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the sums of runs of so many values each, none of them empty."""
    return np.add.reduceat(values, np.cumsum(sizes) - sizes)
