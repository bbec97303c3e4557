"""What the header of a recording says of a birth, in the words of the CTU-UHB database.

A number is taken where there is one, though words stand beside it ("7.05 (art.)"); of two, of a
range or of a comma nobody knows which is meant, and blood of the vein or of the mother is another
quantity: none is taken. Both are said. What a header says costs a number, never the recording.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

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
_ABSENT = ("", "nan", "n/a", "-", "?")
_DECIMAL = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
# A number by itself: neither part of a word (7x) nor of a longer one; a full stop may follow.
_NUMBER = re.compile(rf"(?<![\w.,/+-]){_DECIMAL}(?!\w|[.,]\d)", re.IGNORECASE)
# A comma or a slash or dash between digits, and bounds, are no statement of one number.
_UNCLEAR = re.compile(r"\d\s*(?:[,/]|-|–|\.\.|to|bis|à)\s*\d|[<>≤≥±~]", re.IGNORECASE)
# pH and base deficit are those of the umbilical artery. The vein's pH is some .08 higher, the
# mother's .2; of a mixture, a scalp or the newborn nobody knows how far it is from the artery's.
_OTHER_BLOOD = re.compile(
    r"\b(?:ven|vein|uvc?\b|v\b|matern|mat\b|mother|mütter|mutter|mix|gemischt|scalp|fbs\b|mbu\b"
    r"|capil|kapill|cap\b|placent|plazent|neonat|newborn|infant)",
    re.IGNORECASE,
)
# Words of another child, or of whose child it is: such recordings may share a mother.
_KIN = re.compile(
    r"\b(?:twin|triplet|zwilling|drilling|gemin|jumea|gemel|mother|mutter|matern)", re.I
)
_NO = ("", "0", "no", "none", "nein", "non", "n", "false")
_PERSON = re.compile(
    r"(?:mother|mutter|patient|pat\b|name|vorname|nachname|surname|nom\b)", re.IGNORECASE
)
_ARTERY = re.compile(r"\b(?:art|ua\b|a\.|cord\b|umb)", re.IGNORECASE)


class Facts(NamedTuple):
    """Numbers of one birth, NaN where the header does not say them clearly."""

    ph: float = NAN
    bdecf: float = NAN
    apgar1: float = NAN
    apgar5: float = NAN
    second_stage: float = NAN  # samples from the start of the recording
    to_birth: float = NAN  # minutes from its end
    database_id: str = ""
    several_ids: tuple[str, ...] = ()  # where one header gives several, of which none is taken
    unknown: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()  # what speaks of a twin or of the mother, and is not used
    with_words: tuple[str, ...] = ()  # lines whose number was taken, words beside it
    unclear: tuple[tuple[str, str], ...] = ()  # (name, lines) of which no number was taken
    impossible: tuple[tuple[str, str], ...] = ()  # (name, lines) of a number that no birth has


class _Said(NamedTuple):
    number: float = NAN
    with_words: str = ""
    unclear: str = ""
    impossible: str = ""


def facts(comments: Mapping[str, str]) -> Facts:
    """Return what comments say: one number of each quantity, or the lines that do not say one."""
    statements, used = _statements(comments)
    found = {name: _number(name, statements.get(name, [])) for name in _MEASURED}
    ids = [text for text in statements.get("dbID", []) if text.lower() not in _ABSENT]
    ids = list(dict.fromkeys(ids))
    if "pH" not in statements:
        found["pH"], mentions = _mentioned(comments, used)
        used |= mentions
    unread = [key for key in comments if key not in used]
    kin = [k for k in unread if _KIN.search(k) and comments[k].strip().lower() not in _NO]
    return Facts(
        *(one.number for one in found.values()),
        database_id=ids[0] if len(ids) == 1 else "",
        several_ids=tuple(ids) if len(ids) > 1 else (),
        unknown=tuple(dict.fromkeys(_nameless(key) for key in unread if key not in kin)),
        kin=tuple(dict.fromkeys(_nameless(key) for key in kin)),
        with_words=tuple(one.with_words for one in found.values() if one.with_words),
        unclear=tuple((name, one.unclear) for name, one in found.items() if one.unclear),
        impossible=tuple((name, one.impossible) for name, one in found.items() if one.impossible),
    )


def within(said: Facts, *, samples: int, rate: float) -> Facts:
    """Return facts without a second stage that begins after birth."""
    birth = samples + said.to_birth * 60 * rate
    if not said.second_stage > birth:  # nor where one of them is not known
        return said
    line = f"'Pos. II.st. {said.second_stage:.0f}', after birth"
    impossible = (*said.impossible, ("Pos. II.st.", line))
    return said._replace(second_stage=NAN, impossible=impossible)


def _nameless(key: str) -> str:
    """Return what a comment is of, less the names of a person that may follow: reports are shown.

    A single space parts at its last one: "Name Anna Muster" is the key "Name Anna".
    """
    return key.split()[0] if _PERSON.match(key) else key


def _statements(comments: Mapping[str, str]) -> tuple[dict[str, list[str]], set[str]]:
    """Return what is said of each name, and the keys of the comments that say it.

    Lines of one key come as one text, parted by semicolons. A line may have words before the
    number or after it: "pH arterial: 7.05", "pH 7.05 art.", "UA pH 7.05".
    """
    found: dict[str, list[str]] = {}
    used = set()
    for key, value in comments.items():
        name = _NAMES.get(key.lower())
        name, text = (name, value) if name else _inside_words(f"{key} {value}".strip())
        if name:
            used.add(key)
            found.setdefault(name, []).extend(part.strip() for part in text.split(";"))
    return found, used


def _inside_words(line: str) -> tuple[str | None, str]:
    """Return the quantity that a line begins with, or names after its vessel, and what it says."""
    line = re.sub(r"pH[_-]?(?=[a-z]+\b)", "pH ", line.replace("_", " "))  # pHa, pH_art
    for name in _RANGES:
        parts = re.match(rf"([^\d:]*?)\b{name}(?!\w)(.*)", line, re.IGNORECASE)
        before, after = parts.groups() if parts else ("?", "")
        if not before or _ARTERY.search(before) or _OTHER_BLOOD.search(before):
            return name, f"{before.strip(' -')} {after.strip(' :=')}".strip()
    return None, ""


def _mentioned(comments: Mapping[str, str], used: set[str]) -> tuple[_Said, set[str]]:
    """Return lines that speak of a pH in a way that is not known: "Outcome pH 7.1", "pH7.1"."""
    lines = {key: f"{key} {value}".strip() for key, value in comments.items() if key not in used}
    lines = {key: line for key, line in lines.items() if re.search(r"pH.*\d", line)}
    return _Said(unclear=_quoted(" and ".join(lines.values())) if lines else ""), set(lines)


def _number(name: str, said: list[str]) -> _Said:
    """Return the one number that may mean this quantity; of none, and of several, the lines."""
    said = [text for text in said if text.lower() not in _ABSENT]
    if not said:
        return _Said()
    lines = _quoted(" and ".join(f"{name} {text}" for text in said))
    own = [text for text in said if not (_OTHER_BLOOD.search(text) and re.search(r"\d", text))]
    numbers = {_only_number(text) for text in own if re.search(r"\d", text)}
    number = numbers.pop() if len(numbers) == 1 else None
    if number is None or any(_OTHER_BLOOD.search(text) for text in own):
        return _Said(unclear=lines)
    if name in _NOT_SAID and number < 0:
        return _Said()
    low, high = _RANGES.get(name, (0.0, float("inf")))
    alone = len(own) == len(said) and not any(_NUMBER.sub("", text).strip(" .") for text in said)
    if not low <= number <= high:  # with words it may be no pH at all, as that of a meter
        return _Said(impossible=lines) if alone else _Said(unclear=lines)
    return _Said(number, with_words="" if alone else lines)


def _only_number(text: str) -> float | None:
    """Return the one number of a text, None where there is none, or it is not clear which."""
    found = {float(number) for number in _NUMBER.findall(text)}
    return found.pop() if len(found) == 1 and not _UNCLEAR.search(text) else None


def _quoted(line: str) -> str:
    """Return a line as notes quote it: remarks are parted by semicolons."""
    return repr(line.replace(";", ","))
