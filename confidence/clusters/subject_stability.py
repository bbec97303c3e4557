"""Votes of aligned runs as stabilities of subjects, held against what is known of them."""

from typing import Any

import numpy as np

from confidence.clusters.label_alignment import Aligned, contingency
from confidence.scoring.intervals import clopper_pearson, leading_share, mean_interval, own_units
from toolbox.core import checks
from toolbox.core.records import record

EDGES = np.array([0, 0.5, 0.7, 0.9, 1.0])  # closed on the right, and 1 apart

BINS = ("up to .5", ".5 to .7", ".7 to .9", ".9 to 1", "1")


@record
class ClassAgreement:
    """How often a subject's known class agrees with its cluster, by the subject's stability.

    Attributes
    ----------
    bin_edges : ndarray (5,)
        Bins of stability, closed on the right; the sixth limit, 1, is a bin of its own.
    bin_count : ndarray (5,) of int
        Subjects of known class in each bin.
    bin_agreement : ndarray (5,)
        Share of them whose class is the commonest of the others, of other units, known in their
        cluster.
    bin_interval : ndarray (5, 2)
        Interval of that share: exact where every subject is a unit, else Student's over units,
        from 5 in the bin on.
    """

    bin_edges: np.ndarray
    bin_count: np.ndarray
    bin_agreement: np.ndarray
    bin_interval: np.ndarray


def stabilities(
    found: Aligned, known: np.ndarray, unit: np.ndarray, level: float
) -> dict[str, Any]:
    """Return the fields of a `ClusterConfidence` that are about one number of clusters."""
    items = np.arange(len(found.consensus))
    number = np.unique(unit, return_inverse=True)[1]
    sampled = (found.runs >= 0).sum(axis=0)
    ever = sampled > 0
    votes = np.where(ever, found.votes[items, found.consensus], 0)
    stability = np.where(ever, votes / np.maximum(sampled, 1), np.nan)
    interval = np.full((len(items), 2), np.nan)
    choices = found.votes.shape[1] + int((found.runs >= found.votes.shape[1]).any())
    interval[ever] = leading_share(votes[ever], sampled[ever], level, choices=choices)
    with np.errstate(invalid="ignore"):
        shares = found.votes / sampled[:, None]
    return {
        "clusters": found.votes.shape[1],
        "labels": found.runs,
        "consensus": found.consensus,
        "stability": stability,
        "stability_interval": interval,
        "shares": shares,
        "jaccard": _jaccard(found),
        "agreement": agreement_table(
            stability, company(found.consensus, known, number), number, level
        ),
    }


def _jaccard(found: Aligned) -> np.ndarray:
    """Return each cluster's overlap with the likeliest of a run, mean over runs that sampled it."""
    values = np.full((len(found.runs), found.votes.shape[1]), np.nan)
    for r, run in enumerate(found.runs):
        table = contingency(np.where(run >= 0, found.consensus, -1), run)
        ours, theirs = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
        overlap = table / np.maximum(ours + theirs - table, 1)
        best = np.where(ours[:, 0] > 0, overlap.max(axis=1), np.nan)
        values[r, : len(best)] = best
    return np.nanmean(values, axis=0)


def checked_known(known: Any, items: int) -> np.ndarray:
    """Return one class a subject, -1 for unknown."""
    if known is None:
        return np.full(items, -1)
    classes = checks.labels(known, "known", length=items)
    if classes.dtype.kind not in "iub" or classes.min() < -1:
        checks.refuse("known", "whole numbers of at least -1 (unknown)", "names or smaller numbers")
    return classes.astype(np.int64)


def company(consensus: np.ndarray, known: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Say whether each subject's class is the commonest of the others known in its cluster.

    A subject's unit has no vote on its case. 1, 0, or NaN where the subject, or all others of its
    cluster, are unknown; where several classes are commonest, the share of one of them.
    """
    right = np.full(len(known), np.nan)
    told = (known >= 0) & (consensus >= 0)
    if not told.any():
        return right
    names, place = np.unique(known[told], return_inverse=True)
    own = place[:, None] == np.arange(len(names))
    table = np.zeros((consensus.max() + 1, len(names)), np.int64)
    np.add.at(table, (consensus[told], place), 1)
    _, of = np.unique(np.stack([consensus, unit])[:, told], axis=1, return_inverse=True)
    relatives = np.zeros((of.max() + 1, len(names)), np.int64)
    np.add.at(relatives, (of.ravel(), place), 1)
    others = table[consensus[told]] - relatives[of.ravel()]
    commonest = others == others.max(axis=1, keepdims=True)
    share = (commonest & own).sum(axis=1) / commonest.sum(axis=1)
    right[told] = np.where(others.sum(axis=1) > 0, share, np.nan)
    return right


def agreement_table(
    stability: np.ndarray, right: np.ndarray, unit: np.ndarray, level: float
) -> ClassAgreement:
    """Return each bin's number of subjects, the share in the right company, and its interval."""
    told = np.isfinite(right) & np.isfinite(stability)
    bins = len(BINS)
    place = np.searchsorted(EDGES[1:-1], stability[told], side="left")
    place = np.where(stability[told] >= 1, bins - 1, place)
    count = np.bincount(place, minlength=bins)
    correct = np.bincount(place, weights=right[told], minlength=bins)
    share = np.where(count > 0, correct / np.maximum(count, 1), np.nan)
    interval = np.full((bins, 2), np.nan)
    filled = count > 0
    if own_units(unit):
        interval[filled] = clopper_pearson(correct[filled], count[filled], level)
        filled[:] = False
    for b in np.flatnonzero(filled):
        moves = (right[told][place == b] - share[b]) / count[b]
        limits, _ = mean_interval(share[b], moves, unit[told][place == b], level)
        interval[b] = np.clip(limits, 0, 1)
    return ClassAgreement(
        bin_edges=EDGES, bin_count=count, bin_agreement=share, bin_interval=interval
    )
