"""The answers of a ledger as what a learner must do, in the order in which they came."""

import json
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np

from labelling.answers_ledger.combined_answers import answers
from labelling.answers_ledger.ledgers import Ledger
from labelling.continual.analytic_readout import (
    Analytic,
    checked_features,
    checked_readout,
    forget,
    learn,
)
from labelling.continual.rewards import SMALLEST
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record

ABOUT_CLASSES = ("label", "cannot_tell")


@record
class Stream:
    """What a learner must do, in the order in which the answers came.

    Attributes
    ----------
    items : ndarray (m,)
    labels : ndarray (m,)
        Columns of `classes`.
    signs : ndarray (m,)
        1: learn the item under the label; -1: forget it, since its label was corrected or undone.
    weights : ndarray (m,)
        With which it is learned, or was.
    time : ndarray (m,)
        When the answer came.
    step : ndarray (m,)
        The batch of answers that it belongs to, from 0.
    classes : ndarray (C,)
    """

    items: np.ndarray
    labels: np.ndarray
    signs: np.ndarray
    weights: np.ndarray
    time: np.ndarray
    step: np.ndarray
    classes: np.ndarray


class _Told(NamedTuple):
    """A label, and what it counts."""

    label: int | str
    weight: float


def stream(ledger: Ledger, *, classes: Any = None, batch: int = 1, weigh: str = "weight") -> Stream:
    """Turn the answers of a ledger into what a learner must do, in the order of their time.

    Parameters
    ----------
    ledger : Ledger
    classes : array (C,), optional
        The classes; by default those that were told, sorted.
    batch : int
        Answers in a step.
    weigh : str
        "weight": labels count what they count in the ledger; "propensity": that over the
        probability with which the question was asked, which the ledger must then hold for each
        label. A class that was proposed and accepted is told as a label with the probability of
        its proposal; one rejected as "not".

    Returns
    -------
    Stream

    Raises
    ------
    InputError
        No label, a label outside the classes, one without propensity that is to be weighed by it.

    Notes
    -----
    An item's label is that of `answers` with ``combine="last"`` at each time, and counts the
    weights of the experts who last gave it. Where an answer changes it, the item is first forgotten
    under the old label, then learned under the new one; an undo does the same. After any answer,
    what has been learned and not forgotten is what the ledger then says. Exclusions ("not", "set")
    teach nothing here.

    With ``weigh="propensity"`` an answer of weight v that was drawn with propensity p counts
    (Horvitz and Thompson, 1952)

    .. math:: w = v / p.

    Examples
    --------
    >>> from labelling import ledger, stream, tell
    >>> book = tell(ledger(), kind="label", items=4, values="cat", who="A", time=0)
    >>> book = tell(book, kind="label", items=4, values="dog", who="A", time=9)
    >>> events = stream(book)
    >>> list(zip(events.signs.tolist(), events.classes[events.labels].tolist()))
    [(1, 'cat'), (-1, 'cat'), (1, 'dog')]
    """
    if not is_record(ledger) or not isinstance(ledger, Ledger):
        refuse("ledger", "a Ledger", checks.describe_value(ledger))
    size = checks.count(batch, "batch")
    how = checks.choice(weigh, "weigh", ("weight", "propensity"))
    names = answers(ledger, classes=classes).classes
    rows = _rows(ledger, how)
    found = _events(ledger, rows)
    if not found:
        refuse("ledger", "at least one label", "none")
    column = {name: i for i, name in enumerate(names.tolist())}
    at, items, signs, told = zip(*found, strict=True)
    order = np.unique(at, return_inverse=True)[1]  # answers that changed something, from 0
    return Stream(
        items=np.array(items),
        labels=np.array([column[t.label] for t in told]),
        signs=np.array(signs),
        weights=np.array([t.weight for t in told]),
        time=ledger.time[list(at)],
        step=order // size,
        classes=names,
    )


def learn_stream(
    analytic: Analytic, features: Any, stream: Stream, *, first: int = 0, last: int | None = None
) -> Analytic:
    r"""Learn and forget what a stream says, over some of its steps.

    Parameters
    ----------
    analytic : Analytic
        What was learned before those steps.
    features : array (n, F)
        Of all items, in the order of their numbers.
    stream : Stream
    first, last : int
        The steps, `last` included; by default all.

    Returns
    -------
    Analytic

    Raises
    ------
    InputError
        A label for an item beyond the features, which was never shown; steps that are not there.

    Notes
    -----
    Signs s_i enter the sums of `learn` (Zhuang et al., 2022), :math:`G = \sum_i s_i w_i h_i h_i^T`.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import analytic, learn_stream, ledger, stream, tell
    >>> x = np.eye(3)
    >>> book = tell(ledger(), kind="label", items=[2, 0], values=[1, 0], who="A", time=0)
    >>> learn_stream(analytic(x), x, stream(book)).counts.tolist()
    [1, 1]
    """
    state = checked_readout(analytic)
    if not is_record(stream) or not isinstance(stream, Stream):
        refuse("stream", "a Stream", checks.describe_value(stream))
    x = checked_features(state, features)
    if stream.items.max() >= len(x):
        never = f"a label for item {stream.items.max()}, which was never shown"
        refuse("stream", f"labels of items 0 to {len(x) - 1}", never)
    end = int(stream.step[-1])
    begin = checks.count(first, "first", minimum=0, maximum=end)
    until = end if last is None else checks.count(last, "last", minimum=begin, maximum=end)
    taken = (stream.step >= begin) & (stream.step <= until)
    for sign, change in ((1, learn), (-1, forget)):  # sums: learned first, none falls below 0
        if (part := taken & (stream.signs == sign)).any():
            labels = stream.classes[stream.labels[part]]
            state = change(state, x[stream.items[part]], labels, weights=stream.weights[part])
    return state


def _rows(book: Ledger, weigh: str) -> dict[int, tuple[str, int, _Told | None]]:
    """Return who answered about which item, and what, of each row that is about a class."""
    found = {}
    for i in np.flatnonzero(np.isin(book.kind, ABOUT_CLASSES) & (book.others < 0)):
        told = None
        if book.kind[i] == "label":
            label, weight = json.loads(str(book.values[i])), float(book.weight[i])
            if weigh == "propensity":
                weight /= _propensity(book, i)
            told = _Told(label, weight)
        found[int(i)] = (str(book.who[i]), int(book.items[i]), told)
    return found


def _propensity(book: Ledger, i: int) -> float:
    chance = float(book.propensity[i])
    if not chance >= SMALLEST:
        got = f"{'none' if np.isnan(chance) else chance} for item {book.items[i]}"
        refuse("ledger", "a propensity of each label that is weighed by it", got)
    return chance


def _events(
    book: Ledger, rows: dict[int, tuple[str, int, _Told | None]]
) -> list[tuple[int, int, int, _Told]]:
    """Return (row, item, sign, label) of each change of an item's label."""
    place = {key: i for i, key in enumerate(book.key.tolist())}
    counts: dict[int, bool] = {}
    of: dict[int, list[int]] = defaultdict(list)
    now: dict[int, _Told] = {}
    found = []
    for i in range(len(book.key)):
        counts[i] = True
        target = _undone(book, place, counts, i) if book.kind[i] == "undo" else i
        if target not in rows:
            continue
        item = rows[target][1]
        if target == i:
            of[item].append(i)
        new = _current([rows[j] for j in of[item] if counts[j]])
        old = now.pop(item, None)
        if new is not None:
            now[item] = new
        if new != old:
            changes = ((-1, old), (1, new))
            found += [(i, item, s, told) for s, told in changes if told is not None and told.weight]
    return found


def _undone(book: Ledger, place: dict[str, int], counts: dict[int, bool], i: int) -> int:
    """Let an undo take effect; return the answer that counts no more, or counts again."""
    counting = True
    while book.kind[i] == "undo":
        i, counting = place[str(book.undoes[i])], not counting
        counts[i] = counting
    return i


def _current(rows: list[tuple[str, int, _Told | None]]) -> _Told | None:
    """Return the last label among the experts' last answers, and the weights of who gave it."""
    last: dict[str, _Told | None] = {}
    for who, _, told in rows:
        last.pop(who, None)  # so that the order is that of the last answers
        last[who] = told
    given = [told for told in last.values() if told is not None]
    if not given:
        return None
    agreed = given[-1].label
    return _Told(agreed, sum(told.weight for told in given if told.label == agreed))
