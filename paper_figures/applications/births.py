"""Births, simulated or of a user's folder, with what a rare outcome is told by."""

from typing import Any

import numpy as np

import confidence
import toolbox
from grainwise.reports.fetal.outcome import (
    FEWEST,
    USED,
    columns_of,
    of_both_outcomes,
    of_enough_signal,
    subject_known,
)
from toolbox import InputError

NAMES = [name for name, _ in USED]
ACIDOTIC = 7.05


def births(settings: dict[str, Any], seed: int) -> dict[str, np.ndarray]:
    """Return features (n, F), outcomes, subjects, and the severity where it is known."""
    if settings["records"]:
        return of_folder(settings["records"])
    drawn = toolbox.fetal_heart_rates(
        n=settings["subjects"], minutes=settings["minutes"], rate=1, loss=0.05, seed=seed
    )
    x = columns_of(toolbox.fetal_features(drawn), NAMES)
    kept = ~np.isnan(x).any(axis=1)
    return {
        "x": x[kept],
        "y": drawn.acidotic[kept],
        "subjects": drawn.units[kept],
        "severity": drawn.severity[kept],
    }


def told_by_others(
    of: dict[str, np.ndarray], members: int, seed: int
) -> tuple[np.ndarray, confidence.SubjectScores]:
    """Return votes (R, n, 2) of trainings on other subjects, and how well they tell the outcome."""
    options = {"dim": 0, "members": members, "units": of["subjects"], "seed": seed}
    votes = confidence.held_out_votes(of["x"], of["y"], progress=False, **options).votes
    return votes, confidence.subject_scores(votes, of["y"], units=of["subjects"], seed=seed)


def of_folder(folder: str) -> dict[str, np.ndarray]:
    """Return those of a user's recordings that have a pH, of one outcome, and enough signal."""
    recordings = of_enough_signal(toolbox.load_ctg(folder, skip=True))
    x = columns_of(toolbox.fetal_features(recordings), NAMES)
    kept = ~np.isnan(x).any(axis=1) & ~np.isnan(recordings.ph) & subject_known(recordings)
    ill, subjects = recordings.ph <= ACIDOTIC, recordings.units
    kept &= ~np.isin(subjects, of_both_outcomes(ill, kept, subjects))
    counts = [len(set(subjects[kept & those].tolist())) for those in (ill, ~ill)]
    if min(counts) < FEWEST:
        got = f"{counts[0]} and {counts[1]} in {folder!r}"
        wanted = f"at least {FEWEST} subjects with a pH of at most {ACIDOTIC:g} and without"
        raise InputError(f"records: wanted {wanted}, got {got}")
    return {"x": x[kept], "y": ill[kept].astype(int), "subjects": subjects[kept]}
