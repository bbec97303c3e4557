"""A multilayer perceptron for plain vectors, in JAX: pure functions of a dictionary of arrays.

The caller standardises the features.
"""

from itertools import pairwise
from math import sqrt

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

Parameters = dict[str, Float[Array, "..."]]


def initialise(
    key: UInt32[Array, "2"], shape: tuple[int], classes: int, *, widths: tuple[int, ...] = (64, 64)
) -> Parameters:
    """Draw the parameters for vectors of `shape` ``(features,)`` (He et al., 2015)."""
    sizes = (*shape, *widths, classes)
    parameters = {}
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        gain = sqrt((1 if layer == len(widths) else 2) / inputs)
        draws = jax.random.normal(jax.random.fold_in(key, layer), (inputs, outputs))
        parameters[f"weight_{layer}"] = gain * draws
        parameters[f"bias_{layer}"] = jnp.zeros(outputs)
    return parameters


def logits(parameters: Parameters, x: Float[Array, "items features"]) -> Float[Array, "items c"]:
    """Return one value an item and class; their softmax is the probability."""
    last = len(parameters) // 2 - 1
    for layer in range(last):
        x = jax.nn.relu(x @ parameters[f"weight_{layer}"] + parameters[f"bias_{layer}"])
    return x @ parameters[f"weight_{last}"] + parameters[f"bias_{last}"]
