"""How right an explanation is, where the truth is known; and whether it looks at the model."""

from typing import Any

import numpy as np

from confidence.explanations.explain import UNSIGNED, Explanation
from confidence.explanations.faithfulness import (
    correlations,
    curve_areas,
    model_and_question,
    randomised,
)
from toolbox.core import checks
from toolbox.core.records import record

LOOKS_AWAY = 0.3  # a larger correlation with the map of shuffled weights: not the model's map


@record
class ExplanationScores:
    """An explanation against the truth; NaN where the truth or the model was not given.

    Attributes
    ----------
    precision : float
        Share of the k cells of largest abs(role) that are among the k of the truth; larger is
        better. Chance is k over the number of cells.
    single_precision : float
        The same of one member, averaged over the members.
    item_precision, single_item_precision : float
        The same of the cells of single items.
    correlation, single_correlation : float
        Mean over the items of the correlation with the exact contributions; larger is better. NaN,
        as coverage is, of "attention", which has no sign.
    shrunk_correlation : float
        The same of the explanation's `shrunk`.
    planted_coverage, null_coverage : float
        Share of the planted cells, and of those without a role, whose true role lies in
        `role_interval`: apart, since most cells have none.
    found, false : float
        Share of the planted cells, and of those without a role, that are confident.
    deletion, insertion : float
        Mean probability of the side taken while cells are taken out, or put in, in the order of
        their value: smaller, or larger, is better.
    randomised : float
        Correlation with the map of the same members after their weights were shuffled; without
        members for which one of the two is constant, as Grad-CAM's can be.
    flagged : str
        The method's name where that is above 0.3: its map does not come from the weights.
    k : int
        Number of cells taken for planted.
    note : str
        What was not given.
    """

    precision: float
    single_precision: float
    item_precision: float
    single_item_precision: float
    correlation: float
    single_correlation: float
    shrunk_correlation: float
    planted_coverage: float
    null_coverage: float
    found: float
    false: float
    deletion: float
    insertion: float
    randomised: float
    flagged: str
    k: int
    note: str = ""


def score_explanation(
    explanation: Explanation,
    truth: Any = None,
    *,
    k: int | None = None,
    ensemble: Any = None,
    series: Any = None,
    clear: Any = None,
    seed: int | None = None,
) -> ExplanationScores:
    r"""Score an explanation against the truth, and check that it looks at the model.

    Parameters
    ----------
    explanation : Explanation
        What `explain` returned.
    truth : array (T, B) or (n, T, B), optional
        How much role each cell has (``Phenology.truth[a, b]``), or the exact contributions of each
        item (``Phenology.contributions``), which coverage and correlation need.
    k : int, optional
        Cells to look for; by default all that have a role. Needed where every cell has one, as in
        most of ``Phenology.truth``.
    ensemble, series, clear : optional
        What was explained, for deletion, insertion and the check by shuffled weights.
    seed : int, optional
        Of the shuffling; needed with `ensemble`.

    Returns
    -------
    ExplanationScores

    Raises
    ------
    InputError
        A truth of other cells or items, one without any role, k above their number or not given
        where all cells have a role; series or an ensemble other than those that were explained.

    Notes
    -----
    Deletion and insertion (Petsiuk et al., 2018) are the mean, over k = 0 to 10, of the probability
    of the side taken,

    .. math:: \frac1{11} \sum_{k=0}^{10} P(x^{(k)}),

    with k tenths of the cells, the strongest first (equal ones in the order of time, then band),
    replaced by the training's mean, or with all but these. Precision is the share of the truth's k
    largest cells among the explanation's k largest. Shuffled weights: Adebayo et al. (2018).

    References
    ----------
    V. Petsiuk, A. Das, K. Saenko, "RISE: randomized input sampling for explanation of black-box
    models", BMVC 2018.
    J. Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import explain, score_explanation
    >>> def member(x):
    ...     odds = x[..., 0].sum(axis=1)
    ...     return np.stack([0 * odds, odds], axis=1)
    >>> x = np.random.default_rng(0).normal(size=(5, 3, 2))
    >>> found = explain(member, x, method="occlusion", baseline=np.zeros((3, 2)))
    >>> scores = score_explanation(found, x * [1.0, 0.0])
    >>> scores.k, scores.precision, round(scores.correlation, 6)
    (3, 1.0, 1.0)
    """
    if not isinstance(explanation, Explanation):
        wanted = "what explain returned"
        checks.refuse("explanation", wanted, checks.describe_value(explanation))
    scores = dict.fromkeys(SCORES, float("nan"))
    notes, k = [explanation.note], 0 if k is None else checks.count(k, "k")
    if truth is None:
        notes.append("no truth")
    else:
        k, found = _against_truth(explanation, truth, k)
        scores |= found
    flagged = ""
    if ensemble is None:
        notes.append("no model: no deletion, insertion or shuffled weights")
    else:
        if seed is None:
            checks.refuse("seed", "a seed, for shuffled weights", "None")
        explained = model_and_question(explanation, ensemble, series, clear)
        scores |= curve_areas(explanation, *explained)
        shuffled = randomised(explanation, *explained, checks.seed(seed))
        scores["randomised"], constant = shuffled
        if constant:
            of = f"{constant} of {len(explanation.values)} members"
            notes.append(f"shuffled weights say nothing of {of}, whose maps are constant")
        if scores["randomised"] > LOOKS_AWAY:
            flagged = explanation.method
    return ExplanationScores(**scores, flagged=flagged, k=k, note="; ".join(filter(None, notes)))


SCORES = (
    "precision",
    "single_precision",
    "item_precision",
    "single_item_precision",
    "correlation",
    "single_correlation",
    "shrunk_correlation",
    "planted_coverage",
    "null_coverage",
    "found",
    "false",
    "deletion",
    "insertion",
    "randomised",
)


def _against_truth(explanation: Explanation, truth: Any, k: int) -> tuple[int, dict[str, float]]:
    truth = checks.real_array(truth, "truth").astype(np.float64)
    shape = explanation.mean.shape
    if truth.shape not in (shape, shape[1:]):
        wanted = f"one value a cell, {shape[1:]}, or an item and cell, {shape}"
        checks.refuse("truth", wanted, f"shape {truth.shape}")
    size = np.abs(truth) if truth.ndim == 2 else np.abs(truth).mean(axis=0)
    wanted = f"fewer cells than the {size.size} there are"
    if not size.any():
        checks.refuse("truth", "a cell that has a role", "zeros only")
    if not k and size.all():
        checks.refuse("k", f"{wanted}, where all have a role", "None")
    k = k or int((size > 0).sum())
    if k >= size.size:
        checks.refuse("k", wanted, k)
    planted = _largest(size, k)
    scores = {
        "precision": _precision(explanation.role, planted, k),
        "single_precision": _mean(_precision(own, planted, k) for own in explanation.roles),
        "found": float(explanation.role_confident[planted].mean()),
        "false": float(explanation.role_confident[~planted].mean()),
    }
    if truth.ndim == 2:
        return k, scores
    scores |= {
        "item_precision": _item_precision(explanation.mean, truth, k),
        "single_item_precision": _mean(
            _item_precision(own, truth, k) for own in explanation.values
        ),
    }
    if explanation.method in UNSIGNED:  # contributions have a sign
        return k, scores
    true_role = np.einsum("ntb,n->tb", truth, explanation.side) / len(truth)
    low, high = np.moveaxis(explanation.role_interval, -1, 0)
    inside = (low <= true_role) & (true_role <= high)
    known = not np.isnan(low).any()
    return k, scores | {
        "correlation": correlations(explanation.mean, truth),
        "shrunk_correlation": correlations(explanation.shrunk, truth),
        "single_correlation": _mean(correlations(own, truth) for own in explanation.values),
        "planted_coverage": float(inside[planted].mean()) if known else float("nan"),
        "null_coverage": float(inside[~planted].mean()) if known else float("nan"),
    }


def _largest(values: np.ndarray, k: int) -> np.ndarray:
    chosen = np.zeros(values.size, bool)
    chosen[np.argsort(-np.abs(values), axis=None, kind="stable")[:k]] = True
    return chosen.reshape(values.shape)


def _precision(found: np.ndarray, planted: np.ndarray, k: int) -> float:
    return float((_largest(found, k) & planted).sum() / k)


def _item_precision(found: np.ndarray, truth: np.ndarray, k: int) -> float:
    return _mean(_precision(a, _largest(b, k), k) for a, b in zip(found, truth, strict=True))


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))
