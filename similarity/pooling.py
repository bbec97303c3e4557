"""Evidence of several families pooled into one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from similarity.judgements import judged_pairs
from similarity.pair_evidence import Evidence, symmetric
from toolbox.doors import refuse

WEIGHT_SD = 0.25  # of a learned weight about the one without pairs
INTERCEPT_SD = 2.0
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

    With pairs log-odds = c + sum_f w_f L_f; c and w_f >= 0 are the most probable under a logistic
    model, c ~ N(prior, 2^2) and w_f ~ N(t, .25^2), with 0 for t where a family tells nothing apart.

    p-values are combined by Cauchy's rule, valid in the tail whatever the dependence between
    families (Liu and Xie, 2020); those above .99 count as .99, so that one family's perfect
    agreement cannot cancel another's rejection. A single family is returned unchanged.

    References
    ----------
    Y. Liu, J. Xie, "Cauchy combination test", JASA 2020.

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
    intercept, weights = float(np.median(prior)), _weights(evidences, ratios)
    if judged is not None:
        index, same = judged
        seen = np.stack([e.matrix[index[:, 0], index[:, 1]] for e in evidences], axis=1)
        intercept, weights = _learned(seen.astype(np.float64) - prior, same, intercept, weights)
    p_values = cauchy_combination(np.stack([e.p_values[upper] for e in evidences], axis=1))
    logs = np.log(np.stack([e.statistics[upper] for e in evidences], axis=1) + 1e-300)
    dtype = evidences[0].matrix.dtype

    def matrix(values: np.ndarray, diagonal: float) -> np.ndarray:
        return symmetric(values, upper, n, diagonal).astype(dtype)

    return Evidence(
        matrix=matrix(intercept + ratios @ weights, np.nan),
        p_values=matrix(p_values, np.nan),
        statistics=matrix(np.exp(logs.mean(axis=1)), 0.0),
        family=" + ".join(e.family for e in evidences),
        note=_note(evidences, intercept, weights, judged),
    )


def cauchy_combination(p_values: np.ndarray) -> np.ndarray:
    """Combine p-values along the last axis: P(C > mean of tan((1/2 - p) pi)), C Cauchy."""
    p = np.asarray(p_values, dtype=np.float64)
    if p.shape[-1] == 1:
        return p[..., 0]
    p = np.clip(p, 1e-300, LARGEST_P)
    mean = (1 / np.tan(np.pi * p)).mean(axis=-1)
    return np.arctan2(1.0, mean) / np.pi  # exact for tiny p, unlike 1/2 - arctan(mean) / pi


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


def _weights(evidences: list[Evidence], ratios: np.ndarray) -> np.ndarray:
    """Return the families' weights without pairs."""
    telling = np.array([e.directions > 0 for e in evidences])
    if not telling.any():
        return np.full(len(evidences), 1 / len(evidences))
    deviations = ratios[:, telling] - ratios[:, telling].mean(axis=0)
    scale = np.sqrt((deviations**2).sum(axis=0))
    deviations /= np.where(scale > 0, scale, 1)
    together = np.maximum(deviations.T @ deviations, 0).sum()
    return telling * telling.sum() / max(together, telling.sum())


def _learned(
    ratios: np.ndarray, same: np.ndarray, start: float, usual: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the most probable intercept and non-negative weights, kept near `start`, `usual`."""

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        c, w = parameters[0], parameters[1:]
        eta = c + ratios @ w
        residual = expit(eta) - same
        value = np.logaddexp(0, eta).sum() - same @ eta
        value += (c - start) ** 2 / (2 * INTERCEPT_SD**2)
        value += ((w - usual) ** 2).sum() / (2 * WEIGHT_SD**2)
        slope_c = residual.sum() + (c - start) / INTERCEPT_SD**2
        return value, np.r_[slope_c, residual @ ratios + (w - usual) / WEIGHT_SD**2]

    bounds = [(None, None)] + [(0, None)] * ratios.shape[1]
    found = minimize(loss, np.r_[start, usual], jac=True, bounds=bounds, method="L-BFGS-B").x
    return float(found[0]), found[1:]


def _note(evidences: list[Evidence], intercept: float, weights: np.ndarray, judged: Any) -> str:
    named = ", ".join(f"{e.family} {w:.2f}" for e, w in zip(evidences, weights, strict=True))
    how = "without pairs" if judged is None else f"learned from {len(judged[1])} judged pairs"
    text = f"weights ({how}): {named}"
    if judged is not None:
        text += f"; intercept {intercept:.2f}; prior: the share of same among the judged pairs"
    return f"{text}; p-values by Cauchy's combination"
