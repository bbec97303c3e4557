"""What a simulated fetal heart rate is made of: contractions, events, variability, lost signal."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter
from scipy.special import expit

EVERY, EVERY_SD = 165.0, 25.0  # seconds from one contraction to the next
TONE = 10.0  # of the uterus at rest, in the units of the channel
ACTIVE, QUIET = (15.0, 40.0), (8.0, 20.0)  # minutes that a sleep state lasts
CALMER = 0.55  # variability in quiet sleep against active sleep
SPREAD = 3.0  # beats a minute: standard deviation of the variability in active sleep
MEMORY = 6.0  # seconds until the variability is forgotten
BEAT = 0.6  # beats a minute: what differs from sample to sample
ACCELERATIONS = 300.0  # seconds from one to the next in active sleep
LATE_ODDS, LATE_SLOPE = -1.9, 0.9  # log-odds that a contraction brings a late deceleration
OTHERS = {"early": 0.07, "variable": 0.13, "prolonged": 0.012}  # probabilities a contraction
DAMPING = 0.13  # log-variability lost for each unit of severity
APART = 20.0  # seconds between two events
GAP = 8.0  # mean seconds of a loss of signal


class Shape(NamedTuple):
    """An event: beats a minute, and seconds of its fall, its plateau and its recovery."""

    kind: str
    onset: float
    amplitude: float
    away: float
    flat: float
    back: float

    @property
    def end(self) -> float:
        """Return when the heart rate is back, in seconds."""
        return self.onset + self.away + self.flat + self.back

    @property
    def nadir(self) -> float:
        """Return the middle of the plateau, in seconds."""
        return self.onset + self.away + self.flat / 2

    def at(self, time: np.ndarray) -> np.ndarray:
        """Return the height, half cosines from 0 to the amplitude and back."""
        up = np.clip((time - self.onset) / self.away, 0, 1)
        down = np.clip((self.end - time) / self.back, 0, 1)
        return self.amplitude * 0.25 * (1 - np.cos(np.pi * up)) * (1 - np.cos(np.pi * down))


def contraction_times(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Return onset, duration and strength (k, 3) of contractions."""
    number = int(seconds / (EVERY - 2 * EVERY_SD)) + 2
    gaps = np.maximum(rng.normal(EVERY, EVERY_SD, number), 115.0)
    onset = rng.uniform(0, EVERY) + np.cumsum(gaps) - gaps[0]
    duration, strength = rng.uniform(60, 85, number), rng.uniform(30, 65, number)
    return np.column_stack([onset, duration, strength])[onset < seconds]


def pressure(contractions: np.ndarray, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the channel of contractions: a bell each, over a tone that drifts."""
    drift = lfilter([1], [1, -0.995], rng.standard_normal(len(time))) * 0.08
    total = TONE + drift + 0.5 * rng.standard_normal(len(time))
    for onset, duration, strength in contractions:
        total += Shape("", onset, strength, duration / 2, 0.0, duration / 2).at(time)
    return np.maximum(total, 0.0)


def sleep_states(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Return, for every second, whether the fetus is in quiet sleep."""
    quiet, states = bool(rng.random() < 0.3), []
    length = int(np.ceil(seconds))
    total = 0
    while total < length:
        run = int(60 * rng.uniform(*(QUIET if quiet else ACTIVE)))
        states.append(np.full(run, quiet))
        total, quiet = total + run, not quiet
    return np.concatenate(states)[:length]


def decelerations(
    contractions: np.ndarray, severity: float, seconds: float, rng: np.random.Generator
) -> Iterator[Shape]:
    """Yield decelerations timed on the contractions; late ones the likelier, the more severe."""
    late = float(expit(LATE_ODDS + LATE_SLOPE * severity))
    free = 0.0
    for onset, duration, _ in contractions:
        kinds = ["late", *OTHERS, "none"]
        p = np.array([late, *((1 - late) * share for share in OTHERS.values())])
        kind = kinds[int(rng.choice(len(kinds), p=[*p, 1 - p.sum()]))]
        draw = rng.uniform(size=5)
        if kind == "none":
            continue
        shape = _shape(kind, onset, duration, draw)
        if shape.onset > free and shape.end < seconds:
            free = shape.end + APART
            yield shape


def _shape(kind: str, onset: float, duration: float, draw: np.ndarray) -> Shape:
    """Return a deceleration of a kind, on a contraction."""

    def between(i: int, low: float, high: float) -> float:
        return low + (high - low) * float(draw[i])

    if kind == "early":  # mirrors the contraction
        start, half = onset + between(0, 0, 8), duration / 2 + between(1, 4, 9)
        return Shape(kind, start, -between(2, 20, 28), half, 2.0, half)
    if kind == "late":
        start = onset + between(0, 30, 42)
        away, back = between(1, 38, 46), between(4, 36, 48)
        return Shape(kind, start, -between(2, 21, 40), away, between(3, 2, 8), back)
    if kind == "variable":
        start, flat = onset + between(0, -10, 25), between(3, 6, 25)
        return Shape(kind, start, -between(2, 24, 55), between(1, 8, 16), flat, between(4, 8, 18))
    start, flat = onset + between(0, 0, 20), between(3, 150, 220)
    return Shape(kind, start, -between(2, 24, 45), between(1, 15, 30), flat, between(4, 30, 50))


def accelerations(
    quiet: np.ndarray, taken: list[Shape], seconds: float, rng: np.random.Generator
) -> Iterator[Shape]:
    """Yield accelerations of active sleep, apart from each other and from decelerations."""
    number = rng.poisson(seconds / ACCELERATIONS)
    busy = [(shape.onset, shape.end) for shape in taken]
    for onset in np.sort(rng.uniform(10, max(11.0, seconds - 70), number)):
        u = rng.uniform(size=4)
        sizes = (20 + 12 * u[0], 7 + 8 * u[1], 10 + 15 * u[2], 8 + 12 * u[3])
        shape = Shape("acceleration", float(onset), *map(float, sizes))
        clear = all(shape.onset > end + APART or shape.end < start - APART for start, end in busy)
        if clear and shape.end < seconds and not quiet[int(onset)]:
            busy.append((shape.onset, shape.end))
            yield shape


def variability(
    quiet: np.ndarray, severity: float, rate: float, samples: int, rng: np.random.Generator
) -> np.ndarray:
    """Return what varies around the baseline: forgotten in seconds, less in quiet sleep."""
    keep = float(np.exp(-1 / (MEMORY * rate)))
    noise = rng.standard_normal(samples)
    noise[0] /= np.sqrt(1 - keep**2)
    slow = lfilter([np.sqrt(1 - keep**2)], [1, -keep], noise)
    state = np.where(quiet, CALMER, 1.0)[(np.arange(samples) / rate).astype(int)]
    return SPREAD * np.exp(-DAMPING * severity) * state * slow + BEAT * rng.standard_normal(samples)


def lost_signal(share: float, rate: float, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Return where the signal is lost: two states, each as long as a geometric law says."""
    if share == 0:
        return np.zeros(samples, dtype=bool)
    there = GAP * (1 - share) / share
    lost, runs, total = bool(rng.random() < share), [], 0
    while total < samples:
        run = int(rng.geometric(min(1.0, 1 / ((GAP if lost else there) * rate))))
        runs.append(np.full(run, lost))
        total, lost = total + run, not lost
    return np.concatenate(runs)[:samples]
