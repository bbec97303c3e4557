"""What the header of a recording says of a birth, in the words of the CTU-UHB database.

A number is taken where there is one, though words stand beside it ("7.05 (art.)"); of two, of a
range or of a comma nobody knows which is meant, and blood of the vein is another quantity: none is
taken. Both are said.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from toolbox.core.checks import refuse

# Of CTU-UHB's headers; whatever else is said goes into the note, and is not used.
KNOWN = (
    *("pH", "BDecf", "pCO2", "BE", "Apgar1", "Apgar5", "NICU days", "Seizures", "HIE"),
    *("Intubation", "Main diag.", "Other diag.", "Gest. weeks", "Weight(g)", "Sex", "Age"),
    *("Gravidity", "Parity", "Diabetes", "Hypertension", "Preeclampsia", "Liq. praecox"),
    *("Pyrexia", "Meconium", "Presentation", "Induced", "I.stage", "NoProgress", "CK/KP"),
    *("II.stage", "Deliv. type", "dbID", "Rec. type", "Pos. II.st.", "Sig2Birth"),
)
_NAMES = {name.lower(): name for name in KNOWN}
NAN = float("nan")
# What can be of a living child; beyond, a comma was lost or another quantity was written.
_RANGES = {"pH": (6.3, 7.8), "BDecf": (-30, 60), "Apgar1": (0, 10), "Apgar5": (0, 10)}
_NOT_SAID = ("Pos. II.st.", "Sig2Birth")  # -1 stands for what nobody wrote down
_MEASURED = (*_RANGES, *_NOT_SAID)
_ABSENT = ("nan", "n/a", "-", "?")
_DECIMAL = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
# A number by itself: neither part of a word (7x) nor of a longer one; a full stop may follow.
_NUMBER = re.compile(rf"(?<![\w.,/+-]){_DECIMAL}(?!\w|[.,]\d)", re.IGNORECASE)
# A comma or a slash or dash between digits, and bounds, are no statement of one number.
_UNCLEAR = re.compile(r"\d\s*(?:[,/]|-|–|\.\.|to|bis|à)\s*\d|[<>≤≥±~]", re.IGNORECASE)
# pH and base deficit are those of the umbilical artery; the vein's pH is some .08 higher.
_VEIN = re.compile(r"\b(?:ven|vein|uv\b)", re.IGNORECASE)


class Facts(NamedTuple):
    """Numbers of one birth, NaN where the header does not say them."""

    ph: float = NAN
    bdecf: float = NAN
    apgar1: float = NAN
    apgar5: float = NAN
    second_stage: float = NAN  # samples from the start of the recording
    to_birth: float = NAN  # minutes from its end
    database_id: str = ""
    unknown: tuple[str, ...] = ()
    with_words: tuple[str, ...] = ()  # lines whose number was taken, words beside it
    unclear: tuple[str, ...] = ()  # lines of which no number was taken


class _Said(NamedTuple):
    number: float
    with_words: str = ""
    unclear: str = ""


def facts(comments: Mapping[str, str], source: str) -> Facts:
    """Return what comments say; a number that no birth has is refused with the file's name."""
    said: dict[str, str] = {}
    for key, value in comments.items():
        name = _NAMES.get(key.lower())
        if name and value and said.setdefault(name, value) != value:
            refuse("path", f"one {name}", f"{said[name]} and {value} in the header of {source!r}")
    inside = _inside_words(comments, said)
    found = [
        _several(name, inside[name]) if name in inside else _number(name, said.get(name), source)
        for name in _MEASURED
    ]
    used = {key for lines in inside.values() for key, _ in lines}
    return Facts(
        *(one.number for one in found),
        database_id=said.get("dbID", ""),
        unknown=tuple(k for k in comments if k.lower() not in _NAMES and k not in used),
        with_words=tuple(one.with_words for one in found if one.with_words),
        unclear=tuple(one.unclear for one in found if one.unclear),
    )


def _inside_words(
    comments: Mapping[str, str], said: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """Return comments that begin with a name, words after it: "pH arterial: 7.05", "pH 7.05 art.".

    Of names that no comment says by themselves; with each comment's key, what follows the name.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for key, value in comments.items():
        text = f"{key} {value}".strip()
        for name in _RANGES:
            begins = re.match(rf"{name}\b\W*", text, re.IGNORECASE)
            free = name not in said and key.lower() not in _NAMES
            if free and begins and re.search(r"\d", text[begins.end() :]):
                found.setdefault(name, []).append((key, text[len(name) :].strip()))
    return found


def _several(name: str, lines: list[tuple[str, str]]) -> _Said:
    """Return the number of the only line that may mean this quantity, else none."""
    said = " and ".join(f"{name} {text}" for _, text in lines)
    texts = [text for _, text in lines if not _VEIN.search(text)] or [lines[0][1]]
    number = _only_number(texts[0]) if len(texts) == 1 else None
    low, high = _RANGES[name]
    if number is None or not low <= number <= high:
        return _Said(NAN, unclear=_quoted(said))
    return _Said(number, with_words=_quoted(said))


def _number(name: str, text: str | None, source: str) -> _Said:
    if text is None or text.lower() in _ABSENT:
        return _Said(NAN)
    value = _only_number(text)
    if value is None:
        contradicted = ";" in text and not _UNCLEAR.search(text)  # said in two lines
        if contradicted or not _unclear(text):
            refuse("path", f"a number for {name}", f"{text!r} in the header of {source!r}")
        return _Said(NAN, unclear=_quoted(f"{name} {text}"))
    low, high = _RANGES.get(name, (0.0, float("inf")))
    if name in _NOT_SAID and value < 0:
        return _Said(NAN)
    if not low <= value <= high:
        refuse("path", f"{name} from {low:g} to {high:g}", f"{value:g} in {source!r}")
    words = re.search(r"[^\W\d_]", _NUMBER.sub("", text))
    return _Said(value, with_words=_quoted(f"{name} {text}") if words else "")


def _only_number(text: str) -> float | None:
    """Return the one number of a text, None where there is none, or it is not clear which."""
    found = {float(number) for number in _NUMBER.findall(text)}
    return found.pop() if len(found) == 1 and not _unclear(text) else None


def _unclear(text: str) -> bool:
    several = len(set(_NUMBER.findall(text))) > 1
    return several or bool(_UNCLEAR.search(text) or _VEIN.search(text))


def _quoted(line: str) -> str:
    """Return a line as notes quote it: remarks are parted by semicolons."""
    return repr(line.replace(";", ","))
