"""Sums of the log-leaders of one item and scale (see `toolbox.kernels.log_leaders`).

Logarithms and sums are in double precision whatever the leaders are, strip by strip: what a strip
needs stays in the fastest cache.
"""

import numpy as np

from toolbox.kernels.cpu.arithmetic import bits_of, exponentials, logarithm, number_of
from toolbox.kernels.cpu.compiling import compiled
from toolbox.kernels.cpu.leaders import neighbourhood, power

STRIP = 1024  # leaders that are worked on together
TINY = 2.0**-126  # for zeros: far below every other logarithm
MOST = 5  # the highest power of an exponential
NO_SUMS = (0.0,) * (2 * MOST)


@compiled()
def log_leaders(
    pooled: np.ndarray,
    p: float,
    floor: float,
    y: np.ndarray,
    strips: np.ndarray,
    values: np.ndarray,
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
                there = y[place : place + n] if len(y) else values[:n]
                held, low = strip_of(strips[1, :n], floor, there, moments, remaining)
                remaining, floored, place, n = remaining + held, floored + low, place + n, 0
    return remaining, floored


@compiled()
def strip_of(
    leaders: np.ndarray, floor: float, y: np.ndarray, moments: np.ndarray, before: int
) -> tuple[int, int]:
    """Add the logarithms of a strip of leaders to the moments of those before; count as above."""
    n, gaps, floored = len(leaders), 0, 0
    added, low = logarithms(leaders, floor, y)
    if low:  # as there are almost never
        gaps, floored, added = mark_gaps(leaders, floor, y)
    mean = added / max(n - gaps, 1)
    merge(moments, before, mean, n - gaps, centred_sums(y, mean))
    return n - gaps, floored


@compiled(sums=True)
def logarithms(leaders: np.ndarray, floor: float, y: np.ndarray) -> tuple[float, int]:
    """Write the logarithms of leaders put above the floor; return their sum and how many were.

    A gap is put there too.
    """
    added, low = 0.0, 0
    for i in range(len(leaders)):
        v = np.float64(leaders[i])
        low += not v > floor
        y[i] = logarithm(v if v > floor else floor)
        added += y[i]
    return added, low


@compiled()
def mark_gaps(leaders: np.ndarray, floor: float, y: np.ndarray) -> tuple[int, int, float]:
    """Write NaN where a gap is.

    Return how many there are, how many are not above the floor, and the sum of what remains.
    """
    gaps, floored, added = 0, 0, 0.0
    for i in range(len(leaders)):
        here = leaders[i] == leaders[i]
        gaps += not here
        floored += leaders[i] <= floor
        added += y[i] if here else 0.0
        y[i] = y[i] if here else np.nan
    return gaps, floored, added


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
def exponential_means(e: np.ndarray, gaps: int, means: np.ndarray) -> None:
    """Write mean e^{q e} and mean e e^{q e}, (q, 2), for q = -5 to 5: powers of one exponential."""
    up, down, added, n = NO_SUMS, NO_SUMS, 0.0, max(len(e) - gaps, 1)
    for i in range(len(e)):
        u, v = exponentials(e[i])
        up, down = add_powers(up, u, e[i]), add_powers(down, v, e[i])
        added += e[i]
    means[MOST, 0], means[MOST, 1] = (len(e) - gaps) / n, added / n
    for k in range(MOST):  # where a gap is e = 0, its exponential 1
        above, below = MOST + 1 + k, MOST - 1 - k
        means[above, 0], means[above, 1] = (up[k] - gaps) / n, up[MOST + k] / n
        means[below, 0], means[below, 1] = (down[k] - gaps) / n, down[MOST + k] / n


@compiled(sums=True, inline=True)
def add_powers(sums: tuple[float, ...], u: float, e: float) -> tuple[float, ...]:
    """Return sum u^k, then sum e u^k, of k = 1 to 5, with one term more."""
    square = u * u
    cube, fourth = square * u, square * square
    fifth = cube * square
    return (
        sums[0] + u,
        sums[1] + square,
        sums[2] + cube,
        sums[3] + fourth,
        sums[4] + fifth,
        sums[5] + e * u,
        sums[6] + e * square,
        sums[7] + e * cube,
        sums[8] + e * fourth,
        sums[9] + e * fifth,
    )


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


@compiled(sums=True)
def sizes(c: np.ndarray, p: float) -> tuple[float, float]:
    """Return log2 max |c| and log2 mean |c|^p, NaN for p = inf, leaving gaps out."""
    top = largest(c)
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
def largest(c: np.ndarray) -> float:
    """Return max |c|, leaving gaps out."""
    top = bits_of(0.0)
    for i in range(len(c)):  # whole numbers, of which many are compared side by side
        size = np.float64(abs(c[i]))
        top = max(top, bits_of(size if size == size else 0.0))
    return number_of(top)
