"""What one family needs to weigh any pair of items: fitted once, on few items and pairs."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from similarity.families.registry import FAMILIES
from similarity.pairs.known_pairs import Known
from similarity.pairs.log_odds import (
    NullLaw,
    UniformTable,
    above_zero,
    seen_null,
    two_groups,
    two_groups_of_units,
    uniform_table,
)
from similarity.pairs.logistic_lines import logistic_line
from similarity.pairs.separating_metric import Coordinates, Rows, weighed_by_units
from similarity.pairs.statistics import (
    FamilyFeatures,
    PairStatistics,
    pair_statistics,
)
from similarity.pairs.tiles import LARGE, judged_values, sampled, symmetric_tables
from similarity.verification.records import JUDGED, NONE, UNITS

SMALLEST, LARGEST = 1e-12, 1e12  # statistics, over their null means


@dataclass(frozen=True)
class FamilyFit:
    """One family's score, p-value and statistic of any pair.

    `scores`, which are log-odds where there is a `level`, are read at the logarithm of the
    separation; `p_table`, where there are many pairs, at that of the other statistic.
    """

    family: str
    statistics: PairStatistics
    scores: UniformTable
    null: NullLaw
    p_table: UniformTable | None
    share: float
    level: str
    basis: str

    @property
    def directions(self) -> int:
        """In how many directions the items differ."""
        return self.statistics.directions

    def separation(self, rows: Rows, columns: Rows) -> np.ndarray:
        """Return the logarithm of the statistic that the scores fall with."""
        return _log(self.statistics.separating.between(rows, columns))

    def score(self, rows: Rows, columns: Rows) -> np.ndarray:
        """Return the scores of rows against columns."""
        return self.scores(self.separation(rows, columns))

    def between(self, rows: Rows, columns: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return scores, p-values and statistics of rows against columns."""
        ratio, separation = self.statistics.between(rows, columns)
        scores = self.scores(_log(separation))
        if self.p_table is None:
            return scores, self.null.p_values(ratio), separation
        return scores, self.p_table(_log(ratio)), separation


def fitted_family(
    family: str,
    described: FamilyFeatures,
    place: np.ndarray,
    *,
    known: Known,
    dtype: np.dtype,
    seed: int,
) -> FamilyFit:
    """Fit a family to features of items; `place` is where each of the user's items is among them.

    Of many items scores and p-values are read from tables, in the precision `dtype`. The level of
    the scores is that of judged pairs or none; for that of units see `levelled_by_units`.
    """
    kind, n = FAMILIES[family], len(place)
    found = pair_statistics(described, energies=kind.log_energies, from_parts=kind.from_parts)
    working = dtype if n > LARGE else np.dtype(np.float64)
    statistics = _weighed(found.rearranged(place, working), known)

    def separation(rows: Rows, columns: Rows) -> np.ndarray:
        return _log(statistics.separating.between(rows, columns))

    drawn = sampled(separation, n, seed=seed).astype(np.float64)
    if known.judged is None:
        table, share = _two_groups(drawn, statistics)
        basis = "two-groups model of the simulated law, whose level is off for real textures"
    else:
        index, same = known.judged
        table = _judged_line(drawn, judged_values(separation, index), same)
        share = float(same.mean())
        basis = f"logistic line through {len(same)} judged pairs, {share:.0%} same"
    null = _null(statistics, known)
    return FamilyFit(
        family=family,
        statistics=statistics,
        scores=uniform_table(*table, dtype=working),
        null=null,
        p_table=null.p_table(dtype=working) if n > LARGE else None,
        share=share,
        level=NONE if known.judged is None else JUDGED,
        basis=basis,
    )


def levelled_by_units(fit: FamilyFit, known: Known, *, share: float, seed: int) -> FamilyFit:
    """Return the fit with log-odds from how pairs of one unit lie among those of two units."""
    n, alike = fit.statistics.items, known.alike
    unknown = sampled(known.in_two_units, n, seed=seed) > 0
    values = sampled(fit.separation, n, seed=seed)[unknown].astype(np.float64)
    seen = judged_values(fit.separation, alike.index).astype(np.float64)
    table = two_groups_of_units(values, seen, alike.weights, share)
    working = fit.scores.values.dtype
    return replace(
        fit,
        scores=uniform_table(table.start, table.stop, table.values, dtype=working),
        share=share,
        level=UNITS,
        basis=f"two-groups model of {alike.units} units of several items, "
        f"share of same pairs {share:.3g} of all families together",
    )


def evidence_tables(
    tile: Callable[[Rows, Rows], tuple[np.ndarray, ...]], n: int, *, level: str, dtype: np.dtype
) -> dict[str, np.ndarray]:
    """Return the tables of an `Evidence`, from scores, p-values and statistics by tile.

    Read as log-odds, scores without a level had a log-loss of two to three times the base rate's:
    their matrix is NaN, in a table that takes no room.
    """
    scores, p_values, statistics = symmetric_tables(
        tile, n, diagonals=(np.nan, np.nan, 0.0), dtype=dtype
    )
    nothing = np.broadcast_to(np.array(np.nan, dtype), scores.shape)
    return {
        "matrix": nothing if level == NONE else scores,
        "p_values": above_zero(p_values),
        "statistics": statistics,
        "scores": scores,
    }


def _weighed(statistics: PairStatistics, known: Known) -> PairStatistics:
    """Return the statistics with the directions weighed by units, where there are enough."""
    if not (statistics.directions and known.alike.enough):
        return statistics
    points = statistics.separating.points
    weighed = weighed_by_units(points.astype(np.float64), known.codes).astype(points.dtype)
    return replace(statistics, separating=Coordinates(weighed))


def _null(statistics: PairStatistics, known: Known) -> NullLaw:
    """Return the null: simulated, or that of pairs known to be the same where there are enough."""
    index, weights = known.alike.index, known.alike.weights
    if known.judged is not None:
        judged = known.judged[0][known.judged[1] == 1]
        index = np.concatenate([judged, index])
        weights = np.concatenate([np.ones(len(judged)), weights])
    if not len(index):
        return NullLaw(statistics.shape)
    ratio = judged_values(statistics.alike.between, index)
    return seen_null(statistics.shape, ratio, index, weights)


def _two_groups(
    drawn: np.ndarray, statistics: PairStatistics
) -> tuple[tuple[float, float, np.ndarray], float]:
    """Return the ends and the values of a table of scores, and the share of same pairs in them."""
    table, share = two_groups(drawn, statistics.separation_shape, n=statistics.items)
    values = logit(share) + statistics.trust * (table.values - logit(share))
    return (table.start, table.stop, values), share


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
