"""Processes with known truth: what every estimator is tested against."""

from collections.abc import Callable
from dataclasses import field
from typing import Any

import numpy as np

from toolbox.core.checks import count, counts, describe_value, refuse, without_mask
from toolbox.core.checks import seed as check_seed
from toolbox.core.records import record
from toolbox.core.streams import generator


@record
class Process:
    """Realisations of a process whose law is known.

    Attributes
    ----------
    values : ndarray, float64, shape (n, [K,] *shape)
        The realisations, one an item; realisation i of a seed is the same for any `n`.
    cumulants : ndarray, shape (3,) or (K, 3)
        The true log-cumulants c_1, c_2, c_3: the scaling exponents of the order-m cumulant of the
        logarithm of the leaders, zeta(q) = sum over m of c_m q^m / m!.
    cross_cumulants : ndarray, shape (K, K)
        The true c_11 of each pair of components; its diagonal is c_2. (1, 1) without components.
    hurst : float or ndarray, shape (K,)
        The exponent H of the second moment, zeta(2) = 2 H; NaN where the law sets none.
    intermittency : float or ndarray, shape (K,)
        lambda^2, the strength of multifractality, -c_2; 0 for a Gaussian law.
    third_moments : ndarray, shape (L,)
        The true mean cube of the increments over 1, 2, 4, ... samples, where the law is made to be
        asymmetric; empty elsewhere.
    note : str
        The law in words, and what in it is not exact.
    """

    values: np.ndarray
    cumulants: np.ndarray
    cross_cumulants: np.ndarray
    hurst: float | np.ndarray
    intermittency: float | np.ndarray
    third_moments: np.ndarray = field(default_factory=lambda: np.zeros(0))
    note: str = ""


def field_shape(shape: Any, *, minimum: int = 2) -> tuple[int, ...]:
    """Return a signal's or an image's shape, from a whole number or one or two of them."""
    wanted = f"one or two whole numbers >= {minimum}"
    without_mask(shape, "shape", wanted)
    try:
        dim = np.asarray(shape).size
    except (TypeError, ValueError, RuntimeError):
        refuse("shape", wanted, describe_value(shape))
    if dim not in (1, 2):
        refuse("shape", wanted, describe_value(shape))
    return counts(shape, "shape", length=dim, minimum=minimum)


def asked(shape: Any, n: Any, seed: Any, *, minimum: int = 2) -> tuple[tuple[int, ...], int, int]:
    """Return a checked shape, number of realisations and seed."""
    return field_shape(shape, minimum=minimum), count(n, "n"), check_seed(seed)


def realisations(
    draw: Callable[[np.random.Generator], np.ndarray], name: str, n: int, seed: int
) -> np.ndarray:
    """Stack n realisations, each drawn from its own named stream of the seed."""
    return np.stack([draw(generator(seed, name, item)) for item in range(n)])
