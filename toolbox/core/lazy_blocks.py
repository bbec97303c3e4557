"""Dask arrays of items: a function of items computed block by block, by any scheduler of Dask.

Every block is filled up with copies of its last item to as many as would be computed together if
all items were in memory, where a program is compiled for so many: the same one then meets them, and
its bits do not depend on where the blocks end. Names and shapes come from one made-up item, so that
nothing is computed before it is asked for.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from toolbox.core.checks import InputError, refuse
from toolbox.core.records import flat, from_flat, is_record
from toolbox.core.streams import generator

WIDEST = 2  # bytes of whole numbers that float32 always holds


def lazy_items(x: Any) -> Any:
    """Return the dask array that x is, or that stands in a record of items; else None."""
    values = getattr(x, "values", None) if is_record(x) else x
    dask_array = sys.modules.get("dask.array")  # who hands one in has loaded it
    return values if dask_array is not None and isinstance(values, dask_array.Array) else None


def lazy_record(
    function: Callable[[np.ndarray], Any],
    x: Any,
    argument: str,
    *,
    fields: Sequence[str],
    together: int,
    **known: Any,
) -> Any:
    """Return the record that a function makes of items, its `fields` as dask arrays.

    They have the items in front. All else is as of any one item, but for what is `known`.
    """
    parts = partial(_fields_of, function, tuple(fields))
    one = function(_one_item(x, argument))
    made = _over_blocks(parts, _of_record(one, fields), x, together=together, axis=0)
    found = flat(one) | known
    for name in fields:
        several = isinstance(found[name], tuple)
        own = tuple(made.pop(0) for _ in found[name]) if several else made.pop(0)
        found[name] = own
    return from_flat(type(one), found)


def lazy_array(
    function: Callable[[np.ndarray], np.ndarray],
    x: Any,
    argument: str,
    *,
    together: int,
    axis: int = 0,
) -> Any:
    """Return the dask array of what a function of items gives, which has the items on `axis`."""
    one = function(_one_item(x, argument))
    return _over_blocks(partial(_alone, function), [one], x, together=together, axis=axis)[0]


def _one_item(x: Any, argument: str) -> np.ndarray:
    """Return a random walk in the shape of one item, after a look at the blocks.

    Regular enough for leaders of any order of integration, and never constant.
    """
    _check_blocks(x, argument)
    wide = x.dtype.kind == "f" and x.dtype.itemsize >= 8
    walk = generator(0, "lazy_blocks", "one item").standard_normal((1, *x.shape[1:]))
    for axis in range(max(1, x.ndim - 2), x.ndim):
        walk = walk.cumsum(axis=axis)
    return walk.astype(np.float64 if wide else np.float32)


def _check_blocks(x: Any, argument: str) -> None:
    """Refuse blocks of unknown sizes, or of parts of items, and types that depend on the values."""
    if x.ndim == 0 or any(np.isnan(size) for sizes in x.chunks for size in sizes):
        wanted = "a dask array whose blocks have known sizes (compute_chunk_sizes() finds them)"
        refuse(argument, wanted, f"blocks {x.chunks}")
    if x.size == 0:
        refuse(argument, "a dask array of at least one item", f"shape {x.shape}")
    cut = {axis: -1 for axis in range(1, x.ndim) if x.numblocks[axis] > 1}
    if cut:
        refuse(argument, f"whole items in every block (rechunk({cut}))", f"blocks {x.chunksize}")
    if x.dtype.kind not in "iufb":
        refuse(argument, "a dask array of real numbers", f"values of type {x.dtype}")
    if x.dtype.kind in "iu" and x.dtype.itemsize > WIDEST:
        wanted = "floats, or whole numbers of 8 or 16 bits, in a dask array (astype('float64'))"
        refuse(argument, wanted, f"values of type {x.dtype}")


def _over_blocks(
    parts: Callable[[np.ndarray], list[np.ndarray]],
    one: list[np.ndarray],
    x: Any,
    *,
    together: int,
    axis: int,
) -> list[Any]:
    """Return dask arrays of `parts` of every block, whose shapes are those of `one` item."""
    import dask
    import dask.array
    from dask.layers import ArraySliceDep

    sizes = tuple(size for size in x.chunks[0] if size)
    x = x.rechunk({0: sizes})
    inside, where = tuple(range(x.ndim)), ArraySliceDep((sizes,))
    # Blocks that are lists of arrays, under the axes of x: only so does Dask read, compute and take
    # one of the list in one task, where steps of its own would be scheduled for every block.
    made = dask.array.blockwise(
        *(partial(_block, fill=min(len(x), together), axis=axis), inside),
        *(dask.delayed(parts, traverse=False), None),  # a network is sent once
        *(where, inside[:1]),
        *(x, inside),
        align_arrays=False,
        dtype=object,
        meta=np.empty((0,) * x.ndim, object),
    )

    def one_of_them(part: int, like: np.ndarray) -> Any:
        own = {x.ndim + d: n for d, n in enumerate(like.shape) if d != axis}
        names = [*own]
        names.insert(axis, inside[0])
        return dask.array.blockwise(
            *(_part, names),
            *(made, inside),
            *(part, None),
            new_axes=own,
            dtype=like.dtype,
            meta=np.empty((0,) * like.ndim, like.dtype),
        )

    return [one_of_them(part, like) for part, like in enumerate(one)]


def _block(
    parts: Callable[[np.ndarray], list[np.ndarray]],
    where: tuple[slice],
    block: np.ndarray,
    *,
    fill: int,
    axis: int,
) -> list[np.ndarray]:
    """Return the arrays of one block; what is wrong with its items is said of the block."""
    block, start = np.asarray(block), where[0].start
    items, missing = len(block), max(0, fill - len(block))
    filled = np.concatenate([block, np.repeat(block[-1:], missing, axis=0)]) if missing else block
    try:
        arrays = parts(filled)
    except InputError as error:
        inside = f"in the block of the items {start} to {start + items - 1}, counted from its first"
        raise InputError(f"{error} ({inside})") from error
    # Copies, where copies of items have to go: a view would hold them in memory.
    own = (slice(None),) * axis + (slice(items),)
    return [array[own].copy() if missing else array for array in arrays]


def _part(made: list[Any], part: int) -> np.ndarray:
    while isinstance(made[0], list):  # the only block along each axis of space
        (made,) = made
    return made[part]


def _fields_of(
    function: Callable[[np.ndarray], Any], fields: tuple[str, ...], block: np.ndarray
) -> list[np.ndarray]:
    return _of_record(function(block), fields)


def _of_record(made: Any, fields: Sequence[str]) -> list[np.ndarray]:
    """Return the arrays of some fields, those of a tuple one by one."""
    values = flat(made)
    arrays: list[np.ndarray] = []
    for name in fields:
        arrays += values[name] if isinstance(values[name], tuple) else [values[name]]
    return arrays


def _alone(function: Callable[[np.ndarray], np.ndarray], block: np.ndarray) -> list[np.ndarray]:
    return [function(block)]
