"""How well the outcome of births is told: by votes of trainings on other subjects."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from grainwise.reports.pages.wording import counted

# What the outcome is told by: what of a heart rate changes with hypoxia, few since cases are few.
USED = (
    ("variability", "variability, beats / min"),
    ("log_leader_2s", "fluctuations over 2 s, log"),
    ("log_leader_4s", "fluctuations over 4 s, log"),
    ("deceleration_area", "decelerations, beats / 10 min"),
    ("slow_decelerations", "late or gradual, / 10 min"),
)
BESIDE = ("bdecf", "apgar1", "apgar5")  # what headers say of an outcome beside its pH
FEWEST = 10  # subjects of either outcome: two in each of the five folds
FOLDS = 5
ALPHA = 0.1  # of the sets
_OF_ALL = ("skipped", "remarks", "note")  # what a record says of the recordings together


class Told(NamedTuple):
    """How well the outcome is told; without `scores`, why it is not."""

    why: str
    scores: Any = None
    sets: Any = None  # (subjects, 2) of bool
    probability: Any = None  # a recording
    ill: Any = None  # a recording
    mixed: tuple[str, ...] = ()  # subjects of both outcomes, which are in neither group


def of_enough_signal(recordings: Any) -> Any:
    """Return the recordings that can be described; short and slow ones are named as left out."""
    pairs = zip(recordings.heart_rate, recordings.rate, strict=True)
    lacking = [_lacking(signal, rate) for signal, rate in pairs]
    kept = np.flatnonzero([not text for text in lacking])
    if len(kept) in (0, len(recordings.names)):  # of none, `fetal_features` says what is wanted
        return recordings
    each = [f.name for f in fields(recordings) if f.name not in _OF_ALL]
    named = tuple(
        f"{name}: {text}" for name, text in zip(recordings.names, lacking, strict=True) if text
    )
    values = {name: _of(getattr(recordings, name), kept) for name in each}
    there = {"", *values["names"]}
    values["remarks"] = tuple(one for one in recordings.remarks if one[0] in there)
    return replace(recordings, **values, skipped=recordings.skipped + named)


def _lacking(signal: np.ndarray, rate: float) -> str:
    """Return what a recording lacks to be described; "" for nothing."""
    from toolbox.fetal_heart_rate.analysis.signals import LOWEST_RATE, SHORTEST

    minutes = len(signal) / rate / 60
    if rate < LOWEST_RATE:
        return f"wanted at least {LOWEST_RATE:g} sample a second, got {rate:g}"
    if minutes < SHORTEST:
        return f"wanted at least {SHORTEST:g} minutes of signal, got {minutes:.3g}"
    return ""


def _of(values: Any, places: np.ndarray) -> Any:
    return values[places] if isinstance(values, np.ndarray) else tuple(values[i] for i in places)


def features_key(recordings: Any) -> str:
    """Return what tells the features of these recordings, and what is said of them, from others."""
    from toolbox.core.units import content_label

    lengths = np.array([len(x) for x in recordings.heart_rate])
    signals = np.concatenate(recordings.heart_rate + recordings.contractions)
    said = np.array([*recordings.names, *map(str, recordings.units), recordings.note])
    return "-".join(content_label(part) for part in (signals, lengths, recordings.rate, said))


def outcome_told(
    recordings: Any, features: Any, ph: float, members: int, seed: int, store: Path
) -> Told:
    """Return how well a low pH is told from features, by votes of trainings on other subjects."""
    from confidence import conformal, conformal_sets, held_out_votes, subject_scores

    x = columns_of(features, [name for name, _ in USED])
    known = ~np.isnan(recordings.ph) & ~np.isnan(x).any(axis=1) & subject_known(recordings)
    ill = recordings.ph <= ph
    subjects = recordings.units
    both = of_both_outcomes(ill, known, subjects)
    known &= ~np.isin(subjects, both)
    mixed = tuple(both.tolist())
    cases, others = (len(np.unique(subjects[known & those])) for those in (ill, ~ill))
    if min(cases, others) < FEWEST:
        why = f"{counted(cases, 'subject')} with a pH of at most {ph:g} and {others} with a higher "
        why += f"one can be used, where {FEWEST} subjects of either are needed."
        return Told(why, mixed=mixed)
    labels = ill[known].astype(int)
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
    level = conformal(pooled, scores.outcome, alpha=ALPHA, groups="class", units=scores.subjects)
    probability = np.full(len(known), np.nan)
    probability[known] = found.votes.mean(axis=0)[:, 1]
    sets = conformal_sets(level, pooled).sets
    return Told("", scores, sets, probability, ill, mixed)


def of_both_outcomes(ill: np.ndarray, known: np.ndarray, subjects: np.ndarray) -> np.ndarray:
    """Return the subjects with the outcome in one recording and without it in another.

    Twins of one mother, or a subject's pH that was written down twice: a network that is told one
    outcome for both learns from a wrong label.
    """
    return np.intersect1d(subjects[known & ill], subjects[known & ~ill])


def subject_known(recordings: Any) -> np.ndarray:
    """Return which recordings are of a known subject: not those whose header gives two dbID."""
    unknown = {name for name, kind, _ in recordings.remarks if kind == "several dbID"}
    return np.array([name not in unknown for name in recordings.names])


def columns_of(features: Any, names: list[str]) -> np.ndarray:
    """Return features by name; slow decelerations are those that are late, or gradual.

    Without contractions nobody knows what is late (NaN), and what would be is gradual.
    """
    columns = dict(zip(features.names, features.values.T, strict=True))
    late, gradual = columns["late_decelerations"], columns["gradual_decelerations"]
    columns["slow_decelerations"] = np.nan_to_num(late) + gradual
    return np.stack([columns[name] for name in names], axis=1)


def said_of(recordings: Any) -> list[str]:
    """Return which of base deficit and Apgar scores a header says."""
    return [name for name in BESIDE if not np.isnan(getattr(recordings, name)).all()]


def recording_table(recordings: Any, features: Any, told: Told) -> dict[str, Any]:
    """Return the columns of recordings.csv."""
    columns: dict[str, Any] = {"name": recordings.names, "subject": recordings.units}
    columns |= {"ph": recordings.ph}
    columns |= {name: getattr(recordings, name) for name in said_of(recordings)}
    columns |= {"missing": recordings.missing}
    if told.scores:
        columns["probability"] = told.probability
    return columns | dict(zip(features.names, features.values.T, strict=True))
