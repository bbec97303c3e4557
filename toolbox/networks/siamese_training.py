"""Train the Siamese encoder from scratch on pairs of random views, in JAX."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from toolbox.core.device import jax_device
from toolbox.networks import siamese_encoder
from toolbox.networks.classifier_training import adam, cosine
from toolbox.networks.pair_losses import LOSSES

BATCH = 32  # pairs a step
CHUNK = 50  # steps between two reports
RATE = 3e-3
ENCODED_TOGETHER = 256


def train(
    channels: np.ndarray,
    relation: np.ndarray,
    strength: np.ndarray | None,
    keys: dict[str, np.ndarray],
    *,
    view: tuple[int, ...],
    loss: str,
    steps: int,
    width: int,
    device: str,
    report: Callable[[int], Any],
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the weights and the loss of each step.

    `channels` (n, C, *space) float32; `relation` (n, n) int8 says which items are the same (1),
    different (0), unknown (-1), and `strength` (n, n) how much that counts (None = all alike);
    `keys` are the streams "init" and "views".
    """
    dim = channels.ndim - 2
    with jax.enable_x64(new_val=False), jax.default_device(jax_device(device)):
        x, relation = jnp.asarray(channels), jnp.asarray(relation)
        known = (relation, None if strength is None else jnp.asarray(strength))
        parameters = siamese_encoder.initialise(
            jnp.asarray(keys["init"]),
            x.shape[1],
            dim=dim,
            width=width,
            layers=siamese_encoder.affordable_layers(view),
        )
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        state, losses = (parameters, (zeros, zeros)), []
        program = _program(view, loss)
        for first in range(0, steps, CHUNK):
            count = min(CHUNK, steps - first)
            numbers = (jnp.asarray(first), jnp.asarray(count), jnp.asarray(steps))
            state, found = program(state, numbers, x, known, jnp.asarray(keys["views"]))
            losses.append(np.asarray(found)[:count])
            report(count)
        return jax.tree.map(np.asarray, state[0]), np.concatenate(losses)


def encode(weights: dict[str, np.ndarray], channels: np.ndarray, *, device: str) -> np.ndarray:
    """Return the unit vectors (n, d) of (n, C, *space), block by block."""
    return _in_blocks(_encode, weights, channels, device)


def hidden(weights: dict[str, np.ndarray], channels: np.ndarray, *, device: str) -> np.ndarray:
    """Return the hidden layer (n, p) of (n, C, *space), block by block."""
    return _in_blocks(_hidden, weights, channels, device)


def _in_blocks(
    program: Any, weights: dict[str, np.ndarray], channels: np.ndarray, device: str
) -> np.ndarray:
    with jax.enable_x64(new_val=False), jax.default_device(jax_device(device)):
        parameters = {name: jnp.asarray(value) for name, value in weights.items()}
        size = min(ENCODED_TOGETHER, 1 << (len(channels) - 1).bit_length())
        missing = -len(channels) % size
        filled = np.concatenate([channels, np.repeat(channels[-1:], missing, axis=0)])
        blocks = [
            np.asarray(program(parameters, jnp.asarray(filled[i : i + size])))
            for i in range(0, len(filled), size)
        ]
        return np.concatenate(blocks)[: len(channels)]


_encode = jax.jit(siamese_encoder.encode)
_hidden = jax.jit(siamese_encoder.hidden)


@lru_cache(maxsize=16)
def _program(view: tuple[int, ...], loss: str) -> Any:
    return jax.jit(partial(_chunk, view=view, loss=loss))


def _chunk(
    state: tuple,
    numbers: tuple[Int[Array, ""], Int[Array, ""], Int[Array, ""]],
    x: Float[Array, "n channels *space"],
    known: tuple[Int[Array, "n n"], Float[Array, "n n"] | None],
    key: UInt32[Array, "2"],
    *,
    view: tuple[int, ...],
    loss: str,
) -> tuple[tuple, Float[Array, " chunk"]]:
    """Make some steps of Adam: from which one on, how many (at most `CHUNK`), of how many in all.

    How many is no constant of the program: one is compiled for all.
    """
    (first, count, steps), (relation, strength) = numbers, known

    def batch_loss(parameters: dict, views: Array, related: Array, counts: Any) -> Array:
        return LOSSES[loss](siamese_encoder.encode(parameters, views), related, counts)

    def step(k: Array, carried: tuple) -> tuple[tuple, Array]:
        (state, losses), number = carried, first + k
        draw, crop = jax.random.split(jax.random.fold_in(key, number))
        items = draw_pairs(draw, relation)
        views = random_views(crop, x[items], view)
        related = jnp.where(items[:, None] == items, 1, relation[items][:, items])
        counts = None if strength is None else strength[items][:, items]
        value, slope = jax.value_and_grad(batch_loss)(state[0], views, related, counts)
        state = adam(*state, slope, RATE * cosine(number, steps), number)
        return state, losses.at[k].set(value)

    return jax.lax.fori_loop(0, count, step, (state, jnp.zeros(CHUNK)))


def draw_pairs(key: UInt32[Array, "2"], relation: Int[Array, "n n"]) -> Int[Array, " items"]:
    """Return 2 x BATCH items: anchors, each of a random item's kind, and their partners.

    A partner is another item that is the same, the anchor itself where there is none; where
    different pairs are rare among the known ones, every second partner is a different item.
    """
    anchors_key, partners_key = jax.random.split(key)
    n = len(relation)
    itself = jnp.eye(n, dtype=bool)
    same, different = (relation == 1) & ~itself, relation == 0
    judged = (relation == -1).any()
    known = (same | different).any(axis=1)
    size = jnp.maximum((relation == 1).sum(axis=1), 1)
    weight = jnp.where(judged, known * 1.0, 1 / size)  # by label: every label equally often
    anchors = jax.random.categorical(anchors_key, jnp.log(weight), shape=(BATCH,))
    wants_different = judged & (jnp.arange(BATCH) % 2 == 1)
    allowed = jnp.where(wants_different[:, None], different[anchors], same[anchors])
    score = jax.random.uniform(partners_key, (BATCH, n)) + 1
    partners = jnp.where(
        allowed.any(axis=1), jnp.argmax(jnp.where(allowed, score, 0), axis=1), anchors
    )
    return jnp.concatenate([anchors, partners])


def random_views(
    key: UInt32[Array, "2"], x: Float[Array, "m channels *space"], view: tuple[int, ...]
) -> Float[Array, "m channels *view"]:
    """Cut one window of size `view` out of each item at a random place."""
    places = jnp.array([n - v + 1 for n, v in zip(x.shape[2:], view, strict=True)])
    corners = jax.random.randint(key, (len(x), len(view)), 0, places)

    def cut(item: Array, corner: Array) -> Array:
        return jax.lax.dynamic_slice(item, (0, *corner), (item.shape[0], *view))

    return jax.vmap(cut)(x, corners)
