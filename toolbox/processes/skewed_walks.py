"""Multifractal walks whose falls are followed by agitation: asymmetric in sign and in time."""

from math import log, sqrt
from typing import Any

import numpy as np
from scipy.fft import fft, ifft, irfft, next_fast_len, rfft

from toolbox.core.checks import number, refuse
from toolbox.processes.multifractal_walks import fractional_integral
from toolbox.processes.periodic_fields import corner, filtered, log_covariance, spectral_roots
from toolbox.processes.process import Process, asked, realisations


def skewed_walk(
    shape: Any,
    *,
    hurst: float,
    intermittency: float,
    asymmetry: float,
    n: int = 1,
    seed: int,
    integral_scale: float | None = None,
) -> Process:
    r"""Draw multifractal walks of known asymmetry (signals), as velocities in turbulence have.

    Parameters
    ----------
    shape : int
        Samples of a signal, at least 8.
    hurst : float
        H, above 0 and below 1: half the exponent of the second moment.
    intermittency : float
        lambda^2, from 0 to below 1/2.
    asymmetry : float
        a, from -1 to 1: the share, of either sign, of the fluctuations of regularity that the past
        noise causes. Above 0 falls are followed by agitation and cubes of increments are negative
        on average, beyond the finest scales; 0 is the symmetric walk.
    n : int
        Number of realisations; realisation i is the same for any `n`.
    seed : int
        Seed of the named streams, one a realisation.
    integral_scale : float, optional
        T, the distance in samples at which the dependence ends, from 2 to half the size; by default
        half the size.

    Returns
    -------
    Process
        `values` (n, size), zero at the first sample, increments of one sample of unit variance;
        true cumulants (H + lambda^2, -lambda^2, 0) whatever the asymmetry, and `third_moments`.

    Raises
    ------
    InputError
        If the shape has more than one axis, or a parameter is out of its range.

    Notes
    -----
    The filter :math:`|\xi|^{-(H + 1/2)}`, with the phase of the running sum, is applied to :math:`z
    = \epsilon e^\eta` with, after Pochart and Bouchaud (2002),

    .. math:: \eta(t) = -\lambda^2 \ln T + \sqrt{1 - a^2}\, \omega(t)
        - a \sum_{k \ge 0} \kappa(k)\, \epsilon(t - 1 - k).

    Here kappa is the causal factor (Fejer and Riesz) of :math:`C(r) = \lambda^2 \ln(T / (1 + r))`,
    so that eta has exactly the covariance C for every a, z stays white, and

    .. math:: E\, z(t)\, z(t + k)^2 = -2 a\, \kappa(k - 1)\, e^{2 C(k) - C(0) / 2}

    gives every third moment of the increments in closed form. At one sample it is 0 for H = 1/2 (a
    cube needs two places) and may have the other sign for other H.

    References
    ----------
    B. Pochart and J.-P. Bouchaud, The skewed multifractal random walk with applications to option
    smiles, Quant. Finance 2 (2002) 303.

    Examples
    --------
    >>> from toolbox import skewed_walk
    >>> walk = skewed_walk(1024, hurst=0.35, intermittency=0.03, asymmetry=0.5, seed=0)
    >>> walk.values.shape, walk.cumulants.round(3).tolist()
    ((1, 1024), [0.38, -0.03, 0.0])
    >>> bool((walk.third_moments[1:] < 0).all())
    True
    """
    shape, n, seed = asked(shape, n, seed, minimum=8)
    if len(shape) > 1:
        refuse("shape", "one whole number: the walk is a signal", shape)
    size = shape[0]
    hurst = number(hurst, "hurst", above=0, below=1)
    strength = number(intermittency, "intermittency", minimum=0, below=0.5)
    share = number(asymmetry, "asymmetry", minimum=-1, maximum=1)
    scale = size / 2
    if integral_scale is not None:
        scale = number(integral_scale, "integral_scale", minimum=2, maximum=size / 2)
    torus = (2 * size,)
    transfer = fractional_integral(torus, hurst, "sampled")
    roots = sqrt(1 - share**2) * spectral_roots(log_covariance(torus, strength, scale))
    past = np.zeros(torus)
    kernel = sqrt(strength) * causal_factor(scale)
    past[1 : len(kernel) + 1] = share * kernel
    memory = rfft(past)

    def draw(rng: np.random.Generator) -> np.ndarray:
        noise, other = rng.standard_normal((2, *torus))
        eta = filtered(other, roots) - filtered(noise, memory) - strength * log(scale)
        return corner(filtered(noise * np.exp(eta), transfer), (size,))

    covariance = log_covariance(torus, strength, scale)
    return Process(
        values=realisations(draw, "skewed_walk", n, seed),
        cumulants=np.array([hurst + strength, -strength, 0.0]),
        cross_cumulants=np.array([[-strength]]),
        hurst=hurst,
        intermittency=strength,
        third_moments=_third_moments(transfer, past, covariance, size),
        note=f"skewed multifractal walk, integral scale {scale:g} samples, torus of twice the size",
    )


def causal_factor(scale: float) -> np.ndarray:
    """Return kappa(0), kappa(1), ... whose autocorrelation is ln(T / (1 + k)), 0 where negative.

    The logarithm of the spectrum, its causal half doubled: the factor whose zeros lie inside the
    unit circle, as long as the covariance.
    """
    length = next_fast_len(64 * int(np.ceil(scale)) + 1024)
    covariance = log_covariance((length,), 1.0, scale)
    cepstrum = ifft(np.log(fft(covariance).real)).real / 2
    half = (length + 1) // 2
    cepstrum[1:half] *= 2
    cepstrum[length // 2 + 1 :] = 0
    return ifft(np.exp(fft(cepstrum))).real[: np.count_nonzero(covariance) // 2 + 1]


def _third_moments(
    transfer: np.ndarray, past: np.ndarray, covariance: np.ndarray, size: int
) -> np.ndarray:
    """Return E d^3 = 3 sum_ij h_i h_j^2 E z_i z_j^2 of the increments over 1, 2, 4, ... samples.

    h is an increment's response to the noise; cubes and products of three places have mean zero.
    """
    pair = -2 * past * np.exp(2 * covariance - covariance[0] / 2)  # E z(t) z(t + k)^2, k >= 0
    kernel = irfft(transfer, 2 * size)
    moments = []
    for lag in 2 ** np.arange(max(1, (size // 4).bit_length())):
        response = np.roll(kernel, -lag) - kernel
        energies = irfft(rfft(response**2) * rfft(pair), 2 * size)
        moments.append(3 * (response * energies).sum())
    return np.array(moments)
