"""Evidence of several families pooled into one, of tables or tile by tile of what was fitted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit, logit

from similarity.families.registry import FAMILIES
from similarity.pairs.known_pairs import Known, known_pairs
from similarity.pairs.log_odds import UniformTable, share_of_same, two_groups_of_units
from similarity.pairs.separating_metric import Rows
from similarity.pairs.tiles import judged_values, sampled
from similarity.verification.family_fits import FamilyFit, evidence_tables
from similarity.verification.pooling_weights import (
    judged_weights,
    nearness,
    some_pairs,
    unit_weights,
)
from similarity.verification.records import (
    JUDGED,
    NO_LEVEL,
    NONE,
    UNITS,
    Evidence,
)
from toolbox.core.checks import refuse

POOLED = "pooled"
LARGEST_P = 0.99
EVERYWHERE = {name for name, family in FAMILIES.items() if not family.images_only}

Family = Evidence | FamilyFit
Tile = tuple[np.ndarray, np.ndarray, np.ndarray]  # scores, p-values, statistics


def pool(evidences: Sequence[Evidence], *, units: Any = None, pairs: Any = None) -> Evidence:
    r"""Pool the log-odds of several families; higher = more alike.

    Parameters
    ----------
    evidences
        What `similarity.evidence` returned for the same items, one a family.
    units
        (n,) what was drawn independently, as in `similarity.evidence`; by default the units that
        the evidence was made with.
    pairs
        (m, 3) judged pairs: i, j, 1 for same or 0 for different; at least five of each. A pair
        counts once.

    Returns
    -------
    Evidence
        Its `note` tells the weights; `statistics` is the geometric mean of the families'.

    Raises
    ------
    InputError
        If nothing is given, the items differ in number or in their units, pairs are of one kind
        only, or contradict one another or the units.

    Notes
    -----
    Each family's scores less the log-odds of its `share` of same pairs are taken as a
    log-likelihood ratio L_f. Without pairs or units, over the F families that tell some items apart
    (their `directions` are not 0),

    .. math:: \mathrm{score} = \mathrm{prior} + t \sum_f L_f, \qquad
        t = \frac{F}{\sum_{f, g} \max(R_{fg}, 0)}:

    sums, since families see different things, and each L_f is already as small as the family is
    blind. With R the correlation of the L_f over all pairs, t is 1 for families that have nothing
    in common and 1 / F for families that say the same; the prior is the median of the families'.
    Where no family tells items apart, all have the weight 1 / F. Such scores rank; they are no
    log-odds (`level` is "none", `matrix` NaN), and neither is a pool without pairs of evidence that
    judged pairs made.

    With units alone the weights w_f are learned as below from the pairs of one unit, and
    log-odds = log(share f1 / (f - share f1)), f1 and f the densities of sum_f w_f x_f over pairs of
    one unit and of two. The share is the one that the evidence states; evidence made without units
    is pooled to log-odds only where every family is there that signals have too ("spectrum",
    "wavelet", "whitened", "leaders", "patches"), since a few may all be blind to a difference.

    With pairs log-odds = c + sum_f w_f x_f, x_f = 3 (1 - s_f^(1/3)), s_f the family's statistic:
    the cube root of a gamma variable is nearly normal (Wilson and Hilferty, 1931), and near pairs
    are not cut off as in L_f, whose groups are never certain. c and w_f > 0 are the most probable
    under P(same | x) = 1 / (1 + exp(-log-odds)) when it is known which x all pairs have, judged or
    not: a pair judged the same has p(x | same) = P(same | x) p(x) / mean of P(same | x) over all
    pairs, one judged different likewise (Steinberg and Cardell, 1992; Lancaster and Imbens, 1996).
    So 25 same pairs tell how such pairs lie among thousands of others, some nearly as near, where
    logistic regression sees 25 different ones that any family finds. w_f has an exponential prior
    of mean 1 / 8, which leaves families out (w_f = .001) that add nothing; c ~ N(0, 2^2). Last, a
    logistic line through the judged pairs puts the log-odds at their share of same. Same pairs are
    to be judged at random among the same ones, different pairs among the different ones. Pairs of
    one unit, k (k - 1) / 2 that count k - 1, join those judged the same in learning the weights.

    p-values are combined by Cauchy's rule, valid in the tail whatever the dependence between
    families (Liu and Xie, 2020); those above .99 count as .99, so that one family's perfect
    agreement cannot cancel another's rejection. A single family without pairs is returned
    unchanged.

    `similarity.evidence(..., family="pooled")` does the same for all families at once, for many
    items without holding a table of each.

    References
    ----------
    Y. Liu, J. Xie, "Cauchy combination test", JASA 2020.
    E. B. Wilson, M. M. Hilferty, "The distribution of chi-square", PNAS 1931.
    D. Steinberg, N. S. Cardell, "Estimating logistic regression models when the dependent variable
    has no variance", Communications in Statistics 1992.
    T. Lancaster, G. Imbens, "Case-control studies with contaminated controls", Journal of
    Econometrics 1996.

    Examples
    --------
    >>> import numpy as np
    >>> from similarity import evidence
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((6, 32, 32))
    >>> found = [evidence(noise, dim=2, family=f, seed=0) for f in ("spectrum", "whitened")]
    >>> pool(found).family
    'spectrum + whitened'
    """
    evidences = _checked(evidences)
    n = len(evidences[0].scores)
    known = known_pairs(pairs, _units(evidences) if units is None else units, n)
    if len(evidences) == 1 and known.judged is None:
        return evidences[0]
    rule = pooling(evidences, known, seed=0)
    readers = [partial(_part, e) for e in evidences]
    pooled = _joined(evidences, readers, rule, known, dtype=evidences[0].scores.dtype)
    doubts = (f"{e.family}: {e.note}" for e in evidences if e.note)
    return replace(pooled, note="; ".join(filter(None, [pooled.note, known.note, *doubts])))


def pooled_evidence(fits: list[FamilyFit], known: Known, *, dtype: np.dtype, seed: int) -> Evidence:
    """Return what `pool` makes of the families' evidence, without holding a table of each."""
    rule = pooling(fits, known, seed=seed)
    return _joined(fits, [f.between for f in fits], rule, known, dtype=dtype)


@dataclass(frozen=True)
class Pooling:
    """How the numbers that several families have of a pair become one.

    With nothing known (`learned` empty) the score is intercept + sum_f weights_f (o_f - prior_f),
    o_f the families' scores; else intercept + sum_f weights_f x_f, x_f the nearness. A `table`
    turns that into log-odds.
    """

    prior: np.ndarray
    intercept: float
    weights: np.ndarray
    share: float
    level: str = NONE
    learned: str = ""
    table: UniformTable | None = None

    def tile(self, readers: Sequence[Callable[..., Tile]], rows: Rows, columns: Rows) -> Tile:
        """Return the pool of what the readers tell of rows against columns."""
        score, logs, terms, families = self.intercept, 0.0, 0.0, len(readers)
        each = zip(readers, self.prior.tolist(), self.weights.tolist(), strict=True)
        for read, own, weight in each:
            found, p_values, statistic = read(rows, columns)
            score = score + weight * (nearness(statistic) if self.learned else found - own)
            logs = logs + np.log(statistic + np.finfo(statistic.dtype).tiny)
            terms = terms + cauchy_terms(p_values)
        if families > 1:
            p_values = cauchy_p_values(terms / families)
        if self.table is not None:
            score = self.table(-score)
        return score, p_values, np.exp(logs / families)

    def note(self, families: Sequence[Family]) -> str:
        """Say what the pool's scores rest on."""
        named = ", ".join(
            f"{f.family} {w:.2f}" for f, w in zip(families, self.weights, strict=True)
        )
        how = f"learned from {self.learned}" if self.learned else "without pairs"
        text = f"weights ({how}): {named}"
        if self.level == JUDGED:
            text += f"; intercept {self.intercept:.2f}"
            text += "; prior: the share of same among the judged pairs"
        elif self.level == UNITS:
            text += f"; prior: {self.share:.3g}, the estimated share of same pairs of two units"
        else:
            text += f"; {NO_LEVEL}"
        return f"{text}; p-values by Cauchy's combination"


def pooling(families: Sequence[Family], known: Known, *, seed: int) -> Pooling:
    """Return the pooling that what is known of pairs allows."""
    n = len(known.units)
    if known.judged is None and not known.by_units:
        return unjudged_pooling(families, _sampled([_scores(f) for f in families], n, seed))
    statistics = [_statistics(f) for f in families]
    every = _sampled(statistics, n, seed)
    alike = _columns(judged_values(s, known.alike.index) for s in statistics)
    if known.judged is None:
        unknown = sampled(known.in_two_units, n, seed=seed) > 0
        return unit_pooling(families, every, unknown, alike, known)
    seen = _columns(judged_values(s, known.judged[0]) for s in statistics)
    return judged_pooling(families, every, seen, alike, known)


def unjudged_pooling(families: Sequence[Family], scores: np.ndarray) -> Pooling:
    """Return the pooling without pairs, from the families' scores (pairs, F)."""
    prior = _log_priors(families)
    intercept, weights = float(np.median(prior)), unjudged_weights(families, scores - prior)
    return Pooling(prior=prior, intercept=intercept, weights=weights, share=float(expit(intercept)))


def judged_pooling(
    families: Sequence[Family],
    every: np.ndarray,
    seen: np.ndarray,
    alike: np.ndarray,
    known: Known,
) -> Pooling:
    """Return the pooling learned from the statistics of all pairs (., F) and of known ones."""
    some, same = every[some_pairs(len(every))], known.judged[1]
    counts = known.alike.weights
    intercept, weights = judged_weights(
        nearness(seen), same, nearness(some), alike=nearness(alike), counts=counts
    )
    return Pooling(
        prior=_log_priors(families),
        intercept=intercept,
        weights=weights,
        share=float(same.mean()),
        level=JUDGED,
        learned=f"{len(same)} judged pairs" + (f" and {_units_of(known)}" if len(alike) else ""),
    )


def unit_pooling(
    families: Sequence[Family],
    every: np.ndarray,
    unknown: np.ndarray,
    alike: np.ndarray,
    known: Known,
) -> Pooling:
    """Return the pooling learned from pairs of one unit; `unknown` are those of two units.

    The share of same pairs is that which the families' evidence was made with, or is estimated
    where all families are there: those that are blind to a difference would take pairs for the
    same that only others tell apart.
    """
    counts, some = known.alike.weights, every[some_pairs(len(every))]
    weights = unit_weights(nearness(alike), counts, nearness(some))
    far, near = (-(nearness(x) @ weights) for x in (every[unknown], alike))
    level, share, table = UNITS, float("nan"), None
    if all(f.level == UNITS for f in families):
        share = float(np.median([f.share for f in families]))
    elif {f.family for f in families} >= EVERYWHERE:
        share = share_of_same(far, near, counts)
    else:
        level, share = NONE, 0.5
    if level == UNITS:
        table = two_groups_of_units(far, near, counts, share)
    return Pooling(
        prior=_log_priors(families),
        intercept=0.0,
        weights=weights,
        share=share,
        level=level,
        learned=_units_of(known),
        table=table,
    )


def _units_of(known: Known) -> str:
    return f"{known.alike.units} units of several items"


def _statistics(family: Family) -> Callable[[Rows, Rows], np.ndarray]:
    if isinstance(family, FamilyFit):
        return family.statistics.separating.between
    return lambda rows, columns: family.statistics[rows][:, columns]


def _scores(family: Family) -> Callable[[Rows, Rows], np.ndarray]:
    if isinstance(family, FamilyFit):
        return family.score
    return lambda rows, columns: family.scores[rows][:, columns]


def _sampled(readers: list[Callable], n: int, seed: int) -> np.ndarray:
    return np.stack(list(map(partial(sampled, n=n, seed=seed), readers)), axis=1, dtype=np.float64)


def _log_priors(families: Sequence[Family]) -> np.ndarray:
    return np.array([logit(np.clip(f.share, 1e-6, 1 - 1e-6)) for f in families])


def _columns(values: Iterable[np.ndarray]) -> np.ndarray:
    return np.stack(list(values), axis=1, dtype=np.float64)


def _part(evidence: Evidence, rows: Rows, columns: Rows) -> Tile:
    tables = (evidence.scores, evidence.p_values, evidence.statistics)
    return tuple(table[rows, columns].astype(np.float64) for table in tables)


def _joined(
    families: Sequence[Family],
    readers: list[Callable[..., Tile]],
    rule: Pooling,
    known: Known,
    *,
    dtype: np.dtype,
) -> Evidence:
    """Return the evidence of all pairs, pooled by a rule."""
    tile = partial(rule.tile, readers)
    return Evidence(
        **evidence_tables(tile, len(known.units), level=rule.level, dtype=dtype),
        family=" + ".join(f.family for f in families),
        note=rule.note(families),
        level=rule.level,
        units=known.units,
        share=rule.share,
        directions=sum(f.directions for f in families),
    )


def cauchy_terms(p_values: np.ndarray) -> np.ndarray:
    """Return tan((1/2 - p) pi), in the precision of p: their mean has Cauchy's law too."""
    least = 10 * np.finfo(p_values.dtype).tiny
    return 1 / np.tan(np.pi * np.clip(p_values, least, LARGEST_P))


def cauchy_p_values(mean: np.ndarray) -> np.ndarray:
    """Return P(C > mean of the terms), exact for tiny p, unlike 1/2 - arctan(mean) / pi."""
    return np.arctan2(1.0, mean) / np.pi


def _units(evidences: list[Evidence]) -> np.ndarray:
    """Return the units that the evidence was made with."""
    units = [np.unique(e.units, return_inverse=True)[1] for e in evidences]
    if any(not np.array_equal(u, units[0]) for u in units):
        refuse("evidences", "evidence made with the same units (or state units)", "others")
    return evidences[0].units


def _checked(evidences: Any) -> list[Evidence]:
    given = [evidences] if isinstance(evidences, Evidence) else evidences
    if not isinstance(given, Sequence) or isinstance(given, str) or not len(given):
        refuse("evidences", "a list of what similarity.evidence returned", type(given).__name__)
    wrong = [type(e).__name__ for e in given if not isinstance(e, Evidence)]
    if wrong:
        refuse("evidences", "a list of what similarity.evidence returned", f"{wrong[0]} in it")
    sizes = sorted({len(e.scores) for e in given})
    if len(sizes) > 1:
        refuse("evidences", "the same items in all", f"{sizes} items")
    return list(given)


def unjudged_weights(families: Sequence[Family], ratios: np.ndarray) -> np.ndarray:
    """Return the families' weights without pairs."""
    telling = np.array([f.directions > 0 for f in families])
    if not telling.any():
        return np.full(len(families), 1 / len(families))
    deviations = ratios[:, telling] - ratios[:, telling].mean(axis=0)
    scale = np.sqrt((deviations**2).sum(axis=0))
    deviations /= np.where(scale > 0, scale, 1)
    together = np.maximum(deviations.T @ deviations, 0).sum()
    return telling * telling.sum() / max(together, telling.sum())
