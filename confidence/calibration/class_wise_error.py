"""Calibration of the probabilities of all classes, not of the predicted one alone."""

import numpy as np

from confidence.scoring.probability_bins import bin_numbers

DRAWN_TOGETHER = 4_000_000  # random numbers held at once


def class_cells(probabilities: np.ndarray, bins: int) -> np.ndarray:
    """Return (n, C): the cell, class times bins plus bin, of each probability."""
    columns = np.arange(probabilities.shape[1])
    return columns * bins + bin_numbers(probabilities, bins)


def class_gaps(p: np.ndarray, y: np.ndarray, cells: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return (U, cells): outcomes minus probabilities, summed over each unit's items."""
    names, unit = np.unique(units, return_inverse=True)
    size = cells.max() + 1
    deviation = (y[:, None] == np.arange(p.shape[1])) - p
    place = unit[:, None] * size + cells
    sums = np.bincount(place.ravel(), weights=deviation.ravel(), minlength=len(names) * size)
    return sums.reshape(len(names), size)


def class_null(p: np.ndarray, cells: np.ndarray, resamples: int, rng: np.random.Generator) -> float:
    """Return the mean error of models whose classes are drawn with the stated probabilities."""
    n, classes = p.shape
    size = cells.max() + 1
    expected = np.bincount(cells.ravel(), weights=p.ravel(), minlength=size)
    steps = np.cumsum(p, axis=1)[:, :-1]
    at_once = max(1, DRAWN_TOGETHER // (n * classes))
    total = 0.0
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        drawn = (rng.random((count, n))[:, :, None] >= steps).sum(axis=2)
        taken = cells[np.arange(n), drawn] + size * np.arange(count)[:, None]
        happened = np.bincount(taken.ravel(), minlength=count * size).reshape(count, size)
        total += np.abs(happened - expected).sum()
    return float(total / (resamples * n * classes))
