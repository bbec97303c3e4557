"""What ``grainwise label`` asks: labels or pairs, an audit mixed in, questions asked twice."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from grainwise.judgements_in import read_predictions, read_questions
from labelling.answers_ledger.event_rows import TYPES
from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.telling import tell
from labelling.expert_page.agreement import agreement
from labelling.expert_page.mixed_sources import acquired, audit_answers, shared, with_audit
from labelling.expert_page.questions import (
    ANSWERS,
    PAIR,
    Question,
    Source,
    answered,
    in_order,
    listed,
    names_to_choose_from,
    random_pairs,
)
from labelling.stop_audit.audits import audit
from labelling.stop_audit.plans import AuditPlan, audit_plan
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.data.loading import load


class Asked(NamedTuple):
    """The questions of a session, and what is said at its end."""

    source: Source
    total: int
    classes: list[str]
    book: Ledger
    ending: Callable[[Ledger], str]


def asked(
    names: list[str],
    *,
    book: Ledger,
    classes: list[str],
    question: str,
    pairs: Path | None,
    number: int | None,
    features: Path | None,
    predictions: Path | None,
    tolerance: float,
    again: int,
    seed: int,
) -> Asked:
    """Return the questions about items of these names."""
    if question == "pairs":
        for argument, given in (("predictions", predictions), ("features", features)):
            if given is not None:
                refuse(argument, "none for pairs: it is about labels", str(given))
        wanted = _pairs(names, pairs, number, seed)
        source = listed([Question(PAIR, pair) for pair in wanted])
        made = Asked(source, len(wanted), [], book, _counted)
    else:
        if pairs is not None:
            refuse("pairs", "none for labels (question 'pairs' asks about them)", str(pairs))
        made = Asked(
            in_order(len(names)), len(names), names_to_choose_from(classes), book, _counted
        )
        if features is not None:
            made = made._replace(source=_farthest(features, len(names), classes, seed))
        if predictions is not None:
            said = read_predictions(predictions, names, classes)
            made = _audited(made, said, tolerance, seed)
    every = checks.count(again, "again", minimum=0)
    return made._replace(source=shared(made.source, every=every, seed=seed)) if every else made


def _pairs(
    names: list[str], pairs: Path | None, number: int | None, seed: int
) -> list[tuple[int, int]]:
    if len(names) < 2:
        refuse("path", "at least two items to make pairs of", len(names))
    if pairs is not None:
        return read_questions(pairs, names)
    most = None if number is None else checks.count(number, "number")
    return random_pairs(len(names), number=most, seed=checks.seed(seed))


def _farthest(features: Path, n: int, classes: list[str], seed: int) -> Source:
    """Ask about the item that is farthest from all that are answered, by a file's description."""
    values = load(features, dim=1).values
    if len(values) != n or values[0].ndim != 1:
        refuse("features", f"a row of numbers for each of the {n} items", f"shape {values.shape}")
    return acquired(n, classes, features=values, by="far", seed=checks.seed(seed))


def _audited(made: Asked, said: dict[int, str], tolerance: float, seed: int) -> Asked:
    """Mix in an audit of the predictions of items that nobody had labelled when it was planned."""
    book = made.book
    before = answered(_before_plan(book))
    items = np.array([i for i in sorted(said) if (i,) not in before], dtype=np.int64)
    if len(items) < 2:
        refuse("predictions", "at least two of items that nobody has labelled", len(items))
    predicted = [said[i] for i in items.tolist()]
    plan = audit_plan(predicted, tolerance=tolerance, seed=checks.seed(seed))
    told = [json.loads(text) for text in book.values[book.kind == "plan"].tolist()]
    if not told:
        now = max(time.time(), float(book.time.max(initial=0.0)))
        book = tell(book, kind="plan", values=plan.key, who="grainwise", time=now)
    elif told != [plan.key]:
        got = "others, or another tolerance or seed"
        refuse("predictions", "those whose audit this ledger holds", got)

    def ending(after: Ledger) -> str:
        wrong = audit_answers(plan, after, items=items, predicted=predicted, classes=made.classes)
        return f"{_counted(after)}\n{_verdict(plan, wrong)}"

    source = with_audit(made.source, plan, items=items, seed=seed)
    return made._replace(source=source, book=book, ending=ending)


def _before_plan(book: Ledger) -> Ledger:
    """Return what the ledger held before the first plan of an audit was told."""
    plans = np.flatnonzero(book.kind == "plan")
    first = int(plans[0]) if len(plans) else len(book.kind)
    early = {name: getattr(book, name)[:first] for name in TYPES}
    return Ledger(**early, chain="", path="")


def _verdict(plan: AuditPlan, wrong: np.ndarray) -> str:
    if not len(wrong):
        return "audit: nothing read yet"
    found = audit(plan, wrong)
    read = f"{found.wrong} wrong of {len(wrong)} read"
    if found.certified:
        return f"audit: certified at most {plan.tolerance:.1%} wrong ({read})"
    if found.audits_left_if_clean < 0:
        return f"audit: cannot certify {plan.tolerance:.1%} any more ({read})"
    return f"audit: not yet certified ({read}; {found.audits_left_if_clean} more if all are right)"


def _counted(book: Ledger) -> str:
    """Return who answered how much and how experts agree, in a line."""
    experts = sorted(set(book.who[np.isin(book.kind, ANSWERS)].tolist()))
    each = ", ".join(f"{who} {len(answered(book, who))}" for who in experts) or "none"
    found = agreement(book)
    both = f"; they agree on {found.share:.0%} of {found.both}" if found.both else ""
    return f"answers: {each}{both}"
