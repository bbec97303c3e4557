"""The next step of a campaign, from its ledger alone: learn, audit, or stop with a certificate.

A campaign has no state but the ledger: whoever calls with the same ledger gets the same step, after
a kill or on another machine.
"""

from typing import Any, NamedTuple

import numpy as np

from labelling.acquisition.acquiring import acquire, item_features
from labelling.acquisition.choices import WAYS
from labelling.acquisition.priced_questions import LABEL, PAIR, YES_NO, question_prices
from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.partial_answers import confusion_table
from labelling.answers_ledger.telling import effective
from labelling.experts.answer_model import doubted
from labelling.experts.known_answers import Known, answered_since, known
from labelling.stop_audit.audit_costs import audits_needed
from labelling.stop_audit.audits import Audit, audit
from labelling.stop_audit.plans import AuditPlan, audit_plan
from labelling.stop_audit.uniform_bets import too_many
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.core.streams import integer

LEVEL = 0.95
WORTH = 2.0  # an audit begins once it is expected to cost as many times one without errors: of
# 1.3, 1.6, 2, 2.6 the one of the fewest labels on five draws of digits
PATIENCE = 30  # answers by which what is left of an audit may exceed a new one that finds none
FEWEST = 3  # batches before the first audit
LATEST = 0.4  # share of labelled items beyond which no audit begins. At one half the mistakes of an
# expert that an audit sees would just outweigh those among the labels, by chance half the time


@record
class Step:
    """What a campaign does next.

    Attributes
    ----------
    phase : str
        "learn", "audit", "abandon" (tell the undo named in `undoes`) or "stopped".
    items : ndarray (m,)
        Ask about these; none when it is stopped.
    question : ndarray (m,)
        Of each: "label"; "yes/no", whether it is the class in `proposed`, whose yes is told as a
        "label" and whose no as a "not"; or "pair", whether it is of the class of that in `others`.
    proposed : ndarray (m,)
        The column of the class, -1 where there is none.
    others : ndarray (m,)
        The other item of a pair, -1 for the other questions.
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
    question: np.ndarray
    proposed: np.ndarray
    others: np.ndarray
    plan: str
    undoes: str
    predicted: np.ndarray
    certified: bool
    note: str


def campaign_next(
    features: Any,
    ledger: Ledger,
    *,
    classes: Any,
    tolerance: float,
    batch: int = 10,
    by: Any = "uncertain-and-far",
    cost: Any = None,
    error: Any = 0.0,
    seed: int,
) -> Step:
    """Say what a labelling campaign does next, from its ledger alone.

    Parameters
    ----------
    features : array (n, F) or (n,)
        A description of each item; a logistic regression on it is the model.
    ledger : Ledger
        Answers of the kinds "label", "not", "set", "pair" and "cannot_tell", and the plans of
        audits.
    classes : array (C,)
        All classes.
    tolerance : float
        Share of wrong labels that is tolerated among all items, in (0, 1).
    batch : int
        Items asked about at a time.
    by : str or callable
        How items are chosen, as for `acquire`; by "far" as long as there is no model, where the
        way needs one.
    cost : dict, optional
        The price of each kind of question that may be asked, as for `acquire`; by default labels
        alone are asked for.
    error : float or array (C, C)
        Probability that the expert is wrong, as for `class_posteriors`.
    seed : int

    Returns
    -------
    Step

    Raises
    ------
    InputError
        A label outside the classes, fewer than two of them, a batch of more items than there are,
        and what `acquire`, `answers` and `audit_plan` refuse.

    Notes
    -----
    The model is the logistic regression of the largest likelihood of all answers, which may say
    only a part of a class or be wrong (EM). Of several kinds of question each time the one is asked
    that tells most for its price, of items that a yes, a no or a pair left open too; for that a
    model of N labels is taken for C / (C + N) less sure than it is, and as long as some classes
    have no label, each item is of one of those with probability (N_1 + 1) / (N + 2), N_1 the
    classes that have one alone (Good, 1953, kept off 0 by Laplace's rule): a model knows nothing of
    a class that it was never shown, and would go on asking about the others. A question that was
    asked already is asked as a label; an audit asks "is it as predicted?" where that is cheaper.

    An audit begins when it is expected to cost little more than one that finds no error: its mean
    (`audits_needed`) at the error that the model expects of itself, the mean of 1 - max p over
    unlabelled items, is at most twice that at no error. A model that is too sure of itself
    begins too early and loses answers, not the guarantee. The audit reads predictions of unlabelled
    items uniformly; it is abandoned once going on costs more than learning from what it found and
    auditing anew. All errors tolerated may be among the unlabelled items. No audit begins once 40 %
    of the items are labelled: an expert's own mistakes, which it sees among the unlabelled ones,
    would soon be the more numerous among the others. The last one before that begins if it is
    likely to certify, and is not abandoned, since labelling all is all that is left otherwise. For
    the same reason answers correct predictions only until half of the items are labelled. An item
    of which the expert cannot tell counts as wrong. A certificate takes answers for the truth: of
    60 campaigns of 600 digits, the expert wrong in 5 % of the answers and as many tolerated, 53
    stopped, most with nearly all labelled, and three of them with 5.5 to 6 % wrong.

    References
    ----------
    I. J. Good, "The population frequencies of species and the estimation of population parameters",
    Biometrika 40, 1953.

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
    if len(names) < 2:
        refuse("classes", "at least two classes", len(names))
    if checks.count(batch, "batch") > len(x):
        refuse("batch", f"at most the {len(x)} items", batch)
    rules = Rules(
        names=names,
        tolerance=checks.number(tolerance, "tolerance", above=0, below=1),
        batch=checks.count(batch, "batch"),
        by=by,
        prices=question_prices(cost, len(x)),
        confusion=confusion_table(error, len(names), "error"),
        seed=checks.seed(seed),
    )
    counts = effective(ledger)
    plans = np.flatnonzero(ledger.kind == "plan")
    now = known(x, ledger, len(ledger.key), names, rules.confusion)
    if len(plans) and counts[plans[-1]]:
        return _audited(x, ledger, rules, plans, now)
    if (~now.asked).sum() <= max(rules.batch, 2):
        return _rest(now)
    if len(now.labels[now.labels >= 0]) >= FEWEST * rules.batch and now.votes is not None:
        plan = _planned(now, rules, len(plans) + 1)
        if plan is not None and _affordable(now, plan, last=_late(now, rules.batch)):
            first = np.flatnonzero(~now.asked)[plan.order[: rules.batch]]
            return _audit_step(now, now, rules, first, plan=plan.key)
    return _learn(x, now, rules, int(counts[ledger.items >= 0].sum()))


class Rules(NamedTuple):
    """What a campaign was told, checked."""

    names: np.ndarray
    tolerance: float
    batch: int
    by: Any
    prices: dict[str, np.ndarray]
    confusion: np.ndarray
    seed: int


def _step(phase: str, now: Known, **given: Any) -> Step:
    empty = np.zeros(0, dtype=np.int64)
    fields = {"items": empty, "plan": "", "undoes": "", "certified": False, "note": ""}
    none = np.full(len(given.get("items", empty)), -1)
    questions = {"question": np.full(len(none), LABEL), "proposed": none, "others": none}
    return Step(phase=phase, predicted=now.predicted, **fields | questions | given)


def _audit_step(
    now: Known, planned: Known, rules: Rules, items: np.ndarray, plan: str = ""
) -> Step:
    """Ask whether items are as predicted, where that is cheaper and open, else for their labels."""
    proposed = planned.predicted[items]
    cheaper = np.zeros(len(items), dtype=bool)
    if YES_NO in rules.prices:
        cheaper = (rules.prices[YES_NO] < rules.prices[LABEL])[items]
        cheaper &= ~planned.excluded[items, proposed]
    question = np.where(cheaper, YES_NO, LABEL)
    proposed = np.where(cheaper, proposed, -1)
    return _step("audit", now, items=items, question=question, proposed=proposed, plan=plan)


def _planned(now: Known, rules: Rules, attempt: int) -> AuditPlan | None:
    """Return the plan of an audit of the items nobody was asked about; None where none can be."""
    n, rest = len(now.labels), ~now.asked
    left = int(rest.sum())
    unsure = int(now.asked.sum() - (now.labels >= 0).sum())
    allowed = too_many(n, rules.tolerance) - 1 - unsure
    if _late(now) or allowed < 1 or allowed + 1 >= left:
        return None
    drawn = integer(rules.seed, "campaign audit", attempt)
    return audit_plan(
        now.predicted[rest], tolerance=allowed / left, level=LEVEL, attempt=attempt, seed=drawn
    )


def _late(now: Known, more: int = 0) -> bool:
    """Say whether too many items for another audit are labelled, once `more` of them are."""
    return int(now.asked.sum()) + more > LATEST * len(now.asked)


def _affordable(now: Known, plan: AuditPlan, *, last: bool) -> bool:
    """Say whether an audit is cheap enough; the last one need only be likely to certify."""
    expected = float((1 - now.votes[~now.asked].max(axis=1)).mean())
    options = {"n": len(plan.order), "tolerance": plan.tolerance, "level": 1 - plan.alpha}
    cost = audits_needed(**options, error=min(expected, 1.0))
    return cost.mean <= WORTH * cost.clean or (last and cost.certified > 0.5)


def _learn(x: np.ndarray, now: Known, rules: Rules, told: int) -> Step:
    labelled = np.where(now.asked, np.maximum(now.labels, 0), -1)
    votes, prices = now.votes, rules.prices
    if votes is not None and len(prices) > 1:
        votes = doubted(votes, now.labels)
    by = rules.by
    if votes is None and isinstance(by, str) and by in WAYS and WAYS[by].votes:
        by = "far"
    options = {"labelled": labelled, "batch": rules.batch, "features": x, "by": by}
    options |= {"cost": prices, "error": rules.confusion}
    found = acquire(votes, **options, seed=integer(rules.seed, "campaign", told))
    again = now.excluded[found.items, found.proposed] & (found.question == YES_NO)
    judged = {tuple(sorted(pair)) for pair in now.pairs[:, :2].tolist()}
    asked = zip(found.items.tolist(), found.others.tolist(), strict=True)
    again |= [tuple(sorted(pair)) in judged for pair in asked]
    question = np.where(again, LABEL, found.question)
    return _step(
        "learn",
        now,
        items=found.items,
        question=question,
        proposed=np.where(question == LABEL, -1, found.proposed),
        others=np.where(question == PAIR, found.others, -1),
    )


def _rest(now: Known) -> Step:
    """Ask about the last few; with none left, what was told is all there is."""
    items = np.flatnonzero(~now.asked)
    if len(items):
        return _step("learn", now, items=items)
    return _step("stopped", now, note="every item was asked about: nothing is left to certify")


def _audited(x: np.ndarray, book: Ledger, rules: Rules, plans: np.ndarray, now: Known) -> Step:
    """Go on with the audit that is open."""
    then = known(x, book, int(plans[-1]), rules.names, rules.confusion)
    plan = _planned(then, rules, len(plans))
    if plan is None or f'"{plan.key}"' != book.values[plans[-1]]:
        refuse("ledger", "a plan that this campaign told", str(book.values[plans[-1]]))
    order = np.flatnonzero(~then.asked)[plan.order]
    answered = np.isin(order, answered_since(book, int(plans[-1])))
    read = int(np.append(answered, False).argmin())
    if read == 0:
        return _audit_step(then, then, rules, order[: rules.batch])
    wrong = now.labels[order[:read]] != then.predicted[order[:read]]
    found = audit(plan, wrong, ledger=book)
    final = now._replace(predicted=_corrected(now, then, order))
    if found.certified:
        return _step("stopped", final, certified=True, note=f"{found.wrong} of {read} were wrong")
    hopeless = not _late(now) and _futile(found, plan, len(order) - read)
    if found.audits_left_if_clean < 0 or hopeless:
        return _step("abandon", now, undoes=str(book.key[plans[-1]]))
    few = min(rules.batch, found.audits_left_if_clean)
    return _audit_step(final, then, rules, order[read : read + few])


def _corrected(now: Known, then: Known, order: np.ndarray) -> np.ndarray:
    """Return what was planned, corrected by answers as long as half of the items have none.

    With half of them labelled, an expert's mistakes among the labels are as many as those that the
    audit expects among what it certifies; later ones could spoil more than it allows.
    """
    kept = then.predicted.copy()
    early = order[: max(0, len(kept) // 2 - int(then.asked.sum()))]
    kept[early] = np.where(now.labels[early] >= 0, now.labels[early], kept[early])
    return kept


def _futile(found: Audit, plan: AuditPlan, left: int) -> bool:
    """Say whether a new audit that finds no error would be cheaper than going on."""
    later = audits_needed(
        n=max(left, 2), tolerance=plan.tolerance, error=0, level=1 - plan.alpha / 5
    )
    return found.audits_left_if_clean > later.clean + PATIENCE
