"""Who is known to be the same as whom, and what the pairs kept for calibration say."""

from dataclasses import dataclass

import numpy as np

from similarity.pairs.known_pairs import contradictions
from toolbox.core.checks import refuse

FIFTH = 5  # one in five is held out
FEWEST_UNITS = 4  # two are held out


@dataclass(frozen=True)
class Training:
    """Items to train on, their relation (1 same, 0 different, -1 unknown) and held-out pairs.

    Of a held-out pair (i, j, same) with i == j two views of one item are compared. `strength`
    (items, items) says how much a known relation counts, 0 to 1, and `held_weights` the held-out
    pairs; None = all alike. Held-out answers are wrong with probability `error`.
    """

    items: np.ndarray
    relation: np.ndarray
    held_out: np.ndarray
    meaning: str
    strength: np.ndarray | None = None
    held_weights: np.ndarray | None = None
    error: float = 0.0


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


def from_pairs(
    index: np.ndarray,
    same: np.ndarray,
    weights: np.ndarray,
    n: int,
    rng: np.random.Generator,
    *,
    error: float = 0.0,
) -> Training:
    """Train on four fifths of the judged pairs of each answer, hold the others out.

    A pair that was judged more than once is held out with all its judgements. Each judgement adds
    its weight times log((1 - error) / error) to the log-odds of its answer; a pair counts
    |2 P(same) - 1| of a certain one. A judge who never errs cannot contradict himself; his weights
    count relative to the largest.
    """
    against = contradictions(index, same)
    if error == 0 and len(against):
        wanted = "answers that agree with one another (or an error above 0)"
        refuse("pairs", wanted, f"items {against[0].tolist()} judged both same and different")
    _, pair = np.unique(np.sort(index, axis=1), axis=0, return_inverse=True)
    held = np.zeros(len(same), dtype=bool)
    for answer in (0, 1):
        judged = rng.permutation(np.unique(pair[same == answer]))
        held |= np.isin(pair, judged[: max(2, len(judged) // FIFTH)])
    if not {0, 1} <= set(same[~held]):
        refuse("pairs", "more than two pairs of each answer", "two of one, judged repeatedly")
    score = np.zeros((n, n))
    (i, j), signed = index[~held].T, np.where(same == 1, weights, -weights)[~held]
    np.add.at(score, (i, j), signed)
    score += score.T
    strength = np.abs(score) / np.abs(score).max()
    if error > 0:
        strength = np.tanh(np.abs(score) * np.log((1 - error) / error) / 2)
    relation = np.where(score == 0, -1, score > 0).astype(np.int8)
    np.fill_diagonal(relation, 1)
    np.fill_diagonal(strength, 1)
    return Training(
        items=np.arange(n),
        relation=relation,
        held_out=np.column_stack([index[held], same[held]]).astype(np.int64),
        meaning="same = judged the same",
        strength=strength.astype(np.float32),
        held_weights=weights[held],
        error=error,
    )


def from_views(units: np.ndarray, rng: np.random.Generator) -> Training:
    """Train the items of a unit (n,), and two views of an item, to be nearer than those of others.

    A fifth of the units is held out. Where some have several items, pairs of one such unit are the
    same; else two views of one item are.
    """
    _, unit, sizes = np.unique(units, return_inverse=True, return_counts=True)
    if len(sizes) < FEWEST_UNITS:
        refuse("units", f"at least {FEWEST_UNITS} of them", len(sizes))
    order = rng.permutation(len(sizes))
    several, single = order[sizes[order] > 1], order[sizes[order] == 1]
    chosen = several[: -(-len(several) // FIFTH)]
    chosen = np.append(chosen, single[: max(2 - len(chosen), len(single) // FIFTH)])
    if len(chosen) < 2:
        chosen = several[:2]
    held = np.flatnonzero(np.isin(unit, chosen))
    pairs, meaning = _all_pairs(held, unit), "same = same unit (others may be of its texture)"
    if not len(several):
        pairs = np.concatenate([np.column_stack([held, held, np.ones_like(held)]), pairs])
        meaning = "same = same item (neither labels, pairs nor units were given)"
    items = np.setdiff1d(np.arange(len(unit)), held)
    return Training(
        items=items,
        relation=(unit[items][:, None] == unit[items]).astype(np.int8),
        held_out=pairs,
        meaning=meaning,
    )


def _all_pairs(held: np.ndarray, labels: np.ndarray) -> np.ndarray:
    a, b = np.triu_indices(len(held), 1)
    i, j = held[a], held[b]
    return np.column_stack([i, j, labels[i] == labels[j]]).astype(np.int64)


def held_out_cosines(
    weights: dict[str, np.ndarray],
    channels: np.ndarray,
    held_out: np.ndarray,
    view: tuple[int, ...],
    device: str,
) -> np.ndarray:
    """Return the cosines of held-out pairs; opposite corners of an item with itself."""
    from toolbox.networks.siamese_training import encode

    i, j, _ = held_out.T
    items = np.unique(held_out[:, :2])
    at_i, at_j = np.searchsorted(items, i), np.searchsorted(items, j)
    if (i != j).all():
        z = encode(weights, channels[items], device=device).astype(np.float64)
        return (z[at_i] * z[at_j]).sum(axis=1)
    first = channels[items][(..., *(slice(v) for v in view))]
    last = channels[items][(..., *(slice(-v, None) for v in view))]
    a, b = (encode(weights, x, device=device).astype(np.float64) for x in (first, last))
    return (a[at_i] * b[at_j]).sum(axis=1)


def even_weights(held_out: np.ndarray, given: np.ndarray | None) -> np.ndarray:
    """Return weights with which same and different pairs weigh alike, one an item in all."""
    same = held_out[:, 2] == 1
    items = len(np.unique(held_out[:, :2]))
    given = np.ones(len(same)) if given is None else given
    return items / 2 * given / np.where(same, given[same].sum(), given[~same].sum())
