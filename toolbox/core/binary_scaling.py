"""Scaling by powers of two, which rounds nothing: squares then neither overflow nor vanish.

What is free of gain keeps every bit of its result; what carries the gain is scaled back.
"""

import numpy as np


def binary_exponent(*arrays: np.ndarray) -> int:
    """Return the e with .5 <= max |x| / 2^e < 1 over all arrays, 0 for zeros; NaN is passed by."""
    sizes = [np.maximum(np.fmax.reduce(x, None), -np.fmin.reduce(x, None)) for x in arrays]
    return int(np.frexp(np.fmax.reduce(sizes))[1])


def unit_items(batch: np.ndarray, *, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(..., *space)`` with the largest magnitude of each field from .5 to 1, and e.

    The fields were 2^e times as large, e (...) of whole numbers; NaN marks gaps and stays.
    """
    axes = tuple(range(batch.ndim - dim, batch.ndim))
    largest = np.maximum(np.fmax.reduce(batch, axes), -np.fmin.reduce(batch, axes))
    exponent = np.frexp(largest)[1]
    return np.ldexp(batch, -exponent.reshape(*exponent.shape, *(1,) * dim)), exponent
