"""What to know of papers and of how they were compared, in a curator's words.

Remarks of the methods are grouped, and told in words; as the methods say them they are in
remarks.csv.
"""

import re
from collections.abc import Callable
from typing import Any

from grainwise.reports.pages.wording import counted, remarks
from grainwise.reports.papers.found import FAMILIES

TABLE = "remarks.csv"
LEARNED_FROM = {"units": "images of one sheet", "judged pairs": "judged pairs"}


def _weights(found: list[re.Match]) -> str:
    pairs = re.findall(r"(\w+) (-?[\d.]+)", found[0][1])
    total = sum(abs(float(weight)) for _, weight in pairs) or 1.0
    shares = ", ".join(f"{name} {abs(float(w)) / total:.0%}" for name, w in pairs)
    return (
        f"Ways of describing a texture that were put together, and how much each counts: {shares}."
    )


def _too_few(found: list[re.Match]) -> str:
    sheets, beyond, here, more = found[0].groups()
    return (
        f"Sheets tell how alike is alike enough from {sheets} sheets of several images on, with "
        f"{beyond} images beyond the first of each. Here are {here} and {more}."
    )


def _respects(found: list[re.Match]) -> str:
    told = ", ".join(f"{one[2]} by {one[1]}" for one in found)
    return f"The images differ in several independent respects, beyond chance: {told}."


def _nothing(found: list[re.Match]) -> str:
    ways = ", ".join(one[1] for one in found)
    return f"Described by {ways} alone, the images differ no more than images of one paper would."


def _widened(found: list[re.Match]) -> str:
    most = max(float(one[1]) for one in found)
    if most < 1.1:
        return ""
    return (
        f"Parts of one image differ, up to {most:.1f} times as much as those of an even texture: "
        "shadows, folds or writing? This was allowed for."
    )


def _again(found: list[re.Match]) -> str:
    number = counted(int(found[0][1]), "repeated judgement")
    return f"{number} of a pair {'is' if found[0][1] == '1' else 'are'} not counted."


_EACH = "|".join(FAMILIES)
_OF = rf"\b({_EACH}): (?:(?!\b(?:{_EACH}): ).)*?"  # a family, and what is said of it alone
# What notes of the methods say -> a sentence of all that say it, "" for what needs none.
SENTENCES: tuple[tuple[str, Callable[[list[re.Match]], str]], ...] = (
    (r"weights \([^)]*\): ([^;]*)", _weights),
    (
        r"units set it from (\d+) of several items on, (\d+) items beyond the first of each; "
        r"here (\d+) and (\d+)",
        _too_few,
    ),
    (r"(\d+) repeated judgements? of a pair", _again),
    (rf"{_OF}items differ in (\d+) directions", _respects),
    (rf"{_OF}items differ no more than images of one law", _nothing),
    (r"widened ([\d.]+) times", _widened),
)


def what_to_know(papers: Any, found: Any) -> list[str]:
    """Return sentences on the images, on the level of scores, and on how they were compared."""
    lines = [f"{text[0].upper()}{text[1:]}." for text in remarks(papers.note)]
    lines += _level_in_words(found)
    notes = _notes(found)
    for pattern, sentence in SENTENCES:
        matches = list(re.finditer(pattern, notes))
        told = sentence(matches) if matches else ""
        lines += [told] * bool(told)
    technical = len(remarks(notes))
    if technical:
        said = f"{counted(technical, 'remark')} of the methods, as they say them, are in {TABLE}."
        lines.append(said)
    return lines


def _notes(found: Any) -> str:
    """Return what the methods said, each once: the clusters repeat what the evidence says."""
    evidence = found.evidence.note
    clusters = found.clusters.note if found.clusters else ""
    return "; ".join(filter(None, (clusters.replace(evidence, "").strip("; "), evidence)))


def _level_in_words(found: Any) -> list[str]:
    """Say what scores and clusters rest on, for who does not know the methods."""
    level = found.evidence.level
    words = [
        "Scores only rank pairs: neither sheets of several images nor judged pairs say from which "
        "score on two papers are the same."
        if level == "none"
        else f"From which score on two papers are the same was learned from {LEARNED_FROM[level]}."
    ]
    if found.clusters is not None and found.clusters.k == len(found.clusters.labels):
        words.append("No two images were put together: each is its own cluster.")
    return words


def remark_table(papers: Any, found: Any) -> dict[str, list[str]]:
    """Return the columns of remarks.csv."""
    rows = [("images", text) for text in remarks(papers.note)]
    rows += [("methods", text) for text in remarks(_notes(found))]
    return {"about": [about for about, _ in rows], "remark": [text for _, text in rows]}
