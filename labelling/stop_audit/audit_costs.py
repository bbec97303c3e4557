"""What an audit costs, exactly, before it is begun."""

import numpy as np

from labelling.stop_audit.uniform_bets import last_reading, stopping_law, too_many
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record


@record
class AuditCost:
    """How many answers an audit takes until it certifies.

    Attributes
    ----------
    median : float
        Half of the audits need at most as many; infinite if fewer than half ever certify.
    upper : float
        Nine audits of ten need at most as many; infinite if fewer ever certify.
    mean : float
        Of the answers read, by audits that do not certify too, which read everything.
    certified : float
        Probability that the audit certifies at all, by the last prediction.
    clean : int
        Answers needed if none is wrong, the fewest there can be.
    """

    median: float
    upper: float
    mean: float
    certified: float
    clean: int


def audits_needed(*, n: int, tolerance: float, error: float, level: float = 0.95) -> AuditCost:
    r"""Say how many answers a uniform audit takes, if a share `error` is wrong; fewer is better.

    Parameters
    ----------
    n : int
        Number of predictions.
    tolerance : float
        Share of wrong predictions that is tolerated, in (0, 1).
    error : float
        The share that is wrong, in [0, 1]; rounded to whole predictions.
    level : float
        Confidence of the certificate, in (0, 1).

    Returns
    -------
    AuditCost

    Raises
    ------
    InputError
        A share outside its range, a tolerance that no number of errors exceeds.

    Notes
    -----
    Exact: an audit certifies as soon as the number t of readings reaches a bound for the number S
    of errors found, and while it reads, of n predictions with K errors, S is a Markov chain,

    .. math:: P_t(S) = P_{t-1}(S) \Bigl(1 - \frac{K - S}{n - t + 1}\Bigr)
        + P_{t-1}(S - 1) \frac{K - S + 1}{n - t + 1}.

    References
    ----------
    A. Wald, Sequential analysis, 1947: the law of a test's length.

    Examples
    --------
    >>> from labelling import audits_needed
    >>> cost = audits_needed(n=1600, tolerance=0.05, error=0.01)
    >>> cost.clean, cost.median, cost.upper
    (64, 64.0, 202.0)
    >>> audits_needed(n=1600, tolerance=0.05, error=0.06).certified < 0.05   # a false certificate
    True
    """
    number = checks.count(n, "n", minimum=2)
    m0 = checks.number(tolerance, "tolerance", above=0, below=1)
    share = checks.number(error, "error", minimum=0, maximum=1)
    alpha = 1 - checks.number(level, "level", above=0, below=1)
    m = too_many(number, m0)
    if m >= number:
        refuse("tolerance", f"one that {number} errors of {number} exceed", m0)
    stops = last_reading(number, m, alpha)
    law = stopping_law(number, round(share * number), stops)
    reached = np.append(law.cumsum(), np.inf)
    never = max(0.0, 1 - law.sum())
    return AuditCost(
        median=_quantile(reached, 0.5, number),
        upper=_quantile(reached, 0.9, number),
        mean=float(np.arange(number + 1) @ law + never * number),
        certified=float(law.sum()),
        clean=int(stops[0]),
    )


def _quantile(reached: np.ndarray, share: float, n: int) -> float:
    at = int(np.searchsorted(reached, share - 1e-12))
    return float(at) if at <= n else float("inf")
