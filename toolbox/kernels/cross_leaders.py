"""Second moments across components: of wavelet coefficients and of the logarithms of leaders.

For each scale, with c_a the coefficients of component a and y_a the logarithms of its leaders,

    spectrum_ab   = mean c_a c_b              over positions and directions
    covariance_ab = sum (y_a - m_a)(y_b - m_b) / (n - 1)

and, for resamples, the sums of y_a - m_a and of their products over dyadic blocks.
"""

from math import inf

import numpy as np
from jaxtyping import Float

from toolbox.kernels.arrays import Array, kernel, numpy_on_cpu, product, stack
from toolbox.kernels.leaders import leaders_per_scale
from toolbox.kernels.log_leaders import (
    Padding,
    at_floor,
    block_sums,
    centred_logarithms,
    coefficient_sizes,
    smallest_gamma,
)
from toolbox.kernels.stages import stage
from toolbox.kernels.wavelet import details_per_scale


@numpy_on_cpu
@kernel("levels", "first_scale", "p", "gamma", "blocks")
def cross_moments(
    x: Float[Array, "items components *space"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    floor: Float[Array, "items components"],
    weights: Float[Array, " range"],
    *,
    levels: int,
    first_scale: int,
    p: float,
    gamma: float | None,
    blocks: tuple[Padding, ...] = (),
) -> dict[str, Array]:
    """Return per item the regularity of its components, gamma, and the moments of every scale.

    `weights` are those of a slope over the scales from `first_scale`; gamma None is chosen an item,
    the smallest on a grid that makes the regularity of all its components positive. Leaders below
    `floor` are put there and counted. `blocks` pad each scale of the range to whole blocks; empty:
    no block sums.
    """
    xp, (items, components, *space) = x.__array_namespace__(), x.shape
    details, _ = details_per_scale(x.reshape(-1, *space), low, high, levels=levels)
    inside = range(first_scale - 1, first_scale - 1 + len(weights))
    sizes = coefficient_sizes([details[i] for i in inside], p=p)
    h_min, eta = ((v @ weights).reshape(items, components) for v in sizes)
    # One order for all components of an item: leaders that are compared must be of one definition.
    lowest = (h_min if p == inf else eta / p).min(axis=1)
    order = smallest_gamma(lowest) if gamma is None else xp.full_like(lowest, gamma)
    first, floor = len(low) // 2 - 1, floor.reshape(-1)
    each = xp.repeat(order, components)
    leaders, _ = leaders_per_scale(details, first=first, dim=len(space), p=p, gamma=each)
    e, mean = centred_logarithms(list(leaders[:levels]), floor)
    zero = [at_floor(leaders[i], floor) for i in (inside[0], max(inside[0] - 1, 0))]
    moments = {
        "h_min": h_min,
        "eta": eta,
        "gamma": order,
        "spectra": spectra(list(details), components=components),
        "mean": mean.reshape(items, components, levels),
        "covariances": covariances(e, components=components),
        "floored": zero[0].reshape(items, components),
        "flat": zero[1].reshape(items, components),
        "finest": e[inside[0]].reshape(items, components, *e[inside[0]].shape[1:]),
    }
    if blocks:
        options = {"components": components, "blocks": blocks}
        moments["block_sums"] = product_block_sums([e[i] for i in inside], **options)
    return moments


@stage
def spectra(
    details: list[Float[Array, "batch ..."]], *, components: int
) -> Float[Array, "items levels components components"]:
    """Return the mean products of the coefficients of every two components."""
    flat = [d.reshape(-1, components, d[0].size) for d in details]
    return stack([products(d) / d.shape[-1] for d in flat], 1)


@stage
def covariances(
    e: list[Float[Array, "batch ..."]], *, components: int
) -> Float[Array, "items levels components components"]:
    """Return the unbiased covariances of every two components."""
    scales = []
    for v in e:
        u = v.reshape(-1, components, v[0].size)
        n, rest = u.shape[-1], u.sum(axis=-1)  # what rounding has left of the mean
        scales.append((products(u) - rest[:, :, None] * rest[:, None, :] / n) / (n - 1))
    return stack(scales, 1)


def product_block_sums(
    e: list[Float[Array, "batch ..."]], *, components: int, blocks: tuple[Padding, ...]
) -> Float[Array, "items range blocks columns"]:
    """Return sums over blocks of e_a, then of e_a e_b for a <= b, the columns in this order."""
    first, second = np.triu_indices(components)
    split = [v.reshape(-1, components, *v.shape[1:]) for v in e]
    pairs = [(v[:, first] * v[:, second]).reshape(-1, *v.shape[2:]) for v in split]
    sums = [block_sums(v, paddings=blocks, orders=1)[..., 0] for v in (e, pairs)]
    columns = [s.reshape(len(split[0]), -1, *s.shape[1:]) for s in sums]
    xp = sums[0].__array_namespace__()
    return xp.moveaxis(xp.concatenate(columns, axis=1), 1, -1)


def products(
    u: Float[Array, "items components n"],
) -> Float[Array, "items components components"]:
    """Return the sums of products of every two components."""
    return product("ian,ibn->iab", u, u)
