"""One scale of the border-free wavelet transform of one item (see `toolbox.kernels.wavelet`).

A signal is an image of one row, which is filtered along its columns alone.
"""

import numpy as np

from toolbox.kernels.cpu.compiling import compiled

STRIP = 2048  # windows of a signal that are computed together, out of the fastest cache


@compiled()
def split(x: np.ndarray, row: int, first: int, n: int, even: np.ndarray, odd: np.ndarray) -> None:
    """Write n samples at even places and n at odd ones of a row, from its sample `first` on."""
    for i in range(n):
        even[i] = x[row, first + 2 * i]
        odd[i] = x[row, first + 2 * i + 1]


@compiled()
def windows(
    even: np.ndarray,
    odd: np.ndarray,
    taps: np.ndarray,
    first: int,
    n: int,
    out: np.ndarray,
    row: int,
    place: int,
) -> None:
    """Write n sums, sum_m taps[m] x[2 (first + i) + m], of a row x that was split.

    They go to a row of `out`, from `place` on.
    """
    pairs = len(taps) // 2
    t0, t1 = taps[0], taps[1]
    if pairs < 3:
        for i in range(n):
            out[row, place + i] = t0 * even[first + i] + t1 * odd[first + i]
    else:  # as long as they fit the registers, in one go
        t2, t3, t4, t5 = taps[2], taps[3], taps[4], taps[5]
        for i in range(n):
            k = first + i
            low = t0 * even[k] + t1 * odd[k] + t2 * even[k + 1]
            out[row, place + i] = low + (t3 * odd[k + 1] + t4 * even[k + 2] + t5 * odd[k + 2])
    for m in range(1 if pairs < 3 else 3, pairs):
        t0, t1 = taps[2 * m], taps[2 * m + 1]
        for i in range(n):
            out[row, place + i] += t0 * even[first + m + i] + t1 * odd[first + m + i]


@compiled()
def down(x: np.ndarray, taps: np.ndarray, row: int, out: np.ndarray) -> None:
    """Write sum_n taps[n] x[row + n] of every column."""
    w = x.shape[1]
    t0, t1 = taps[0], taps[1]
    if len(taps) < 6:
        for i in range(w):
            out[0, i] = t0 * x[row, i] + t1 * x[row + 1, i]
    else:
        t2, t3, t4, t5 = taps[2], taps[3], taps[4], taps[5]
        for i in range(w):
            low = t0 * x[row, i] + t1 * x[row + 1, i] + t2 * x[row + 2, i]
            out[0, i] = low + (t3 * x[row + 3, i] + t4 * x[row + 4, i] + t5 * x[row + 5, i])
    for m in range(1 if len(taps) < 6 else 3, len(taps) // 2):
        t0, t1 = taps[2 * m], taps[2 * m + 1]
        for i in range(w):
            out[0, i] += t0 * x[row + 2 * m, i] + t1 * x[row + 2 * m + 1, i]


@compiled()
def analysis(
    x: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    norm: float,
    approximation: np.ndarray,
    details: np.ndarray,
) -> None:
    """Write the next approximation and `norm` times the details, (1 or 3, h, w), of one item."""
    scaled = np.empty_like(high)
    for i in range(len(high)):
        scaled[i] = norm * high[i]
    if len(details) == 1:
        analysis_of_signal(x, low, scaled, approximation, details[0])
    else:
        analysis_of_image(x, low, high, scaled, approximation, details)


@compiled()
def analysis_of_signal(
    x: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    approximation: np.ndarray,
    details: np.ndarray,
) -> None:
    """Write approximation and details of a signal, (1, n), strip by strip."""
    more, count = len(low) // 2 - 1, approximation.shape[1]
    even, odd = np.empty(STRIP + more, x.dtype), np.empty(STRIP + more, x.dtype)
    for start in range(0, count, STRIP):
        n = min(STRIP, count - start)
        split(x, 0, 2 * start, n + more, even, odd)
        windows(even, odd, low, 0, n, approximation, 0, start)
        windows(even, odd, high, 0, n, details, 0, start)


@compiled()
def analysis_of_image(
    x: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    scaled: np.ndarray,
    approximation: np.ndarray,
    details: np.ndarray,
) -> None:
    """Write approximation and details of an image: row by row, each in the cache for both filters.

    Position k is window k of a low-pass and window k - lead of a high-pass filter.
    """
    lead, half = len(low) // 2 - 1, x.shape[1] // 2
    row = np.empty((1, x.shape[1]), x.dtype)
    even, odd = np.empty(half, x.dtype), np.empty(half, x.dtype)
    horizontal, vertical, diagonal = details[0], details[1], details[2]
    rows, columns = horizontal.shape
    for r in range(len(approximation)):
        down(x, low, 2 * r, row)
        split(row, 0, 0, half, even, odd)
        windows(even, odd, low, 0, approximation.shape[1], approximation, r, 0)
        if r >= lead:
            windows(even, odd, scaled, 0, columns, vertical, r - lead, 0)
        if r < rows:
            down(x, scaled, 2 * r, row)
            split(row, 0, 0, half, even, odd)
            windows(even, odd, low, lead, columns, horizontal, r, 0)
            windows(even, odd, high, 0, columns, diagonal, r, 0)
