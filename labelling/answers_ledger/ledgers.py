"""The ledger: an append-only table of answers, in memory or on disk."""

from pathlib import Path
from typing import Any

import numpy as np

from labelling.answers_ledger.event_rows import TEXT, TYPES, Event, chained
from labelling.answers_ledger.sqlite_store import create, opened, rows_after
from toolbox.core.checks import refuse
from toolbox.core.records import record


@record
class Ledger:
    """An append-only table of answers, a row an answer about one item or one pair.

    Attributes
    ----------
    kind : ndarray (n,)
        "label", "not" (this class it is not), "set" (one of these classes it is), "pair" (the same
        or not), "cannot_tell", "reward", "plan" (an audit's, before its first answer) or "undo".
    items, others : ndarray (n,)
        The item, and the other one of a pair; -1 where there is none.
    values : ndarray (n,)
        The answers as JSON: ``3``, ``"brick"``, ``["brick","grass"]``, ``true``; "" for none.
    who : ndarray (n,)
        The expert, simulator or model that answered.
    cost : ndarray (n,)
        In any one currency: euros, seconds.
    time : ndarray (n,)
        In seconds of any one clock; never runs backwards.
    weight : ndarray (n,)
        How much the answer counts; 1 is an expert's.
    propensity : ndarray (n,)
        The probability with which the question was asked, NaN where it is not known.
    key : ndarray (n,)
        Names the answer; told twice, it is kept once.
    undoes : ndarray (n,)
        Of an undo, the key of what it undoes; "" otherwise.
    chain : str
        Digest of all rows in their order; two ledgers of one chain are the same to the last bit.
    path : str
        The database on disk; "" in memory.
    """

    kind: np.ndarray
    items: np.ndarray
    others: np.ndarray
    values: np.ndarray
    who: np.ndarray
    cost: np.ndarray
    time: np.ndarray
    weight: np.ndarray
    propensity: np.ndarray
    key: np.ndarray
    undoes: np.ndarray
    chain: str
    path: str = ""


def ledger(path: Any = None) -> Ledger:
    """Open a ledger of answers, in memory or on disk, empty if there was none.

    On disk it is an SQLite database to which rows are only ever added: once `tell` has returned,
    the answer is on the disk (write-ahead log, ``synchronous=FULL``), whatever happens to the
    program. Several programs may tell the same file.

    Parameters
    ----------
    path : str or Path, optional
        The database; made if it is not there. By default the ledger is in memory.

    Returns
    -------
    Ledger
        All that was told so far. It never changes: `tell` returns a further one.

    Raises
    ------
    InputError
        A folder that is not there or cannot be written, a file that is no ledger or is damaged:
        each row carries a digest of all rows before it, which opening computes anew.

    Examples
    --------
    >>> from labelling import ledger, tell
    >>> book = ledger()
    >>> book = tell(book, kind="label", items=[4, 7], values=["brick", "grass"], who="A", time=0)
    >>> book.items.tolist(), book.values.tolist()
    ([4, 7], ['"brick"', '"grass"'])
    """
    if path is None:
        return of_rows([], "", "")
    if not isinstance(path, str | Path) or not str(path):
        refuse("path", "the path of a database, or None for memory", repr(path))
    place = Path(path)
    if not place.exists():
        create(place)
    with opened(place) as database:
        rows, chain = rows_after(database, 0, "")
    return of_rows(rows, chain, str(place))


def of_rows(rows: list[Event], chain: str, path: str) -> Ledger:
    """Return the ledger of these rows."""
    return Ledger(**columns(rows), chain=chain, path=path)


def extended(book: Ledger, rows: list[Event], chain: str) -> Ledger:
    """Return a ledger with further rows, whose digest is `chain`."""
    more = columns(rows)
    joined = {name: np.concatenate([getattr(book, name), more[name]]) for name in more}
    return Ledger(**joined, chain=chain, path=book.path)


def columns(rows: list[Event]) -> dict[str, np.ndarray]:
    """Return the columns of some rows; text is as wide as its longest."""
    listed = zip(*rows, strict=True) if rows else [()] * len(TYPES)
    return {
        name: np.array(values, dtype=TYPES[name] if values or TYPES[name] is not TEXT else "U1")
        for name, values in zip(TYPES, listed, strict=True)
    }


def row(book: Ledger, index: int) -> Event:
    """Return one row as plain values."""
    return Event(*(getattr(book, name)[index].item() for name in TYPES))


def chain_of(rows: list[Event], chain: str) -> str:
    """Return the digest of further rows after those of `chain`."""
    for event in rows:
        chain = chained(chain, event)
    return chain
