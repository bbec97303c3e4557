"""Arrays of NumPy or of JAX: every kernel takes both, and computes with what it is given.

JAX compiles a program for every new shape, which takes seconds. So arrays of NumPy are computed at
once: transform, leaders, sums and moments by the functions of `toolbox.kernels.cpu`, compiled once
for all shapes, what is made of these by NumPy itself, as fast on a CPU as a program that is
compiled already. Those of JAX are compiled, and run wherever JAX runs. The results differ by
rounding.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray


def either(compiled: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls `plain` when its first array is NumPy's, else `compiled`.

    Who calls it for many arrays of one kind asks `version_for` once.
    """

    @wraps(plain)
    def function(*arrays: Any, **options: Any) -> Any:
        first = arrays[0]
        while isinstance(first, list | tuple):
            first = first[0]
        return (plain if isinstance(first, np.ndarray) else compiled)(*arrays, **options)

    function.plain = plain
    return function


def version_for(x: Array, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a function of `either` calls for arrays such as this one."""
    return function.plain if isinstance(x, np.ndarray) else function


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def kernel(*options: str, cpu: Callable[..., Any] | None = None) -> Decorator:
    """Return a decorator: a function with these options, for arrays of JAX one compiled program.

    `cpu` does the same with arrays of NumPy; by default the function itself does.
    """

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        return either(jax.jit(function, static_argnames=options), cpu or function)

    return decorated


def by_cpu(cpu: Callable[..., Any]) -> Decorator:
    """Return a decorator: a function for arrays of JAX, for which `cpu` takes those of NumPy."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        return either(function, cpu)

    return decorated


def numpy_on_cpu(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a kernel that on a CPU is given arrays of NumPy (`toolbox.core.device`)."""
    function.numpy_on_cpu = True
    return function


def differentiable(
    forward: Callable[..., Any], back: Callable[..., Any], *, options: tuple[int, ...] = ()
) -> Decorator:
    """Return a decorator: a function whose gradient is ours, as `jax.custom_vjp` wants it.

    `options` are the places of the arguments that are not arrays.
    """

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        ours = jax.custom_vjp(function, nondiff_argnums=options)
        ours.defvjp(forward, back)
        return ours

    return decorated


def stack(values: Sequence[Array], axis: int) -> Array:
    """Return arrays of one shape along a new axis."""
    return values[0].__array_namespace__().stack(values, axis=axis)


def slice_along(x: Array, start: int, stop: int, axis: int) -> Array:
    """Return x[start:stop] along an axis."""
    if isinstance(x, np.ndarray):
        axis %= x.ndim
        return x[(slice(None),) * axis + (slice(start, stop),)]
    return jax.lax.slice_in_dim(x, start, stop, axis=axis)


def sum_of_products(u: Array, v: Array) -> Array:
    """Return sum u v over the last axis as a product of matrices.

    On a CPU that is several times faster than a reduction.
    """
    if isinstance(u, np.ndarray):
        return np.vecdot(u, v)
    return jnp.einsum("...n,...n->...", u, v, precision="highest")


def power(v: Array, p: int | float) -> Array:
    """Return v^p, of a whole p by multiplication, many times faster."""
    if not float(p).is_integer():
        return v**p
    if isinstance(v, np.ndarray) and p > 2:  # which NumPy does of squares alone
        half = power(v, p // 2)
        return half * half * v if p % 2 else half * half
    return v ** int(p)


def mapped(function: Callable[[Array], Array], values: Array) -> Array:
    """Return the stacked function(v) of each of the values; it must broadcast over leading axes."""
    if isinstance(values, np.ndarray):
        return function(values)
    return jax.lax.map(function, values)  # a loop: compiled once, not once a value


def product(spec: str, u: Array, v: Array) -> Array:
    """Return an `einsum` of two arrays, in full precision."""
    if isinstance(u, np.ndarray):
        return np.einsum(spec, u, v, optimize=True)
    return jnp.einsum(spec, u, v, precision="highest")
