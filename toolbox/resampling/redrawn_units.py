"""Items gathered by unit, and how often each unit is in a resample drawn with replacement."""

from collections.abc import Callable, Iterator

import numpy as np

HELD = 2**22  # numbers drawn at once: what is held does not grow with the number of resamples
COUNTED = 2**12  # counts made at once: a processor's nearest cache holds them


def row_blocks(rows: int, width: int) -> Iterator[int]:
    """Yield how many of the rows, each of so many numbers, are to be held at once."""
    most = max(1, HELD // width)
    for start in range(0, rows, most):
        yield min(most, rows - start)


def times_drawn(units: int, resamples: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield blocks (rows, units) of how often each unit is drawn in each resample.

    Drawn one by one and counted: the law is the multinomial one, whose own generator takes a
    binomial number a unit and is ten times slower.
    """
    for rows in row_blocks(resamples, units):
        drawn = rng.integers(units, size=(rows, units))
        counts, step = np.empty((rows, units)), max(1, COUNTED // units)
        for i in range(0, rows, step):
            some = drawn[i : i + step]
            some += units * np.arange(len(some))[:, None]
            counted = np.bincount(some.ravel(), minlength=some.size)
            counts[i : i + step] = counted.reshape(some.shape)
        yield counts


def by_unit(
    summary: Callable[[np.ndarray], np.ndarray], values: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the names of the units, sorted, and summary(values of the unit) for each."""
    names, first, counts = np.unique(labels, return_index=True, return_counts=True)
    if len(names) == len(labels):
        return names, values[first]
    parts = np.split(values[np.argsort(labels, kind="stable")], np.cumsum(counts)[:-1])
    return names, np.array([summary(part) for part in parts])


def unit_means(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the mean (U, ...) of each unit's values, by the number of each item's unit.

    Examples
    --------
    >>> unit_means(np.array([[1.0], [2.0], [5.0]]), np.array([0, 1, 1])).ravel().tolist()
    [1.0, 3.5]
    """
    sums = np.zeros((place.max() + 1, *values.shape[1:]))
    np.add.at(sums, place, values)
    return sums / np.bincount(place).reshape(-1, *[1] * (values.ndim - 1))
