"""What was drawn independently: the units of items that nobody named."""

import hashlib
from functools import partial

import numpy as np

no_units = partial(np.empty, 0, np.str_)  # what a record holds that knows no units
ASSUMED = "units are not given: every item counts as drawn independently"


def content_label(array: np.ndarray) -> str:
    """Return a label that is the same for the same values: two crops of one photograph share it.

    Examples
    --------
    >>> content_label(np.zeros(3)) == content_label(np.zeros(3)) != content_label(np.ones(3))
    True
    """
    head = f"{array.dtype.str} {array.shape}".encode()
    digest = hashlib.sha256(head)
    digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8))  # without a copy
    return digest.hexdigest()[:16]  # 64 bits: one in 10^11 that two of 10^4 photographs agree


def unit_means(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the mean (U, ...) of each unit's values, by the number of each item's unit.

    Examples
    --------
    >>> unit_means(np.array([[1.0], [2.0], [5.0]]), np.array([0, 1, 1])).ravel().tolist()
    [1.0, 3.5]
    """
    sums = np.zeros((place.max() + 1, *values.shape[1:]))
    np.add.at(sums, place, values)
    return sums / np.bincount(place).reshape(-1, *[1] * (values.ndim - 1))
