"""How deep the lowest block of log-leaders lies below the others, item by item."""

import numpy as np

from toolbox.kernels.cpu.compiling import compiled
from toolbox.kernels.cpu.transform import copy

FEWEST_BLOCKS = 32  # from which quartiles tell a spread
# Robust standard deviations below the median that no block of a random walk reaches: none of
# some 9,000 fields and signals, fractional, multifractal (lambda^2 up to .3) and anisotropic, of
# 124 to 6,000 leaders. The deepest of n normal numbers lies near sqrt(2 ln n).
DEEP, DEEP_OF_MANY = 6.0, 1.8
# Where 30 % are damped the quartiles are too; the upper tenth is not, but varies more.
UPPER_TENTH = 1.4
LEAST_SPREAD = 0.01  # nats: leaders that vary less are those of a periodic pattern
BUCKETS = 512
ROUNDING = 1e-9  # more than a bucket's edges may be wrong by
ALL_BUT_SIGN = 0x7FFFFFFFFFFFFFFF


@compiled(makes_arrays=True)
def lowest_blocks(e: np.ndarray, dim: int, matters: np.ndarray, deepest: np.ndarray) -> None:
    """Write the depth of the lowest block of each item of (items, h, w), NaN marking gaps.

    Of the means of blocks of 1, 2, 4, ... along each axis, until there are too few of them. A depth
    that is surely below what `matters` is not looked for.
    """
    means, following = np.empty(e[0].size), np.empty(e[0].size // 2)
    kept, ends = np.empty(e[0].size + 2), np.empty((2, BUCKETS), np.int32)
    in_buckets, places = np.empty(e[0].size), np.empty(e[0].size, np.int32)
    bits = kept.view(np.int64)
    for item in range(len(e)):
        h, w = e.shape[1], e.shape[2]
        for i in range(h):
            copy(e[item, i], means[i * w : i * w + w])
        values, others = means, following
        while h * w >= FEWEST_BLOCKS:
            least = max(deepest[item], matters[item])
            found = depth(values[: h * w], least, kept, bits, places, in_buckets, ends)
            deepest[item] = max(deepest[item], found)
            if dim == 1:
                halve(values, others, w // 2)
            else:
                for i in range(h // 2):
                    halve_square(values[2 * i * w :], w, others[i * (w // 2) :], w // 2)
                h //= 2
            values, others = others, values
            w //= 2


@compiled()
def halve(values: np.ndarray, means: np.ndarray, n: int) -> None:
    """Write the n means of two neighbours."""
    for i in range(n):
        means[i] = (values[2 * i] + values[2 * i + 1]) / 2


@compiled()
def halve_square(values: np.ndarray, w: int, means: np.ndarray, n: int) -> None:
    """Write the n means of squares of four in two rows of w."""
    below = values[w:]
    for i in range(n):
        left, right = values[2 * i] + below[2 * i], values[2 * i + 1] + below[2 * i + 1]
        means[i] = (left + right) / 4


@compiled()
def depth(
    values: np.ndarray,
    least: float,
    kept: np.ndarray,
    bits: np.ndarray,
    places: np.ndarray,
    in_buckets: np.ndarray,
    ends: np.ndarray,
) -> float:
    """Return median minus lowest over the spread, in units of what random walks may have.

    0 where it is surely below `least`.
    """
    n = without_gaps(values, kept)
    if n < FEWEST_BLOCKS:
        return 0.0
    low, high = extremes(kept, bits, n)
    if low == high:
        return 0.0
    if high - low == np.inf:  # a leader is zero
        return np.inf
    ranks = ((n - 1) // 4, (n - 1) // 2, int((n - 1) * 0.75), int((n - 1) * 0.9))
    limit = max(DEEP, DEEP_OF_MANY * np.sqrt(2 * np.log(n)))
    buckets = min(BUCKETS, max(n // 4, FEWEST_BLOCKS))
    step = (high - low) / (buckets - 1)
    in_which_bucket(kept[:n], low, 1 / step, places)
    ends, starts = ends[0, :buckets], ends[1, :buckets]
    count_buckets(places[:n], starts, ends)
    first, median = holder(ends, ranks[0]), holder(ends, ranks[1])
    third, tenth = holder(ends, ranks[2]), holder(ends, ranks[3])
    # The widest median, over the narrowest spread, that the buckets leave room for.
    spread = spread_of(first + 1.0, median + 1.0, third, tenth)
    if (median + 1) * step < least * limit * max(spread * step, LEAST_SPREAD) * (1 - ROUNDING):
        return 0.0
    into_buckets(kept[:n], places, (first, median, third, tenth), in_buckets, starts)
    middle = ranked(in_buckets, ends, ranks[1])
    spread = spread_of(
        ranked(in_buckets, ends, ranks[0]),
        middle,
        ranked(in_buckets, ends, ranks[2]),
        ranked(in_buckets, ends, ranks[3]),
    )
    return (middle - low) / (limit * max(spread, LEAST_SPREAD))


@compiled(inline=True)
def spread_of(first: float, median: float, third: float, tenth: float) -> float:
    """Return the standard deviation that a normal law of these quantiles has, or a smaller one."""
    # Its quartiles are 1.349 standard deviations apart, its upper tenth begins at 1.282.
    return min((third - first) / 1.349, UPPER_TENTH * (tenth - median) / 1.282)


@compiled()
def without_gaps(values: np.ndarray, kept: np.ndarray) -> int:
    """Write the values that are no gaps, one after the other; return how many these are."""
    n = 0
    for i in range(len(values)):
        kept[i] = values[i]
        n += values[i] == values[i]
    if n == len(values):  # as almost always
        return n
    n = 0
    for i in range(len(values)):
        kept[n] = values[i]  # where a gap stands, the next is written
        n += values[i] == values[i]
    return n


@compiled()
def extremes(values: np.ndarray, bits: np.ndarray, n: int) -> tuple[float, float]:
    """Return the lowest and the highest of the first n values, which stand in the next two places.

    `bits` are the same places as whole numbers, of which many are compared side by side.
    """
    low = high = in_order(bits[0])
    for i in range(n):
        low, high = min(low, in_order(bits[i])), max(high, in_order(bits[i]))
    bits[n], bits[n + 1] = in_order(low), in_order(high)
    return values[n], values[n + 1]


@compiled(inline=True)
def in_order(bits: int) -> int:
    """Turn the negative ones round, which run backwards; back again when called twice."""
    return bits ^ ((bits >> 63) & ALL_BUT_SIGN)


@compiled()
def in_which_bucket(values: np.ndarray, low: float, scale: float, places: np.ndarray) -> None:
    """Write the bucket of each value, from low to high."""
    for i in range(len(values)):
        places[i] = np.int32((values[i] - low) * scale)


@compiled()
def count_buckets(places: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
    """Write where each bucket starts and ends."""
    n = len(places)
    ends[:], starts[:] = 0, 0
    for i in range(n // 2):  # counted in turn: neighbours are alike, and one would wait for another
        ends[places[2 * i]] += 1
        starts[places[2 * i + 1]] += 1
    if n % 2:
        ends[places[n - 1]] += 1
    end = 0
    for b in range(len(ends)):
        start, end = end, end + ends[b] + starts[b]
        starts[b], ends[b] = start, end


@compiled()
def into_buckets(
    values: np.ndarray,
    places: np.ndarray,
    wanted: tuple[int, int, int, int],
    in_buckets: np.ndarray,
    starts: np.ndarray,
) -> None:
    """Write the values of the buckets that are wanted, bucket by bucket."""
    first, median, third, tenth = wanted
    for i in range(len(values)):
        b = places[i]
        if (b == first) | (b == median) | (b == third) | (b == tenth):
            in_buckets[starts[b]] = values[i]
            starts[b] += 1


@compiled()
def holder(ends: np.ndarray, rank: int) -> int:
    """Return the bucket that holds a rank."""
    first, last = 0, len(ends) - 1
    while first < last:  # NumPy's search takes longer to compile than all else here
        middle = (first + last) // 2
        if ends[middle] > rank:
            last = middle
        else:
            first = middle + 1
    return first


@compiled()
def ranked(in_buckets: np.ndarray, ends: np.ndarray, rank: int) -> float:
    """Return the value of that rank, from 0: the bucket says where about, its values where."""
    b = holder(ends, rank)
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
