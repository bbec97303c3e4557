"""What is known of pairs beforehand: judged ones, and those of one unit, which are the same.

Judged pairs are rows (i, j, same), or (i, j, same, weight).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import real_array, refuse
from toolbox.core.streams import generator

FEWEST = 5  # of each answer: a line through fewer is its prior
# With fewer the log-odds of some draws of benchmark sets were worse than the base rate alone.
FEWEST_UNITS, FEWEST_COMPARISONS = 4, 8
MOST = 4096  # pairs that stand for all of many items in few units

Judged = tuple[np.ndarray, np.ndarray]  # indices (m, 2), same (m,)


@dataclass(frozen=True)
class UnitPairs:
    """Pairs (m, 2) of items of one unit; those of a unit of k items weigh k - 1 in all.

    So many of its k (k - 1) / 2 pairs are independent of one another.
    """

    index: np.ndarray
    weights: np.ndarray
    units: int

    @property
    def comparisons(self) -> float:
        """How many independent comparisons the pairs amount to."""
        return float(self.weights.sum())

    @property
    def enough(self) -> bool:
        """Whether they tell how same pairs lie."""
        return self.units >= FEWEST_UNITS and self.comparisons > FEWEST_COMPARISONS - 0.5


@dataclass(frozen=True)
class Known:
    """Judged pairs, if any, the units (n,) as given and as whole numbers, and pairs within them.

    Each pair was judged once; `note` says where it was judged more often.
    """

    judged: Judged | None
    units: np.ndarray
    codes: np.ndarray
    alike: UnitPairs
    note: str = ""

    @property
    def by_units(self) -> bool:
        """Whether units, not judgements, can set the level of log-odds."""
        return self.judged is None and self.alike.enough

    def in_two_units(self, rows: slice | np.ndarray, columns: slice | np.ndarray) -> np.ndarray:
        """Return which pairs of rows and columns are of two units: it is unknown what they are."""
        return self.codes[rows][:, None] != self.codes[columns]


def known_pairs(pairs: Any, units: Any, n: int) -> Known:
    """Check judged pairs and units, either of which may be None, of n items."""
    given = checks.units(units, "units", length=n)
    codes = np.unique(given, return_inverse=True)[1]
    judged, note = None, ""
    if pairs is not None:
        judged, note = _judged_once(*judged_pairs(pairs, n))
        _refuse_different_in_a_unit(*judged, codes)
    return Known(judged=judged, units=given, codes=codes, alike=unit_pairs(codes), note=note)


def _judged_once(index: np.ndarray, same: np.ndarray) -> tuple[Judged, str]:
    """Return each pair once, where it was judged first, and a note; refuse two answers to one."""
    against = contradictions(index, same)
    if len(against):
        wanted = "one answer to a pair (similarity.same_probability takes judges who err)"
        i, j = against[0].tolist()
        refuse("pairs", wanted, f"items {i} and {j} judged both same and different")
    first = np.sort(np.unique(np.sort(index, axis=1), axis=0, return_index=True)[1])
    again = len(index) - len(first)
    note = f"{again} repeated judgements of a pair are not counted" if again else ""
    return (index[first], same[first]), note


def _refuse_different_in_a_unit(index: np.ndarray, same: np.ndarray, codes: np.ndarray) -> None:
    """Refuse pairs of one unit, which are the same, that were judged different."""
    wrong = index[(same == 0) & (codes[index[:, 0]] == codes[index[:, 1]])]
    if len(wrong):
        wanted = "pairs of one unit judged the same (or other units)"
        i, j = wrong[0].tolist()
        refuse("pairs", wanted, f"items {i} and {j} of one unit judged different")


def unit_pairs(units: np.ndarray) -> UnitPairs:
    """Return all pairs within units (n,), or `MOST` of them at random."""
    sizes = np.bincount(units)
    order = np.argsort(units, kind="stable")
    first = np.cumsum(sizes) - sizes
    several = int((sizes > 1).sum())
    if (sizes * (sizes - 1) // 2).sum() <= MOST:
        groups = [order[a : a + k] for a, k in zip(first, sizes, strict=True) if k > 1]
        index = [np.column_stack([g[a] for a in np.triu_indices(len(g), 1)]) for g in groups]
        weights = [np.full(len(i), 2 / len(g)) for i, g in zip(index, groups, strict=True)]
        return UnitPairs(
            index=np.concatenate([np.empty((0, 2), int), *index]),
            weights=np.concatenate([np.empty(0), *weights]),
            units=several,
        )
    rng = generator(0, "pairs of one unit")
    independent = sizes - 1
    unit = rng.choice(len(sizes), size=MOST, p=independent / independent.sum())
    one = rng.integers(sizes[unit])
    other = (one + 1 + rng.integers(sizes[unit] - 1)) % sizes[unit]
    index = order[first[unit][:, None] + np.column_stack([one, other])]
    return UnitPairs(index=index, weights=np.full(MOST, independent.sum() / MOST), units=several)


def judged_pairs(pairs: Any, n: int, *, fewest: int = FEWEST) -> tuple[np.ndarray, np.ndarray]:
    """Return indices (m, 2) and same (m,) as floats.

    `fewest` different pairs of each answer are asked for: one pair judged many times tells no more
    of how pairs lie than once.
    """
    table = real_array(pairs, "pairs", ndim=2)
    if table.shape[1] != 3:
        refuse("pairs", "rows (i, j, same)", f"shape {table.shape}")
    index = table[:, :2].astype(np.int64)
    if (index != table[:, :2]).any() or index.min() < 0 or index.max() >= n:
        refuse(
            "pairs", f"items 0 to {n - 1} in the first two columns", f"{table[:, :2].tolist()[:3]}"
        )
    if (index[:, 0] == index[:, 1]).any():
        refuse("pairs", "two different items a row", "an item paired with itself")
    same = table[:, 2].astype(float)
    if not np.isin(same, (0, 1)).all():
        refuse("pairs", "0 (different) or 1 (same) in the last column", "other values")
    rows = np.unique(np.column_stack([np.sort(index, axis=1), same]), axis=0)
    alike, unlike = int(rows[:, 2].sum()), int(len(rows) - rows[:, 2].sum())
    if min(alike, unlike) < fewest:
        refuse(
            "pairs",
            f"at least {fewest} same and {fewest} different pairs (judge more, or leave pairs out)",
            f"{alike} same and {unlike} different",
        )
    return index, same


def weighted_pairs(
    pairs: Any, n: int, *, fewest: int = FEWEST
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return indices (m, 2), same (m,) and weights (m,) of rows (i, j, same[, weight])."""
    table = real_array(pairs, "pairs", ndim=2)
    if table.shape[1] == 3:
        return *judged_pairs(table, n, fewest=fewest), np.ones(len(table))
    if table.shape[1] != 4:
        refuse("pairs", "rows (i, j, same) or (i, j, same, weight)", f"shape {table.shape}")
    weights = table[:, 3].astype(float)
    if weights.min() < 0:
        refuse("pairs", "weights >= 0 in the fourth column", f"{weights.min():.3g}")
    kept = weights > 0
    if not kept.any():
        refuse("pairs", "weights above 0 in the fourth column", "none")
    return *judged_pairs(table[kept, :3], n, fewest=fewest), weights[kept]


def contradictions(index: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the pairs (c, 2), i < j, that were judged both same and different."""
    rows = np.unique(np.column_stack([np.sort(index, axis=1), same]).astype(np.int64), axis=0)
    pair, answers = np.unique(rows[:, :2], axis=0, return_counts=True)
    return pair[answers > 1]
