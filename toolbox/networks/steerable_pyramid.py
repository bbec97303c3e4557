"""A decimated complex steerable pyramid and its rectified bands (torch), for signals and images."""

from math import factorial, pi, sqrt
from typing import NamedTuple

import numpy as np
import torch


class PyramidFilters(NamedTuple):
    """Transfer functions on the Fourier grids of a periodic canvas, in FFT order."""

    bands: tuple[torch.Tensor, ...]  # level j: (orientations, *canvas / 2^j), one-sided
    high: torch.Tensor  # (*canvas), what lies above the finest band
    low: torch.Tensor  # (*canvas / 2^levels), what lies below the coarsest band


def pyramid_filters(canvas: tuple[int, ...], *, levels: int, orientations: int) -> PyramidFilters:
    r"""Return the filters for a canvas whose sides are multiples of :math:`2^{levels}`.

    With the raised cosine :math:`\ell(r) = \cos(\frac\pi2 \log_2 \frac{2r}{\pi})` between
    :math:`\pi/2` and :math:`\pi` (one below, zero above), band j has the radial part
    :math:`\ell(2^j r) \sqrt{1 - \ell(2^{j+1} r)^2}` and, on images, the angular part
    :math:`c \cos^{L-1}(\theta - \pi l / L)` on the half plane around its orientation (Simoncelli
    & Freeman, 1995; Portilla & Simoncelli, 2000); on signals, the positive frequencies. Half the
    sum of squares of the one-sided filters at a frequency and its opposite, plus the squares of
    the two residuals, is one: the pyramid keeps energy.
    """
    bands = []
    for level in range(levels):
        radius, angle = _polar([length >> level for length in canvas], level)
        radial = _low(radius * 2**level) * np.sqrt(1 - _low(radius * 2 ** (level + 1)) ** 2)
        bands.append(_tensor(np.stack([radial * a for a in _angular(angle, orientations)])))
    high = np.sqrt(1 - _low(_polar(list(canvas), 0)[0]) ** 2)
    low = _low(_polar([length >> levels for length in canvas], levels)[0] * 2**levels)
    return PyramidFilters(bands=tuple(bands), high=_tensor(high), low=_tensor(low))


def rectified_bands(
    x: torch.Tensor, filters: PyramidFilters
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    r"""Return each level's ReLU features, and the next coarser level's on the same grid.

    The features of a complex band z are the positive parts of :math:`\Re(e^{i\alpha} z)` for the
    phases :math:`\alpha = 0, \pi/2, \pi, 3\pi/2` (Brochard, Zhang & Mallat, 2022). The finest level
    also holds the rectified high-pass residual, and the last entry the low-pass residual itself.

    Parameters
    ----------
    x : Tensor, shape (B, K, *canvas)
    filters : PyramidFilters

    Returns
    -------
    own : list of levels + 1 Tensors, shape (B, channels, *canvas / 2^j)
    coarser : list of levels - 1 Tensors
        Level j + 1 interpolated to the grid of level j.
    """
    bands = complex_bands(x, filters)
    own = [_rectified(z.flatten(1, 2)) for z in bands.own]
    coarser = [_rectified(z.flatten(1, 2)) for z in bands.coarser]
    own[0] = torch.cat([own[0], torch.relu(bands.high), torch.relu(-bands.high)], dim=1)
    own.append(bands.low)
    return own, coarser


class Bands(NamedTuple):
    """The bands of items (B, K, *canvas) at each level, and the two residuals."""

    own: tuple[torch.Tensor, ...]  # level j: complex (B, K, orientations, *canvas / 2^j)
    coarser: tuple[torch.Tensor, ...]  # level j + 1 interpolated to the grid of level j
    high: torch.Tensor  # real (B, K, *canvas)
    low: torch.Tensor  # real (B, K, *canvas / 2^levels)


def complex_bands(x: torch.Tensor, filters: PyramidFilters) -> Bands:
    """Return the complex bands of items (B, K, *canvas) and the real residuals."""
    axes, inner = tuple(range(2, x.ndim)), tuple(range(3, x.ndim + 1))
    spectrum = torch.fft.fftn(x, dim=axes)
    levels = len(filters.bands)
    spectra = [
        _crop(spectrum, level, axes)[:, :, None] * band for level, band in enumerate(filters.bands)
    ]
    return Bands(
        own=tuple(torch.fft.ifftn(s, dim=inner) for s in spectra),
        coarser=tuple(torch.fft.ifftn(_widen(s, inner), dim=inner) for s in spectra[1:]),
        high=torch.fft.ifftn(spectrum * filters.high, dim=axes).real,
        low=torch.fft.ifftn(_crop(spectrum, levels, axes) * filters.low, dim=axes).real,
    )


def _rectified(z: torch.Tensor) -> torch.Tensor:
    """Return the four half-wave parts of a complex band, stacked as channels."""
    return torch.relu(torch.cat([z.real, z.imag, -z.real, -z.imag], dim=1))


def _crop(spectrum: torch.Tensor, level: int, axes: tuple[int, ...]) -> torch.Tensor:
    """Keep the frequencies of a grid that is 2^level times coarser; amplitudes stay."""
    if level == 0:
        return spectrum
    for axis in axes:
        length = spectrum.shape[axis] >> level
        lower = spectrum.narrow(axis, 0, (length + 1) // 2)
        upper = spectrum.narrow(axis, spectrum.shape[axis] - length // 2, length // 2)
        spectrum = torch.cat([lower, upper], dim=axis)
    return spectrum / 2 ** (level * len(axes))


def _widen(spectrum: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    """Put zeros for the frequencies of a grid twice as fine; amplitudes stay."""
    for axis in axes:
        length = spectrum.shape[axis]
        lower = spectrum.narrow(axis, 0, (length + 1) // 2)
        upper = spectrum.narrow(axis, (length + 1) // 2, length // 2)
        spectrum = torch.cat([lower, torch.zeros_like(spectrum), upper], dim=axis)
    return spectrum * 2 ** len(axes)


def _polar(lengths: list[int], level: int) -> tuple[np.ndarray, np.ndarray]:
    """Return radius and angle of the frequencies of a grid with spacing 2^level."""
    axes = [2 * pi * np.fft.fftfreq(length, d=2.0**level) for length in lengths]
    if len(axes) == 1:
        return np.abs(axes[0]), np.where(axes[0] >= 0, 0.0, pi)
    rows, columns = np.meshgrid(*axes, indexing="ij")
    return np.hypot(rows, columns), np.arctan2(rows, columns)


def _angular(angle: np.ndarray, orientations: int) -> list[np.ndarray]:
    """Return the one-sided angular parts; half the sum of squares over both sides is one."""
    order = orientations - 1
    constant = 2**order * factorial(order) / sqrt(orientations * factorial(2 * order))
    turned = [angle - pi * k / orientations for k in range(orientations)]
    wrapped = [(t + pi) % (2 * pi) - pi for t in turned]
    return [
        sqrt(2) * constant * np.where(np.abs(t) < pi / 2, np.cos(t) ** order, 0.0) for t in wrapped
    ]


def _low(radius: np.ndarray) -> np.ndarray:
    """Return the low-pass raised cosine: one up to pi / 2, zero from pi."""
    octave = np.clip(np.log2(np.maximum(radius, 1e-12) / (pi / 2)), 0.0, 1.0)
    return np.cos(pi / 2 * octave)


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)
