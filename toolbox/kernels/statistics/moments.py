"""Moments and correlations of the coefficients, the leaders and the increments of items."""

from functools import partial
from itertools import combinations
from typing import NamedTuple

from jaxtyping import Float

from toolbox.kernels.arrays import Array, stack, version_for
from toolbox.kernels.averages import central_moments, centred_products, mean_of_children, powers
from toolbox.kernels.leaders import shifted
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


def correlation(
    u: Float[Array, "..."],
    v: Float[Array, "..."],
    *,
    dim: int,
    energy: Float[Array, "..."] | float = 1.0,
    of_sizes: bool = False,
) -> Float[Array, "..."]:
    """Return Fisher's z, atanh of the correlation over space of u and v, or of |u| and |v|.

    Where a band is constant, but for rounding of what has that energy, it is 0.
    """
    xp = u.__array_namespace__()
    uu, uv, vv = centred_products(u, v, dim=dim, of_sizes=of_sizes)
    r = uv / (xp.sqrt(uu * vv) + FLOOR**2 * energy)
    return xp.arctanh(xp.clip(r, -LARGEST_CORRELATION, LARGEST_CORRELATION))


@stage
def band_statistics(d: Bands) -> Measured:
    """Return the statistics of each direction of one scale, and between its directions."""
    xp, dim = d.__array_namespace__(), d.ndim - 3
    size, square, third, fourth = powers(d.reshape(*d.shape[:3], -1))
    energy, tiny = square + FLOOR**2, xp.finfo(d.dtype).tiny
    # Logarithms and arc tangents bring every statistic to one footing: of moments as they are, one
    # large coefficient would decide the distance between two textures.
    statistics = {
        "energy": xp.log2(energy),  # log2 E c^2
        "sparsity": xp.log2(size / xp.sqrt(energy) + FLOOR),  # log2 E|c| / sqrt(E c^2)
        "kurtosis": xp.log(fourth / energy**2 + tiny + FLOOR),  # ln E c^4 / (E c^2)^2
        "skewness": xp.arctan(third / energy**1.5),  # atan E c^3 / (E c^2)^{3/2}
    }
    found, of_sizes = partial(correlation, dim=dim), partial(correlation, dim=dim, of_sizes=True)
    neighbours = [shifted(d, axis, 2) for axis in range(3, d.ndim)]
    pairs = {
        "neighbour_correlation": [found(u, v, energy=energy) for u, v in neighbours],
        "neighbour_dependence": [of_sizes(u, v, energy=energy) for u, v in neighbours],
    }
    if d.shape[2] > 1:
        bands = [(d[:, :, a], energy[:, :, a]) for a in range(d.shape[2])]
        pairs["orientation_dependence"] = [
            of_sizes(u, v, energy=xp.sqrt(of_u * of_v))
            for (u, of_u), (v, of_v) in combinations(bands, 2)
        ]
    return statistics | {name: stack(values, -1) for name, values in pairs.items()}


@stage
def parent_dependence(
    fine: Float[Array, "items components bands *children"],
    coarse: Float[Array, "items components bands *parents"],
) -> Float[Array, "items components bands"]:
    """Return the correlation of |c| at k with the mean |c| of its children 2k, 2k + 1."""
    # Both scales start at the same k = first >= 0; parent k needs child 2k, index 2k - first.
    # The kernel is called with db2, first = 1: parent index i has children 2i + 1, 2i + 2.
    sides = zip(fine.shape[3:], coarse.shape[3:], strict=True)
    parents = tuple(min((children - 1) // 2, n) for children, n in sides)
    coarse = coarse[(..., *map(slice, parents))]
    # Of sizes: a mean of sizes is its own.
    fine = mean_of_children(fine, parents=parents)
    return correlation(fine, coarse, dim=len(parents), of_sizes=True)


@stage
def component_statistics(d: Bands) -> dict[str, Float[Array, "items pairs bands"]]:
    """Return the correlations of c and of |c| between every two components."""
    pairs = list(combinations(range(d.shape[1]), 2))
    found = {}
    for name, of_sizes in {"component_correlation": False, "component_dependence": True}.items():
        between = partial(correlation, dim=d.ndim - 3, of_sizes=of_sizes)
        found[name] = stack([between(d[:, a], d[:, b]) for a, b in pairs], 1)
    return found


@stage
def leader_statistics(leaders: Float[Array, " batch *space"]) -> dict[str, Float[Array, " batch"]]:
    """Return mean, log-variance and skewness of the natural logarithm of the leaders."""
    xp = leaders.__array_namespace__()
    y = xp.log(xp.maximum(leaders, FLOOR)).reshape(len(leaders), -1)
    mean, variance, third = central_moments(y)
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
        _, variance, third = central_moments(x[..., lag:] - x[..., :-lag])
        scales.append(xp.arctan(third / (variance + FLOOR**2) ** 1.5))
    return stack(scales, -1)
