"""The Siamese network's encoder of a texture or signal, in JAX: pure functions.

Every input channel has a tower of its own: strided convolutions, then the mean and the standard
deviation of every feature over all positions. A linear map of all towers' features goes onto the
unit sphere. Positions are averaged over, so items may have any size.
"""

from itertools import product
from math import sqrt

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from toolbox.networks.convolutional import STRIDE, TAPS, convolve

LAYERS = 3
EMBEDDING = 32
TINY = 1e-6

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
    pooled = 2 * inputs * depths[-1]
    draws = jax.random.normal(jax.random.fold_in(key, LAYERS * inputs), (pooled, EMBEDDING))
    return parameters | {"weight": sqrt(1 / pooled) * draws}


def encode(
    parameters: Parameters, x: Float[Array, "items channels *space"]
) -> Float[Array, "items d"]:
    """Return unit vectors: the cosine of two says how alike the items are."""
    features = jnp.concatenate(
        [_tower(parameters, tower, x[:, tower : tower + 1]) for tower in range(x.shape[1])], axis=-1
    )
    z = features @ parameters["weight"]
    return z / jnp.sqrt((z**2).sum(axis=-1, keepdims=True) + TINY**2)


def _tower(
    parameters: Parameters, tower: int, x: Float[Array, "items 1 *space"]
) -> Float[Array, "items features"]:
    """Return the pooled features of one channel."""
    x = jnp.moveaxis(x, 1, -1)
    for layer in range(LAYERS):
        filters = parameters[f"filters_{tower}_{layer}"]
        x = jax.nn.relu(convolve(x, filters) + parameters[f"bias_{tower}_{layer}"])
    space = tuple(range(1, x.ndim - 1))
    return jnp.concatenate([x.mean(axis=space), jnp.sqrt(x.var(axis=space) + TINY)], axis=-1)


def smallest_size(dim: int) -> int:
    """Return the least extent of an item along each axis that leaves two positions to average."""
    size = 2
    for _ in range(LAYERS):
        size = (size - 1) * STRIDE + TAPS[dim]
    return size
