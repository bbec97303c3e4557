"""The committed reference of the quick figures: what `--check` compares with.

The digest of all arrays says whether they are the same; where they are not, as on another kind of
processor, each group of arrays must have the same count, and its mean and standard deviation must
be within a tolerance, in units of that standard deviation. An entry may state another tolerance
for the figure, and `tolerances` for groups (names or patterns of them) that rounding alone moves by
more, as an optimiser's long way does: a group of one value in units of that value. What is stated
outlasts a new reference.
"""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from paper_figures.runner.written_files import as_json, write

PLACE = Path(__file__).resolve().with_name("reference.json")
TOLERANCE = 0.05  # standard deviations of a group's values
ROUNDING = 1e-5  # of the numbers in the file, and of sums in single precision


def differences(made: dict[str, Any], reference: dict[str, Any] | None) -> list[str]:
    """Return in what a figure's arrays are not as the reference says; nothing where they are."""
    if reference is None:
        return ["it has no reference: make one by --accept"]
    if made["arrays"] == reference["arrays"]:
        return []
    found = []
    for name, old in reference["summary"].items():
        new = made["summary"].get(name)
        if new is None:
            found.append(f"{name}: not computed any more")
        elif (new["count"], new["not_finite"]) != (old["count"], old["not_finite"]):
            was = f"{old['count']} values ({old['not_finite']} not finite)"
            found.append(f"{name}: {new['count']} values ({new['not_finite']}), wanted {was}")
        else:
            found += _apart(name, new, old, _allowed(name, old, reference))
    return found


def _allowed(name: str, old: dict[str, float], reference: dict[str, Any]) -> float:
    """Return how far mean and standard deviation of a group may be from the reference's."""
    for pattern, tolerance in reference.get("tolerances", {}).items():
        if fnmatchcase(name, pattern):
            return tolerance * (old["sd"] or abs(old["mean"]))
    tolerance = reference.get("tolerance", TOLERANCE)
    return tolerance * old["sd"] + ROUNDING * abs(old["mean"])


def _apart(name: str, new: dict[str, float], old: dict[str, float], allowed: float) -> list[str]:
    return [
        f"{name}: {what} {new[what]:.6g}, wanted {old[what]:.6g} within {allowed:.2g}"
        for what in ("mean", "sd")
        if abs(new[what] - old[what]) > allowed
    ]


def load() -> dict[str, Any]:
    """Return figure -> reference."""
    return json.loads(PLACE.read_text()) if PLACE.exists() else {}


def accept(entries: dict[str, dict[str, Any]]) -> None:
    """Make what was computed now the reference; tolerances stay as they are stated."""
    known = load()
    for name, made in entries.items():
        before = known.get(name, {})
        stated = {k: before[k] for k in ("tolerance", "tolerances") if k in before}
        kept = {k: made[k] for k in ("arrays", "pixels", "versions", "device", "summary")}
        known[name] = {"tolerance": TOLERANCE} | stated | {"seconds": round(made["seconds"])} | kept
    write(PLACE, as_json(dict(sorted(known.items()))))
