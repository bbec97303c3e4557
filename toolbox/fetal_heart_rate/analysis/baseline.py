"""The baseline of a fetal heart rate: the level of its calm stretches, ten minutes at a time.

FIGO (Ayres-de-Campos et al., 2015): the mean level of the most horizontal and least oscillatory
segments, estimated in periods of ten minutes. Signals are here a value a second, NaN where lost.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

LOWEST, HIGHEST = 50, 220  # beats a minute that a baseline may have
PERIOD = 10  # minutes
CALM = 30  # seconds over which a stretch is called calm or not
SLOPE = 6.0  # beats a minute by which the two halves of a calm stretch may differ, softly
BAND = 2.5  # beats a minute: how finely levels are told apart
NEAR = 8.0  # beats a minute around the commonest level that are averaged
FEWEST = 30  # seconds of signal that a period's level needs


def moving_mean(x: np.ndarray, seconds: int) -> np.ndarray:
    """Return means over so many seconds of what is there, NaN where less than a third is."""
    there = ~np.isnan(x)
    share = uniform_filter1d(there.astype(np.float64), seconds, axis=-1, mode="constant")
    total = uniform_filter1d(np.where(there, x, 0.0), seconds, axis=-1, mode="constant")
    return np.where(share > 1 / 3, total / np.maximum(share, 1 / seconds), np.nan)


def baselines(x: np.ndarray) -> np.ndarray:
    """Return the baseline (n, T) of heart rates (n, T), NaN for an item without enough signal.

    The commonest level of calm seconds of each period of ten minutes, a period a minute, refined by
    the mean of the seconds near it; linear between the middles of the periods.
    """
    weights = _calmness(x)
    minutes = max(1, -(-x.shape[-1] // 60))
    level = _commonest(x, weights, minutes)
    level = _mean_near(x, weights, level)
    middles = 60 * np.arange(minutes) + 30
    seconds = np.arange(x.shape[-1])
    lines = np.full(x.shape, np.nan)
    for i, row in enumerate(level):
        known = ~np.isnan(row)
        if known.any():
            lines[i] = np.interp(seconds, middles[known], row[known])
    return lines


def _calmness(x: np.ndarray) -> np.ndarray:
    """Return weights from 0 to 1: near 1 where the signal is horizontal, 0 where it is lost."""
    half = CALM // 2
    level = moving_mean(x, half)
    before, after = np.roll(level, half // 2, axis=-1), np.roll(level, -half // 2, axis=-1)
    slope = np.where(np.isnan(before) | np.isnan(after), SLOPE, after - before)
    return np.where(np.isnan(x), 0.0, np.exp(-0.5 * (slope / SLOPE) ** 2))


def _by_minute(x: np.ndarray, minutes: int) -> np.ndarray:
    """Return (n, minutes, 60), zeros after the end."""
    padded = np.zeros((len(x), 60 * minutes))
    padded[:, : x.shape[-1]] = x
    return padded.reshape(len(x), minutes, 60)


def _over_periods(sums: np.ndarray) -> np.ndarray:
    """Return sums over the minutes of each period, along axis 1."""
    return PERIOD * uniform_filter1d(sums, PERIOD, axis=1, mode="constant")


def _commonest(x: np.ndarray, weights: np.ndarray, minutes: int) -> np.ndarray:
    """Return the mode (n, minutes) of the weighted levels of each period."""
    bins = HIGHEST - LOWEST
    place = np.clip(np.nan_to_num(x, nan=LOWEST) - LOWEST, 0, bins - 1).astype(int)
    minute = np.arange(x.shape[-1]) // 60
    index = (np.arange(len(x))[:, None] * minutes + minute) * bins + place
    counts = np.bincount(index.ravel(), weights.ravel(), minlength=len(x) * minutes * bins)
    counts = _over_periods(counts.reshape(len(x), minutes, bins))
    smooth = gaussian_filter1d(counts, BAND, axis=-1)
    enough = counts.sum(axis=-1) >= FEWEST
    return np.where(enough, LOWEST + 0.5 + smooth.argmax(axis=-1), np.nan)


def _mean_near(x: np.ndarray, weights: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the weighted mean (n, minutes) of the seconds of each period near its level."""
    minutes = level.shape[1]
    values, weight = _by_minute(np.nan_to_num(x), minutes), _by_minute(weights, minutes)
    reach = PERIOD // 2
    top, bottom = np.zeros(level.shape), np.zeros(level.shape)
    for shift in range(-reach, reach):  # as _over_periods counts the minutes of a period
        moved = slice(max(0, -shift), minutes - max(0, shift))
        other = slice(max(0, shift), minutes - max(0, -shift))
        near = np.abs(values[:, other] - level[:, moved, None]) < NEAR
        w = weight[:, other] * near
        top[:, moved] += (w * values[:, other]).sum(axis=-1)
        bottom[:, moved] += w.sum(axis=-1)
    return np.where(bottom > 0, top / np.maximum(bottom, 1e-9), level)
