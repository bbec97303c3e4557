"""Conformal prediction sets of new items."""

import warnings
from fractions import Fraction
from typing import Any

import numpy as np

from confidence.conformal_prediction.nonconformity_scores import (
    class_scores,
    conforming,
    random_shares,
)
from confidence.scoring.answers import pooled_votes
from toolbox.core import checks
from toolbox.core.records import record

SUSPICIOUS = 1e-3  # p-value below which calibration and new items are said to differ
LARGEST = 2**24  # scores held at once
SHARED_DRAW = "the first draw of the seed: items asked one at a time need a seed each"


@record
class ConformalSets:
    """The classes that each new item may belong to.

    Attributes
    ----------
    sets : ndarray (m, C) of bool
        Whether the class is in the item's set. Sets of "lac" can be empty: an item unlike every
        class.
    sizes : ndarray (m,) of int
        Number of classes in each set.
    exchangeability_p_value : float
        Of the two-sample Kolmogorov-Smirnov test between the largest probabilities of calibration
        and new items; small where they are visibly not exchangeable, which makes coverage void.
    note : str
        Says so when it is below 0.001, and where a single item got the first draw of a seed.
    """

    sets: np.ndarray
    sizes: np.ndarray
    exchangeability_p_value: float
    note: str = ""


def conformal_sets(
    conformal: Any, votes: Any, *, groups: Any = None, seed: int | None = None
) -> ConformalSets:
    r"""Return the sets of classes of new items, which hold the truth as often as asked for.

    Parameters
    ----------
    conformal : Conformal
        What `conformal` returned.
    votes : array (R, m, C) or (m, C)
        Class probabilities of new items; of all R members, in their order, where `conformal` had
        `in_sample`.
    groups : array (m,), optional
        The group of each, where `conformal` had groups of items; each must be one of its groups.
    seed : int, optional
        Of the random share u of "aps" and "raps", one an item in their order; by default
        `conformal`'s. Items asked about in several calls need a seed a call: with the same one they
        share their draws, and of items asked one at a time that one draw decides the coverage.

    Returns
    -------
    ConformalSets

    Raises
    ------
    InputError
        Votes that are not probabilities, or of other members; groups missing, unknown or not
        asked for; a seed that is not a whole number of at least 0.

    Warns
    -----
    UserWarning
        When calibration and new items are visibly not exchangeable.

    Notes
    -----
    With s the score and q the threshold of `conformal` (Vovk, Gammerman & Shafer, 2005), the set of
    x is

    .. math:: \{c : s(x, c) \le q\}.

    A score that float32 does not tell from the threshold (2^-22, relative) is not above it: the
    same probabilities in float32 and float64 have the same sets.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import conformal, conformal_sets
    >>> c = conformal(np.tile([0.7, 0.3], (9, 1)), np.zeros(9), alpha="1/10")
    >>> conformal_sets(c, [[0.8, 0.2]]).sizes.tolist()
    [1]
    """
    p = pooled_votes(votes)
    drawn = conformal.seed if seed is None or conformal.score == "lac" else checks.seed(seed)
    u = random_shares(drawn, "new", len(p))
    if conformal.by == "out-of-bag":
        inside = _conforming(conformal, votes, u)
    else:
        scores = class_scores(p, score=conformal.score, u=u, penalty=conformal.penalty)
        limits = _limits(conformal, groups, p.shape)
        inside = conforming(scores, limits, score=conformal.score)
    p_value, note = exchangeability(conformal.top, p.max(axis=1))
    shared = SHARED_DRAW if u is not None and seed is None and len(u) == 1 else ""
    return ConformalSets(
        sets=inside,
        sizes=inside.sum(axis=1),
        exchangeability_p_value=p_value,
        note="; ".join(filter(None, (conformal.note, note, shared))),
    )


def exchangeability(calibration: np.ndarray, new: np.ndarray) -> tuple[float, str]:
    """Return the p-value of the comparison of two samples, and a note and warning when small."""
    from scipy.stats import ks_2samp

    p_value = float(ks_2samp(calibration, new, method="auto").pvalue)
    p_value = max(p_value, float(np.finfo(np.float64).tiny))  # 0 would be underflow
    if p_value >= SUSPICIOUS:
        return p_value, ""
    note = f"new items are not like those of the calibration (p = {p_value:.1g}): no coverage holds"
    warnings.warn(note, UserWarning, stacklevel=3)
    return p_value, note


def _limits(conformal: Any, groups: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return the thresholds, (m, C) or what broadcasts to it."""
    if conformal.by != "group":
        if groups is not None:
            checks.refuse("groups", "None, as the calibration had no groups of items", "some")
        if conformal.by == "class" and shape[1] != len(conformal.threshold):
            checks.refuse("votes", f"{len(conformal.threshold)} classes", shape[1])
        return conformal.threshold[None]
    names = checks.labels(groups, "groups", length=shape[0])
    same = names[:, None] == conformal.groups[None]
    if not same.any(axis=1).all():
        unknown = names[np.argmin(same.any(axis=1))]
        wanted = f"groups of the calibration, {conformal.groups.tolist()}"
        checks.refuse("groups", wanted, repr(unknown.item()))
    return conformal.threshold[same.argmax(axis=1)][:, None]


def _conforming(conformal: Any, votes: Any, u: np.ndarray | None) -> np.ndarray:
    """Return (m, C): whether more than alpha (n + 1) - 1 items are no less conforming.

    Item i's score is compared with that which the members without i give to the new item.
    """
    votes = checks.probabilities(votes, "votes", ndim=3)
    weights, own = conformal.out_of_bag, conformal.scores
    if len(votes) != weights.shape[1]:
        checks.refuse("votes", f"{weights.shape[1]} members, as in the calibration", len(votes))
    n, (_, m, C) = len(own), votes.shape
    enough = Fraction(conformal.alpha) * (n + 1) - 1
    at_once, parts = max(1, LARGEST // (n * C)), []
    for start in range(0, m, at_once):
        some = slice(start, start + at_once)
        p = np.einsum("ir,rmc->imc", weights, votes[:, some], optimize=True)
        shares = None if u is None else np.broadcast_to(u[some], p.shape[:2])
        new = class_scores(p, score=conformal.score, u=shares, penalty=conformal.penalty)
        counts = conforming(new, own[:, None, None], score=conformal.score).sum(axis=0)
        parts.append(np.array([int(c) > enough for c in counts.flat]).reshape(counts.shape))
    return np.concatenate(parts)
