"""Plain words: what holds code is a package, a layer or a folder, what refuses is a check."""

import re
from pathlib import Path

import pytest

from toolbox.core.packages import SHIPPED

ROOT = Path(__file__).parents[2]
# Room in memory or on a disk is what it says; a room, rooms and the next room are packages.
A_ROOM = r"\brooms\b|\b(?:a|this|that|each|every|which|one|another|next|inner|other) room\b"
WORDS = re.compile(rf"\b(?:house|stair|staircase|door|doorway)s?\b|{A_ROOM}", re.IGNORECASE)
PLACES = (*SHIPPED, "paper_figures", "benchmarks", "docs", "octave", "tests")
# The module that a file of version 0.1 names is read for ever.
OLD_CLASS_PATH = ("tests/toolbox/data/test_saved_records.py", "toolbox.doors:InputError")


def texts():
    """Yield the path and the text of all that people wrote: code, pages, scripts, settings."""
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*")):
            made = {"_build", "reference", "gallery", "gallery_source", "measured"}
            if path.suffix in (".py", ".md", ".m", ".css") and not (
                place == "docs" and made & set(path.relative_to(ROOT).parts)
            ):
                yield path.relative_to(ROOT).as_posix(), path.read_text()
    for name in ("README.md", "CHANGES.md", "Makefile", "pyproject.toml", "CITATION.cff"):
        yield name, (ROOT / name).read_text()


def test_no_figures_of_speech_for_packages_and_checks():
    found, read = [], 0
    for path, text in texts():
        if path == Path(__file__).relative_to(ROOT).as_posix():
            continue
        read += 1
        if path == OLD_CLASS_PATH[0]:
            assert text.count(OLD_CLASS_PATH[1]) == 1
            text = text.replace(OLD_CLASS_PATH[1], "")
        found += [(path, match.group()) for match in WORDS.finditer(text)]
    assert found == []
    assert read > 500


@pytest.mark.parametrize("text", ["through the front door", "Two rooms.", "Each room has its own"])
def test_a_figure_of_speech_is_found(text):
    assert WORDS.search(text)


@pytest.mark.parametrize("text", ["no room in memory", "Room(largest)", "indoors", "warehouse"])
def test_other_words_are_not(text):
    assert WORDS.search(text) is None
