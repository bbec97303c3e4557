"""A report about fetal heart rates: what a folder holds, how well the outcome is told, limits."""

from typing import Any

import numpy as np

from grainwise.reports.fetal import pictures
from grainwise.reports.fetal.outcome import USED, said_of
from grainwise.reports.fetal.remarks import TABLE, every_remark, remarks_in_words
from grainwise.reports.pages.blocks import Heading, Items, Numbers, Picture, Report, Table, Text
from grainwise.reports.pages.left_out import files_left_out, left_out, left_out_blocks
from grainwise.reports.pages.wording import between, counted, decimals, percent, shares

SHOWN = (
    ("baseline", "baseline, beats / min"),
    *USED[:4],
    ("acceleration_area", "accelerations, beats / 10 min"),
    ("late_decelerations", "late decelerations, / 10 min"),
    ("c1", "regularity c1"),
)
WORDS = {
    "baseline": "baseline, beats / min",
    "baseline_lowest": "lowest baseline",
    "baseline_highest": "highest baseline",
    "variability": "variability, beats / min",
    "reduced_variability": "share of minutes below 5 beats / min",
    "acceleration_area": "area of accelerations, beats",
    "deceleration_area": "area of decelerations, beats",
    "c1": "regularity c1",
    "c2": "its variance, c2",
} | {f"log_leader_{k}s": f"fluctuations over {k} s, log" for k in (2, 4, 8)}
SAID = {
    "ph": "pH of the umbilical artery",
    "bdecf": "base deficit (BDecf), mmol / l",
    "apgar1": "Apgar score after 1 minute",
    "apgar5": "Apgar score after 5 minutes",
}
WHY_NOT = "want of a clear pH, of enough signal, or of one subject with one outcome"
LIMITS = (
    "This report describes and scores; it is no diagnosis, and nothing in it has been tested for "
    "the care of a patient.",
    "A probability was computed by networks that had not seen the subject. It holds for births "
    "like those of this folder: another hospital, monitor or selection may give other numbers.",
    "The interval over subjects says what other subjects of the same kind would give; the one over "
    "retrainings says what another training on the same subjects would. Neither holds the other.",
    "Recordings count as of different subjects unless a table joins them (--subjects), or they "
    "hold the same dbID or the same heart rates, be they cut otherwise or at another rate. Twins, "
    "several births of one mother, and less than some ten minutes of a birth recorded twice are "
    "not found by themselves: the interval is then too narrow.",
    "Events follow FIGO's rules of 2015 as a program reads them: 15 beats a minute, 15 seconds. "
    "Experts reading the same trace disagree among themselves; so will they with this.",
    "Lost signal is not filled, but for gaps of up to 25 seconds within an event. Where much is "
    "lost, events are missed: of simulated ones about one in ten at a third of loss.",
)


def fetal_report(
    source: str, recordings: Any, features: Any, told: Any, *, threshold: float
) -> Report:
    """Return the report; `told` has the scores and sets of the outcome, or why there are none."""
    blocks = [
        Text(_answer(recordings, told, threshold), "lead"),
        Numbers(_numbers(recordings, told, threshold)),
        *_outcome(recordings, threshold),
        *(_scored(features, told) if told.scores else [Heading("The outcome"), Text(told.why)]),
        *_examples(recordings, features, told),
        *_found(features, recordings, threshold),
        *left_out_blocks(left_out(recordings.skipped)),
        *_unusual(recordings, features, told),
        Heading("Limits"),
        Items(list(LIMITS)),
        Text(_method(), "small"),
    ]
    subtitle = f"{source}: {counted(len(recordings.names), 'recording')} of "
    subtitle += counted(len(set(recordings.units.tolist())), "subject")
    return Report("Fetal heart rate in labour", subtitle, blocks)


def _answer(recordings: Any, told: Any, threshold: float) -> str:
    hours = sum(
        len(x) / r / 3600 for x, r in zip(recordings.heart_rate, recordings.rate, strict=True)
    )
    lost = float(recordings.missing.mean())
    n = counted(len(recordings.names), "recording")
    text = f"{hours:.0f} hours of heart rate were read in {n}, {lost:.0%} of it lost signal. "
    if not told.scores:
        return text + f"Whether the outcome can be told from them stays open: {told.why}"
    s = told.scores
    low = s.auc_interval[0]
    verdict = (
        "cannot be told from chance with so few cases"
        if np.isnan(low) or low <= 0.5
        else "is told better than by chance"
    )
    return text + (
        f"From the heart rate alone, a pH of at most {threshold:g} {verdict}: a subject with it "
        f"stands above one without in {percent(s.auc)} of all pairs of subjects "
        f"({shares(s.auc_interval)} with other subjects, {shares(s.auc_retraining)} with one more "
        f"training). At a specificity of {s.specificities[-1]:.0%}, "
        f"{percent(s.sensitivity[-1])} of the subjects with it are found."
    )


def _numbers(recordings: Any, told: Any, threshold: float) -> list[tuple[str, str, str]]:
    ill = int((recordings.ph <= threshold).sum())
    known = int((~np.isnan(recordings.ph)).sum())
    subjects = counted(len(set(recordings.units.tolist())), "subject")
    out = files_left_out(recordings.skipped)
    lost = f"worst recording {recordings.missing.max():.0%}"
    entries = [
        ("recordings", str(len(recordings.names)), f"of {subjects}; {out}"),
        ("signal lost", f"{recordings.missing.mean():.0%}", lost),
        (
            f"recordings, pH ≤ {threshold:g}",
            str(ill),
            f"of {counted(known, 'recording')} with a pH",
        ),
    ]
    if told.scores:
        s = told.scores
        what = f"AUC of {counted(len(s.outcome), 'subject')}"
        entries.append((what, decimals(s.auc), f"95%: {between(s.auc_interval)}"))
    return entries


def _outcome(recordings: Any, threshold: float) -> list:
    caption = "Left: pH at birth; red, the outcome that is looked for. Right: how much is lost."
    return [
        Heading("What the folder holds"),
        Picture(pictures.outcome(recordings, threshold), caption),
        *_said(recordings, threshold),
    ]


def _said(recordings: Any, threshold: float) -> list:
    """Return the table of what headers say of the births, if they say more than a pH."""
    if not said_of(recordings):
        return []
    ill, known = recordings.ph <= threshold, ~np.isnan(recordings.ph)
    groups = (np.ones(len(ill), bool), ill, known & ~ill)
    rows = []
    for name in ("ph", *said_of(recordings)):
        values = getattr(recordings, name)
        there = int((~np.isnan(values)).sum())
        cells = [_quartiles(values[those]) for those in groups]
        rows.append([SAID[name], str(there), *cells])
    sizes = [f"{int(those.sum())} recordings" for those in groups]
    heads = zip(("all", f"pH ≤ {threshold:g}", "others with a pH"), sizes, strict=True)
    columns = ["", "recordings that say it", *(f"{head} ({size})" for head, size in heads)]
    caption = "What the headers say: in how many recordings, and the median [quartiles]. "
    caption += "The outcome that is looked for is the pH alone; the scores are not used to tell it."
    return [Table(columns, rows, caption)]


def _scored(features: Any, told: Any) -> list:
    s = told.scores
    members, unscored = len(s.auc_members), int(np.isnan(told.probability).sum())
    rows = [["AUC", decimals(s.auc), between(s.auc_interval), between(s.auc_retraining)]]
    rows += [
        [f"sensitivity at {at:.0%} specificity", decimals(share), between(over), between(again)]
        for at, share, over, again in zip(
            s.specificities,
            s.sensitivity,
            s.sensitivity_interval,
            s.sensitivity_retraining,
            strict=True,
        )
    ]
    benefit = f"net benefit, acting from {s.threshold:.0%} on"
    rows.append([benefit, decimals(s.net_benefit), between(s.net_benefit_interval), ""])
    gain = f"its gain over acting on {_simplest(s)}"
    rows.append([gain, decimals(s.net_benefit_gain), between(s.net_benefit_gain_interval), ""])
    caption = (
        f"Left: cases found against false alarms. Middle: the AUC of each of {members} trainings; "
        "blue, where one more would fall; red, where other subjects would bring it. Right: the "
        "probability of every subject."
    )
    cases, others = (int((s.outcome == k).sum()) for k in (1, 0))
    open_sets = told.sets.sum(axis=1) == 2
    opened = [int(open_sets[s.outcome == k].sum()) for k in (1, 0)]
    return [
        Heading("How well the outcome is told"),
        Text(
            f"Told of {counted(cases, 'subject')} with the outcome and {others} without: the "
            "recordings of a subject give one answer."
        ),
        Picture(pictures.answers(s), caption),
        *([Text(f"Not scored: {counted(unscored, 'recording')}, for {WHY_NOT}.")] * (unscored > 0)),
        Table(
            ["", "value", "other subjects", "one more training"],
            rows,
            "Intervals hold the truth in 95% of such studies.",
        ),
        Text(_benefit(s)),
        Heading("Where the answer is open"),
        Text(
            "For each subject a set of answers was formed that holds the true one for 90% of the "
            "subjects with the outcome, and for 90% of those without. A set of both says: it "
            f"cannot be told. So it is for {opened[0]} of the {counted(cases, 'subject')} with the "
            f"outcome, and for {opened[1]} of the {others} without."
        ),
        Heading("What differs between the outcomes"),
        Picture(
            pictures.feature_panels(features, told.ill, list(SHOWN)),
            "Distributions over recordings, red: low pH, blue: the others; lines are medians.",
        ),
    ]


def _simplest(s: Any) -> str:
    """Return on whom to act where nobody is told apart: on everybody, or on nobody."""
    return "everybody" if s.net_benefit_all > 0 else "nobody"


def _benefit(s: Any) -> str:
    """Say what acting on the probabilities gains over acting on everybody, and on nobody."""
    low, high = s.net_benefit_gain_interval
    told = (
        f"Net benefit: acting on subjects whose probability is {s.threshold:.0%} and more gives "
        f"{decimals(s.net_benefit)}, on everybody {decimals(s.net_benefit_all)}, on nobody 0. "
    )
    if s.net_benefit_gain <= 0:
        return told + f"Nothing is gained: acting on {_simplest(s)} is as good or better."
    if np.isnan(low) or low <= 0:
        return told + f"A gain over acting on {_simplest(s)} is not shown: it may be chance."
    return told + (
        f"In 100 subjects this gains over acting on {_simplest(s)} as much as finding "
        f"{100 * s.net_benefit_gain:.1f} more of those with the outcome, without a false alarm "
        f"({100 * low:.1f} to {100 * high:.1f})."
    )


def _examples(recordings: Any, features: Any, told: Any) -> list:
    """Return traces: the highest, a middle and the lowest probability, or the best recorded."""
    if told.scores:
        order = np.argsort(told.probability, kind="stable")
        order = order[~np.isnan(told.probability[order])]
        shown = [int(order[-1]), int(order[len(order) // 2]), int(order[0])]
        words = ("highest", "middle", "lowest")
        titles = [
            f"{recordings.names[i]}: {word} probability, {told.probability[i]:.2f}"
            f" (pH {recordings.ph[i]:.2f})"
            for i, word in zip(shown, words, strict=True)
        ]
    else:
        shown = np.argsort(recordings.missing, kind="stable")[:2].tolist()
        titles = [f"{recordings.names[i]}" for i in shown]
    caption = (
        "The last 40 minutes, or all of shorter recordings. Dashed: the baseline. Shaded: "
        "accelerations, and decelerations by their kind; below, the contractions."
    )
    shown, titles = list(dict.fromkeys(shown)), titles[: len(set(shown))]
    drawn = pictures.traces(recordings, features, shown, titles)
    return [Heading("Examples"), Picture(drawn, caption)]


def _found(features: Any, recordings: Any, threshold: float) -> list:
    ill = recordings.ph <= threshold
    groups = [("all", np.ones(len(ill), bool))]
    if ill.any() and not ill.all():
        groups = [
            (f"pH ≤ {threshold:g}", ill),
            ("others with a pH", ~ill & ~np.isnan(recordings.ph)),
        ]
    rows = []
    for name in features.names:
        column = features.values[:, features.names.index(name)]
        cells = [_quartiles(column[those]) for _, those in groups]
        rows.append([WORDS.get(name, name.replace("_", " ")), *cells])
    caption = "Median [quartiles] over recordings; numbers of events and areas in ten minutes."
    return [
        Heading("All features"),
        Table(
            ["", *(f"{name} ({those.sum()} recordings)" for name, those in groups)], rows, caption
        ),
        Text("The table recordings.csv beside this report has a row for every recording.", "small"),
    ]


def _quartiles(values: np.ndarray) -> str:
    values = values[~np.isnan(values)]
    if not len(values):
        return "not known"
    low, middle, high = np.percentile(values, (25, 50, 75))
    return f"{middle:.2f} [{low:.2f}, {high:.2f}]"


def _unusual(recordings: Any, features: Any, told: Any) -> list:
    lines = remarks_in_words(every_remark(recordings, features, told))
    if not lines:
        return []
    where = f"{TABLE} beside this report has every recording of each remark, and what was found."
    return [Heading("What is not as usual"), Text(where, "small"), Items(lines)]


def _method() -> str:
    used = ", ".join(label for _, label in USED)
    return (
        f"Method: networks of few neurons on five features ({used}), retrained from scratch with "
        "initial weights, order and subjects redrawn, in five folds by subject; classes weighed "
        "within the training side, votes brought back to the frequencies there. Areas under the "
        "curve by DeLong et al. (1988), sensitivities by Zhou and Qin (2005), net benefit by "
        "Vickers and Elkin (2006), sets by conformal prediction within each class. Events: "
        "Ayres-de-Campos et al., FIGO (2015)."
    )
