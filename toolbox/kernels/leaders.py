"""Wavelet leaders: the largest coefficient over a neighbourhood and all finer scales.

With c_j the L1-normalised coefficients, 3 lambda the dyadic interval (square) lambda and its
neighbours, and the supremum over directions included,

    s_j[k]      = max(|c_j[k]|, s_{j-1}[2k], s_{j-1}[2k + 1])
    leader_j[k] = max(s_j[k - 1], s_j[k], s_j[k + 1])

and likewise along both axes of an image (Wendt, Abry & Jaffard 2007). For p-leaders the maxima
become sums: S_j[k] = 2^{d j} |c_j[k]|^p + S_{j-1}[2k] + S_{j-1}[2k + 1] and
leader_j[k] = (2^{-d j} (S_j[k - 1] + S_j[k] + S_j[k + 1]))^{1/p} (Jaffard et al. 2016).
"""

from math import inf
from typing import NamedTuple

import jax.numpy as jnp
from jax.lax import slice_in_dim
from jaxtyping import Array, Float

from toolbox.kernels.stages import stage
from toolbox.kernels.wavelet import even_and_odd


class Box(NamedTuple):
    """The positions k of a scale that exist: from `first` up to, not including, `end`."""

    first: tuple[int, ...]
    end: tuple[int, ...]

    @property
    def size(self) -> tuple[int, ...]:
        """Number of positions along each axis."""
        return tuple(e - f for f, e in zip(self.first, self.end, strict=True))


def parent_box(scale: Box, finer: Box) -> Box:
    """Return the positions k at which the scale and both children 2k, 2k + 1 exist."""
    first = tuple(max(s, -(-f // 2)) for s, f in zip(scale.first, finer.first, strict=True))
    end = tuple(min(s, f // 2) for s, f in zip(scale.end, finer.end, strict=True))
    return Box(first, tuple(max(e, f) for e, f in zip(end, first, strict=True)))


def leaders_per_scale(
    details: tuple[Float[Array, "batch ..."], ...],
    *,
    first: int,
    dim: int,
    p: float,
    gamma: float | Float[Array, " batch"],
) -> tuple[tuple[Float[Array, "batch *space"], ...], tuple[tuple[int, ...], ...]]:
    """Return the leaders of every scale that has some, finest first, and their first positions.

    `gamma` is the order of the fractional integration, one or one an item.
    """
    values, positions = [], []
    pooled, pooled_box = None, None
    for j, d in enumerate(details, start=1):
        gain = jnp.broadcast_to(jnp.asarray(2.0 ** (gamma * j), d.dtype), len(d))
        box = Box((first,) * dim, tuple(first + n for n in d.shape[-dim:]))
        if j == 1:
            pooled, pooled_box = scale_term(d, gain, j=j, dim=dim, p=p), box
        else:
            parents, finer = parent_box(box, pooled_box), pooled_box
            options = {"j": j, "p": p, "box": box, "finer": finer, "parents": parents}
            pooled, pooled_box = pool(d, gain, pooled, **options), parents
        if min(pooled_box.size) < 3:
            break
        values.append(neighbourhood(pooled, j=j, p=p))
        positions.append(tuple(k + 1 for k in pooled_box.first))
    return tuple(values), tuple(positions)


@stage
def scale_term(
    details: Float[Array, "batch ..."], gain: Float[Array, " batch"], *, j: int, dim: int, p: float
) -> Float[Array, "batch *space"]:
    """Return |gain c_j|, or 2^{dim j} |gain c_j|^p, joined over the directions."""
    return own_term(details, gain, j=j, dim=dim, p=p)


def own_term(
    details: Float[Array, "batch ..."], gain: Float[Array, " batch"], *, j: int, dim: int, p: float
) -> Float[Array, "batch *space"]:
    """Return what a scale's own coefficients give: `scale_term` inside a stage."""
    magnitude = jnp.abs(details)
    gain = gain.reshape(-1, *(1,) * dim)
    if p == inf:
        return (magnitude if dim == 1 else magnitude.max(axis=1)) * gain
    power = magnitude**p
    return (power if dim == 1 else power.sum(axis=1)) * (gain**p * 2.0 ** (dim * j))


@stage
def pool(
    details: Float[Array, "batch ..."],
    gain: Float[Array, " batch"],
    children: Float[Array, "batch *children"],
    *,
    j: int,
    p: float,
    box: Box,
    finer: Box,
    parents: Box,
) -> Float[Array, "batch *parents"]:
    """Join each parent position's own term with its children: two, or four in an image."""
    dim = children.ndim - 1
    for axis in range(1, dim + 1):
        start = 2 * parents.first[axis - 1] - finer.first[axis - 1]
        stop = 2 * parents.end[axis - 1] - finer.first[axis - 1]
        pair = even_and_odd(slice_in_dim(children, start, stop, axis=axis), axis)
        children = jnp.maximum(*pair) if p == inf else sum(pair)
    inside = tuple(
        slice(a - f, b - f) for a, b, f in zip(parents.first, parents.end, box.first, strict=True)
    )
    own = own_term(details[(..., *inside)], gain, j=j, dim=dim, p=p)
    return jnp.maximum(own, children) if p == inf else own + children


@stage
def neighbourhood(
    pooled: Float[Array, "batch *space"], *, j: int, p: float
) -> Float[Array, "batch *inside"]:
    """Join each position with its neighbours on both sides, along every axis: the leader."""
    dim = pooled.ndim - 1
    for axis in range(1, dim + 1):
        n = pooled.shape[axis] - 2
        left, centre, right = (slice_in_dim(pooled, i, i + n, axis=axis) for i in range(3))
        if p == inf:
            pooled = jnp.maximum(jnp.maximum(left, centre), right)
        else:
            pooled = left + centre + right
    return pooled if p == inf else (pooled * 2.0 ** (-dim * j)) ** (1 / p)
