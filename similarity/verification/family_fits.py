"""What one family needs to weigh any pair of items: fitted once, on few items and pairs."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from similarity.families.registry import FAMILIES
from similarity.pairs.coordinates import Rows
from similarity.pairs.log_odds import logistic_line, two_groups
from similarity.pairs.lookup_tables import UniformTable, uniform_table
from similarity.pairs.null_distributions import NullLaw, seen_null
from similarity.pairs.statistics import (
    FamilyFeatures,
    PairStatistics,
    pair_statistics,
)
from similarity.pairs.tiles import LARGE, judged_values, sampled

SMALLEST, LARGEST = 1e-12, 1e12  # statistics, over their null means
Judged = tuple[np.ndarray, np.ndarray]  # indices (m, 2), same (m,)


@dataclass(frozen=True)
class FamilyFit:
    """One family's log-odds, p-value and statistic of any pair.

    `odds` is read at the logarithm of the separation, `p_table`, where there are many pairs, at
    that of the other statistic.
    """

    family: str
    statistics: PairStatistics
    odds: UniformTable
    null: NullLaw
    p_table: UniformTable | None
    share: float
    basis: str

    @property
    def directions(self) -> int:
        """In how many directions the items differ."""
        return self.statistics.directions

    def log_odds(self, rows: Rows, columns: Rows) -> np.ndarray:
        """Return the log-odds of rows against columns."""
        return self.odds(_log(self.statistics.separating.between(rows, columns)))

    def between(self, rows: Rows, columns: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return log-odds, p-values and statistics of rows against columns."""
        ratio, separation = self.statistics.between(rows, columns)
        odds = self.odds(_log(separation))
        if self.p_table is None:
            return odds, self.null.p_values(ratio), separation
        return odds, self.p_table(_log(ratio)), separation


def fitted_family(
    family: str,
    described: FamilyFeatures,
    place: np.ndarray,
    *,
    judged: Judged | None,
    dtype: np.dtype,
    seed: int,
) -> FamilyFit:
    """Fit a family to features of items; `place` is where each of the user's items is among them.

    Of many items log-odds and p-values are read from tables, in the precision `dtype`.
    """
    kind, n = FAMILIES[family], len(place)
    found = pair_statistics(described, energies=kind.log_energies, from_parts=kind.from_parts)
    working = dtype if n > LARGE else np.dtype(np.float64)
    statistics = found.rearranged(place, working)

    def log_separation(rows: Rows, columns: Rows) -> np.ndarray:
        return _log(statistics.separating.between(rows, columns))

    drawn = sampled(log_separation, n, seed=seed).astype(np.float64)
    if judged is None:
        null = NullLaw(statistics.shape)
        odds, share = _two_groups(drawn, statistics)
        basis = f"two-groups model, estimated share of same pairs {share:.3g}"
    else:
        index, same = judged
        odds = _judged_line(drawn, judged_values(log_separation, index), same)
        share = float(same.mean())
        alike = index[same == 1]
        null = seen_null(statistics.shape, judged_values(statistics.alike.between, alike), alike)
        basis = f"logistic line through {len(same)} judged pairs, {share:.0%} same"
    return FamilyFit(
        family=family,
        statistics=statistics,
        odds=uniform_table(*odds, dtype=working),
        null=null,
        p_table=null.p_table(dtype=working) if n > LARGE else None,
        share=share,
        basis=basis,
    )


def _two_groups(
    drawn: np.ndarray, statistics: PairStatistics
) -> tuple[tuple[float, float, np.ndarray], float]:
    """Return the ends and the values of a table of log-odds, and the share of same pairs."""
    table, share = two_groups(drawn, statistics.separation_shape, n=statistics.items)
    values = logit(share) + statistics.trust * (table.values - logit(share))
    return (table.start, table.start + table.step * (len(values) - 1), values), share


def _judged_line(
    drawn: np.ndarray, seen: np.ndarray, same: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Return both ends and a - b u there, u the log-statistic; fitted on judged pairs."""
    ends = np.log([SMALLEST, LARGEST])
    scale = drawn.std() or 1.0
    a, b = logistic_line((drawn.mean() - seen) / scale, same)
    return *ends, a + b * (drawn.mean() - ends) / scale


def _log(statistic: np.ndarray) -> np.ndarray:
    return np.log(np.clip(statistic, SMALLEST, LARGEST))
