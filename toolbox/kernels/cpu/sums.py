"""Sums of the log-leaders of one item and scale (see `toolbox.kernels.log_leaders`).

Logarithms and sums are in double precision whatever the leaders are, strip by strip: what a strip
needs stays in the fastest cache. `rows` and `bits` are those of `arithmetic`.
"""

import numpy as np

from toolbox.kernels.cpu.arithmetic import (
    POWERS,
    RESULT,
    STRIP,
    VALUES,
    exponentials,
    logarithms,
)
from toolbox.kernels.cpu.compiling import compiled
from toolbox.kernels.cpu.leaders import neighbourhood, power

LANES = 8
TINY = 2.0**-126  # for zeros: far below every other logarithm


@compiled(sums=True)
def log_leaders(
    pooled: np.ndarray,
    p: float,
    floor: float,
    y: np.ndarray,
    rows: np.ndarray,
    bits: np.ndarray,
) -> tuple[float, int, int]:
    """Write the logarithms of the leaders, NaN where a gap is, from their suprema.

    Return the mean of those that remain, how many these are, and how many are not above the floor.
    """
    h, w = max(1, len(pooled) - 2), pooled.shape[1] - 2
    buffer, leaders = np.empty(STRIP + 2, pooled.dtype), np.empty(STRIP, pooled.dtype)
    total, remaining, floored, place = 0.0, 0, 0, 0
    for row in range(h):
        for first in range(0, w, STRIP):
            n = min(STRIP, w - first)
            neighbourhood(pooled, p, row, first, n, buffer, leaders)
            for i in range(n):
                v = np.float64(leaders[i])
                remaining += v == v
                floored += v <= floor
                rows[VALUES, i] = v if v > floor else floor
            logarithms(rows, bits, n)
            for i in range(n):
                v = rows[VALUES, i]
                here = leaders[i] == leaders[i]
                total += v if here else 0.0
                y[place + i] = v if here else np.nan
            place += n
    return total / max(remaining, 1), remaining, floored


@compiled()
def centred(y: np.ndarray, mean: float, out: np.ndarray) -> None:
    """Write y - mean, NaN where a gap is."""
    for i in range(len(out)):
        out[i] = y[i] - mean


@compiled(sums=True)
def centred_sums(y: np.ndarray, n: int, mean: float, sums: np.ndarray) -> None:
    """Replace y by e = y - mean, 0 where a gap is; write the mean and sum e^r for r = 1 to 4."""
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        e = y[i] - mean if y[i] == y[i] else 0.0
        square = e * e
        y[i] = e
        first += e
        second += square
        third += square * e
        fourth += square * square
    sums[0], sums[1], sums[2], sums[3], sums[4] = mean, first, second, third, fourth


@compiled(sums=True)
def exponential_means(
    e: np.ndarray, n: int, gaps: int, means: np.ndarray, rows: np.ndarray, bits: np.ndarray
) -> None:
    """Write mean e^{q e} and mean e e^{q e}, (q, 2), for q = -K to K: powers of one exponential."""
    K = len(means) // 2
    means[:] = 0.0
    for start in range(0, n, STRIP):
        m = min(STRIP, n - start)
        total = 0.0
        for i in range(m):
            rows[VALUES, i] = e[start + i]
            total += e[start + i]
        means[K, 0] += m
        means[K, 1] += total
        exponentials(rows, bits, m)
        for sign in (1, -1):
            for i in range(m):
                rows[RESULT, i] = rows[RESULT, i] if sign == 1 else 1.0 / rows[RESULT, i]
                rows[POWERS, i] = 1.0
            for k in range(1, K + 1):
                plain, weighted = 0.0, 0.0
                for i in range(m):
                    u = rows[POWERS, i] * rows[RESULT, i]
                    rows[POWERS, i] = u
                    plain += u
                    weighted += u * rows[VALUES, i]
                means[K + sign * k, 0] += plain
                means[K + sign * k, 1] += weighted
    for q in range(2 * K + 1):
        means[q, 0] = (means[q, 0] - gaps) / max(n - gaps, 1)  # there e = 0, its exponential 1
        means[q, 1] /= max(n - gaps, 1)


@compiled(sums=True)
def block_sums(
    e: np.ndarray, h: int, w: int, padding: np.ndarray, shift: int, across: int, sums: np.ndarray
) -> None:
    """Add sum e^r, (blocks, orders), over blocks of 2^shift positions along each axis.

    `padding` is what the first block lacks before the first position, `across` how many blocks a
    row of them has.
    """
    for r in range(h):
        row = ((r + padding[0]) >> shift) * across
        for i in range(w):
            block, value = row + ((i + padding[1]) >> shift), e[r * w + i]
            for order in range(sums.shape[1]):
                sums[block, order] += value
                value *= e[r * w + i]


@compiled()
def count_held(
    y: np.ndarray, h: int, w: int, padding: np.ndarray, shift: int, across: int, held: np.ndarray
) -> None:
    """Count the positions of each block, (blocks, 1), that no gap has."""
    for r in range(h):
        row = ((r + padding[0]) >> shift) * across
        for i in range(w):
            held[row + ((i + padding[1]) >> shift), 0] += y[r * w + i] == y[r * w + i]


@compiled(sums=True)
def sizes(details: np.ndarray, p: float) -> tuple[float, float]:
    """Return log2 max |c| and log2 mean |c|^p, NaN for p = inf, leaving gaps out."""
    c = details.reshape(-1)
    # Lanes side by side: one maximum would wait for the one before.
    lanes = np.zeros(LANES, details.dtype)
    for start in range(0, len(c) - LANES + 1, LANES):
        for lane in range(LANES):
            size = abs(c[start + lane])
            lanes[lane] = size if size > lanes[lane] else lanes[lane]
    for i in range(len(c) - len(c) % LANES, len(c)):
        lanes[0] = max(lanes[0], abs(c[i])) if c[i] == c[i] else lanes[0]
    top = lanes.max()
    largest = np.log2(max(np.float64(top), TINY))
    if p == np.inf:
        return largest, np.nan
    total, n, unit = 0.0, 0, np.float64(top) if top > 0 else 1.0
    for i in range(len(c)):
        size = np.float64(abs(c[i])) / unit
        total += power(size, p) if size == size else 0.0
        n += size == size
    return largest, np.log2(max(total / max(n, 1), TINY)) + p * largest
