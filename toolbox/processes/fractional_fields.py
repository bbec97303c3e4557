"""Fractional Brownian motion and fractional Brownian fields, exact at every sample."""

from math import ceil, hypot
from typing import Any

import numpy as np
from scipy.fft import next_fast_len

from toolbox.core.checks import number
from toolbox.processes.periodic_fields import (
    corner,
    filtered,
    spectral_roots,
    torus_distance,
)
from toolbox.processes.process import Process, asked, realisations


def fractional_field(shape: Any, *, hurst: float, n: int = 1, seed: int) -> Process:
    r"""Draw fractional Brownian motions (signals) or isotropic fractional Brownian fields (images).

    Parameters
    ----------
    shape : int or pair of int
        Samples of a signal, or rows and columns of an image; at least 2 along each axis.
    hurst : float
        H, above 0 and below 1: the larger, the smoother.
    n : int
        Number of realisations; realisation i is the same for any `n`.
    seed : int
        Seed of the named streams, one a realisation.

    Returns
    -------
    Process
        `values` (n, *shape), zero at the first sample; true cumulants (H, 0, 0).

    Raises
    ------
    InputError
        If the shape has not one or two axes, or H is not between 0 and 1.

    Notes
    -----
    Gaussian, of stationary increments, distances in samples; exact in law:

    .. math:: E\,(B(x) - B(y))^2 = |x - y|^{2H}.

    The signal's increments have the covariance

    .. math:: \tfrac12 \bigl(|k + 1|^{2H} - 2 |k|^{2H} + |k - 1|^{2H}\bigr),

    embedded in a circulant matrix (Davies and Harte, 1987), whose eigenvalues are never negative.
    The image is Stein's (2002) intrinsic embedding: for distances r up to the image's diagonal,
    taken as 1, the periodic covariance c_0 - r^(2H) + c_2 r^2, then a random plane that takes c_2
    r^2 away again. It needs a torus of twice the diagonal, four times for H > 3/4, along each axis.

    References
    ----------
    R. B. Davies and D. S. Harte, Tests for Hurst effect, Biometrika 74 (1987) 95.
    M. L. Stein, Fast and exact simulation of fractional Brownian surfaces,
    J. Comput. Graph. Stat. 11 (2002) 587.

    Examples
    --------
    >>> from toolbox import fractional_field
    >>> walks = fractional_field(1024, hurst=0.7, n=3, seed=0)
    >>> walks.values.shape, walks.cumulants.tolist()
    ((3, 1024), [0.7, 0.0, 0.0])
    >>> fractional_field((32, 48), hurst=0.3, seed=0).values.shape
    (1, 32, 48)
    """
    shape, n, seed = asked(shape, n, seed)
    hurst = number(hurst, "hurst", above=0, below=1)
    draw = _motion(shape, hurst) if len(shape) == 1 else _surface(shape, hurst)
    return Process(
        values=realisations(draw, "fractional_field", n, seed),
        cumulants=np.array([hurst, 0.0, 0.0]),
        cross_cumulants=np.zeros((1, 1)),
        hurst=hurst,
        intermittency=0.0,
        note="fractional Brownian, exact in law",
    )


def increment_covariance(lags: np.ndarray, hurst: float) -> np.ndarray:
    """Return the covariance of the unit increments of fractional Brownian motion."""
    k, power = np.abs(lags).astype(np.float64), 2 * hurst
    return ((k + 1) ** power - 2 * k**power + np.abs(k - 1) ** power) / 2


def _motion(shape: tuple[int, ...], hurst: float) -> Any:
    """Return what draws one motion: circulant embedding of its increments, then their sum."""
    torus = (2 * next_fast_len(shape[0], real=True),)
    roots = spectral_roots(increment_covariance(torus_distance(torus), hurst))

    def draw(rng: np.random.Generator) -> np.ndarray:
        increments = filtered(rng.standard_normal(torus), roots)[: shape[0] - 1]
        return np.concatenate([[0.0], np.cumsum(increments)])

    return draw


def _surface(shape: tuple[int, ...], hurst: float) -> Any:
    """Return what draws one surface: Stein's periodic field plus a random plane."""
    diagonal = hypot(*(side - 1 for side in shape))
    reach = stein_reach(hurst)
    torus = (next_fast_len(ceil(2 * reach * diagonal), real=True),) * 2
    roots = spectral_roots(stein_covariance(torus_distance(torus) / diagonal, hurst))
    slope = np.sqrt(2 * stein_constants(hurst)[1]) / diagonal
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    scale = diagonal**hurst / np.sqrt(2)

    def draw(rng: np.random.Generator) -> np.ndarray:
        periodic = corner(filtered(rng.standard_normal(torus), roots), shape)
        down, across = slope * rng.standard_normal(2)
        return scale * (periodic + down * rows + across * columns)

    return draw


def stein_reach(hurst: float) -> float:
    """Return R, where the periodic covariance ends, in units of the image's diagonal."""
    return 1.0 if hurst <= 0.75 else 2.0


def stein_constants(hurst: float) -> tuple[float, float, float]:
    """Return c_0, c_2 and beta, which join the covariance's pieces with a continuous slope."""
    power, reach = 2 * hurst, stein_reach(hurst)
    if reach == 1:
        return 1 - power / 2, power / 2, 0.0
    beta = power * (2 - power) / (3 * reach * (reach**2 - 1))
    c2 = (power - beta * (reach - 1) ** 2 * (reach + 2)) / 2
    return beta * (reach - 1) ** 3 + 1 - c2, c2, beta


def stein_covariance(r: np.ndarray, hurst: float) -> np.ndarray:
    """Return c_0 - r^(2H) + c_2 r^2 up to r = 1, beta (R - r)^3 / r up to R, and 0 beyond."""
    c0, c2, beta = stein_constants(hurst)
    reach = stein_reach(hurst)
    outer = beta * np.maximum(reach - r, 0) ** 3 / np.maximum(r, 1)
    return np.where(r <= 1, c0 - r ** (2 * hurst) + c2 * r**2, outer)
