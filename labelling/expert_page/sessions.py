"""A session of experts at the page: who is asked what, and each answer told to the ledger.

An answer is confirmed once it is on the disk. The browser names each by a key of its own, so that
one sent again, since its connection or this program broke, is kept once.
"""

import json
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from labelling.answers_ledger.event_rows import text
from labelling.answers_ledger.ledgers import Ledger, ledger
from labelling.answers_ledger.telling import effective, tell
from labelling.expert_page.questions import (
    ANSWERS,
    LABEL,
    PAIR,
    YES_NO,
    Question,
    Source,
    answered,
)
from toolbox.core.checks import InputError, choice, number, refuse

AHEAD = 4  # questions whose pictures the browser gets beforehand
LOW = 8  # questions left at which the source is asked for more, meanwhile
TRIES = 3  # another program may tell the same ledger between our reading and our telling
LONGEST = 24 * 3600.0  # seconds an answer can take; more is a clock's mistake


class Given(NamedTuple):
    """An answer as the browser sends it."""

    key: str
    question: Question
    answer: str  # "yes", "no", "class" or "cannot tell"
    value: int | str | None  # of "class", the class
    seconds: float


class State(NamedTuple):
    """What an expert sees: the question and those after it, how far he is, what u and r do."""

    questions: list[Question]
    done: int
    undoes: str  # key of the answer that an undo takes back; "" for none
    redoes: str  # key of the undo that a redo takes back; "" for none


class Session:
    """The one that changes: the ledger as it grows, and each expert's questions in waiting."""

    def __init__(self, book: Ledger, source: Source, *, classes: Sequence, items: int) -> None:
        self.book, self.classes, self.items = book, list(classes), items
        self._source = source
        self._waiting: dict[str, list[Question]] = {}
        self._done: dict[str, set[tuple[int, ...]]] = {}
        self._lock = threading.RLock()
        self._asking: set[str] = set()  # experts for whom the source is being asked

    def state(self, who: str) -> State:
        """Return what an expert sees now."""
        with self._lock:
            self._prepare(text(who, "who"))
            undoes, redoes = last_events(self.book, who)
            shown = self._waiting[who][: 1 + AHEAD]
            return State(shown, len(self._done[who]), undoes, redoes)

    def answer(self, who: str, given: Given) -> State:
        """Tell one answer to the ledger, once; it is on the disk when this returns."""
        kind, value = self._checked(given)
        first, *other = given.question.items
        with self._lock:
            self._prepare(text(who, "who"))
            asked = next((q for q in self._waiting[who] if q == _like(given.question, q)), None)
            self._tell(
                key=given.key,
                who=who,
                kind=kind,
                items=first,
                others=other[0] if other else None,
                values=value,
                cost=number(given.seconds, "seconds", minimum=0, maximum=LONGEST),
                propensity=asked.propensity if asked and asked.propensity > 0 else None,
            )
            self._done[who].add(_place(given.question))
            own = self._waiting[who]
            self._waiting[who] = [q for q in own if _place(q) != _place(given.question)]
            return self.state(who)

    def take_back(self, who: str, key: str, undoes: str) -> State:
        """Undo an answer, or an undo: an event in the ledger like any other."""
        with self._lock:
            self._prepare(text(who, "who"))
            if text(key, "key") in self.book.key:  # sent again
                return self.state(who)
            if not undoes or undoes not in last_events(self.book, who):
                refuse("undoes", f"the last answer of {who}, or the last undo", repr(undoes))
            self._tell(key=key, who=who, kind="undo", undoes=undoes)
            again = question_of(self.book, undoes)
            others = [q for q in self._waiting[who] if again is None or _place(q) != _place(again)]
            self._waiting[who] = others if again is None else [again, *others]
            self._forget(who)
            return self.state(who)

    def _checked(self, given: Given) -> tuple[str, Any]:
        """Return the ledger's kind and value of an answer, or refuse it."""
        q = given.question
        choice(q.kind, "kind", (LABEL, YES_NO, PAIR))
        wanted = 2 if q.kind == PAIR else 1
        known = [isinstance(i, int) and 0 <= i < self.items for i in q.items]
        if len(q.items) != wanted or not all(known):
            refuse("items", f"{wanted} of 0 to {self.items - 1}", q.items)
        said = choice(given.answer, "answer", ("yes", "no", "class", "cannot tell"))
        if said == "cannot tell":
            return "cannot_tell", None
        if q.kind == PAIR:
            return "pair", choice(said, "answer", ("yes", "no")) == "yes"
        value = given.value if said == "class" else q.proposed
        if value not in self.classes:
            refuse("value", f"one of the {len(self.classes)} classes", repr(value))
        return "not" if said == "no" else "label", value

    def _tell(self, *, key: str, **row: Any) -> None:
        """Tell one event; of one that was told already, nothing is done."""
        name = text(key, "key")
        for tries in range(TRIES):
            if name in self.book.key:
                return
            now = max(time.time(), float(self.book.time.max(initial=0.0)))
            try:
                self.book = tell(self.book, key=name, time=now, **row)
            except InputError as error:
                raced = str(error).startswith(("time:", "key:"))
                if not raced or tries == TRIES - 1 or not self.book.path:
                    raise
                self.book = ledger(self.book.path)

    def _prepare(self, who: str) -> None:
        """See to it that an expert's next questions wait, the source being asked where need be."""
        if who not in self._done:
            self._done[who] = set(answered(self.book, who))
            self._waiting[who] = []
        if not self._waiting[who]:
            self._extend(who, self._source(self.book, who))
        elif len(self._waiting[who]) <= LOW and who not in self._asking:
            self._asking.add(who)
            threading.Thread(target=self._ask, args=(who, self.book), daemon=True).start()

    def _ask(self, who: str, book: Ledger) -> None:
        try:
            found = self._source(book, who)
            with self._lock:
                self._extend(who, found)
        finally:
            self._asking.discard(who)

    def _extend(self, who: str, found: Sequence[Question]) -> None:
        known = {_place(q) for q in self._waiting[who]}
        self._waiting[who] += [q for q in found if _place(q) not in known]
        self._forget(who)

    def _forget(self, who: str) -> None:
        """Take what was answered out of an expert's questions; a "no" leaves the label open."""
        done = answered(self.book, who)
        self._done[who] = set(done)
        self._waiting[who] = [
            q
            for q in self._waiting[who]
            if _place(q) not in done or (q.kind == LABEL and done[_place(q)] == "not")
        ]


def last_events(book: Ledger, who: str) -> tuple[str, str]:
    """Return the keys of the answer that an undo takes back, and of the undo that a redo does.

    A redo is there as long as nothing was answered since the undo.
    """
    counts = effective(book) & (book.who == who)
    answers = np.flatnonzero(counts & np.isin(book.kind, ANSWERS))
    undos = np.flatnonzero(counts & (book.kind == "undo"))
    told = np.flatnonzero((book.who == who) & np.isin(book.kind, ANSWERS))
    undos = undos[undos > told.max(initial=-1)]
    of_answers = [i for i in undos if kind_of(book, str(book.undoes[i])) in ANSWERS]
    undoes = str(book.key[answers[-1]]) if len(answers) else ""
    return undoes, str(book.key[of_answers[-1]]) if of_answers else ""


def kind_of(book: Ledger, key: str) -> str:
    """Return the kind of the event of this key, "" where there is none."""
    found = np.flatnonzero(book.key == key)
    return str(book.kind[found[0]]) if len(found) else ""


def question_of(book: Ledger, key: str) -> Question | None:
    """Return the question that an answer was given to; None where the key is not an answer's."""
    found = np.flatnonzero((book.key == key) & np.isin(book.kind, ANSWERS))
    if not len(found):
        return None
    i, j = int(book.items[found[0]]), int(book.others[found[0]])
    chance = float(book.propensity[found[0]])
    if j >= 0:
        return Question(PAIR, (i, j), None, chance)
    if book.kind[found[0]] == "not":
        return Question(YES_NO, (i,), json.loads(str(book.values[found[0]])), chance)
    return Question(LABEL, (i,), None, chance)


def _place(question: Question) -> tuple[int, ...]:
    return tuple(sorted(question.items))


def _like(given: Question, asked: Question) -> Question | None:
    """Return the question asked if the answer given is to it: the browser knows no propensity."""
    return asked if given[:2] == asked[:2] else None
