"""Accelerations, decelerations and contractions, by the rules of FIGO.

Ayres-de-Campos, Spong and Chandraharan, "FIGO consensus guidelines on intrapartum fetal monitoring:
Cardiotocography", Int. J. Gynecology & Obstetrics 131 (2015) 13. An acceleration (deceleration) is
more than 15 beats a minute above (below) the baseline at its peak and lasts more than 15 seconds;
of a deceleration, more than 3 minutes are prolonged, less than 30 seconds from onset to nadir
variable; the others are gradual: late if they begin more than 20 seconds after a contraction does
and their nadir follows its peak, else early. Where contractions are not recorded, nobody can say
which, and they are called gradual.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.signal import find_peaks

from toolbox.fetal_heart_rate.analysis.baseline import moving_mean

AMPLITUDE = 15.0  # beats a minute
SHORTEST, LONGEST = 15.0, 600.0  # seconds; beyond ten minutes it is a change of the baseline
PROLONGED, ABRUPT, LATE = 180.0, 30.0, 20.0  # seconds
RETURNED = 5.0  # beats a minute from the baseline, within its variability: an event has ended
FOOT = 1.0  # beats a minute: where an event's slope is followed down to, for its onset and end,
REACH = 15  # seconds at most
DEEPEST = 0.9  # of the amplitude: the nadir is the middle of what is beyond
SMOOTHED = 7  # seconds: longer than beats vary at random, shorter than half the shortest event
BRIDGED = 25  # seconds of lost signal that an event may have within
KINDS = ("early", "late", "variable", "prolonged", "gradual", "acceleration")
CONTRACTION = (30, 180)  # seconds that a contraction lasts
RECORDED = 0.3  # of the channel: what must be there to say that contractions were recorded,
LEAST = 120  # and seconds at least
NO_CONTRACTIONS = np.empty((0, 3))
PEAK = 0.25  # of the range of the channel: how far a contraction stands out


class Event(NamedTuple):
    """One event: seconds from the start of the signal, and beats a minute from the baseline."""

    kind: str
    onset: float
    nadir: float
    end: float
    amplitude: float  # at the peak, positive
    area: float  # beats: the integral over time of the distance from the baseline, / 60


def events(x: np.ndarray, baseline: np.ndarray, contractions: np.ndarray) -> list[Event]:
    """Return the events of one heart rate (T,), a value a second, in the order of their onset.

    `contractions` (k, 3) holds onset, peak and end of each; no rows where none were recorded.
    """
    apart = bridged(moving_mean(x, SMOOTHED)) - baseline
    lost = np.isnan(x)
    found = []
    for sign in (1, -1):
        for first, last in _excursions(sign * apart):
            if lost[first:last].mean() < 0.5:  # more is guessed than seen
                found.append(_event(sign, sign * apart[first:last], first, contractions))
    return sorted(found, key=lambda event: event.onset)


def event_columns(told: list[tuple[int, Any]]) -> dict[str, np.ndarray]:
    """Return the columns of a record out of (item, event) of all items."""

    def column(name: str) -> np.ndarray:
        return np.array([getattr(event, name) for _, event in told], dtype=float)

    return {
        "item": np.array([item for item, _ in told], dtype=np.int64),
        "kind": np.array([event.kind for _, event in told], dtype=f"U{max(map(len, KINDS))}"),
        **{name: column(name) for name in ("onset", "nadir", "end")},
        "amplitude": np.abs(column("amplitude")),  # simulated decelerations have negative ones
    }


def bridged(x: np.ndarray) -> np.ndarray:
    """Return a signal with its short gaps filled linearly; longer ones stay NaN."""
    lost = np.isnan(x)
    if lost.all() or not lost.any():
        return x
    seconds = np.arange(len(x))
    filled = np.interp(seconds, seconds[~lost], x[~lost])
    for first, last in _runs(lost):
        if last - first > BRIDGED or first == 0 or last == len(x):
            filled[first:last] = np.nan
    return filled


def _runs(true: np.ndarray) -> np.ndarray:
    """Return (first, one past the last) of each run of true values."""
    steps = np.diff(np.concatenate([[0], true.astype(np.int8), [0]]))
    return np.column_stack([np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)])


def _excursions(apart: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches away from the baseline that are long and high enough."""
    apart = np.nan_to_num(apart, nan=0.0)
    return [
        _with_feet(apart, first, last)
        for first, last in _runs(apart > RETURNED)
        if SHORTEST < last - first <= LONGEST and apart[first:last].max() > AMPLITUDE
    ]


def _with_feet(apart: np.ndarray, first: int, last: int) -> tuple[int, int]:
    """Return a stretch with its slopes, which begin before they leave the variability's band."""
    low = apart <= FOOT
    before = np.flatnonzero(low[max(0, first - REACH) : first])
    after = np.flatnonzero(low[last : last + REACH])
    first = max(0, first - REACH) + before[-1] + 1 if len(before) else first
    return int(first), int(last + after[0] if len(after) else last)


def _event(sign: int, height: np.ndarray, first: int, contractions: np.ndarray) -> Event:
    peak = float(np.nanmax(height))
    nadir = first + float(np.flatnonzero(height >= DEEPEST * peak).mean())
    kind = "acceleration"
    if sign < 0:
        kind = _kind(first, nadir, first + len(height), contractions)
    return Event(
        kind=kind,
        onset=float(first),
        nadir=nadir,
        end=float(first + len(height)),
        amplitude=peak,
        area=float(np.nansum(height) / 60),
    )


def _kind(onset: float, nadir: float, end: float, contractions: np.ndarray) -> str:
    if end - onset > PROLONGED:
        return "prolonged"
    if nadir - onset < ABRUPT:
        return "variable"
    if not len(contractions):
        return "gradual"
    before = contractions[contractions[:, 0] <= onset + ABRUPT]
    if not len(before):
        return "early"
    begun, peak, _ = before[-1]
    return "late" if onset - begun > LATE and nadir > peak else "early"


def contractions_recorded(pressure: np.ndarray) -> bool:
    """Say whether a channel (T,) tells of contractions: it is there, and not flat."""
    known = pressure[~np.isnan(pressure)]
    return len(known) >= max(LEAST, RECORDED * len(pressure)) and bool(np.ptp(known) > 0)


def contractions_of(pressure: np.ndarray) -> np.ndarray:
    """Return onset, peak and end (k, 3), in seconds, of the contractions of a channel (T,).

    Peaks of the smoothed channel that stand out by a quarter of its range, at half their height.
    """
    smooth = bridged(moving_mean(pressure, 15))
    known = smooth[~np.isnan(smooth)]
    if len(known) < LEAST or np.ptp(known) == 0:
        return NO_CONTRACTIONS
    low, high = np.percentile(known, (5, 98))
    if high == low:
        return NO_CONTRACTIONS
    peaks, found = find_peaks(
        np.nan_to_num(smooth, nan=low),
        prominence=PEAK * (high - low),
        distance=CONTRACTION[0],
        width=(CONTRACTION[0] / 2, CONTRACTION[1]),
        rel_height=0.5,
    )
    half = (found["right_ips"] - found["left_ips"]) / 2
    # A contraction is a bell: its feet are about as far again from its points of half height.
    left, right = found["left_ips"] - 0.6 * half, found["right_ips"] + 0.6 * half
    return np.column_stack([left, peaks, right])
