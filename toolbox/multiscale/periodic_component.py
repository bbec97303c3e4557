"""The periodic component of an item: what a discrete Fourier transform may see of it."""

import numpy as np
from scipy import fft


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
        laplacian += ripple.reshape([-1 if a == axis else 1 for a in axes])
    laplacian.flat[0] = 1.0  # the mean of the jumps is zero, so the smooth part has mean zero
    return x - fft.ifftn(fft.fftn(jumps, axes=axes) / laplacian, axes=axes).real
