"""The plan of an audit: which predictions are read in which order, fixed before any answer."""

import hashlib
from typing import Any

import numpy as np

from labelling.stop_audit.importance_bets import Strata, reading_probability, strata
from labelling.stop_audit.uniform_bets import too_many
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.core.streams import generator

LEAST_ALPHA = 1e-200  # e-values reach its inverse
FIRST = 0.8  # of the level's error for the first attempt, as much of the rest for the next, ...


@record
class AuditPlan:
    """Which predictions an audit reads, in which order.

    Attributes
    ----------
    order : ndarray (n,)
        The predictions, the first to be read first; an audit reads as few as it can.
    probability : ndarray (n,)
        The probability with which each of `order` was drawn among those left.
    level_of : ndarray (n,)
        The level of risk of each prediction, 0 for all without `risk`.
    risk : ndarray (levels,)
        The risk of each level, the highest 1.
    share : float
        Of the reading that follows the risk; 0 without `risk`.
    tolerance : float
        Share of wrong predictions that is still tolerated.
    alpha : float
        Probability at most of a false certificate by this audit.
    attempt : int
        1, 2, ... of several; 0 for the only one.
    predicted : str
        Digest of the predictions, to tell others from them.
    key : str
        Names the plan, for `tell` of the kind "plan" before the first answer.
    """

    order: np.ndarray
    probability: np.ndarray
    level_of: np.ndarray
    risk: np.ndarray
    share: float
    tolerance: float
    alpha: float
    attempt: int
    predicted: str
    key: str


def audit_plan(
    predicted: Any,
    *,
    tolerance: float,
    risk: Any = None,
    level: float = 0.95,
    share: float = 0.5,
    attempt: int | None = None,
    seed: int,
) -> AuditPlan:
    r"""Draw the order in which predictions are audited, before any of them is.

    Parameters
    ----------
    predicted : array (n,)
        The predictions to be certified, numbers or texts, those of items nobody has labelled.
    tolerance : float
        Share of wrong predictions that is tolerated, in (0, 1).
    risk : array (n,), optional
        How likely each prediction is wrong, in any unit: positive, one at least. By default all
        are read with the same probability. A good risk saves answers where there are errors;
        a bad one costs answers, and never the guarantee.
    level : float
        Confidence of the certificate, in (0, 1).
    share : float
        With `risk`, how much of the reading follows it, in (0, 1); the rest is uniform.
    attempt : int, optional
        The number of this audit among several of one campaign, from 1; see Notes. By default it
        is the only one.
    seed : int
        Draws the order.

    Returns
    -------
    AuditPlan

    Raises
    ------
    InputError
        A tolerance, level or share outside (0, 1), risks that are negative or all zero, an attempt
        so late that nothing is left of the error.

    Notes
    -----
    After an audit that did not certify, predictions change and a further one may be planned. With
    attempt j the audit has the error .8 * .2^(j-1) of (1 - level), so that all of them together
    certify falsely with probability 1 - level at most. Redrawing a plan once answers were seen
    breaks the guarantee: with its key told to a ledger first, `audit` refuses another plan of that
    attempt, and any beside one that was planned as the only one. Of the N predictions that are left
    the next one read is i with the probability

    .. math:: \mathrm{share}\, \frac{\mathrm{risk}_i}{\sum_l \mathrm{risk}_l}
        + \frac{1 - \mathrm{share}}{N};

    the risk is rounded to 16 levels, each half of the one above.

    Examples
    --------
    >>> from labelling import audit_plan
    >>> plan = audit_plan([0, 1, 1, 0], tolerance=0.3, seed=0)
    >>> sorted(plan.order.tolist()), plan.probability.round(2).tolist()
    ([0, 1, 2, 3], [0.25, 0.33, 0.5, 1.0])
    """
    made = predictions(predicted)
    m0 = checks.number(tolerance, "tolerance", above=0, below=1)
    confidence = checks.number(level, "level", above=0, below=1)
    part = checks.number(share, "share", above=0, below=1) if risk is not None else 0.0
    number = 0 if attempt is None else checks.count(attempt, "attempt")
    chosen = checks.seed(seed)
    if too_many(len(made), m0) >= len(made):
        refuse("tolerance", f"one that {len(made)} errors of {len(made)} exceed", m0)
    levels = _levels(risk, len(made))
    rng = generator(chosen, "audit", number)
    order = _order(levels, part, rng)
    alpha = (1 - confidence) * (FIRST * (1 - FIRST) ** (number - 1) if number else 1.0)
    if alpha < LEAST_ALPHA:
        refuse("attempt", f"one whose share of the error is at least {LEAST_ALPHA}", number)
    of = digest(made)
    return AuditPlan(
        order=order,
        probability=_probabilities(levels, part, order),
        level_of=levels.of,
        risk=levels.risk,
        share=part,
        tolerance=m0,
        alpha=alpha,
        attempt=number,
        predicted=of,
        key=plan_key(of, order, m0, alpha, number),
    )


def plan_key(
    predicted: str, order: np.ndarray, tolerance: float, alpha: float, attempt: int
) -> str:
    """Return what names a plan: it holds whatever its certificate rests on."""
    content = f"{predicted} {order.astype(int).tolist()} {tolerance} {alpha}"
    return f"audit {attempt}: {hashlib.sha256(content.encode()).hexdigest()[:16]}"


def predictions(value: Any) -> np.ndarray:
    """Return the predictions, one an item, at least two."""
    made = checks.labels(value, "predicted")
    if len(made) < 2:
        refuse("predicted", "at least two predictions", len(made))
    return made


def digest(predicted: np.ndarray) -> str:
    """Return what tells these predictions from others, whatever the type of their numbers."""
    return hashlib.sha256(repr(predicted.tolist()).encode()).hexdigest()[:16]


def plan_levels(plan: AuditPlan) -> Strata:
    """Return the levels of risk of a plan."""
    return Strata(plan.level_of, plan.risk, np.bincount(plan.level_of, minlength=len(plan.risk)))


def _levels(risk: Any, n: int) -> Strata:
    if risk is None:
        return Strata(np.zeros(n, dtype=np.int64), np.ones(1), np.array([n]))
    found = checks.real_array(risk, "risk", ndim=1).astype(np.float64)
    if len(found) != n or found.min() < 0 or found.max() == 0:
        refuse("risk", f"{n} numbers >= 0, not all 0", f"{len(found)} from {found.min():.3g}")
    return strata(found)


def _order(levels: Strata, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw without replacement, each time by risk (with probability `share`) or uniformly.

    Exponential clocks of rate risk ring in the order of drawing by risk: those that have not rung
    forget how long they have run, so that items taken uniformly in between change nothing.
    """
    n = len(levels.of)
    queues = [np.argsort(rng.exponential(size=n) / levels.risk[levels.of]), rng.permutation(n)]
    coins = np.where(rng.random(n) < share, 0, 1)
    taken, places, order = np.zeros(n, dtype=bool), [0, 0], np.empty(n, dtype=np.int64)
    for t, coin in enumerate(coins):
        while taken[queues[coin][places[coin]]]:
            places[coin] += 1
        order[t] = queues[coin][places[coin]]
        taken[order[t]] = True
    return order


def _probabilities(levels: Strata, share: float, order: np.ndarray) -> np.ndarray:
    read = levels.of[order]
    gone = np.zeros((len(order), len(levels.risk)))
    gone[1:] = np.cumsum(np.eye(len(levels.risk))[read], axis=0)[:-1]
    q = reading_probability(levels.count - gone, levels.risk, share)
    return q[np.arange(len(order)), read]
