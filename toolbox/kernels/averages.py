"""Moments over space, products of windows, means of children: what statistics are made of."""

import jax.numpy as jnp
from jaxtyping import Float

from toolbox.kernels.arrays import Array, by_cpu, slice_along
from toolbox.kernels.cpu import averages
from toolbox.kernels.wavelet import even_and_odd

Averages = tuple[Float[Array, "..."], ...]


@by_cpu(averages.powers)
def powers(c: Float[Array, "... n"]) -> Averages:
    """Return E|c|, E c^2, E c^3 and E c^4 over the last axis."""
    squares = c**2
    return tuple(power.mean(axis=-1) for power in (abs(c), squares, c * squares, squares**2))


@by_cpu(averages.central_moments)
def central_moments(x: Float[Array, "... n"]) -> Averages:
    """Return the mean m, E (x - m)^2 and E (x - m)^3 over the last axis."""
    mean = x.mean(axis=-1)
    centred = x - mean[..., None]
    squares = centred**2
    return mean, squares.mean(axis=-1), (centred * squares).mean(axis=-1)


@by_cpu(averages.standardised)
def standardised(x: Float[Array, "..."], *, dim: int) -> Float[Array, "..."]:
    """Return x less its mean over its standard deviation, both over space."""
    space = tuple(range(-dim, 0))
    centred = x - x.mean(axis=space, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(axis=space, keepdims=True))


@by_cpu(averages.mean_of_children)
def mean_of_children(c: Float[Array, "..."], *, parents: tuple[int, ...]) -> Float[Array, "..."]:
    """Return the mean |c| of the two children of so many parents, or of the four in an image.

    Parent i has the children 2i + 1, 2i + 2 along each axis.
    """
    c = abs(c)
    for axis, n in enumerate(parents, start=c.ndim - len(parents)):
        left, right = even_and_odd(slice_along(c, 1, 2 * n + 1, axis), axis)
        c = (left + right) / 2
    return c


@by_cpu(averages.second_moments)
def second_moments(
    u: Float[Array, "..."], v: Float[Array, "..."], *, dim: int, magnitudes: bool = False
) -> Averages:
    """Return E u u, E u v and E v v over space, each less its mean; or those of |u| and |v|."""
    space = tuple(range(-dim, 0))
    if magnitudes:
        u, v = abs(u), abs(v)
    u = u - u.mean(axis=space, keepdims=True)
    v = v - v.mean(axis=space, keepdims=True)
    return (u * u).mean(axis=space), (u * v).mean(axis=space), (v * v).mean(axis=space)
