"""What the header of a recording says of a birth, in the words of the CTU-UHB database."""

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
    said = {_NAMES[key.lower()]: value for key, value in comments.items() if key.lower() in _NAMES}
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
