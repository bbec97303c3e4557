"""The Siamese network's encoder of a texture or signal, in JAX: pure functions.

Of each component there are three channels: the item and two readings of its local strength. The
item has a tower of its own, the two readings share one: strided convolutions, and after each of
them the logarithms of the mean and of the standard deviation of every feature over all positions,
so that several scales are seen. A hidden layer and a linear map of all towers' features go onto the
unit sphere; after the training a projection may take the linear map's place. Positions are averaged
over, so items may have any size that the layers leave two of.
"""

from collections.abc import Iterable
from itertools import product
from math import sqrt

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt32

from toolbox.networks.convolutional import STRIDE, TAPS, rectified

FEWEST_LAYERS, MOST_LAYERS = 3, 4
WIDEST = 4  # times the first layer
HIDDEN = 64
EMBEDDING = 32
TINY = 1e-6
FLOOR = 1e-2  # under the logarithms

Parameters = dict[str, Float[Array, "..."]]


def initialise(
    key: UInt32[Array, "2"], channels: int, *, dim: int, width: int, layers: int = FEWEST_LAYERS
) -> Parameters:
    """Draw the parameters; layers have width, 2 width, 4 width, 4 width, ... features."""
    depths = [width * min(2**layer, WIDEST) for layer in range(layers)]
    parameters = {}
    seen = towers(channels)
    for (tower, inputs), layer in product(enumerate(seen), range(layers)):
        rows = TAPS[dim] ** dim * (depths[layer - 1] if layer else len(inputs))
        stream = jax.random.fold_in(key, layers * tower + layer)
        draws = jax.random.normal(stream, (rows, depths[layer]))
        parameters[f"filters_{tower}_{layer}"] = sqrt(2 / rows) * draws
        parameters[f"bias_{tower}_{layer}"] = jnp.zeros(depths[layer])
    pooled = 2 * len(seen) * sum(depths)
    streams = [jax.random.fold_in(key, layers * len(seen) + layer) for layer in (0, 1)]
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
    """Return unit vectors: the cosine of two says how alike the items are.

    With a "projection" y of the hidden layer instead of a "weight" they are (y, 1) at length one.
    """
    seen = hidden(parameters, x)
    if "projection" in parameters:
        y = (seen - parameters["centre"]) @ parameters["projection"]
        z = jnp.concatenate([y, jnp.ones_like(y[:, :1])], axis=-1)
    else:
        z = seen @ parameters["weight"]
    return z / jnp.sqrt((z**2).sum(axis=-1, keepdims=True) + TINY**2)


def hidden(
    parameters: Parameters, x: Float[Array, "items channels *space"]
) -> Float[Array, "items hidden"]:
    """Return the hidden layer of the features of all towers."""
    features = jnp.concatenate(
        [
            _tower(parameters, tower, x[:, np.array(inputs)])
            for tower, inputs in enumerate(towers(x.shape[1]))
        ],
        axis=-1,
    )
    return jax.nn.relu(features @ parameters["hidden"] + parameters["hidden_bias"])


def projected(
    parameters: dict[str, np.ndarray], centre: np.ndarray, projection: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the parameters with a projection onto EMBEDDING - 1 directions as their last layer."""
    kept = {name: value for name, value in parameters.items() if name != "weight"}
    last = {"centre": centre, "projection": projection}
    return kept | {name: value.astype(np.float32) for name, value in last.items()}


def _tower(
    parameters: Parameters, tower: int, x: Float[Array, "items inputs *space"]
) -> Float[Array, "items features"]:
    """Return the pooled features of one tower, of all layers."""
    x = jnp.moveaxis(x, 0, -1)
    space = tuple(range(1, x.ndim - 1))
    pooled = []
    for layer in range(depth(parameters)):
        names = (f"filters_{tower}_{layer}", f"bias_{tower}_{layer}")
        x = rectified(x, *(parameters[name] for name in names))
        pooled += [x.mean(axis=space), jnp.sqrt(x.var(axis=space) + TINY)]
    return jnp.log(jnp.concatenate(pooled).T + FLOOR)


def towers(channels: int) -> list[tuple[int, ...]]:
    """Return the channels of each tower: K items, then two readings of each one's strength."""
    components = channels // 3
    return [(k,) for k in range(components)] + [
        (components + k, 2 * components + k) for k in range(components)
    ]


def depth(names: Iterable[str]) -> int:
    """Return the number of layers of the parameters of these names."""
    return sum(name.startswith("filters_0_") for name in names)


def affordable_layers(view: tuple[int, ...]) -> int:
    """Return how many layers leave two positions along each axis of a view."""
    dim, layers = len(view), FEWEST_LAYERS
    while layers < MOST_LAYERS and smallest_size(dim, layers + 1) <= min(view):
        layers += 1
    return layers


def smallest_size(dim: int, layers: int = FEWEST_LAYERS) -> int:
    """Return the least extent of an item along each axis that leaves two positions to average."""
    size = 2
    for _ in range(layers):
        size = (size - 1) * STRIDE + TAPS[dim]
    return size
