"""The committed reference of the quick figures: what `--check` compares with.

The digest of all arrays says whether they are the same; where they are not, as on another kind of
processor, each group of arrays must have the same count, and its mean and standard deviation must
be within a tolerance, in units of that standard deviation.
"""

import json
from pathlib import Path
from typing import Any

from paper_figures.runner.written_files import as_json, write

PLACE = Path(__file__).resolve().with_name("reference.json")
TOLERANCE = 0.05  # standard deviations of a group's values; a figure's entry may state another
ROUNDING = 1e-5  # of the numbers in the file, and of sums in single precision


def differences(made: dict[str, Any], reference: dict[str, Any] | None) -> list[str]:
    """Return in what a figure's arrays are not as the reference says; nothing where they are."""
    if reference is None:
        return ["it has no reference: make one by --accept"]
    if made["arrays"] == reference["arrays"]:
        return []
    tolerance = reference.get("tolerance", TOLERANCE)
    found = []
    for name, old in reference["summary"].items():
        new = made["summary"].get(name)
        if new is None:
            found.append(f"{name}: not computed any more")
        elif (new["count"], new["not_finite"]) != (old["count"], old["not_finite"]):
            was = f"{old['count']} values ({old['not_finite']} not finite)"
            found.append(f"{name}: {new['count']} values ({new['not_finite']}), wanted {was}")
        else:
            found += _apart(name, new, old, tolerance)
    return found


def _apart(name: str, new: dict[str, float], old: dict[str, float], tolerance: float) -> list[str]:
    allowed = tolerance * old["sd"] + ROUNDING * abs(old["mean"])
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
        stated = known.get(name, {}).get("tolerance", TOLERANCE)
        kept = {k: made[k] for k in ("arrays", "pixels", "versions", "device", "summary")}
        known[name] = {"tolerance": stated, "seconds": round(made["seconds"])} | kept
    write(PLACE, as_json(dict(sorted(known.items()))))
