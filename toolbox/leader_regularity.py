"""Whether leaders exist: coefficients regular enough for their order of integration, not zero."""

from math import inf
from typing import Any

import numpy as np

from toolbox import doors

LARGEST_GAMMA = 2.0


def gamma_argument(gamma: Any) -> float | None:
    """Return the order asked for, None for "auto"."""
    if isinstance(gamma, str) and gamma == "auto":
        return None
    if isinstance(gamma, str):
        doors.refuse("gamma", "'auto' or a number >= 0", repr(gamma))
    return doors.number(gamma, "gamma", minimum=0)


def check_leaders(
    sums: dict[str, np.ndarray], *, p: float, gamma: float | None, lead: tuple[int, ...]
) -> None:
    """Refuse leaders that are zero, and coefficients not regular enough to have leaders."""

    def place(i: int) -> list[int]:
        return [int(k) for k in np.unravel_index(i, lead)] if lead else [0]

    def name(i: int) -> str:
        return f" of item {', '.join(map(str, place(i)))}" if lead else ""

    zero = np.flatnonzero(sums["floored"])
    if len(zero):
        n = int(sums["floored"][zero[0]])  # at the finest scale of the range
        wanted = "variation everywhere (crop constant or straight stretches, or add noise of the "
        wanted += "size of the quantisation)"
        got = f"{n} leaders{name(zero[0])} that are zero, or rounding"
        doors.refuse("x", wanted, got, item=place(zero[0])[0])
    regularity = sums["h_min"] if p == inf else sums["eta"] / p
    worst = int(np.argmin(regularity))
    is_least = f"{'hmin' if p == inf else 'eta / p'} = {regularity[worst]:.2f}{name(worst)}"
    if gamma is not None and regularity[worst] + gamma <= 0:
        wanted = f"more than {-regularity[worst]:.2f}, since {is_least} (or gamma='auto')"
        doors.refuse("gamma", wanted, gamma, item=place(worst)[0])
    if gamma is None and sums["gamma"].max() > LARGEST_GAMMA:
        wanted = f"a regularity that gamma up to {LARGEST_GAMMA} makes positive"
        doors.refuse("x", wanted, is_least, item=place(worst)[0])


def note_of(gamma: np.ndarray, *, chosen: bool, resamples: int) -> str:
    """Return what to know before trusting the numbers."""
    notes = []
    if chosen and len(np.unique(gamma)) > 1:
        notes.append(
            f"gamma differs between items ({gamma.min():g} to {gamma.max():g}): give all of them "
            f"gamma={gamma.max():g} to compare them"
        )
    if resamples:
        notes.append(
            "the interval leaves out the estimator's bias: without calibration it does not cover "
            "the true c_1 of rough processes"
        )
    return "; ".join(notes)
