"""Multiscale statistics of textures: what `toolbox.describe` gathers.

Every statistic is a mean over the positions of one scale j and direction b of the coefficients
c_{j,b}, and does not change with the gain of the item.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from toolbox.kernels.leaders import leaders_per_scale
from toolbox.kernels.stages import stage
from toolbox.kernels.wavelet import details_per_scale

FLOOR = 1e-6  # relative to the item's standard deviation: a band can be exactly empty
LARGEST_CORRELATION = 0.9999  # where atanh is cut: a band can be an exact copy of another

Bands = Float[Array, "items components bands *space"]


@partial(jax.jit, static_argnames=("levels", "leader_levels", "gamma"))
def texture_statistics(
    x: Float[Array, "items components *space"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    levels: int,
    leader_levels: int,
    gamma: float,
) -> dict[str, Float[Array, "items ..."]]:
    """Return each statistic as (items, components or pairs of them, scales, [bands, ...])."""
    dim = x.ndim - 2
    x = standardise(x, dim=dim)
    flat = x.reshape(-1, *x.shape[2:])
    details, _ = details_per_scale(flat, low, high, levels=levels)
    first = len(low) // 2 - 1
    leaders, _ = leaders_per_scale(
        details[:leader_levels], first=first, dim=dim, p=float("inf"), gamma=gamma
    )
    bands = [d if dim == 2 else d[:, None] for d in details]
    bands = [d.reshape(*x.shape[:2], *d.shape[1:]) for d in bands]
    scales = [band_statistics(d) for d in bands]
    result = {name: jnp.stack([s[name] for s in scales], axis=2) for name in scales[0]}

    # Levels relative to the mean over all bands: free of the gain, and of the noise that the
    # lowest frequencies would bring in through the item's own standard deviation.
    reference = result["energy"].mean(axis=(2, 3), keepdims=True)
    result["energy"] = result["energy"] - reference
    leader = [leader_statistics(v) for v in leaders]
    for name in leader[0]:
        values = jnp.stack([s[name] for s in leader], axis=1)
        result[name] = values.reshape(*x.shape[:2], -1)
    # `reference` is log2 of an energy: half of it times ln 2 is the ln of an amplitude.
    gain = 0.5 * jnp.log(2.0) * reference[..., 0]
    result["leader_mean"] = result["leader_mean"] - gain
    if levels > 1:
        dependence = [parent_dependence(bands[j], bands[j + 1]) for j in range(levels - 1)]
        result["scale_dependence"] = jnp.stack(dependence, axis=2)
    if dim == 1:
        result["time_asymmetry"] = time_asymmetry(x, levels=levels)
    if x.shape[1] > 1:
        crossed = [component_statistics(d) for d in bands]
        result |= {name: jnp.stack([s[name] for s in crossed], axis=2) for name in crossed[0]}
    return result


def standardise(
    x: Float[Array, "items components *space"], *, dim: int
) -> Float[Array, "items components *space"]:
    """Give every component of every item mean 0 and standard deviation 1 over space."""
    space = tuple(range(-dim, 0))
    centred = x - x.mean(axis=space, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(axis=space, keepdims=True))


@stage
def band_statistics(d: Bands) -> dict[str, Float[Array, "items components bands ..."]]:
    """Return the statistics of each direction of one scale, and between its directions."""
    dim = d.ndim - 3
    space = tuple(range(-dim, 0))
    energy = (d**2).mean(axis=space) + FLOOR**2
    unit = d / jnp.sqrt(energy).reshape(*energy.shape, *(1,) * dim)
    magnitude = jnp.abs(unit)
    tiny = jnp.finfo(d.dtype).tiny
    # Logarithms and arc tangents bring every statistic to one footing: of moments as they are, one
    # large coefficient would decide the distance between two textures.
    statistics = {
        "energy": jnp.log2(energy),  # log2 E c^2
        "sparsity": jnp.log2(magnitude.mean(axis=space) + FLOOR),  # log2 E|c| / sqrt(E c^2)
        "kurtosis": jnp.log((unit**4).mean(axis=space) + tiny + FLOOR),  # ln E c^4 / (E c^2)^2
        "skewness": jnp.arctan((unit**3).mean(axis=space)),  # atan E c^3 / (E c^2)^{3/2}
        "neighbour_correlation": _neighbours(unit),
        "neighbour_dependence": _neighbours(magnitude),
    }
    if d.shape[2] > 1:
        pairs = [(0, 1), (0, 2), (1, 2)]
        dependence = [correlation(magnitude[:, :, a], magnitude[:, :, b], dim) for a, b in pairs]
        statistics["orientation_dependence"] = jnp.stack(dependence, axis=-1)
    return statistics


def _neighbours(x: Bands) -> Float[Array, "items components bands dim"]:
    """Return the correlation of each position with the next, along each axis."""
    dim = x.ndim - 3
    axes = range(x.ndim - dim, x.ndim)
    before = [jax.lax.slice_in_dim(x, 0, x.shape[a] - 1, axis=a) for a in axes]
    after = [jax.lax.slice_in_dim(x, 1, x.shape[a], axis=a) for a in axes]
    pairs = zip(before, after, strict=True)
    return jnp.stack([correlation(u, v, dim) for u, v in pairs], axis=-1)


@stage
def parent_dependence(
    fine: Float[Array, "items components bands *children"],
    coarse: Float[Array, "items components bands *parents"],
) -> Float[Array, "items components bands"]:
    """Return the correlation of |c| at k with the mean |c| of its children 2k, 2k + 1."""
    dim = fine.ndim - 3
    fine, coarse = jnp.abs(fine), jnp.abs(coarse)
    for axis in range(3, fine.ndim):
        # Both scales start at the same k = first >= 0; parent k needs child 2k, index 2k - first.
        # The kernel is called with db2, first = 1: parent index i has children 2i + 1, 2i + 2.
        x = jnp.moveaxis(fine, axis, -1)
        parents = min((x.shape[-1] - 1) // 2, coarse.shape[axis])
        pairs = x[..., 1 : 2 * parents + 1].reshape(*x.shape[:-1], parents, 2)
        fine = jnp.moveaxis(pairs.mean(axis=-1), -1, axis)
        coarse = jax.lax.slice_in_dim(coarse, 0, parents, axis=axis)
    return correlation(fine, coarse, dim)


@stage
def leader_statistics(leaders: Float[Array, "batch *space"]) -> dict[str, Float[Array, " batch"]]:
    """Return mean, log-variance and skewness of the natural logarithm of the leaders."""
    space = tuple(range(1, leaders.ndim))
    y = jnp.log(jnp.maximum(leaders, FLOOR))
    mean = y.mean(axis=space)
    centred = y - mean.reshape(-1, *(1,) * len(space))
    # Under the logarithm: leaders of a scale with few positions can all be the same one.
    variance = (centred**2).mean(axis=space) + FLOOR
    return {
        "leader_mean": mean,
        "leader_variance": jnp.log(variance),
        "leader_skewness": jnp.arctan((centred**3).mean(axis=space) / variance**1.5),
    }


@stage
def time_asymmetry(
    x: Float[Array, "items components n"], *, levels: int
) -> Float[Array, "items components levels"]:
    """Return atan of the skewness of the increments over 2^j samples, j = 1 to `levels`."""
    scales = []
    for lag in (2**j for j in range(1, levels + 1)):
        d = x[..., lag:] - x[..., :-lag]
        d = d - d.mean(axis=-1, keepdims=True)
        unit = d / jnp.sqrt((d**2).mean(axis=-1, keepdims=True) + FLOOR**2)
        scales.append(jnp.arctan((unit**3).mean(axis=-1)))
    return jnp.stack(scales, axis=-1)


@stage
def component_statistics(d: Bands) -> dict[str, Float[Array, "items pairs bands"]]:
    """Return the correlations of c and of |c| between every two components."""
    dim, components = d.ndim - 3, d.shape[1]
    pairs = [(a, b) for a in range(components) for b in range(a + 1, components)]
    joined = {"component_correlation": d, "component_dependence": jnp.abs(d)}
    return {
        name: jnp.stack([correlation(x[:, a], x[:, b], dim) for a, b in pairs], axis=1)
        for name, x in joined.items()
    }


def correlation(u: Float[Array, "..."], v: Float[Array, "..."], dim: int) -> Float[Array, "..."]:
    """Return Fisher's z, atanh of the correlation over space; 0 where a band is constant."""
    space = tuple(range(-dim, 0))
    u = u - u.mean(axis=space, keepdims=True)
    v = v - v.mean(axis=space, keepdims=True)
    norm = jnp.sqrt((u**2).sum(axis=space) * (v**2).sum(axis=space)) + FLOOR**2
    r = (u * v).sum(axis=space) / norm
    return jnp.arctanh(jnp.clip(r, -LARGEST_CORRELATION, LARGEST_CORRELATION))
