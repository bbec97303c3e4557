"""Which question about an item tells most for its price: its label, a yes or no, or a pair.

A question's worth is the information of its answer A about the class c, of which p is known, over
its price: I(A; c) = H(A) - sum_c p_c H(A | c). An expert takes an item of class c for class k with
probability m(c, k). With t the most probable class, P(label k | c) = m(c, k), P(yes, it is t | c) =
m(c, t), and P(the same as an item of class t | c) = s(c, t) = sum_k m(c, k) m(t, k).
"""

from typing import Any, NamedTuple

import numpy as np

from labelling.acquisition.questions import entropy
from labelling.answers_ledger.partial_answers import same_table
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.resampling.near_ties import first_of_largest

LABEL, YES_NO, PAIR = KINDS = ("label", "yes/no", "pair")


class Questions(NamedTuple):
    """For each item the question to ask, the item to compare it with, -1 but for pairs.

    `worth` is 1 over a label's price; `rate` the nats for the money of the question, None where
    there is one kind of question.
    """

    kind: np.ndarray
    partner: np.ndarray
    worth: np.ndarray
    rate: np.ndarray | None


def questions(
    p: np.ndarray | None, labelled: np.ndarray, confusion: np.ndarray | None, prices: dict
) -> Questions:
    """Return of each item the question that tells most for its price; without p, its label.

    A pair compares an item with one that has the label of the item's most probable class.
    """
    worth, none = 1 / prices[LABEL], np.full(len(labelled), -1)
    if p is None or len(prices) == 1:
        return Questions(np.full(len(labelled), LABEL), none, worth, None)
    partner, told = _partners(first_of_largest(p), labelled), information(p, confusion)
    order = [kind for kind in KINDS if kind in prices]
    rates = np.array([told[kind] / prices[kind] for kind in order])
    if PAIR in order:
        rates[order.index(PAIR), partner < 0] = -1.0
    kind = np.array(order)[rates.argmax(axis=0)]
    return Questions(kind, np.where(kind == PAIR, partner, -1), worth, rates.max(axis=0))


def information(p: np.ndarray, confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the nats that the answer to each kind of question tells of each item's class."""
    top = first_of_largest(p)
    return {
        LABEL: entropy(p @ confusion) - p @ entropy(confusion),
        YES_NO: _of_a_coin(p, confusion[:, top].T),
        PAIR: _of_a_coin(p, same_table(confusion)[:, top].T),
    }


def _of_a_coin(p: np.ndarray, yes: np.ndarray) -> np.ndarray:
    """Return what a yes or no tells that is a yes with probability `yes` (n, C) for each class."""
    return _doubt((p * yes).sum(axis=1)) - (p * _doubt(yes)).sum(axis=1)


def _doubt(q: np.ndarray) -> np.ndarray:
    return entropy(np.stack([q, 1 - q], axis=-1))


def _partners(classes: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Return for each item the labelled one of its class that is next after it, else -1.

    Not the same one for all, so that one label that is wrong misleads few.
    """
    partner = np.full(len(classes), -1)
    for k in np.unique(labelled[labelled >= 0]):
        own, mine = np.flatnonzero(labelled == k), np.flatnonzero(classes == k)
        partner[mine] = own[np.searchsorted(own, mine) % len(own)]
    return partner


def question_prices(cost: Any, items: int) -> dict[str, np.ndarray]:
    """Return the price of each kind of question for each item."""
    if cost is None:
        return {LABEL: np.ones(items)}
    wanted = f"prices of {LABEL!r} and, if they may be asked, of {YES_NO!r} and {PAIR!r}"
    return {kind: _price(v, items) for kind, v in named_prices(cost, "cost", wanted).items()}


def named_prices(value: Any, argument: str, wanted: str) -> dict[str, Any]:
    """Return what was given for each kind of question, a label's at least; MATLAB has no "/"."""
    given = value if isinstance(value, dict) else {LABEL: value}
    named = {YES_NO if key == "yes_no" else key: price for key, price in given.items()}
    if LABEL not in named or set(named) - set(KINDS):
        refuse(argument, wanted, ", ".join(map(repr, given)) or "none")
    return named


def _price(value: Any, items: int) -> np.ndarray:
    if isinstance(value, str) or value is None or np.size(value) == 1:
        single = np.asarray(value).reshape(-1)[0] if np.size(value) == 1 else value
        return np.full(items, checks.number(single, "cost", above=0))
    found = checks.real_array(value, "cost", ndim=1).astype(np.float64)
    if len(found) != items or found.min() <= 0:
        refuse("cost", f"{items} prices > 0, one an item", f"{len(found)} from {found.min():.3g}")
    return found
