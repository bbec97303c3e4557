"""Weights of the families of evidence, learned from few judged pairs among very many."""

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from scipy.special import expit, logit

from similarity.pairs.logistic_lines import GAIN, GAIN_EACH, logistic_line
from toolbox.core.checks import refuse
from toolbox.core.streams import generator

RATE = 8.0  # of a weight's exponential prior: its mean is an eighth
INTERCEPT_SD = 2.0
START = 0.2
LEAST = 1e-3  # weight: nearer stays more alike where judged pairs tell nothing
MOST = 4096  # pairs that stand for all
SEARCHES = 10  # each from where the last one ended; nearly always the second gains nothing


def nearness(statistics: np.ndarray) -> np.ndarray:
    """Return 3 (1 - cube root) of statistics over their null mean: 0 for a typical same pair."""
    return 3 * (1 - np.cbrt(statistics))


def some_pairs(pairs: int) -> np.ndarray:
    """Return which of very many pairs stand for all: at random, since items come in an order."""
    if pairs <= MOST:
        return np.arange(pairs)
    return np.sort(generator(0, "pool", "pairs").permutation(pairs)[:MOST])


def judged_weights(
    seen: np.ndarray,
    same: np.ndarray,
    every: np.ndarray,
    *,
    alike: np.ndarray | None = None,
    counts: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    """Return the intercept and the weights of log-odds that are linear in the nearness.

    `seen` (m, F) is the nearness of judged pairs, `every` (pairs, F) that of all pairs or of
    enough of them; `alike` (k, F) that of pairs known to be the same without judgement, each
    counting `counts`. The log-odds are at the share of same among the judged pairs, through whose
    answers a line is put at last.
    """
    judged = np.ones(len(seen))
    if alike is None:
        alike, counts = seen[:0], judged[:0]
    found = _most_probable(
        np.concatenate([seen, alike]),
        np.concatenate([same > 0, np.ones(len(alike), bool)]),
        every,
        np.concatenate([judged, counts]),
    )
    share = expit(found[0] + every @ found[1:]).mean()
    intercept = found[0] + logit(same.mean()) - logit(np.clip(share, 1e-9, 1 - 1e-9))
    a, b = logistic_line(intercept + seen @ found[1:], same)
    return float(a + b * intercept), b * found[1:]


def unit_weights(alike: np.ndarray, counts: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Return the weights learned from pairs known to be the same alone, each counting `counts`."""
    return _most_probable(alike, np.ones(len(alike), bool), every, counts)[1:]


def _most_probable(
    seen: np.ndarray, same: np.ndarray, every: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the intercept and the weights, proved by a search from there that gains nothing."""
    start = np.r_[0.0, np.full(seen.shape[1], START)]
    found = _searched(start, seen, same, every, counts)
    allowed = GAIN + GAIN_EACH * counts.sum()
    for _ in range(SEARCHES):
        again = _searched(found.x, seen, same, every, counts, ftol=0.0)
        if not np.isfinite(again.fun):
            break
        if found.fun - again.fun <= allowed:
            return found.x
        found = again
    got = f"nearness up to {np.abs(seen).max():.3g} and counts that sum to {counts.sum():.3g}"
    return refuse("pairs", "pairs from which weights of the families can be learned", got)


def _searched(
    start: np.ndarray,
    seen: np.ndarray,
    same: np.ndarray,
    every: np.ndarray,
    counts: np.ndarray,
    **options: float,
) -> OptimizeResult:
    return minimize(
        negative_log_posterior,
        start,
        args=(seen, same, every, counts),
        jac=True,
        bounds=[(None, None)] + [(LEAST, None)] * seen.shape[1],
        method="L-BFGS-B",
        options=options,
    )


def negative_log_posterior(
    parameters: np.ndarray,
    seen: np.ndarray,
    same: np.ndarray,
    every: np.ndarray,
    counts: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Return minus the log-posterior of intercept and weights, and its gradient.

    A judged pair is drawn among the same ones (`same` True) or among the different ones, so what
    it tells is where it lies among them: p(x | same) = P(same | x) p(x) / mean of P(same | .), with
    the mean over all pairs; p(x) does not depend on the parameters. It counts `counts` times.
    """
    intercept, weights = parameters[0], parameters[1:]
    value = intercept**2 / (2 * INTERCEPT_SD**2) + RATE * weights.sum()
    slope = np.r_[intercept / INTERCEPT_SD**2, np.full(len(weights), RATE)]
    at_all, at_seen = intercept + every @ weights, intercept + seen @ weights
    for sign, chosen in ((1, same), (-1, ~same)):
        logs = -np.logaddexp(0, -sign * at_all)
        highest = logs.max()
        mass = np.exp(logs - highest)
        number, times = counts[chosen].sum(), counts[chosen]
        value += times @ np.logaddexp(0, -sign * at_seen[chosen])
        value += number * (highest + np.log(mass.mean()))
        pull = -sign * times * expit(-sign * at_seen[chosen])
        push = number * sign * mass / mass.sum() * expit(-sign * at_all)
        slope += np.r_[pull.sum() + push.sum(), pull @ seen[chosen] + push @ every]
    return float(value), slope
