"""Evidence of several families pooled into one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import expit, logit

from similarity.evidence_records import Evidence, symmetric
from similarity.judged_weights import judged_weights, nearness, some_pairs
from similarity.judgements import judged_pairs
from similarity.null_laws import above_zero
from toolbox.doors import refuse

LARGEST_P = 0.99


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
    if len(evidences) == 1 and judged is None:
        return evidences[0]
    prior = np.array([logit(np.clip(e.share, 1e-6, 1 - 1e-6)) for e in evidences])
    ratios = np.stack([e.matrix[upper] for e in evidences], axis=1).astype(np.float64) - prior
    statistics = np.stack([e.statistics[upper] for e in evidences], axis=1).astype(np.float64)
    if judged is None:
        intercept, weights = float(np.median(prior)), unjudged_weights(evidences, ratios)
        share, odds = float(expit(intercept)), intercept + ratios @ weights
    else:
        (i, j), same = judged[0].T, judged[1]
        seen = np.stack([e.statistics[i, j] for e in evidences], axis=1).astype(np.float64)
        intercept, weights = learned_weights(seen, same, statistics)
        share, odds = float(same.mean()), intercept + nearness(statistics) @ weights
    p_values = cauchy_combination(np.stack([e.p_values[upper] for e in evidences], axis=1))
    logs = np.log(statistics + 1e-300)
    dtype = evidences[0].matrix.dtype

    def matrix(values: np.ndarray, diagonal: float) -> np.ndarray:
        return symmetric(values, upper, n, diagonal).astype(dtype)

    return Evidence(
        matrix=matrix(odds, np.nan),
        p_values=above_zero(matrix(p_values, np.nan)),
        statistics=matrix(np.exp(logs.mean(axis=1)), 0.0),
        family=" + ".join(e.family for e in evidences),
        note=weights_note(evidences, intercept, weights, judged),
        share=share,
        directions=sum(e.directions for e in evidences),
    )


def cauchy_combination(p_values: np.ndarray) -> np.ndarray:
    """Combine p-values along the last axis: P(C > mean of tan((1/2 - p) pi)), C Cauchy."""
    p = np.asarray(p_values, dtype=np.float64)
    if p.shape[-1] == 1:
        return p[..., 0]
    return cauchy_p_values(cauchy_terms(p).mean(axis=-1))


def cauchy_terms(p_values: np.ndarray) -> np.ndarray:
    """Return tan((1/2 - p) pi), in the precision of p."""
    least = 10 * np.finfo(p_values.dtype).tiny
    return 1 / np.tan(np.pi * np.clip(p_values, least, LARGEST_P))


def cauchy_p_values(mean: np.ndarray) -> np.ndarray:
    """Return P(C > mean), C Cauchy: exact for tiny p, unlike 1/2 - arctan(mean) / pi."""
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


def unjudged_weights(evidences: list[Evidence], ratios: np.ndarray) -> np.ndarray:
    """Return the families' weights without pairs."""
    telling = np.array([e.directions > 0 for e in evidences])
    if not telling.any():
        return np.full(len(evidences), 1 / len(evidences))
    deviations = ratios[:, telling] - ratios[:, telling].mean(axis=0)
    scale = np.sqrt((deviations**2).sum(axis=0))
    deviations /= np.where(scale > 0, scale, 1)
    together = np.maximum(deviations.T @ deviations, 0).sum()
    return telling * telling.sum() / max(together, telling.sum())


def learned_weights(
    seen: np.ndarray, same: np.ndarray, every: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return intercept and weights with judged pairs, from their statistics and those of all."""
    return judged_weights(nearness(seen), same, nearness(every[some_pairs(len(every))]))


def weights_note(
    evidences: list[Evidence], intercept: float, weights: np.ndarray, judged: Any
) -> str:
    """Say what a pool's log-odds rest on."""
    named = ", ".join(f"{e.family} {w:.2f}" for e, w in zip(evidences, weights, strict=True))
    how = "without pairs" if judged is None else f"learned from {len(judged[1])} judged pairs"
    text = f"weights ({how}): {named}"
    if judged is not None:
        text += f"; intercept {intercept:.2f}; prior: the share of same among the judged pairs"
    return f"{text}; p-values by Cauchy's combination"
