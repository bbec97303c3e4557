"""TempCNN: convolutions along the dates, then a dense layer that knows the date, in JAX.

After Pelletier, Webb and Petitjean (2019), smaller and without statistics over the batch.
"""

from itertools import pairwise
from math import sqrt

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

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


def features(
    parameters: Parameters, x: Float[Array, "n t channels"]
) -> Float[Array, "n t outputs"]:
    """Return the last convolution's channels at every date."""
    x = x[..., :-1]  # the place along the series says the date
    for layer in range(len(CHANNELS)):
        filters, bias = parameters[f"filters_{layer}"], parameters[f"bias_{layer}"]
        x = jax.nn.relu(convolve(x, filters) + bias)
    return x


def head(parameters: Parameters, found: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
    """Return the logits of what `features` found."""
    flat = found.reshape(len(found), -1)
    hidden = jax.nn.relu(flat @ parameters["dense_0"] + parameters["offset_0"])
    return hidden @ parameters["dense_1"] + parameters["offset_1"]


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
