"""The e-value of an audit that reads risky predictions more often.

At a step N items are left, at least R of them wrong under the null, and item i is read with
probability q_i. A bet multiplies the e-value by a_i if i is right, by b_i if it is wrong. With
q_i (a_i - b_i) = g, the same for all items, its mean over any R or more errors is at most
sum_i q_i b_i + (N - R) g, whichever items are the wrong ones: a bet is fair if that is 1. Where an
item is wrong with probability r_i, the fair bet whose wealth grows fastest has y_i = q_i b_i with

    y_i^2 + (g - q_i) y_i - q_i r_i g = 0,    sum_i y_i + (N - R) g = 1.

Bets on several r, those that follow the risk and those that do not, are averaged: the average of
fair bets is fair, so a risk that misleads costs power and never validity.
"""

from typing import NamedTuple

import numpy as np

LEVELS = 16  # of the risk, each half of the one above: items of one level are alike
SHARES = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6])  # errors left, of those allowed
BETS = (1 - SHARES) ** 2 / ((1 - SHARES) ** 2).sum()  # their prior, as for uniform audits
UNSURE = 0.25  # errors left are taken for at least this many, or one error would ruin a bet
RISKIEST = 0.95  # no prediction is taken for surely wrong
NEWTON = 60  # steps at most; the function is convex and a few are enough


class Strata(NamedTuple):
    """Levels of risk: of each item, and the risk and the number of items of each level."""

    of: np.ndarray
    risk: np.ndarray
    count: np.ndarray


def strata(risk: np.ndarray) -> Strata:
    """Sort the items into levels of risk, each half of the one above."""
    ratio = risk / risk.max()
    level = np.minimum(-np.floor(np.log2(np.maximum(ratio, 2.0**-LEVELS))), LEVELS - 1)
    found, of, count = np.unique(level.astype(np.int64), return_inverse=True, return_counts=True)
    return Strata(of, 2.0**-found, count)


def reading_probability(left: np.ndarray, risk: np.ndarray, share: float) -> np.ndarray:
    """Return q of an item of each level: `share` by risk, the rest uniform."""
    all_left, weighed = left.sum(-1, keepdims=True), (left * risk).sum(-1, keepdims=True)
    return (1 - share) / np.maximum(all_left, 1) + share * risk / np.where(weighed > 0, weighed, 1)


def log_e_values(
    levels: Strata, m: int, share: float, read: np.ndarray, wrong: np.ndarray
) -> np.ndarray:
    """Return log E (runs, readings) of audits: the level of each item read, and whether wrong."""
    runs, steps = read.shape
    left = np.tile(levels.count.astype(np.float64), (runs, 1))
    remaining = np.full(runs, float(m))  # errors that the null still has to place
    wealth = np.tile(np.log(np.tile(BETS, 2) / 2), (runs, 1))
    found = np.empty((runs, steps))
    for t in range(steps):
        at, bad = read[:, t], wrong[:, t].astype(bool)
        wealth = wealth + _log_factors(left, levels.risk, remaining, m, share, at, bad)
        left[np.arange(runs), at] -= 1
        remaining -= bad
        found[:, t] = _settled(np.logaddexp.reduce(wealth, axis=1), left.sum(1), remaining)
    return found


def _settled(value: np.ndarray, left: np.ndarray, remaining: np.ndarray) -> np.ndarray:
    """Return the e-values, infinite where the null is impossible, zero where it is proved."""
    value = np.where(left < remaining, np.inf, value)
    return np.where(remaining <= 0, -np.inf, value)


def _log_factors(
    left: np.ndarray,
    risk: np.ndarray,
    remaining: np.ndarray,
    m: int,
    share: float,
    at: np.ndarray,
    bad: np.ndarray,
) -> np.ndarray:
    """Return log a or log b of each bet (runs, bets) for the item that was read."""
    q = reading_probability(left, risk, share)
    r = _assumed_errors(left, risk, m - remaining, m)
    free = left.sum(1) - remaining
    open_runs = (remaining > 0) & (free > 0)  # elsewhere the null is proved or impossible
    g = fair_bet(left, q, r, np.where(open_runs, free, 1.0), np.where(open_runs, remaining, 0.0))
    rows = np.arange(len(at))
    q_at, r_at = q[rows, at][:, None], r[rows, :, at]
    y = _wrong_part(q_at, g, r_at)
    factor = np.where(bad[:, None], y, y + g) / q_at
    return np.where(open_runs[:, None], np.log(np.maximum(factor, 1e-300)), 0.0)


def _assumed_errors(left: np.ndarray, risk: np.ndarray, found: np.ndarray, m: int) -> np.ndarray:
    """Return r (runs, bets, levels): each number of errors left, by risk and regardless of it."""
    errors = np.maximum(SHARES * m - found[:, None], UNSURE)[:, :, None]
    by_risk = risk / np.maximum((left * risk).sum(1), 1e-300)[:, None]
    even = np.ones_like(risk) / np.maximum(left.sum(1), 1)[:, None]
    shapes = [errors * by_risk[:, None], errors * even[:, None]]
    return np.minimum(np.concatenate(shapes, axis=1), RISKIEST)


def fair_bet(
    left: np.ndarray, q: np.ndarray, r: np.ndarray, free: np.ndarray, remaining: np.ndarray
) -> np.ndarray:
    """Return g (runs, bets) of the fastest fair bet; 0, no bet, where it expects no gain.

    sum y(g) + free g is convex in g, is 1 at g = 0, and exceeds 1 at g = 1/free: Newton from there
    comes down to the other root, where there is one.
    """
    count, chance = left[:, None, :], q[:, None, :]
    free = free[:, None]
    hopeful = (count * r).sum(-1) < remaining[:, None]
    g = np.tile(1 / free, (1, r.shape[1]))
    for _ in range(NEWTON):
        root = np.sqrt((chance - g[..., None]) ** 2 + 4 * chance * r * g[..., None])
        excess = (count * (chance - g[..., None] + root) / 2).sum(-1) + free * g - 1
        bend = (g[..., None] - chance + 2 * chance * r) / np.maximum(root, 1e-300)
        slope = (count * (bend - 1) / 2).sum(-1) + free
        step = np.where(hopeful & (slope > 0), excess / np.where(slope > 0, slope, 1), 0.0)
        g = np.clip(g - step, 0, 1 / free)
        if (np.abs(step) <= 1e-13 * g).all():
            break
    return np.where(hopeful, g * (1 - 1e-9), 0.0)  # the rest of Newton's error is on the safe side


def _wrong_part(q: np.ndarray, g: np.ndarray, r: np.ndarray) -> np.ndarray:
    return (q - g + np.sqrt((q - g) ** 2 + 4 * q * r * g)) / 2
