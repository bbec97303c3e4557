"""Closed-form intervals of proportions and means over items or over units."""

from collections.abc import Callable
from typing import Any

import numpy as np

FEWEST_UNITS = 5
HALVINGS = 50  # of the shares from 0 to 1, to find a limit
TIED = 1e-12  # contributions of units are rounding below this share of the value


def clopper_pearson(successes: Any, trials: Any, level: float) -> np.ndarray:
    """Return the exact interval (..., 2) of a proportion (Clopper and Pearson, 1934)."""
    from scipy.stats import beta

    k, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(trials, float))
    tail = (1 - level) / 2
    low = np.where(k == 0, 0.0, beta.ppf(tail, np.maximum(k, 1), n - k + 1))
    high = np.where(k == n, 1.0, beta.ppf(1 - tail, k + 1, np.maximum(n - k, 1)))
    return np.stack([low, high], axis=-1)


def leading_share(votes: Any, voters: Any, level: float, *, choices: int) -> np.ndarray:
    """Return the interval (..., 2) of the share of a choice that was picked after the vote.

    A leader is ahead by luck too. A share p is held to be possible where each tail of the binomial
    law, at the votes seen, is above p (1 - level) / 2: as the shares of all choices sum to 1, so do
    the errors, to 1 - level at most, whichever was picked. Of two choices the one has the limits of
    the other, and those of Clopper and Pearson hold as they are.
    """
    from scipy.special import betainc, betaincc

    if choices <= 2:
        return clopper_pearson(votes, voters, level)
    k, n = np.broadcast_arrays(np.asarray(votes, float), np.asarray(voters, float))
    tail = (1 - level) / 2

    def too_few(p: np.ndarray) -> np.ndarray:  # P(Binomial(n, p) >= k) <= p tail
        return (k >= 2) & (betainc(np.maximum(k, 1), n - k + 1, p) <= p * tail)

    def not_too_many(p: np.ndarray) -> np.ndarray:  # P(Binomial(n, p) <= k) > p tail
        return (k == n) | (betaincc(k + 1, np.maximum(n - k, 1), p) > p * tail)

    return np.stack([_last(too_few, k.shape), _last(not_too_many, k.shape)], axis=-1)


def _last(holds: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Return up to which share from 0 to 1 something holds, found by halving."""
    low, high = np.zeros(shape), np.ones(shape)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = holds(middle)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(high == 1, 1.0, low)


def wilson(successes: np.ndarray, trials: np.ndarray, level: float) -> np.ndarray:
    """Return the score interval (..., 2) of a proportion (Wilson, 1927)."""
    from scipy.stats import norm

    z = norm.ppf((1 + level) / 2)
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    limits = np.stack([centre - half, centre + half], axis=-1) / (1 + z**2 / trials)[..., None]
    return np.clip(limits, 0, 1)


def mean_interval(
    value: float, influence: np.ndarray, units: np.ndarray, level: float
) -> tuple[np.ndarray, str]:
    """Return Student's interval of a mean, and a note where there is none.

    `influence` is each item's contribution to ``value - truth``; it sums to zero. The contributions
    are summed within units, U of them, and the variance is ``U / (U - 1)`` times the sum of the
    squared sums: the linearised variance of a ratio, where units differ in size.
    """
    from scipy.stats import t

    sums = unit_sums(influence, units)
    count = len(sums)
    if count < FEWEST_UNITS:
        return np.full(2, np.nan), f"no interval: {count} units, where {FEWEST_UNITS} are needed"
    if not np.isfinite(value):
        return np.full(2, np.nan), "no interval: the value is not finite"
    if np.abs(sums).max() <= TIED * abs(value):
        return np.full(2, np.nan), "no interval: all units have the same value"
    error = np.sqrt(count / (count - 1) * np.sum(sums**2))
    half = t.ppf((1 + level) / 2, count - 1) * error
    return np.array([value - half, value + half]), ""


def unit_sums(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the sum of the values within each unit."""
    names, place = np.unique(units, return_inverse=True)
    return np.bincount(place, weights=values, minlength=len(names))


def own_units(units: np.ndarray) -> bool:
    """Say whether every item is a unit of its own."""
    if units.dtype.kind == "i" and (units == np.arange(len(units))).all():
        return True  # as they are where none are given: nothing to sort
    return len(np.unique(units)) == len(units)
