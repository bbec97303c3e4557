"""Votes of aligned runs as stabilities of subjects and of clusters."""

from typing import Any

import numpy as np

from confidence.clusters.label_alignment import Aligned, contingency
from confidence.clusters.stability_calibration import EDGES, agreement_table, company
from confidence.scoring.intervals import clopper_pearson


def stabilities(found: Aligned, known: np.ndarray, level: float) -> dict[str, Any]:
    """Return the fields of a `ClusterConfidence` that are about one number of clusters."""
    items = np.arange(len(found.consensus))
    sampled = (found.runs >= 0).sum(axis=0)
    ever = sampled > 0
    votes = np.where(ever, found.votes[items, found.consensus], 0)
    stability = np.where(ever, votes / np.maximum(sampled, 1), np.nan)
    interval = np.full((len(items), 2), np.nan)
    interval[ever] = clopper_pearson(votes[ever], sampled[ever], level)
    count, agreement, limits = agreement_table(stability, company(found.consensus, known), level)
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
        "bin_edges": EDGES,
        "bin_count": count,
        "bin_agreement": agreement,
        "bin_interval": limits,
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
