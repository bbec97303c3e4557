"""Train a classifier from scratch as one pure function of its random streams.

The items are padded to a power of two, and their number and the number of steps are arguments of
the compiled program, so that training sets of different sizes share one compilation.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt32

from toolbox.core.device import compute
from toolbox.networks.registry import network_module

SMALLEST_PAD = 64
PREDICTED_TOGETHER = 128
DECAY_1, DECAY_2, TINY = 0.9, 0.999, 1e-8  # Adam's constants (Kingma and Ba, 2015)

Parameters = dict[str, Float[Array, "..."]]


def training_data(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    *,
    steps: int,
    learning_rate: float,
    **regularised: Any,
) -> dict[str, np.ndarray]:
    """Return what `classifier_member` trains on: items padded with zeros, and the traced numbers.

    The weights are divided by their mean: only their ratios matter. `regularised` may hold
    ``weight_decay`` and ``noise``, standard deviations that can be added to an item; without them
    the member neither decays its weights nor adds noise.
    """
    n = len(x)
    padded = max(SMALLEST_PAD, 1 << (n - 1).bit_length())

    def pad(values: np.ndarray, dtype: type) -> np.ndarray:
        result = np.zeros((padded, *values.shape[1:]), dtype)
        result[:n] = values
        return result

    return {
        "x": pad(x, np.float32),
        "y": pad(y, np.int32),
        "weights": pad(weights / weights.mean(), np.float32),
        "n": np.int32(n),
        "steps": np.int32(steps),
        "learning_rate": np.float32(learning_rate),
        **{name: np.asarray(value, np.float32) for name, value in regularised.items()},
    }


@lru_cache(maxsize=64)  # one compiled program for each setting, shared by all ensembles
def classifier_member(
    network: str, *, classes: int, batch: int, resample: bool = False, flips: bool = False
) -> Any:
    """Return the jitted member that trains `network` by Adam with a cosine schedule.

    Where the data say so, its weights decay (AdamW) and noise is added to the items of every step.
    Each step takes the next `batch` items of a random order of all of them; what is left of an
    order is dropped and the next order drawn. With `resample` each member is trained on its own
    bootstrap of the items; with `flips` each image is mirrored at random along each axis.
    The member returns its parameters, the mean loss over its training items and, with
    `resample`, which items were among them.
    """
    module = network_module(network)

    @jax.jit
    def member(streams: dict[str, jax.Array], data: dict[str, jax.Array]) -> dict[str, jax.Array]:
        n = data["n"]
        size = len(data["x"])
        drawn = jnp.arange(size)
        if resample:
            drawn = bootstrap(streams["resample"], data)
        real = jnp.arange(size) < n
        x, y, weights = (data[name][drawn] for name in ("x", "y", "weights"))
        start = module.initialise(streams["init"], x.shape[1:], classes)

        def step(number: jax.Array, state: tuple) -> tuple:
            parameters, moments, order, position = state
            order, position = jax.lax.cond(
                position + batch > n,
                lambda: (shuffle(jax.random.fold_in(streams["order"], number), real), 0),
                lambda: (order, position),
            )
            chosen = jax.lax.dynamic_slice(order, (position,), (batch,))
            items = x[chosen]
            if flips:
                items = mirror(jax.random.fold_in(streams["augment"], number), items)
            if "noise" in data:
                key = jax.random.fold_in(jax.random.fold_in(streams["order"], number), 1)
                items = with_noise(key, items, data["noise"])
            slope = jax.grad(partial(weighted_loss, module.logits))(
                parameters, items, y[chosen], weights[chosen]
            )
            rate = data["learning_rate"] * cosine(number, data["steps"])
            if "weight_decay" in data:
                parameters = decayed(parameters, rate * data["weight_decay"])
            parameters, moments = adam(parameters, moments, slope, rate, number)
            return parameters, moments, order, position + batch

        zeros = jax.tree.map(jnp.zeros_like, start)
        state = (start, (zeros, zeros), jnp.arange(size), n)  # position n: draws an order first
        parameters = jax.lax.fori_loop(0, data["steps"], step, state)[0]
        loss = weighted_loss(module.logits, parameters, x, y, jnp.where(real, weights, 0))
        result = parameters | {"loss": loss * size / n}
        if resample:
            result["in_sample"] = (
                jnp.zeros(size, bool).at[jnp.where(real, drawn, size)].set(True, mode="drop")
            )
        return result

    return member


def unit_table(units: np.ndarray) -> dict[str, np.ndarray]:
    """Return what `classifier_member` needs to resample units instead of items.

    The items in the order of their units, where each unit begins among them, and its size; both
    padded with units of no items, so that few shapes are compiled.
    """
    names, place = np.unique(units, return_inverse=True)
    sizes = np.bincount(place)
    padded = max(SMALLEST_PAD, 1 << (len(names) - 1).bit_length())
    missing = (0, padded - len(names))
    return {
        "by_unit": np.argsort(place, kind="stable").astype(np.int32),
        "first": np.pad(np.cumsum(sizes) - sizes, missing).astype(np.int32),
        "sizes": np.pad(sizes, missing).astype(np.int32),
        "units": np.int32(len(names)),
    }


def bootstrap(key: UInt32[Array, "2"], data: dict[str, jax.Array]) -> Int[Array, " items"]:
    """Draw as many items as there are with replacement: single ones, or whole units in turn.

    The last unit drawn is cut where the number of items is reached.
    """
    size = len(data["x"])
    if "by_unit" not in data:
        return jax.random.randint(key, (size,), 0, data["n"])
    drawn = jax.random.randint(key, (size,), 0, data["units"])
    sizes = data["sizes"][drawn]
    ends = jnp.cumsum(sizes)
    slots = jnp.arange(size)
    which = jnp.searchsorted(ends, slots, side="right")
    within = slots - (ends - sizes)[which]
    return data["by_unit"][data["first"][drawn[which]] + within]


def classifier_logits(network: str, *, device: str = "auto") -> Callable[[dict, np.ndarray], Any]:
    """Return ``logits(outputs, x)`` of one member of `classifier_member`, from and to NumPy.

    Items go through in blocks of one size, so that any number of them shares one compilation.
    """
    forward = _forward(network)

    def logits(outputs: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
        parameters = {name: value for name, value in outputs.items() if name != "loss"}
        missing = -len(x) % PREDICTED_TOGETHER
        padded = np.concatenate([x, np.zeros((missing, *x.shape[1:]), x.dtype)])
        blocks = [
            compute(partial(forward, parameters), block, device=device)
            for block in np.split(padded, len(padded) // PREDICTED_TOGETHER)
        ]
        return np.concatenate(blocks)[: len(x)]

    return logits


@lru_cache
def _forward(network: str) -> Any:
    return jax.jit(network_module(network).logits)


def weighted_loss(
    logits: Any,
    parameters: Parameters,
    x: Float[Array, "items ..."],
    y: Int[Array, " items"],
    weights: Float[Array, " items"],
) -> Float[Array, ""]:
    """Return the mean over the items of weight times cross-entropy.

    It is not divided by the batch's own weights: its expectation over batches is then the loss
    over all items, and a weight of two counts as the item taken twice.
    """
    logarithms = jax.nn.log_softmax(logits(parameters, x))
    return -(weights * jnp.take_along_axis(logarithms, y[:, None], axis=1)[:, 0]).mean()


def shuffle(key: UInt32[Array, "2"], real: Bool[Array, " items"]) -> Int[Array, " items"]:
    """Return the indices of the real items in a random order, then the others."""
    return jnp.argsort(jnp.where(real, jax.random.uniform(key, real.shape), 2.0))


def mirror(
    key: UInt32[Array, "2"], x: Float[Array, "items components *space"]
) -> Float[Array, "items components *space"]:
    """Mirror each item along each spatial axis with probability one half."""
    dim = x.ndim - 2
    coins = jax.random.bernoulli(key, shape=(dim, len(x)))
    for axis, size in enumerate(x.shape[2:]):
        places = jnp.arange(size)
        taken = jnp.where(coins[axis][:, None], places[::-1], places)
        along = [len(x), *[1] * (x.ndim - 1)]
        along[axis + 2] = size
        x = jnp.take_along_axis(x, taken.reshape(along), axis=axis + 2)
    return x


def with_noise(
    key: UInt32[Array, "2"], x: Float[Array, "items ..."], sd: Float[Array, "..."]
) -> Float[Array, "items ..."]:
    """Add Gaussian noise to each value that is not 0: in a series a 0 is what a cloud hides."""
    return jnp.where(x == 0, x, x + sd * jax.random.normal(key, x.shape))


def decayed(parameters: Parameters, share: Float[Array, ""]) -> Parameters:
    """Take a share off all parameters, whatever the slope (Loshchilov and Hutter, 2019)."""
    return jax.tree.map(lambda p: (1 - share) * p, parameters)


def cosine(step: Int[Array, ""], steps: Int[Array, ""]) -> Float[Array, ""]:
    """Return the factor of the learning rate: from 1 down to 0 (Loshchilov and Hutter, 2017)."""
    return 0.5 * (1 + jnp.cos(jnp.pi * step / steps))


def adam(
    parameters: Parameters,
    moments: tuple[Parameters, Parameters],
    slope: Parameters,
    rate: Float[Array, ""],
    step: Int[Array, ""],
) -> tuple[Parameters, tuple[Parameters, Parameters]]:
    """Make one step of Adam (Kingma and Ba, 2015); `step` counts from 0."""
    first, second = moments
    first = jax.tree.map(lambda m, g: DECAY_1 * m + (1 - DECAY_1) * g, first, slope)
    second = jax.tree.map(lambda v, g: DECAY_2 * v + (1 - DECAY_2) * g**2, second, slope)
    bias_1, bias_2 = 1 - DECAY_1 ** (step + 1), 1 - DECAY_2 ** (step + 1)
    parameters = jax.tree.map(
        lambda p, m, v: p - rate * (m / bias_1) / (jnp.sqrt(v / bias_2) + TINY),
        parameters,
        first,
        second,
    )
    return parameters, (first, second)
