"""Names and keywords of emoji in a language, from the tables of Unicode's CLDR."""

from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from toolbox.core.checks import refuse

FOLDERS = ("annotations", "annotationsDerived")  # single characters, sequences of them
VARIATION = "\ufe0f"  # left out of CLDR's keys


class Said(NamedTuple):
    """What a language says of each emoji."""

    names: dict[str, str]
    keywords: dict[str, str]  # with commas between them


def cldr_said(folder: Path, language: str, argument: str) -> Said:
    """Return names and keywords by characters; damaged files and second names are refused."""
    said = Said({}, {})
    for part in FOLDERS:
        file = folder / part / f"{language}.xml"
        for row in _rows(file, argument):
            character, text = row.get("cp", ""), " ".join((row.text or "").split())
            table = said.names if row.get("type") == "tts" else said.keywords
            if character in table:
                got = f"{character!r} twice in {part}/{file.name}"
                refuse(argument, "each character once", got)
            if character and text:
                table[character] = text.replace(" | ", ", ")
    return said


def _rows(file: Path, argument: str) -> list[ElementTree.Element]:
    wanted = f"'{file.parent.name}/{file.name}' of CLDR, undamaged"
    try:
        content = file.read_bytes()
        # Entities can grow without bound, and CLDR has none.
        if b"<!ENTITY" in content:
            raise ValueError("it declares entities")
        rows = list(ElementTree.fromstring(content).iter("annotation"))
    except (OSError, ElementTree.ParseError, ValueError) as error:
        refuse(argument, wanted, f"{type(error).__name__}: {error}")
    if not rows:
        refuse(argument, wanted, "no annotation in it")
    return rows
