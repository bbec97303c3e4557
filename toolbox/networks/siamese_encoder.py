"""The Siamese network's encoder of a texture or signal, in JAX: pure functions.

Every input channel has a tower of its own: strided convolutions, and after each of them the
logarithms of the mean and of the standard deviation of every feature over all positions, so that
several scales are seen. A hidden layer and a linear map of all towers' features go onto the unit
sphere. Positions are averaged over, so items may have any size.
"""

from itertools import product
from math import sqrt

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from toolbox.networks.convolutional import STRIDE, TAPS, convolve

LAYERS = 3
HIDDEN = 64
EMBEDDING = 32
TINY = 1e-6
FLOOR = 1e-2  # under the logarithms

Parameters = dict[str, Float[Array, "..."]]


def initialise(key: UInt32[Array, "2"], inputs: int, *, dim: int, width: int) -> Parameters:
    """Draw the parameters for `inputs` channels; layers have width, 2 width, 4 width channels."""
    depths = (1, *(width * 2**layer for layer in range(LAYERS)))
    parameters = {}
    for tower, layer in product(range(inputs), range(LAYERS)):
        rows, after = TAPS[dim] ** dim * depths[layer], depths[layer + 1]
        stream = jax.random.fold_in(key, LAYERS * tower + layer)
        draws = jax.random.normal(stream, (rows, after))
        parameters[f"filters_{tower}_{layer}"] = sqrt(2 / rows) * draws
        parameters[f"bias_{tower}_{layer}"] = jnp.zeros(after)
    pooled = 2 * inputs * sum(depths[1:])
    streams = [jax.random.fold_in(key, LAYERS * inputs + layer) for layer in (0, 1)]
    hidden = jax.random.normal(streams[0], (pooled, HIDDEN))
    draws = jax.random.normal(streams[1], (HIDDEN, EMBEDDING))
    return parameters | {
        "hidden": sqrt(2 / pooled) * hidden,
        "hidden_bias": jnp.zeros(HIDDEN),
        "weight": sqrt(1 / HIDDEN) * draws,
    }


def encode(
    parameters: Parameters, x: Float[Array, "items channels *space"]
) -> Float[Array, "items d"]:
    """Return unit vectors: the cosine of two says how alike the items are."""
    features = jnp.concatenate(
        [_tower(parameters, tower, x[:, tower : tower + 1]) for tower in range(x.shape[1])], axis=-1
    )
    hidden = jax.nn.relu(features @ parameters["hidden"] + parameters["hidden_bias"])
    z = hidden @ parameters["weight"]
    return z / jnp.sqrt((z**2).sum(axis=-1, keepdims=True) + TINY**2)


def _tower(
    parameters: Parameters, tower: int, x: Float[Array, "items 1 *space"]
) -> Float[Array, "items features"]:
    """Return the pooled features of one channel, of all layers."""
    x = jnp.moveaxis(x, 1, -1)
    space = tuple(range(1, x.ndim - 1))
    pooled = []
    for layer in range(LAYERS):
        filters = parameters[f"filters_{tower}_{layer}"]
        x = jax.nn.relu(convolve(x, filters) + parameters[f"bias_{tower}_{layer}"])
        pooled += [x.mean(axis=space), jnp.sqrt(x.var(axis=space) + TINY)]
    return jnp.log(jnp.concatenate(pooled, axis=-1) + FLOOR)


def smallest_size(dim: int) -> int:
    """Return the least extent of an item along each axis that leaves two positions to average."""
    size = 2
    for _ in range(LAYERS):
        size = (size - 1) * STRIDE + TAPS[dim]
    return size
