"""How much an answer about an item would tell, and which question tells most for its price."""

from typing import Any, NamedTuple

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse

LABEL, YES_NO = "label", "yes/no"


def entropy(p: np.ndarray) -> np.ndarray:
    """Return H = -sum p log p over the last axis, in nats."""
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0.0).sum(axis=-1)


def margin(p: np.ndarray) -> np.ndarray:
    """Return 1 minus the distance of the two most probable classes; larger is less sure."""
    second, first = np.moveaxis(np.partition(p, -2, axis=-1)[..., -2:], -1, 0)
    return 1 - (first - second)


def bald(votes: np.ndarray) -> np.ndarray:
    """Return H(mean) - mean H over members (R, n, C): what they contradict each other about."""
    return entropy(votes.mean(axis=0)) - entropy(votes).mean(axis=0)


def rarity(p: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Return sum_c p_c / (1 + labels of class c): high for what looks like a class seldom seen."""
    seen = np.bincount(labelled[labelled >= 0], minlength=p.shape[1])
    return p @ (1 / (1 + seen))


class Questions(NamedTuple):
    """For each item, the better question, and how much it tells for its price.

    Of a label, an item's worth is 1 over its price; of a yes or no, what it tells of what a label
    would, over its price.
    """

    kind: np.ndarray
    worth: np.ndarray


def questions(p: np.ndarray | None, cost: Any, items: int) -> Questions:
    """Return the better question for each item: the most nats for the money.

    A label of item i tells H(p_i); "is it class c?" of the most probable c the entropy of that
    coin. Without votes or without a price for yes or no, all questions ask for labels.
    """
    prices = _prices(cost, items)
    worth = 1 / prices[LABEL]
    kind = np.full(items, LABEL, dtype=f"U{len(YES_NO)}")
    if p is None or YES_NO not in prices:
        return Questions(kind, worth)
    label, top = entropy(p), p.max(axis=1)
    coin = entropy(np.stack([top, 1 - top], axis=1))
    asked = np.where(label > 0, coin / np.where(label > 0, label, 1), 1.0) / prices[YES_NO]
    cheaper = asked > worth
    kind[cheaper] = YES_NO
    return Questions(kind, np.where(cheaper, asked, worth))


def _prices(cost: Any, items: int) -> dict[str, np.ndarray]:
    """Return the price of each kind of question for each item."""
    if cost is None:
        return {LABEL: np.ones(items)}
    given = cost if isinstance(cost, dict) else {LABEL: cost}
    named = {YES_NO if key == "yes_no" else key: value for key, value in given.items()}
    if LABEL not in named or set(named) - {LABEL, YES_NO}:
        wanted = f"prices of {LABEL!r} and, if it may be asked, of {YES_NO!r}"
        refuse("cost", wanted, ", ".join(map(repr, given)) or "none")
    return {kind: _price(value, items) for kind, value in named.items()}


def _price(value: Any, items: int) -> np.ndarray:
    if isinstance(value, str) or value is None or np.size(value) == 1:
        single = np.asarray(value).reshape(-1)[0] if np.size(value) == 1 else value
        return np.full(items, checks.number(single, "cost", above=0))
    found = checks.real_array(value, "cost", ndim=1).astype(np.float64)
    if len(found) != items or found.min() <= 0:
        refuse("cost", f"{items} prices > 0, one an item", f"{len(found)} from {found.min():.3g}")
    return found
