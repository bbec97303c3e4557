"""Wavelet leaders: the largest coefficient over a neighbourhood and all finer scales.

With c_j the L1-normalised coefficients, 3 lambda the dyadic interval (square) lambda and its
neighbours, and the supremum over directions included,

    s_j[k]      = max(|c_j[k]|, s_{j-1}[2k], s_{j-1}[2k + 1])
    leader_j[k] = max(s_j[k - 1], s_j[k], s_j[k + 1])

and likewise along both axes of an image (Wendt, Abry & Jaffard 2007). For p-leaders the maxima
become sums: S_j[k] = 2^{d j} |c_j[k]|^p + S_{j-1}[2k] + S_{j-1}[2k + 1] and
leader_j[k] = (2^{-d j} (S_j[k - 1] + S_j[k] + S_j[k + 1]))^{1/p} (Jaffard et al. 2016).
"""

from functools import partial
from math import inf
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


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
    details: tuple[Float[Array, "batch ..."], ...], *, first: int, dim: int, p: float, gamma: float
) -> tuple[tuple[Float[Array, "batch *space"], ...], tuple[tuple[int, ...], ...]]:
    """Return the leaders of every scale that has some, finest first, and their first positions."""
    values, positions = [], []
    for j, d in enumerate(details, start=1):
        term = scale_term(d, j=j, dim=dim, p=p, gamma=gamma)
        box = Box((first,) * dim, tuple(first + n for n in term.shape[1:]))
        if j == 1:
            pooled, pooled_box = term, box
        else:
            parents = parent_box(box, pooled_box)
            pooled = pool(term, pooled, box=box, finer=pooled_box, parents=parents, sup=p == inf)
            pooled_box = parents
        if min(pooled_box.size) < 3:
            break
        values.append(neighbourhood(pooled, j=j, p=p))
        positions.append(tuple(k + 1 for k in pooled_box.first))
    return tuple(values), tuple(positions)


@partial(jax.jit, static_argnames=("j", "dim", "p", "gamma"))
def scale_term(
    details: Float[Array, "batch ..."], *, j: int, dim: int, p: float, gamma: float
) -> Float[Array, "batch *space"]:
    """Return |2^{gamma j} c_j|, or 2^{dim j} |2^{gamma j} c_j|^p, joined over the directions."""
    magnitude = jnp.abs(details) * 2.0 ** (gamma * j)
    if p == inf:
        return magnitude if dim == 1 else magnitude.max(axis=1)
    power = magnitude**p * 2.0 ** (dim * j)
    return power if dim == 1 else power.sum(axis=1)


@partial(jax.jit, static_argnames=("box", "finer", "parents", "sup"))
def pool(
    term: Float[Array, "batch *space"],
    children: Float[Array, "batch *children"],
    *,
    box: Box,
    finer: Box,
    parents: Box,
    sup: bool,
) -> Float[Array, "batch *parents"]:
    """Join each parent position's own term with its children: two, or four in an image."""
    for axis in range(1, children.ndim):
        start = 2 * parents.first[axis - 1] - finer.first[axis - 1]
        stop = 2 * parents.end[axis - 1] - finer.first[axis - 1]
        x = jnp.moveaxis(children, axis, -1)[..., start:stop]
        pairs = x.reshape(*x.shape[:-1], -1, 2)
        joined = jnp.maximum(pairs[..., 0], pairs[..., 1]) if sup else pairs.sum(axis=-1)
        children = jnp.moveaxis(joined, -1, axis)
    inside = tuple(
        slice(a - f, b - f) for a, b, f in zip(parents.first, parents.end, box.first, strict=True)
    )
    own = term[(slice(None), *inside)]
    return jnp.maximum(own, children) if sup else own + children


@partial(jax.jit, static_argnames=("j", "p"))
def neighbourhood(
    pooled: Float[Array, "batch *space"], *, j: int, p: float
) -> Float[Array, "batch *inside"]:
    """Join each position with its neighbours on both sides, along every axis: the leader."""
    dim = pooled.ndim - 1
    for axis in range(1, dim + 1):
        x = jnp.moveaxis(pooled, axis, -1)
        left, centre, right = x[..., :-2], x[..., 1:-1], x[..., 2:]
        if p == inf:
            joined = jnp.maximum(jnp.maximum(left, centre), right)
        else:
            joined = left + centre + right
        pooled = jnp.moveaxis(joined, -1, axis)
    return pooled if p == inf else (pooled * 2.0 ** (-dim * j)) ** (1 / p)
