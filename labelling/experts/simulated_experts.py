"""Experts whose mistakes, prices, delays and abstentions are known."""

from typing import Any

import numpy as np

from labelling.acquisition.priced_questions import LABEL, PAIR, YES_NO, named_prices
from labelling.answers_ledger.partial_answers import confusion_table
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.core.streams import generator


@record
class Expert:
    """An expert who is simulated.

    Attributes
    ----------
    labels : ndarray (n,)
        The true class of each item, as a column of `classes`.
    classes : ndarray (C,)
    confusion : ndarray (C, C)
        P(said | true), at time 0.
    price : float
        Of a label.
    price_yes_no, price_pair : float
        Of a yes or no, and of a judged pair; NaN where such questions are not answered.
    delay : float
        Mean time until an answer comes, exponential.
    abstain : float
        Probability that an item is one of which the expert cannot tell.
    drift : float
        How much more of the answers is guessed in each unit of time.
    seed : int
    """

    labels: np.ndarray
    classes: np.ndarray
    confusion: np.ndarray
    price: float
    price_yes_no: float
    price_pair: float
    delay: float
    abstain: float
    drift: float
    seed: int

    def prices(self) -> dict[str, float]:
        """Return the price of each kind of question that the expert answers."""
        every = {LABEL: self.price, YES_NO: self.price_yes_no, PAIR: self.price_pair}
        return {kind: price for kind, price in every.items() if price == price}


@record
class Replies:
    """What an expert answers, in the form that `tell` takes.

    Attributes
    ----------
    kind : ndarray (m,)
        "label", "not", "pair" or "cannot_tell".
    items : ndarray (m,)
    others : ndarray (m,)
        Of a pair the other item, else -1.
    values : ndarray (m,)
        The class that an item is said to be, or not to be; "" or -1 where none is.
    same : ndarray (m,)
        Of a pair, 1 for the same and 0 for different; else -1.
    told : ndarray (m,)
        False where the expert cannot tell.
    cost : ndarray (m,)
    time : ndarray (m,)
        When each answer comes; delayed answers may come out of order.
    """

    kind: np.ndarray
    items: np.ndarray
    others: np.ndarray
    values: np.ndarray
    same: np.ndarray
    told: np.ndarray
    cost: np.ndarray
    time: np.ndarray


def simulated_expert(
    labels: Any,
    *,
    confusion: Any = 0.0,
    price: Any = 1.0,
    delay: float = 0.0,
    abstain: float = 0.0,
    drift: float = 0.0,
    seed: int,
) -> Expert:
    """Make an expert of known faults, whom `ask_expert` asks.

    Parameters
    ----------
    labels : array (n,)
        The true classes, numbers or texts.
    confusion : array (C, C) or float
        P(said | true), a row a true class, in the order of the sorted classes; or the probability
        of a mistake, any other class being as likely.
    price : float or dict
        Of a label, >= 0; or of each kind of question that the expert answers, ``{"label": 3,
        "yes/no": 1, "pair": 1}`` (in MATLAB the field ``yes_no``).
    delay : float
        Mean time until an answer comes, >= 0.
    abstain : float
        Probability, in [0, 1), that an item is one of which the expert cannot tell.
    drift : float
        After time t a share ``min(1, drift * t)`` of the answers is guessed; >= 0.
    seed : int
        Draws the answers: an item asked again at the same time is answered the same.

    Returns
    -------
    Expert

    Raises
    ------
    InputError
        Labels of one class, rows that are no probabilities, a negative price, delay or drift.

    Examples
    --------
    >>> from labelling import ask_expert, simulated_expert
    >>> expert = simulated_expert(["a", "b", "a"], confusion=0.1, price=2, seed=0)
    >>> replies = ask_expert(expert, [2, 0], time=0)
    >>> replies.values.tolist(), replies.cost.tolist()
    (['a', 'a'], [2.0, 2.0])
    """
    truth = checks.labels(labels, "labels")
    classes, columns = np.unique(truth, return_inverse=True)
    if len(classes) < 2:
        refuse("labels", "at least two classes", len(classes))
    prices = _prices(price)
    return Expert(
        labels=columns,
        classes=classes,
        confusion=confusion_table(confusion, len(classes), "confusion"),
        price=prices[LABEL],
        price_yes_no=prices.get(YES_NO, float("nan")),
        price_pair=prices.get(PAIR, float("nan")),
        delay=checks.number(delay, "delay", minimum=0),
        abstain=checks.number(abstain, "abstain", minimum=0, below=1),
        drift=checks.number(drift, "drift", minimum=0),
        seed=checks.seed(seed),
    )


def ask_expert(
    expert: Expert,
    items: Any,
    *,
    time: float,
    question: Any = None,
    proposed: Any = None,
    others: Any = None,
) -> Replies:
    """Ask a simulated expert about some items.

    The expert takes each item for one class, by chance but always the same, and answers all
    questions about it by that one: asking again tells nothing new.

    Parameters
    ----------
    expert : Expert
    items : array (m,)
        The items, counted from 0.
    time : float
        When they are asked, >= 0.
    question : array (m,), optional
        Of each item "label" (all of them, by default), "yes/no" or "pair", as `campaign_next` and
        `acquire` say.
    proposed : array (m,), optional
        The columns of the classes that "yes/no" is asked about.
    others : array (m,), optional
        The items that "pair" compares with.

    Returns
    -------
    Replies

    Raises
    ------
    InputError
        An item that the expert does not have, a kind of question that he does not answer, a yes or
        no without a class, a pair without another item, a negative time.

    Examples
    --------
    >>> from labelling import ask_expert, simulated_expert
    >>> expert = simulated_expert([0, 1], abstain=0.5, delay=3, seed=0)
    >>> ask_expert(expert, [0, 1], time=10).told.tolist()
    [False, False]
    """
    if not is_record(expert) or not isinstance(expert, Expert):
        refuse("expert", "an Expert", checks.describe_value(expert))
    asked = _items(expert, items, "items")
    at, prices = checks.number(time, "time", minimum=0), expert.prices()
    kinds = np.full(len(asked), LABEL) if question is None else np.atleast_1d(question).astype(str)
    if len(kinds) != len(asked) or not np.isin(kinds, list(prices)).all():
        wanted = f"one of {', '.join(map(repr, prices))} an item"
        refuse("question", wanted, checks.describe_value(question))
    yes_no, pair = kinds == YES_NO, kinds == PAIR
    classes = _numbers(proposed, "proposed", yes_no, len(expert.classes), "classes")
    partners = _numbers(others, "others", pair, len(expert.labels), "items")
    said, told, delays = _impressions(expert, asked, at)
    theirs, known, more = _impressions(expert, np.where(pair, partners, asked), at)
    told = told & known
    meant = np.where(yes_no, classes, said)
    kind = np.where(pair, "pair", np.where(yes_no & (said != classes), "not", "label"))
    nothing = "" if expert.classes.dtype.kind in "US" else -1
    return Replies(
        kind=np.where(told, kind, "cannot_tell"),
        items=asked,
        others=np.where(pair, partners, -1),
        values=np.where(told & ~pair, expert.classes[meant], nothing),
        same=np.where(told & pair, said == theirs, -1).astype(np.int64),
        told=told,
        cost=np.array([prices[k] for k in kinds.tolist()]),
        time=at + np.where(pair, np.maximum(delays, more), delays),
    )


def _items(expert: Expert, items: Any, argument: str) -> np.ndarray:
    found = checks.labels(np.atleast_1d(items), argument)
    if found.dtype.kind not in "iu" or found.min() < 0 or found.max() >= len(expert.labels):
        last = len(expert.labels) - 1
        refuse(argument, f"items 0 to {last}", checks.describe_value(items))
    return found


def _numbers(value: Any, argument: str, where: np.ndarray, below: int, of: str) -> np.ndarray:
    """Return whole numbers that are in range where they are needed; 0 elsewhere."""
    found = (
        np.full(len(where), -1) if value is None else checks.labels(np.atleast_1d(value), argument)
    )
    needed = found[where] if len(found) == len(where) else np.array([-1])
    if found.dtype.kind not in "iu" or (needed < 0).any() or (needed >= below).any():
        refuse(argument, f"{of} 0 to {below - 1}, one a question", checks.describe_value(value))
    return np.where(where, found, 0)


def _impressions(
    expert: Expert, items: np.ndarray, time: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the classes that items are taken for, whether they are told, and the delays."""
    answers = [_answer(expert, int(item), time) for item in items]
    return tuple(np.array(column) for column in zip(*answers, strict=True))


def _prices(price: Any) -> dict[str, float]:
    wanted = f"of {LABEL!r} and, where they are answered, of {YES_NO!r} and {PAIR!r}"
    named = named_prices(price, "price", wanted)
    return {kind: checks.number(value, "price", minimum=0) for kind, value in named.items()}


def _answer(expert: Expert, item: int, time: float) -> tuple[int, bool, float]:
    """Return the class said, whether one is, and the delay, of one item's own stream."""
    unable, guess, which, wait = generator(expert.seed, "expert", item).random(4)
    row = expert.confusion[expert.labels[item]]
    if guess < expert.drift * time:
        row = np.full(len(row), 1 / len(row))
    said = int(np.searchsorted(row.cumsum(), which * row.sum(), side="right"))
    return said, bool(unable >= expert.abstain), -expert.delay * float(np.log1p(-wait))
