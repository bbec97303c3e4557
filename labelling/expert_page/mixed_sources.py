"""Question sources made of others: chosen by a model, audits mixed in, questions asked twice."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labelling.acquisition.acquiring import acquire
from labelling.answers_ledger.combined_answers import answers
from labelling.answers_ledger.ledgers import Ledger
from labelling.expert_page.questions import BATCH, LABEL, PAIR, YES_NO, Question, Source, answered
from labelling.pair_questions.choosing_pairs import choose_pairs
from labelling.pair_questions.settled_pairs import settle_pairs
from labelling.stop_audit.plans import AuditPlan
from toolbox.core.streams import generator

AUDIT_EVERY = 3  # one question in three, so that no rhythm shows which


def acquired(n: int, classes: Sequence[int | str], *, seed: int, **how: Any) -> Source:
    """Ask what `labelling.acquire` chooses; `how` is its votes, features, by, cost, ...

    Items that anyone has answered are not chosen again; where a yes or no was answered by no, a
    label is asked for.
    """

    def source(book: Ledger, who: str) -> list[Question]:
        labels = answers(book, n=n, classes=classes).labels
        by_anyone = {items: kind for items, kind in answered(book).items() if len(items) == 1}
        denied = [items for items, kind in by_anyone.items() if kind == "not"]
        open_again = [Question(LABEL, items) for items in denied if labels[items[0]] < 0]
        known = labels.copy()
        known[[items[0] for items in by_anyone if known[items[0]] < 0]] = 0  # not chosen again
        batch = min(BATCH // 4, int((known < 0).sum()))
        if not batch:
            return open_again
        chosen = acquire(labelled=known, batch=batch, seed=seed, **({"votes": None} | how))
        columns = (c.tolist() for c in (chosen.items, chosen.question, chosen.proposed))
        return open_again + [
            Question(YES_NO, (i,), classes[c]) if kind == YES_NO else Question(LABEL, (i,))
            for i, kind, c in zip(*columns, strict=True)
        ]

    return source


def pairs_by_evidence(evidence: Any, *, seed: int) -> Source:
    """Ask about the pairs that `labelling.choose_pairs` finds most alike, given the answers so far.

    Pairs of which somebody could not tell are not asked again.
    """

    def source(book: Ledger, who: str) -> list[Question]:
        done = answered(book)
        unable = sum(kind == "cannot_tell" for kind in done.values())
        batch = min(BATCH // 4 + unable, settle_pairs(evidence, ledger=book).open)
        if not batch:
            return []
        chosen = choose_pairs(evidence, ledger=book, batch=batch, seed=seed)
        pairs = zip(chosen.items.tolist(), chosen.others.tolist(), strict=True)
        return [Question(PAIR, pair) for pair in pairs if tuple(sorted(pair)) not in done]

    return source


def with_audit(
    source: Source, plan: AuditPlan, *, items: np.ndarray, every: int = AUDIT_EVERY, seed: int
) -> Source:
    """Mix the questions of an audit, in the plan's order, in between those of a source.

    `items` says which items the plan's predictions are of. Where the questions stand is drawn: on
    average one in `every` is of the audit, and nothing tells which.
    """
    read = items[plan.order].tolist()

    def mixed(book: Ledger, who: str) -> list[Question]:
        done = answered(book)  # an audit reads each prediction once, whoever answers
        rows = zip(read, plan.probability.tolist(), strict=True)
        audits = [Question(LABEL, (i,), None, p) for i, p in rows if (i,) not in done][:BATCH]
        return _shuffled_in(
            list(source(book, who)), audits, every, generator(seed, "mixed", len(book.key))
        )

    return mixed


def shared(source: Source, *, every: int = 5, seed: int) -> Source:
    """Ask, one question in `every`, what another expert answered already: to see them agree."""

    def mixed(book: Ledger, who: str) -> list[Question]:
        own, kinds = answered(book, who), answered(book)
        of = (tuple(q) for q in kinds if q not in own and kinds[q] in ("label", "pair"))
        again = [Question(kinds[q], q) for q in of][:BATCH]
        return _shuffled_in(
            list(source(book, who)), again, every, generator(seed, "mixed", len(book.key))
        )

    return mixed


def audit_answers(
    plan: AuditPlan,
    book: Ledger,
    *,
    items: np.ndarray,
    predicted: Sequence[int | str],
    classes: Sequence[int | str],
) -> np.ndarray:
    """Return whether each prediction read so far was wrong (k,), in the plan's order, for `audit`.

    Where nobody can tell an item's class, its prediction counts as wrong: that is the careful side.
    """
    done = answered(book)
    labels = answers(book, classes=classes, n=_items(book, items)).labels
    wrong = []
    for place in plan.order.tolist():
        item = int(items[place])
        if (item,) not in done:
            break
        said = classes[labels[item]] if labels[item] >= 0 else None
        wrong.append(said != predicted[place])
    return np.array(wrong, dtype=bool)


def _items(book: Ledger, items: np.ndarray) -> int:
    return 1 + max(int(v.max(initial=-1)) for v in (items, book.items, book.others))


def _shuffled_in(
    most: list[Question], few: list[Question], every: int, rng: np.random.Generator
) -> list[Question]:
    """Return both in their own orders, of the second about one in `every`, then what is left."""
    mixed: list[Question] = []
    most, few = most[::-1], few[::-1]  # so that pop gives the first
    while most and few:
        mixed.append((few if rng.random() < 1 / every else most).pop())
    first = {tuple(sorted(q.items)): q for q in reversed(mixed + most[::-1] + few[::-1])}
    return list(first.values())[::-1][:BATCH]  # one that stands in both is asked once
