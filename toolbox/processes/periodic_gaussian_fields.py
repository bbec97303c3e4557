"""Stationary Gaussian fields on a torus: what the generators of random fields have in common.

A periodic covariance is diagonal in the Fourier domain: white noise times the square roots of its
eigenvalues has exactly that covariance. (Dietrich & Newsam, 1997, SIAM J. Sci. Comput. 18, 1088.)
"""

import numpy as np
from scipy.fft import irfftn, rfftn


def torus_distance(torus: tuple[int, ...]) -> np.ndarray:
    """Return the distance of each pixel of a torus to its first pixel, in pixels."""
    return _norm([np.minimum(np.arange(m), m - np.arange(m)) for m in torus])


def torus_frequencies(torus: tuple[int, ...]) -> list[np.ndarray]:
    """Return each axis's angular frequencies in [-pi, pi], open grids as `rfftn` lays them out."""
    *whole, last = torus
    axes = [*(2 * np.pi * np.fft.fftfreq(m) for m in whole), 2 * np.pi * np.fft.rfftfreq(last)]
    return list(np.ix_(*axes))


def spectral_roots(covariance: np.ndarray) -> np.ndarray:
    """Return the square roots of a periodic covariance's eigenvalues; negative ones count as 0.

    `covariance` is the first row, with the shape of the torus; half of the eigenvalues, as `rfftn`
    lays them out.
    """
    return np.sqrt(np.maximum(rfftn(covariance).real, 0))


def filtered(noise: np.ndarray, transfer: np.ndarray) -> np.ndarray:
    """Multiply a periodic real field by a transfer function in the Fourier domain."""
    return irfftn(rfftn(noise) * transfer, s=noise.shape)


def variogram(transfer: np.ndarray, torus: tuple[int, ...]) -> np.ndarray:
    """Return E (X(x + r) - X(x))^2 of white noise of variance one filtered by `transfer`."""
    covariance = irfftn(np.abs(transfer) ** 2, s=torus)
    return 2 * (covariance[(0,) * len(torus)] - covariance)


def corner(field: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Crop the corner of a torus, less its first value."""
    field = field[tuple(slice(side) for side in shape)]
    return field - field[(0,) * len(shape)]


def _norm(axes: list[np.ndarray]) -> np.ndarray:
    return np.sqrt(sum(axis.astype(np.float64) ** 2 for axis in np.ix_(*axes)))
