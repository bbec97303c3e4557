"""Learned shapelets: short stretches of a season, and how nearly an item shows each of them.

After Grabocka, Schilling, Wistuba and Schmidt-Thieme (2014): the shapelets are learned together
with a linear classifier of the least distances. Here each has its time of the year too, since a
crop is told from another by when it greens, and cloudy dates take no part in a distance.
"""

from math import sqrt

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from toolbox.networks.series.packing import bands_of, clear_of

SHAPELETS = 32
LENGTH = 7  # dates
SHARPNESS = 10.0  # of the least distance, which is a mean weighted towards the least
REACH = 0.1  # of a year: how far from its time a shapelet is looked for, to begin with

Parameters = dict[str, Float[Array, "..."]]


def initialise(key: UInt32[Array, "2"], shape: tuple[int, int], classes: int) -> Parameters:
    """Draw shapelets of constant height for packed series of `shape` ``(T, B + 2)``."""
    length, bands = min(LENGTH, shape[0]), shape[1] - 2
    keys = [jax.random.fold_in(key, k) for k in range(3)]
    heights = jax.random.normal(keys[0], (SHAPELETS, 1, bands))
    return {
        "shapelets": jnp.repeat(heights, length, axis=1),
        "time": jax.random.uniform(keys[1], (SHAPELETS,)),
        "nearness": jnp.full(SHAPELETS, 1 / REACH),
        "weight": sqrt(1 / SHAPELETS) * jax.random.normal(keys[2], (SHAPELETS, classes)),
        "bias": jnp.zeros(classes),
    }


def windows(x: Float[Array, "n t ..."], length: int) -> Float[Array, "n places length ..."]:
    """Return all stretches of `length` dates."""
    places = x.shape[1] - length + 1
    return jnp.stack([x[:, k : k + places] for k in range(length)], axis=2)


def distances(
    parameters: Parameters, x: Float[Array, "n t channels"]
) -> tuple[Float[Array, "n places k"], ...]:
    """Return distances at all places, each one's weight in the least, and how far off in time.

    ``mean over the clear cells of (x - shapelet)^2, plus (nearness (time of the place - time))^2``;
    a place without a clear date has no weight.
    """
    shapelets = parameters["shapelets"]
    length, bands = shapelets.shape[1:]
    values, seen = windows(bands_of(x), length), windows(clear_of(x), length)
    squares = (values**2).sum(axis=(2, 3))[..., None] + seen @ (shapelets**2).sum(axis=2).T
    across = jnp.einsum("nplb,klb->npk", values, shapelets)
    cells = seen.sum(axis=2)[..., None] * bands
    middle = windows(x[..., -1], length).mean(axis=2)[..., None]
    late = (parameters["nearness"] * (middle - parameters["time"])) ** 2
    found = (squares - 2 * across) / jnp.maximum(cells, 1) + late
    weights = jax.nn.softmax(jnp.where(cells > 0, -SHARPNESS * found, -jnp.inf), axis=1)
    return found, weights, late


def head(parameters: Parameters, least: Float[Array, "n k"]) -> Float[Array, "n c"]:
    """Return the logits of the least distances."""
    return least @ parameters["weight"] + parameters["bias"]


def logits(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n c"]:
    """Return one value an item and class; their softmax is the probability."""
    found, weights, _ = distances(parameters, x)
    return head(parameters, (weights * found).sum(axis=1))


def matches(parameters: Parameters, x: Float[Array, "n t channels"]) -> Float[Array, "n k t bands"]:
    """Return what each clear cell adds to the least distance of each shapelet; sums are these.

    How far off in time a place is, is shared evenly among its clear cells.
    """
    shapelets = parameters["shapelets"]
    length, bands = shapelets.shape[1:]
    _, weights, late = distances(parameters, x)
    cells = jnp.maximum(windows(clear_of(x), length).sum(axis=2), 1)[..., None] * bands
    share = jnp.swapaxes(weights / cells, 1, 2)[..., None]  # (n, k, places, 1)
    late = jnp.swapaxes(late, 1, 2)[..., None]
    total = jnp.zeros((len(x), len(shapelets), x.shape[1], bands))
    for k in range(length):
        stretch = slice(k, k + share.shape[2])
        apart = (bands_of(x)[:, None, stretch] - shapelets[:, k, None]) ** 2
        total = total.at[:, :, stretch].add(share * (apart + late))
    return total * clear_of(x)[:, None, :, None]
