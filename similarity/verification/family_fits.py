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
    LawFields,
    PairStatistics,
    family_features,
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
        return self.odds(_log(self.statistics.separation(rows, columns)))

    def between(self, rows: Rows, columns: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return log-odds, p-values and statistics of rows against columns."""
        ratio, separation = self.statistics.between(rows, columns)
        odds = self.odds(_log(separation))
        if self.p_table is None:
            return odds, self.null.p_values(ratio), separation
        return odds, self.p_table(_log(ratio)), separation


def fitted_family(
    family: str,
    given: LawFields,
    place: np.ndarray,
    *,
    judged: Judged | None,
    dtype: np.dtype,
    seed: int,
) -> FamilyFit:
    """Describe items in a family and fit it; `place` is where each of the user's items is."""
    described = described_family(family, given)
    return fitted_features(family, described, place, judged=judged, dtype=dtype, seed=seed)


def described_family(family: str, given: LawFields) -> FamilyFeatures:
    """Return a family's features of items and of fields of their laws."""
    return family_features(given, FAMILIES[family].features)


def fitted_features(
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
    kind = FAMILIES[family]
    found = pair_statistics(described, energies=kind.log_energies, from_parts=kind.from_parts)
    n = len(place)
    working = dtype if n > LARGE else np.dtype(np.float64)
    statistics = found.rearranged(place, working)

    def log_separation(rows: Rows, columns: Rows) -> np.ndarray:
        return _log(statistics.separation(rows, columns))

    drawn = sampled(log_separation, n, seed=seed).astype(np.float64)
    if judged is None:
        table, share = two_groups(drawn, statistics.separation_shape, n=n)
        values = logit(share) + statistics.trust * (table.values - logit(share))
        basis = f"two-groups model, estimated share of same pairs {share:.3g}"
        start, stop = table.start, table.start + table.step * (len(values) - 1)
    else:
        start, stop = np.log([SMALLEST, LARGEST])
        values = _judged_line(
            drawn, judged_values(log_separation, judged[0]), judged[1], start, stop
        )
        share = float(judged[1].mean())
        basis = f"logistic line through {len(judged[1])} judged pairs, {share:.0%} same"
    null = NullLaw(statistics.shape)
    if judged is not None:
        alike = judged[0][judged[1] == 1]
        ratio = judged_values(lambda *place: statistics.between(*place)[0], alike)
        null = seen_null(statistics.shape, ratio, alike)
    return FamilyFit(
        family=family,
        statistics=statistics,
        odds=uniform_table(start, stop, values, dtype=working),
        null=null,
        p_table=null.p_table(dtype=working) if n > LARGE else None,
        share=share,
        basis=basis,
    )


def _judged_line(
    drawn: np.ndarray, seen: np.ndarray, same: np.ndarray, start: float, stop: float
) -> np.ndarray:
    """Return a - b u at both ends, u the log-statistic; fitted on judged pairs."""
    scale = drawn.std() or 1.0
    a, b = logistic_line((drawn.mean() - seen) / scale, same)
    return a + b * (drawn.mean() - np.array([start, stop])) / scale


def _log(statistic: np.ndarray) -> np.ndarray:
    return np.log(np.clip(statistic, SMALLEST, LARGEST))
