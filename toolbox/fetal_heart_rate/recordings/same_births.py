"""Which recordings hold one birth: the same heart rates cut otherwise, or at another rate.

How a heart rate goes up and down within seconds is a fingerprint: two births share their
decelerations' shapes, but not their fluctuations. Steps of means over `GRID` seconds are compared
at every shift, by their correlation (Fourier), and what stands out is looked at again at shifts of
one sample.
"""

from typing import NamedTuple

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

GRID = 4.0  # seconds: so long that rates and filters of monitors do not matter
FEWEST = 75  # steps that both have: five minutes
# A piece that is compared at once; longer recordings are several, so that short ones beside
# them stay cheap.
_PIECE = 1440
# Standard errors of a correlation of 0. Of 10^9 shifts of independent steps the largest is near
# 6.2; of births, whose decelerations look alike, more, and these are told by the second look.
_STANDS_OUT = 7.0
# Of steps at the best shift. Those of one birth at 4 and at 2 samples a second have .97 and more;
# of FEWEST independent ones, .9 is 12 standard errors (of Fisher's z).
_SAME = 0.9
_CLIPPED = 3.0  # median steps: a deceleration, or a jump, shall not stand for all the others


class _Piece(NamedTuple):
    recording: int
    start: int  # steps
    steps: np.ndarray


def same_births(signals: list[np.ndarray], rates: list[float]) -> list[tuple[int, int]]:
    """Return pairs of recordings that hold one birth, the first before the second."""
    steps = [_steps(_means(x, rate, 0.0)) for x, rate in zip(signals, rates, strict=True)]
    pieces = [
        _Piece(i, start, _standardised(one[start : start + _PIECE]))
        for i, one in enumerate(steps)
        for start in range(0, len(one), _PIECE)
    ]
    pieces = [piece for piece in pieces if (piece.steps != 0).sum() >= FEWEST]
    pieces.sort(key=lambda piece: len(piece.steps))
    found: set[tuple[int, int]] = set()
    for one, other, shift in _standing_out(pieces):
        pair = tuple(sorted((one.recording, other.recording)))
        if pair[0] != pair[1] and pair not in found:
            i, j = one.recording, other.recording
            seconds = GRID * (other.start - one.start + shift)
            if _agree(signals[i], rates[i], signals[j], rates[j], seconds):
                found.add(pair)
    return sorted(found)


def _means(x: np.ndarray, rate: float, start: float) -> np.ndarray:
    """Return means over GRID seconds from `start` seconds on, NaN where half of one is lost."""
    there = ~np.isnan(x)
    sums = np.concatenate([[0.0], np.cumsum(np.where(there, x, 0.0), dtype=np.float64)])
    counts = np.concatenate([[0.0], np.cumsum(there, dtype=np.float64)])
    edges = np.arange(start, len(x) / rate + 1e-9, GRID) * rate
    # Between samples a signal is what it was at the last one.
    total, number = (np.diff(np.interp(edges, np.arange(len(s)), s)) for s in (sums, counts))
    enough = number >= GRID * rate / 2
    return np.where(enough, total / np.where(enough, number, 1.0), np.nan)


def _steps(means: np.ndarray) -> np.ndarray:
    return np.diff(means)


def _standardised(steps: np.ndarray) -> np.ndarray:
    """Return steps without what is exceptional, of mean square 1, and 0 where one is lost."""
    moving = np.abs(steps[~np.isnan(steps) & (steps != 0)])
    if not len(moving):
        return np.zeros(len(steps), np.float32)
    most = _CLIPPED * np.median(moving)
    clipped = np.clip(np.nan_to_num(steps), -most, most)
    return (clipped / np.sqrt(np.mean(clipped[clipped != 0] ** 2))).astype(np.float32)


def _standing_out(pieces: list[_Piece]) -> list[tuple[_Piece, _Piece, int]]:
    r"""Return pairs of pieces, the shorter first, and the shift at which they agree most.

    At a shift s the correlation of n pairs of steps, times their number, is

    .. math:: c(s) = \sum_k a_k b_{k + s} \sim \mathcal{N}(0, n) \quad \text{of two births},

    and c / \sqrt{n} is compared with `_STANDS_OUT`; n is at most the shorter piece.
    """
    if len(pieces) < 2:
        return []
    longest = len(pieces[-1].steps)
    size = next_fast_len(2 * longest, real=True)
    spectra = np.stack([rfft(piece.steps, size) for piece in pieces])
    shifts = np.arange(size)
    shifts[shifts >= longest] -= size
    found = []
    for i, one in enumerate(pieces[:-1]):
        length = len(one.steps)
        n = np.minimum(np.minimum(length, length + shifts), longest - shifts)
        weight = np.where(n >= FEWEST, 1 / np.sqrt(np.maximum(n, 1)), 0).astype(np.float32)
        others = irfft(spectra[i].conj() * spectra[i + 1 :], size) * weight
        best = others.argmax(axis=1)
        for k in np.flatnonzero(others[np.arange(len(best)), best] > _STANDS_OUT):
            found.append((one, pieces[i + 1 + k], int(shifts[best[k]])))
    return found


def _agree(a: np.ndarray, rate_a: float, b: np.ndarray, rate_b: float, shift: float) -> bool:
    """Say whether b is a, `shift` seconds later or a little more or less."""
    first = _steps(_means(a, rate_a, 0.0))
    step = 1 / max(rate_a, rate_b)
    for more in np.arange(-GRID, GRID + step / 2, step):
        start = (shift + more) % GRID
        behind = round((shift + more - start) / GRID)
        second = _steps(_means(b, rate_b, start))
        low, high = max(0, -behind), min(len(first), len(second) - behind)
        pair = np.stack([first[low:high], second[low + behind : high + behind]])
        if high - low >= FEWEST and _correlation(pair) >= _SAME:
            return True
    return False


def _correlation(pair: np.ndarray) -> float:
    """Return that of the steps that both have, 0 where these are too few."""
    x, y = pair[:, ~np.isnan(pair).any(axis=0)]
    x, y = (_standardised(values) for values in (x, y))
    moving = (x != 0) & (y != 0)
    if moving.sum() < FEWEST:
        return 0.0
    return float(np.sum(x * y) / np.sqrt(np.sum(x**2) * np.sum(y**2)))
