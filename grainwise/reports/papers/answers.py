"""Answers to the pairs of an audit: whose run they were made for, and what they say.

An audit's pairs and their order follow from the images, from what is known of them and from the
seed. The file of pairs says what it was made for, so that answers to another run are refused before
work begins, and it is said what differs.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from grainwise.judgements_in import SAME, rows_of
from grainwise.reports.pages.wording import counted, first_of
from grainwise.reports.pages.writing import begun
from toolbox.core.atomic_files import refusing, written_whole
from toolbox.core.checks import refuse
from toolbox.data.readable_files import existing

PAIRS_OF = {"audited": "audit.csv", "audited_clusters": "audit_clusters.csv"}
MADE_FOR = "made for"  # a column of these files
SETTINGS = {"seed": "seed", "size": "size in pixels", "clusters": "number of clusters"}
KNOWN = {  # parts that are known once the images were read
    "images": "set of images",
    "origins": "table of sheets, packages and makers",
    "pairs": "file of judged pairs",
}


# -------------------------------------------------------------------------- what they are made for


def settings_of(seed: int, size: int, clusters: int | None) -> dict[str, str]:
    """Return the parts of a run that are known before its images are read."""
    number = "by-evidence" if clusters is None else str(clusters)
    return {"seed": str(seed), "size": str(size), "clusters": number}


def run_of(settings: Mapping[str, str], loaded: Any, judged: Any) -> dict[str, str]:
    """Return all parts of a run that its audit follows from."""
    from toolbox.core.units import content_label

    units = np.unique(loaded.units, return_inverse=True)[1]
    labels = _image_labels(loaded)
    whole = content_label(np.array([f"{name} {label}" for name, label in labels.items()]))
    return {
        **settings,
        "images": f"{len(labels)}:{whole[:12]}",
        "origins": content_label(units)[:12],
        "pairs": "none" if judged is None else content_label(judged)[:12],
    }


def as_cell(run: Mapping[str, str]) -> str:
    """Return the parts of a run as they stand in the file of pairs."""
    return " ".join(f"{name}={value}" for name, value in run.items())


def want_made_for(
    run: Mapping[str, str], folder: Path, names: Any = None, **given: Path | None
) -> None:
    """Refuse answers that were made for another run, and say what differs.

    Without names of the images only what is known beforehand is compared. The page's ledger does
    not say its run: that of the pairs in the folder, which it was asked from, stands for it.
    """
    for option, path in given.items():
        if path is None:
            continue
        of_page = path.suffix.lower() == ".db"
        file = folder / PAIRS_OF[option] if of_page else existing(path, argument=option)
        for cell in _cells(file, option) if file.is_file() else ():
            made = dict(part.split("=", 1) for part in cell.split() if "=" in part)
            other = [part for part in run if part in made and made[part] != run[part]]
            if "images" in other:  # from which the other parts follow
                other = [part for part in other if part == "images" or part in SETTINGS]
            if other:
                differs = ", ".join(_differs(part, made[part], run, folder) for part in other)
                wanted = "answers to the pairs of this run"
                refuse(option, wanted, f"{str(path)!r}, which was made for another {differs}")
        if names is not None and not of_page:
            _want_names(file, option, set(names))


def _cells(file: Path, option: str) -> list[str]:
    rows = rows_of(file, option, ("first", "second", "same"))
    return list(dict.fromkeys(row.get(MADE_FOR) or "" for _, row in rows))


def _differs(part: str, made: str, run: Mapping[str, str], folder: Path) -> str:
    if part == "images":
        return f"{KNOWN[part]} ({_images_that_differ(made, run[part], folder)})"
    if part in SETTINGS:
        return f"{SETTINGS[part]} ({made}, now {run[part]})"
    return KNOWN[part]


def _want_names(file: Path, option: str, names: set[str]) -> None:
    rows = rows_of(file, option, ("first", "second", "same"))
    asked = dict.fromkeys(row[side].strip() for _, row in rows for side in ("first", "second"))
    gone = [name for name in asked if name not in names]
    if gone:
        got = f"{str(file)!r} with {counted(len(gone), 'name')} of none: {first_of(gone)}"
        refuse(option, "answers about images that can be used", got)


def keep_images(run: Mapping[str, str], loaded: Any, folder: Path) -> None:
    """Keep the content of each image, so that a later run can name those that changed."""
    file = _kept_images(begun(folder), run["images"])
    lines = (f"{label} {name}\n" for name, label in _image_labels(loaded).items())
    with refusing(file, "out"), written_whole(file) as handle:
        handle.write("".join(lines).encode())


def _image_labels(loaded: Any) -> dict[str, str]:
    from toolbox.core.units import content_label

    pairs = zip(loaded.names, loaded.values, strict=True)
    return {name: content_label(value)[:12] for name, value in pairs}


def _kept_images(folder: Path, images: str) -> Path:
    return folder / "kept" / f"images-{images.replace(':', '-')}.txt"


def _images_that_differ(made: str, now: str, folder: Path) -> str:
    """Name the images that are new, gone or changed, where the earlier run kept what it saw."""
    counts = f"{made.partition(':')[0]} images, now {now.partition(':')[0]}"
    files = [_kept_images(folder, images) for images in (made, now)]
    if not all(file.is_file() for file in files):
        return counts
    before, after = (
        {name: label for label, _, name in (line.partition(" ") for line in text.splitlines())}
        for text in (file.read_text() for file in files)
    )
    groups = {
        "new": [name for name in after if name not in before],
        "gone": [name for name in before if name not in after],
        "changed": [n for n in after if n in before and before[n] != after[n]],
    }
    told = [f"{how}: {first_of(names)}" for how, names in groups.items() if names]
    return "; ".join([counts, *told])


# ------------------------------------------------------------------------------- what they say


def pairs_said(path: Path | None, folder: Path) -> tuple[dict[frozenset, bool], bool]:
    """Return whether each judged pair is the same, and whether a page's ledger says so."""
    if path is None:
        return {}, False
    from_page = path.suffix.lower() == ".db"
    return (_from_page(path, folder) if from_page else from_table(path)), from_page


def from_table(path: Path) -> dict[frozenset, bool]:
    """Return what a CSV file says of pairs; rows without an answer say nothing."""
    same = {}
    columns = ("first", "second", "same")
    for where, row in rows_of(existing(path, argument="audited"), "audited", columns):
        said = row["same"].strip().lower()
        if said and said not in SAME:
            refuse("audited", f"1 or 0 in the column same in {where}", repr(row["same"]))
        pair = frozenset(row[side].strip() for side in ("first", "second"))
        if said and same.setdefault(pair, bool(SAME[said])) != bool(SAME[said]):
            got = f"1 and 0 for {row['first']!r} and {row['second']!r}"
            refuse("audited", "one answer for each pair", got)
    return same


def want_answers_used(folder: Path, **given: Path | None) -> None:
    """Refuse to write the pairs of an audit over those that somebody has answered.

    `given` has the file of answers of each option, None without it.
    """
    for option, answers in given.items():
        file = folder / PAIRS_OF[option]
        if answers is None and file.is_file() and from_table(file):
            name = option.replace("_", "-")
            wanted = f"--{name} {file}, or another --out: its answers would be written over"
            refuse(option, wanted, "none")


def _from_page(path: Path, folder: Path) -> dict[frozenset, bool]:
    """Return what experts said of pairs on the page of `grainwise label`."""
    from labelling import answers, ledger
    from labelling.expert_page.pictures import pictures_of

    names = pictures_of(folder, deep=True).names
    said = answers(ledger(existing(path, argument="audited"))).pairs
    return {frozenset((names[i], names[j])): bool(same) for i, j, same in said.astype(int)}
