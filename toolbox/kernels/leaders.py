"""Wavelet leaders: the largest coefficient over a neighbourhood and all finer scales.

With c_j the L1-normalised coefficients, 3 lambda the dyadic interval (square) lambda and its
neighbours, and the supremum over directions included,

    s_j[k]      = max(|c_j[k]|, s_{j-1}[2k], s_{j-1}[2k + 1])
    leader_j[k] = max(s_j[k - 1], s_j[k], s_j[k + 1])

and likewise along both axes of an image (Wendt, Abry & Jaffard 2007). For p-leaders the maxima
become norms (sum v^p)^{1/p} (Jaffard et al. 2016): in a signal, with children weighing 1/2,

    s_j[k]^p      = |c_j[k]|^p + (s_{j-1}[2k]^p + s_{j-1}[2k + 1]^p) / 2
    leader_j[k]^p = s_j[k - 1]^p + s_j[k]^p + s_j[k + 1]^p

No power is ever kept: |c|^p alone would leave the range of the numbers for a large p.
"""

from functools import reduce
from math import inf

import jax
import jax.numpy as jnp
from jaxtyping import Float

from toolbox.kernels.arrays import (
    Array,
    by_cpu,
    differentiable,
    kernel,
    numpy_on_cpu,
    power,
    slice_along,
)
from toolbox.kernels.boxes import Box, parent_box
from toolbox.kernels.cpu import engine
from toolbox.kernels.stages import stage
from toolbox.kernels.wavelet import details_per_scale, even_and_odd, padded


@numpy_on_cpu
@kernel("levels", "p", cpu=engine.leaders_of)
def leaders_of(
    x: Float[Array, " batch *space"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    gamma: Float[Array, " batch"],
    *,
    levels: int,
    p: float,
) -> tuple[Float[Array, "batch ..."], ...]:
    """Return the leaders of every scale of `levels` that has some, finest first."""
    details, _ = details_per_scale(x, low, high, levels=levels)
    options = {"first": len(low) // 2 - 1, "dim": x.ndim - 1, "p": p, "gamma": gamma}
    return leaders_per_scale(details, **options)[0]


@by_cpu(engine.leaders_per_scale)
def leaders_per_scale(
    details: tuple[Float[Array, "batch ..."], ...],
    *,
    first: int,
    dim: int,
    p: float,
    gamma: float | Float[Array, " batch"],
) -> tuple[tuple[Float[Array, " batch *space"], ...], tuple[tuple[int, ...], ...]]:
    """Return the leaders of every scale that has some, finest first, and their first positions.

    `gamma` is the order of the fractional integration, one or one an item.
    """
    values, positions = [], []
    pooled, pooled_box = None, None
    orders = jnp.asarray(gamma, dtype=details[0].dtype)
    orders = jnp.broadcast_to(orders, len(details[0]))
    for j, d in enumerate(details, start=1):
        # Fractional integration of order gamma multiplies scale j by 2^(gamma j).
        gain = 2.0 ** (orders * j)
        box = Box((first,) * dim, tuple(first + n for n in d.shape[-dim:]))
        if j == 1:
            pooled, pooled_box = scale_term(d, gain, dim=dim, p=p), box
        else:
            parents, finer = parent_box(box, pooled_box), pooled_box
            options = {"p": p, "box": box, "finer": finer, "parents": parents}
            pooled, pooled_box = pool(d, gain, pooled, **options), parents
        if min(pooled_box.size) < 3:  # no position has a neighbour on both sides
            break
        values.append(neighbourhood(pooled, p=p))
        positions.append(tuple(k + 1 for k in pooled_box.first))
    return tuple(values), tuple(positions)


@stage
def scale_term(
    details: Float[Array, "batch ..."], gain: Float[Array, " batch"], *, dim: int, p: float
) -> Float[Array, " batch *space"]:
    """Return |gain c_j|, joined over the directions."""
    return own_term(details, gain, dim=dim, p=p)


def own_term(
    details: Float[Array, "batch ..."], gain: Float[Array, " batch"], *, dim: int, p: float
) -> Float[Array, " batch *space"]:
    """Return what a scale's own coefficients give: `scale_term` inside a stage."""
    magnitude = abs(details)
    bands = [magnitude] if dim == 1 else [magnitude[:, band] for band in range(details.shape[1])]
    return joined(bands, p) * gain.reshape(-1, *(1,) * dim)


def joined(values: list[Float[Array, "..."]], p: float, share: float = 1.0) -> Float[Array, "..."]:
    """Return the largest of values >= 0, or (share sum v^p)^{1/p}, relative to the largest."""
    if p == inf:
        return reduce(larger, values)
    if len(values) == 1:
        return values[0]
    # The result does not depend on the unit, hence no gradient does: through a maximum it would be
    # lost in the rounding of two terms that cancel.
    largest = jax.lax.stop_gradient(reduce(jnp.maximum, values))
    unit = jnp.where(largest > 0, largest, 1)
    return unit * root(share * sum(power(v / unit, p) for v in values), p)


def root(v: Float[Array, "..."], p: float) -> Float[Array, "..."]:
    """Return v^{1/p}."""
    if p in (1, 2):
        return v if p == 1 else jnp.sqrt(v)
    return v ** (1 / p)


@stage
def pool(
    details: Float[Array, "batch ..."],
    gain: Float[Array, " batch"],
    children: Float[Array, " batch *children"],
    *,
    p: float,
    box: Box,
    finer: Box,
    parents: Box,
) -> Float[Array, " batch *parents"]:
    """Join each parent position's own term with its children: two, or four in an image."""
    dim = children.ndim - 1
    for axis in range(1, dim + 1):
        start = 2 * parents.first[axis - 1] - finer.first[axis - 1]
        stop = 2 * parents.end[axis - 1] - finer.first[axis - 1]
        pair = even_and_odd(slice_along(children, start, stop, axis), axis)
        children = joined(list(pair), p, share=0.5)
    inside = tuple(
        slice(a - f, b - f) for a, b, f in zip(parents.first, parents.end, box.first, strict=True)
    )
    own = own_term(details[(..., *inside)], gain, dim=dim, p=p)
    return joined([own, children], p)


@stage
def neighbourhood(
    pooled: Float[Array, " batch *space"], *, p: float
) -> Float[Array, " batch *inside"]:
    """Join each position with its neighbours on both sides, along every axis: the leader."""
    # Axis by axis: the maximum (or sum) over a square is that over rows of those over columns, with
    # 6 numbers read a position instead of 9.
    dim = pooled.ndim - 1
    for axis in range(1, dim + 1):
        if p == inf:
            pooled = largest_of_three(pooled, axis)
        else:
            pooled = joined(shifted(pooled, axis), p)
    return pooled


def shifted(x: Float[Array, "..."], axis: int, count: int = 3) -> list[Float[Array, "..."]]:
    """Return x from its first, second, ... position on, all of the same length."""
    n = x.shape[axis] - count + 1
    return [slice_along(x, i, i + n, axis) for i in range(count)]


def _larger_forward(u: Array, v: Array) -> tuple[Array, Array]:
    return jnp.maximum(u, v), u >= v


def _larger_back(first: Array, gradient: Array) -> tuple[Array, Array]:
    return jnp.where(first, gradient, 0), jnp.where(first, 0, gradient)


# The gradient of jnp.maximum is shared between equals, at the price of further comparisons; one
# subgradient is enough, and the comparison kept on the way forward gives it.
@differentiable(_larger_forward, _larger_back)
def larger(u: Float[Array, "..."], v: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return the larger of two; its gradient goes to that one, to the first when they are equal."""
    return jnp.maximum(u, v)


def _three_forward(x: Array, axis: int) -> tuple[Array, Array]:
    return largest_of_three(x, axis), x


def _three_back(axis: int, x: Array, gradient: Array) -> tuple[Array]:
    """Return to x[k] the gradients of the three maxima in which it stands, where it won."""
    before2, before, x, after, after2 = shifted(padded(x, 2, axis), axis, 5)
    last, middle, first = shifted(padded(gradient, 2, axis), axis)
    total = jnp.where((x >= after) & (x >= after2), first, 0)
    total += jnp.where((x > before) & (x >= after), middle, 0)
    return (total + jnp.where((x > before2) & (x > before), last, 0),)


@differentiable(_three_forward, _three_back, options=(1,))
def largest_of_three(x: Float[Array, "..."], axis: int) -> Float[Array, "..."]:
    """Return max(x[k], x[k + 1], x[k + 2]); its gradient goes to the first that is largest."""
    left, centre, right = shifted(x, axis)
    return jnp.maximum(jnp.maximum(left, centre), right)
