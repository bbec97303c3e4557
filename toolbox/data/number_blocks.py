"""Move numbers from a file into an array block by block, so that no second copy is ever made."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, BinaryIO

import numpy as np

from toolbox.core.checks import float_type

_BLOCK = 1 << 17  # values: 1 MB of float64, small beside any array for which it matters

Put = Callable[[np.ndarray, np.ndarray], None]  # from a block of stored numbers to their place


def blocks(shape: tuple[int, ...], most: int = _BLOCK) -> Iterator[tuple]:
    """Yield the indices that cut an array of this shape, in C order, into blocks of few values."""
    inner = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    axis = next((a for a, size in enumerate(inner) if size <= most), None)
    if axis is None:  # a single value without axes
        yield (...,)
        return
    rows = max(1, most // max(1, inner[axis]))
    for leading in np.ndindex(shape[:axis]):
        for start in range(0, shape[axis], rows):
            yield (*leading, slice(start, start + rows), ...)


def fill(target: np.ndarray, stored: np.dtype, stream: BinaryIO, put: Put = np.copyto) -> None:
    """Read the numbers of `target`, in C order and of the stored type, from a stream.

    `target` may be any view, such as the transpose of what is stored column by column. `put` says
    how a block becomes what is wanted of it; by default it is copied.
    """
    for index in blocks(target.shape):
        piece = target[index]
        content = exactly(stream, piece.size * stored.itemsize)
        put(piece, np.frombuffer(content, stored).reshape(piece.shape))


def exactly(stream: Any, nbytes: int) -> bytes:
    """Return so many bytes of a stream, or raise ValueError."""
    content = stream.read(nbytes)
    if len(content) != nbytes:
        raise ValueError(f"a truncated file: {len(content)} bytes where {nbytes} are announced")
    return content


def as_floats(values: np.ndarray, argument: str) -> np.ndarray:
    """Return real numbers as floats, in the memory of `values` where it is enough: it is used up.

    Of which type, and what is refused, says `toolbox.core.checks.float_type`.
    """
    dtype = float_type(values, argument)
    if values.dtype.itemsize < dtype.itemsize or not values.flags.c_contiguous:
        return values.astype(dtype, order="C")
    if values.dtype == dtype:
        return values
    stored = values.reshape(-1)
    floats = stored.view(dtype)[: stored.size]
    for index in blocks(stored.shape):
        floats[index] = stored[index]  # never ahead of what is still to be read
    return (floats if values.dtype.itemsize == dtype.itemsize else floats.copy()).reshape(
        values.shape
    )


def any_infinite(values: np.ndarray) -> bool:
    """Say whether a number is infinite."""
    return any(np.isinf(values[index]).any() for index in blocks(values.shape))


def count_missing(values: np.ndarray) -> int:
    """Return how many numbers of an array are NaN: of all its items at once, which may be many."""
    return sum(int(np.count_nonzero(np.isnan(values[i]))) for i in blocks(values.shape))
