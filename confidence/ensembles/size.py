"""How many members: for an error fixed in advance, and a stopping rule valid at any time."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.records import record
from toolbox.resampling.near_ties import TOLD_APART, first_of_largest

LAST_BITS = 1e-5  # of a standard deviation, at most, that votes in float32 may have wrong
MOST = 2**53  # members that are told exactly
PILOT = 3  # fewest members whose spread says anything


@record
class MembersNeeded:
    """Members that bring each item's standard error down to the one asked for.

    Attributes
    ----------
    needed : ndarray (n,) of int
        For each item, by its least precise class; at least 2.
    upper : ndarray (n,) of int
        Upper limit of that, since the spread itself comes from few members.
    largest, median : int
        Over the items, of `needed`.
    error : float
    members : int
        Members R of the pilot.
    level : float
    """

    needed: np.ndarray
    upper: np.ndarray
    largest: int
    median: int
    error: float
    members: int
    level: float


@record
class Stopping:
    """Whether more members could still change the answers.

    Attributes
    ----------
    prediction : ndarray (n,) of int
        Class that most members predict.
    share : ndarray (n,)
        Share of the members that do.
    interval : ndarray (n, 2)
        Limits of that share among infinitely many members, valid at every number of members at
        once.
    settled : ndarray (n,) of bool
        Whether the lower limit is above one half: no further member will change the majority.
    unsettled_share : float
        Share of the items that are not.
    stop : bool
        Whether that is at most what was tolerated.
    """

    prediction: np.ndarray
    share: np.ndarray
    interval: np.ndarray
    settled: np.ndarray
    unsettled_share: float
    stop: bool


def members_needed(votes: Any, *, error: float, level: float = 0.95) -> MembersNeeded:
    r"""Say how many independent members bring the standard error of each answer to `error`.

    Parameters
    ----------
    votes : array (R, n, C)
        Class probabilities of R >= 3 members trained independently: a pilot.
    error : float
        Wanted standard error of the mean probability, above 0.
    level : level of the upper limit, above 0 and below 1

    Returns
    -------
    MembersNeeded

    Raises
    ------
    InputError
        Votes that are not probabilities, fewer than three members, an error out of reach.

    Notes
    -----
    .. math:: R = \Bigl\lceil \max_k s_k^2 / \mathrm{error}^2 \Bigr\rceil

    over the classes k. The upper limit takes :math:`(R_0 - 1) s^2` over chi-square's lower quantile
    for :math:`s^2`, :math:`R_0` the pilot: exact for Gaussian answers,
    a guide otherwise. Members of a crossed design are not independent: see `variance_components`.

    Examples
    --------
    >>> from confidence import members_needed
    >>> need = members_needed([[[0.9, 0.1]], [[0.7, 0.3]], [[0.8, 0.2]]], error=0.02)
    >>> need.needed.tolist()                               # (.1 / .02)^2
    [25]
    """
    from scipy.stats import chi2

    votes = checks.probabilities(votes, "votes", ndim=3)
    error = checks.number(error, "error", above=0)
    level = checks.number(level, "level", above=0, below=1)
    members = len(votes)
    if members < PILOT:
        checks.refuse("votes", f"at least {PILOT} members", members)
    variance = votes.var(axis=0, ddof=1).max(axis=1)
    inflated = variance * (members - 1) / chi2.ppf(1 - level, members - 1)
    needed, upper = (_members(v, error) for v in (variance, inflated))
    return MembersNeeded(
        needed=needed,
        upper=upper,
        largest=int(needed.max()),
        median=int(np.median(needed)),
        error=error,
        members=members,
        level=level,
    )


def _members(variance: np.ndarray, error: float) -> np.ndarray:
    # Not one more for the last bit of a quotient that is whole, were it that of votes in float32.
    spread = np.sqrt(variance)
    needed = np.ceil(((spread - np.minimum(TOLD_APART, LAST_BITS * spread)) / error) ** 2)
    if needed.max() > MOST:
        checks.refuse("error", f"one that {MOST} members reach", f"{error!r}, which none do")
    return np.maximum(2, needed).astype(np.int64)


def sequential_stopping(votes: Any, *, unsettled: float = 0.05, level: float = 0.95) -> Stopping:
    r"""Say whether to stop adding members; may be asked after every single one.

    Parameters
    ----------
    votes : array (R, n, C)
        Class probabilities of the members so far, trained independently.
    unsettled : share of the items whose majority may remain open, from 0 to below 1
    level : level of each item's interval over all looks together, above 0 and below 1

    Returns
    -------
    Stopping

    Raises
    ------
    InputError
        Votes that are not probabilities, a share or level out of range.

    Notes
    -----
    With k of R members predicting the class, the interval holds all shares q with

    .. math:: \frac{B(k + \frac12, R - k + \frac12)}{B(\frac12, \frac12)}
        < \frac{q^k (1 - q)^{R - k}}{1 - \mathrm{level}}:

    the left over :math:`q^k (1 - q)^{R-k}` is a martingale under q, a mixture of likelihood ratios,
    which ever exceeds 1 / (1 - level) with probability 1 - level at most (Ville 1939; Robbins
    1970). It is therefore valid at whichever R one stops, unlike an interval for a fixed R looked
    at again and again. It is an interval an item, for one class named in advance: the class that
    happens to lead is looked for, hence the level is shared between the C classes.

    References
    ----------
    H. Robbins, Statistical methods related to the law of the iterated logarithm, Ann. Math. Stat.
    41 (1970).

    Examples
    --------
    >>> from confidence import sequential_stopping
    >>> sure = [[[0.9, 0.1], [0.6, 0.4]]] * 8 + [[[0.8, 0.2], [0.3, 0.7]]] * 7
    >>> s = sequential_stopping(sure)
    >>> s.settled.tolist(), s.stop
    ([True, False], False)
    """
    votes = checks.probabilities(votes, "votes", ndim=3)
    unsettled = checks.number(unsettled, "unsettled", minimum=0, below=1)
    level = checks.number(level, "level", above=0, below=1)
    members, _, classes = votes.shape
    counts = (first_of_largest(votes)[..., None] == np.arange(classes)).sum(axis=0)
    prediction = counts.argmax(axis=1)
    k = counts.max(axis=1)
    table = np.array([share_limits(int(v), members, (1 - level) / classes) for v in np.unique(k)])
    interval = table[np.searchsorted(np.unique(k), k)]
    settled = interval[:, 0] > 0.5
    open_share = np.mean(~settled)  # 1 - the others' mean would exceed .05 for 1 of 20
    return Stopping(
        prediction=prediction,
        share=k / members,
        interval=interval,
        settled=settled,
        unsettled_share=float(open_share),
        stop=bool(open_share <= unsettled),
    )


def share_limits(k: int, members: int, error: float) -> tuple[float, float]:
    """Return the anytime-valid limits of a share after k of R successes."""
    from scipy.optimize import brentq
    from scipy.special import betaln, xlogy

    mixture = betaln(k + 0.5, members - k + 0.5) - betaln(0.5, 0.5)

    def excess(q: float) -> float:
        return float(mixture - xlogy(k, q) - xlogy(members - k, 1 - q) + np.log(error))

    most_likely, near_one = k / members, 1 - 1e-16
    low = 0.0 if k == 0 else brentq(excess, 1e-300, most_likely)
    if k == members or excess(near_one) <= 0:  # no number below 1 is unlikely enough
        return low, 1.0
    return low, brentq(excess, most_likely, near_one)
