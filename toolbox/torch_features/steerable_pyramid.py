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
    wide: tuple[torch.Tensor, ...]  # band j + 1 on the grid of band j, zeros above it


def grid_levels(levels: int) -> list[int]:
    """Return by how many octaves the grid of each `rectified_bands` is coarser than the canvas."""
    return [0, *range(levels + 1)]


def on_coarser_grid(filters: PyramidFilters, level: int) -> PyramidFilters:
    """Return the filters of the bands that a grid 2^level times coarser than the canvas has."""
    if level == 0:
        return filters
    return filters._replace(
        bands=filters.bands[level:], high=None, above=None, wide=filters.wide[level:]
    )


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
    wide = [_widened(tensor(band)) for band in bands[1:]]
    bands = tuple(map(tensor, bands))
    return PyramidFilters(bands, tensor(high), tensor(low), tensor(above), tuple(wide))


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
    axes, inner = tuple(range(2, x.ndim)), tuple(range(3, x.ndim + 1))
    spectrum = torch.fft.fftn(x, dim=axes)
    bands = _bands(spectrum, filters._replace(high=None))
    own = [_rectified(z.flatten(1, 2)) for z in bands.own]
    coarser = [_rectified(z.flatten(1, 2)) for z in bands.coarser]
    if filters.above is not None:
        above = torch.fft.ifftn(spectrum[:, :, None] * filters.above, dim=inner)
        coarser.insert(0, own[0])
        own.insert(0, _rectified(above.flatten(1, 2)))
    return [*own, bands.low], coarser


class Bands(NamedTuple):
    """The bands of items (B, K, *canvas) at each level, and the two residuals."""

    own: tuple[torch.Tensor, ...]  # level j: complex (B, K, orientations, *canvas / 2^j)
    coarser: tuple[torch.Tensor, ...]  # level j + 1 interpolated to the grid of level j
    high: torch.Tensor | None  # real (B, K, *canvas), None on a coarser grid
    low: torch.Tensor  # real (B, K, *canvas / 2^levels)


def complex_bands(x: torch.Tensor, filters: PyramidFilters) -> Bands:
    """Return the complex bands of items (B, K, *canvas) and the real residuals."""
    return _bands(torch.fft.fftn(x, dim=tuple(range(2, x.ndim))), filters)


def _bands(spectrum: torch.Tensor, filters: PyramidFilters) -> Bands:
    """Return the bands of items from their spectrum (B, K, *canvas)."""
    axes, inner = tuple(range(2, spectrum.ndim)), tuple(range(3, spectrum.ndim + 1))
    spectra = [
        coarse_spectrum(spectrum, level, len(axes)) for level in range(len(filters.bands) + 1)
    ]
    low = torch.fft.ifftn(spectra.pop() * filters.low, dim=axes).real

    def banded(filtering: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        pairs = zip(spectra, filtering, strict=False)  # no band is coarser than the last
        return tuple(torch.fft.ifftn(s[:, :, None] * f, dim=inner) for s, f in pairs)

    high = filters.high
    if high is not None:
        high = torch.fft.ifftn(spectrum * high, dim=axes).real
    return Bands(own=banded(filters.bands), coarser=banded(filters.wide), high=high, low=low)


def _rectified(z: torch.Tensor) -> torch.Tensor:
    """Return the four half-wave parts of a complex band, stacked as channels."""
    return _Rectified.apply(z)


class _Rectified(torch.autograd.Function):
    """relu(cat(Re z, Im z, -Re z, -Im z)), written and differentiated without the parts between."""

    @staticmethod
    def forward(ctx: Any, z: torch.Tensor) -> torch.Tensor:
        parts = z.real.new_empty(len(z), 4, *z.shape[1:])
        for k, part in enumerate((z.real, z.imag)):
            torch.clamp(part, min=0, out=parts[:, k])
            torch.sub(parts[:, k], part, out=parts[:, k + 2])
        ctx.save_for_backward(parts)
        return parts.flatten(1, 2)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> torch.Tensor:
        (parts,) = ctx.saved_tensors
        slope = slope.unflatten(1, (4, -1)) * parts.sign()  # relu has slope zero at zero
        return torch.complex(slope[:, 0] - slope[:, 2], slope[:, 1] - slope[:, 3])


def _widened(band: torch.Tensor) -> torch.Tensor:
    """Put zeros for the frequencies of a grid twice as fine, (orientations, *wide)."""
    for axis in range(1, band.ndim):
        length = band.shape[axis]
        lower = band.narrow(axis, 0, (length + 1) // 2)
        upper = band.narrow(axis, (length + 1) // 2, length // 2)
        band = torch.cat([lower, torch.zeros_like(band), upper], dim=axis)
    return band


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
