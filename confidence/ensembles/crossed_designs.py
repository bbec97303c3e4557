"""Balanced crossed designs: the mean squares of every term, one member a combination."""

from itertools import combinations
from typing import Any

import numpy as np

from toolbox.core import checks

STREAMS = ("init", "order", "resample", "augment", "dropout")

Term = tuple[int, ...]


def crossed(design: Any, names: Any, *, members: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the factors' names, and where each combination's member stands: an array of shape L.

    Columns of a single level are left out.
    """
    table = checks.real_array(design, "design", ndim=2)
    if len(table) != members:
        checks.refuse("design", f"{members} rows, one a member", len(table))
    named = _names(names, table.shape[1])
    levels = [np.unique(column, return_inverse=True)[1] for column in table.T]
    kept = [k for k, column in enumerate(levels) if column.max() > 0]
    if not kept:
        checks.refuse("design", "a factor of two levels or more", "none")
    shape = tuple(int(levels[k].max()) + 1 for k in kept)
    place = np.full(shape, -1)
    place[tuple(levels[k] for k in kept)] = np.arange(members)
    if members != place.size or (place < 0).any():
        wanted = f"every combination of {' x '.join(map(str, shape))} levels once"
        checks.refuse("design", wanted, f"{members} members, {(place >= 0).sum()} combinations")
    return tuple(named[k] for k in kept), place


def _names(names: Any, columns: int) -> tuple[str, ...]:
    if names is None:
        numbered = tuple(f"factor {k + 1}" for k in range(columns))
        return STREAMS if columns == len(STREAMS) else numbered
    listed = (names,) if isinstance(names, str) else tuple(map(str, np.atleast_1d(names)))
    if len(listed) != columns:
        checks.refuse("names", f"{columns} names, one a column of the design", len(listed))
    return listed


def terms(factors: int) -> list[Term]:
    """Return every set of factors but the empty one, main effects first."""
    return [t for size in range(1, factors + 1) for t in combinations(range(factors), size)]


def mean_squares(cells: np.ndarray, factors: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean square of every term, (T, ...), and its degrees of freedom (T,).

    `cells` has the factors as its first axes. The effect of a term is its cells' mean less the
    effects of all terms inside it.
    """
    effects: dict[Term, np.ndarray] = {(): _margin(cells, (), factors)}
    squares, freedoms = [], []
    sizes = cells.shape[:factors]
    for term in terms(factors):
        inner = [part for size in range(len(term)) for part in combinations(term, size)]
        effects[term] = _margin(cells, term, factors) - sum(effects[part] for part in inner)
        repeats = np.prod([n for k, n in enumerate(sizes) if k not in term])
        freedom = np.prod([sizes[k] - 1 for k in term])
        axes = tuple(range(factors))
        squares.append(repeats * (effects[term] ** 2).sum(axis=axes) / freedom)
        freedoms.append(freedom)
    return np.stack(squares), np.array(freedoms)


def _margin(cells: np.ndarray, term: Term, factors: int) -> np.ndarray:
    """Return the mean over the factors that are not in the term, their axes kept at size 1."""
    return cells.mean(axis=tuple(k for k in range(factors) if k not in term), keepdims=True)
