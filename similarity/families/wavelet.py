"""The wavelet family: log-energies of each scale and direction, their mean removed."""

import numpy as np

from similarity.families.spectrum import FLOOR
from toolbox.multiscale.wavelet_transform import filters, sizes, wavelet_coefficients

WAVELET = "db2"
FEWEST = 8  # coefficients under an energy


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
    details = wavelet_coefficients(images, dim=dim, wavelet=WAVELET, levels=present).details
    axes = tuple(range(-dim, 0))
    energies = [np.log((d**2).mean(axis=axes) + FLOOR) for d in details]
    energies = [e.reshape(*images.shape[:2], -1) for e in energies]
    bands = energies[0].shape[-1]
    result = np.full((*images.shape[:2], wanted * bands), np.nan)
    result[..., : present * bands] = np.concatenate(energies, axis=-1)
    result -= np.nanmean(result, axis=-1, keepdims=True)
    return result.reshape(len(images), -1)
