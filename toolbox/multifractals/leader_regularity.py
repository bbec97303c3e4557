"""Whether leaders exist: coefficients regular enough for their order of integration, not zero."""

from math import inf
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.multifractals.leader_sums import Q

# Integrated twice, even the increments of white noise (regularity -1.5) have leaders.
LARGEST_GAMMA = 2.0
UNCALIBRATED = (
    "the interval leaves out the estimator's bias: without calibration it does not cover the true "
    "c_1 of rough processes"
)
# Leaders this far below the geometric mean (in nats), if they are at least this share of a scale,
# are a flat or damped stretch: walks of lambda^2 = .3 have none below 4.5, draw after draw.
LOW, LOW_SHARE = 5.0, 1e-3


def gamma_argument(gamma: Any) -> float | None:
    """Return the order asked for, None for "auto"."""
    if isinstance(gamma, str) and gamma == "auto":
        return None
    if isinstance(gamma, str):
        checks.refuse("gamma", "'auto' or a number >= 0", repr(gamma))
    return checks.number(gamma, "gamma", minimum=0)


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
        checks.refuse("x", wanted, got, item=place(zero[0])[0])
    regularity = sums["h_min"] if p == inf else sums["eta"] / p
    worst = int(np.argmin(regularity))
    is_least = f"{'hmin' if p == inf else 'eta / p'} = {regularity[worst]:.2f}{name(worst)}"
    if gamma is not None and regularity[worst] + gamma <= 0:
        wanted = f"more than {-regularity[worst]:.2f}, since {is_least} (or gamma='auto')"
        checks.refuse("gamma", wanted, gamma, item=place(worst)[0])
    if gamma is None and sums["gamma"].max() > LARGEST_GAMMA:
        wanted = f"a regularity that gamma up to {LARGEST_GAMMA} makes positive"
        checks.refuse("x", wanted, is_least, item=place(worst)[0])


def low_leaders(exponentials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how deep the lowest leaders lie, in nats, and their share: (items, range) each.

    From A(q) = mean e^{q e} at q = -4, -5: a share s of leaders at e = -d makes A(q) = s e^{-q d}
    wherever the rest adds little, so that d = ln A(-5) / A(-4) and s = A(-4)^5 / A(-5)^4.
    """
    at = [Q.index(-5), Q.index(-4)]
    lowest, low = np.moveaxis(np.log(exponentials[:, :, at, 0]), -1, 0)
    return lowest - low, np.exp(5 * low - 4 * lowest)


def without_low_leaders(
    estimate: dict[str, np.ndarray], exponentials: np.ndarray
) -> tuple[dict[str, np.ndarray], str]:
    """Return the figures with NaN where low leaders alone decide them, and a note of it."""
    depth, share = low_leaders(exponentials)
    share = np.where(depth > LOW, share, 0).max(axis=1)
    spoilt = share >= LOW_SHARE
    if not spoilt.any():
        return estimate, ""
    rows, negative = np.ix_(spoilt, np.array(Q) < 0)
    changed = {name: estimate[name].copy() for name in ("zeta", "h", "D", "cumulants")}
    for name in ("zeta", "h", "D"):
        changed[name][rows, negative] = np.nan
    changed["cumulants"][spoilt, 2:] = np.nan
    note = (
        f"up to {share.max():.2g} of the leaders of {int(spoilt.sum())} of {len(spoilt)} items lie "
        f"more than {LOW:g} nats below their geometric mean, as in flat or damped stretches: "
        "zeta, h and D of q < 0 and cumulants above c_2 are NaN, c_1 and c_2 those of a mixture"
    )
    return estimate | changed, note


def note_of(gamma: np.ndarray, *, chosen: bool, resamples: int) -> str:
    """Return what to know before trusting the numbers, as one text."""
    return "; ".join(notes_of(gamma, chosen=chosen, resamples=resamples))


def notes_of(gamma: np.ndarray, *, chosen: bool, resamples: int, low: str = "") -> tuple[str, ...]:
    """Return what to know before trusting the numbers, one by one."""
    notes = [low] if low else []
    if chosen and (gamma != gamma[0]).any():
        notes.append(
            f"gamma differs between items ({gamma.min():g} to {gamma.max():g}): give all of them "
            f"gamma={gamma.max():g} to compare them"
        )
    if resamples:
        notes.append(UNCALIBRATED)
    return tuple(notes)
