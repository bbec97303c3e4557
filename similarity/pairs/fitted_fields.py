"""Fields of an item's spectrum and intermittency: the law that two images of one law share."""

import numpy as np
from scipy.fft import irfftn, rfftn
from scipy.ndimage import map_coordinates

from similarity.families.spectrum import ANGLES, FLOOR, band_means, bands, multitaper, polar
from similarity.pairs.images import standardised
from similarity.pairs.intermittency import uneven_noise
from toolbox.core.streams import generator


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
    result = np.empty((len(images), copies, *images.shape[1:]))
    for copy in range(copies):
        rng = generator(seed, "fitted law", copy)
        for item, transfer in enumerate(amplitude):
            noise = uneven_noise(rng, strength[item], torus)
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
