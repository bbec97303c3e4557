"""The e-value of an audit drawn uniformly: the likelihood of few errors against too many.

n predictions hold K errors; the null says K >= m, too many. After t of them were read without
replacement and S were wrong, the e-value is the mixture of hypergeometric likelihoods

    E = sum_k pi_k P(S, t | K = k) / P(S, t | K = m),    k < m.

At K = m it is a martingale of mean 1. Its factors fall in an error, which is likelier still for
K > m, so that its mean never exceeds 1 there: P(E ever >= 1/alpha) <= alpha (Ville 1939).
"""

import numpy as np

CLEAN = 0.3  # of the prior on no error at all; the rest falls as (1 - k/m)^2. Chosen among 16
FALL = 2  # such priors for the fewest audits at 0 to 3 % of errors and a tolerance of 5 %
MOST = 64  # numbers of errors in the mixture


def too_many(n: int, tolerance: float) -> int:
    """Return the least number of errors beyond the tolerance; 1e-9 is for .05 * 1600 > 80."""
    return int(np.floor(n * tolerance + 1e-9)) + 1


def prior(m: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of errors k < m of the mixture, and their prior."""
    k = np.unique(np.floor(np.linspace(0, m, min(m, MOST), endpoint=False)).astype(np.int64))
    weights = (1 - k / m) ** FALL
    weights *= (1 - CLEAN) / weights.sum()
    weights[0] += CLEAN
    return k, weights


def log_e_values(n: int, m: int, read: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Return log E after `read` answers of which `wrong` were wrong, arrays of one shape.

    Infinite where the null has become impossible, minus infinity where it is proved.
    """
    from scipy.special import logsumexp

    t, s = np.broadcast_arrays(read, wrong)
    k, weights = prior(m)
    likely = _log_choices(n - t[..., None], k - s[..., None]) - _log_choices(n, k)
    null = _log_choices(n - t, m - s) - _log_choices(n, m)
    top = logsumexp(np.log(weights) + likely, axis=-1)
    proved = np.isneginf(top)
    return np.where(proved, -np.inf, np.where(proved, 0.0, top) - null)


def last_reading(n: int, m: int, alpha: float) -> np.ndarray:
    """Return for S = 0, 1, ..., m - 1 errors the number of readings at which E >= 1/alpha.

    For one S the e-value grows with every further clean answer, so halving finds it.
    """
    s = np.arange(m)
    low, high = s.copy(), np.full(m, n)  # with all n read and S < m the null is impossible
    while (low < high).any():
        middle = (low + high) // 2
        reached = log_e_values(n, m, middle, s) >= -np.log(alpha)
        high = np.where(reached, middle, high)
        low = np.where(reached, low, np.minimum(middle + 1, high))
    return high


def stopping_law(n: int, errors: int, stops: np.ndarray) -> np.ndarray:
    """Return P(the audit certifies at reading t), t = 0 ... n, exactly, for K = `errors`.

    The number S of errors found goes up by one with probability (K - S)/(n - t); the audit
    certifies at the first t with ``t >= stops[S]``.
    """
    reached = np.searchsorted(stops, np.arange(n + 1), side="right")  # S below it certifies at t
    found = np.arange(errors + 1)
    law, state = np.zeros(n + 1), np.zeros(errors + 1)
    state[0] = 1.0
    for t in range(1, n + 1):
        up = state * np.clip((errors - found) / (n - t + 1), 0, 1)
        state = state - up
        state[1:] += up[:-1]
        law[t] = state[: reached[t]].sum()
        state[: reached[t]] = 0
    return law


def _log_choices(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return log of n over k, minus infinity where k is not in 0 ... n."""
    from scipy.special import gammaln

    n, k = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(k, np.float64))
    inside = (k >= 0) & (k <= n)
    a, b = np.where(inside, n, 0), np.where(inside, k, 0)
    return np.where(inside, gammaln(a + 1) - gammaln(b + 1) - gammaln(a - b + 1), -np.inf)
