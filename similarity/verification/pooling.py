"""Evidence of several families pooled into one, of tables or tile by tile of what was fitted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit, logit

from similarity.pairs.coordinates import Rows
from similarity.pairs.judged_pairs import judged_pairs
from similarity.pairs.tiles import judged_values, sampled, symmetric_tables
from similarity.verification.family_fits import FamilyFit, Judged
from similarity.verification.pooling_weights import judged_weights, nearness, some_pairs
from similarity.verification.records import Evidence
from toolbox.core.checks import refuse

POOLED = "pooled"
LARGEST_P = 0.99

Family = Evidence | FamilyFit
Tile = tuple[np.ndarray, np.ndarray, np.ndarray]  # log-odds, p-values, statistics


def pool(evidences: Sequence[Evidence], *, pairs: Any = None) -> Evidence:
    """Pool the log-odds of several families; higher = more alike.

    Parameters
    ----------
    evidences
        What `similarity.evidence` returned for the same items, one a family.
    pairs
        (m, 3) judged pairs: i, j, 1 for same or 0 for different; at least five of each.

    Returns
    -------
    Evidence
        Its `note` tells the weights; `statistics` is the geometric mean of the families'.

    Raises
    ------
    InputError
        If nothing is given, the items differ in number, or pairs are of one kind only.

    Notes
    -----
    Each family's log-odds less those of its `share` of same pairs are a log-likelihood ratio L_f.
    Without pairs log-odds = prior + t sum_f L_f over the families that tell some items apart (their
    `directions` are not 0): sums, since families see different things, and each L_f is already
    as small as the family is blind. t = F / sum_fg max(R_fg, 0), R the correlation of the L_f over
    all pairs, is 1 for families that have nothing in common and 1 / F for families that say the
    same; the prior is the median of the families'. Where no family tells items apart, all have
    the weight 1 / F.

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
    to be judged at random among the same ones, different pairs among the different ones.

    p-values are combined by Cauchy's rule, valid in the tail whatever the dependence between
    families (Liu and Xie, 2020); those above .99 count as .99, so that one family's perfect
    agreement cannot cancel another's rejection. A single family is returned unchanged.

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
    n = len(evidences[0].matrix)
    upper = np.triu_indices(n, 1)
    judged = None if pairs is None else judged_pairs(pairs, n)
    if judged is None:
        if len(evidences) == 1:
            return evidences[0]
        rule = unjudged_pooling(evidences, _columns(e.matrix[upper] for e in evidences))
    else:
        (i, j), same = judged[0].T, judged[1]
        every = _columns(e.statistics[upper] for e in evidences)
        rule = judged_pooling(
            evidences, every, _columns(e.statistics[i, j] for e in evidences), same
        )
    readers = [partial(_part, e) for e in evidences]
    return _joined(evidences, readers, rule, n=n, dtype=evidences[0].matrix.dtype)


def pooled_evidence(
    fits: list[FamilyFit], *, judged: Judged | None, dtype: np.dtype, seed: int
) -> Evidence:
    """Return what `pool` makes of the families' evidence, without holding a table of each."""
    n = fits[0].statistics.items
    if judged is None:
        rule = unjudged_pooling(fits, _columns(sampled(f.log_odds, n, seed=seed) for f in fits))
    else:
        statistics = [f.statistics.separating.between for f in fits]
        every = _columns(sampled(s, n, seed=seed) for s in statistics)
        rule = judged_pooling(
            fits, every, _columns(judged_values(s, judged[0]) for s in statistics), judged[1]
        )
    return _joined(fits, [f.between for f in fits], rule, n=n, dtype=dtype)


@dataclass(frozen=True)
class Pooling:
    """How the numbers that several families have of a pair become one.

    Without judged pairs (`judged` 0) log-odds = intercept + sum_f weights_f (o_f - prior_f), o_f
    the families' log-odds; with them, intercept + sum_f weights_f x_f, x_f the nearness.
    """

    prior: np.ndarray
    intercept: float
    weights: np.ndarray
    share: float
    judged: int = 0

    def tile(self, readers: Sequence[Callable[..., Tile]], rows: Rows, columns: Rows) -> Tile:
        """Return the pool of what the readers tell of rows against columns."""
        odds, logs, terms, families = self.intercept, 0.0, 0.0, len(readers)
        each = zip(readers, self.prior.tolist(), self.weights.tolist(), strict=True)
        for read, own, weight in each:
            found, p_values, statistic = read(rows, columns)
            odds = odds + weight * (nearness(statistic) if self.judged else found - own)
            logs = logs + np.log(statistic + np.finfo(statistic.dtype).tiny)
            terms = terms + cauchy_terms(p_values)
        if families > 1:
            p_values = cauchy_p_values(terms / families)
        return odds, p_values, np.exp(logs / families)

    def note(self, families: Sequence[Family]) -> str:
        """Say what the pool's log-odds rest on."""
        named = ", ".join(
            f"{f.family} {w:.2f}" for f, w in zip(families, self.weights, strict=True)
        )
        how = f"learned from {self.judged} judged pairs" if self.judged else "without pairs"
        text = f"weights ({how}): {named}"
        if self.judged:
            text += f"; intercept {self.intercept:.2f}"
            text += "; prior: the share of same among the judged pairs"
        return f"{text}; p-values by Cauchy's combination"


def unjudged_pooling(families: Sequence[Family], odds: np.ndarray) -> Pooling:
    """Return the pooling without pairs, from the families' log-odds (pairs, F)."""
    prior = _log_priors(families)
    intercept, weights = float(np.median(prior)), unjudged_weights(families, odds - prior)
    return Pooling(prior=prior, intercept=intercept, weights=weights, share=float(expit(intercept)))


def judged_pooling(
    families: Sequence[Family], every: np.ndarray, seen: np.ndarray, same: np.ndarray
) -> Pooling:
    """Return the pooling learned from the statistics of all pairs (., F) and of judged ones."""
    some = every[some_pairs(len(every))]
    intercept, weights = judged_weights(nearness(seen), same, nearness(some))
    return Pooling(
        prior=_log_priors(families),
        intercept=intercept,
        weights=weights,
        share=float(same.mean()),
        judged=len(same),
    )


def _log_priors(families: Sequence[Family]) -> np.ndarray:
    return np.array([logit(np.clip(f.share, 1e-6, 1 - 1e-6)) for f in families])


def _columns(values: Iterable[np.ndarray]) -> np.ndarray:
    return np.stack(list(values), axis=1, dtype=np.float64)


def _part(evidence: Evidence, rows: Rows, columns: Rows) -> Tile:
    tables = (evidence.matrix, evidence.p_values, evidence.statistics)
    return tuple(table[rows, columns].astype(np.float64) for table in tables)


def _joined(
    families: Sequence[Family],
    readers: list[Callable[..., Tile]],
    rule: Pooling,
    *,
    n: int,
    dtype: np.dtype,
) -> Evidence:
    """Return the evidence of all pairs, pooled by a rule."""
    matrix, p_values, statistics = symmetric_tables(
        partial(rule.tile, readers), n, diagonals=(np.nan, np.nan, 0.0), dtype=dtype
    )
    return Evidence(
        matrix=matrix,
        p_values=p_values,
        statistics=statistics,
        family=" + ".join(f.family for f in families),
        note=rule.note(families),
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


def _checked(evidences: Any) -> list[Evidence]:
    given = [evidences] if isinstance(evidences, Evidence) else evidences
    if not isinstance(given, Sequence) or isinstance(given, str) or not len(given):
        refuse("evidences", "a list of what similarity.evidence returned", type(given).__name__)
    wrong = [type(e).__name__ for e in given if not isinstance(e, Evidence)]
    if wrong:
        refuse("evidences", "a list of what similarity.evidence returned", f"{wrong[0]} in it")
    sizes = sorted({len(e.matrix) for e in given})
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
