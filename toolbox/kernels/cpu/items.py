"""What is made of many items, one item after the other: it stays in the cache."""

import numpy as np

from toolbox.kernels.cpu.compiling import compiled
from toolbox.kernels.cpu.geometry import APPROXIMATION, DETAILS, LEADERS, OFFSET, POOLED, START
from toolbox.kernels.cpu.leaders import neighbourhood, own_terms, supremum
from toolbox.kernels.cpu.sums import (
    STRIP,
    block_sums,
    centre,
    centred,
    count_held,
    exponential_means,
    log_leaders,
    sizes,
)
from toolbox.kernels.cpu.transform import (
    ENTERING_HIGH,
    ENTERING_LOW,
    TAPS,
    analysis_of_image,
    largest_of_image,
    prepare,
    scales_of_signal,
    windows,
)

GAMMA_STEP, MOST_STEPS = 0.25, 16


@compiled(makes_arrays=True)
def details_of_items(
    x: np.ndarray,
    bank: np.ndarray,
    norm: float,
    approximations: np.ndarray,
    details: np.ndarray,
) -> None:
    """Write the approximations (items, h, w) and details (items, 1 or 3, h, w) of one scale."""
    taps = np.empty((TAPS, bank.shape[1]), x.dtype)
    prepare(bank, 1.0, norm, taps)
    for item in range(len(x)):
        if details.shape[1] == 1:
            low, high = taps[ENTERING_LOW], taps[ENTERING_HIGH]
            windows(x[item, 0], low, high, approximations[item, 0], details[item, 0, 0])
        else:
            analysis_of_image(x[item], taps, approximations[item], details[item])


@compiled(makes_arrays=True)
def leaders_of_details(
    details: np.ndarray,
    gains: np.ndarray,
    places: np.ndarray,
    children: np.ndarray,
    p: float,
    pooled: np.ndarray,
    leaders: np.ndarray,
) -> None:
    """Write suprema and leaders, (items, h, w), of one scale of details (items, 1 or 3, h, w).

    `places` are an offset and a start as in the geometry; the finest scale has no children.
    """
    own = np.empty(details.shape[2:], details.dtype)
    buffer = np.empty(pooled.shape[2], details.dtype)
    for item in range(len(details)):
        if details.shape[1] == 1:
            own[:] = details[item, 0]
        else:
            own_terms(details[item], p, own)
        supremum(own, gains[item : item + 1], places, children[item], p, pooled[item])
        for row in range(leaders.shape[1]):
            neighbourhood(pooled[item], row, 0, p, buffer, leaders[item, row])


@compiled(makes_arrays=True)
def part(flat: np.ndarray, start: int, h: int, w: int) -> np.ndarray:
    """Return a stretch of a flat array as one of so many rows and columns."""
    return flat[start : start + h * w].reshape(h, w)


@compiled(makes_arrays=True)
def filters_of_scales(bank: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Return the filters of every scale, (scales, 5, length).

    `gains` (scales, 2) multiply what a scale is made of, and its details.
    """
    taps = np.empty((len(gains), TAPS, bank.shape[1]), bank.dtype)
    for j in range(len(gains)):
        prepare(bank, gains[j, 0], gains[j, 1], taps[j])
    return taps


@compiled(makes_arrays=True)
def own_of_signal(
    item: np.ndarray,
    taps: np.ndarray,
    table: np.ndarray,
    p: float,
    begin: int,
    scratch: np.ndarray,
    own: np.ndarray,
    measured: np.ndarray,
) -> None:
    """Write the details, with signs, of every scale of a signal, one after the other.

    `measured` is (scales in the range, 2): log2 max |c| and log2 mean |c|^p of the scales from
    `begin`.
    """
    scales_of_signal(item[0], taps, table[:, : DETAILS + 1, 1], scratch.reshape(-1), own)
    place = 0
    for j in range(begin + len(measured)):
        w = table[j, DETAILS, 1]
        if j >= begin:
            measured[j - begin] = sizes(own[place : place + w], p)
        place += w


@compiled(makes_arrays=True)
def own_of_image(
    item: np.ndarray,
    taps: np.ndarray,
    table: np.ndarray,
    p: float,
    begin: int,
    scratch: np.ndarray,
    own: np.ndarray,
    measured: np.ndarray,
) -> None:
    """Write the own terms of every scale of an image; see `own_of_signal`."""
    a, place = item, 0
    for j in range(len(table)):
        h, w = table[j, DETAILS, 0], table[j, DETAILS, 1]
        following = part(scratch[j % 2], 0, table[j, APPROXIMATION, 0], table[j, APPROXIMATION, 1])
        mine = part(own, place, h, w)
        in_range = begin <= j < begin + len(measured)
        if p == np.inf and not in_range:
            largest_of_image(a, taps[j], following, mine)
        else:
            details = scratch[2, : 3 * h * w].reshape(3, h, w)
            analysis_of_image(a, taps[j], following, details)
            own_terms(details, p, mine)
            if in_range:
                measured[j - begin] = sizes(details.reshape(-1), p)
        a, place = following, place + h * w


@compiled(makes_arrays=True)
def leaders_of_items(
    x: np.ndarray,
    bank: np.ndarray,
    norms: np.ndarray,
    table: np.ndarray,
    gamma: np.ndarray,
    p: float,
    work: np.ndarray,
    leaders: np.ndarray,
) -> None:
    """Write the leaders of each item, (items, leaders of all scales one after the other)."""
    levels, total = len(table), (table[:, DETAILS, 0] * table[:, DETAILS, 1]).sum()
    own, scratch = work[:total], work[total:].reshape(3, -1)
    gain, buffer = np.empty(1, x.dtype), np.empty(x.shape[2], x.dtype)
    gains, measured = np.ones((levels, 2)), np.empty((0, 2))
    gains[:, 1] = norms
    taps = filters_of_scales(bank, gains)
    for item in range(len(x)):
        if x.shape[1] == 1:
            own_of_signal(x[item], taps, table, p, 0, scratch, own, measured)
        else:
            own_of_image(x[item], taps, table, p, 0, scratch, own, measured)
        place, written, children = 0, 0, part(scratch[2], 0, 1, 0)
        for j in range(levels):
            mine = part(own, place, table[j, DETAILS, 0], table[j, DETAILS, 1])
            place += mine.size
            gain[0] = 2.0 ** (gamma[item] * (j + 1))
            pooled = part(scratch[j % 2], 0, table[j, POOLED, 0], table[j, POOLED, 1])
            supremum(mine, gain, table[j, OFFSET : START + 1], children, p, pooled)
            children = pooled
            h, w = table[j, LEADERS, 0], table[j, LEADERS, 1]
            found = part(leaders[item], written, h, w)
            written += h * w
            for row in range(h):
                neighbourhood(pooled, row, 0, p, buffer, found[row])


@compiled()
def regularity_of(
    measured: np.ndarray, weights: np.ndarray, p: float, gamma: float
) -> tuple[float, float, float]:
    """Return h_min, eta (NaN for p = inf), and gamma: given, or the smallest that will do."""
    h_min, eta = 0.0, 0.0
    for i in range(len(weights)):
        h_min += weights[i] * measured[i, 0]
        eta += weights[i] * measured[i, 1]
    if np.isnan(gamma):
        steps = np.floor(-(h_min if p == np.inf else eta / p) / GAMMA_STEP) + 1.0
        gamma = GAMMA_STEP * min(max(steps, 0.0), MOST_STEPS)
    return h_min, eta, gamma


@compiled(makes_arrays=True)
def sums_of_items(
    x: np.ndarray,
    exponent: np.ndarray,
    bank: np.ndarray,
    norms: np.ndarray,
    table: np.ndarray,
    floor: np.ndarray,
    weights: np.ndarray,
    begin: int,
    p: float,
    gamma: float,
    paddings: np.ndarray,
    across: int,
    work: np.ndarray,
    regularity: np.ndarray,
    counts: np.ndarray,
    moments: np.ndarray,
    exponential: np.ndarray,
    blocks: np.ndarray,
    held: np.ndarray,
    finest: np.ndarray,
) -> None:
    """Write what `toolbox.kernels.log_leaders` returns of x / 2^exponent; block sums are 0 before.

    `regularity` is (items, 3): h_min, eta, gamma; `counts` (items, 2, levels): how many leaders
    remain, and how many were floored; `moments` (items, levels, 5): the mean and the sums of
    powers; `exponential` (items, range, q, 2); `blocks` (items, range, blocks, orders), `held`
    (items, range, blocks or none, 1): how many leaders remain. gamma NaN is chosen. `weights` stand
    at the scales from `begin`, counted from 0, whose centred logarithms go to `finest`.
    """
    levels, end = len(table), begin + len(weights)
    total = (table[:, DETAILS, 0] * table[:, DETAILS, 1]).sum()
    own, scratch = work[:total], work[total:].reshape(3, -1)
    measured, gain = np.empty((len(weights), 2)), np.empty(1, x.dtype)
    strips = np.empty((2, STRIP + 2), x.dtype)
    logarithms, values = np.empty(table[begin, LEADERS].prod()), np.empty(STRIP)
    gains = np.ones((levels, 2))
    gains[:, 1] = norms
    for item in range(len(x)):
        gains[0, 0] = 2.0 ** -exponent[item]
        taps = filters_of_scales(bank, gains)
        if x.shape[1] == 1:
            own_of_signal(x[item], taps, table, p, begin, scratch, own, measured)
        else:
            own_of_image(x[item], taps, table, p, begin, scratch, own, measured)
        regularity[item] = regularity_of(measured, weights, p, gamma)
        place, children = 0, part(scratch[2], 0, 1, 0)
        for j in range(levels):
            h, w = table[j, LEADERS, 0], table[j, LEADERS, 1]
            mine = part(own, place, table[j, DETAILS, 0], table[j, DETAILS, 1])
            place += mine.size
            gain[0] = 2.0 ** (regularity[item, 2] * (j + 1))
            pooled = part(scratch[j % 2], 0, table[j, POOLED, 0], table[j, POOLED, 1])
            supremum(mine, gain, table[j, OFFSET : START + 1], children, p, pooled)
            children = pooled
            within, i = begin <= j < end, j - begin
            y = logarithms[: h * w if within else 0]
            remaining, floored = log_leaders(
                pooled, p, floor[item], y, strips, values, moments[item, j]
            )
            counts[item, 0, j], counts[item, 1, j] = remaining, floored
            if not within:
                continue
            mean = moments[item, j, 0]
            if held.size:
                count_held(y, h, w, paddings[i], end - 1 - j, across, held[item, i])
            if j == begin:
                centred(y, mean, finest[item])
            centre(y, mean)
            exponential_means(y, h * w - remaining, exponential[item, i])
            if len(paddings):
                block_sums(y, h, w, paddings[i], end - 1 - j, across, blocks[item, i])
