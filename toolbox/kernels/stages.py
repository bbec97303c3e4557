"""Stages of a kernel: computed one after the other inside one compiled program, and pulled back so.

XLA on a CPU fuses through slices and maxima: what a scale computes it would compute again for
every use in the next, and the logarithm again for every sum. A conditional whose outcome the
compiler cannot know stands between two stages like a fence, and nothing is fused across it. One
program with fences is many times faster than without, and than one program a stage, which is
called for each of many small arrays. Elsewhere there are no fences: each would stop an accelerator
to ask the host which way to go.

A gradient runs through the stages backwards. Each keeps its arguments, and pulls a gradient back
behind a fence of its own by computing its few operations again: what stands between them is never
kept.
"""

from collections.abc import Callable
from functools import partial, wraps
from inspect import Parameter, signature
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Bool

from toolbox.kernels.arrays import Array, either


def stage(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of arrays that is compiled as a stage; its keywords are its options."""
    parameters = signature(function).parameters.values()
    options = tuple(p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY)

    @partial(jax.jit, static_argnames=options)
    @wraps(function)
    def compiled(*arrays: Any, **given: Any) -> Any:
        plain = partial(function, **given)

        @jax.custom_vjp
        def run(*arrays: Any) -> Any:
            return fenced(plain, *arrays)

        # Left to JAX, the gradient of a conditional keeps what stands between its operations:
        # several arrays a stage, each as large as a scale.
        def keep(*arrays: Any) -> tuple[Any, Any]:
            return fenced(plain, *arrays), arrays

        def pull_back(arrays: Any, gradients: Any) -> Any:
            return fenced(lambda g, *a: jax.vjp(plain, *a)[1](g), gradients, *arrays)

        run.defvjp(keep, pull_back)
        return run(*arrays)

    return either(compiled, function)


def fenced(function: Callable[..., Any], *arrays: Any) -> Any:
    """Return function(*arrays), with which on a CPU nothing before or after is fused."""
    once = jax.jit(function)  # whatever way it is reached, it is traced once
    shapes = jax.eval_shape(once, *arrays)

    # The other way of the conditional: never taken, but it must be there, and give the same shapes.
    def never(*_: Any) -> Any:
        return jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)

    def on_cpu(*arrays: Any) -> Any:
        return jax.lax.cond(_true(jax.tree.leaves(arrays)[0]), once, never, *arrays)

    return jax.lax.platform_dependent(*arrays, cpu=on_cpu, default=once)


def _true(x: Array) -> Bool[Array, ""]:
    """Return what is true of any number and of every NaN that computing makes."""
    # Compared as a whole number, since a NaN is unequal to everything, itself included. The largest
    # whole number is the bit pattern of a NaN, and not of the one that 0 / 0 or log(-1) gives.
    first = x.reshape(-1)[0]
    bits = jax.lax.bitcast_convert_type(first, jnp.dtype(f"int{8 * first.dtype.itemsize}"))
    return bits != jnp.iinfo(bits.dtype).max
