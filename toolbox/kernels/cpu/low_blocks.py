"""How deep the lowest block of log-leaders lies below the others, item by item."""

import numpy as np

from toolbox.kernels.cpu.compiling import compiled

FEWEST_BLOCKS = 32  # from which quartiles tell a spread
# Robust standard deviations below the median that no block of a random walk reaches: none of
# some 9,000 fields and signals, fractional, multifractal (lambda^2 up to .3) and anisotropic, of
# 124 to 6,000 leaders. The deepest of n normal numbers lies near sqrt(2 ln n).
DEEP, DEEP_OF_MANY = 6.0, 1.8
# Where 30 % are damped the quartiles are too; the upper tenth is not, but varies more.
UPPER_TENTH = 1.4
LEAST_SPREAD = 0.01  # nats: leaders that vary less are those of a periodic pattern
BUCKETS = 256


@compiled(makes_arrays=True)
def lowest_blocks(e: np.ndarray, dim: int, deepest: np.ndarray) -> None:
    """Write the depth of the lowest block of each item of (items, h, w), NaN marking gaps.

    Of the means of blocks of 1, 2, 4, ... along each axis, until there are too few of them.
    """
    means, kept = np.empty(e[0].size), np.empty(e[0].size)
    in_buckets, ends = np.empty(e[0].size), np.empty(BUCKETS, np.int64)
    for item in range(len(e)):
        h, w = e.shape[1], e.shape[2]
        for i in range(h):
            for k in range(w):
                means[i * w + k] = e[item, i, k]
        while h * w >= FEWEST_BLOCKS:
            found = depth(means[: h * w], kept, in_buckets, ends)
            deepest[item] = max(deepest[item], found)
            if dim == 1:
                halve(means, w // 2)
            else:
                for i in range(h // 2):  # written where it was read before
                    halve_square(means[2 * i * w :], w, means[i * (w // 2) :], w // 2)
                h //= 2
            w //= 2


@compiled()
def halve(values: np.ndarray, n: int) -> None:
    """Write the n means of two neighbours where the values were."""
    for i in range(n):
        values[i] = (values[2 * i] + values[2 * i + 1]) / 2


@compiled()
def halve_square(values: np.ndarray, w: int, means: np.ndarray, n: int) -> None:
    """Write the n means of squares of four in two rows of w."""
    for i in range(n):
        left, right = values[2 * i] + values[w + 2 * i], values[2 * i + 1] + values[w + 2 * i + 1]
        means[i] = (left + right) / 4


@compiled()
def depth(values: np.ndarray, kept: np.ndarray, in_buckets: np.ndarray, ends: np.ndarray) -> float:
    """Return median minus lowest over the spread, in units of what random walks may have."""
    n, low, high = 0, np.inf, -np.inf
    for v in values:
        if v == v:
            kept[n] = v
            n += 1
            low, high = min(low, v), max(high, v)
    if n < FEWEST_BLOCKS or low == high:
        return 0.0
    if high - low == np.inf:  # a leader is zero
        return np.inf
    into_buckets(kept[:n], low, (BUCKETS - 1) / (high - low), in_buckets, ends)
    first, median = ranked(in_buckets, ends, (n - 1) // 4), ranked(in_buckets, ends, (n - 1) // 2)
    third = ranked(in_buckets, ends, int((n - 1) * 0.75))
    tenth = ranked(in_buckets, ends, int((n - 1) * 0.9))
    # A normal law's quartiles are 1.349 standard deviations apart, its upper tenth begins at 1.282.
    spread = min((third - first) / 1.349, UPPER_TENTH * (tenth - median) / 1.282)
    limit = max(DEEP, DEEP_OF_MANY * np.sqrt(2 * np.log(n)))
    return (median - low) / (limit * max(spread, LEAST_SPREAD))


@compiled()
def into_buckets(
    values: np.ndarray, low: float, scale: float, in_buckets: np.ndarray, ends: np.ndarray
) -> None:
    """Write the values bucket by bucket, from low to high, and where each bucket ends."""
    ends[:] = 0
    for v in values:
        ends[int((v - low) * scale)] += 1
    start = 0
    for b in range(BUCKETS):  # first where it begins; every value then moves it on
        start, ends[b] = start + ends[b], start
    for v in values:
        b = int((v - low) * scale)
        in_buckets[ends[b]] = v
        ends[b] += 1


@compiled()
def ranked(in_buckets: np.ndarray, ends: np.ndarray, rank: int) -> float:
    """Return the value of that rank, from 0: the bucket says where about, its values where."""
    b = np.searchsorted(ends, rank, side="right")
    first, last = ends[b - 1] if b else 0, ends[b] - 1
    while first < last:  # quickselect (Hoare 1961)
        pivot, i, k = in_buckets[(first + last) // 2], first, last
        while i <= k:
            while in_buckets[i] < pivot:
                i += 1
            while in_buckets[k] > pivot:
                k -= 1
            if i <= k:
                in_buckets[i], in_buckets[k] = in_buckets[k], in_buckets[i]
                i, k = i + 1, k - 1
        if rank <= k:
            last = k
        elif rank >= i:
            first = i
        else:
            break
    return in_buckets[rank]
