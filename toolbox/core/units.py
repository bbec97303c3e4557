"""What was drawn independently: the units of items that nobody named."""

import hashlib
from functools import partial
from math import prod
from typing import Any

import numpy as np

no_units = partial(np.empty, 0, np.str_)  # what a record holds that knows no units
ASSUMED = "units are not given: every item counts as drawn independently"


def with_units(note: str, units: Any) -> str:
    """Return a note that also says what was assumed where nobody gave units.

    Examples
    --------
    >>> with_units("few items", None)
    'few items; units are not given: every item counts as drawn independently'
    >>> with_units("few items", [0, 0, 1])
    'few items'
    """
    silent = units is not None or ASSUMED in note
    return "; ".join(filter(None, [note, "" if silent else ASSUMED]))


def content_label(array: np.ndarray) -> str:
    """Return a label that is the same for the same values: two crops of one photograph share it.

    Examples
    --------
    >>> content_label(np.zeros(3)) == content_label(np.zeros(3)) != content_label(np.ones(3))
    True
    """
    return str(content_labels(array[None])[0])


def content_labels(items: np.ndarray) -> np.ndarray:
    """Return the label of each item of an array: 64 bits of SHA-256.

    One in 10^11 that two of 10^4 photographs agree.

    Examples
    --------
    >>> labels = content_labels(np.array([[1.0, 2.0], [1.0, 2.5], [1.0, 2.0]]))
    >>> [str(label) == content_label(np.array([1.0, 2.0])) for label in labels]
    [True, False, True]
    """
    shape = items.shape[1:]
    while len(shape) > 1 and shape[0] == 1:  # one component is the field itself
        shape = shape[1:]
    head = hashlib.sha256(f"{items.dtype.str} {shape}".encode())
    data = memoryview(np.ascontiguousarray(items).reshape(-1).view(np.uint8))
    size = items.dtype.itemsize * prod(items.shape[1:])
    labels = []
    for i in range(len(items)):  # of which there may be millions: nothing is called but the digest
        digest = head.copy()
        digest.update(data[i * size : (i + 1) * size])  # without a copy of the values
        labels.append(digest.hexdigest()[:16])
    return np.array(labels, "U16")


def units_of_both(units: np.ndarray, others: np.ndarray) -> list[str]:
    """Return the names of the units that are in both, sorted; a file may keep 1 as a text.

    Examples
    --------
    >>> units_of_both(np.array([1, 2, 2]), np.array(["2", "3"]))
    ['2']
    """
    return sorted({str(u) for u in units.tolist()} & {str(u) for u in others.tolist()})


def one_of_each(units: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the place of one item of every unit, drawn at random, in increasing order.

    Examples
    --------
    >>> len(one_of_each(np.array(["a", "a", "b"]), np.random.default_rng(0)))
    2
    """
    order = rng.permutation(len(units))
    return np.sort(order[np.unique(units[order], return_index=True)[1]])
