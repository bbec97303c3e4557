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
NEVER = 1e-20  # probability of a number of errors found below which it is not followed: of a
# million readings with as many numbers, all that is left out is below the sum's rounding


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

    Infinite where the null has become impossible, since too few are left unread; minus infinity
    where it is proved, or more were wrong than the mixture holds.
    """
    from scipy.special import logsumexp

    t, s = np.broadcast_arrays(read, wrong)
    k, weights = prior(m)
    likely = _log_choices(n - t[..., None], k - s[..., None]) - _log_choices(n, k)
    possible = (s < m) & (m - s <= n - t)
    null = _log_choices(n - t, m - s)[possible] - _log_choices(n, m)
    found = np.where(s < m, np.inf, -np.inf)
    found[possible] = logsumexp(np.log(weights) + likely[possible], axis=-1) - null
    return found


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
    law, state, left = np.zeros(n + 1), np.zeros(errors + 2), errors - np.arange(errors + 2.0)
    state[0], low, high = 1.0, 0, 0  # numbers of errors that are followed
    for t in range(1, n + 1):
        up = state[low : high + 1] * np.minimum(left[low : high + 1] / (n - t + 1), 1)
        state[low : high + 1] -= up
        high = min(high + 1, errors)
        state[low + 1 : low + 1 + len(up)] += up
        if reached[t] > low:
            law[t] = state[low : reached[t]].sum()
            low = int(reached[t])
        while low <= high and state[high] < NEVER:
            high -= 1
        while low <= high and state[low] < NEVER:
            low += 1
        if low > high:
            break
    return law


def _log_choices(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return log of n over k, minus infinity where k is not in 0 ... n."""
    from scipy.special import gammaln

    n, k = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(k, np.float64))
    inside = (k >= 0) & (k <= n)
    a, b = np.where(inside, n, 0), np.where(inside, k, 0)
    return np.where(inside, gammaln(a + 1) - gammaln(b + 1) - gammaln(a - b + 1), -np.inf)
