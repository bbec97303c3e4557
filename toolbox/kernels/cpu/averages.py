"""Moments over space, products of windows, means of children: nothing is written on the way.

See `toolbox.kernels.averages` for what they mean. Sums are in double precision.
"""

# ruff: noqa: FBT001 - Numba knows no arguments that are given by their names alone
from math import prod
from typing import Any

import numpy as np
from numba.extending import intrinsic

from toolbox.kernels.cpu.compiling import compiled
from toolbox.kernels.cpu.engine import fixed
from toolbox.kernels.cpu.sums import centred_sums


def powers(c: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return E|c|, E c^2, E c^3 and E c^4 over the last axis."""
    out = np.empty((4, *c.shape[:-1]), c.dtype)
    write_powers(np.ascontiguousarray(c).reshape(-1, c.shape[-1]), out.reshape(4, -1))
    return tuple(out)


def central_moments(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the mean m, E (x - m)^2 and E (x - m)^3 over the last axis."""
    out = np.empty((3, *x.shape[:-1]), x.dtype)
    write_central_moments(np.ascontiguousarray(x).reshape(-1, x.shape[-1]), out.reshape(3, -1))
    return tuple(out)


def standardised(x: np.ndarray, *, dim: int) -> np.ndarray:
    """Return x less its mean over its standard deviation, both over space."""
    out = np.empty(x.shape, x.dtype)
    rows = prod(x.shape[: x.ndim - dim])
    # A user's array may be one that is only to be read; all others here are our own.
    write_standardised(fixed(x, x).reshape(rows, -1), out.reshape(rows, -1))
    return out


def mean_of_children(c: np.ndarray, *, parents: tuple[int, ...]) -> np.ndarray:
    """Return the mean |c| of the two children of so many parents, or of the four in an image."""
    dim = len(parents)
    out = np.empty((*c.shape[:-dim], *parents), c.dtype)
    sides = -1, *(1,) * (2 - dim)
    children = np.ascontiguousarray(c).reshape(*sides, *c.shape[-dim:])
    write_mean_of_children(children, out.reshape(*sides, *parents))
    return out


def second_moments(
    u: np.ndarray, v: np.ndarray, *, dim: int, magnitudes: bool = False
) -> tuple[np.ndarray, ...]:
    """Return E u u, E u v and E v v over space, each less its mean; or those of |u| and |v|."""
    out = np.empty((3, *u.shape[:-dim]), u.dtype)
    # Windows come as they are, without a copy, as long as the numbers of a row are side by side.
    if u.strides[-1] != u.itemsize or v.strides[-1] != v.itemsize:
        u, v = np.ascontiguousarray(u), np.ascontiguousarray(v)
    images = -1, u.shape[-dim - 1], *(1,) * (2 - dim), *u.shape[-dim:]
    write_second_moments(u.reshape(images), v.reshape(images), magnitudes, out.reshape(3, -1))
    return tuple(out)


@intrinsic
def side_by_side(_: Any, row: Any) -> Any:
    """Return a row whose numbers lie side by side as one of which the compiler knows that."""
    return row.copy(layout="C")(row), lambda context, builder, signature, given: given[0]


@compiled(sums=True)
def write_powers(rows: np.ndarray, out: np.ndarray) -> None:
    """Write `powers` of each row, (4, rows)."""
    n = rows.shape[1]
    for row in range(len(rows)):
        first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
        for i in range(n):
            c = np.float64(rows[row, i])
            square = c * c
            first += abs(c)
            second += square
            third += square * c
            fourth += square * square
        out[0, row], out[1, row] = first / n, second / n
        out[2, row], out[3, row] = third / n, fourth / n


@compiled(sums=True)
def mean_of(row: np.ndarray) -> float:
    """Return the mean."""
    added = 0.0
    for i in range(len(row)):
        added += row[i]
    return added / len(row)


@compiled()
def write_central_moments(rows: np.ndarray, out: np.ndarray) -> None:
    """Write `central_moments` of each row, (3, rows)."""
    n = rows.shape[1]
    for row in range(len(rows)):
        mean = mean_of(rows[row])
        second, third, _ = centred_sums(rows[row], mean)
        out[0, row], out[1, row], out[2, row] = mean, second / n, third / n


@compiled()
def write_standardised(rows: np.ndarray, out: np.ndarray) -> None:
    """Write `standardised` of each row."""
    n = rows.shape[1]
    for row in range(len(rows)):
        mean = mean_of(rows[row])
        deviation = np.sqrt(centred_sums(rows[row], mean)[0] / n)
        for i in range(n):
            out[row, i] = (rows[row, i] - mean) / deviation


@compiled()
def write_mean_of_children(c: np.ndarray, out: np.ndarray) -> None:
    """Write `mean_of_children` of images (images, rows, columns)."""
    for image in range(len(out)):
        for row in range(out.shape[1]):
            # A signal is an image of one row, which counts twice.
            first, last = (2 * row + 1, 2 * row + 2) if c.shape[1] > 1 else (0, 0)
            upper, lower = c[image, first], c[image, last]
            for k in range(out.shape[2]):
                left = abs(upper[2 * k + 1]) + abs(lower[2 * k + 1])
                right = abs(upper[2 * k + 2]) + abs(lower[2 * k + 2])
                out[image, row, k] = (left + right) / 4


@compiled()
def write_second_moments(u: np.ndarray, v: np.ndarray, magnitudes: bool, out: np.ndarray) -> None:
    """Write `second_moments` of images (.., .., rows, columns), (3, images)."""
    for a in range(u.shape[0]):
        for b in range(u.shape[1]):
            found = moments_of_images(u[a, b], v[a, b], magnitudes)
            for k in range(3):
                out[k, a * u.shape[1] + b] = found[k]


@compiled()
def moments_of_images(u: np.ndarray, v: np.ndarray, magnitudes: bool) -> tuple[float, float, float]:
    """Return E u u, E u v and E v v of two images, each less its mean; or of |u| and |v|."""
    sum_u, sum_v, uu, uv, vv = 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(len(u)):
        sums = sums_of_rows(side_by_side(u[row]), side_by_side(v[row]), magnitudes)
        sum_u, sum_v = sum_u + sums[0], sum_v + sums[1]
    means = sum_u / u.size, sum_v / v.size
    for row in range(len(u)):
        more = products_of_rows(side_by_side(u[row]), side_by_side(v[row]), means, magnitudes)
        uu, uv, vv = uu + more[0], uv + more[1], vv + more[2]
    return uu / u.size, uv / u.size, vv / u.size


@compiled(sums=True)
def sums_of_rows(u: np.ndarray, v: np.ndarray, magnitudes: bool) -> tuple[float, float]:
    """Return sum u and sum v, or those of |u| and |v|."""
    sum_u, sum_v = 0.0, 0.0
    for i in range(len(u)):
        sum_u += abs(u[i]) if magnitudes else u[i]
        sum_v += abs(v[i]) if magnitudes else v[i]
    return sum_u, sum_v


@compiled(sums=True)
def products_of_rows(
    u: np.ndarray, v: np.ndarray, means: tuple[float, float], magnitudes: bool
) -> tuple[float, float, float]:
    """Return sum u u, sum u v and sum v v, the means taken off; or those of |u| and |v|."""
    uu, uv, vv = 0.0, 0.0, 0.0
    for i in range(len(u)):
        a = (abs(u[i]) if magnitudes else u[i]) - means[0]
        b = (abs(v[i]) if magnitudes else v[i]) - means[1]
        uu += a * a
        uv += a * b
        vv += b * b
    return uu, uv, vv
