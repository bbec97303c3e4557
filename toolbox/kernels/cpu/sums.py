"""Sums of the log-leaders of one item and scale (see `toolbox.kernels.log_leaders`).

Logarithms and sums are in double precision whatever the leaders are, strip by strip: what a strip
needs stays in the fastest cache. `rows` and `bits` are those of `arithmetic`.
"""

import numpy as np

from toolbox.kernels.cpu.arithmetic import (
    INVERSE,
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
    strips: np.ndarray,
    rows: np.ndarray,
    bits: np.ndarray,
) -> tuple[float, int, int]:
    """Write the logarithms of the leaders, NaN where a gap is, from their suprema.

    Return the mean of those that remain, how many these are, and how many are not above the floor.
    """
    h, w = max(1, len(pooled) - 2), pooled.shape[1] - 2
    total, gaps, floored, place = 0.0, 0, 0, 0
    values = rows[VALUES]
    for row in range(h):
        for first in range(0, w, STRIP):
            n = min(STRIP, w - first)
            leaders = strips[1, :n]
            neighbourhood(pooled, row, first, p, strips[0], leaders)
            plain = above(leaders, floor, values)
            logarithms(rows, bits, n)
            if plain:  # as almost all are
                total += copied(values[:n], y[place:])
            else:
                part, missing, low = copied_beside_gaps(values, leaders, floor, y[place:])
                total, gaps, floored = total + part, gaps + missing, floored + low
            place += n
    remaining = h * w - gaps
    return total / max(remaining, 1), remaining, floored


@compiled()
def above(leaders: np.ndarray, floor: float, values: np.ndarray) -> bool:
    """Write leaders put above the floor; say whether all were there, and none a gap."""
    below = 0
    for i in range(len(leaders)):
        v = np.float64(leaders[i])
        below |= not v > floor
        values[i] = v if v > floor else floor
    return below == 0


@compiled(sums=True)
def copied(values: np.ndarray, y: np.ndarray) -> float:
    """Copy values, and return their sum."""
    total = 0.0
    for i in range(len(values)):
        total += values[i]
        y[i] = values[i]
    return total


@compiled(sums=True)
def copied_beside_gaps(
    values: np.ndarray, leaders: np.ndarray, floor: float, y: np.ndarray
) -> tuple[float, int, int]:
    """Copy values, NaN where a gap is; return the sum of the others, the gaps, and the floored."""
    total, gaps, floored = 0.0, 0, 0
    for i in range(len(leaders)):
        here = leaders[i] == leaders[i]
        total += values[i] if here else 0.0
        gaps += not here
        floored += leaders[i] <= floor
        y[i] = values[i] if here else np.nan
    return total, gaps, floored


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
def add_powers(
    u: np.ndarray, e: np.ndarray, power: np.ndarray, sign: int, means: np.ndarray
) -> None:
    """Add sum u^k and sum e u^k for k = 1 to K, where q = k or -k, of (q, 2)."""
    K = len(means) // 2
    power[:] = 1.0
    for k in range(1, K + 1, 2):  # two powers at a time: half as often read and written
        plain, weighted, next_plain, next_weighted = 0.0, 0.0, 0.0, 0.0
        for i in range(len(u)):
            this = power[i] * u[i]
            following = this * u[i]
            power[i] = following
            plain += this
            weighted += this * e[i]
            next_plain += following
            next_weighted += following * e[i]
        means[K + sign * k, 0] += plain
        means[K + sign * k, 1] += weighted
        if k < K:
            means[K + sign * (k + 1), 0] += next_plain
            means[K + sign * (k + 1), 1] += next_weighted


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
        add_powers(rows[RESULT, :m], rows[VALUES, :m], rows[POWERS, :m], 1, means)
        add_powers(rows[INVERSE, :m], rows[VALUES, :m], rows[POWERS, :m], -1, means)
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
            for m in range(sums.shape[1]):
                sums[block, m] += value
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


@compiled(sums=True, makes_arrays=True)
def sizes(c: np.ndarray, p: float) -> tuple[float, float]:
    """Return log2 max |c| and log2 mean |c|^p, NaN for p = inf, leaving gaps out."""
    top = np.float64(largest(c, np.empty(LANES, c.dtype)))
    log_top = np.log2(max(top, TINY))
    if p == np.inf:
        return log_top, np.nan
    total, n, unit = 0.0, 0, top if top > 0 else 1.0
    for i in range(len(c)):
        size = np.float64(abs(c[i])) / unit
        total += power(size, p) if size == size else 0.0
        n += size == size
    return log_top, np.log2(max(total / max(n, 1), TINY)) + p * log_top


@compiled()
def largest(c: np.ndarray, lanes: np.ndarray) -> float:
    """Return max |c|, leaving gaps out."""
    # Lanes side by side: one maximum would wait for the one before.
    lanes[:] = 0
    for start in range(0, len(c) - LANES + 1, LANES):
        some = c[start:]
        for lane in range(LANES):
            size = abs(some[lane])
            lanes[lane] = size if size > lanes[lane] else lanes[lane]
    for i in range(len(c) - len(c) % LANES, len(c)):
        lanes[0] = max(lanes[0], abs(c[i])) if c[i] == c[i] else lanes[0]
    top = lanes[0]
    for lane in range(1, LANES):
        top = max(top, lanes[lane])
    return top
