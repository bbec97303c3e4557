"""When two numbers count as equal: where float32 does not tell them apart.

What is ranked is often rounded (to two decimals, to thirds), and then computed on: whether .1 + .2
ties with .3 is decided by the last bit, so that float32 and float64 would give other ranks to the
same data. Numbers that are as near as that count as equal.
"""

import numpy as np

# Four units in the last place of a float32 near 1: what is rounded to float32, or computed in it
# from a few numbers, is off by no more.
TOLD_APART = 2.0**-22
MOST_VARIANTS = 8  # that rounding makes of one number


def merged(values: np.ndarray, *, size: float = 0.0, variants: int = MOST_VARIANTS) -> np.ndarray:
    """Return values of which those that float32 does not tell apart are made equal.

    Each takes the smallest of the run of neighbours that are that near to one another. Long runs
    are left alone: float64 holds many numbers there that differ and were not rounded; and so are
    whole numbers that float32 does not hold, such as counts or times: they are exact. `size` is
    that of the numbers whose differences the values are, which were rounded as such; a longer run
    has more than `variants` values.
    """
    levels, place = np.unique(values, return_inverse=True)
    if _exact(levels):
        return values
    tolerance = TOLD_APART * np.maximum(np.abs(levels), size)
    with np.errstate(over="ignore"):  # of the largest numbers; they are apart
        first = np.flatnonzero(np.diff(levels, prepend=-np.inf) > tolerance)
        lengths = np.diff(first, append=len(levels))
        width = levels[first + lengths - 1] - levels[first]
    rounded = (lengths <= variants) & (width <= 2 * tolerance[first])
    smallest = np.where(np.repeat(rounded, lengths), np.repeat(levels[first], lengths), levels)
    return smallest[place].reshape(values.shape)


def _exact(levels: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        narrow = levels.astype(np.float32)
    return bool((levels == np.rint(levels)).all() and (narrow != levels).any())


def first_of_largest(values: np.ndarray) -> np.ndarray:
    """Return where along the last axis the largest value stands, the first of near ties."""
    largest = values.max(axis=-1, keepdims=True)
    return (values >= largest - TOLD_APART * np.abs(largest)).argmax(axis=-1)
