"""Fields on a torus: Gaussian ones, as the generators draw them, and what of an item is periodic.

A periodic covariance is diagonal in the Fourier domain: white noise times the square roots of its
eigenvalues has exactly that covariance. (Dietrich & Newsam, 1997, SIAM J. Sci. Comput. 18, 1088.)
"""

import numpy as np
from scipy.fft import fftn, ifftn, irfftn, rfftn


def torus_distance(torus: tuple[int, ...]) -> np.ndarray:
    """Return the distance of each pixel of a torus to its first pixel, in pixels."""
    steps = [np.minimum(np.arange(m), m - np.arange(m)) for m in torus]
    return np.sqrt(sum(map(np.square, np.ix_(*steps))))


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


def log_covariance(torus: tuple[int, ...], strength: float, scale: float) -> np.ndarray:
    """Return the periodic covariance strength * ln(T / (1 + r)), T the scale; 0 where negative."""
    return strength * np.log(np.maximum(scale / (1 + torus_distance(torus)), 1))


def corner(field: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Crop the corner of a torus, less its first value."""
    field = field[tuple(slice(side) for side in shape)]
    return field - field[(0,) * len(shape)]


def periodic_component(x: np.ndarray, *, dim: int) -> np.ndarray:
    r"""Return the periodic component along the last `dim` axes (Moisan, 2011).

    A discrete Fourier transform takes the jump between opposite sides of a frame for a feature and
    spreads it as a cross over the spectrum. The item is split as :math:`u = p + s`, where the
    smooth :math:`s` solves the periodic Poisson equation :math:`\Delta s = v` with :math:`v` the
    jumps across the frame and mean zero, and :math:`p` is returned.
    """
    axes = tuple(range(-dim, 0))
    jumps = np.zeros(x.shape)
    laplacian = np.zeros(x.shape[-dim:])
    for axis in axes:
        side = np.moveaxis(jumps, axis, 0)
        values = np.moveaxis(np.asarray(x, dtype=np.float64), axis, 0)
        side[0] += values[-1] - values[0]
        side[-1] += values[0] - values[-1]
        length = x.shape[axis]
        ripple = 2 * np.cos(2 * np.pi * np.arange(length) / length) - 2
        laplacian += ripple.reshape(-1, *(1,) * (-1 - axis))
    laplacian.flat[0] = 1.0  # the mean of the jumps is zero, so the smooth part has mean zero
    return x - ifftn(fftn(jumps, axes=axes) / laplacian, axes=axes).real
