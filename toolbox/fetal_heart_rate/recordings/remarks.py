"""What recordings have that is not as usual: every remark by recording, and few lines of note."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np

from toolbox.data.readable_files import few
from toolbox.fetal_heart_rate.recordings.beats import (
    HELD,
    LOW,
    LOW_MINUTES,
    MEASURED_TEXT,
    held_share,
    low_minutes,
)
from toolbox.fetal_heart_rate.recordings.birth_facts import Facts

# A kind of remark, and its line in the note: of the recordings, or of what was said of them.
LINES = {
    "table of subjects": "{texts}",
    "two pH of one birth": "one birth with two pH in {texts}",
    "cut otherwise": "the same heart rates, cut otherwise or at another rate, in {texts}",
    "one subject": "{texts}",
    "no pH": "no pH in the header of {names}",
    "words beside a number": "words stand beside a number that was read, in {told}",
    "unclear": "no number is taken from what is not one clear number, in {told}",
    "impossible": "a number that no birth has is not used, in {told}",
    "several dbID": "no subject is read from several dbID in {told}: a table of subjects that "
    "lists it says whose it is",
    "no contractions": "no contractions, or a flat channel, in {names}",
    "unit": "no beats a minute in the header, but in the values, which count as such, in {told}",
    "not measured": f"values outside {MEASURED_TEXT} count as lost in {{told}}",
    "held": f"one value for {HELD:g} seconds and more, kept as recorded, in {{told}}",
    "low": f"{LOW_MINUTES:g} minutes and more below {LOW:g} beats a minute, as a mother's or a "
    "halved heart rate, kept as recorded, in {told}",
    "unread samples": "signals go on after what the header announces, unread, in {told}",
    "second heart rate": "heart rates beside the first are not read in {told}",
    "another channel": "the first heart rate is lost throughout, and another is read, in {told}",
    "twin or mother": "a twin or the mother is spoken of, and counts as of no other recording's "
    "subject unless a table of subjects joins them, in {told}",
    "Sig2Birth": "Sig2Birth is taken as minutes in {names}",
    "other files": "{texts}",
    "unknown comment": "comments never seen, and not used: {texts}",
}


class Remark(NamedTuple):
    """One thing that is not as usual: of which recording ("" of none), its kind, what was found."""

    recording: str
    kind: str
    said: str = ""


class _Recording(Protocol):
    name: str
    heart_rate: np.ndarray
    contractions: np.ndarray
    rate: float
    said: Facts
    unread: tuple[str, ...]
    instead: str
    beyond: int
    not_measured: int
    odd_unit: str


def remarks_of(found: Iterable[_Recording]) -> list[Remark]:
    """Return every remark on recordings, one recording after the other."""
    return [Remark(one.name, kind, said) for one in found for kind, said in _of_one(one)]


def _of_one(one: _Recording) -> list[tuple[str, str]]:
    held = held_share(one.heart_rate, one.rate)
    low = low_minutes(one.heart_rate, one.rate)
    said = one.said
    told = [
        ("no contractions", "", _flat(one.contractions)),
        ("unit", repr(one.odd_unit), bool(one.odd_unit)),
        ("not measured", f"{one.not_measured}", one.not_measured > 0),
        ("held", f"{held:.0%}", held > 0),
        ("low", f"{low:.0f} minutes", low > 0),
        ("unread samples", f"{one.beyond} samples", one.beyond > 0),
        ("second heart rate", ", ".join(one.unread), bool(one.unread)),
        ("another channel", one.instead, bool(one.instead)),
        ("Sig2Birth", "", said.to_birth > 0),
    ]
    return [
        *([("no pH", "")] if _without_ph(said) else []),
        *(("words beside a number", line) for line in said.with_words),
        *(("unclear", line) for _, line in said.unclear),
        *(("impossible", line) for _, line in said.impossible),
        *((kind, text) for kind, text, there in told if there),
        *(("twin or mother", key) for key in said.kin),
        *(("unknown comment", key) for key in said.unknown),
    ]


def _without_ph(said: Facts) -> bool:
    """Say whether a header says no pH at all: one that is not clear is said by itself."""
    quoted = {name for name, _ in (*said.unclear, *said.impossible)}
    return bool(np.isnan(said.ph)) and "pH" not in quoted


def _flat(contractions: np.ndarray) -> bool:
    there = contractions[~np.isnan(contractions)]
    return len(there) == 0 or bool(there.max() == there.min())


def lines_of(remarks: list[Remark]) -> list[str]:
    """Return the note's lines, a kind each, with the first recordings of each."""
    lines = []
    for kind, line in LINES.items():
        those = [one for one in remarks if one.kind == kind]
        if those:
            names = few(list(dict.fromkeys(one.recording for one in those)))
            told = few([f"{one.recording} ({one.said})" for one in those])
            each = list(dict.fromkeys(one.said for one in those))
            texts = "; ".join(each) if line == "{texts}" else few(each)
            lines.append(line.format(names=names, told=told, texts=texts))
    return lines
