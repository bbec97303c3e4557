"""Logistic regression on all cells of a series, in JAX: the baseline of every table.

A cloudy cell is filled from the clear dates around it, and the date's flag has a weight of its own.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from toolbox.networks.series.packing import cells

Parameters = dict[str, Float[Array, "..."]]


def initialise(key: UInt32[Array, "2"], shape: tuple[int, int], classes: int) -> Parameters:
    """Draw small weights for packed series of `shape` ``(T, B + 2)``."""
    inputs = shape[0] * (shape[1] - 1)
    draws = jax.random.normal(key, (inputs, classes))
    return {"weight": 0.1 * inputs**-0.5 * draws, "bias": jnp.zeros(classes)}


def layers(parameters: Parameters) -> list[Callable[..., Any]]:
    """Return the only layer, which is affine in the bands."""

    def only(x: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
        return cells(x).reshape(len(x), -1) @ parameters["weight"] + parameters["bias"]

    return [only]


def logits(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
    """Return one value an item and class; their softmax is the probability."""
    return layers(parameters)[0](x)
