"""Items made ready for a kernel: scaled without rounding, cut into blocks, spread over the cores.

Scaling is by powers of two: squares then neither overflow nor vanish. What is free of gain keeps
every bit of its result; what carries the gain is scaled back.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, TypeVar

import numpy as np

Result = TypeVar("Result")

ROUNDING = 2.0**-40  # of the largest magnitude: means and sums of equal numbers differ by less
MODERATE = 16  # fourth powers of what is between 2^-16 and 2^16 are in range in single precision


def binary_exponent(*arrays: np.ndarray) -> int:
    """Return the e with .5 <= max |x| / 2^e < 1 over all arrays, 0 for zeros; NaN is passed by."""
    sizes = [largest_magnitude(x, dim=x.ndim) for x in arrays]
    return int(np.frexp(np.fmax.reduce(sizes))[1])


def largest_magnitude(batch: np.ndarray, *, dim: int) -> np.ndarray:
    """Return max |x| of each field of ``(..., *space)``; NaN is passed by."""
    axes = tuple(range(batch.ndim - dim, batch.ndim))
    return np.maximum(np.fmax.reduce(batch, axes), -np.fmin.reduce(batch, axes))


def rounding_floor(batch: np.ndarray, *, dim: int) -> np.ndarray:
    """Return for each field the size below which a coefficient is what rounding left of none."""
    return np.finfo(batch.dtype).eps * largest_magnitude(batch, dim=dim)


def unit_items(batch: np.ndarray, *, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(..., *space)`` with the largest magnitude of each field from .5 to 1, and e.

    The fields were 2^e times as large, e (...) of whole numbers; NaN marks gaps and stays.
    """
    exponent = np.frexp(largest_magnitude(batch, dim=dim))[1]
    return np.ldexp(batch, -exponent.reshape(*exponent.shape, *(1,) * dim)), exponent


def moderate_items(batch: np.ndarray, *, dim: int) -> np.ndarray:
    """Return ``(..., *space)`` as it is, or at unit size where a field's magnitude is extreme."""
    exponent = np.frexp(largest_magnitude(batch, dim=dim))[1]
    moderate = np.abs(exponent).max() <= MODERATE
    return batch if moderate else unit_items(batch, dim=dim)[0]


def varies(features: np.ndarray) -> np.ndarray:
    """Say which features (F,) of ``(n, F)`` differ between items by more than rounding."""
    size = np.abs(features).max(axis=0).astype(np.float64)
    unit = features / np.where(size > 0, size, 1)  # the difference of two large ones is a number
    return np.ptp(unit, axis=0) > ROUNDING


def feature_scales(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation (1 where there is none) of each of (n, F)."""
    exponent = np.frexp(np.abs(features).max(axis=0))[1]
    unit = np.ldexp(features, -exponent)
    spread = np.where(varies(features), unit.std(axis=0, dtype=np.float64), 0)
    least = np.finfo(features.dtype).smallest_subnormal  # what is smaller would be 0
    scale = np.where(spread > 0, np.maximum(np.ldexp(spread, exponent), least), 1)
    centre = np.ldexp(unit.mean(axis=0, dtype=np.float64), exponent)
    return centre.astype(features.dtype), scale.astype(features.dtype)


def item_blocks(batch: np.ndarray, *, largest: int, filled: bool = True) -> list[np.ndarray]:
    """Cut the items into blocks of a power of two of them, at most `largest` samples a block.

    The last block is `filled` up with copies of the last item, so that kernels are compiled for few
    shapes; the others are views. A kernel that no shape is compiled for needs no copies.
    """
    most = max(1, largest // batch[0].size)
    size = min(1 << (len(batch) - 1).bit_length(), 1 << (most.bit_length() - 1))
    blocks = [batch[i : i + size] for i in range(0, len(batch), size)]
    fill = size - len(blocks[-1])
    if fill and filled:
        blocks[-1] = np.concatenate([blocks[-1], np.repeat(batch[-1:], fill, axis=0)])
    return blocks


def usable_cores() -> int:
    """Return how many cores this process may use; a scheduler may allow fewer than there are."""
    return len(os.sched_getaffinity(0))


def on_all_cores(
    function: Callable[..., Result],
    *arguments: Sequence[Any],
    most: int | None = None,
    first_alone: bool = False,
) -> Iterator[Result]:
    """Return what `map` does, in order, computed on all cores or on `most` of them.

    For what gives up Python's lock, as NumPy and compiled kernels do. With `first_alone` the others
    wait for the first: two threads would both compile.
    """
    threads = min(usable_cores() if most is None else most, *map(len, arguments))
    if threads < 2:
        return map(function, *arguments)
    alone = int(first_alone)
    first, rest = [a[:alone] for a in arguments], [a[alone:] for a in arguments]
    return chain(map(function, *first), _in_threads(function, rest, threads))


def _in_threads(
    function: Callable[..., Result], arguments: Sequence[Sequence[Any]], threads: int
) -> Iterator[Result]:
    """Yield each result in order; the threads end with the last, or where the caller stops."""
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(function, *arguments)
