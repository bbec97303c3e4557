"""Temporal attention of the L-TAE type: each head looks for its dates with one learned query.

After Garnot and Landrieu (2020): the dates are embedded with a code of the day of the year, the
heads share the embedding's channels among them, and cloudy dates get no weight.
"""

from math import sqrt

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from toolbox.networks.series.packing import HARMONICS, bands_of, clear_of, day_code

HEADS = 8
KEYS = 8  # length of keys and queries, as in the paper
PER_HEAD = 8  # channels of the embedding that a head passes on
WIDTH = 32

Parameters = dict[str, Float[Array, "..."]]


def initialise(key: UInt32[Array, "2"], shape: tuple[int, int], classes: int) -> Parameters:
    """Draw the parameters for packed series of `shape` ``(T, B + 2)`` (He et al., 2015)."""
    inputs = shape[1] - 2 + 2 * HARMONICS
    model = HEADS * PER_HEAD
    keys = [jax.random.fold_in(key, k) for k in range(5)]
    return {
        "embedding": sqrt(2 / inputs) * jax.random.normal(keys[0], (inputs, model)),
        "embedding_bias": jnp.zeros(model),
        "keys": sqrt(1 / model) * jax.random.normal(keys[1], (model, HEADS * KEYS)),
        "queries": jax.random.normal(keys[2], (HEADS, KEYS)),
        "weight_0": sqrt(2 / model) * jax.random.normal(keys[3], (model, WIDTH)),
        "bias_0": jnp.zeros(WIDTH),
        "weight_1": sqrt(1 / WIDTH) * jax.random.normal(keys[4], (WIDTH, classes)),
        "bias_1": jnp.zeros(classes),
    }


def embedded(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n t m"]:
    """Return the dates' embeddings."""
    known = jnp.concatenate([bands_of(x), day_code(x)], axis=-1)
    return jax.nn.relu(known @ parameters["embedding"] + parameters["embedding_bias"])


def weights(
    parameters: Parameters, x: Float[Array, "n t channels"], dates: Float[Array, "n t m"]
) -> Float[Array, "n t heads"]:
    """Return each head's weights of the dates; sums over dates are 1, cloudy ones have none."""
    keys = (dates @ parameters["keys"]).reshape(*dates.shape[:2], HEADS, KEYS)
    match = (keys * parameters["queries"]).sum(axis=-1) / sqrt(KEYS)
    cloudy = clear_of(x)[..., None] == 0
    return jax.nn.softmax(jnp.where(cloudy, -jnp.inf, match), axis=1)


def logits(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
    """Return one value an item and class; their softmax is the probability."""
    dates = embedded(parameters, x)
    parts = dates.reshape(*dates.shape[:2], HEADS, PER_HEAD)
    found = (weights(parameters, x, dates)[..., None] * parts).sum(axis=1)
    found = found.reshape(len(x), -1) @ parameters["weight_0"] + parameters["bias_0"]
    return jax.nn.relu(found) @ parameters["weight_1"] + parameters["bias_1"]


def attention(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n t b"]:
    """Return the mean weight of each date over the heads, shared among its bands; sums to 1."""
    mean = weights(parameters, x, embedded(parameters, x)).mean(axis=-1)
    bands = bands_of(x).shape[-1]
    return jnp.repeat(mean[..., None] / bands, bands, axis=-1)
