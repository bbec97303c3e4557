"""One scale of the leaders of one item (see `toolbox.kernels.leaders`).

A signal is an image of one row. p is inf for maxima. NaN, of samples that are missing, stays.
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
    h, w = own.shape
    for r in range(h):
        if p == np.inf:
            for i in range(w):
                a, b, c = abs(details[0, r, i]), abs(details[1, r, i]), abs(details[2, r, i])
                own[r, i] = larger(larger(a, b), c)
        else:
            for i in range(w):
                a, b, c = abs(details[0, r, i]), abs(details[1, r, i]), abs(details[2, r, i])
                own[r, i] = joined(a, b, c, p)


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
    h, w = pooled.shape
    below = 0 if len(children) == 1 else 1
    buffer = np.empty(2 * w, own.dtype)
    factor, right, start = gain[0], places[0, 1], places[1, 1]
    for r in range(h):
        mine, first = r + places[0, 0], places[1, 0] + 2 * r * below
        if children.size == 0:
            for i in range(w):
                pooled[r, i] = factor * abs(own[r, i])
        elif p == np.inf:
            for i in range(2 * w):
                buffer[i] = larger(children[first, start + i], children[first + below, start + i])
            for i in range(w):
                term = factor * abs(own[mine, right + i])
                pooled[r, i] = larger(term, larger(buffer[2 * i], buffer[2 * i + 1]))
        else:
            for i in range(w):
                a, b = children[first, start + 2 * i], children[first, start + 2 * i + 1]
                c = children[first + below, start + 2 * i]
                d = children[first + below, start + 2 * i + 1]
                term = factor * abs(own[mine, right + i])
                pooled[r, i] = joined_with_children(term, a, b, c, d, p)


@compiled()
def neighbourhood(
    pooled: np.ndarray, p: float, row: int, first: int, n: int, buffer: np.ndarray, out: np.ndarray
) -> None:
    """Join n positions of a row, from `first` on, with their neighbours on both sides: leaders.

    Along every axis: the maximum (or sum) over a square is that over columns of those over rows.
    """
    below = 0 if len(pooled) == 1 else 1
    if p == np.inf:
        for i in range(n + 2):
            a, b = pooled[row, first + i], pooled[row + below, first + i]
            buffer[i] = larger(larger(a, b), pooled[row + 2 * below, first + i])
        for i in range(n):
            out[i] = larger(larger(buffer[i], buffer[i + 1]), buffer[i + 2])
        return
    for i in range(n + 2):
        buffer[i] = pooled[row, first + i]
        if below:
            b, c = pooled[row + 1, first + i], pooled[row + 2, first + i]
            buffer[i] = joined(buffer[i], b, c, p)
    for i in range(n):
        out[i] = joined(buffer[i], buffer[i + 1], buffer[i + 2], p)
