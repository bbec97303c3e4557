"""Moments and correlations of the coefficients, the leaders and the increments of items."""

from functools import partial
from itertools import starmap
from math import prod
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from toolbox.kernels.arrays import Array, slice_along, stack, version_for
from toolbox.kernels.stages import stage

FLOOR = 1e-6  # relative to the item's standard deviation: a band can be exactly empty
LARGEST_CORRELATION = 0.9999  # where atanh is cut: a band can be an exact copy of another

Bands = Float[Array, "items components bands *space"]
Measured = dict[str, Float[Array, "items ..."]]  # (items, components or pairs, scales, ...) by name


class Transform(NamedTuple):
    """Standardised items, their coefficients and their leaders, finest scale first.

    Signals have one band. There are leaders of the finer scales only.
    """

    x: Float[Array, "items components *space"]
    bands: list[Bands]
    leaders: list[Float[Array, " items_components *space"]]

    @property
    def dim(self) -> int:
        """1 of signals, 2 of images."""
        return self.x.ndim - 2


def measure(transform: Transform) -> Measured:
    """Return all that there are: between components of several, in time of signals."""
    x, bands, leaders = transform
    found = over_scales(list(map(version_for(x, band_statistics), bands)), axis=2)
    of_leaders = over_scales(list(map(version_for(x, leader_statistics), leaders)), axis=1)
    for name, values in of_leaders.items():
        found[name] = values.reshape(*x.shape[:2], -1)
    if len(bands) > 1:
        dependence = list(map(version_for(x, parent_dependence), bands[:-1], bands[1:]))
        found["scale_dependence"] = stack(dependence, 2)
    if x.shape[1] > 1:
        found |= over_scales(list(map(version_for(x, component_statistics), bands)), axis=2)
    if transform.dim == 1:
        found["time_asymmetry"] = version_for(x, time_asymmetry)(x, levels=len(bands))
    return found


def over_scales(scales: list[Measured], *, axis: int) -> Measured:
    """Return the statistics of several scales as one array each, the scales along an axis."""
    together = {}
    for name in scales[0]:
        together[name] = stack([one[name] for one in scales], axis)
    return together


def correlation(u: Float[Array, "..."], v: Float[Array, "..."], dim: int) -> Float[Array, "..."]:
    """Return Fisher's z, atanh of the correlation over space; 0 where a band is constant."""
    xp, space = u.__array_namespace__(), tuple(range(-dim, 0))
    summed = np.vecdot if isinstance(u, np.ndarray) else fused_sum
    u = (u - u.mean(axis=space, keepdims=True)).reshape(*u.shape[:-dim], -1)
    v = (v - v.mean(axis=space, keepdims=True)).reshape(*v.shape[:-dim], -1)
    r = summed(u, v) / (xp.sqrt(summed(u, u) * summed(v, v)) + FLOOR**2)
    return xp.arctanh(xp.clip(r, -LARGEST_CORRELATION, LARGEST_CORRELATION))


def fused_sum(u: Float[Array, "... n"], v: Float[Array, "... n"]) -> Float[Array, "..."]:
    """Return sum u v over the last axis, in one pass with what makes u and v.

    `sum_of_products`, a product of matrices, would have both written first.
    """
    return (u * v).sum(axis=-1)


@stage
def band_statistics(d: Bands) -> Measured:
    """Return the statistics of each direction of one scale, and between its directions."""
    dim, positions = d.ndim - 3, prod(d.shape[3:])
    xp = d.__array_namespace__()
    summed = np.vecdot if isinstance(d, np.ndarray) else fused_sum
    flat = d.reshape(*d.shape[:3], -1)
    energy = summed(flat, flat) / positions + FLOOR**2
    flat = flat / xp.sqrt(energy)[..., None]
    sizes, squares = abs(flat), flat**2
    third, fourth = summed(flat, squares), summed(squares, squares)
    unit, magnitude = flat.reshape(d.shape), sizes.reshape(d.shape)
    tiny = xp.finfo(d.dtype).tiny
    # Logarithms and arc tangents bring every statistic to one footing: of moments as they are, one
    # large coefficient would decide the distance between two textures.
    statistics = {
        "energy": xp.log2(energy),  # log2 E c^2
        "sparsity": xp.log2(sizes.mean(axis=-1) + FLOOR),  # log2 E|c| / sqrt(E c^2)
        "kurtosis": xp.log(fourth / positions + tiny + FLOOR),  # ln E c^4 / (E c^2)^2
        "skewness": xp.arctan(third / positions),  # atan E c^3 / (E c^2)^{3/2}
    }
    pairs = {
        "neighbour_correlation": neighbours(unit),
        "neighbour_dependence": neighbours(magnitude),
    }
    if d.shape[2] > 1:
        directions = [(0, 1), (0, 2), (1, 2)]
        between = [(magnitude[:, :, a], magnitude[:, :, b]) for a, b in directions]
        pairs["orientation_dependence"] = between
    for name, both in pairs.items():
        statistics[name] = stack(list(starmap(partial(correlation, dim=dim), both)), -1)
    return statistics


def neighbours(x: Bands) -> list[tuple[Float[Array, "..."], Float[Array, "..."]]]:
    """Return, along each axis, all positions but the last and those that follow them."""
    both = []
    for axis in range(3 - x.ndim, 0):
        behind = (slice(None),) * (-axis - 1)
        both.append((x[(..., slice(None, -1), *behind)], x[(..., slice(1, None), *behind)]))
    return both


@stage
def parent_dependence(
    fine: Float[Array, "items components bands *children"],
    coarse: Float[Array, "items components bands *parents"],
) -> Float[Array, "items components bands"]:
    """Return the correlation of |c| at k with the mean |c| of its children 2k, 2k + 1."""
    xp, dim = fine.__array_namespace__(), fine.ndim - 3
    fine, coarse = abs(fine), abs(coarse)
    for axis in range(3, fine.ndim):
        # Both scales start at the same k = first >= 0; parent k needs child 2k, index 2k - first.
        # The kernel is called with db2, first = 1: parent index i has children 2i + 1, 2i + 2.
        x = xp.moveaxis(fine, axis, -1)
        parents = min((x.shape[-1] - 1) // 2, coarse.shape[axis])
        pairs = x[..., 1 : 2 * parents + 1].reshape(*x.shape[:-1], parents, 2)
        fine = xp.moveaxis(pairs.mean(axis=-1), -1, axis)
        coarse = slice_along(coarse, 0, parents, axis)
    return correlation(fine, coarse, dim)


@stage
def component_statistics(d: Bands) -> dict[str, Float[Array, "items pairs bands"]]:
    """Return the correlations of c and of |c| between every two components."""
    dim, components, found = d.ndim - 3, d.shape[1], {}
    pairs = [(a, b) for a in range(components) for b in range(a + 1, components)]
    for name, x in {"component_correlation": d, "component_dependence": abs(d)}.items():
        both = [(x[:, a], x[:, b]) for a, b in pairs]
        found[name] = stack(list(starmap(partial(correlation, dim=dim), both)), 1)
    return found


@stage
def leader_statistics(leaders: Float[Array, " batch *space"]) -> dict[str, Float[Array, " batch"]]:
    """Return mean, log-variance and skewness of the natural logarithm of the leaders."""
    space = tuple(range(1, leaders.ndim))
    xp = leaders.__array_namespace__()
    y = xp.log(xp.maximum(leaders, FLOOR))
    mean = y.mean(axis=space)
    centred = y - mean.reshape(-1, *(1,) * len(space))
    squares = centred**2
    # Under the logarithm: leaders of a scale with few positions can all be the same one.
    variance = squares.mean(axis=space) + FLOOR
    return {
        "leader_mean": mean,
        "leader_variance": xp.log(variance),
        "leader_skewness": xp.arctan((centred * squares).mean(axis=space) / variance**1.5),
    }


@stage
def time_asymmetry(
    x: Float[Array, "items components n"], *, levels: int
) -> Float[Array, "items components levels"]:
    """Return atan of the skewness of the increments over 2^j samples, j = 1 to `levels`."""
    xp, scales = x.__array_namespace__(), []
    for lag in (2**j for j in range(1, levels + 1)):
        d = x[..., lag:] - x[..., :-lag]
        d = d - d.mean(axis=-1, keepdims=True)
        unit = d / xp.sqrt((d**2).mean(axis=-1, keepdims=True) + FLOOR**2)
        scales.append(xp.arctan((unit * unit**2).mean(axis=-1)))
    return stack(scales, -1)
