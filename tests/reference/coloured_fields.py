"""Fields of a known law for the tests of similarity."""

import numpy as np


def coloured(rng, n, size, slope, dim=2):
    """Gaussian fields of spectrum |k|^-slope on twice the size, cropped."""
    space = (2 * size,) * dim
    grids = np.meshgrid(*(np.fft.fftfreq(m) for m in space), indexing="ij")
    radius = np.sqrt(sum(g**2 for g in grids))
    amplitude = np.where(radius > 0, np.where(radius > 0, radius, 1) ** (-slope / 2), 0)
    axes = tuple(range(1, dim + 1))
    noise = np.fft.fftn(rng.standard_normal((n, *space)), axes=axes)
    return np.fft.ifftn(noise * amplitude, axes=axes).real[(..., *(slice(size),) * dim)]
