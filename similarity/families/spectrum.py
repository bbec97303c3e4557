"""The spectrum and the whitened family: log-spectra, and what is left when they are divided out.

Spectra are averaged over bands of radius and angle.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from toolbox.processes.periodic_fields import periodic_component

RINGS_PER_OCTAVE = 1.25
ANGLES = {1: 1, 2: 4}
TAPERS = {1: 3, 2: 2}  # along each axis
FLOOR = 1e-12  # of an item's variance, under every logarithm
LOG_FLOOR = 0.01  # of the whitened standard deviation, under the logarithm of its magnitude
LEAST_ENERGY = 1e-12  # patterns may have none at a scale, and constant parts none at all
FEWEST_BOXES = 16  # under an energy of a scale


@dataclass(frozen=True)
class Bands:
    """Where each frequency of a discrete Fourier transform belongs.

    `label` is the band of each frequency (-1 = none), `logs` (rings,) the mean log-radius of a
    ring, `edges` the rings' radii in cycles a sample.
    """

    label: np.ndarray
    logs: np.ndarray
    edges: np.ndarray
    count: int


def polar(space: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the radius (cycles a sample) and the angle in [0, pi) of each frequency."""
    grids = np.meshgrid(*(np.fft.fftfreq(n) for n in space), indexing="ij")
    radius = np.sqrt(sum(g**2 for g in grids))
    angle = np.zeros(space) if len(space) == 1 else np.mod(np.arctan2(*grids), np.pi)
    return radius, angle


@lru_cache(maxsize=8)
def bands(space: tuple[int, ...]) -> Bands:
    """Return the bands of items of one size: rings merged until no band of theirs is empty."""
    lowest, highest = 1 / min(space), 0.5 * np.sqrt(len(space))
    rings = max(2, round(RINGS_PER_OCTAVE * np.log2(highest / lowest)))
    edges = list(np.geomspace(lowest, highest, rings + 1))
    edges[0], edges[-1] = edges[0] * (1 - 1e-9), edges[-1] * (1 + 1e-9)
    while True:
        label = _labels(space, tuple(edges))
        size = np.bincount(label[label >= 0], minlength=(len(edges) - 1) * ANGLES[len(space)])
        empty = np.flatnonzero(size.reshape(len(edges) - 1, -1).min(axis=1) == 0)
        if not len(empty):
            break
        del edges[max(1, min(empty[0] + 1, len(edges) - 2))]
    radius, _ = polar(space)
    ring = np.where(label >= 0, label // ANGLES[len(space)], -1)
    logs = np.array([np.log(radius[ring == r]).mean() for r in range(len(edges) - 1)])
    return Bands(label=label, logs=logs, edges=np.array(edges), count=size.size)


def _labels(space: tuple[int, ...], edges: tuple[float, ...]) -> np.ndarray:
    """Return the band, ring x angles + angle, of each frequency; the angles are centred on 0."""
    radius, angle = polar(space)
    angles = ANGLES[len(space)]
    sector = np.floor(angle / np.pi * angles + 0.5).astype(int) % angles
    ring = np.digitize(radius, edges) - 1
    inside = (ring >= 0) & (ring < len(edges) - 1)
    return np.where(inside, ring * angles + sector, -1)


def log_spectra(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return the log band powers (n, components x bands) of items, their mean removed.

    The bands are those of items of `size`, so that parts of an item are described by the bands of
    the whole; a band that the part is too small for is NaN.
    """
    layout = bands(tuple(size))
    space = images.shape[2:]
    label = layout.label if space == tuple(size) else _labels(space, tuple(layout.edges))
    power = band_means(multitaper(images), label, layout.count)
    logs = np.log(power + FLOOR)
    logs = logs - np.nanmean(logs, axis=-1, keepdims=True)
    return logs.reshape(len(images), -1)


def multitaper(images: np.ndarray) -> np.ndarray:
    """Return the periodogram averaged over sine tapers (Riedel and Sidorenko, 1995)."""
    space = images.shape[2:]
    axes = tuple(range(2, images.ndim))
    centred = images - images.mean(axis=axes, keepdims=True)
    tapers = [sine_tapers(n, TAPERS[len(space)]) for n in space]
    power = np.zeros(images.shape)
    for index in np.ndindex(*(len(t) for t in tapers)):
        window = 1.0
        for axis, (taper, k) in enumerate(zip(tapers, index, strict=True)):
            window = window * taper[k].reshape((-1,) + (1,) * (len(space) - 1 - axis))
        power += np.abs(np.fft.fftn(centred * window, axes=axes)) ** 2
    return power / TAPERS[len(space)] ** len(space)


def sine_tapers(n: int, tapers: int) -> np.ndarray:
    """Return orthonormal tapers sqrt(2/(n + 1)) sin(pi k t/(n + 1)), k = 1 ..."""
    k, t = np.arange(1, tapers + 1)[:, None], np.arange(1, n + 1)
    return np.sqrt(2 / (n + 1)) * np.sin(np.pi * k * t / (n + 1))


def band_means(power: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Average (n, components, *space) over each band; NaN for a band without a frequency."""
    result = np.full((*power.shape[:2], count), np.nan)
    for band in np.unique(label[label >= 0]):
        result[..., band] = power[..., label == band].mean(axis=-1)
    return result


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
    logs = np.log(np.abs(white) + LOG_FLOOR)
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
    columns.append(np.log(np.maximum((white**4).mean(axis=axes), LEAST_ENERGY)))
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
        energies.append(np.log(np.maximum(total - (coarse**2).mean(axis=axes), LEAST_ENERGY)))
        rest = coarse
    energies.append(np.log(np.maximum((rest**2).mean(axis=axes), LEAST_ENERGY)))
    return energies


def _levels(size: tuple[int, ...]) -> int:
    """Return the number of dyadic scales with at least 16 boxes."""
    levels = 1
    while np.prod([n // 2 ** (levels + 1) for n in size]) >= FEWEST_BOXES:
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
