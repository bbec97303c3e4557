"""Multiplicative cascades on a dyadic tree: log-normal, and log-Poisson with a third cumulant."""

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from toolbox.core.checks import number, refuse
from toolbox.processes.process import Process, asked, realisations

NOTE = "density of a canonical cascade on dyadic cells, the largest of which holds the whole"


def lognormal_cascade(shape: Any, *, intermittency: float, n: int = 1, seed: int) -> Process:
    r"""Draw the densities of log-normal multiplicative cascades.

    Parameters
    ----------
    shape : int or pair of int
        Samples of a signal, or rows and columns of an image; at least 2 along each axis.
    intermittency : float
        lambda^2 = -c_2, from 0 (a constant) to below twice the number of axes (beyond it the
        cascade dies).
    n : int
        Number of realisations; realisation i is the same for any `n`.
    seed : int
        Seed of the named streams, one a realisation.

    Returns
    -------
    Process
        `values` (n, *shape), positive, of mean one; true cumulants (lambda^2 / 2, -lambda^2, 0).

    Raises
    ------
    InputError
        If the shape has not one or two axes, or the intermittency is out of its range.

    Notes
    -----
    The density at a sample is the product of the independent multipliers W of its J dyadic
    ancestors, the largest cell having 2^J samples a side and J being the smallest that holds the
    shape (Mandelbrot, 1974). ln W is Gaussian of mean -lambda^2 ln 2 / 2 and variance
    lambda^2 ln 2:

    .. math:: E\,W = 1, \quad E\,W^q = 2^{-\zeta(q)}, \quad
        \zeta(q) = \tfrac12 (q - q^2) \lambda^2.

    A density, not a walk: its leaders need a fractional integration (`gamma`).

    References
    ----------
    B. B. Mandelbrot, Intermittent turbulence in self-similar cascades, J. Fluid Mech. 62 (1974)
    331.

    Examples
    --------
    >>> from toolbox import lognormal_cascade
    >>> cascade = lognormal_cascade((32, 32), intermittency=0.1, seed=0)
    >>> cascade.values.shape, cascade.cumulants.round(3).tolist()
    ((1, 32, 32), [0.05, -0.1, 0.0])
    """
    shape, n, seed = asked(shape, n, seed)
    limit = 2 * len(shape)
    strength = number(intermittency, "intermittency", minimum=0, below=limit)
    mean, deviation = -strength * log(2) / 2, np.sqrt(strength * log(2))

    def log_multipliers(rng: np.random.Generator, cells: tuple[int, ...]) -> np.ndarray:
        return mean + deviation * rng.standard_normal(cells)

    return Process(
        values=realisations(_cascade(shape, log_multipliers), "lognormal_cascade", n, seed),
        cumulants=np.array([strength / 2, -strength, 0.0]),
        cross_cumulants=np.array([[-strength]]),
        hurst=np.nan,
        intermittency=strength,
        note=f"log-normal: {NOTE}",
    )


def logpoisson_cascade(
    shape: Any, *, singularity: float, ratio: float, n: int = 1, seed: int
) -> Process:
    r"""Draw the densities of log-Poisson multiplicative cascades, whose third cumulant is not zero.

    Parameters
    ----------
    shape : int or pair of int
        Samples of a signal, or rows and columns of an image; at least 2 along each axis.
    singularity : float
        gamma > 0: where the density is largest it grows as the cell's side to the power -gamma.
    ratio : float
        beta, above 0 and below 1: what each Poisson event multiplies the density by; towards 1
        the law becomes log-normal.
    n : int
        Number of realisations; realisation i is the same for any `n`.
    seed : int
        Seed of the named streams, one a realisation.

    Returns
    -------
    Process
        `values` (n, *shape), positive, of mean one; true cumulants
        c_1 = gamma (ln beta / (beta - 1) - 1), c_m = -gamma (ln beta)^m / (1 - beta) for m > 1.

    Raises
    ------
    InputError
        If the shape has not one or two axes, the ratio is not between 0 and 1, or the singularity
        is so strong that the cascade dies (the text says from where on).

    Notes
    -----
    The density at a sample is the product of the independent multipliers W of its J dyadic
    ancestors, W = 2^gamma beta^P with P Poisson of mean gamma ln 2 / (1 - beta) (She and Leveque,
    1994; Dubrulle, 1994):

    .. math:: E\,W = 1, \quad E\,W^q = 2^{-\zeta(q)}, \quad
        \zeta(q) = -\gamma q + \gamma \frac{1 - \beta^q}{1 - \beta}.

    A density, not a walk: its leaders need a fractional integration (`gamma`).

    References
    ----------
    Z.-S. She and E. Leveque, Universal scaling laws in fully developed turbulence, Phys. Rev.
    Lett. 72 (1994) 336.
    B. Dubrulle, Intermittency in fully developed turbulence: log-Poisson statistics and
    generalized scale covariance, Phys. Rev. Lett. 73 (1994) 959.

    Examples
    --------
    >>> from toolbox import logpoisson_cascade
    >>> cascade = logpoisson_cascade(256, singularity=0.4, ratio=0.5, seed=0)
    >>> cascade.values.shape, cascade.cumulants.round(3).tolist()
    ((1, 256), [0.155, -0.384, 0.266])
    """
    shape, n, seed = asked(shape, n, seed)
    ratio = number(ratio, "ratio", above=0, below=1)
    singularity = number(singularity, "singularity", above=0)
    limit = len(shape) / (1 + ratio * log(ratio) / (1 - ratio))  # where zeta'(1) = -d
    if singularity >= limit:
        refuse("singularity", f"a number below {limit:.4g} for this ratio and shape", singularity)
    events = singularity * log(2) / (1 - ratio)

    def log_multipliers(rng: np.random.Generator, cells: tuple[int, ...]) -> np.ndarray:
        return singularity * log(2) + log(ratio) * rng.poisson(events, cells)

    first = singularity * (log(ratio) / (ratio - 1) - 1)
    second, third = (-singularity * log(ratio) ** m / (1 - ratio) for m in (2, 3))
    return Process(
        values=realisations(_cascade(shape, log_multipliers), "logpoisson_cascade", n, seed),
        cumulants=np.array([first, second, third]),
        cross_cumulants=np.array([[second]]),
        hurst=np.nan,
        intermittency=-second,
        note=f"log-Poisson: {NOTE}",
    )


LogMultipliers = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def _cascade(
    shape: tuple[int, ...], log_multipliers: LogMultipliers
) -> Callable[[np.random.Generator], np.ndarray]:
    """Return what draws one density: each level's multipliers on the level before, doubled."""
    levels = tree_depth(shape)

    def draw(rng: np.random.Generator) -> np.ndarray:
        log_density = np.zeros((1,) * len(shape))
        for level in range(1, levels + 1):
            cells = tuple(-(-side // 2 ** (levels - level)) for side in shape)
            log_density = _doubled(log_density, cells) + log_multipliers(rng, cells)
        return np.exp(log_density)

    return draw


def tree_depth(shape: tuple[int, ...]) -> int:
    """Return J, the smallest number of doublings that reaches the largest side."""
    return (max(shape) - 1).bit_length()


def _doubled(parents: np.ndarray, cells: tuple[int, ...]) -> np.ndarray:
    """Give each cell its parent's value, cropped to the cells that the shape needs."""
    for axis, side in enumerate(cells):
        parents = np.repeat(parents, 2, axis=axis).take(np.arange(side), axis=axis)
    return parents
