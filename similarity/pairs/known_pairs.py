"""What is known of pairs beforehand: judged ones, and those of one unit, which are the same."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from similarity.pairs.judged_pairs import judged_pairs
from toolbox.core import checks
from toolbox.core.streams import generator

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
    """Judged pairs, if any, the units (n,) as given and as whole numbers, and pairs within them."""

    judged: Judged | None
    units: np.ndarray
    codes: np.ndarray
    alike: UnitPairs

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
    judged = None if pairs is None else judged_pairs(pairs, n)
    return Known(judged=judged, units=given, codes=codes, alike=unit_pairs(codes))


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
