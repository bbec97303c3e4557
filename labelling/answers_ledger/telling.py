"""Add answers to a ledger: checked before anything is written, each kept once."""

from pathlib import Path
from typing import Any

import numpy as np

from labelling.answers_ledger.event_rows import (
    KINDS,
    NOTHING,
    Event,
    content_key,
    text,
    value_text,
)
from labelling.answers_ledger.ledgers import Ledger, chain_of, extended, row
from labelling.answers_ledger.sqlite_store import add_rows, opened, rows_after
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record

ABOUT_ITEMS = ("label", "not", "set", "pair", "cannot_tell", "reward")
LARGEST_ITEM = 2**31 - 1  # tables of all items are made up to the largest


def tell(
    ledger: Ledger,
    *,
    kind: str,
    items: Any = None,
    values: Any = None,
    who: str,
    time: float,
    others: Any = None,
    cost: Any = 0.0,
    weights: Any = 1.0,
    propensity: Any = None,
    key: str | None = None,
    undoes: str | None = None,
) -> Ledger:
    """Add answers to a ledger; once it returns, those of a ledger on disk are on the disk.

    Parameters
    ----------
    ledger : Ledger
        In memory or on disk. On disk, what other programs told meanwhile is taken in first.
    kind : str
        "label", "not", "set", "pair", "cannot_tell", "reward", "plan" or "undo"; see `Ledger`.
    items : array (m,), or one whole number
        The items, counted from 0; an answer each. None for "plan" and "undo".
    values : array (m,), or one value
        What was answered: for "label" and "not" a class (whole number or text), for "set" a list
        of classes an item, for "pair" whether the two are the same, for "reward" a number; for
        "plan" the text that names the audit. None for "cannot_tell" and "undo".
    who : str
        Who answered.
    time : float
        When, in seconds of one clock for the whole ledger; not before the last answer told.
    others : array (m,), optional
        For "pair", the other items; for "cannot_tell" where it is about pairs.
    cost : float or array (m,)
        What each answer cost, >= 0.
    weights : float or array (m,)
        How much each answer counts, >= 0: a synthetic item may count with its quality.
    propensity : float or array (m,), optional
        The probability with which each question was asked, in (0, 1].
    key : str, optional
        Names the answer, so that one sent twice (by a page whose connection broke) is kept once.
        By default made of all of the answer, its time included; of several, the i-th has ``/i``
        appended.
    undoes : str, optional
        For "undo", the key of the answer that no longer counts; it stays in the table. An undo
        can be undone.

    Returns
    -------
    Ledger
        With the further rows; the one given stays as it was.

    Raises
    ------
    InputError
        A value that does not fit the kind, a negative cost or weight, time running backwards, a
        key that names another answer already, an undo of what is not there or is undone, a
        database that is damaged or gone. Nothing of the call is then kept.

    Examples
    --------
    >>> from labelling import answers, ledger, tell
    >>> book = tell(ledger(), kind="label", items=0, values="brick", who="A", time=0, cost=3)
    >>> book = tell(book, kind="undo", undoes=book.key[0], who="A", time=1)
    >>> book = tell(book, kind="label", items=0, values="grass", who="A", time=2, cost=3)
    >>> told = answers(book)
    >>> told.classes[told.labels].tolist(), told.cost      # what was undone was paid for
    (['grass'], 6.0)
    """
    if not is_record(ledger) or not isinstance(ledger, Ledger):
        refuse("ledger", "a Ledger", checks.describe_value(ledger))
    kind = checks.choice(kind, "kind", KINDS)
    about = _about(kind, items, others, values)
    shared = _shared(len(about), who, time, cost, weights, propensity)
    undone = _undone_key(kind, undoes)
    rows = [
        Event(kind, *what, who, c, time, w, p, "", undone)
        for what, (who, c, time, w, p) in zip(about, shared, strict=True)
    ]
    return append(ledger, _keyed(rows, key))


def append(book: Ledger, rows: list[Event]) -> Ledger:
    """Add rows that were checked one by one to a ledger, those that it has already left out."""
    if not book.path:
        fresh = _fresh(book, rows)
        return extended(book, fresh, chain_of(fresh, book.chain))
    with opened(Path(book.path)) as database:
        database.execute("BEGIN IMMEDIATE")  # nobody else adds between our reading and our adding
        others, chain = rows_after(database, len(book.key), book.chain)
        book = extended(book, others, chain) if others else book
        fresh = _fresh(book, rows)
        add_rows(database, fresh, len(book.key), book.chain)
        database.execute("COMMIT")
    return extended(book, fresh, chain_of(fresh, book.chain))


def _about(kind: str, items: Any, others: Any, values: Any) -> list[tuple[int, int, str]]:
    """Return (item, other, value) of each answer."""
    if kind not in ABOUT_ITEMS:
        if items is not None:
            refuse("items", f"none for the kind {kind!r}", checks.describe_value(items))
        return [(NOTHING, _no_others(kind, others), value_text(kind, values))]
    of = item_numbers(items, "items")
    if kind != "pair" and not (kind == "cannot_tell" and others is not None):
        partners = [_no_others(kind, others)] * len(of)
    else:
        partners = item_numbers(others, "others", length=len(of))
        if twice := [i for i, j in zip(of, partners, strict=True) if i == j]:
            refuse("others", "the other item of a pair", f"item {twice[0]} itself")
    texts = [value_text(kind, value) for value in _listed(kind, values, len(of))]
    return list(zip(of, partners, texts, strict=True))


def item_numbers(value: Any, argument: str, *, length: int | None = None) -> list[int]:
    """Return whole numbers >= 0 from one of them or from an array."""
    wanted = "whole numbers >= 0, one an answer"
    if value is None or isinstance(value, str) or np.size(value) == 0:
        refuse(argument, wanted, checks.describe_value(value))
    checks.without_mask(value, argument, wanted)
    found = checks.labels(np.atleast_1d(np.asarray(value)), argument, length=length)
    if found.dtype.kind not in "iu" or found.min() < 0:
        refuse(argument, wanted, checks.describe_value(value))
    if found.max() > LARGEST_ITEM:
        refuse(argument, f"{wanted}, at most {LARGEST_ITEM}", found.max())
    return found.tolist()


def _no_others(kind: str, others: Any) -> int:
    if others is not None:
        refuse("others", f"none for the kind {kind!r}", checks.describe_value(others))
    return NOTHING


def _listed(kind: str, values: Any, length: int) -> list[Any]:
    """Return one value an item, from a list of as many or from one value."""
    single = values is None or isinstance(values, str) or not _is_listed(values)
    if single and (length == 1 or values is None):
        return [values] * length
    listed = [values] if single else list(values)
    if kind == "set" and length == 1 and not _is_nested(listed):
        return [listed]
    if isinstance(values, set | frozenset):
        refuse("values", "values in the order of the items", "a set, which has none")
    if len(listed) != length:
        refuse("values", f"{length} values, one an item", len(listed))
    return listed


def _is_nested(listed: list[Any]) -> bool:
    return len(listed) == 1 and not isinstance(listed[0], str) and _is_listed(listed[0])


def _is_listed(value: Any) -> bool:
    """Say whether a value has several; rows of unequal length are no array."""
    return isinstance(value, list | tuple | set | frozenset) or np.ndim(value) > 0


def _shared(
    length: int, who: Any, time: Any, cost: Any, weights: Any, propensity: Any
) -> list[tuple[str, float, float, float, float]]:
    """Return (who, cost, time, weight, propensity) of each answer."""
    name, at = text(who, "who"), _number(time, "time")
    chances = [float("nan")] * length
    if propensity is not None:
        chances = _numbers(propensity, "propensity", length, above=0, maximum=1)
    costs = _numbers(cost, "cost", length, minimum=0)
    counting = _numbers(weights, "weights", length, minimum=0)
    return [(name, c, at, w, p) for c, w, p in zip(costs, counting, chances, strict=True)]


def _numbers(value: Any, argument: str, length: int, **bounds: float) -> list[float]:
    if isinstance(value, str) or value is None or np.size(value) == 1:
        single = np.asarray(value).reshape(-1)[0] if np.size(value) == 1 else value
        return [_number(single, argument, **bounds)] * length
    found = checks.real_array(value, argument, ndim=1)
    if len(found) != length:
        refuse(argument, f"one number or {length}, one an answer", len(found))
    return [_number(v, argument, **bounds) for v in found]


def _number(value: Any, argument: str, **bounds: float) -> float:
    """Return a number; -0.0 is 0.0, which is what a database gives back and another digest."""
    return checks.number(value, argument, **bounds) + 0.0


def _undone_key(kind: str, undoes: Any) -> str:
    if kind == "undo":
        return text(undoes, "undoes")
    if undoes is not None:
        refuse("undoes", f"none for the kind {kind!r}", checks.describe_value(undoes))
    return ""


def _keyed(rows: list[Event], key: Any) -> list[Event]:
    """Return the rows with their keys."""
    if key is None:
        return [r._replace(key=content_key(r, i)) for i, r in enumerate(rows)]
    name = text(key, "key")
    if len(rows) == 1:
        return [rows[0]._replace(key=name)]
    return [r._replace(key=f"{name}/{i}") for i, r in enumerate(rows)]


def _fresh(book: Ledger, rows: list[Event]) -> list[Event]:
    """Return the rows that the ledger has not; refuse those that contradict what it has."""
    known = {r.key: i for r in rows for i in np.flatnonzero(book.key == r.key)}
    for event in rows:
        if event.key in known and content(row(book, known[event.key])) != content(event):
            refuse("key", "a key of its own for each answer", f"{event.key!r}, another answer's")
    fresh = [r for r in rows if r.key not in known]
    if fresh and len(book.time) and fresh[0].time < book.time[-1]:
        refuse("time", f"one >= {book.time[-1]}, the last answer's", repr(fresh[0].time))
    for event in fresh:
        if event.kind == "undo" and not is_effective(book, event.undoes):
            refuse("undoes", "the key of an answer that counts", repr(event.undoes))
    return fresh


def content(event: Event) -> str:
    """Return what tells an answer from another of the same key; NaN equals NaN in it."""
    return repr(event)


def is_effective(book: Ledger, key: str) -> bool:
    """Say whether an answer is there and counts."""
    return bool(effective(book)[book.key == key].any())


def effective(book: Ledger) -> np.ndarray:
    """Return which rows count: those that no later row that counts undoes."""
    counts = np.ones(len(book.key), dtype=bool)
    place = {key: i for i, key in enumerate(book.key.tolist())}
    for i in np.flatnonzero(book.kind == "undo")[::-1]:
        if counts[i]:
            counts[place[str(book.undoes[i])]] = False
    return counts
