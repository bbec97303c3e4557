"""One scale of the leaders of one item (see `toolbox.kernels.leaders`).

A signal is an image of one row. p is inf for maxima. NaN, of samples that are missing, stays. Loops
run over rows that begin where they are read (see `transform`).
"""

import numpy as np

from toolbox.kernels.cpu.arithmetic import larger
from toolbox.kernels.cpu.compiling import compiled


@compiled()
def power(v: float, p: float) -> float:
    """Return v^p, of the common p many times faster."""
    if p == 2.0:
        return v * v
    if p == 1.0:
        return v
    return v**p


@compiled()
def root(v: float, p: float) -> float:
    """Return v^{1/p}."""
    if p == 2.0:
        return np.sqrt(v)
    if p == 1.0:
        return v
    return v ** (1.0 / p)


@compiled()
def joined(a: float, b: float, c: float, p: float) -> float:
    """Return (a^p + b^p + c^p)^{1/p}, relative to the largest: no power leaves the range."""
    unit = larger(larger(a, b), c)
    if unit == 0:
        return unit
    return unit * root(power(a / unit, p) + power(b / unit, p) + power(c / unit, p), p)


@compiled()
def joined_with_children(term: float, a: float, b: float, c: float, d: float, p: float) -> float:
    """Return (term^p + mean of the children's p-th powers)^{1/p}, relative to the largest."""
    unit = larger(larger(larger(a, b), larger(c, d)), term)
    if unit == 0:
        return unit
    children = power(a / unit, p) + power(b / unit, p) + power(c / unit, p) + power(d / unit, p)
    return unit * root(power(term / unit, p) + children / 4, p)


@compiled()
def own_terms(details: np.ndarray, p: float, own: np.ndarray) -> None:
    """Write |c| of images, joined over the directions: the largest, or (sum |c|^p)^{1/p}."""
    horizontal, vertical, diagonal = details[0], details[1], details[2]
    for r in range(len(own)):
        own_row(horizontal[r], vertical[r], diagonal[r], p, own[r])


@compiled()
def own_row(h: np.ndarray, v: np.ndarray, d: np.ndarray, p: float, own: np.ndarray) -> None:
    """Write the terms of one row from those of the three directions."""
    if p == np.inf:
        for i in range(len(own)):
            own[i] = larger(larger(abs(h[i]), abs(v[i])), abs(d[i]))
    else:
        for i in range(len(own)):
            own[i] = joined(abs(h[i]), abs(v[i]), abs(d[i]), p)


@compiled()
def supremum(
    own: np.ndarray,
    gain: np.ndarray,
    places: np.ndarray,
    children: np.ndarray,
    p: float,
    pooled: np.ndarray,
) -> None:
    """Join |gain own| of each position with its children: none, two, or four in an image.

    Position k = (r, i) has its own term at k + places[0], its first child at 2 k + places[1].
    """
    below = 0 if len(children) == 1 else 1
    for r in range(len(pooled)):
        mine = own[r + places[0, 0], places[0, 1] :]
        if children.size == 0:
            scale_row(mine, gain[0], pooled[r])
            continue
        first = places[1, 0] + 2 * r * below
        upper, lower = children[first, places[1, 1] :], children[first + below, places[1, 1] :]
        if p == np.inf and below == 0:
            largest_of_line(mine, gain[0], upper, pooled[r])
        elif p == np.inf:
            largest_row(mine, gain[0], upper, lower, pooled[r])
        else:
            joined_row(mine, gain[0], upper, lower, p, pooled[r])


@compiled()
def scale_row(own: np.ndarray, gain: float, pooled: np.ndarray) -> None:
    """Write |gain own| of a row."""
    for i in range(len(pooled)):
        pooled[i] = gain * abs(own[i])


@compiled()
def largest_of_line(own: np.ndarray, gain: float, finer: np.ndarray, pooled: np.ndarray) -> None:
    """Write the largest of |gain own| and both children along a signal."""
    for i in range(len(pooled)):
        pooled[i] = larger(gain * abs(own[i]), larger(finer[2 * i], finer[2 * i + 1]))


@compiled()
def largest_row(
    own: np.ndarray, gain: float, upper: np.ndarray, lower: np.ndarray, pooled: np.ndarray
) -> None:
    """Write the largest of |gain own| and the children of a row."""
    for i in range(len(pooled)):
        left = larger(upper[2 * i], lower[2 * i])
        right = larger(upper[2 * i + 1], lower[2 * i + 1])
        pooled[i] = larger(gain * abs(own[i]), larger(left, right))


@compiled()
def joined_row(
    own: np.ndarray, gain: float, upper: np.ndarray, lower: np.ndarray, p: float, pooled: np.ndarray
) -> None:
    """Write the joined |gain own| and children of a row."""
    for i in range(len(pooled)):
        a, b, c, d = upper[2 * i], upper[2 * i + 1], lower[2 * i], lower[2 * i + 1]
        pooled[i] = joined_with_children(gain * abs(own[i]), a, b, c, d, p)


@compiled()
def neighbourhood(
    pooled: np.ndarray, row: int, first: int, p: float, buffer: np.ndarray, out: np.ndarray
) -> None:
    """Join positions of a row, from `first` on, with their neighbours on all sides: leaders.

    Along every axis: the maximum (or sum) over a square is that over columns of those over rows.
    """
    n, line = len(out), pooled[row, first:]
    if len(pooled) > 1:
        line = buffer[: n + 2]
        three(pooled[row, first:], pooled[row + 1, first:], pooled[row + 2, first:], p, line)
    three(line, line[1:], line[2:], p, out)


@compiled()
def three(a: np.ndarray, b: np.ndarray, c: np.ndarray, p: float, out: np.ndarray) -> None:
    """Write three rows joined, position by position."""
    if p == np.inf:
        largest_of_three(a, b, c, out)
    else:
        joined_of_three(a, b, c, p, out)


@compiled()
def largest_of_three(a: np.ndarray, b: np.ndarray, c: np.ndarray, out: np.ndarray) -> None:
    """Write the largest of three, position by position."""
    for i in range(len(out)):
        out[i] = larger(larger(a[i], b[i]), c[i])


@compiled()
def joined_of_three(a: np.ndarray, b: np.ndarray, c: np.ndarray, p: float, out: np.ndarray) -> None:
    """Write three joined, position by position."""
    for i in range(len(out)):
        out[i] = joined(a[i], b[i], c[i], p)
