"""A decimated complex steerable pyramid and its rectified bands (torch), for signals and images."""

from functools import partial
from math import factorial, pi, sqrt
from typing import Any, NamedTuple

import numpy as np
import torch

from toolbox.torch_features.fourier_grids import coarse_spectrum


class PyramidFilters(NamedTuple):
    """Transfer functions on the Fourier grids of a periodic canvas, in FFT order."""

    bands: tuple[torch.Tensor, ...]  # level j: (orientations, *canvas / 2^j), one-sided
    high: torch.Tensor | None  # (*canvas), what lies above the finest band
    low: torch.Tensor  # (*canvas / 2^levels), what lies below the coarsest band
    above: torch.Tensor | None  # (orientations, *canvas): high, one-sided


def grid_levels(levels: int) -> list[int]:
    """Return by how many octaves the grid of each `rectified_bands` is coarser than the canvas."""
    return [0, *range(levels + 1)]


def on_coarser_grid(filters: PyramidFilters, level: int) -> PyramidFilters:
    """Return the filters of the bands that a grid 2^level times coarser than the canvas has."""
    if level == 0:
        return filters
    return PyramidFilters(bands=filters.bands[level:], high=None, low=filters.low, above=None)


def pyramid_filters(
    canvas: tuple[int, ...], *, levels: int, orientations: int, device: Any = "cpu"
) -> PyramidFilters:
    r"""Return the filters for a canvas whose sides are multiples of :math:`2^{levels}`.

    With the raised cosine :math:`\ell(r) = \cos(\frac\pi2 \log_2 \frac{2r}{\pi})` between
    :math:`\pi/2` and :math:`\pi` (one below, zero above), band j has the radial part
    :math:`\ell(2^j r) \sqrt{1 - \ell(2^{j+1} r)^2}` and, on images, the angular part
    :math:`c \cos^{L-1}(\theta - \pi l / L)` on the half plane around its orientation (Simoncelli
    & Freeman, 1995; Portilla & Simoncelli, 2000); on signals, the positive frequencies. Half the
    sum of squares of the one-sided filters at a frequency and its opposite, plus the squares of
    the two residuals, is one: the pyramid keeps energy. The high residual, which holds most of the
    horizontal and vertical details of the finest octave of an orthogonal wavelet, is also given
    split in the same orientations.
    """
    bands = []
    for level in range(levels):
        radius, angle = _polar([length >> level for length in canvas], level)
        radial = _low(radius * 2**level) * np.sqrt(1 - _low(radius * 2 ** (level + 1)) ** 2)
        bands.append(np.stack([radial * a for a in _angular(angle, orientations)]))
    radius, angle = _polar(list(canvas), 0)
    high = np.sqrt(1 - _low(radius) ** 2)
    parts = np.stack(_angular(angle, orientations))
    above = high * parts / _mean_root(parts)
    low = _low(_polar([length >> levels for length in canvas], levels)[0] * 2**levels)
    tensor = partial(torch.tensor, dtype=torch.float32, device=device)
    return PyramidFilters(tuple(map(tensor, bands)), tensor(high), tensor(low), tensor(above))


def rectified_bands(
    x: torch.Tensor, filters: PyramidFilters
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    r"""Return each band's ReLU features, and the next coarser band's on the same grid.

    The features of a complex band z are the positive parts of :math:`\Re(e^{i\alpha} z)` for the
    phases :math:`\alpha = 0, \pi/2, \pi, 3\pi/2` (Brochard, Zhang & Mallat, 2022). The first band
    is what lies above the octaves, on the grid of the finest octave, unless the filters are those
    of a coarser grid; the last entry is the low-pass residual itself.

    Parameters
    ----------
    x : Tensor, shape (B, K, *canvas)
    filters : PyramidFilters

    Returns
    -------
    own : list of levels + 2 Tensors, shape (B, channels, *canvas / 2^grid), see `grid_levels`
    coarser : list of levels Tensors
        The next band, interpolated to the grid of each one.
    """
    bands = complex_bands(x, filters._replace(high=None))
    own = [_rectified(z.flatten(1, 2)) for z in bands.own]
    coarser = [_rectified(z.flatten(1, 2)) for z in bands.coarser]
    if filters.above is not None:
        axes, inner = tuple(range(2, x.ndim)), tuple(range(3, x.ndim + 1))
        above = torch.fft.fftn(x, dim=axes)[:, :, None] * filters.above
        coarser.insert(0, own[0])
        own.insert(0, _rectified(torch.fft.ifftn(above, dim=inner).flatten(1, 2)))
    return [*own, bands.low], coarser


class Bands(NamedTuple):
    """The bands of items (B, K, *canvas) at each level, and the two residuals."""

    own: tuple[torch.Tensor, ...]  # level j: complex (B, K, orientations, *canvas / 2^j)
    coarser: tuple[torch.Tensor, ...]  # level j + 1 interpolated to the grid of level j
    high: torch.Tensor | None  # real (B, K, *canvas), None on a coarser grid
    low: torch.Tensor  # real (B, K, *canvas / 2^levels)


def complex_bands(x: torch.Tensor, filters: PyramidFilters) -> Bands:
    """Return the complex bands of items (B, K, *canvas) and the real residuals."""
    axes, inner = tuple(range(2, x.ndim)), tuple(range(3, x.ndim + 1))
    spectrum = torch.fft.fftn(x, dim=axes)
    levels = len(filters.bands)
    spectra = [
        coarse_spectrum(spectrum, level, len(axes))[:, :, None] * band
        for level, band in enumerate(filters.bands)
    ]
    return Bands(
        own=tuple(torch.fft.ifftn(s, dim=inner) for s in spectra),
        coarser=tuple(torch.fft.ifftn(_widen(s, inner), dim=inner) for s in spectra[1:]),
        high=None
        if filters.high is None
        else torch.fft.ifftn(spectrum * filters.high, dim=axes).real,
        low=torch.fft.ifftn(
            coarse_spectrum(spectrum, levels, len(axes)) * filters.low, dim=axes
        ).real,
    )


def _rectified(z: torch.Tensor) -> torch.Tensor:
    """Return the four half-wave parts of a complex band, stacked as channels."""
    return torch.relu(torch.cat([z.real, z.imag, -z.real, -z.imag], dim=1))


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
    axes = [np.where(axis == -pi / 2.0**level, -axis, axis) for axis in axes]
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


def _mean_root(parts: np.ndarray) -> np.ndarray:
    """Return the root of half the sum of squares at a frequency and its opposite.

    It is one, but for the highest frequency of an even side, which is its own opposite.
    """
    axes = tuple(range(parts.ndim - 1))
    square = (parts**2).sum(axis=0)
    return np.sqrt((square + np.roll(np.flip(square, axes), 1, axes)) / 2)


def _low(radius: np.ndarray) -> np.ndarray:
    """Return the low-pass raised cosine: one up to pi / 2, zero from pi."""
    octave = np.clip(np.log2(np.maximum(radius, 1e-12) / (pi / 2)), 0.0, 1.0)
    return np.cos(pi / 2 * octave)
