"""The hyperbolic family: log-energies of each pair of scales along the two axes, mean removed."""

import numpy as np

from similarity.families.spectrum import FLOOR
from toolbox.multiscale.hyperbolic_wavelets import pair_energies
from toolbox.multiscale.wavelet_transform import filters, sizes

WAVELET = "db2"
FEWEST = 2  # coefficients along an axis at the coarsest scale


def levels_of(space: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many scales along each axis leave `FEWEST` coefficients."""
    length = len(filters(WAVELET)[0])
    return tuple(
        sum(kept >= FEWEST for kept in sizes(n, int(np.log2(n)), length=length, dim=1))
        for n in space
    )


def log_energies(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return the log-energies (n, components x J1 x J2) at the scales of items of `size`.

    The cepstral normalisation: the mean over the pairs of scales is removed. Scales that the items
    are too small for are NaN.
    """
    wanted, present = levels_of(size), levels_of(images.shape[2:])
    result = np.full((*images.shape[:2], *wanted), np.nan)
    energies = pair_energies(images.reshape(-1, *images.shape[2:]), WAVELET, present)
    found = np.log(energies + FLOOR).reshape(*images.shape[:2], *present)
    result[..., : present[0], : present[1]] = found
    result -= np.nanmean(result, axis=(2, 3), keepdims=True)
    return result.reshape(len(images), -1)
