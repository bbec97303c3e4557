"""One scale of the border-free wavelet transform of one item (see `toolbox.kernels.wavelet`).

A signal is an image of one row, which is filtered along its columns alone. Sums are written over
rows that begin at the place where they are read: an index that might be negative would be tested
for every sample, and none of the loops below would run many samples side by side.
"""

import numpy as np

from toolbox.kernels.cpu.arithmetic import larger
from toolbox.kernels.cpu.compiling import compiled

# The filters of a scale: those that meet its samples first, and both as they are.
TAPS = 5
ENTERING_LOW, ENTERING_HIGH, LOW, HIGH, SCALED_HIGH = range(TAPS)
STRETCH = 2**13  # samples whose approximations and details fit a core's cache at all scales
# Rows are read from memory many at a time, in order, which is several times as fast as in the order
# of the filters, and into places where vectors begin and end with a row.
NEAR, FEWEST_PAIRS = 2**12, 4  # samples, and pairs of rows at least
VECTOR = 16  # numbers that the processor takes at once, or a multiple
AT_ONCE = 6  # taps that are summed in one go, as many as fit the registers


@compiled(inline=True)
def windows(x: np.ndarray, low: np.ndarray, high: np.ndarray, a: np.ndarray, d: np.ndarray) -> None:
    """Write a[i] = sum_m low[m] x[2 i + m], and d[i] likewise by the high-pass filter."""
    begin = 0
    if len(low) >= AT_ONCE:
        begin = AT_ONCE
        first_windows(x, low, high, a, d)
    else:
        a[:], d[:] = 0.0, 0.0
    for m in range(begin, len(low), 2):
        add_windows(x[m:], low[m:], high[m:], a, d)


@compiled(inline=True)
def first_windows(
    x: np.ndarray, low: np.ndarray, high: np.ndarray, a: np.ndarray, d: np.ndarray
) -> None:
    """Write the sums over the first taps."""
    l0, l1, l2, l3, l4, l5 = low[0], low[1], low[2], low[3], low[4], low[5]
    h0, h1, h2, h3, h4, h5 = high[0], high[1], high[2], high[3], high[4], high[5]
    for i in range(len(a)):
        x0, x1, x2 = x[2 * i], x[2 * i + 1], x[2 * i + 2]
        x3, x4, x5 = x[2 * i + 3], x[2 * i + 4], x[2 * i + 5]
        a[i] = (l0 * x0 + l1 * x1 + l2 * x2) + (l3 * x3 + l4 * x4 + l5 * x5)
        d[i] = (h0 * x0 + h1 * x1 + h2 * x2) + (h3 * x3 + h4 * x4 + h5 * x5)


@compiled(inline=True)
def add_windows(
    x: np.ndarray, low: np.ndarray, high: np.ndarray, a: np.ndarray, d: np.ndarray
) -> None:
    """Add the terms of two taps."""
    l0, l1, h0, h1 = low[0], low[1], high[0], high[1]
    for i in range(len(a)):
        a[i] += l0 * x[2 * i] + l1 * x[2 * i + 1]
        d[i] += h0 * x[2 * i] + h1 * x[2 * i + 1]


@compiled(inline=True)
def down(x: np.ndarray, taps: np.ndarray, out: np.ndarray) -> None:
    """Write sum_m taps[m] x[m] of every column."""
    begin = 0
    if len(taps) >= AT_ONCE:
        begin = AT_ONCE
        first_down(x, taps, out)
    else:
        out[:] = 0.0
    for m in range(begin, len(taps), 2):
        add_down(x[m:], taps[m:], out)


@compiled(inline=True)
def first_down(x: np.ndarray, taps: np.ndarray, out: np.ndarray) -> None:
    """Write the sums over the first taps."""
    # One filter at a time: the compiler tests which rows may overlap, and gives up at too many.
    t0, t1, t2, t3, t4, t5 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5]
    x0, x1, x2, x3, x4, x5 = x[0], x[1], x[2], x[3], x[4], x[5]
    for i in range(len(out)):
        out[i] = (t0 * x0[i] + t1 * x1[i] + t2 * x2[i]) + (t3 * x3[i] + t4 * x4[i] + t5 * x5[i])


@compiled(inline=True)
def add_down(x: np.ndarray, taps: np.ndarray, out: np.ndarray) -> None:
    """Add the terms of two taps."""
    t0, t1, x0, x1 = taps[0], taps[1], x[0], x[1]
    for i in range(len(out)):
        out[i] += t0 * x0[i] + t1 * x1[i]


@compiled(inline=True)
def copy(row: np.ndarray, out: np.ndarray) -> None:
    """Write what a row begins with."""
    for i in range(len(out)):
        out[i] = row[i]


@compiled()
def prepare(bank: np.ndarray, unit: float, norm: float, taps: np.ndarray) -> None:
    """Write the filters of a scale that makes `norm` times the details of `unit` x, (5, length)."""
    for i in range(bank.shape[1]):
        taps[LOW, i], taps[HIGH, i] = bank[0, i], bank[1, i]
        taps[SCALED_HIGH, i] = norm * bank[1, i]
        taps[ENTERING_LOW, i] = unit * bank[0, i]
        taps[ENTERING_HIGH, i] = unit * taps[SCALED_HIGH, i]


@compiled(makes_arrays=True)
def scales_of_signal(
    x: np.ndarray,
    taps: np.ndarray,
    lengths: np.ndarray,
    approximations: np.ndarray,
    details: np.ndarray,
) -> None:
    """Write the approximations and details of all scales, each scale after the one before.

    A stretch at a time: what a scale makes is still in the cache when the next one asks for it.
    `taps` are (scales, 5, length), `lengths` those of each scale's approximation and details.
    """
    done = np.zeros(len(lengths), np.int64)
    for known in range(STRETCH, len(x) + STRETCH, STRETCH):
        a, there = x, min(known, len(x))
        a_place, d_place = 0, 0
        for j in range(len(lengths)):
            first, last = done[j], (there - taps.shape[2]) // 2 + 1
            following = approximations[a_place : a_place + lengths[j, 0]]
            if last > first:
                low, high = taps[j, ENTERING_LOW], taps[j, ENTERING_HIGH]
                found = details[d_place + first : d_place + last]
                windows(a[2 * first :], low, high, following[first:last], found)
                done[j] = last
            a, there = following, last
            a_place, d_place = a_place + lengths[j, 0], d_place + lengths[j, 1]


@compiled()
def row_of_image(
    x: np.ndarray, taps: np.ndarray, width: int, along: np.ndarray, across: np.ndarray
) -> None:
    """Write a row of the approximation, and below each other of vertical, horizontal, diagonal.

    Position k is window k of a low-pass and window k - lead of a high-pass filter.
    """
    down(x, taps[ENTERING_LOW], along[:width])
    windows(along, taps[LOW], taps[SCALED_HIGH], across[0], across[1])
    down(x, taps[ENTERING_HIGH], along[:width])
    windows(along, taps[LOW], taps[HIGH], across[2], across[3])


@compiled(makes_arrays=True)
def analysis_of_image(
    x: np.ndarray, taps: np.ndarray, approximation: np.ndarray, details: np.ndarray
) -> None:
    """Write the next approximation and details: row by row, each in the cache for all filters."""
    lead, rows = taps.shape[1] // 2 - 1, details.shape[1]
    near, along, across = rows_between(x, taps.shape[1], approximation)
    width, together = near.shape[1], (len(near) - taps.shape[1]) // 2 + 1
    for r in range(len(approximation)):
        if r % together == 0:
            copy_rows(x[2 * r :], near)
        row_of_image(near[2 * (r % together) :], taps, width, along, across)
        copy(across[0], approximation[r])
        if r >= lead:
            copy(across[1], details[1, r - lead])
        if r < rows:
            copy(across[2, lead:], details[0, r])
            copy(across[3], details[2, r])


@compiled(makes_arrays=True)
def largest_of_image(
    x: np.ndarray, taps: np.ndarray, approximation: np.ndarray, own: np.ndarray
) -> None:
    """Write what `analysis_of_image` does, but of the details the largest of each position."""
    # Three fields that are not written need not be read either.
    lead = taps.shape[1] // 2 - 1
    near, along, across = rows_between(x, taps.shape[1], approximation)
    width, together = near.shape[1], (len(near) - taps.shape[1]) // 2 + 1
    for r in range(len(approximation)):
        if r % together == 0:
            copy_rows(x[2 * r :], near)
        row_of_image(near[2 * (r % together) :], taps, width, along, across)
        copy(across[0], approximation[r])
        if r < len(own):
            largest_of_two(across[2, lead:], across[3], own[r])
        if r >= lead:  # a position's vertical detail comes `lead` rows after the others
            join_largest(across[1], own[r - lead])


@compiled(makes_arrays=True)
def rows_between(
    x: np.ndarray, length: int, approximation: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return room for rows of an image, one that is filtered down, and four across too."""
    across = np.zeros((4, whole_vectors(approximation.shape[1])), x.dtype)
    width = whole_vectors(x.shape[1])
    along = np.zeros(max(width, 2 * across.shape[1] + length), x.dtype)
    pairs = min(max(FEWEST_PAIRS, NEAR // (2 * width)), len(approximation))
    return np.zeros((2 * pairs + length - 2, width), x.dtype), along, across


@compiled()
def whole_vectors(n: int) -> int:
    """Return how many numbers a row has that is filled up to whole vectors."""
    return (n + VECTOR - 1) // VECTOR * VECTOR


@compiled()
def copy_rows(x: np.ndarray, near: np.ndarray) -> None:
    """Write the next rows of an image, if there are so many."""
    for r in range(min(len(x), len(near))):
        copy(x[r], near[r, : x.shape[1]])


@compiled(inline=True)
def largest_of_two(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Write the larger magnitude, position by position."""
    for i in range(len(out)):
        out[i] = larger(abs(a[i]), abs(b[i]))


@compiled(inline=True)
def join_largest(a: np.ndarray, out: np.ndarray) -> None:
    """Put the magnitude, where it is the larger one, into what has been found before."""
    for i in range(len(out)):
        out[i] = larger(abs(a[i]), out[i])
