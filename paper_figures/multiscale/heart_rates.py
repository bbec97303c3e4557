"""Simulated series like fetal heart rates: falls are fast, recoveries slow."""

import numpy as np

from toolbox.core.streams import generator

RATE = 4.0  # samples a second
BASELINE = 140.0  # beats a minute
EVERY = 60.0  # seconds between decelerations, on average
FALL, RECOVERY = 5.0, 25.0  # seconds


def heart_rates(n: int, *, seed: int, size: int = 2048) -> np.ndarray:
    """Return n series of `size` samples at 4 Hz, in beats a minute.

    A baseline with slow Gaussian variability and beat-to-beat noise, less decelerations that
    begin at the times of a Poisson process, are 10 to 40 beats a minute deep, fall within some
    seconds and recover in five times as many. A minute before the first sample is simulated too.
    """
    before = int(60 * RATE)
    time = np.arange(size + before) / RATE
    series = np.empty((n, size))
    for item in range(n):
        rng = generator(seed, "heart rate", item)
        slow = np.zeros(len(time))
        shocks = rng.standard_normal(len(time))
        keep = np.exp(-1 / (10 * RATE))  # forgets in ten seconds
        for t in range(1, len(time)):
            slow[t] = keep * slow[t - 1] + np.sqrt(1 - keep**2) * shocks[t]
        rate = BASELINE + 3 * slow + 0.5 * rng.standard_normal(len(time))
        for start in rng.uniform(0, time[-1], rng.poisson(time[-1] / EVERY)):
            depth, stretch = rng.uniform(10, 40), rng.uniform(0.7, 1.4)
            rate -= depth * deceleration((time - start) / stretch)
        series[item] = rate[before:]
    return series


def deceleration(time: np.ndarray) -> np.ndarray:
    """Return a deceleration of depth one that begins at 0: half a cosine down, a decay back."""
    falling = 0.5 - 0.5 * np.cos(np.pi * np.clip(time / FALL, 0, 1))
    return falling * np.exp(-np.maximum(time - FALL, 0) / RECOVERY)


def increment_skewness(x: np.ndarray, *, lag: int) -> np.ndarray:
    """Return the skewness of the increments of each series over `lag` samples."""
    steps = x[:, lag:] - x[:, :-lag]
    steps = steps - steps.mean(axis=1, keepdims=True)
    return (steps**3).mean(axis=1) / (steps**2).mean(axis=1) ** 1.5
