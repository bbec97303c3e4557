"""Clouds of one cluster, to hold data against."""

import numpy as np

NULLS = ("gaussian", "uniform", "band")


def principal_scores(x: np.ndarray) -> np.ndarray:
    """Return the same cloud in coordinates along its principal axes, as many as it fills."""
    left, spread, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    filled = spread > 1e-10 * spread[0]  # of the others rounding is all there is
    return left[:, filled] * spread[filled]


def reference_clouds(
    scores: np.ndarray, null: str, scales: tuple[int, ...], rng: np.random.Generator
) -> list[np.ndarray]:
    """Draw a cloud of as many points, one for all numbers of neighbours or one for each."""
    if null == "band":
        return bands(*scores.shape, scales, rng)
    return [gaussian(scores, rng) if null == "gaussian" else box(scores, rng)] * len(scales)


def gaussian(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw from the Gaussian of the same covariance, about 0."""
    return rng.standard_normal(scores.shape) * scores.std(axis=0, ddof=1)


def box(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw from the uniform law in the box of the data along their principal axes."""
    low, high = scores.min(axis=0), scores.max(axis=0)
    return low + (high - low) * rng.random(scores.shape)


def bands(
    n: int, features: int, scales: tuple[int, ...], rng: np.random.Generator
) -> list[np.ndarray]:
    """Draw from uniform bands, each as thick as half a neighbourhood of k points is long.

    They are the hardest of the clouds tried: long enough for many chance modes, too thin to walk
    around the gaps between them, thick enough to look more than one-dimensional.
    """
    points = rng.random((n, features))
    across = np.arange(features) > 0
    return [points * np.where(across, k / (2 * n), 1) for k in scales]
