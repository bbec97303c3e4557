"""Conformal prediction sets: classes that hold the truth as often as asked for."""

from typing import Any

import numpy as np

from confidence.conformal_prediction.exact_ranks import exact_level
from confidence.conformal_prediction.groups import group_members, group_thresholds
from confidence.conformal_prediction.nonconformity_scores import SCORES, class_scores, random_shares
from confidence.conformal_prediction.sets import ConformalSets, conformal_sets
from confidence.scoring.answers import class_numbers, pooled_votes
from confidence.scoring.intervals import own_units
from toolbox.core import checks
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.core.units import one_of_each, with_units


@record
class Conformal:
    """Thresholds of conformal sets, one a group; G groups, one where none were given.

    Attributes
    ----------
    threshold : ndarray (G,)
        Largest score of a class in the set; infinite, hence every class in it, where the group has
        too few items for the level. NaN with in_sample, where there is no one threshold.
    groups : ndarray (G,)
        Their names: classes (column numbers) with groups="class", else the labels given; "all".
    counts : ndarray (G,) of int
        Calibration items (or units) behind each threshold.
    pooled : ndarray (G,) of bool
        Groups too small for a threshold of their own, which share one from all of their items.
    coverage_law : ndarray (G, 2)
        Parameters a, b of the Beta law of the coverage that this calibration realises on new items;
        NaN where the threshold is infinite or the items share units.
    coverage_interval : ndarray (G, 2)
        Central 95 % of that law.
    alpha : str
        The level as an exact fraction.
    score : str
        "lac", "aps" or "raps".
    penalty : tuple
        lambda and k of "raps".
    by : str
        "all", "class", "group" or "out-of-bag".
    seed : int
        Of the u of "aps" and "raps"; -1 for "lac".
    scores : ndarray (n,)
        Score of the true class of each calibration item.
    out_of_bag : ndarray (n, R)
        With in_sample: the weights of the members that were not trained on the item; else (0, 0).
    top : ndarray (n,)
        Largest probability of one calibration item of every unit, sorted, to which new items are
        compared.
    note : str
        What to know before trusting the sets; empty when there is nothing to say.
    """

    threshold: np.ndarray
    groups: np.ndarray
    counts: np.ndarray
    pooled: np.ndarray
    coverage_law: np.ndarray
    coverage_interval: np.ndarray
    alpha: str
    score: str
    penalty: tuple[float, int]
    by: str
    seed: int
    scores: np.ndarray
    out_of_bag: np.ndarray
    top: np.ndarray
    note: str = ""

    def sets(self, votes: Any, groups: Any = None, *, seed: int | None = None) -> ConformalSets:
        """Return the sets of new items; see `conformal_sets`."""
        return conformal_sets(self, votes, groups=groups, seed=seed)


def conformal(
    votes: Any,
    labels: Any,
    *,
    alpha: Any,
    score: str = "lac",
    groups: Any = None,
    units: Any = None,
    in_sample: Any = None,
    classes: Any = None,
    penalty: Any = (0.01, 2),
    seed: int | None = None,
) -> Conformal:
    r"""Find the threshold of sets that hold the true class of a new item with 1 - alpha.

    Parameters
    ----------
    votes : array (R, n, C) or (n, C)
        Class probabilities of calibration items, which no member was trained on unless `in_sample`
        says so; members are pooled by their mean.
    labels : array (n,)
        True classes: columns 0 to C - 1, or names among `classes`.
    alpha : number or str
        Share of sets that may miss the truth, above 0 and below 1; taken as the rational number
        that it prints as.
    score : {"lac", "aps", "raps"}
        "lac" makes the smallest sets on average, "aps" larger ones for harder items, "raps" cuts
        their long tails.
    groups : "class" or array (n,), optional
        Coverage within each true class, or within each group of items. Groups too small for a
        threshold of their own share one, from all items of such groups.
    units : array (n,), optional
        What was drawn independently. Coverage is then that of a random item of a new unit.
    in_sample : array (R, n) of bool, optional
        Which items each member was trained on (`ensemble.runs.in_sample`, redrawn "resample"): the
        items are then the training's own, each judged by the members that have not seen it.
    classes : array (C,), optional
        Names of the columns.
    penalty : (lambda, k)
        Of "raps": added to the score for each rank beyond k.
    seed : int, optional
        Of the random share u of a class's own probability in "aps" and "raps"; needed by them.

    Returns
    -------
    Conformal

    Raises
    ------
    InputError
        Votes that are not probabilities, labels outside the columns, a class without an item with
        groups="class", a level that is not above 0 and below 1.

    Notes
    -----
    With n scores of exchangeable items the threshold is the k-th smallest,

    .. math:: k = \lceil (n + 1)(1 - \alpha) \rceil

    in exact arithmetic, infinite for k > n; a new item is covered with
    probability k / (n + 1) >= 1 - alpha (Vovk, Gammerman & Shafer 2005), and for scores without
    ties the coverage that one calibration realises follows Beta(k, n + 1 - k). Scores: 1 - p_y
    (Sadinle, Lei & Wasserman 2019), the probability mass above the class (Romano, Sesia & Candes
    2020), and that with a penalty for rank (Angelopoulos et al. 2021). With units, each has the
    weight of one item (Lee, Barber & Willett 2023). With in_sample a class is in the set when, with
    the item's own score against that of the new one by the members without it, more than
    alpha (n + 1) - 1 items are no less conforming: coverage is at least 1 - 2 alpha, and near
    1 - alpha as a rule (Kim, Xu & Barber 2020). Nothing holds for items of another law.

    References
    ----------
    V. Vovk, A. Gammerman, G. Shafer, Algorithmic Learning in a Random World, 2005. M. Sadinle,
    J. Lei, L. Wasserman, JASA 114 (2019). Y. Romano, M. Sesia, E. Candes, NeurIPS 2020.
    A. Angelopoulos, S. Bates, J. Malik, M. Jordan, ICLR 2021. Y. Lee, R. Barber, R. Willett,
    Distribution-free inference with hierarchical data, 2023. B. Kim, C. Xu, R. Barber, Predictive
    inference is free with the jackknife+-after-bootstrap, NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import conformal
    >>> sure = np.linspace(0.5, 0.95, 19)                  # of the true class, 0
    >>> c = conformal(np.stack([sure, 1 - sure], axis=1), np.zeros(19), alpha=0.1)
    >>> c.threshold.round(3).tolist(), c.coverage_law.tolist()     # the 18th of 19 scores
    ([0.475], [[18.0, 2.0]])
    >>> c.sets([[0.6, 0.4], [0.5, 0.5]]).sets.tolist()
    [[True, False], [False, False]]
    """
    level = exact_level(alpha)
    score = checks.choice(score, "score", SCORES)
    penalty = _penalty(penalty)
    seed = -1 if score == "lac" else checks.seed(seed)
    weights, note = np.zeros((0, 0)), ""
    if in_sample is None:
        p = pooled_votes(votes)
    else:
        if groups is not None or units is not None:
            checks.refuse("in_sample", "None with groups or units", "all of them")
        weights = out_of_bag_weights(votes, in_sample)
        p = np.einsum("ir,ric->ic", weights, checks.probabilities(votes, "votes", ndim=3))
        note = "out-of-bag: coverage is at least 1 - 2 alpha, as a rule near 1 - alpha"
    y = class_numbers(labels, items=len(p), count=p.shape[1], classes=classes)
    u = random_shares(seed, "calibration", len(p))
    if score == "lac":
        own = class_scores(p[np.arange(len(p)), y], score=score, u=u, penalty=penalty)
    else:  # ranks among all classes
        own = class_scores(p, score=score, u=u, penalty=penalty)[np.arange(len(p)), y]
    by, names, member = group_members(groups, y, count=p.shape[1])
    unit = checks.units(units, "units", length=len(p))
    found = group_thresholds(own, unit, member, names, level)
    if in_sample is not None:
        by, found = "out-of-bag", {**found, "threshold": np.full(1, np.nan)}
        found["coverage_law"] = found["coverage_interval"] = np.full((1, 2), np.nan)
    note = "; ".join(filter(None, [found["note"], note]))
    found["note"] = with_units(note, units) if in_sample is None else note
    top = p.max(axis=1)
    if not own_units(unit):  # several of one unit are no more evidence than one
        top = top[one_of_each(unit, generator(0, "one of each unit"))]
    return Conformal(
        **found,
        groups=names,
        alpha=str(level),
        score=score,
        penalty=penalty,
        by=by,
        seed=seed,
        scores=own,
        out_of_bag=weights,
        top=np.sort(top),
    )


def _penalty(penalty: Any) -> tuple[float, int]:
    try:
        strength, free = penalty
    except (TypeError, ValueError):
        checks.refuse("penalty", "two numbers, lambda and k", checks.describe_value(penalty))
    strength = checks.number(strength, "penalty", minimum=0)
    return strength, checks.count(free, "penalty", minimum=0)


def out_of_bag_weights(votes: Any, in_sample: Any) -> np.ndarray:
    """Return (n, R): equal weights of the members that have not seen the item, 0 for the others."""
    shape = np.shape(votes)
    seen = checks.real_array(in_sample, "in_sample", ndim=2)
    if len(shape) != 3 or seen.shape != shape[:2]:
        checks.refuse("in_sample", f"(R, n) as votes (R, n, C) of shape {shape}", seen.shape)
    if not np.isin(seen, (0, 1)).all():
        checks.refuse("in_sample", "true and false only", "other numbers")
    fresh = (seen == 0).T
    counts = fresh.sum(axis=1)
    if not counts.all():
        got = f"{np.count_nonzero(counts == 0)} items that every member was trained on"
        checks.refuse("in_sample", "a member that has not seen it for every item", got)
    return fresh / counts[:, None]
