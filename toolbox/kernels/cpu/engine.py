"""The kernels as the CPU computes them: the arguments and results of their JAX definitions.

See `toolbox.kernels.wavelet`, `leaders` and `log_leaders` for what they mean.
"""

from math import nan
from typing import Any

import numpy as np

from toolbox.kernels.boxes import Box, parent_box
from toolbox.kernels.cpu import items
from toolbox.kernels.cpu.geometry import APPROXIMATION, DETAILS, LEADERS, geometry
from toolbox.kernels.cpu.sums import MOST

Padding = tuple[tuple[int, int], ...]
NO_PADDING = np.zeros((0, 2), np.int64)


def as_images(x: np.ndarray) -> np.ndarray:
    """Return (items, rows, columns) that is only read, signals being images of one row."""
    return fixed(x, x).reshape(len(x), *(1,) * (3 - x.ndim), *x.shape[1:])


def fixed(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return values in that precision, in one piece, only to be read."""
    # One type of array for all: for every other one the compiler would begin again.
    view = np.ascontiguousarray(values, like.dtype).view()
    view.flags.writeable = False
    return view


def banked(low: np.ndarray, high: np.ndarray, *, like: np.ndarray) -> np.ndarray:
    """Return both filters in that precision, only to be read."""
    return fixed(np.stack((low, high)), like)


def norms(levels: int, *, like: np.ndarray) -> np.ndarray:
    """Return 2^{-j dim/2} of every scale of (items, *space)."""
    return 2.0 ** (-0.5 * (like.ndim - 1) * np.arange(1, levels + 1))


def workspace(table: np.ndarray, *, like: np.ndarray) -> np.ndarray:
    """Return room for the own terms of an item and, three times, for what is made on the way.

    NumPy asks the system for large pages: to get the many small ones takes as long as a transform.
    """
    most = max(table[0, APPROXIMATION].prod(), (2 * like.ndim - 3) * table[0, DETAILS].prod())
    return np.empty(table[:, DETAILS].prod(axis=1).sum() + 3 * most, like.dtype)


def details_per_scale(
    x: np.ndarray, low: np.ndarray, high: np.ndarray, *, levels: int
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Return the L1-normalised details of every scale, finest first, and the approximation."""
    table = geometry(x.shape[1:], levels, len(low))
    dim, a, details = x.ndim - 1, as_images(x), []
    bank = banked(low, high, like=x)
    for row, norm in zip(table, norms(levels, like=x), strict=True):
        d = np.empty((len(x), 2 * dim - 1, *row[DETAILS]), x.dtype)
        following = np.empty((len(x), *row[APPROXIMATION]), x.dtype)
        items.details_of_items(a, bank, norm, following, d)
        details.append(d if dim == 2 else d[:, 0, 0])
        a = as_images(following)
    return tuple(details), following if dim == 2 else following[:, 0]


def leaders_of(
    x: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    gamma: np.ndarray,
    *,
    levels: int,
    p: float,
) -> tuple[np.ndarray, ...]:
    """Return the leaders of every scale that has some, finest first."""
    space = x.shape[1:]
    table = geometry(space, levels, len(low))
    table = table[: np.count_nonzero(table[:, LEADERS].all(axis=1))]
    ends = table[:, LEADERS].prod(axis=1).cumsum()
    leaders = np.empty((len(x), ends[-1]), x.dtype)
    bank, gains = banked(low, high, like=x), norms(len(table), like=x)
    orders = np.array(gamma, float)
    work = workspace(table, like=x)
    items.leaders_of_items(as_images(x), bank, gains, table, orders, float(p), work, leaders)
    sides = table[:, LEADERS, 2 - len(space) :]
    scales = np.split(leaders, ends[:-1], axis=1)
    return tuple(v.reshape(len(x), *side) for v, side in zip(scales, sides, strict=True))


def leaders_per_scale(
    details: tuple[np.ndarray, ...], *, first: int, dim: int, p: float, gamma: Any
) -> tuple[tuple[np.ndarray, ...], tuple[tuple[int, ...], ...]]:
    """Return the leaders of every scale that has some, finest first, and their first positions."""
    orders = np.broadcast_to(np.asarray(gamma, float), len(details[0]))
    values, positions, finer = [], [], None
    children = np.empty((len(orders), 1, 0), details[0].dtype)
    for j, d in enumerate(details, start=1):
        own = Box((first,) * dim, tuple(first + n for n in d.shape[-dim:]))
        box = own if finer is None else parent_box(own, finer)
        if min(box.size) < 3:  # no position has a neighbour on both sides
            break
        places = np.zeros((2, 2), np.int64)  # as in `geometry`
        if finer is not None:
            places[0, -dim:] = [k - f for k, f in zip(box.first, own.first, strict=True)]
            places[1, -dim:] = [2 * k - f for k, f in zip(box.first, finer.first, strict=True)]
        pooled = np.empty((len(d), *(1,) * (2 - dim), *box.size), d.dtype)
        found = np.empty((len(d), *(1,) * (2 - dim), *box.inside.size), d.dtype)
        bands = np.ascontiguousarray(d).reshape(len(d), 2 * dim - 1, -1, d.shape[-1])
        places.flags.writeable = False
        gains = (2.0 ** (orders * j)).astype(d.dtype)
        items.leaders_of_details(bands, gains, places, children, float(p), pooled, found)
        values.append(found.reshape(len(d), *box.inside.size))
        positions.append(box.inside.first)
        children, finer = pooled, box
    return tuple(values), tuple(positions)


def analysis_along(
    a: np.ndarray, low: np.ndarray, high: np.ndarray, *, axis: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the next approximation and the details of one scale along one axis of images."""
    rows = np.moveaxis(a, axis, -1)
    signals = rows.reshape(-1, rows.shape[-1])
    windows = (signals.shape[1] - len(low)) // 2 + 1
    following = np.empty((len(signals), 1, windows), a.dtype)
    details = np.empty((len(signals), 1, 1, windows), a.dtype)
    bank = banked(low, high, like=a)
    items.details_of_items(as_images(signals), bank, 1.0, following, details)
    shape = (*rows.shape[:-1], windows)
    return tuple(np.moveaxis(v.reshape(shape), -1, axis) for v in (following, details))


def log_leader_sums(
    x: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    floor: np.ndarray,
    weights: np.ndarray,
    q: np.ndarray,
    *,
    levels: int,
    first_scale: int,
    p: float,
    gamma: float | None,
    orders: int,
    blocks: tuple[Padding, ...],
    gaps: bool = False,
) -> dict[str, np.ndarray]:
    """Return per item the regularity, gamma, and the sums of the log-leaders of every scale.

    The q must be whole numbers from -5 to 5: e^{q e} are powers of one exponential.
    """
    options = {"levels": levels, "first_scale": first_scale, "p": p, "gamma": gamma, "gaps": gaps}
    options |= {"orders": orders, "blocks": blocks}
    at_unit = np.zeros(len(x), int)
    return sums_of_unit_items(x, at_unit, low, high, floor, weights, q, **options)


def sums_of_unit_items(
    x: np.ndarray,
    exponent: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    floor: np.ndarray,
    weights: np.ndarray,
    q: np.ndarray,
    **options: Any,
) -> dict[str, np.ndarray]:
    """Return the sums of x / 2^exponent, of which no copy is made."""
    levels, first_scale, p, gamma = (options[k] for k in ("levels", "first_scale", "p", "gamma"))
    orders, blocks, gaps = options["orders"], options["blocks"], options.get("gaps", False)
    if np.abs(exponent).max() > np.finfo(x.dtype).maxexp // 2:
        # The filters take the power of two in, and would leave the range of their numbers.
        x = np.ldexp(x, -exponent.reshape(-1, *(1,) * (x.ndim - 1)))
        exponent = np.zeros_like(exponent)
    n, scales = len(x), len(weights)
    table = geometry(x.shape[1:], levels, len(low))
    place = np.rint(q).astype(int)
    paddings, shape = block_table(blocks, table[first_scale - 1])
    regularity, counts = np.empty((n, 3)), np.empty((n, 2, levels), np.int64)
    moments, exponential = np.empty((n, levels, 5)), np.empty((n, scales, 2 * MOST + 1, 2))
    sums = np.zeros((n, scales, shape[0] * shape[1], orders))
    held = np.zeros((n, scales, shape[0] * shape[1] * gaps, 1))
    sides = table[first_scale - 1, LEADERS, 3 - x.ndim :]
    finest = np.empty((n, sides.prod()), x.dtype)
    items.sums_of_items(
        as_images(x),
        np.array(exponent, float),
        banked(low, high, like=x),
        norms(levels, like=x),
        table,
        np.array(floor, float),
        np.array(weights, float),
        first_scale - 1,
        float(p),
        nan if gamma is None else float(gamma),
        paddings,
        shape[1],
        workspace(table, like=x),
        regularity,
        counts,
        moments,
        exponential,
        sums,
        held,
        finest,
    )
    found = {
        "h_min": regularity[:, 0],
        "eta": regularity[:, 1],
        "gamma": regularity[:, 2],
        "mean": moments[:, :, 0],
        "power_sums": moments[:, :, 1 : orders + 1],
        "exponentials": exponential[:, :, MOST + place],
    }
    found |= {"block_sums": sums} if blocks else {}
    found |= {"counts": counts[:, 0]} if gaps else {}
    found |= {"block_counts": held[..., 0]} if gaps and blocks else {}
    typed = {name: value.astype(x.dtype, copy=False) for name, value in found.items()}
    before = max(first_scale - 2, 0)
    typed |= {"floored": counts[:, 1, first_scale - 1], "flat": counts[:, 1, before]}
    return typed | {"finest": finest.reshape(n, *sides)}


def block_table(blocks: tuple[Padding, ...], finest: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Return what each scale lacks before its first position, and the rows and columns of blocks.

    `finest` is the row of the geometry of the first of these scales, 2^(scales - 1) of whose
    positions are a block.
    """
    if not blocks:
        return NO_PADDING, [0, 0]
    along = [((0, 0),) * (2 - len(padding)) + padding for padding in blocks]
    whole = [n + sum(pad) for n, pad in zip(finest[LEADERS], along[0], strict=True)]
    paddings = np.array([[before for before, _ in padding] for padding in along])
    return paddings, [max(1, int(side) >> (len(blocks) - 1)) for side in whole]
