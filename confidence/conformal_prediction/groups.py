"""Groups of calibration items: who belongs to which, the law of each one's coverage."""

from fractions import Fraction
from typing import Any

import numpy as np

from confidence.conformal_prediction.exact_ranks import fewest, rank, threshold, unit_threshold
from confidence.scoring.intervals import own_units
from toolbox.core import checks

EVERYONE = "all"


def group_members(groups: Any, y: np.ndarray, *, count: int) -> tuple[str, np.ndarray, np.ndarray]:
    """Return what groups are, their names, and the number of each item's."""
    if groups is None:
        return "all", np.array([EVERYONE]), np.zeros(len(y), dtype=int)
    if isinstance(groups, str) and groups == "class":
        absent = np.flatnonzero(np.bincount(y, minlength=count) == 0)
        if len(absent):
            wanted = "an item of every class with groups='class'"
            checks.refuse("labels", wanted, f"none of class {absent[0]}")
        return "class", np.arange(count), y
    names, member = np.unique(checks.labels(groups, "groups", length=len(y)), return_inverse=True)
    return "group", names, member


def group_thresholds(
    scores: np.ndarray, units: np.ndarray, member: np.ndarray, names: np.ndarray, alpha: Fraction
) -> dict[str, Any]:
    """Return the thresholds of groups and what goes with them; small groups share one."""
    alone = own_units(units)

    def number(part: np.ndarray) -> int:
        return len(part) if alone else len(np.unique(units[part]))

    parts = [np.flatnonzero(member == g) for g in range(len(names))]
    counts = np.array([number(part) for part in parts])
    small = (counts < fewest(alpha)) & (len(names) > 1)
    together = np.concatenate([parts[g] for g in np.flatnonzero(small)] or [np.zeros(0, int)])
    behind = [together if few else part for few, part in zip(small, parts, strict=True)]
    found = (_law(scores[part], None if alone else units[part], alpha) for part in behind)
    limits, laws = zip(*found, strict=True)
    limits, laws = np.array(limits), np.array(laws, dtype=float)
    return {
        "threshold": limits,
        "counts": np.array([number(part) for part in behind]),
        "pooled": small,
        "coverage_law": laws,
        "coverage_interval": _central(laws),
        "note": _note(limits, small, names, alpha),
    }


def _law(
    scores: np.ndarray, units: np.ndarray | None, alpha: Fraction
) -> tuple[float, list[float]]:
    """Return the threshold and the parameters of the coverage's law; each its own unit if None."""
    if units is not None and not own_units(units):
        return unit_threshold(scores, units, alpha), [np.nan, np.nan]
    n, k = len(scores), rank(len(scores), alpha)
    return threshold(scores, alpha), [k, n + 1 - k] if k <= n else [np.nan, np.nan]


def _central(law: np.ndarray) -> np.ndarray:
    from scipy.special import betaincinv

    return np.stack([betaincinv(law[:, 0], law[:, 1], tail) for tail in (0.025, 0.975)], axis=1)


def _note(limits: np.ndarray, small: np.ndarray, names: np.ndarray, alpha: Fraction) -> str:
    notes = []
    if small.any():
        few = ", ".join(map(str, names[small]))
        notes.append(
            f"groups {few} have fewer than the {fewest(alpha)} items that the level needs: they "
            "share one threshold, and coverage holds for them together"
        )
    if np.isinf(limits).any():
        notes.append(
            f"fewer than {fewest(alpha)} items: sets of all classes where the threshold is infinite"
        )
    return "; ".join(notes)
