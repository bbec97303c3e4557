"""Who is known to be the same as whom, and which pairs are kept for calibration."""

from dataclasses import dataclass

import numpy as np

from toolbox.doors import refuse

FIFTH = 5  # one in five is held out


@dataclass(frozen=True)
class Training:
    """Items to train on, their relation (1 same, 0 different, -1 unknown) and held-out pairs.

    Of a held-out pair (i, j, same) with i == j two views of one item are compared.
    """

    items: np.ndarray
    relation: np.ndarray
    held_out: np.ndarray
    meaning: str


def from_labels(labels: np.ndarray, rng: np.random.Generator) -> Training:
    """Train on four fifths of each label's items, hold all pairs of the rest out."""
    held = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        if len(members) >= 2 * 3:
            held.append(members[: max(2, len(members) // FIFTH)])
    if len(held) < 2:
        refuse("labels", "at least two labels with six items each", f"{len(held)} of them")
    items = np.setdiff1d(np.arange(len(labels)), np.concatenate(held))
    return Training(
        items=items,
        relation=(labels[items][:, None] == labels[items]).astype(np.int8),
        held_out=_all_pairs(np.sort(np.concatenate(held)), labels),
        meaning="same = same label",
    )


def from_pairs(index: np.ndarray, same: np.ndarray, n: int, rng: np.random.Generator) -> Training:
    """Train on four fifths of the judged pairs of each answer, hold the others out."""
    held = np.zeros(len(same), dtype=bool)
    for answer in (0, 1):
        rows = rng.permutation(np.flatnonzero(same == answer))
        held[rows[: max(2, len(rows) // FIFTH)]] = True
    relation = np.full((n, n), -1, dtype=np.int8)
    np.fill_diagonal(relation, 1)
    (i, j), answer = index[~held].T, same[~held].astype(np.int8)
    relation[i, j] = relation[j, i] = answer
    return Training(
        items=np.arange(n),
        relation=relation,
        held_out=np.column_stack([index[held], same[held]]).astype(np.int64),
        meaning="same = judged the same",
    )


def from_views(n: int, rng: np.random.Generator) -> Training:
    """Train every item against all others: two views of one item are the same."""
    order = rng.permutation(n)
    held, items = np.sort(order[: max(2, n // FIFTH)]), np.sort(order[max(2, n // FIFTH) :])
    different = _all_pairs(held, np.arange(n))
    alike = np.column_stack([held, held, np.ones_like(held)])
    return Training(
        items=items,
        relation=np.eye(len(items), dtype=np.int8),
        held_out=np.concatenate([alike, different]),
        meaning="same = same item (neither labels nor pairs were given)",
    )


def _all_pairs(held: np.ndarray, labels: np.ndarray) -> np.ndarray:
    a, b = np.triu_indices(len(held), 1)
    i, j = held[a], held[b]
    return np.column_stack([i, j, labels[i] == labels[j]]).astype(np.int64)
