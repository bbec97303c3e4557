"""Channel attention: at every date each head weighs the bands, knowing the day of the year.

After Courteille, Benoit, Meger, Atto and Ienco (2021): the bands compete in a softmax, so that its
weights say which band a date was read from. Each head also weighs the clear dates by their day of
the year: in a plain mean over them, what one month says grows with how much of it was clear.
"""

from math import sqrt

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from toolbox.networks.series.packing import HARMONICS, bands_of, clear_of, day_code

HEADS = 8
WIDTH = 64

Parameters = dict[str, Float[Array, "..."]]


def initialise(key: UInt32[Array, "2"], shape: tuple[int, int], classes: int) -> Parameters:
    """Draw the parameters for packed series of `shape` ``(T, B + 2)`` (He et al., 2015)."""
    bands, codes = shape[1] - 2, 2 * HARMONICS
    keys = [jax.random.fold_in(key, k) for k in range(5)]
    inputs = HEADS + codes
    return {
        "by_day": sqrt(1 / codes) * jax.random.normal(keys[0], (codes, HEADS * bands)),
        "by_value": 0.1 * jax.random.normal(keys[1], (HEADS, bands)),
        "by_date": sqrt(1 / codes) * jax.random.normal(keys[4], (codes, HEADS)),
        "weight_0": sqrt(2 / inputs) * jax.random.normal(keys[2], (inputs, WIDTH)),
        "bias_0": jnp.zeros(WIDTH),
        "weight_1": sqrt(1 / WIDTH) * jax.random.normal(keys[3], (WIDTH, classes)),
        "bias_1": jnp.zeros(classes),
    }


def weights(
    parameters: Parameters, x: Float[Array, "n t channels"]
) -> Float[Array, "n t heads bands"]:
    """Return what each head gives each band at each date; sums over bands are 1."""
    values = bands_of(x)
    by_day = day_code(x) @ parameters["by_day"]
    by_day = by_day.reshape(*values.shape[:2], HEADS, values.shape[2])
    return jax.nn.softmax(by_day + values[:, :, None] * parameters["by_value"], axis=-1)


def date_weights(
    parameters: Parameters, x: Float[Array, "n t channels"]
) -> Float[Array, "n t heads"]:
    """Return what each head gives each date; sums over dates are 1, cloudy ones have none."""
    # Networks saved before there were such weights take a mean over the clear dates, as zeros give.
    by_date = parameters.get("by_date", jnp.zeros((2 * HARMONICS, HEADS)))
    asked = day_code(x) @ by_date
    return jax.nn.softmax(jnp.where(clear_of(x)[..., None] == 0, -jnp.inf, asked), axis=1)


def features(
    parameters: Parameters, x: Float[Array, "n t channels"]
) -> Float[Array, "n t outputs"]:
    """Return the features at every date times T times its weight: each head weighs eight of them.

    Their mean over the dates is what `head` reads.
    """
    read = (weights(parameters, x) * bands_of(x)[:, :, None]).sum(axis=-1)
    known = jnp.concatenate([read, day_code(x)], axis=-1)
    found = jax.nn.relu(known @ parameters["weight_0"] + parameters["bias_0"])
    share = x.shape[1] * date_weights(parameters, x)
    return found * jnp.repeat(share, WIDTH // HEADS, axis=-1)


def head(parameters: Parameters, found: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
    """Return the logits of what `features` found."""
    return found.mean(axis=1) @ parameters["weight_1"] + parameters["bias_1"]


def logits(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
    """Return one value an item and class; their softmax is the probability."""
    return head(parameters, features(parameters, x))


def attention(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n t b"]:
    """Return a date's weight times its band's, mean over the heads; sums to 1 an item."""
    dates = date_weights(parameters, x)[..., None]
    return (dates * weights(parameters, x)).mean(axis=2)
