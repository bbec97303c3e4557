"""Periodic signals and images on grids that are coarser by powers of two (torch)."""

import torch


def coarse_spectrum(spectrum: torch.Tensor, level: int, dim: int) -> torch.Tensor:
    """Keep the frequencies of a grid that is 2^level times coarser; amplitudes stay."""
    if level == 0:
        return spectrum
    for axis in range(-dim, 0):
        length = spectrum.shape[axis] >> level
        lower = spectrum.narrow(axis, 0, (length + 1) // 2)
        upper = spectrum.narrow(axis, spectrum.shape[axis] - length // 2, length // 2)
        spectrum = torch.cat([lower, upper], dim=axis)
    return spectrum / 2 ** (level * dim)


def coarsened(x: torch.Tensor, level: int) -> torch.Tensor:
    """Return the lower frequencies of x (B, K, *canvas) on a grid 2^level times coarser."""
    if level == 0:
        return x
    axes = tuple(range(2, x.ndim))
    spectrum = coarse_spectrum(torch.fft.fftn(x, dim=axes), level, len(axes))
    return torch.fft.ifftn(spectrum, dim=axes).real


def with_coarse(x: torch.Tensor, y: torch.Tensor, level: int) -> torch.Tensor:
    """Return x with its lower frequencies replaced by y, which is on a grid 2^level times coarser.

    The highest frequency of an even side of y, which a real grid cannot tell from its opposite,
    stays that of x.
    """
    return y if level == 0 else x + _refined(y - coarsened(x, level), level)


def _refined(y: torch.Tensor, level: int) -> torch.Tensor:
    """Return y on a grid 2^level times finer, without its highest frequencies."""
    axes = tuple(range(2, y.ndim))
    spectrum = torch.fft.fftn(y, dim=axes)
    for axis in axes:
        own = spectrum.shape[axis]
        kept = (own - 1) // 2
        lower, upper = spectrum.narrow(axis, 0, kept + 1), spectrum.narrow(axis, own - kept, kept)
        gap = list(spectrum.shape)
        gap[axis] = (own << level) - 2 * kept - 1
        spectrum = torch.cat([lower, spectrum.new_zeros(gap), upper], dim=axis)
    return torch.fft.ifftn(spectrum * 2 ** (level * len(axes)), dim=axes).real
