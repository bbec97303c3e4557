"""The whitened family: what is left of an image when its spectrum is divided out."""

import numpy as np

from similarity.families.spectrum import band_means, bands
from toolbox.multiscale.periodic_component import periodic_component

FLOOR = 0.01  # of the whitened standard deviation, under the logarithm
LEAST = 1e-12  # of an energy: patterns may have none at a scale, and constant parts none at all
FEWEST = 16


def whiten(images: np.ndarray) -> np.ndarray:
    """Divide each item's Fourier transform by its band amplitudes; unit variance.

    The periodic component is whitened, so that the jump between opposite borders does not count
    as texture (Moisan, 2011).
    """
    axes = tuple(range(2, images.ndim))
    layout = bands(images.shape[2:])
    transform = np.fft.fftn(periodic_component(images, dim=len(axes)), axes=axes)
    power = band_means(np.abs(transform) ** 2, layout.label, layout.count)
    none = np.zeros((*power.shape[:2], 1))  # label -1: frequencies in no band
    inverse = np.append(1 / np.sqrt(power + 1e-12), none, axis=-1)
    white = np.fft.ifftn(transform * inverse[..., layout.label], axes=axes).real
    spread = white.std(axis=axes, keepdims=True)
    return white / np.where(spread > 0, spread, 1)


def log_magnitude(white: np.ndarray) -> np.ndarray:
    """Return log|whitened image|, centred: the local volatility, in which c_2 is written."""
    logs = np.log(np.abs(white) + FLOOR)
    return logs - logs.mean(axis=tuple(range(2, white.ndim)), keepdims=True)


def magnitudes(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return, of each component, the log Haar energies a scale of two volatilities, log-kurtosis.

    The volatilities are log|whitened| and |whitened|: the noise of the first is the same
    everywhere, that of the second is smaller beside the variations of strength of most textures
    (pi/2 - 1 against pi^2/8 of white noise). Energies at the dyadic scales that items of `size`
    have 16 boxes at, and of what is left above them; NaN at scales that the items are too small
    for.
    """
    white = whiten(images)
    axes = tuple(range(2, images.ndim))
    magnitude = np.abs(white)
    columns = _haar_energies(log_magnitude(white), size)
    columns += _haar_energies(magnitude - magnitude.mean(axis=axes, keepdims=True), size)
    columns.append(np.log(np.maximum((white**4).mean(axis=axes), LEAST)))
    return np.stack(columns, axis=-1).reshape(len(images), -1)


def _haar_energies(rest: np.ndarray, size: tuple[int, ...]) -> list[np.ndarray]:
    """Return the log-energy (n, components) at each dyadic scale, and of the rest."""
    axes, energies = tuple(range(2, rest.ndim)), []
    for _ in range(_levels(size)):
        if min(rest.shape[2:]) < 2:
            energies.append(np.full(rest.shape[:2], np.nan))
            continue
        coarse = _halve(rest)
        total = (_even(rest) ** 2).mean(axis=axes)
        energies.append(np.log(np.maximum(total - (coarse**2).mean(axis=axes), LEAST)))
        rest = coarse
    energies.append(np.log(np.maximum((rest**2).mean(axis=axes), LEAST)))
    return energies


def _levels(size: tuple[int, ...]) -> int:
    """Return the number of dyadic scales with at least 16 boxes."""
    levels = 1
    while np.prod([n // 2 ** (levels + 1) for n in size]) >= FEWEST:
        levels += 1
    return levels


def _even(x: np.ndarray) -> np.ndarray:
    return x[(slice(None), slice(None), *(slice(n - n % 2) for n in x.shape[2:]))]


def _halve(x: np.ndarray) -> np.ndarray:
    """Average boxes of two samples along each spatial axis."""
    x = _even(x)
    for axis in range(2, x.ndim):
        x = np.moveaxis(x, axis, -1)
        x = x.reshape(*x.shape[:-1], -1, 2).mean(axis=-1)
        x = np.moveaxis(x, -1, axis)
    return x
