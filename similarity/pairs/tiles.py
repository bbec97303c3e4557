"""All pairs of n items, one tile of rows and columns at a time."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement

import numpy as np

from toolbox.core.streams import generator

TILE = 512  # items a side: a few tiles stay in the caches
LARGE = 1500  # items beyond which what is estimated rests on a sample of the pairs
SAMPLE = 2**20  # pairs in it

Place = tuple[slice | np.ndarray, slice | np.ndarray]


def symmetric_tables(
    tile: Callable[[slice, slice], Sequence[np.ndarray]],
    n: int,
    *,
    diagonals: Sequence[float],
    dtype: np.dtype,
    side: int = TILE,
) -> list[np.ndarray]:
    """Return the (n, n) tables that `tile(rows, columns)` gives the parts of.

    Only tiles of the upper triangle are asked for, on all cores.
    """
    tables = [np.empty((n, n), dtype) for _ in diagonals]

    def fill(place: Place) -> None:
        rows, columns = place
        for table, part, diagonal in zip(tables, tile(rows, columns), diagonals, strict=True):
            if rows == columns:
                part = np.triu(part, 1)
                part = part + part.T
                np.fill_diagonal(part, diagonal)
            table[rows, columns] = part
            table[columns, rows] = part.T

    _each(fill, upper_tiles(n, side))
    return tables


def sampled(tile: Callable[..., np.ndarray], n: int, *, seed: int) -> np.ndarray:
    """Return what `tile` says of all pairs (upper triangle), or of some pairs of very many items.

    Some are `SAMPLE` at random: the same pairs in the same order whatever the tile.
    """
    if n <= LARGE:
        options = {"diagonals": (np.nan,), "dtype": np.dtype(np.float64)}
        (table,) = symmetric_tables(lambda *place: (tile(*place),), n, **options)
        return table[np.triu_indices(n, 1)]
    return np.concatenate(_each(lambda place: tile(*place).ravel(), _random_tiles(n, seed)))


def judged_values(tile: Callable[..., np.ndarray], index: np.ndarray) -> np.ndarray:
    """Return what `tile` says of the pairs (m, 2)."""
    cuts = [index[first : first + 64] for first in range(0, len(index), 64)]
    return np.concatenate([np.diagonal(tile(cut[:, 0], cut[:, 1])) for cut in cuts])


def upper_tiles(n: int, side: int) -> list[Place]:
    """Return the tiles (rows, columns) that cover the upper triangle."""
    cuts = [slice(first, min(first + side, n)) for first in range(0, n, side)]
    return list(combinations_with_replacement(cuts, 2))


def _random_tiles(n: int, seed: int) -> list[Place]:
    """Return tiles of pairs at random: 512 items, each with the same partners among the others.

    Every item is a row once, so that none counts more than another.
    """
    rng = generator(seed, "sample of pairs")
    order = rng.permutation(n)
    partners = min(-(-SAMPLE // n), n - TILE)
    places = []
    for first in range(0, n, TILE):
        others = np.delete(order, slice(first, first + TILE))
        places.append((order[first : first + TILE], rng.permutation(others)[:partners]))
    return places


def _each(function: Callable[[Place], object], places: Sequence[Place]) -> list:
    """Call the function with each place, on all cores; NumPy gives up Python's lock."""
    cores = min(len(os.sched_getaffinity(0)), len(places))
    if cores < 2:
        return list(map(function, places))
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(function, places))
