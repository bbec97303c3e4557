"""TempCNN: convolutions along the dates, then a dense layer that knows the date, in JAX.

After Pelletier, Webb and Petitjean (2019), smaller and without statistics over the batch. As there,
cloudy dates are filled from the clear ones around them; a flag says which.
"""

from collections.abc import Callable
from itertools import pairwise
from math import sqrt
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from toolbox.networks.series.packing import cells

TAPS = 5  # dates, as in the paper
CHANNELS = (16, 16)
WIDTH = 32

Parameters = dict[str, Float[Array, "..."]]


def initialise(key: UInt32[Array, "2"], shape: tuple[int, int], classes: int) -> Parameters:
    """Draw the parameters for packed series of `shape` ``(T, B + 2)`` (He et al., 2015)."""
    parameters = {}
    for layer, (inputs, outputs) in enumerate(pairwise((shape[1] - 1, *CHANNELS))):
        draws = jax.random.normal(jax.random.fold_in(key, layer), (TAPS * inputs, outputs))
        parameters[f"filters_{layer}"] = sqrt(2 / (TAPS * inputs)) * draws
        parameters[f"bias_{layer}"] = jnp.zeros(outputs)
    sizes = (shape[0] * CHANNELS[-1], WIDTH, classes)
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        draws = jax.random.normal(jax.random.fold_in(key, 8 + layer), (inputs, outputs))
        parameters[f"dense_{layer}"] = sqrt((2 - layer) / inputs) * draws
        parameters[f"offset_{layer}"] = jnp.zeros(outputs)
    return parameters


def layers(parameters: Parameters) -> list[Callable[..., Any]]:
    """Return the affine layers: the network is these one after the other, with ReLU between."""

    def along(layer: int, x: Float[Array, "n t channels"]) -> Float[Array, "n t outputs"]:
        return convolve(x, parameters[f"filters_{layer}"]) + parameters[f"bias_{layer}"]

    def dense(layer: int, x: Float[Array, "n inputs"]) -> Float[Array, "n outputs"]:
        return x @ parameters[f"dense_{layer}"] + parameters[f"offset_{layer}"]

    return [
        lambda x: along(0, cells(x)),  # the place along the series says the date
        lambda found: along(1, found),
        lambda found: dense(0, found.reshape(len(found), -1)),
        lambda found: dense(1, found),
    ]


def features(
    parameters: Parameters, x: Float[Array, "n t channels"]
) -> Float[Array, "n t outputs"]:
    """Return the last convolution's channels at every date."""
    for layer in layers(parameters)[: len(CHANNELS)]:
        x = jax.nn.relu(layer(x))
    return x


def head(parameters: Parameters, found: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
    """Return the logits of what `features` found."""
    first, second = layers(parameters)[len(CHANNELS) :]
    return second(jax.nn.relu(first(found)))


def logits(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
    """Return one value an item and class; their softmax is the probability."""
    return head(parameters, features(parameters, x))


def convolve(
    x: Float[Array, "n t channels"], filters: Float[Array, "rows outputs"]
) -> Float[Array, "n t outputs"]:
    """Cross-correlate along the dates, zeros beyond both ends; rows run over taps, then channels.

    Slices and one matrix product: XLA's own convolution is several times slower on a CPU.
    """
    dates = x.shape[1]
    padded = jnp.pad(x, ((0, 0), (TAPS // 2, TAPS // 2), (0, 0)))
    columns = jnp.concatenate([padded[:, k : k + dates] for k in range(TAPS)], axis=-1)
    return columns @ filters
