"""Sums of the logarithms of leaders over each scale: what log-cumulants and spectra need.

With y = ln leader, its mean m over a scale and e = y - m, every further sum is one of e: powers
sum e^r, exponentials mean e^{q e} and mean e e^{q e}, and power sums over dyadic blocks. Each is a
stage (see `toolbox.kernels.stages`): fused, the logarithm would be taken again for every sum.

Where samples are missing (NaN), so are the leaders that they touch. They are left out of every sum:
e is 0 there, and means are over the leaders that remain.
"""

from math import inf
from typing import Any

from jaxtyping import Float, Integer

from toolbox.kernels.arrays import (
    Array,
    by_cpu,
    kernel,
    mapped,
    numpy_on_cpu,
    power,
    stack,
    sum_of_products,
)
from toolbox.kernels.cpu import engine
from toolbox.kernels.leaders import leaders_per_scale
from toolbox.kernels.stages import stage
from toolbox.kernels.wavelet import details_per_scale

# A coarse grid: items of about one regularity get one order, and can be compared.
GAMMA_STEP = 0.25
MOST_STEPS = 16  # twice what `leader_regularity` accepts: only so that the number stays finite

Padding = tuple[tuple[int, int], ...]


@numpy_on_cpu
@kernel(
    *("levels", "first_scale", "p", "gamma", "orders", "blocks", "gaps"), cpu=engine.log_leader_sums
)
def log_leader_sums(
    x: Float[Array, " batch *space"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    floor: Float[Array, " batch"],
    weights: Float[Array, " range"],
    q: Float[Array, " q"],
    *,
    levels: int,
    first_scale: int,
    p: float,
    gamma: float | None,
    orders: int,
    blocks: tuple[Padding, ...],
    gaps: bool = False,
) -> dict[str, Array]:
    """Return per item the regularity, gamma, and the sums of the log-leaders of every scale.

    `weights` are those of a slope over the scales from `first_scale`; gamma None is chosen an item,
    the smallest on a grid that makes the regularity positive. Leaders below `floor` are put there
    and counted. `blocks` pad each scale of the range to whole blocks; empty: no block sums. With
    `gaps` x holds NaN, and how many leaders remain is counted too.
    """
    dim = x.ndim - 1
    details, _ = details_per_scale(x, low, high, levels=levels)
    inside = range(first_scale - 1, first_scale - 1 + len(weights))
    sizes = coefficient_sizes([details[i] for i in inside], p=p, gaps=gaps)
    h_min, eta = (v @ weights for v in sizes)
    regularity, full_like = h_min if p == inf else eta / p, x.__array_namespace__().full_like
    order = smallest_gamma(regularity) if gamma is None else full_like(regularity, gamma)
    first = len(low) // 2 - 1
    leaders, _ = leaders_per_scale(details, first=first, dim=dim, p=p, gamma=order)
    options = {"inside": inside, "orders": orders, "blocks": blocks, "gaps": gaps}
    sums = leader_sums(leaders[:levels], floor, q, **options)
    return {"h_min": h_min, "eta": eta, "gamma": order} | sums


@numpy_on_cpu
@by_cpu(engine.sums_of_unit_items)
def sums_of_unit_items(
    x: Float[Array, " batch *space"],
    exponent: Integer[Array, " batch"],
    *arrays: Array,
    **options: Any,
) -> dict[str, Array]:
    """Return `log_leader_sums` of x / 2^exponent."""
    gain = exponent.reshape(-1, *(1,) * (x.ndim - 1))
    return log_leader_sums(x.__array_namespace__().ldexp(x, -gain), *arrays, **options)


def leader_sums(
    leaders: tuple[Float[Array, "batch ..."], ...],
    floor: Float[Array, " batch"],
    q: Float[Array, " q"],
    *,
    inside: range,
    orders: int,
    blocks: tuple[Padding, ...],
    gaps: bool = False,
) -> dict[str, Array]:
    """Return the sums of the log-leaders; exponentials and blocks of the scales `inside` only."""
    remaining = None
    if gaps:
        e, mean, remaining = centred_remaining(list(leaders), floor)
    else:
        e, mean = centred_logarithms(list(leaders), floor)
    ranged = [remaining[i] for i in inside] if gaps else None
    result = {
        "mean": mean,
        "power_sums": power_sums(e, orders=orders),
        "exponentials": exponential_means([e[i] for i in inside], q, ranged),
        # Coarser leaders contain these: they are zero only where these are.
        "floored": at_floor(leaders[inside[0]], floor),
        "flat": at_floor(leaders[max(inside[0] - 1, 0)], floor),
        "finest": finest_logarithms(e, remaining, inside[0]),
    }
    if blocks:
        result["block_sums"] = block_sums([e[i] for i in inside], paddings=blocks, orders=orders)
    if gaps:
        counts = [r.reshape(len(floor), -1).sum(axis=1) for r in remaining]
        result["counts"] = stack(counts, 1)
    if gaps and blocks:
        result["block_counts"] = block_sums(ranged, paddings=blocks, orders=1)[..., 0]
    return result


def at_floor(
    leaders: Float[Array, "batch ..."], floor: Float[Array, " batch"]
) -> Integer[Array, " batch"]:
    """Return how many leaders of a scale are zero, or what rounding left of none."""
    return (leaders.reshape(len(floor), -1) <= floor[:, None]).sum(axis=1)


def finest_logarithms(
    e: list[Float[Array, "batch ..."]],
    remaining: list[Float[Array, "batch ..."]] | None,
    scale: int,
) -> Float[Array, "batch ..."]:
    """Return a scale's centred logarithms, NaN where a gap is, to look for low ones."""
    xp = e[scale].__array_namespace__()
    return e[scale] if remaining is None else xp.where(remaining[scale] > 0, e[scale], xp.nan)


@stage
def coefficient_sizes(
    details: list[Float[Array, "batch ..."]], *, p: float, gaps: bool = False
) -> tuple[Float[Array, "batch range"], Float[Array, "batch range"]]:
    """Return log2 max |c| and log2 mean |c|^p, NaN for p = inf, over positions and directions."""
    xp = details[0].__array_namespace__()
    most, mean = (xp.nanmax, xp.nanmean) if gaps else (xp.max, xp.mean)
    magnitudes = [abs(d).reshape(len(d), -1) for d in details]
    tops = [most(m, axis=1) for m in magnitudes]
    largest = _log2(tops)
    if p == inf:
        return largest, xp.full_like(largest, xp.nan)
    pairs = zip(magnitudes, tops, strict=True)
    units = [m / xp.where(top > 0, top, 1)[:, None] for m, top in pairs]  # powers in range
    return largest, _log2([mean(power(u, p), axis=1) for u in units]) + p * largest


def _log2(values: list[Float[Array, " batch"]]) -> Float[Array, "batch range"]:
    """Return log2 of what may be zero, far below every other logarithm there."""
    xp = values[0].__array_namespace__()
    stacked = stack(values, 1)
    return xp.log2(xp.maximum(stacked, xp.finfo(stacked.dtype).tiny))


def smallest_gamma(regularity: Float[Array, " batch"]) -> Float[Array, " batch"]:
    """Return the smallest multiple of the step, >= 0, that makes regularity + gamma > 0."""
    xp = regularity.__array_namespace__()
    steps = xp.floor(-regularity / GAMMA_STEP) + 1
    return GAMMA_STEP * xp.clip(steps, 0, MOST_STEPS)


@stage
def centred_logarithms(
    leaders: list[Float[Array, "batch ..."]], floor: Float[Array, " batch"]
) -> tuple[list[Float[Array, "batch ..."]], Float[Array, "batch levels"]]:
    """Return e = y - m and the mean m of y, the logarithm of leaders put above the floor."""
    xp, e, means = floor.__array_namespace__(), [], []
    for values in leaders:
        space = tuple(range(1, values.ndim))
        column = (-1, *(1,) * len(space))
        y = xp.log(xp.maximum(values, floor.reshape(column)))
        means.append(y.mean(axis=space))
        e.append(y - means[-1].reshape(column))
    return e, stack(means, 1)


@stage
def centred_remaining(
    leaders: list[Float[Array, "batch ..."]], floor: Float[Array, " batch"]
) -> tuple[
    list[Float[Array, "batch ..."]], Float[Array, "batch levels"], list[Float[Array, "batch ..."]]
]:
    """Return e = y - m, 0 where a gap is, the mean m of the rest, and 1 where a leader remains."""
    xp, e, means, remaining = floor.__array_namespace__(), [], [], []
    for values in leaders:
        space = tuple(range(1, values.ndim))
        column = (-1, *(1,) * len(space))
        remains = ~xp.isnan(values)
        y = xp.log(xp.maximum(xp.where(remains, values, 1), floor.reshape(column)))
        n = xp.maximum(remains.sum(axis=space), 1).astype(values.dtype)
        means.append(xp.where(remains, y, 0).sum(axis=space) / n)
        e.append(xp.where(remains, y - means[-1].reshape(column), 0))
        remaining.append(remains.astype(values.dtype))
    return e, stack(means, 1), remaining


@stage
def power_sums(
    e: list[Float[Array, "batch ..."]], *, orders: int
) -> Float[Array, "batch levels orders"]:
    """Return sum e^r, r = 1 to `orders`, of every scale."""
    # e^r is e^(r // 2) times the rest: up to r = 4 squares are enough, and the sum is a product.
    halves = [(r // 2, r - r // 2) for r in range(1, orders + 1)]
    flat = [v.reshape(len(v), -1) for v in e]
    sums = [[sum_of_products(v**a, v**b) for a, b in halves] for v in flat]
    return stack([stack(s, 1) for s in sums], 1)


@stage
def exponential_means(
    e: list[Float[Array, "batch ..."]],
    q: Float[Array, " q"],
    remaining: list[Float[Array, "batch ..."]] | None = None,
) -> Float[Array, "batch range q 2"]:
    """Return mean e^{q e} and mean e e^{q e} of every scale and q, over the leaders that remain."""
    xp = q.__array_namespace__()
    flat = [v.reshape(len(v), -1) for v in e]
    ones = [xp.ones_like(v) for v in flat]
    if remaining is not None:
        ones = [v.reshape(len(v), -1) for v in remaining]

    def means(k: Array) -> Array:
        pairs = []
        for v, one in zip(flat, ones, strict=True):
            u = xp.exp(k * v)
            n = v.shape[1] if remaining is None else xp.maximum(one.sum(axis=1), 1)[:, None]
            sums = [sum_of_products(u, w) for w in (one, v)]
            pairs.append(stack(sums, -1) / n)
        return stack(pairs, -2)

    return xp.moveaxis(mapped(means, q[:, None, None]), 0, 2)


@stage
def block_sums(
    e: list[Float[Array, "batch ..."]], *, paddings: tuple[Padding, ...], orders: int
) -> Float[Array, "batch range blocks orders"]:
    """Return sum e^r over blocks of one position of the last scale, two of the one before ...

    `paddings` say what each scale lacks before and behind to fill whole blocks.
    """
    xp, scales = e[0].__array_namespace__(), []
    for i, (values, padding) in enumerate(zip(e, paddings, strict=True)):
        size = 2 ** (len(e) - 1 - i)
        v = xp.pad(values, ((0, 0), *padding))  # zeros add nothing to any power
        split = [n for side in v.shape[1:] for n in (side // size, size)]
        within = tuple(range(2, 2 * v.ndim - 1, 2))
        powers = [
            power(v, r).reshape(len(v), *split).sum(axis=within) for r in range(1, orders + 1)
        ]
        scales.append(stack([s.reshape(len(v), -1) for s in powers], -1))
    return stack(scales, 1)
