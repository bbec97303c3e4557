"""Which files of a folder are recordings, and which of them are of one subject."""

import csv
from pathlib import Path
from typing import Any

from toolbox.core.checks import refuse
from toolbox.data.readable_files import Skipping, existing


def recording_headers(place: Path, skipping: Skipping) -> list[Path]:
    """Return the headers of a folder in the order of their names; refuse samples without one."""
    if not place.is_dir():
        if place.suffix.lower() != ".hea":
            refuse("path", "a .hea header or a folder of them", repr(str(place)))
        return [place]
    files = sorted(f for f in place.rglob("*") if f.is_file() and not f.name.startswith("."))
    headers = [f for f in files if f.suffix.lower() == ".hea"]
    if not headers:
        refuse("path", "a folder with .hea headers of recordings", f"none in {str(place)!r}")
    named = {header: _files_named(header) for header in headers}
    of_others = {header.parent / name for header, names in named.items() for name in names}
    for file in files:
        if file.suffix.lower() == ".dat" and not of_others & {file, file.with_suffix("")}:
            with skipping.of(file.name):
                refuse("path", "a header (.hea) that names each file of samples", f"{file.name!r}")
    return [h for h in headers if h.with_suffix("") not in of_others]  # segments belong to another


def _files_named(header: Path) -> set[str]:
    """Return the first word of each line but the first: files of samples, or segments."""
    rows = [row.split() for row in header.read_text("utf-8", errors="replace").splitlines()]
    rows = [row for row in rows if row and not row[0].startswith("#")]
    return {row[0] for row in rows[1:]}


def listed_subjects(path: Any, names: list[str]) -> dict[str, str]:
    """Return the subject of each recording that a CSV file lists."""
    if path is None:
        return {}
    file = existing(path)
    with file.open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    if not rows or not {"name", "subject"} <= set(rows[0]):
        refuse("subjects", "a CSV file with columns name and subject", repr(str(file)))
    given = {row["name"].strip(): row["subject"].strip() for row in rows}
    unknown = sorted(set(given) - set(names))
    if unknown:
        refuse("subjects", "names of recordings", f"{unknown[0]!r} in {str(file)!r}")
    return given
