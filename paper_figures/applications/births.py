"""Births, simulated or of a user's folder, with what a rare outcome is told by."""

from typing import Any

import numpy as np

import toolbox
from toolbox import InputError

# What changes with hypoxia: few, since cases are few. Late ones are gradual without contractions.
USED = ("variability", "log_leader_2s", "log_leader_4s", "deceleration_area", "late_decelerations")
FEWEST = 10  # subjects of either outcome
ACIDOTIC = 7.05


def births(settings: dict[str, Any], seed: int) -> dict[str, np.ndarray]:
    """Return features (n, F), outcomes, subjects, and the severity where it is known."""
    if settings["records"]:
        return of_folder(settings["records"])
    drawn = toolbox.fetal_heart_rates(
        n=settings["subjects"], minutes=settings["minutes"], rate=1, loss=0.05, seed=seed
    )
    x = used(toolbox.fetal_features(drawn))
    kept = ~np.isnan(x).any(axis=1)
    return {
        "x": x[kept],
        "y": drawn.acidotic[kept],
        "subjects": drawn.units[kept],
        "severity": drawn.severity[kept],
    }


def of_folder(folder: str) -> dict[str, np.ndarray]:
    """Return those of a user's recordings that have a pH and enough signal."""
    recordings = toolbox.load_ctg(folder, skip=True)
    x = used(toolbox.fetal_features(recordings))
    kept = ~np.isnan(x).any(axis=1) & ~np.isnan(recordings.ph)
    ill = kept & (recordings.ph <= ACIDOTIC)
    subjects = recordings.units
    sick = np.isin(subjects, subjects[ill])  # in one of a subject's recordings: in all of them
    counts = [len(set(subjects[kept & those].tolist())) for those in (sick, ~sick)]
    if min(counts) < FEWEST:
        got = f"{counts[0]} and {counts[1]} in {folder!r}"
        wanted = f"at least {FEWEST} subjects with a pH of at most {ACIDOTIC:g} and without"
        raise InputError(f"records: wanted {wanted}, got {got}")
    return {"x": x[kept], "y": sick[kept].astype(int), "subjects": subjects[kept]}


def used(features: Any) -> np.ndarray:
    """Return the columns that the outcome is told by."""
    columns = dict(zip(features.names, features.values.T, strict=True))
    columns["late_decelerations"] = columns["late_decelerations"] + columns["gradual_decelerations"]
    return np.stack([columns[name] for name in USED], axis=1)
