"""What three common distances between sets of images compare, and the tests of two of them.

Each image is turned into a row of numbers once; a permutation only sums rows anew.
"""

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from synthesis import frechet_distance
from toolbox.retraining.streams import generator

DISTANCES = {
    "frechet": "Fréchet, random filters",
    "spectrum": "radial spectrum",
    "patches": "sliced Wasserstein, patches",
}
FILTERS = {3: 8, 7: 8, 15: 8}  # side of the filters: how many
RINGS = 16
PATCH, PATCHES, PROJECTIONS = 8, 64, 32
EDGES = np.linspace(-5, 5, 65)  # in standard deviations of an image


def features(images: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
    """Return a row an image for each distance; the images are standardised."""
    return {
        "frechet": filtered(images, seed=seed),
        "spectrum": rings(images),
        "patches": patch_distributions(images, seed=seed),
    }


def filtered(images: np.ndarray, *, seed: int) -> np.ndarray:
    """Return the means (n, 24) of the rectified answers of random filters."""
    spectra, space = np.fft.rfft2(images), images.shape[1:]
    means = []
    for side, count in FILTERS.items():
        taps = generator(seed, "random filters", side).standard_normal((count, side, side))
        taps -= taps.mean(axis=(1, 2), keepdims=True)
        taps /= np.sqrt((taps**2).sum(axis=(1, 2), keepdims=True))
        for transfer in np.fft.rfft2(taps, s=space):
            answer = np.fft.irfft2(spectra * transfer, s=space)
            means.append(np.maximum(answer, 0)[:, side - 1 :, side - 1 :].mean(axis=(1, 2)))
    return np.stack(means, axis=1)


def rings(images: np.ndarray) -> np.ndarray:
    """Return the log power (n, 16) in rings of frequency, with a Hann window."""
    h, w = images.shape[1:]
    window = np.hanning(h)[:, None] * np.hanning(w)
    power = np.abs(np.fft.fft2(images * window)) ** 2
    radius = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w))
    edges = np.geomspace(1.5 / min(h, w), 0.5, RINGS + 1)
    inside = [(radius >= low) & (radius < high) for low, high in pairwise(edges)]
    return np.stack([np.log(power[:, ring].mean(axis=1)) for ring in inside if ring.any()], axis=1)


def patch_distributions(images: np.ndarray, *, seed: int) -> np.ndarray:
    """Return the distribution functions (n, projections x edges) of projected patches."""
    rng = generator(seed, "patches")
    directions = rng.standard_normal((PATCH * PATCH, PROJECTIONS))
    directions /= np.sqrt((directions**2).sum(axis=0))
    windows = sliding_window_view(images, (PATCH, PATCH), axis=(1, 2))
    rows, columns = (rng.integers(0, size, PATCHES) for size in windows.shape[1:3])
    projected = windows[:, rows, columns].reshape(len(images), PATCHES, -1) @ directions
    below = projected[..., None] <= EDGES
    return below.mean(axis=1).reshape(len(images), -1)


def p_value(name: str, rows: np.ndarray, *, n: int, resamples: int, seed: int) -> float:
    """Return the permutation p-value of a distance between the first n rows and the others."""
    if name == "frechet":
        rows = rows / rows.std(axis=0)  # of both sets together: no permutation changes it
        options = {"dim": 0, "seed": seed, "resamples": resamples}
        return round(frechet_distance(rows[:n], rows[n:], **options).p_value, 9)
    rng = generator(seed, "set distance", name)
    orders = [np.arange(len(rows)), *(rng.permutation(len(rows)) for _ in range(resamples))]
    measure = {"spectrum": shift, "patches": wasserstein}[name]
    found = np.array([measure(rows[order[:n]], rows[order[n:]]) for order in orders])
    return float(np.mean(found >= found[0] * (1 - 1e-9)))


def shift(a: np.ndarray, b: np.ndarray) -> float:
    """Return the sum of squared mean differences over the pooled within-set variances."""
    within = np.var(a, axis=0, ddof=1) + np.var(b, axis=0, ddof=1)
    return float((((a.mean(axis=0) - b.mean(axis=0)) ** 2) / within).sum())


def wasserstein(a: np.ndarray, b: np.ndarray) -> float:
    """Return the mean over projections of the area between two distribution functions."""
    return float(np.abs(a.mean(axis=0) - b.mean(axis=0)).mean())
