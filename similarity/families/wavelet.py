"""The wavelet, hyperbolic and leaders families: what wavelet coefficients tell of a texture.

Log-energies of each scale and direction, and of each pair of scales along the two axes, their mean
removed; and every statistic of the description that the spectrum does not settle.
"""

from functools import lru_cache

import numpy as np

from similarity.families.spectrum import FLOOR
from toolbox.multiscale.descriptions import description_labels, description_of, measured
from toolbox.multiscale.hyperbolic_wavelets import pair_energies
from toolbox.multiscale.wavelet_transform import details_of, filters, sizes

WAVELET = "db2"
FEWEST = 8  # coefficients under an energy of a scale and direction
FEWEST_ALONG = 2  # coefficients along an axis at the coarsest scale of a pair


def levels_of(space: tuple[int, ...]) -> int:
    """Return how many scales leave `FEWEST` coefficients in a band."""
    length = len(filters(WAVELET)[0])
    most = int(np.log2(min(space)))
    kept = [sizes(n, most, length=length, dim=len(space)) for n in space]
    enough = [min(k) > 0 and np.prod(k) >= FEWEST for k in zip(*kept, strict=True)]
    return max(1, int(np.argmin([*enough, False])))


def log_energies(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return the log-energies (n, components x bands) at the scales of items of `size`.

    The cepstral form: the mean over bands is removed, so that a gain changes nothing and the
    coarsest, noisiest energies do not spread into all others. Scales that the items are too small
    for are NaN.
    """
    dim, space = images.ndim - 2, images.shape[2:]
    present, wanted = min(levels_of(space), levels_of(size)), levels_of(size)
    options = {"dim": dim, "wavelet": WAVELET, "levels": present, "device": "auto"}
    details = details_of(images, images.shape[:2], **options).details
    axes = tuple(range(-dim, 0))
    energies = [np.log((d**2).mean(axis=axes) + FLOOR) for d in details]
    energies = [e.reshape(*images.shape[:2], -1) for e in energies]
    bands = energies[0].shape[-1]
    result = np.full((*images.shape[:2], wanted * bands), np.nan)
    result[..., : present * bands] = np.concatenate(energies, axis=-1)
    result -= np.nanmean(result, axis=-1, keepdims=True)
    return result.reshape(len(images), -1)


def pair_levels(space: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many scales along each axis leave `FEWEST_ALONG` coefficients."""
    length = len(filters(WAVELET)[0])
    return tuple(
        sum(kept >= FEWEST_ALONG for kept in sizes(n, int(np.log2(n)), length=length, dim=1))
        for n in space
    )


def pair_log_energies(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return the log-energies (n, components x J1 x J2) at the scales of items of `size`.

    The cepstral normalisation: the mean over the pairs of scales is removed. Scales that the items
    are too small for are NaN.
    """
    wanted, present = pair_levels(size), pair_levels(images.shape[2:])
    result = np.full((*images.shape[:2], *wanted), np.nan)
    energies = pair_energies(images.reshape(-1, *images.shape[2:]), WAVELET, present)
    found = np.log(energies + FLOOR).reshape(*images.shape[:2], *present)
    result[..., : present[0], : present[1]] = found
    result -= np.nanmean(result, axis=(2, 3), keepdims=True)
    return result.reshape(len(images), -1)


def non_spectral(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return the sparsity, leaders, dependence and asymmetry statistics of items of `size`.

    Statistics at scales that the items are too small for are NaN.
    """
    names = _names((1, images.shape[1], *size))
    found = description_of(list(measured(images, "images")), images.shape)
    column = {name: i for i, name in enumerate(found.names)}
    result = np.full((len(images), len(names)), np.nan)
    for i, name in enumerate(names):
        if name in column:
            result[:, i] = found.values[:, column[name]]
    return result


@lru_cache(maxsize=8)
def _names(shape: tuple[int, ...]) -> list[str]:
    return [name for name, group, *_ in description_labels(shape) if group != "spectrum"]
