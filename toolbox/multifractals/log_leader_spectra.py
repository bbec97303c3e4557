"""Spectra of log-leaders at one scale: what is observed of them, and what a cascade would give.

The logarithm of a cascade has the covariance const - lambda^2 ln r. A signal's spectrum falls like
1 / f, which the plain periodogram bears; an image's falls like 1 / f^2, and the window would leak
its lowest frequencies all over it. Increments along the axes of an image have a nearly flat
spectrum, without a taper. What the window still does is put into the model, by the finite Fourier
transform of the covariance at the lags that the window has; the constant is not seen.
"""

import numpy as np
from scipy.fft import fftn

WIDTH = 3  # positions that a leader's neighbourhood joins along an axis
LOWEST_WAVELENGTH = 2 * WIDTH  # of the frequencies that are compared, in leaders


def band(sides: tuple[int, ...]) -> np.ndarray:
    """Return which frequencies of a window are compared, one of each conjugate pair, not zero."""
    axes = np.ix_(*(np.fft.fftfreq(n) for n in sides))
    half = axes[0] > 0 if len(sides) == 1 else (axes[0] > 0) | ((axes[0] == 0) & (axes[1] > 0))
    return half & (frequency(sides) <= 1 / LOWEST_WAVELENGTH)


def frequency(sides: tuple[int, ...]) -> np.ndarray:
    """Return the modulus of the frequency, in cycles a leader, of each pixel of a transform."""
    return np.sqrt(sum(f**2 for f in np.ix_(*(np.fft.fftfreq(n) for n in sides))))


def window(sides: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sides of the periodogram of log-leaders: one less for an image's increments."""
    return sides if len(sides) == 1 else tuple(n - 1 for n in sides)


def periodogram(y: np.ndarray, *, dim: int) -> np.ndarray:
    """Return the periodograms of signals, or of the increments of images, both axes summed."""
    axes = tuple(range(-dim, 0))
    if dim == 1:
        fields = [y - y.mean(axis=-1, keepdims=True)]
    else:
        corner = y[..., :-1, :-1]
        fields = [y[..., 1:, :-1] - corner, y[..., :-1, 1:] - corner]
    return sum(np.abs(fftn(field, axes=axes)) ** 2 for field in fields) / fields[0][0].size


def cascade_spectra(sides: tuple[int, ...]) -> np.ndarray:
    """Return the expected `periodogram` of two fields, stacked, for log-leaders of these sides.

    The first has the covariance const - ln r, r in leaders, the second is white noise of variance
    one; both are averaged over the 3 positions along each axis that a leader joins.
    """
    reach = [n + 1 for n in sides]  # the lags up to n - 1, and two that averaging takes
    lags = np.ix_(*(np.arange(-m, m + 1) for m in reach))
    distance = np.sqrt(sum(lag.astype(np.float64) ** 2 for lag in lags))
    origin = tuple(reach)
    white = np.zeros_like(distance)
    white[origin] = 1
    distance[origin] = 1  # any value there is white noise, which is free
    return np.stack([_expected(covariance) for covariance in (-np.log(distance), white)])


def _expected(covariance: np.ndarray) -> np.ndarray:
    """Return the expected periodogram of the averaged field, from its covariance at all lags."""
    for axis in range(covariance.ndim):
        c = np.moveaxis(covariance, axis, -1)
        n = c.shape[-1] - 4
        # The mean of three neighbours, twice (once for each side of a covariance): 1 2 3 2 1.
        c = sum(w * c[..., i : i + n] for i, w in enumerate((1 / 9, 2 / 9, 3 / 9, 2 / 9, 1 / 9)))
        covariance = np.moveaxis(c, -1, axis)
    if covariance.ndim == 2:
        neighbours = sum(np.roll(covariance, step, axis) for step in (-1, 1) for axis in (0, 1))
        covariance = (4 * covariance - neighbours)[1:-1, 1:-1]  # of both increments, summed
    for axis in range(covariance.ndim):
        c = np.moveaxis(covariance, axis, -1)
        n = (c.shape[-1] + 1) // 2  # lags 1 - n to n - 1, each with its share of pairs
        c = c * (1 - np.abs(np.arange(1 - n, n)) / n)
        folded = c[..., n - 1 :].copy()
        folded[..., 1:] += c[..., : n - 1]
        covariance = np.moveaxis(folded, -1, axis)
    return fftn(covariance).real
