"""The strength of a field's volatility, told by someone who can simulate every class."""

from functools import lru_cache

import numpy as np

from similarity.benchmark_sets import field_laws
from similarity.benchmark_sets.likelihood_oracle import periodograms, whiten
from toolbox.core.streams import generator

FIELDS = 40  # simulated, a class
DEGREE = 3  # of the polynomial in the class that the mean statistics follow


def statistics(white: np.ndarray) -> np.ndarray:
    """Return log-powers of log|e|, |e| and |e|^(1/2) in octaves of frequency, and log-kurtosis."""
    size = white.shape[-1]
    octave = np.floor(np.log2(np.exp(field_laws.log_radius(size)) * size) + 1e-9)
    octave = octave.astype(int).ravel()[1:]
    magnitude = np.abs(white)
    unit = magnitude / np.sqrt((white**2).mean(axis=(1, 2), keepdims=True))
    found = []
    for field in (np.log(unit + 1e-12), unit, np.sqrt(unit)):
        power = periodograms(field)
        found += [np.log(power[:, octave == o].mean(axis=1)) for o in range(octave.max() + 1)]
    return np.stack([*found, np.log((unit**4).mean(axis=(1, 2)))], axis=1)


@lru_cache(maxsize=8)
def trained(size: int, strengths: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the statistics' mean of each class, and the inverse of their common covariance."""
    flat = field_laws.normalised(np.ones((size, size)))
    table = []
    for strength in strengths:
        volatility = field_laws.log_volatility(size, strength)
        rng = generator(0, "volatility oracle", size, repr(float(strength)))
        table.append(
            statistics(np.array([field_laws.draw(flat, volatility, rng) for _ in range(FIELDS)]))
        )
    found = np.array(table)
    powers = np.vander(np.linspace(-1, 1, len(strengths)), min(DEGREE + 1, len(strengths)))
    means = powers @ np.linalg.lstsq(powers, found.mean(axis=1), rcond=None)[0]
    residual = (found - means[:, None]).reshape(-1, found.shape[-1])
    return means, np.linalg.inv(residual.T @ residual / len(residual))


def log_likelihoods(
    images: np.ndarray, spectrum: np.ndarray, strengths: tuple[float, ...]
) -> np.ndarray:
    """Return log-likelihoods (n, K), the statistics taken as Gaussian (Fisher's discriminant)."""
    means, inverse = trained(images.shape[-1], strengths)
    away = statistics(whiten(images, spectrum))[:, None] - means
    return -np.einsum("nkf,fg,nkg->nk", away, inverse, away) / 2
