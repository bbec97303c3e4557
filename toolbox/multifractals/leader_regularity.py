"""Whether leaders exist: coefficients regular enough for their order of integration, not zero."""

from math import inf
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.multifractals.leader_sums import LOW_ON_FLAT, SOMEWHAT, Q
from toolbox.multiscale.leaders import of_item, place, refuse_zero

# Integrated twice, even the increments of white noise (regularity -1.5) have leaders.
LARGEST_GAMMA = 2.0
UNCALIBRATED = (
    "the interval leaves out the estimator's bias: without calibration it does not cover the true "
    "c_1 of rough processes"
)
# Leaders this far below the geometric mean (in nats), if they are at least this share of a scale,
# are a flat or damped stretch: of 800 walks of lambda^2 = .3 none lay below 6, 18 below 5, but none
# of these with a `lowest_block` somewhat low too.
LOW, LOW_ALONE, LOW_SHARE = 5.0, 6.0, 1e-3
ON_A_LOW_BLOCK = (
    "zeta, h and D of q < 0 and cumulants above c_2 rest on them, right if these are rare strong "
    "events, as of a log-Poisson cascade, wrong if x is flat or damped there"
)


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
    refuse_zero(sums["floored"], lead=lead)  # at the finest scale of the range
    regularity = sums["h_min"] if p == inf else sums["eta"] / p
    i = int(np.argmin(regularity))
    worst, item = regularity[i], place(i, lead)[0]
    is_least = f"{'hmin' if p == inf else 'eta / p'} = {worst:.2f}{of_item(i, lead)}"
    lacking = sums["gamma"].max() > LARGEST_GAMMA if gamma is None else worst + gamma <= 0
    if lacking and (gamma is None or worst <= -LARGEST_GAMMA):
        wanted = f"a regularity that gamma up to {LARGEST_GAMMA} makes positive (take the running "
        wanted += "sum of x, or scales= at which x varies: periodic patterns and lone spikes have "
        wanted += "no exponents)"
        checks.refuse("x", wanted, is_least, item=item)
    if lacking:
        wanted = f"more than {-worst:.2f}, since {is_least} (or gamma='auto')"
        checks.refuse("gamma", wanted, gamma, item=item)


def low_leaders(exponentials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how deep the lowest leaders lie, in nats, and their share: (items, range) each.

    From A(q) = mean e^{q e} at q = -4, -5: a share s of leaders at e = -d makes A(q) = s e^{-q d}
    wherever the rest adds little, so that d = ln A(-5) / A(-4) and s = A(-4)^5 / A(-5)^4.
    """
    at = [Q.index(-5), Q.index(-4)]
    lowest, low = np.moveaxis(np.log(exponentials[:, :, at, 0]), -1, 0)
    return lowest - low, np.exp(5 * low - 4 * lowest)


def without_low_leaders(
    estimate: dict[str, np.ndarray], sums: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], str]:
    """Return the figures with NaN where low leaders alone decide them, and a note of it.

    A single low block may also be a rare strong event of a cascade, of which the figures are right:
    they stay, and the note says on what they rest.
    """
    depth, share = low_leaders(sums["exponentials"])
    limit = np.where(sums["lowest"] > SOMEWHAT, LOW, LOW_ALONE)[:, None]
    share = np.where(depth > limit, share, 0).max(axis=1)
    spoilt = share >= LOW_SHARE
    doubtful = has_low_block(sums["lowest"], sums["flat"]) & ~spoilt
    notes = []
    if spoilt.any():
        estimate = estimate | _withdrawn(estimate, spoilt)
        notes.append(
            f"up to {share.max():.2g} of the leaders of {spoilt.sum()} of {len(spoilt)} items lie "
            f"more than {LOW:g} nats below their geometric mean, as in flat or damped stretches: "
            "zeta, h and D of q < 0 and cumulants above c_2 are NaN, c_1 and c_2 those of a mixture"
        )
    if doubtful.any():
        notes.append(f"{low_note(doubtful, 'items')}: {ON_A_LOW_BLOCK}")
    return estimate, "; ".join(notes)


def _withdrawn(estimate: dict[str, np.ndarray], spoilt: np.ndarray) -> dict[str, np.ndarray]:
    """Return the figures that small leaders decide, NaN for some of the items."""
    rows, negative = np.ix_(spoilt, np.array(Q) < 0)
    changed = {name: estimate[name].copy() for name in ("zeta", "h", "D", "cumulants")}
    for name in ("zeta", "h", "D"):
        changed[name][rows, negative] = np.nan
    changed["cumulants"][spoilt, 2:] = np.nan
    return changed


def has_low_block(lowest: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Return which items have leaders far too low: `lowest_block` above 1, or zeros next to it.

    `flat` counts the zero leaders of the next finer scale: where there are some, the lowest leader
    of this one stands on them as soon as it is somewhat low.
    """
    return (lowest > 1) | ((flat > 0) & (lowest > LOW_ON_FLAT))


def low_note(spoilt: np.ndarray, what: str) -> str:
    """Return that some lie far too low, out of a mask."""
    return (
        f"the lowest leaders of {np.count_nonzero(spoilt)} of {spoilt.size} {what} lie far below "
        "all others"
    )


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
