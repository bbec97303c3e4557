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
from toolbox.kernels.cpu.transform import copy

LANES = 8
TINY = 2.0**-126  # for zeros: far below every other logarithm


@compiled()
def log_leaders(
    pooled: np.ndarray,
    p: float,
    floor: float,
    y: np.ndarray,
    strips: np.ndarray,
    rows: np.ndarray,
    bits: np.ndarray,
    moments: np.ndarray,
) -> tuple[int, int]:
    """Write the mean and sum (y - mean)^r, r = 1 to 4, of the logarithms y of leaders.

    The logarithms themselves, NaN where a gap is, are written if there is room. Return how many
    remain, and how many are not above the floor.
    """
    h, w = max(1, len(pooled) - 2), pooled.shape[1] - 2
    moments[:] = 0.0
    remaining, floored, place, n = 0, 0, 0, 0
    for row in range(h):
        for first in range(0, w, STRIP):
            more = min(STRIP, w - first)
            neighbourhood(pooled, row, first, p, strips[0], strips[1, n : n + more])
            n += more
            last = (row == h - 1) & (first + STRIP >= w)
            if last or n + min(STRIP, w) > STRIP:  # there is no room for another row
                leaders, there = strips[1, :n], y[place:]
                held, low = strip_of(leaders, floor, there, rows, bits, moments, remaining)
                remaining, floored, place, n = remaining + held, floored + low, place + n, 0
    return remaining, floored


@compiled()
def strip_of(
    leaders: np.ndarray,
    floor: float,
    y: np.ndarray,
    rows: np.ndarray,
    bits: np.ndarray,
    moments: np.ndarray,
    before: int,
) -> tuple[int, int]:
    """Add the logarithms of a strip of leaders to the moments of those before; count as above."""
    n, gaps, floored = len(leaders), 0, 0
    values = rows[VALUES, :n]
    plain = above(leaders, floor, values)
    logarithms(rows, bits, n)
    if not plain:  # as almost all are
        gaps, floored = mark_gaps(leaders, floor, values)
    if len(y):
        copy(values, y[:n])
    mean = total(values) / max(n - gaps, 1)
    merge(moments, before, mean, n - gaps, centred_sums(values, mean))
    return n - gaps, floored


@compiled()
def above(leaders: np.ndarray, floor: float, values: np.ndarray) -> bool:
    """Write leaders put above the floor; say whether all were there, and none a gap."""
    below = 0
    for i in range(len(leaders)):
        v = np.float64(leaders[i])
        below |= not v > floor
        values[i] = v if v > floor else floor
    return below == 0


@compiled()
def mark_gaps(leaders: np.ndarray, floor: float, values: np.ndarray) -> tuple[int, int]:
    """Write NaN where a gap is; return how many there are, and how many are not above the floor."""
    gaps, floored = 0, 0
    for i in range(len(leaders)):
        here = leaders[i] == leaders[i]
        gaps += not here
        floored += leaders[i] <= floor
        values[i] = values[i] if here else np.nan
    return gaps, floored


@compiled(sums=True)
def total(y: np.ndarray) -> float:
    """Return the sum of those that are no gaps."""
    found = 0.0
    for i in range(len(y)):
        found += y[i] if y[i] == y[i] else 0.0
    return found


@compiled(sums=True)
def centred_sums(y: np.ndarray, mean: float) -> tuple[float, float, float]:
    """Return sum (y - mean)^r for r = 2 to 4, leaving gaps out."""
    second, third, fourth = 0.0, 0.0, 0.0
    for i in range(len(y)):
        e = y[i] - mean if y[i] == y[i] else 0.0
        square = e * e
        second += square
        third += square * e
        fourth += square * square
    return second, third, fourth


@compiled()
def merge(
    moments: np.ndarray, n: int, mean: float, more: int, sums: tuple[float, float, float]
) -> None:
    """Join the mean and centred sums of n numbers with those of some more."""
    if more == 0:
        return
    # Sums about the common mean, of parts whose own mean lies a shift away from it.
    step = mean - moments[0]
    old_shift, new_shift = -step * more / (n + more), step * n / (n + more)
    old = shifted(n, old_shift, (moments[2], moments[3], moments[4]))
    new = shifted(more, new_shift, sums)
    moments[0] -= old_shift
    for r in range(3):
        moments[r + 2] = old[r] + new[r]


@compiled(inline=True)
def shifted(n: int, shift: float, sums: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return sum (e + shift)^r for r = 2 to 4 from sum e^r, where sum e = 0."""
    second, third, fourth = sums
    square = shift * shift
    return (
        second + n * square,
        third + shift * (3.0 * second + n * square),
        fourth + shift * (4.0 * third + shift * (6.0 * second + n * square)),
    )


@compiled()
def centre(y: np.ndarray, mean: float) -> None:
    """Replace y by y - mean, 0 where a gap is."""
    for i in range(len(y)):
        y[i] = y[i] - mean if y[i] == y[i] else 0.0


@compiled()
def centred(y: np.ndarray, mean: float, out: np.ndarray) -> None:
    """Write y - mean, NaN where a gap is."""
    for i in range(len(out)):
        out[i] = y[i] - mean


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
    e: np.ndarray, gaps: int, means: np.ndarray, rows: np.ndarray, bits: np.ndarray
) -> None:
    """Write mean e^{q e} and mean e e^{q e}, (q, 2), for q = -K to K: powers of one exponential."""
    n, K = len(e), len(means) // 2
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
