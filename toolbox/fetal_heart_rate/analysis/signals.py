"""What is described: heart rates and contractions, as means of a second at whatever rate they are.

A sample is held until the next one, and counts in a second by how long it lasts there.
"""

from typing import Any, NamedTuple

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record
from toolbox.core.units import no_units
from toolbox.data.readable_files import few
from toolbox.fetal_heart_rate.recordings.beats import (
    MEASURED_TEXT,
    MEDIAN,
    not_measured,
    odd_median,
)
from toolbox.multiscale.gaps import means_beside_gaps

SHORTEST = 5.0  # minutes
LOWEST_RATE = 1.0  # samples a second: features are of a value a second
ALIKE = 2.0  # samples a second: from here on features are about those of 4 (see the tests)
HELD = 1e-6  # seconds: sums of thousands of samples are exact to less


class Signals(NamedTuple):
    """Means of a second of n items, what they are called, their subjects, and what to know."""

    beats: list[np.ndarray]
    pressure: list[np.ndarray]
    names: list[str]
    units: np.ndarray
    notes: list[str]


def signals_of(heart_rate: Any, contractions: Any, rate: float | None) -> Signals:
    """Return what is described, out of a record or arrays."""
    if is_record(heart_rate) and hasattr(heart_rate, "heart_rate"):
        if contractions is not None or rate is not None:
            given = "rate" if contractions is None else "contractions"
            refuse(given, "nothing beside a record, which brings its own", "another")
        return _of_record(heart_rate)
    beats = _array(heart_rate, "heart_rate")
    pressure = np.full(beats.shape, np.nan)
    if contractions is not None:
        pressure = _array(contractions, "contractions")
    if pressure.shape != beats.shape:
        refuse("contractions", f"the shape of the heart rates, {beats.shape}", pressure.shape)
    if rate is None:
        refuse("rate", "samples a second, as heart_rate is an array", "None")
    own = checks.number(rate, "rate", minimum=LOWEST_RATE, maximum=20)
    beats = np.where(beats == 0, np.nan, beats)
    return _by_seconds(list(beats), list(pressure), [own] * len(beats), [], no_units(), "")


def _of_record(given: Any) -> Signals:
    beats, pressure = list(given.heart_rate), list(given.contractions)
    rates = np.broadcast_to(given.rate, len(beats)).tolist()
    names = list(getattr(given, "names", ()))
    units = getattr(given, "units", no_units())
    return _by_seconds(beats, pressure, rates, names, units, given.note)


def _by_seconds(
    beats: list, pressure: list, rates: list[float], names: list[str], units: Any, note: str
) -> Signals:
    """Refuse what is no heart rate, take out what no monitor measures, and bring all to seconds."""
    names = names or [f"item {i}" for i in range(len(beats))]
    removed = []
    for i, (x, own) in enumerate(zip(beats, rates, strict=True)):
        _want_heart_rate(x, own, names[i])
        away = not_measured(x)
        if away.any():
            removed.append(f"{names[i]} ({away.sum()})")
            beats[i] = np.where(away, np.nan, x)
    slow = [name for name, own in zip(names, rates, strict=True) if own < ALIKE]
    told = [f"values outside {MEASURED_TEXT} count as lost in {few(removed)}"] * bool(removed)
    told += [
        f"fewer than {ALIKE:g} samples a second in {few(slow)}: what lasts for 2 seconds is not "
        "that of faster recordings"
    ] * bool(slow)
    return Signals(
        beats=[second_means(x, r) for x, r in zip(beats, rates, strict=True)],
        pressure=[second_means(x, r) for x, r in zip(pressure, rates, strict=True)],
        names=names,
        units=units,
        notes=told + [note] * bool(note),
    )


def _array(value: Any, argument: str) -> np.ndarray:
    """Return signals (n, T) in which NaN is lost."""
    wanted = "an array of real numbers (n, T), NaN where the signal is lost"
    checks.without_mask(value, argument, wanted)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2) or array.size == 0:
        refuse(argument, wanted, checks.describe_value(value))
    if np.isinf(array).any():
        refuse(argument, wanted, "infinite ones")
    return np.atleast_2d(array).astype(np.float64)


def _want_heart_rate(x: np.ndarray, rate: float, name: str) -> None:
    if rate < LOWEST_RATE:
        got = f"{rate:g} in {name}"
        refuse("heart_rate", f"at least {LOWEST_RATE:g} sample a second", got)
    if len(x) < SHORTEST * 60 * rate:
        got = f"{len(x) / rate / 60:.3g} minutes"
        refuse("heart_rate", f"at least {SHORTEST:g} minutes of signal", got)
    middle = odd_median(x)
    if middle is not None:
        wanted = f"beats a minute, whose median is from {MEDIAN[0]:g} to {MEDIAN[1]:g}"
        refuse("heart_rate", wanted, f"a median of {middle:.4g}")


def second_means(x: np.ndarray, rate: float) -> np.ndarray:
    """Return the mean of each whole second of a signal (T,), NaN where all of it is lost."""
    x = np.asarray(x, dtype=np.float64)
    if rate == round(rate):
        return means_beside_gaps(x, round(rate))
    there = ~np.isnan(x)
    held = _integrals(there.astype(np.float64), rate)
    total = _integrals(np.where(there, x, 0.0), rate)
    return np.where(held > HELD, total / np.maximum(held, HELD), np.nan)


def _integrals(x: np.ndarray, rate: float) -> np.ndarray:
    """Return the integral over each whole second of a signal that holds each of its samples."""
    ends = np.arange(len(x) + 1) / rate
    seconds = np.arange(int(len(x) / rate + HELD) + 1)
    return np.diff(np.interp(seconds, ends, np.concatenate([[0.0], np.cumsum(x)]) / rate))
