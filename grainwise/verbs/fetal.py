"""``grainwise fetal``: from a folder of fetal heart rates to a report that clinicians read."""

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import tyro
from tqdm import tqdm

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


def fetal(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    ph: float = 7.05,
    members: int = 50,
    subjects: Path | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> int:
    """Report on fetal heart rates: what a folder holds, and how well the outcome is told from it.

    Writes report.html and report.pdf, with figures, numbers, notes and limits, and recordings.csv.
    Files that cannot be used are named in it and left out. A run that was killed goes on where it
    stopped. What is computed describes; it is no diagnosis.

    Parameters
    ----------
    path
        A folder of recordings as the CTU-UHB database keeps them (WFDB: .hea beside .dat), or one
        header.
    ph
        The outcome that is looked for: a pH of the umbilical artery of at most this.
    members
        Networks that are trained from scratch, in each of five folds of the subjects.
    subjects
        A CSV file with columns name and subject, for recordings that share one (twins of a mother).
    seed
        Seed of the trainings, folds and intervals.
    out
        The folder of the report, by default NAME.report here.
    """
    from grainwise.reports.fetal_report import fetal_report
    from grainwise.reports.writing import kept, report_folder, write_report
    from toolbox import fetal_features, load_ctg
    from toolbox.core.checks import count, number
    from toolbox.core.units import content_label

    number(ph, "ph", minimum=6.3, maximum=7.8)
    count(members, "members", minimum=2)
    folder = report_folder(path, out)
    with tqdm(total=4, desc="reading", disable=None) as bar:
        recordings = load_ctg(path, subjects=subjects, skip=True)
        bar.update()
        bar.set_description("describing")
        key = content_label(np.concatenate(recordings.heart_rate + recordings.contractions))
        features = kept(folder, f"features-{key}", lambda: fetal_features(recordings))
        bar.update()
        bar.set_description("training")
        told = outcome_told(recordings, features, ph, members, seed, folder / "kept" / "networks")
        bar.update()
        bar.set_description("writing")
        report = fetal_report(path.resolve().name, recordings, features, told, threshold=ph)
        files = write_report(report, folder, {"recordings.csv": _table(recordings, features, told)})
        bar.update()
    for text in recordings.skipped:
        print(f"left out {text}")
    print("\n".join(map(str, files)))
    return 0


def outcome_told(
    recordings: Any, features: Any, ph: float, members: int, seed: int, store: Path
) -> Told:
    """Return how well a low pH is told from features, by votes of trainings on other subjects."""
    from confidence import conformal, conformal_sets, held_out_votes, subject_scores
    from grainwise.reports.fetal_report import USED

    x = _columns(features, [name for name, _ in USED])
    known = ~np.isnan(recordings.ph) & ~np.isnan(x).any(axis=1)
    ill = recordings.ph <= ph
    subjects = recordings.units
    cases, others = (len(np.unique(subjects[known & those])) for those in (ill, ~ill))
    if min(cases, others) < FEWEST:
        why = f"{cases} subjects with a pH of at most {ph:g} and {others} without have what is "
        return Told(why + f"needed, where {FEWEST} of both are wanted.")
    found = held_out_votes(
        x[known],
        _of_subjects(ill[known], subjects[known]),
        dim=0,
        members=members,
        seed=seed,
        units=subjects[known],
        folds=FOLDS,
        store=store,
    )
    labels = _of_subjects(ill[known], subjects[known])
    scores = subject_scores(found.votes, labels, units=subjects[known], seed=seed)
    pooled = np.stack([1 - scores.probabilities, scores.probabilities], axis=1)
    level = conformal(pooled, scores.outcome, alpha=ALPHA, groups="class")
    probability = np.full(len(known), np.nan)
    probability[known] = found.votes.mean(axis=0)[:, 1]
    sets = conformal_sets(level, pooled).sets
    return Told("", scores, sets, probability, ill)


def _columns(features: Any, names: list[str]) -> np.ndarray:
    """Return features by name; slow decelerations are those that are late, or gradual."""
    columns = dict(zip(features.names, features.values.T, strict=True))
    columns["slow_decelerations"] = columns["late_decelerations"] + columns["gradual_decelerations"]
    return np.stack([columns[name] for name in names], axis=1)


def _of_subjects(ill: np.ndarray, subjects: np.ndarray) -> np.ndarray:
    """Return 1 for all recordings of a subject that has the outcome in one of them."""
    return np.isin(subjects, subjects[ill]).astype(int)


def _table(recordings: Any, features: Any, told: Told) -> dict[str, Any]:
    columns: dict[str, Any] = {"name": recordings.names, "subject": recordings.units}
    columns |= {"ph": recordings.ph, "missing": recordings.missing}
    if told.scores:
        columns["probability"] = told.probability
    return columns | dict(zip(features.names, features.values.T, strict=True))
