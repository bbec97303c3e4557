"""What one answer says of an item's class: the probability of that answer, were the item a class.

m(c, k) is the probability that an expert takes an item of class c for class k. Of an item of class
c he then says "k" with probability m(c, k), that it is not k with 1 - m(c, k), that it is one of a
set S with sum_{k in S} m(c, k); and of items of classes a and b that they are the same with

    s(a, b) = sum_k m(a, k) m(b, k).
"""

from typing import Any

import numpy as np
from scipy.special import softmax

from toolbox.core import checks
from toolbox.core.checks import refuse

SURE = 1e-6  # no answer is taken for surer than that, so that answers may contradict each other
ROUNDS = 200
SETTLED = 1e-10  # largest change of a message at which passing them stops
IMPOSSIBLE = 1e-300
DAMPING = 0.5  # of messages, which on a graph with loops could swing for ever


def confusion_table(error: Any, classes: int, argument: str) -> np.ndarray:
    """Return P(said | true): a table that was given, or one of even mistakes."""
    if np.ndim(error) == 0:
        wrong = checks.number(error, argument, minimum=0, maximum=1)
        even = np.full((classes, classes), wrong / max(classes - 1, 1))
        np.fill_diagonal(even, 1 - wrong)
        return even
    found = checks.probabilities(error, argument, ndim=2)
    if found.shape != (classes, classes):
        refuse(argument, f"{classes} x {classes} probabilities", f"shape {found.shape}")
    return found


def same_table(confusion: np.ndarray) -> np.ndarray:
    """Return s(a, b), the probability that items of classes a and b are said to be the same."""
    return np.clip(confusion @ confusion.T, SURE, 1 - SURE)


def log_likelihoods(
    table: dict[str, Any], n: int, names: list, confusion: np.ndarray
) -> np.ndarray:
    """Return the sum (n, C) over answers about single items of weight * log P(answer | class).

    Of each expert and question the last answer counts; who cannot tell a class takes a label back.
    """
    said = np.clip(confusion, SURE, 1 - SURE)
    last: dict[tuple, np.ndarray] = {}
    of_items = np.isin(table["kind"], ("label", "not", "set", "cannot_tell"))
    for i in np.flatnonzero(of_items & (table["others"] < 0)):
        kind, value = str(table["kind"][i]), table["values"][i]
        about = str(table["items"][i]), str(table["who"][i])
        if kind == "cannot_tell":
            last.pop((*about, "label"), None)
            continue
        columns = [names.index(v) for v in (value if kind == "set" else [value])]
        p = said[:, columns].sum(axis=1)
        p = np.clip(1 - p if kind == "not" else p, SURE, 1)
        question = "label" if kind == "label" else str((kind, value))
        last[*about, question] = float(table["weight"][i]) * np.log(p)
    found = np.zeros((n, len(names)))
    for (item, _, _), log_p in last.items():
        found[int(item)] += log_p
    return found


def pair_posteriors(single: np.ndarray, pairs: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Return P(class | all answers) (n, C) by passing messages along pairs (m, 2), each once.

    `single` is log P(class | answers about the item alone) but for a constant, `said` (m, C, C) the
    log-likelihood of what was said of a pair. The sum-product rule: item i tells j what it knows
    but for what j told it. Exact where pairs form no loop.
    """
    if not len(pairs):
        return softmax(single, axis=1)
    return softmax(single + _messages(single, pairs, said), axis=1)


def _messages(single: np.ndarray, pairs: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Return the sum of all log-messages that each item receives."""
    source = np.concatenate([pairs[:, 0], pairs[:, 1]])
    target = np.concatenate([pairs[:, 1], pairs[:, 0]])
    back = np.roll(np.arange(len(source)), len(pairs))  # the message the other way
    factor = np.exp(said - said.max(axis=(1, 2), keepdims=True))
    factor = np.concatenate([factor, factor])  # the same both ways: `said` is symmetric
    log_message = np.zeros((len(source), single.shape[1]))
    for _ in range(ROUNDS):
        received = np.zeros_like(single)
        np.add.at(received, target, log_message)
        known = softmax((single + received)[source] - log_message[back], axis=1)
        # Great weights may leave nothing to a class.
        fresh = np.log(np.maximum(np.einsum("ea,eab->eb", known, factor), IMPOSSIBLE))
        fresh -= fresh.max(axis=1, keepdims=True)
        change = np.abs(fresh - log_message).max()
        log_message = DAMPING * log_message + (1 - DAMPING) * fresh
        if change < SETTLED:
            break
    received = np.zeros_like(single)
    np.add.at(received, target, log_message)
    return received
