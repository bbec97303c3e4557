"""Items, and fields of the laws fitted to them: the law that two images of one law share.

A law is an item's smooth spectrum, and how strongly its local strength varies (its lambda^2).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.fft import fftn, irfftn, rfftn
from scipy.ndimage import map_coordinates

from similarity.families.spectrum import (
    ANGLES,
    FLOOR,
    band_means,
    bands,
    log_magnitude,
    multitaper,
    polar,
    whiten,
)
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import unit_items
from toolbox.core.streams import generator, integer
from toolbox.processes.periodic_fields import filtered, log_covariance, spectral_roots

# Halves (quadrants) of an item are described too: of 64 samples, or 16 x 16 pixels.
SMALLEST = {1: 128, 2: 32}
LAWS = 32  # items whose law is simulated, at most
FIELDS = 256  # simulated fields in all, at least
# A log-correlated field has the power lambda^2 / 2f (signals), the logarithm of a Gaussian's
# modulus a white floor of pi^2 / 8: at 1/6 and lambda^2 = .05 these are .15 and 1.2, and beyond
# there is floor alone.
HIGHEST = 1 / 6  # cycles a sample
# By what an estimate is multiplied: this plus this times itself. Measured, see `intermittency`.
SMEARED = (1.12, 2.0)
LEAST_POWER = 1e-6  # at a frequency, over the mean
LARGEST_BLOCK = 2**20  # samples whitened at once
STRONGEST = 0.2  # lambda^2 an axis


@dataclass(frozen=True)
class LawFields:
    """Standardised items (n, components, *space) and fields of the laws of some of them.

    `laws` (L,) items and `fields` (L, copies, components, *space).
    """

    images: np.ndarray
    laws: np.ndarray
    fields: np.ndarray


def checked_images(
    images: Any, *, dim: int, smallest: int = 4, argument: str = "images"
) -> np.ndarray:
    """Return (n, components, *space) large enough to be compared."""
    array = checks.not_constant(checks.items(images, argument, dim=dim), argument)
    if len(array) < smallest:
        refuse(argument, f"at least {smallest} items", f"{len(array)}")
    if min(array.shape[2:]) < SMALLEST[dim]:
        refuse(argument, f"at least {SMALLEST[dim]} samples an axis", f"shape {array.shape}")
    return array


def standardised(images: np.ndarray, *, dim: int) -> np.ndarray:
    """Return float64 fields of mean 0 and variance 1 over the last `dim` axes."""
    axes = tuple(range(-dim, 0))
    centred = unit_items(images, dim=dim)[0].astype(np.float64)  # squares stay in range
    centred = centred - centred.mean(axis=axes, keepdims=True)
    return centred / centred.std(axis=axes, keepdims=True)


def law_fields(images: np.ndarray, *, seed: int) -> LawFields:
    """Simulate the laws fitted to some of standardised ``(n, components, *space)``."""
    laws = _some(len(images), LAWS, seed)
    copies = max(6, -(-FIELDS // len(laws)))
    strength, error = intermittency(images)
    strength = np.clip(shrunk(strength, error.mean()), 0, STRONGEST * (images.ndim - 2))
    law_seed = integer(seed, "fitted law")
    fields = simulate(images[laws], strength[laws], copies=copies, seed=law_seed)
    return LawFields(images=images, laws=laws, fields=fields)


def _some(n: int, most: int, seed: int) -> np.ndarray:
    """Return at most `most` of n items."""
    if n <= most:
        return np.arange(n)
    return np.sort(generator(seed, "laws").permutation(n)[:most])


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
    observed = np.concatenate([_log_power(block, low) for block in blocks])
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


def _log_power(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the periodogram of log|whitened image| at the chosen frequencies."""
    logs = log_magnitude(whiten(images))
    power = np.abs(fftn(logs, axes=tuple(range(2, images.ndim)))) ** 2
    return (power / np.prod(images.shape[2:]))[..., chosen]


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


def uneven_noise(
    rng: np.random.Generator, strength: np.ndarray, torus: tuple, roots: np.ndarray
) -> np.ndarray:
    """Return white noise times exp(omega) on a torus, one a strength lambda^2.

    omega is Gaussian of covariance lambda^2 ln(T / (1 + r)), T half the smallest side; `roots` are
    the spectral roots of that with lambda^2 = 1.
    """
    scale = min(torus) / 2
    result = np.empty((*strength.shape, *torus))
    for index in np.ndindex(*strength.shape):
        noise, other = rng.standard_normal((2, *torus))
        if value := strength[index]:
            unit = filtered(other, roots)
            noise *= np.exp(np.sqrt(value) * unit - value * np.log(scale))
        result[index] = noise
    return result


def log_spectrum(images: np.ndarray, space: tuple[int, ...]) -> np.ndarray:
    """Return each item's smooth log-spectrum (n, components, *space) on a torus of size `space`.

    Band powers are interpolated linearly in log-radius and angle; beyond the first and the last
    ring the spectrum goes on with the slope of a straight line through all rings. Noise is
    shrunk away across items first.
    """
    size = images.shape[2:]
    layout, angles = bands(size), ANGLES[len(size)]
    table = np.log(band_means(multitaper(images), layout.label, layout.count) + FLOOR)
    table -= table.mean(axis=-1, keepdims=True)
    # A band of m frequencies, in conjugate pairs, has a log power of variance about 2/m. What
    # items differ by beyond that is theirs; a law as rough as one periodogram is not.
    noise = 2 / (np.bincount(layout.label[layout.label >= 0]) + 2)
    table = shrunk(table, noise)
    table = table.reshape(*table.shape[:2], -1, angles)
    rings = layout.logs - layout.logs.mean()
    slope = (table.mean(axis=-1) @ rings) / (rings @ rings)
    radius, angle = polar(space)
    logs = np.log(np.where(radius > 0, radius, radius[radius > 0].min()))
    inside = np.clip(logs, layout.logs[0], layout.logs[-1])
    ring = np.interp(inside, layout.logs, np.arange(len(layout.logs)))
    wrapped = np.concatenate([table, table[..., :1]], axis=-1)
    at = np.array([ring.ravel(), (angle / np.pi * angles).ravel()])
    result = np.array(
        [[map_coordinates(t, at, order=1, mode="nearest") for t in item] for item in wrapped]
    ).reshape(*table.shape[:2], *space)
    return result + _column(slope, space) * (logs - inside)


def simulate(images: np.ndarray, strength: np.ndarray, *, copies: int, seed: int) -> np.ndarray:
    """Return (n, copies, components, *space): each item's fitted law, on twice the size, cropped.

    Standardised as items are. White noise of log-correlated strength (lambda^2 = `strength`,
    (n, components)) is given the item's smooth spectrum. Components are drawn independently of one
    another.
    """
    space = images.shape[2:]
    axes = tuple(range(2, images.ndim))
    # Twice the size, then cropped: a torus's opposite borders would resemble each other.
    torus = tuple(2 * n for n in space)
    half = (..., slice(torus[-1] // 2 + 1))
    amplitude = np.exp(log_spectrum(images, torus) / 2)
    amplitude[(..., *(0,) * len(space))] = 0
    amplitude /= np.sqrt((amplitude**2).mean(axis=axes, keepdims=True))
    crop = (..., *(slice(n) for n in space))
    along = tuple(range(1, images.ndim - 1))
    roots = spectral_roots(log_covariance(torus, 1.0, min(torus) / 2))
    result = np.empty((len(images), copies, *images.shape[1:]))
    for copy in range(copies):
        rng = generator(seed, "fitted law", copy)
        for item, transfer in enumerate(amplitude):
            noise = uneven_noise(rng, strength[item], torus, roots)
            field = irfftn(rfftn(noise, axes=along) * transfer[half], s=torus, axes=along)
            result[item, copy] = field[crop]
    return standardised(result, dim=len(space))


def shrunk(values: np.ndarray, noise: np.ndarray | float) -> np.ndarray:
    """Move items to their mean by the share of their variance that is noise (James and Stein)."""
    if len(values) == 1:
        return values
    spread = values.var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        keep = np.where(spread > 0, np.maximum(0, 1 - noise / spread), 0)
    return values.mean(axis=0) + keep * (values - values.mean(axis=0))


def _column(values: np.ndarray, space: tuple[int, ...]) -> np.ndarray:
    return values.reshape(*values.shape, *(1,) * len(space))
