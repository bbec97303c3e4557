"""The files of recordings: which are whole, and what their headers say of a birth.

Headers speak in the words of the CTU-UHB database.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from toolbox.core.checks import refuse
from toolbox.data.files.wfdb import calibration, read_header
from toolbox.data.readable_files import Skipping, leads_nowhere, refuse_link

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


def facts(comments: Mapping[str, str], source: str) -> Facts:
    """Return what comments say; a number that no birth has is refused with the file's name."""
    said: dict[str, str] = {}
    for key, value in comments.items():
        name = _NAMES.get(key.lower())
        if name and value and said.setdefault(name, value) != value:
            refuse("path", f"one {name}", f"{said[name]} and {value} in the header of {source!r}")
    numbers = {name: _number(name, said.get(name), source) for name in (*_RANGES, *_NOT_SAID)}
    return Facts(
        *(numbers[name] for name in (*_RANGES, *_NOT_SAID)),
        database_id=said.get("dbID", ""),
        unknown=tuple(key for key in comments if key.lower() not in _NAMES),
    )


def _number(name: str, text: str | None, source: str) -> float:
    if text is None or text.lower() in ("nan", "n/a", "-", "?"):
        return NAN
    try:
        value = float(text)
    except ValueError:
        refuse("path", f"a number for {name}", f"{text!r} in the header of {source!r}")
    low, high = _RANGES.get(name, (0.0, float("inf")))
    if name in _NOT_SAID and value < 0:
        return NAN
    if not low <= value <= high:
        refuse("path", f"{name} from {low:g} to {high:g}", f"{value:g} in {source!r}")
    return value


def recording_headers(place: Path, skipping: Skipping) -> list[Path]:
    """Return the headers of a folder in the order of their names; refuse samples without one."""
    if not place.is_dir():
        if place.suffix.lower() != ".hea":
            refuse("path", "a .hea header or a folder of them", repr(str(place)))
        return [place]
    shown = sorted(f for f in place.rglob("*") if not f.name.startswith("."))
    for header in (f for f in shown if f.suffix.lower() == ".hea" and leads_nowhere(f)):
        with skipping.of(header.name):
            refuse_link(header)
    files = [f for f in shown if f.is_file()]
    headers = [f for f in files if f.suffix.lower() == ".hea"]
    if not headers:
        refuse("path", "a folder with .hea headers of recordings", f"none in {str(place)!r}")
    named = {header: _files_named(header) for header in headers}
    of_others = {header.parent / name for header, names in named.items() for name in names}
    known = of_others | {header.with_suffix(".dat") for header in headers}
    for file in files:
        if file.suffix.lower() == ".dat" and file not in known:
            with skipping.of(file.name):
                refuse("path", "a header (.hea) that names each file of samples", f"{file.name!r}")
    return [h for h in headers if h.with_suffix("") not in of_others]  # segments belong to another


def recording_names(place: Path, headers: list[Path]) -> list[str]:
    """Return a name for each header: that of the file, with its folders where another has it too.

    Two hospitals may both have a recording 1001, and these are not of one subject.
    """
    count = Counter(header.stem for header in headers)
    return [
        h.stem if count[h.stem] == 1 else h.relative_to(place).with_suffix("").as_posix()
        for h in headers
    ]


def says_gain(header: Path, signal: int) -> bool:
    """Say whether a header gives the gain of a signal; that of a list of segments stands elsewhere.

    WFDB's default of 200 is meant for millivolts; of beats a minute it would make other ones.
    """
    rows = read_header(header)[0]
    if "/" in rows[0].split()[0] or signal + 1 >= len(rows):
        return True
    gain, _, _ = calibration(rows[signal + 1])
    return bool(gain) and float(gain) != 0


def _files_named(header: Path) -> set[str]:
    """Return the first word of each line but the first: files of samples, or segments."""
    return {row.split()[0] for row in read_header(header)[0][1:]}
