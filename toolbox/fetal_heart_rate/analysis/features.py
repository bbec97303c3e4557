"""Features of fetal heart rates: baseline, variability, events by FIGO's rules, scaling."""

from typing import Any

import numpy as np

from toolbox.core.records import record
from toolbox.data.readable_files import few
from toolbox.fetal_heart_rate.analysis.baseline import baselines
from toolbox.fetal_heart_rate.analysis.events import (
    NO_CONTRACTIONS,
    Event,
    contractions_of,
    contractions_recorded,
    event_columns,
    events,
)
from toolbox.fetal_heart_rate.analysis.signals import Signals, signals_of
from toolbox.fetal_heart_rate.analysis.variability import MULTISCALE, bandwidths, multiscale

FEWEST = 0.3  # share of the signal that must be there, else nothing is said
TOGETHER = 64  # items analysed at once: some 100 MB
REDUCED = 5.0  # beats a minute: a lower variability is reduced (FIGO)
COUNTED = ("early", "late", "variable", "prolonged", "gradual")
BY_CONTRACTIONS = ("early", "late")
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
        NaN where the signal does not tell; `note` says why. Without contractions nobody knows
        which decelerations are late or early: both are NaN.
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
        What the signals do not tell, and of which items; the note of the record that was described.
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
        Beats a minute, NaN (or 0) where the signal was lost; values below 50 and above 240, which
        no monitor measures, count as lost, and the note says so.
    contractions : array (n, T), optional
        Uterine activity, NaN where lost; records bring their own.
    rate : float, optional
        Samples a second of arrays, 1 to 20, no whole number needed; records bring their own.

    Returns
    -------
    FetalFeatures

    Raises
    ------
    InputError
        Fewer than five minutes, no rate or one below 1, a median that is no heart rate in beats a
        minute.

    Notes
    -----
    Signals become means of one second, in which a sample counts by how long it lasts there: from 2
    to 20 samples a second, of one signal, c1 and the log-leaders agree within .1, the variability
    within 1 beat a minute; below 2, what lasts for 2 seconds is not seen as well, and the note says
    so. The **baseline** is the commonest level of calm seconds of each ten minutes. **Variability**
    is the median, over minutes outside events, of the bandwidth of a minute (highest less lowest
    value). An **event** is more than 15 beats a minute from the baseline at its peak and lasts more
    than 15 seconds, from where the signal, smoothed over 7 seconds and with gaps of up to 25
    seconds bridged linearly, leaves 5 beats a minute around the baseline to where it returns;
    decelerations are prolonged beyond 3 minutes, variable if they reach their nadir within 30
    seconds, else late or early by the contraction (FIGO, 2015). The **area** of the events e, in
    beats in ten of the M minutes, is

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
    signals = signals_of(heart_rate, contractions, rate)
    beats, pressure = signals.beats, signals.pressure
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
        units=signals.units,
        baseline=np.concatenate(lines),
        **event_columns(told),
        note=_note(signals, enough, values),
    )


def _item(
    x: np.ndarray, level: np.ndarray, pressure: np.ndarray
) -> tuple[list[Event], list[float]]:
    """Return the events of one heart rate, a value a second, and all but multiscale features."""
    if np.isnan(x).all():
        return [], []
    recorded = contractions_recorded(pressure)
    contractions = contractions_of(pressure) if recorded else NO_CONTRACTIONS
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
    numbers += [_number(kind, down, recorded=recorded) / tens for kind in COUNTED]
    numbers += [len(contractions) / tens if recorded else np.nan]
    return found, [float(v) for v in numbers]


def _number(kind: str, down: list[Event], *, recorded: bool) -> float:
    """Return how many decelerations are of a kind, NaN for what only contractions tell."""
    untold = kind in BY_CONTRACTIONS and not recorded
    return np.nan if untold else sum(e.kind == kind for e in down)


def _note(signals: Signals, enough: np.ndarray, values: np.ndarray) -> str:
    """Say what the signals do not tell, and of which items; then what was said of them before."""
    flat = enough & np.isnan(values[:, NAMES.index("contractions")])
    torn = enough & np.isnan(values[:, -len(MULTISCALE) :]).any(axis=1)
    notes = [
        (f"less than {FEWEST:.0%} of the signal is there in {{}}: no features", ~enough),
        ("no contractions in {}: nobody knows which decelerations are late or early", flat),
        ("gaps or roughness leave no leaders in {}: no multiscale statistics", torn),
    ]
    named = [n.format(_counted(signals.names, those)) for n, those in notes if those.any()]
    return "; ".join(named + signals.notes)


def _counted(names: list[str], those: np.ndarray) -> str:
    """Return how many items these are, and what they are called."""
    return f"{those.sum()} ({few([names[i] for i in np.flatnonzero(those)])})"
