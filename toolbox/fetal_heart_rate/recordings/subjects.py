"""The subject of each recording: what a table says, against what the recordings themselves hold.

Recordings that hold the same heart rates, cut otherwise or at another rate too, or the same number
of the database, are of one subject.
"""

from itertools import chain
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from toolbox.core.checks import refuse
from toolbox.core.units import content_label
from toolbox.data.readable_files import (
    Skipping,
    existing,
    few,
    not_known,
    one_character,
    table_rows,
)
from toolbox.fetal_heart_rate.recordings.birth_facts import Facts
from toolbox.fetal_heart_rate.recordings.remarks import Remark
from toolbox.fetal_heart_rate.recordings.same_births import same_births


class _Recording(Protocol):
    name: str
    heart_rate: np.ndarray
    rate: float
    said: Facts


R = TypeVar("R", bound=_Recording)


class OfSubjects(NamedTuple):
    """Recordings whose subject is known, the subject of each, and what is said of them."""

    recordings: list
    subjects: list[str]
    remarks: list[Remark]


def listed_subjects(path: Any, names: list[str], skipping: Skipping) -> dict[str, str]:
    """Return the subject of each recording that a CSV file lists; refuse or skip other names."""
    if path is None:
        return {}
    file = existing(path, argument="subjects")
    rows = table_rows(file, argument="subjects", columns=("name", "subject"))
    if not rows or not {"name", "subject"} <= set(rows[0]):
        refuse("subjects", "a CSV file with columns name and subject", repr(str(file)))
    own = {one_character(name): name for name in names}
    given: dict[str, str] = {}
    for row in rows:
        name, subject = row["name"].strip().removesuffix(".hea"), row["subject"].strip()
        name = own.get(name, name)
        with skipping.of(f"{file.name}, {name}"):
            if name not in names:
                refuse("subjects", "names of recordings", f"{name!r} in {str(file)!r}")
            if subject and not_known(subject):  # or all of them would be one subject
                got = f"{subject!r} of {name!r} in {str(file)!r}"
                refuse("subjects", "the name of a subject, or an empty cell", got)
        if not not_known(subject) and given.setdefault(name, subject) != subject:
            both = f"{given[name]!r} and {subject!r} for {name!r} in {str(file)!r}"
            refuse("subjects", "one subject for each name", both)
    return given


def of_subjects(found: list[R], given: dict[str, str], skipping: Skipping) -> OfSubjects:
    """Return recordings with their subjects, by default each its own.

    A table may join recordings, and part those of one dbID (two hospitals may have a 1001), but
    never those of one signal: where it does, nobody knows whose signal it is, and all of them are
    refused or skipped.
    """
    remarks, subject_of = [], {}
    parted = _parted_numbers(found, given)
    if parted:
        told = f"the table parts recordings of one dbID ({few(parted)}): the table counts"
        remarks.append(Remark("", "table of subjects", told))
    births = _of_one_birth(found)
    again = _cut_otherwise(births)
    remarks += _of_births(births, again)
    for those in _alike(found, parted, again):
        names = [one.name for one in those]
        subjects = sorted({given[name] for name in names if name in given})
        if len(subjects) > 1:
            wanted = "one subject for recordings that hold the same heart rates or dbID"
            for name in names:
                with skipping.of(name):
                    got = f"{' and '.join(subjects)} for {', '.join(names)}"
                    refuse("subjects", wanted, got)
            continue
        subject_of |= dict.fromkeys(names, (subjects or names)[0])
        if len(those) > 1:
            told = f"{', '.join(names[1:])} and {names[0]} hold the same heart rates or dbID"
            told += f": one subject{_how_to_part(those, again)}"
            remarks += [Remark(name, "one subject", told) for name in names]
    remarks += [Remark("", "table of subjects", text) for text in _names_taken(subject_of, given)]
    remarks += [
        Remark(one.name, "several dbID", " and ".join(one.said.several_ids))
        for one in found
        if one.said.several_ids and one.name not in given
    ]
    kept = [one for one in found if one.name in subject_of]
    return OfSubjects(kept, [subject_of[one.name] for one in kept], remarks)


def _of_births(births: list[tuple[R, R]], again: list[tuple[R, R]]) -> list[Remark]:
    """Return what is said of recordings that hold one birth: two pH, or other samples of it."""
    remarks = []
    for a, b in births:
        if abs(a.said.ph - b.said.ph) > 0:
            told = f"{a.name} ({a.said.ph:g}) and {b.name} ({b.said.ph:g})"
            remarks += [Remark(one.name, "two pH of one birth", told) for one in (a, b)]
    for a, b in again:
        remarks += [Remark(one.name, "cut otherwise", f"{a.name} and {b.name}") for one in (a, b)]
    return remarks


def _parted_numbers(found: list[R], given: dict[str, str]) -> list[str]:
    """Return the numbers of the database whose recordings are of several subjects in the table."""
    of_number: dict[str, set[str]] = {}
    for one in found:
        if one.said.database_id and one.name in given:
            of_number.setdefault(one.said.database_id, set()).add(given[one.name])
    return sorted(number for number, subjects in of_number.items() if len(subjects) > 1)


def _of_one_birth(found: list[R]) -> list[tuple[R, R]]:
    """Return pairs that hold one birth."""
    pairs = same_births([one.heart_rate for one in found], [one.rate for one in found])
    return [(found[i], found[j]) for i, j in pairs]


def _cut_otherwise(births: list[tuple[R, R]]) -> list[tuple[R, R]]:
    """Return pairs that hold one birth, but not the same samples."""
    return [
        (one, other)
        for one, other in births
        if content_label(one.heart_rate) != content_label(other.heart_rate)
    ]


def _alike(found: list[R], parted: list[str], again: list[tuple[R, R]]) -> list[list[R]]:
    """Return recordings in groups that are joined by the same heart rates or database numbers."""
    keys = {one.name: _keys(one, parted) for one in found}
    for number, pair in enumerate(again):
        for one in pair:
            keys[one.name].append(f"again {number}")
    groups: dict[str, list[R]] = {}
    for one in found:
        joined = {id(groups[key]): groups[key] for key in keys[one.name] if key in groups}
        own = [*chain.from_iterable(joined.values()), one]
        groups |= {key: own for other in own for key in keys[other.name]}
    return list({id(group): group for group in groups.values()}.values())


def _keys(one: _Recording, parted: list[str]) -> list[str]:
    number = one.said.database_id
    keys = [f"heart rates {content_label(one.heart_rate)}"]
    return keys + [f"dbID {number}"] * (bool(number) and number not in parted)


def _how_to_part(those: list[R], again: list[tuple[R, R]]) -> str:
    """Say what a table may do, where nothing but a number of the database joins recordings."""
    same = {content_label(one.heart_rate) for one in those}
    joined = {one.name for pair in again for one in pair}
    if len(same) < len(those) or any(one.name in joined for one in those):
        return ""
    return " (a table of subjects that lists each of them parts those of two hospitals)"


def _names_taken(subject_of: dict[str, str], given: dict[str, str]) -> list[str]:
    """Say where a subject of the table is called as a recording that the table does not list."""
    own = {name for name, subject in subject_of.items() if name == subject and name not in given}
    taken = sorted(own & set(given.values()))
    told = f"{few(taken)}: a subject of the table and a recording beside it, taken for one subject"
    return [told] * bool(taken)
