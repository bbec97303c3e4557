"""Moments and correlations of the coefficients, the leaders and the increments of items."""

from functools import partial
from itertools import combinations, starmap
from math import pi
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from toolbox.kernels.arrays import Array, stack, version_for
from toolbox.kernels.averages import (
    Averages,
    central_moments,
    mean_of_children,
    powers,
    second_moments,
)
from toolbox.kernels.stages import stage

# Relative to the item's standard deviation: bands can be empty but for rounding. Their moments are
# those of Gaussian noise of this deviation, which E c^2 to E c^4 have in addition everywhere.
FLOOR = 1e-6
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


def fisher_z(moments: Averages) -> Float[Array, "..."]:
    """Return atanh of the correlation, from E u u, E u v and E v v.

    What is empty but for rounding has an energy far below the floor: no correlation is left.
    """
    uu, uv, vv = moments
    xp = uu.__array_namespace__()
    r = uv / xp.sqrt((uu + FLOOR**2) * (vv + FLOOR**2))
    return xp.arctanh(xp.clip(r, -LARGEST_CORRELATION, LARGEST_CORRELATION))


def over_pairs(moments: list[Averages], *, axis: int) -> Averages:
    """Return the moments of several pairs as one array each, the pairs along an axis."""
    xp = moments[0][0].__array_namespace__()
    return tuple(map(partial(xp.stack, axis=axis), zip(*moments, strict=True)))


@stage
def band_statistics(d: Bands) -> Measured:
    """Return the statistics of each direction of one scale, and between its directions."""
    xp = d.__array_namespace__()
    size, square, third, fourth = version_for(d, powers)(d.reshape(*d.shape[:3], -1))
    noise = FLOOR**2
    energy = square + noise
    # Of Gaussian numbers (E|c|)^2 is 2 / pi and E c^4 three times, squared, what E c^2 is.
    size_squared, fourth = size**2 + 2 / pi * noise, fourth + 6 * square * noise + 3 * noise**2
    # Logarithms and arc tangents bring every statistic to one footing: of moments as they are, one
    # large coefficient would decide the distance between two textures.
    statistics = {
        "energy": xp.log2(energy),  # log2 E c^2
        "sparsity": 0.5 * xp.log2(size_squared / energy),  # log2 E|c| / sqrt(E c^2)
        "kurtosis": xp.log(fourth / energy**2),  # ln E c^4 / (E c^2)^2
        "skewness": xp.arctan(third / energy**1.5),  # atan E c^3 / (E c^2)^{3/2}
    }
    signed = partial(version_for(d, second_moments), dim=d.ndim - 3)
    magnitudes, pairs = partial(signed, magnitudes=True), neighbours(d)
    for name, moments in {"correlation": signed, "dependence": magnitudes}.items():
        found = over_pairs(list(starmap(moments, pairs)), axis=-1)
        statistics[f"neighbour_{name}"] = fisher_z(found)
    if d.shape[2] > 1:
        directions = [(d[:, :, a], d[:, :, b]) for a, b in combinations(range(d.shape[2]), 2)]
        found = over_pairs(list(starmap(magnitudes, directions)), axis=-1)
        statistics["orientation_dependence"] = fisher_z(found)
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
    # Both scales start at the same k = first >= 0; parent k needs child 2k, index 2k - first.
    # The kernel is called with db2, first = 1: parent index i has children 2i + 1, 2i + 2.
    of_fine = (np.array(fine.shape[3:]) - 1) // 2
    parents = tuple(np.minimum(of_fine, coarse.shape[3:]).tolist())
    means = version_for(fine, mean_of_children)(fine, parents=parents)
    coarse = coarse[(..., *map(slice, parents))]
    moments = version_for(fine, second_moments)
    # A mean of magnitudes is its own magnitude.
    return fisher_z(moments(means, coarse, dim=len(parents), magnitudes=True))


@stage
def component_statistics(d: Bands) -> dict[str, Float[Array, "items pairs bands"]]:
    """Return the correlations of c and of |c| between every two components."""
    signed, found = partial(version_for(d, second_moments), dim=d.ndim - 3), {}
    magnitudes = partial(signed, magnitudes=True)
    pairs = [(d[:, a], d[:, b]) for a, b in combinations(range(d.shape[1]), 2)]
    for name, moments in {"correlation": signed, "dependence": magnitudes}.items():
        found[f"component_{name}"] = fisher_z(over_pairs(list(starmap(moments, pairs)), axis=1))
    return found


@stage
def leader_statistics(leaders: Float[Array, " batch *space"]) -> dict[str, Float[Array, " batch"]]:
    """Return mean, log-variance and skewness of the natural logarithm of the leaders."""
    xp = leaders.__array_namespace__()
    y = xp.log(xp.maximum(leaders, FLOOR)).reshape(len(leaders), -1)
    mean, variance, third = version_for(y, central_moments)(y)
    # Under the logarithm: leaders of a scale with few positions can all be the same one.
    variance = variance + FLOOR
    return {
        "leader_mean": mean,
        "leader_variance": xp.log(variance),
        "leader_skewness": xp.arctan(third / variance**1.5),
    }


@stage
def time_asymmetry(
    x: Float[Array, "items components n"], *, levels: int
) -> Float[Array, "items components levels"]:
    """Return atan of the skewness of the increments over 2^j samples, j = 1 to `levels`."""
    xp, scales = x.__array_namespace__(), []
    for lag in (2**j for j in range(1, levels + 1)):
        _, variance, third = version_for(x, central_moments)(x[..., lag:] - x[..., :-lag])
        scales.append(xp.arctan(third / (variance + FLOOR**2) ** 1.5))
    return stack(scales, -1)
