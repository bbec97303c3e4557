"""Multifractal random walks and fields, by fractional integration of log-correlated noise."""

from collections.abc import Callable
from itertools import product
from math import log
from typing import Any

import numpy as np
from scipy.fft import irfftn, rfftn
from scipy.special import zeta

from toolbox.core.checks import choice, number
from toolbox.processes.periodic_fields import (
    corner,
    filtered,
    log_covariance,
    spectral_roots,
    torus_frequencies,
    variogram,
)
from toolbox.processes.process import Process, asked, realisations

DISCRETISATIONS = ("sampled", "difference", "frequency")
STREAM = "multifractal_field"
ALIASES = 4  # periods of the spectrum summed one by one on each side; the others as an integral


def multifractal_field(
    shape: Any,
    *,
    hurst: float,
    intermittency: float,
    n: int = 1,
    seed: int,
    integral_scale: float | None = None,
    discretisation: str = "sampled",
) -> Process:
    r"""Draw multifractal random walks (a signal) or multifractal fields (images).

    Parameters
    ----------
    shape : int or pair of int
        Samples of a signal, or rows and columns of an image; at least 4 along each axis.
    hurst : float
        H, above 0 and below 1: half the exponent of the second moment.
    intermittency : float
        lambda^2, from 0 (monofractal) to below half the number of axes (beyond it the noise dies).
    n : int
        Number of realisations; realisation i is the same for any `n`.
    seed : int
        Seed of the named streams, one a realisation.
    integral_scale : float, optional
        T, the distance in samples at which the log-correlation ends, from 2 to the smallest side;
        by default that side.
    discretisation : {"sampled", "difference", "frequency"}
        What stands for abs(xi) on a grid: "sampled" is the spectrum of a sampled continuous field,
        with all its aliases, so that the second moment scales down to one sample; "difference" is
        2 sin(xi / 2); "frequency" is abs(xi) itself, whose increments are too small at the finest
        scales. The scaling is the same, the finite-size bias of an estimate is not.

    Returns
    -------
    Process
        `values` (n, *shape), zero at the first sample, increments of one sample of unit variance;
        true cumulants (H + lambda^2, -lambda^2, 0).

    Raises
    ------
    InputError
        If the shape has not one or two axes, H is not between 0 and 1, or the intermittency or
        the integral scale is out of its range.

    Notes
    -----
    The field is abs(xi)^-(H + d/2) applied to white noise times exp(omega), a signal's
    with the phase of the running sum, so that H = 1/2 is the running sum; omega is Gaussian, of
    covariance lambda^2 ln(T / (1 + r)) up to the distance r = T - 1 and 0 beyond, of mean minus its
    variance, so that E exp(2 omega) = 1. The noise is white whatever lambda, hence zeta(2) = 2 H
    and

    .. math:: \zeta(q) = q (H + \lambda^2) - q^2 \lambda^2 / 2.

    Drawn on a torus of twice the
    size, whose corner is kept, so opposite sides are not neighbours; lengths near the size feel
    the torus. With H = 1/2 a signal is the walk of Bacry, Delour and Muzy (2001), less its mean
    increment on the torus.

    References
    ----------
    E. Bacry, J. Delour and J.-F. Muzy, Multifractal random walk, Phys. Rev. E 64 (2001) 026103.

    Examples
    --------
    >>> from toolbox import multifractal_field
    >>> walk = multifractal_field(1024, hurst=0.5, intermittency=0.05, seed=0)
    >>> walk.values.shape, walk.cumulants.round(3).tolist()
    ((1, 1024), [0.55, -0.05, 0.0])
    >>> multifractal_field((32, 32), hurst=0.7, intermittency=0.02, n=2, seed=0).values.shape
    (2, 32, 32)
    """
    shape, n, seed = asked(shape, n, seed, minimum=4)
    hurst = number(hurst, "hurst", above=0, below=1)
    strength = number(intermittency, "intermittency", minimum=0, below=len(shape) / 2)
    scale = checked_scale(integral_scale, shape)
    discretisation = choice(discretisation, "discretisation", DISCRETISATIONS)
    model = {"integral_scale": scale, "discretisation": discretisation}
    made = walk_maker(shape, hurst=hurst, strength=strength, **model)

    def draw(rng: np.random.Generator) -> np.ndarray:
        return made(*white_noises(rng, shape))

    return Process(
        values=realisations(draw, STREAM, n, seed),
        cumulants=np.array([hurst + strength, -strength, 0.0]),
        cross_cumulants=np.array([[-strength]]),
        hurst=hurst,
        intermittency=strength,
        note=f"multifractal walk, integral scale {scale:g} samples, torus of twice the size",
    )


def white_noises(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Draw a walk's two white noises, of a torus of twice the size; the second as its spectrum."""
    noise, other = rng.standard_normal((2, *(2 * side for side in shape)))
    return noise, rfftn(other)


def walk_maker(
    shape: tuple[int, ...],
    *,
    hurst: float,
    strength: float,
    integral_scale: float | None = None,
    discretisation: str = "sampled",
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return what makes a walk of its two white noises."""
    scale = checked_scale(integral_scale, shape)
    torus = tuple(2 * side for side in shape)
    transfer = fractional_integral(torus, hurst, discretisation)
    roots = spectral_roots(log_covariance(torus, strength, scale))

    def made(noise: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
        if strength > 0:
            omega = irfftn(spectrum * roots, s=torus) - strength * log(scale)
            noise = noise * np.exp(omega)
        return corner(filtered(noise, transfer), shape)

    return made


def checked_scale(integral_scale: float | None, shape: tuple[int, ...]) -> float:
    """Return the integral scale: asked for, or else the smallest side."""
    if integral_scale is None:
        return float(min(shape))
    return number(integral_scale, "integral_scale", minimum=2, maximum=min(shape))


def fractional_integral(torus: tuple[int, ...], hurst: float, discretisation: str) -> np.ndarray:
    """Return the transfer abs(xi)^-(H + d/2), scaled to one-sample increments of variance one.

    A signal's has the phase of the running sum, so that H = 1/2 is the running sum.
    """
    frequencies = torus_frequencies(torus)
    power = _power_law(frequencies, 2 * hurst + len(torus), discretisation)
    transfer = np.sqrt(power)
    if len(torus) == 1:
        transfer = transfer * np.exp(0.5j * (frequencies[0] - np.pi))  # of 1 / (1 - exp(-i xi))
    steps = variogram(transfer, torus)
    neighbours = np.eye(len(torus), dtype=int)
    return transfer / np.sqrt(np.mean([steps[tuple(index)] for index in neighbours]))


def _power_law(frequencies: list[np.ndarray], exponent: float, discretisation: str) -> np.ndarray:
    """Return abs(xi)^-exponent as discretised, 0 at the frequency 0."""
    if discretisation == "difference":
        frequencies = [2 * np.sin(xi / 2) for xi in frequencies]
    square = sum(xi**2 for xi in frequencies)
    first = (0,) * square.ndim
    square[first] = 1
    power = square ** (-exponent / 2)
    if discretisation == "sampled":
        power += _aliases(frequencies, exponent)
    power[first] = 0
    return power


def _aliases(frequencies: list[np.ndarray], exponent: float) -> np.ndarray:
    """Return the sum of abs(xi + 2 pi m)^-exponent over all m but 0.

    Hurwitz's zeta function in one dimension; in two, a few periods on each side and the integral
    over the plane beyond a disc of the area that they and the first period cover.
    """
    if len(frequencies) == 1:
        turn = frequencies[0] / (2 * np.pi)
        both = zeta(exponent, 1 + turn) + zeta(exponent, 1 - turn)
        return both / (2 * np.pi) ** exponent
    periods = range(-ALIASES, ALIASES + 1)
    total = 0.0
    for shift in product(periods, periods):
        if any(shift):
            moved = [xi + 2 * np.pi * m for xi, m in zip(frequencies, shift, strict=True)]
            total = total + sum(xi**2 for xi in moved) ** (-exponent / 2)
    radius = 2 * np.pi * (2 * ALIASES + 1) / np.sqrt(np.pi)
    return total + radius ** (2 - exponent) / (2 * np.pi * (exponent - 2))
