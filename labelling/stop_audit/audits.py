"""An audit: whether the answers so far certify that few enough predictions are wrong."""

from typing import Any

import numpy as np

from labelling.answers_ledger.ledgers import Ledger
from labelling.stop_audit import importance_bets, uniform_bets
from labelling.stop_audit.plans import AuditPlan, digest, plan_key, plan_levels, predictions
from labelling.stop_audit.uniform_bets import too_many
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.panels import panels
from toolbox.core.records import is_record, record


@record
class Audit:
    """What the answers of an audit certify.

    Attributes
    ----------
    certified : bool
        The share of wrong predictions is at most the tolerance, with the plan's confidence.
    at : int
        Number of answers after which it was certified; -1 if it was not.
    e_value : ndarray (k,)
        After each answer; certified once it reaches 1/alpha. Infinite once too many errors are
        impossible.
    upper : float
        Upper bound of the share of wrong predictions, with the plan's confidence by itself; NaN
        where the reading followed a risk.
    wrong : int
        Wrong predictions among those read.
    audits_left_if_clean : int
        How many further answers certify if all are right; -1 if none can.
    tolerance : float
    alpha : float
    note : str
    """

    certified: bool
    at: int
    e_value: np.ndarray
    upper: float
    wrong: int
    audits_left_if_clean: int
    tolerance: float
    alpha: float
    note: str = ""

    def plot(self, ax: Any = None) -> Any:
        """Draw the e-value against the number of answers."""
        figure, axes = panels(ax, size=(4, 3))
        finite = np.isfinite(self.e_value) & (self.e_value > 0)
        axes.semilogy(np.flatnonzero(finite) + 1, self.e_value[finite])
        axes.axhline(1 / self.alpha, color="black", ls=":", lw=0.8)
        said = f"certified at {self.at}" if self.certified else "not certified"
        axes.set(xlabel="answers", ylabel="e-value")
        axes.set_title(f"{said}, {self.wrong} wrong", fontsize="medium")
        return figure


def audit(
    plan: AuditPlan,
    wrong: Any,
    *,
    items: Any = None,
    predicted: Any = None,
    ledger: Ledger | None = None,
) -> Audit:
    r"""Say whether the answers so far certify the tolerance; look as often as you like.

    Parameters
    ----------
    plan : AuditPlan
    wrong : array (k,)
        Whether each prediction read was wrong, true or false, in the plan's order; empty before
        the first answer.
    items : array (k,), optional
        The predictions read, to be checked against the plan's order.
    predicted : array (n,), optional
        The predictions audited, to be checked against those planned.
    ledger : Ledger, optional
        Where the plan was told before the first answer, to be checked: it is there, and no other
        plan of the same attempt is, nor any beside the only one.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        Answers out of the plan's order or more than there are predictions, other predictions than
        planned, a plan that was not told, redrawn or changed.

    Notes
    -----
    Under the null, more errors than tolerated, the e-value E_k after k answers is a non-negative
    supermartingale that starts at 1, so that (Ville)

    .. math:: P(\text{some } E_k \ge 1 / \alpha) \le \alpha:

    it may be looked at after each answer, and the audit may stop or go on at will. Read uniformly,
    it is the likelihood of few errors, averaged over a prior, against the least number that is too
    many, both hypergeometric; read by risk, the average of bets (see Waudby-Smith & Ramdas 2020)
    that grow fastest for several numbers of errors. Wrong predictions count whether or not they are
    corrected afterwards; the answers may train a model afterwards, but not before.

    References
    ----------
    I. Waudby-Smith, A. Ramdas, Confidence sequences for sampling without replacement, NeurIPS
    2020. J. Ville, Étude critique de la notion de collectif, 1939.

    Examples
    --------
    >>> from labelling import audit, audit_plan
    >>> plan = audit_plan([0] * 1600, tolerance=0.05, seed=0)
    >>> audit(plan, [0] * 40).audits_left_if_clean         # 40 of 40 right
    24
    >>> audit(plan, [0] * 64).certified
    True
    """
    if not is_record(plan) or not isinstance(plan, AuditPlan):
        refuse("plan", "an AuditPlan", checks.describe_value(plan))
    named = plan_key(plan.predicted, plan.order, plan.tolerance, plan.alpha, plan.attempt)
    if plan.key != named:
        refuse("plan", "a plan as audit_plan drew it", "one that was changed since")
    answers = _answers(wrong, len(plan.order))
    _same_items(plan, items, len(answers))
    if predicted is not None and digest(predictions(predicted)) != plan.predicted:
        refuse("predicted", "the predictions that were planned", "others")
    if ledger is not None:
        _told(plan, ledger)
    values = e_values(plan, answers)
    certified = values >= 1 / plan.alpha
    at = int(certified.argmax()) + 1 if certified.any() else -1
    left = 0 if certified.any() else _left(plan, answers)
    return Audit(
        certified=bool(certified.any()),
        at=at,
        e_value=values,
        upper=_upper(plan, answers),
        wrong=int(answers.sum()),
        audits_left_if_clean=left,
        tolerance=plan.tolerance,
        alpha=plan.alpha,
        note="" if left >= 0 else "more errors than tolerated were found: nothing can certify",
    )


def e_values(plan: AuditPlan, answers: np.ndarray) -> np.ndarray:
    """Return the e-value after each answer."""
    n = len(plan.order)
    m = too_many(n, plan.tolerance)
    if plan.share == 0:
        found = uniform_bets.log_e_values(n, m, np.arange(1, len(answers) + 1), answers.cumsum())
    else:
        read = plan.level_of[plan.order[: len(answers)]]
        levels = plan_levels(plan)
        found = importance_bets.log_e_values(levels, m, plan.share, read[None], answers[None])[0]
    return np.exp(np.minimum(found, 700.0)) * np.where(np.isposinf(found), np.inf, 1.0)


def _answers(wrong: Any, n: int) -> np.ndarray:
    if np.size(wrong) == 0 and not isinstance(wrong, str):
        return np.zeros(0, dtype=np.int64)
    found = checks.real_array(wrong, "wrong", ndim=1)
    if len(found) > n or not np.isin(found, (0, 1)).all():
        refuse("wrong", f"at most {n} answers, true or false", checks.describe_value(wrong))
    return found.astype(np.int64)


def _same_items(plan: AuditPlan, items: Any, read: int) -> None:
    if items is None or read == 0:
        return
    found = checks.labels(items, "items", length=read)
    if (found != plan.order[:read]).any():
        first = int((found != plan.order[:read]).argmax())
        refuse("items", f"prediction {plan.order[first]} at place {first}", found[first])


def _told(plan: AuditPlan, ledger: Ledger) -> None:
    if not isinstance(ledger, Ledger):
        refuse("ledger", "a Ledger", checks.describe_value(ledger))
    attempt, only = plan.key.partition(":")[0], "audit 0"  # the only one bars all others
    told = [text.strip('"') for text in ledger.values[ledger.kind == "plan"].tolist()]
    plans = [t for t in told if attempt == only or t.partition(":")[0] in (attempt, only)]
    if plans != [plan.key]:
        got = "none" if not plans else f"{len(plans)}: {', '.join(plans)}"
        refuse("ledger", f"the plan {plan.key!r} alone, told before the first answer", got)


def _left(plan: AuditPlan, answers: np.ndarray) -> int:
    """Return how many further answers certify if all are right, -1 if none can."""
    n, m = len(plan.order), too_many(len(plan.order), plan.tolerance)
    if answers.sum() >= m:
        return -1
    if plan.share == 0:
        stops = uniform_bets.last_reading(n, m, plan.alpha)
        return int(stops[answers.sum()]) - len(answers)
    clean = len(answers)
    while clean < n:  # by doubling, since each reading costs a step
        clean = min(2 * clean + 32, n)
        values = e_values(plan, np.pad(answers, (0, clean - len(answers))))
        if (values >= 1 / plan.alpha).any():
            return int((values >= 1 / plan.alpha).argmax()) + 1 - len(answers)
    return -1


def _upper(plan: AuditPlan, answers: np.ndarray) -> float:
    """Return the largest share of errors that the answers so far do not reject."""
    if plan.share:
        return float("nan")
    n, t, s = len(plan.order), len(answers), int(answers.sum())
    low, high = s, n  # numbers of errors: not rejected, and the most there can be
    while low < high:
        middle = (low + high + 1) // 2
        value = uniform_bets.log_e_values(n, middle, np.array(t), np.array(s))
        low, high = (low, middle - 1) if value >= -np.log(plan.alpha) else (middle, high)
    return low / n
