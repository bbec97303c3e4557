"""What users know of items, read from CSV files: which pairs are the same, and units."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from toolbox.core.checks import refuse

SAME = {"1": 1, "1.0": 1, "same": 1, "0": 0, "0.0": 0, "different": 0}


def read_pairs(path: Path, names: list[str]) -> np.ndarray:
    """Read judged pairs (m, 3): i, j, same. A row whose answer is empty was not judged.

    The columns are first, second (names of items) and same (1 or "same", 0 or "different"); others,
    such as those that ``grainwise compare`` writes, are passed over.
    """
    places, found, told = _places(names), [], {}
    for where, row in rows_of(path, "pairs", ("first", "second", "same")):
        answer = row["same"].strip().lower()
        if not answer:
            continue
        if answer not in SAME:
            refuse("pairs", f"1 or 0 (same or different) in {where}", repr(row["same"]))
        index = [_found(row[side], places, "pairs", where) for side in ("first", "second")]
        if max(map(len, index)) > 1:
            refuse("pairs", f"names that only one item has in {where}", "several of one name")
        i, j, same = index[0][0], index[1][0], SAME[answer]
        if told.setdefault(frozenset((i, j)), same) != same:
            refuse("pairs", f"one answer to a pair in {where}", "the same and different")
        found.append([i, j, same])
    if not found:
        refuse("pairs", f"a judged pair in {path}", "none")
    return np.array(found)


def read_units(path: Path, names: list[str]) -> np.ndarray:
    """Read the unit (n,) of each item; items that are not listed are a unit each.

    The columns are name, of an item or of the file that crops were cut from, and unit; others are
    passed over.
    """
    places = _places([name.rpartition("[")[0] for name in names]) | _places(names)
    units: dict[int, str] = {}
    for where, row in rows_of(path, "units", ("name", "unit")):
        if unit := row["unit"].strip():
            for i in _found(row["name"], places, "units", where):
                if units.setdefault(i, f"unit {unit}") != f"unit {unit}":
                    refuse("units", f"one unit of {row['name']!r} in {where}", f"a second, {unit}")
    return np.array([units.get(i, f"item {i}") for i in range(len(names))])


def read_questions(path: Path, names: list[str]) -> list[tuple[int, int]]:
    """Read pairs (i, j) to be judged, each once, from the columns first and second."""
    places = _places(names)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for where, row in rows_of(path, "pairs", ("first", "second")):
        i, j = (_found(row[side], places, "pairs", where)[0] for side in ("first", "second"))
        if i == j:
            refuse("pairs", f"two items in {where}", f"{row['first']!r} twice")
        found.setdefault((min(i, j), max(i, j)), (i, j))
    if not found:
        refuse("pairs", f"a pair in {path}", "none")
    return list(found.values())


def read_predictions(path: Path, names: list[str], classes: list[str]) -> dict[int, str]:
    """Read a model's class of each item, from the columns name and class."""
    places, found = _places(names), {}
    for where, row in rows_of(path, "predictions", ("name", "class")):
        if row["class"] not in classes:
            refuse("predictions", f"one of {', '.join(classes)} in {where}", repr(row["class"]))
        for i in _found(row["name"], places, "predictions", where):
            found[i] = row["class"]
    return found


def rows_of(path: Path, argument: str, columns: tuple[str, ...]) -> Iterator[tuple[str, dict]]:
    """Yield where each row is and what it says, column by column."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            table = csv.DictReader(handle, restval="", strict=True)
            lines = [(f"line {table.line_num} of {path}", row) for row in table]
            header = table.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        refuse(argument, "a CSV file that can be read", f"{str(path)!r} ({error})")
    missing = [name for name in columns if name not in header]
    if len(header) == 1 and ";" in header[0]:
        refuse(argument, f"a CSV file parted by commas for {path}", "semicolons")
    if missing:
        refuse(argument, f"columns {', '.join(columns)} in {path}", f"no {', '.join(missing)}")
    yield from lines


def _places(names: list[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        places.setdefault(name, []).append(i)
    return places


def _found(name: str, places: dict[str, list[int]], argument: str, where: str) -> list[int]:
    if name not in places:
        some = ", ".join(list(places)[:3])
        refuse(argument, f"the name of an item (such as {some}) in {where}", repr(name))
    return places[name]
