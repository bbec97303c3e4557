"""How well the outcome of births is told: by votes of trainings on other subjects."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

# What the outcome is told by: what of a heart rate changes with hypoxia, few since cases are few.
USED = (
    ("variability", "variability, beats / min"),
    ("log_leader_2s", "fluctuations over 2 s, log"),
    ("log_leader_4s", "fluctuations over 4 s, log"),
    ("deceleration_area", "decelerations, beats / 10 min"),
    ("slow_decelerations", "late or gradual, / 10 min"),
)
FEWEST = 10  # subjects of either outcome: two in each of the five folds
FOLDS = 5
ALPHA = 0.1  # of the sets


class Told(NamedTuple):
    """How well the outcome is told; without `scores`, why it is not."""

    why: str
    scores: Any = None
    sets: Any = None  # (subjects, 2) of bool
    probability: Any = None  # a recording
    ill: Any = None  # a recording


def features_key(recordings: Any) -> str:
    """Return what tells the features of these recordings from those of others."""
    from toolbox.core.units import content_label

    lengths = np.array([len(x) for x in recordings.heart_rate])
    signals = np.concatenate(recordings.heart_rate + recordings.contractions)
    return "-".join(content_label(part) for part in (signals, lengths, recordings.rate))


def outcome_told(
    recordings: Any, features: Any, ph: float, members: int, seed: int, store: Path
) -> Told:
    """Return how well a low pH is told from features, by votes of trainings on other subjects."""
    from confidence import conformal, conformal_sets, held_out_votes, subject_scores

    x = columns_of(features, [name for name, _ in USED])
    known = ~np.isnan(recordings.ph) & ~np.isnan(x).any(axis=1)
    ill = recordings.ph <= ph
    subjects = recordings.units
    cases, others = (len(np.unique(subjects[known & those])) for those in (ill, ~ill))
    if min(cases, others) < FEWEST:
        why = f"{cases} subjects with a pH of at most {ph:g} and {others} without have what is "
        return Told(why + f"needed, where {FEWEST} of both are wanted.")
    labels = of_subjects(ill[known], subjects[known])
    found = held_out_votes(
        x[known],
        labels,
        dim=0,
        members=members,
        seed=seed,
        units=subjects[known],
        folds=FOLDS,
        store=store,
    )
    scores = subject_scores(found.votes, labels, units=subjects[known], seed=seed)
    pooled = np.stack([1 - scores.probabilities, scores.probabilities], axis=1)
    level = conformal(pooled, scores.outcome, alpha=ALPHA, groups="class")
    probability = np.full(len(known), np.nan)
    probability[known] = found.votes.mean(axis=0)[:, 1]
    sets = conformal_sets(level, pooled).sets
    return Told("", scores, sets, probability, ill)


def columns_of(features: Any, names: list[str]) -> np.ndarray:
    """Return features by name; slow decelerations are those that are late, or gradual.

    Without contractions nothing is late, and what would be is gradual.
    """
    columns = dict(zip(features.names, features.values.T, strict=True))
    columns["slow_decelerations"] = columns["late_decelerations"] + columns["gradual_decelerations"]
    return np.stack([columns[name] for name in names], axis=1)


def of_subjects(ill: np.ndarray, subjects: np.ndarray) -> np.ndarray:
    """Return 1 for all recordings of a subject that has the outcome in one of them."""
    return np.isin(subjects, subjects[ill]).astype(int)


def recording_table(recordings: Any, features: Any, told: Told) -> dict[str, Any]:
    """Return the columns of recordings.csv."""
    columns: dict[str, Any] = {"name": recordings.names, "subject": recordings.units}
    columns |= {"ph": recordings.ph, "missing": recordings.missing}
    if told.scores:
        columns["probability"] = told.probability
    return columns | dict(zip(features.names, features.values.T, strict=True))
