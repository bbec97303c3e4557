"""Stationary Gaussian fields of a given isotropic spectrum."""

from typing import Any

import numpy as np

from toolbox.core.checks import real_array, refuse
from toolbox.processes.periodic_fields import filtered, torus_frequencies
from toolbox.processes.process import Process, asked, realisations


def spectral_field(shape: Any, *, spectrum: Any, n: int = 1, seed: int) -> Process:
    r"""Draw stationary Gaussian signals or isotropic images of a given power spectrum.

    Parameters
    ----------
    shape : int or pair of int
        Samples of a signal, or rows and columns of an image; at least 2 along each axis.
    spectrum : array, shape (m,)
        Power, >= 0 and not zero everywhere, at m >= 2 equally spaced frequencies from 0 to 1/2
        cycles a sample, joined by straight lines; an image's corners take the last. The variance
        is the mean of the spectrum over the frequencies: white noise of variance one is all ones.
    n : int
        Number of realisations; realisation i is the same for any `n`.
    seed : int
        Seed of the named streams, one a realisation.

    Returns
    -------
    Process
        `values` (n, *shape), of mean zero. `cumulants` (NaN, 0, 0): a Gaussian law has no
        intermittency, and c_1 exists only where the spectrum is a power law.

    Raises
    ------
    InputError
        If the shape has not one or two axes, or the spectrum has fewer than two powers, a negative
        one, or none above zero.

    Notes
    -----
    White noise :math:`\epsilon` times the square root of the spectrum S in the Fourier domain, on a
    torus of twice the size whose corner is kept (Dietrich and Newsam, 1997):

    .. math:: x = F^{-1} \bigl[\sqrt{S}\, F \epsilon\bigr], \qquad
        \mathrm{Cov}(x(t), x(t + r)) = (F^{-1} S)(r)

    exactly, F the discrete Fourier transform on that torus.

    References
    ----------
    C. R. Dietrich and G. N. Newsam, Fast and exact simulation of stationary Gaussian processes
    through circulant embedding of the covariance matrix, SIAM J. Sci. Comput. 18 (1997) 1088.

    Examples
    --------
    >>> from toolbox import spectral_field
    >>> smooth = spectral_field((32, 32), spectrum=[1, 0.1, 0.01, 0.001], n=2, seed=0)
    >>> smooth.values.shape
    (2, 32, 32)
    """
    shape, n, seed = asked(shape, n, seed)
    powers = real_array(spectrum, "spectrum", ndim=1).astype(np.float64)
    if len(powers) < 2 or powers.min() < 0 or powers.max() == 0:
        got = f"{len(powers)} of them, from {powers.min():.3g} to {powers.max():.3g}"
        refuse("spectrum", "at least two powers >= 0, one of them above 0", got)
    torus = tuple(2 * side for side in shape)
    transfer = np.sqrt(torus_spectrum(torus, powers))
    window = tuple(slice(side) for side in shape)

    def draw(rng: np.random.Generator) -> np.ndarray:
        return filtered(rng.standard_normal(torus), transfer)[window]

    return Process(
        values=realisations(draw, "spectral_field", n, seed),
        cumulants=np.array([np.nan, 0.0, 0.0]),
        cross_cumulants=np.zeros((1, 1)),
        hurst=np.nan,
        intermittency=0.0,
        note="stationary Gaussian of a given spectrum: no scaling exponent of its own",
    )


def torus_spectrum(torus: tuple[int, ...], powers: np.ndarray) -> np.ndarray:
    """Return the power at each frequency of a torus, as `rfftn` lays them out."""
    radius = np.sqrt(sum(xi**2 for xi in torus_frequencies(torus))) / (2 * np.pi)
    return np.interp(radius, np.linspace(0, 0.5, len(powers)), powers)
