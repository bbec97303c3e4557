"""Features of fetal heart rates: baseline, variability, events by FIGO's rules, scaling."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.core.units import no_units
from toolbox.fetal_heart_rate.analysis.baseline import baselines
from toolbox.fetal_heart_rate.analysis.events import Event, contractions_of, event_columns, events
from toolbox.fetal_heart_rate.analysis.variability import MULTISCALE, bandwidths, multiscale
from toolbox.fetal_heart_rate.recordings.loading import BEATS
from toolbox.multiscale.gaps import means_beside_gaps

FEWEST = 0.3  # share of the signal that must be there, else nothing is said
SHORTEST = 5.0  # minutes
TOGETHER = 64  # items analysed at once: some 100 MB
REDUCED = 5.0  # beats a minute: a lower variability is reduced (FIGO)
COUNTED = ("early", "late", "variable", "prolonged", "gradual")
FEATURES = {
    "baseline": ("baseline", "baseline_lowest", "baseline_highest"),
    "variability": ("variability", "reduced_variability"),
    "accelerations": ("accelerations", "acceleration_area"),
    "decelerations": (
        *("decelerations", "deceleration_area"),
        *(f"{kind}_decelerations" for kind in COUNTED),
    ),
    "contractions": ("contractions",),
    "multiscale": MULTISCALE,
}
NAMES = tuple(name for names in FEATURES.values() for name in names)
GROUPS = tuple(group for group, names in FEATURES.items() for _ in names)


@record
class FetalFeatures:
    """Features of n heart rates, and the events that they count.

    Attributes
    ----------
    values : ndarray (n, F)
        NaN where the signal does not tell; `note` says why.
    names : tuple of F str
        baseline, its lowest and highest value and the variability in beats a minute;
        reduced_variability, the share of minutes below 5; accelerations, decelerations, those of
        each kind and contractions, their numbers in ten minutes; areas in beats in ten minutes; c1,
        c2 and the mean log-leaders (natural) at 2, 4 and 8 seconds.
    groups : tuple of F str
        baseline, variability, accelerations, decelerations, contractions or multiscale.
    units : ndarray (n,)
        The subject of each item, where the items came with one; else empty.
    baseline : ndarray (n, S), float32
        The baseline, a value a second, in beats a minute.
    item : ndarray (m,) of int
        Which item each event is in.
    kind : ndarray (m,) of str
        acceleration, or the kind of deceleration: early, late, variable, prolonged, or gradual
        where no contractions say which.
    onset, nadir, end : ndarray (m,)
        Seconds from the start of the item.
    amplitude : ndarray (m,)
        Beats a minute from the baseline, positive for both.
    note : str
    """

    values: np.ndarray
    names: tuple[str, ...]
    groups: tuple[str, ...]
    units: np.ndarray
    baseline: np.ndarray
    item: np.ndarray
    kind: np.ndarray
    onset: np.ndarray
    nadir: np.ndarray
    end: np.ndarray
    amplitude: np.ndarray
    note: str = ""


def fetal_features(
    heart_rate: Any, *, contractions: Any = None, rate: float | None = None
) -> FetalFeatures:
    r"""Describe heart rates in labour: baseline, variability, events by FIGO's rules, scaling.

    Parameters
    ----------
    heart_rate : Windows, Recordings, FetalHeartRates, or array (n, T)
        Beats a minute, NaN (or 0) where the signal was lost.
    contractions : array (n, T), optional
        Uterine activity, NaN where lost; records bring their own.
    rate : float, optional
        Samples a second of arrays, at least 1; records bring their own.

    Returns
    -------
    FetalFeatures

    Raises
    ------
    InputError
        Fewer than five minutes, no rate, a median that is no heart rate in beats a minute.

    Notes
    -----
    Signals become means of one second. The **baseline** is the commonest level of calm seconds of
    each ten minutes. **Variability** is the median, over minutes outside events, of the bandwidth
    of a minute (highest less lowest value). An **event** is more than 15 beats a minute from the
    baseline at its peak and lasts more than 15 seconds, from where the signal, smoothed over 7
    seconds and with gaps of up to 25 seconds bridged linearly, leaves 5 beats a minute around the
    baseline to where it returns; decelerations are prolonged beyond 3 minutes, variable if they
    reach their nadir within 30 seconds, else late or early by the contraction (FIGO, 2015). The
    **area** of the events e, in beats in ten of the M minutes, is

    .. math:: A = \frac{10}{M} \sum_e \int_e |x(t) - b(t)| \, \frac{dt}{60},

    with x the heart rate and b its baseline in beats a minute. **c1 and c2** are the
    slopes over 2 to 8 seconds of mean and variance of the logarithm of p-leaders (p = 2, of the
    signal integrated once) whose support holds no gap.

    References
    ----------
    D. Ayres-de-Campos, C. Y. Spong, E. Chandraharan, "FIGO consensus guidelines on intrapartum
    fetal monitoring: Cardiotocography", Int. J. Gynecology & Obstetrics 131 (2015) 13.
    M. Doret et al., "Fractal analysis and Hurst parameter for intrapartum fetal heart rate
    variability analysis", PLoS ONE 10 (2015) e0136661.

    Examples
    --------
    >>> from toolbox import fetal_features, fetal_heart_rates
    >>> births = fetal_heart_rates(n=2, minutes=30, loss=0.2, seed=0)
    >>> found = fetal_features(births)
    >>> bool(abs(found.values[0, 0] - births.baseline[0].mean()) < 3)
    True
    >>> found.names[7], found.groups[7], found.kind.dtype.kind
    ('decelerations', 'decelerations', 'U')
    """
    beats, pressure, units = _signals(heart_rate, contractions, rate)
    enough = np.array([(~np.isnan(x)).mean() >= FEWEST for x in beats])
    width = max(map(len, beats))
    values, lines, told = np.full((len(beats), len(NAMES)), np.nan), [], []
    for start in range(0, len(beats), TOGETHER):
        block = range(start, min(start + TOGETHER, len(beats)))
        x = np.full((len(block), width), np.nan)
        for row, i in enumerate(block):
            x[row, : len(beats[i])] = beats[i] if enough[i] else np.nan
        level = baselines(x)
        lines.append(level.astype(np.float32))
        for row, i in enumerate(block):
            size = len(beats[i])
            own, numbers = _item(x[row, :size], level[row, :size], pressure[i])
            values[i, : len(numbers)] = numbers
            told += [(i, event) for event in own]
        values[block.start : block.stop, -len(MULTISCALE) :] = multiscale(x)
    return FetalFeatures(
        values=values,
        names=NAMES,
        groups=GROUPS,
        units=units,
        baseline=np.concatenate(lines),
        **event_columns(told),
        note=_note(enough, values),
    )


def _item(
    x: np.ndarray, level: np.ndarray, pressure: np.ndarray
) -> tuple[list[Event], list[float]]:
    """Return the events of one heart rate, a value a second, and all but multiscale features."""
    if np.isnan(x).all():
        return [], []
    contractions = contractions_of(pressure)
    found = events(x, level, contractions)
    tens = len(x) / 600
    up = [e for e in found if e.kind == "acceleration"]
    down = [e for e in found if e.kind != "acceleration"]
    bands = bandwidths(x, found)
    there = ~np.isnan(bands)
    numbers = [np.median(level), level.min(), level.max()]
    numbers += [np.median(bands[there]) if there.any() else np.nan]
    numbers += [(bands[there] < REDUCED).mean() if there.any() else np.nan]
    for kind in (up, down):
        numbers += [len(kind) / tens, sum(e.area for e in kind) / tens]
    numbers += [sum(e.kind == kind for e in down) / tens for kind in COUNTED]
    known = pressure[~np.isnan(pressure)]
    recorded = len(known) > 0 and np.ptp(known) > 0
    numbers += [len(contractions) / tens if recorded else np.nan]
    return found, [float(v) for v in numbers]


def _signals(
    heart_rate: Any, contractions: Any, rate: float | None
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Return heart rates and contractions as means of a second, and the units."""
    if is_record(heart_rate) and hasattr(heart_rate, "heart_rate"):
        if contractions is not None or rate is not None:
            given = "rate" if contractions is None else "contractions"
            refuse(given, "nothing beside a record, which brings its own", "another")
        beats, pressure = list(heart_rate.heart_rate), list(heart_rate.contractions)
        rates = np.broadcast_to(heart_rate.rate, len(beats))
        units = getattr(heart_rate, "units", no_units())
    else:
        beats = _array(heart_rate, "heart_rate")
        pressure = np.full(beats.shape, np.nan)
        if contractions is not None:
            pressure = _array(contractions, "contractions")
        if pressure.shape != beats.shape:
            refuse("contractions", f"the shape of the heart rates, {beats.shape}", pressure.shape)
        if rate is None:
            refuse("rate", "samples a second, as heart_rate is an array", "None")
        rates = np.broadcast_to(checks.number(rate, "rate", minimum=1, maximum=20), len(beats))
        units = no_units()
        beats = np.where(beats == 0, np.nan, beats)
    for x, own in zip(beats, rates, strict=True):
        _want_heart_rate(x, float(own))
    beats = [_seconds(x, r) for x, r in zip(beats, rates, strict=True)]
    return beats, [_seconds(x, r) for x, r in zip(pressure, rates, strict=True)], units


def _array(value: Any, argument: str) -> np.ndarray:
    """Return signals (n, T) in which NaN is lost."""
    wanted = "an array of real numbers (n, T), NaN where the signal is lost"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2) or array.size == 0:
        refuse(argument, wanted, checks.describe_value(value))
    if np.isinf(array).any():
        refuse(argument, wanted, "infinite ones")
    return np.atleast_2d(array).astype(np.float64)


def _want_heart_rate(x: np.ndarray, rate: float) -> None:
    if len(x) < SHORTEST * 60 * rate:
        got = f"{len(x) / rate / 60:.3g} minutes"
        refuse("heart_rate", f"at least {SHORTEST:g} minutes of signal", got)
    there = x[~np.isnan(x)]
    if len(there) and not BEATS[0] <= np.median(there) <= BEATS[1]:
        wanted = f"beats a minute, whose median is from {BEATS[0]:g} to {BEATS[1]:g}"
        refuse("heart_rate", wanted, f"a median of {np.median(there):.4g}")


def _seconds(x: np.ndarray, rate: float) -> np.ndarray:
    """Return the means of each second, or the nearest samples if the rate is no whole number."""
    x = np.asarray(x, dtype=np.float64)
    if rate == round(rate):
        return means_beside_gaps(x, round(rate))
    nearest = np.round(np.arange(int(len(x) / rate)) * rate).astype(int)
    return x[np.minimum(nearest, len(x) - 1)]


def _note(enough: np.ndarray, values: np.ndarray) -> str:
    lost = int((~enough).sum())
    flat = int(np.isnan(values[enough, NAMES.index("contractions")]).sum())
    torn = int(np.isnan(values[enough][:, -len(MULTISCALE) :]).any(axis=1).sum())
    notes = [(lost, f"less than {FEWEST:.0%} of the signal is there in {lost}: no features")]
    notes += [(flat, f"no contractions in {flat}: gradual decelerations stay without a kind")]
    notes += [(torn, f"gaps or roughness leave no leaders in {torn}: no multiscale statistics")]
    return "; ".join(text for number, text in notes if number)
