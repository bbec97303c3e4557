"""All pairs of n items, one tile of rows and columns at a time."""

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement

import numpy as np

from toolbox.core.item_blocks import on_all_cores
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

    Only tiles of the upper triangle are asked for.
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

    list(on_all_cores(fill, upper_tiles(n, side)))
    return tables


def sampled(tile: Callable[..., np.ndarray], n: int, *, seed: int) -> np.ndarray:
    """Return what `tile` says of all pairs (upper triangle), or of some pairs of very many items.

    Some are `SAMPLE` at random: the same pairs in the same order whatever the tile.
    """
    few = n <= LARGE
    places = upper_tiles(n, TILE) if few else _random_tiles(n, seed)
    parts = on_all_cores(lambda place: tile(*place), places)
    if not few:
        return np.concatenate([part.ravel() for part in parts])
    table = np.empty((n, n))
    for place, part in zip(places, parts, strict=True):
        table[place] = part
    return table[np.triu_indices(n, 1)]


def judged_values(tile: Callable[..., np.ndarray], index: np.ndarray) -> np.ndarray:
    """Return what `tile` says of the pairs (m, 2)."""
    cuts = [index[first : first + 64] for first in range(0, max(1, len(index)), 64)]
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
