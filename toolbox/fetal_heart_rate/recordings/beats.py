"""What can be a fetal heart rate in beats a minute."""

import numpy as np

MEDIAN = (50.0, 230.0)  # of a recording; outside, it is samples, milliseconds a beat or seconds
# What the ultrasound monitors of CTU-UHB measure (Philips Avalon FM40 and FM50): a value outside
# comes from a lost or doubled beat, not from a heart.
MEASURED = (50.0, 240.0)
# Seconds of one value: a heart changes within these. Monitors hold their last value where they lose
# the signal; from how many seconds on it should count as lost, programs disagree (3, 15, never).
HELD = 60.0
# Below it a fetus is in danger, were it its own: more often it is the mother's heart rate, or a
# monitor that halves; from these minutes on, which no deceleration lasts, a reader is told.
LOW, LOW_MINUTES = 100.0, 10.0
MEASURED_TEXT = f"{MEASURED[0]:g} to {MEASURED[1]:g} beats a minute"


def odd_median(x: np.ndarray) -> float | None:
    """Return a median that no heart rate in beats a minute has, None where it is one."""
    there = x[~np.isnan(x)]
    middle = float(np.median(there)) if len(there) else MEDIAN[0]
    return None if MEDIAN[0] <= middle <= MEDIAN[1] else middle


def not_measured(x: np.ndarray) -> np.ndarray:
    """Say which values no monitor measures; what is lost is not among them."""
    return (x < MEASURED[0]) | (x > MEASURED[1])


def measured_share(x: np.ndarray) -> float:
    """Return the share of a signal, where it is there, that a monitor may have measured."""
    there = x[~np.isnan(x) & (x != 0)]
    return float(1 - not_measured(there).mean()) if len(there) else 0.0


def low_minutes(x: np.ndarray, rate: float) -> float:
    """Return the minutes, one after the other or not, below 100 beats a minute, if long; else 0."""
    minutes = float((x < LOW).sum() / rate / 60)
    return minutes if minutes >= LOW_MINUTES else 0.0


def held_share(x: np.ndarray, rate: float) -> float:
    """Return the share of a signal in which one value stands for `HELD` seconds and more."""
    ends = np.flatnonzero(np.append(x[1:] != x[:-1], True)) + 1  # what is lost equals nothing
    lengths = np.diff(ends, prepend=0)
    return float(lengths[lengths >= HELD * rate].sum() / len(x))
