"""What the page asks, and where it comes from: question sources, plain functions of the ledger.

A source is called with the ledger and the expert's name, and returns the questions to ask this
expert next, the most wanted first; an empty list ends the session. It keeps nothing: after a kill
the same ledger gives the same questions.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.telling import effective
from toolbox.core.checks import refuse
from toolbox.core.streams import generator

LABEL, YES_NO, PAIR = "label", "yes/no", "pair"
ANSWERS = ("label", "not", "pair", "cannot_tell")
BATCH = 64  # questions a call: a source is asked again long before they are used up
MOST_PAIRS = 10_000  # drawn by default; all pairs of 142 items


class Question(NamedTuple):
    """One question: a label of an item, whether it is of a class, whether two are the same."""

    kind: str
    items: tuple[int, ...]
    proposed: int | str | None = None  # of "yes/no": the class
    propensity: float = float("nan")  # the probability with which it was asked, where known


Source = Callable[[Ledger, str], Sequence[Question]]


def answered(book: Ledger, who: str | None = None) -> dict[tuple[int, ...], str]:
    """Return the items or pairs that an expert (or anyone) answered, with the last answer's kind.

    An answer that is undone does not count; that one cannot tell is an answer.
    """
    counts = effective(book) & np.isin(book.kind, ANSWERS)
    if who is not None:
        counts &= book.who == who
    columns = (getattr(book, name)[counts].tolist() for name in ("items", "others", "kind"))
    return {
        (i,) if j < 0 else (min(i, j), max(i, j)): kind for i, j, kind in zip(*columns, strict=True)
    }


def in_order(n: int) -> Source:
    """Ask for a label of each item, in their order."""
    return listed([Question(LABEL, (i,)) for i in range(n)])


def listed(questions: Sequence[Question]) -> Source:
    """Ask these questions, in this order."""

    def source(book: Ledger, who: str) -> list[Question]:
        done = answered(book, who)
        left = (q for q in questions if tuple(sorted(q.items)) not in done)
        return [q for q, _ in zip(left, range(BATCH), strict=False)]

    return source


def names_to_choose_from(classes: list[str]) -> list[str]:
    """Return the classes of labels, refused unless they are two or more that differ."""
    if len(set(classes)) < 2 or len(set(classes)) < len(classes):
        refuse("classes", "two different names at least, as sub-folders or here", classes)
    return classes


def random_pairs(n: int, *, number: int | None = None, seed: int) -> list[tuple[int, int]]:
    """Draw different pairs of n items: by default all in a random order, 10,000 at most."""
    every = n * (n - 1) // 2
    wanted = min(every, MOST_PAIRS if number is None else number)
    rng = generator(seed, "pairs")
    found: dict[tuple[int, int], None] = {}
    if wanted > every // 2:  # where most are wanted, drawing would meet the same ones again
        first, second = np.triu_indices(n, 1)
        order = rng.permutation(every)[:wanted]
        return list(zip(first[order].tolist(), second[order].tolist(), strict=True))
    while len(found) < wanted:
        for i, j in rng.integers(0, n, (wanted, 2)).tolist():
            if i != j and len(found) < wanted:
                found[min(i, j), max(i, j)] = None
    return list(found)
