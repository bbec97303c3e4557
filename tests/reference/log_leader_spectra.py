"""Expected and observed periodograms of log-leaders, one pair of positions at a time.

A signal's own, an image's of its increments along both axes.
"""

from itertools import product

import numpy as np


def expected_periodogram(sides, covariance):
    """Return the expected periodogram of a moving average of 3 positions along each axis.

    `covariance` is a function of the lag of the field that is averaged, `sides` of the average.
    """
    field = list(product(*(range(n + 2) for n in sides)))
    place = {position: i for i, position in enumerate(field)}
    between = np.array([[covariance(np.subtract(s, t)) for t in field] for s in field])
    total = 0
    for steps in contrasts(len(sides)):
        positions = window(sides)
        rows = np.zeros((len(positions), len(field)))
        for i, position in enumerate(positions):
            for sign, step in steps:
                for offset in product(range(3), repeat=len(sides)):
                    rows[i, place[tuple(np.add(position, step) + offset)]] += sign / 3 ** len(sides)
        total = total + diagonal(rows @ between @ rows.T, sides)
    return total


def periodogram(y):
    """Return the periodogram of an array, by sums over positions."""
    total = 0
    for steps in contrasts(y.ndim):
        values = [
            sum(sign * y[tuple(np.add(s, step))] for sign, step in steps) for s in window(y.shape)
        ]
        centred = np.array(values) - (np.mean(values) if y.ndim == 1 else 0)
        total = total + diagonal(np.outer(centred, centred), y.shape)
    return total


def contrasts(dim):
    """Return what is transformed: (sign, step) pairs, one list for each transform."""
    if dim == 1:
        return [[(1, (0,))]]
    return [[(1, (1, 0)), (-1, (0, 0))], [(1, (0, 1)), (-1, (0, 0))]]


def window(sides):
    lost = len(sides) - 1
    return list(product(*(range(n - lost) for n in sides)))


def diagonal(matrix, sides):
    """Return w* M w / n for the wave w of each frequency."""
    positions = window(sides)
    shape = tuple(n - (len(sides) - 1) for n in sides)
    result = np.zeros(shape)
    for k in positions:
        turns = [sum(a * b / n for a, b, n in zip(k, s, shape, strict=True)) for s in positions]
        wave = np.exp(-2j * np.pi * np.array(turns))
        result[k] = (wave @ matrix @ wave.conj()).real / len(positions)
    return result
