"""Experts whose mistakes, prices, delays and abstentions are known."""

from typing import Any

import numpy as np

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
        Of an answer.
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
    delay: float
    abstain: float
    drift: float
    seed: int


@record
class Replies:
    """What an expert answers, in the form that `tell` takes.

    Attributes
    ----------
    items : ndarray (m,)
    values : ndarray (m,)
        The class said of each item; "" or -1 where `told` is false.
    told : ndarray (m,)
        False where the expert cannot tell.
    cost : ndarray (m,)
    time : ndarray (m,)
        When each answer comes; delayed answers may come out of order.
    """

    items: np.ndarray
    values: np.ndarray
    told: np.ndarray
    cost: np.ndarray
    time: np.ndarray


def simulated_expert(
    labels: Any,
    *,
    confusion: Any = 0.0,
    price: float = 1.0,
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
    price : float
        Of an answer, >= 0.
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
    return Expert(
        labels=columns,
        classes=classes,
        confusion=_confusion(confusion, len(classes)),
        price=checks.number(price, "price", minimum=0),
        delay=checks.number(delay, "delay", minimum=0),
        abstain=checks.number(abstain, "abstain", minimum=0, below=1),
        drift=checks.number(drift, "drift", minimum=0),
        seed=checks.seed(seed),
    )


def ask_expert(expert: Expert, items: Any, *, time: float) -> Replies:
    """Ask a simulated expert for the classes of some items.

    Parameters
    ----------
    expert : Expert
    items : array (m,)
        The items, counted from 0.
    time : float
        When they are asked, >= 0.

    Returns
    -------
    Replies

    Raises
    ------
    InputError
        An item that the expert does not have, a negative time.

    Examples
    --------
    >>> from labelling import ask_expert, simulated_expert
    >>> expert = simulated_expert([0, 1], abstain=0.5, delay=3, seed=0)
    >>> ask_expert(expert, [0, 1], time=10).told.tolist()
    [False, False]
    """
    if not is_record(expert) or not isinstance(expert, Expert):
        refuse("expert", "an Expert", checks.describe_value(expert))
    asked = checks.labels(np.atleast_1d(items), "items")
    if asked.dtype.kind not in "iu" or asked.min() < 0 or asked.max() >= len(expert.labels):
        refuse("items", f"items 0 to {len(expert.labels) - 1}", checks.describe_value(items))
    at = checks.number(time, "time", minimum=0)
    answers = [_answer(expert, int(item), at) for item in asked]
    said, told, delays = (np.array(column) for column in zip(*answers, strict=True))
    nothing = "" if expert.classes.dtype.kind in "US" else -1
    return Replies(
        items=asked,
        values=np.where(told, expert.classes[said], nothing),
        told=told,
        cost=np.full(len(asked), expert.price),
        time=at + delays,
    )


def _answer(expert: Expert, item: int, time: float) -> tuple[int, bool, float]:
    """Return the class said, whether one is, and the delay, of one item's own stream."""
    unable, guess, which, wait = generator(expert.seed, "expert", item).random(4)
    row = expert.confusion[expert.labels[item]]
    if guess < expert.drift * time:
        row = np.full(len(row), 1 / len(row))
    said = int(np.searchsorted(row.cumsum(), which * row.sum(), side="right"))
    return said, bool(unable >= expert.abstain), -expert.delay * float(np.log1p(-wait))


def _confusion(confusion: Any, classes: int) -> np.ndarray:
    if np.ndim(confusion) == 0:
        wrong = checks.number(confusion, "confusion", minimum=0, maximum=1)
        even = np.full((classes, classes), wrong / (classes - 1))
        np.fill_diagonal(even, 1 - wrong)
        return even
    found = checks.probabilities(confusion, "confusion", ndim=2)
    if found.shape != (classes, classes):
        refuse("confusion", f"{classes} x {classes} probabilities", f"shape {found.shape}")
    return found
