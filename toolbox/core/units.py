"""What was drawn independently: the units of items that nobody named."""

import hashlib
from functools import partial
from math import prod
from typing import Any

import numpy as np

no_units = partial(np.empty, 0, np.str_)  # what a record holds that knows no units
ASSUMED = "units are not given: every item counts as drawn independently"


_SMALL = 256  # bytes of an item; for fewer, SHA-256 takes longer to call than to compute
_TOGETHER = 1 << 11  # items mixed at once, in the cache
_ROUNDS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST = np.uint64(31)
_HEX = np.array([[*map(ord, f"{byte:02x}")] for byte in range(256)], dtype=np.uint32)


def content_label(array: np.ndarray) -> str:
    """Return a label that is the same for the same values: two crops of one photograph share it.

    Examples
    --------
    >>> content_label(np.zeros(3)) == content_label(np.zeros(3)) != content_label(np.ones(3))
    True
    """
    return str(content_labels(array[None])[0])


def content_labels(items: np.ndarray) -> np.ndarray:
    """Return the label of each item of an array, of 64 bits.

    One in 10^11 that two of 10^4 photographs agree. They are from SHA-256; those of small items, of
    which there may be millions, from SplitMix64's mixing of bits, which does many at once.

    References
    ----------
    G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA
    (2014) 453.

    Examples
    --------
    >>> labels = content_labels(np.array([[1.0, 2.0], [1.0, 2.5], [1.0, 2.0]]))
    >>> [str(label) == content_label(np.array([1.0, 2.0])) for label in labels]
    [True, False, True]
    """
    head = hashlib.sha256(f"{items.dtype.str} {items.shape[1:]}".encode())
    rows = np.ascontiguousarray(items).reshape(len(items), prod(items.shape[1:])).view(np.uint8)
    if rows.shape[1] > _SMALL:
        return np.array([_digest(head, row) for row in rows])
    labels = np.empty(len(rows), "U16")
    for i in range(0, len(rows), _TOGETHER):
        digits = _mixed(head, rows[i : i + _TOGETHER]).astype(">u8").tobytes().hex().encode()
        letters = np.frombuffer(digits, np.uint8).astype(np.uint32)
        labels[i : i + _TOGETHER] = letters.view("U16")
    return labels


def _digest(head: Any, row: np.ndarray) -> str:
    digest = head.copy()
    digest.update(row)  # without a copy of the values
    return digest.hexdigest()[:16]


def _mixed(head: Any, rows: np.ndarray) -> np.ndarray:
    """Return a number for each row of bytes: its words, one after the other, mixed into it."""
    words = np.zeros((len(rows), rows.shape[1] // 8 + 1), dtype="<u8")
    words.view(np.uint8)[:, : rows.shape[1]] = rows
    state = np.full(len(rows), int.from_bytes(head.digest()[:8], "little"), dtype=np.uint64)
    for word in words.T:
        state ^= word
        for shift, factor in _ROUNDS:
            state ^= state >> np.uint64(shift)
            state *= np.uint64(factor)  # modulo 2^64
        state ^= state >> np.uint64(_LAST)
    return state


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
