"""The next step of a campaign, from its ledger alone: learn, audit, or stop with a certificate.

A campaign has no state but the ledger: whoever calls with the same ledger gets the same step, after
a kill or on another machine.
"""

from typing import Any, NamedTuple

import numpy as np

from labelling.acquisition.acquiring import acquire, item_features
from labelling.answers_ledger.combined_answers import answers
from labelling.answers_ledger.event_rows import TYPES
from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.telling import effective
from labelling.stop_audit.audit_costs import audits_needed
from labelling.stop_audit.audits import Audit, audit
from labelling.stop_audit.plans import AuditPlan, audit_plan
from labelling.stop_audit.uniform_bets import too_many
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import binary_exponent
from toolbox.core.records import is_record, record
from toolbox.core.streams import integer

LEVEL = 0.95
WORTH = 2.0  # an audit begins once it is expected to cost as many times one without errors: of
# 1.3, 1.6, 2, 2.6 the one of the fewest labels on five draws of digits
PATIENCE = 30  # answers by which what is left of an audit may exceed a new one that finds none
PENALTY = 10.0  # inverse of the logistic regression's, for features of unit variance
FEWEST = 3  # batches before the first audit


@record
class Step:
    """What a campaign does next.

    Attributes
    ----------
    phase : str
        "learn", "audit", "abandon" (tell the undo named in `undoes`) or "stopped".
    items : ndarray (m,)
        Ask for their labels; none when it is stopped.
    plan : str
        Not "" when an audit begins: tell it first, as the value of the kind "plan".
    undoes : str
        Not "" when an audit is abandoned: tell an undo of this key first.
    predicted : ndarray (n,)
        The column of each item's class: its label, else the model's; -1 before there is a model.
    certified : bool
        At most the tolerance of `predicted` is wrong, with 95 % confidence over all audits.
    note : str
    """

    phase: str
    items: np.ndarray
    plan: str
    undoes: str
    predicted: np.ndarray
    certified: bool
    note: str


class Known(NamedTuple):
    """What a ledger says at some row."""

    labels: np.ndarray
    asked: np.ndarray
    votes: np.ndarray | None
    predicted: np.ndarray


def campaign_next(
    features: Any,
    ledger: Ledger,
    *,
    classes: Any,
    tolerance: float,
    batch: int = 10,
    by: Any = "uncertain-and-far",
    seed: int,
) -> Step:
    """Say what a labelling campaign does next, from its ledger alone.

    Parameters
    ----------
    features : array (n, F) or (n,)
        A description of each item; a logistic regression on it is the model.
    ledger : Ledger
        Answers of the kinds "label" and "cannot_tell", and the plans of audits.
    classes : array (C,)
        All classes.
    tolerance : float
        Share of wrong labels that is tolerated among all items, in (0, 1).
    batch : int
        Items asked about at a time.
    by : str or callable
        How items are chosen, as for `acquire`.
    seed : int

    Returns
    -------
    Step

    Raises
    ------
    InputError
        A label outside the classes, and what `acquire`, `answers` and `audit_plan` refuse.

    Notes
    -----
    An audit begins when it is expected to cost little more than one that finds no error: its mean
    (`audits_needed`) at the error that the model expects of itself, the mean of 1 - max p over
    unlabelled items, is at most twice that at no error. A model that is too sure of itself
    begins too early and loses answers, not the guarantee. The audit reads predictions of unlabelled
    items uniformly; it is abandoned once going on costs more than learning from what it found and
    auditing anew. All errors tolerated may be among the unlabelled items. No audit begins once more
    than half of the items are labelled: an expert's own mistakes, which it sees among the
    unlabelled ones, would then be the more numerous among the others. An item of which the expert
    cannot tell counts as wrong.

    Examples
    --------
    >>> from labelling import campaign_next, ledger
    >>> x = [[float(i), i % 2] for i in range(20)]
    >>> step = campaign_next(x, ledger(), classes=[0, 1], tolerance=0.1, batch=3, seed=0)
    >>> step.phase, len(step.items)
    ('learn', 3)
    """
    x = item_features(features, "features")
    if not is_record(ledger) or not isinstance(ledger, Ledger):
        refuse("ledger", "a Ledger", checks.describe_value(ledger))
    names = checks.labels(classes, "classes")
    m0 = checks.number(tolerance, "tolerance", above=0, below=1)
    size = checks.count(batch, "batch")
    chosen = checks.seed(seed)
    counts = effective(ledger)
    plans = np.flatnonzero(ledger.kind == "plan")
    now = _known(x, ledger, len(ledger.key), names)
    if len(plans) and counts[plans[-1]]:
        return _audited(x, ledger, names, m0, size, chosen, plans, now)
    if (~now.asked).sum() <= max(size, 2):
        return _rest(now)
    if len(now.labels[now.labels >= 0]) >= FEWEST * size and now.votes is not None:
        plan = _planned(now, m0, len(plans) + 1, chosen)
        if plan is not None and _affordable(now, plan):
            first = np.flatnonzero(~now.asked)[plan.order[:size]]
            return _step("audit", now, items=first, plan=plan.key)
    return _learn(x, now, size, by, chosen)


def _step(phase: str, now: Known, **given: Any) -> Step:
    empty = np.zeros(0, dtype=np.int64)
    fields = {"items": empty, "plan": "", "undoes": "", "certified": False, "note": ""}
    return Step(phase=phase, predicted=now.predicted, **fields | given)


def _known(x: np.ndarray, book: Ledger, rows: int, names: np.ndarray) -> Known:
    """Return what the first `rows` rows say, and what a model says that is trained on them."""
    early = Ledger(**{name: getattr(book, name)[:rows] for name in TYPES}, chain="")
    said = answers(early, n=len(x), classes=names)
    asked = (said.labels >= 0) | (said.cannot_tell > 0)
    if len(np.unique(said.labels[said.labels >= 0])) < 2:
        return Known(said.labels, asked, None, said.labels)
    votes = logistic_votes(x, said.labels, len(names))
    return Known(
        said.labels, asked, votes, np.where(said.labels >= 0, said.labels, votes.argmax(1))
    )


def logistic_votes(x: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return probabilities of a logistic regression on features of unit variance."""
    from sklearn.linear_model import LogisticRegression

    z = np.ldexp(x, -binary_exponent(x)).astype(np.float64)  # squares neither overflow nor vanish
    z = (z - z.mean(axis=0)) / (z.std() or 1.0)
    known = labels >= 0
    model = LogisticRegression(C=PENALTY, max_iter=1000).fit(z[known], labels[known])
    votes = np.zeros((len(x), classes))
    votes[:, model.classes_] = model.predict_proba(z)
    return votes


def _planned(now: Known, tolerance: float, attempt: int, seed: int) -> AuditPlan | None:
    """Return the plan of an audit of the items nobody was asked about; None where none can be."""
    n, rest = len(now.labels), ~now.asked
    left = int(rest.sum())
    unsure = int(now.asked.sum() - (now.labels >= 0).sum())
    allowed = too_many(n, tolerance) - 1 - unsure
    if 2 * (n - left) > n or allowed < 1 or allowed + 1 >= left:
        return None
    drawn = integer(seed, "campaign audit", attempt)
    return audit_plan(
        now.predicted[rest], tolerance=allowed / left, level=LEVEL, attempt=attempt, seed=drawn
    )


def _affordable(now: Known, plan: AuditPlan) -> bool:
    expected = float((1 - now.votes[~now.asked].max(axis=1)).mean())
    options = {"n": len(plan.order), "tolerance": plan.tolerance, "level": 1 - plan.alpha}
    cost = audits_needed(**options, error=min(expected, 1.0))
    return cost.mean <= WORTH * cost.clean


def _learn(x: np.ndarray, now: Known, batch: int, by: Any, seed: int) -> Step:
    labelled = np.where(now.asked, np.maximum(now.labels, 0), -1)
    drawn = integer(seed, "campaign", int(now.asked.sum()))
    found = acquire(now.votes, labelled=labelled, batch=batch, features=x, by=by, seed=drawn)
    return _step("learn", now, items=found.items)


def _rest(now: Known) -> Step:
    """Ask about the last few; with none left, what was told is all there is."""
    items = np.flatnonzero(~now.asked)
    if len(items):
        return _step("learn", now, items=items)
    return _step("stopped", now, note="every item was asked about: nothing is left to certify")


def _audited(
    x: np.ndarray,
    book: Ledger,
    names: np.ndarray,
    tolerance: float,
    batch: int,
    seed: int,
    plans: np.ndarray,
    now: Known,
) -> Step:
    """Go on with the audit that is open."""
    then = _known(x, book, int(plans[-1]), names)
    plan = _planned(then, tolerance, len(plans), seed)
    if plan is None or f'"{plan.key}"' != book.values[plans[-1]]:
        refuse("ledger", "a plan that this campaign told", str(book.values[plans[-1]]))
    order = np.flatnonzero(~then.asked)[plan.order]
    read = int(np.append(now.asked[order], False).argmin())
    if read == 0:
        return _step("audit", then, items=order[:batch])
    wrong = now.labels[order[:read]] != then.predicted[order[:read]]
    found = audit(plan, wrong, ledger=book)
    final = now._replace(predicted=np.where(now.labels >= 0, now.labels, then.predicted))
    if found.certified:
        return _step("stopped", final, certified=True, note=f"{found.wrong} of {read} were wrong")
    if found.audits_left_if_clean < 0 or _futile(found, plan, len(order) - read):
        return _step("abandon", now, undoes=str(book.key[plans[-1]]))
    return _step("audit", final, items=order[read : read + min(batch, found.audits_left_if_clean)])


def _futile(found: Audit, plan: AuditPlan, left: int) -> bool:
    """Say whether a new audit that finds no error would be cheaper than going on."""
    later = audits_needed(
        n=max(left, 2), tolerance=plan.tolerance, error=0, level=1 - plan.alpha / 5
    )
    return found.audits_left_if_clean > later.clean + PATIENCE
