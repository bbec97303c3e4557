"""How strongly the local strength of textures varies: their lambda^2, and fields that have it."""

import numpy as np
from scipy.fft import fftn

from similarity.families.spectrum import polar
from similarity.families.whitened import log_magnitude, whiten
from toolbox.processes.multifractal_walks import log_covariance
from toolbox.processes.periodic_gaussian_fields import filtered, spectral_roots

# A log-correlated field has the power lambda^2 / 2f (signals), the logarithm of a Gaussian's
# modulus a white floor of pi^2 / 8: at 1/6 and lambda^2 = .05 these are .15 and 1.2, and beyond
# there is floor alone.
HIGHEST = 1 / 6  # cycles a sample
# By what an estimate is multiplied: this plus this times itself. Measured, see `intermittency`.
SMEARED = (1.12, 2.0)
LEAST_POWER = 1e-6  # at a frequency, over the mean
LARGEST_BLOCK = 2**20  # samples whitened at once
STRONGEST = 0.2  # lambda^2 an axis


def intermittency(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lambda^2 (n, components) of log-correlated strength, and its error variance.

    The periodogram of log|whitened image| is that of a field of covariance
    lambda^2 ln(T / (1 + r)), T the smallest side, on a white floor. Both are fitted by least
    squares, weighted by the fit to all items together; the expectation of the periodogram is exact
    for this window (Sykulski et al., 2019). Estimates may be negative: cut them off after
    averaging, not before.
    """
    space = images.shape[2:]
    radius, _ = polar(space)
    low = (radius > 0) & (radius <= HIGHEST)
    step = max(1, LARGEST_BLOCK // images[0].size)
    blocks = [images[first : first + step] for first in range(0, len(images), step)]
    observed = np.concatenate([_log_power(block)[..., low] for block in blocks])
    parts = np.stack([window_spectrum(space)[low], np.ones(low.sum())])
    expected = observed.mean(axis=(0, 1))
    # Stripes have no power at most frequencies, which would then count for everything.
    expected = np.maximum(expected, LEAST_POWER * expected.mean())
    # Weights from the fit before: a periodogram's standard deviation is its expectation.
    for _ in range(3):
        weights = 1 / expected**2
        inverse = np.linalg.inv((parts * weights) @ parts.T)
        solve = inverse @ (parts * weights)
        expected = np.maximum(solve @ observed.mean(axis=(0, 1)), 1e-6) @ parts
    found = observed @ solve[0]
    # Whitening band by band smears the strength. The correction holds within 5 % on fields of
    # H = .3 and .7, lambda^2 = .02 to .1, 128 x 128 pixels, whose exact values are known.
    gain = SMEARED[0] + SMEARED[1] * np.maximum(found, 0)
    # Each frequency is there twice, with its conjugate: half as much information.
    return gain * found, np.full(images.shape[:2], 2 * inverse[0, 0] * SMEARED[0] ** 2)


def _log_power(images: np.ndarray) -> np.ndarray:
    """Return the periodogram of log|whitened image|."""
    logs = log_magnitude(whiten(images))
    power = np.abs(fftn(logs, axes=tuple(range(2, images.ndim)))) ** 2
    return power / np.prod(images.shape[2:])


def window_spectrum(space: tuple[int, ...]) -> np.ndarray:
    """Return the expected periodogram of a field of covariance ln(T / (1 + r)) in a window."""
    torus = tuple(2 * n for n in space)
    covariance = log_covariance(torus, 1.0, float(min(space)))
    for axis, n in enumerate(space):
        lag = np.minimum(np.arange(2 * n), 2 * n - np.arange(2 * n))
        covariance = covariance * (1 - lag / n).reshape((-1,) + (1,) * (len(space) - 1 - axis))
    for axis, n in enumerate(space):  # lags n apart are one on the window's grid
        first, last = np.split(covariance, [n], axis=axis)
        covariance = first + last
    return fftn(covariance).real


def uneven_noise(rng: np.random.Generator, strength: np.ndarray, torus: tuple) -> np.ndarray:
    """Return white noise times exp(omega) on a torus, one a strength lambda^2.

    omega is Gaussian of covariance lambda^2 ln(T / (1 + r)), T half the smallest side.
    """
    scale = min(torus) / 2
    roots = spectral_roots(log_covariance(torus, 1.0, scale))
    result = np.empty((*strength.shape, *torus))
    for index in np.ndindex(*strength.shape):
        noise, other = rng.standard_normal((2, *torus))
        unit = filtered(other, roots)
        value = strength[index]
        result[index] = noise * np.exp(np.sqrt(value) * unit - value * np.log(scale))
    return result
