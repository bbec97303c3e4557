"""Attributions of all members of an ensemble in one program: gradients, masked cells, maps.

The members run one after the other inside the program (`lax.map`), which on a CPU keeps each one's
arrays in the caches; their parameters are stacked along the first axis. What is attributed is the
log-odds of a class against another, or against all others.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from toolbox.core.device import compute
from toolbox.networks.registry import network_module
from toolbox.networks.series.packing import pack

ITEMS_TOGETHER = 32  # items of one call: few shapes are compiled, and each fits a core's cache
MASKS_TOGETHER = 8
ALL_OTHERS = -1

Parameters = dict[str, Float[Array, "..."]]


class Items(NamedTuple):
    """The items of a block, and the log-odds of which class against which."""

    x: Float[Array, "n t b"]
    clear: Float[Array, "n t"]
    of: Int[Array, " n"]
    against: Int[Array, " n"]
    baseline: Float[Array, "n t b"]


def over_members(one: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``one(parameters of a member, items, *rest)`` of all members, (R, ...), compiled."""

    @jax.jit
    def program(parameters: Any, items: Any, rest: Any) -> Any:
        return jax.lax.map(lambda own: one(own, items, *rest), parameters)

    return program


def log_odds(logits: Float[Array, "n c"], of: Int[Array, " n"], against: Int[Array, " n"]) -> Any:
    """Return the log-odds (n,) of class `of` against class `against`, or against all others."""
    own = jnp.take_along_axis(logits, of[:, None], axis=1)[:, 0]
    single = jnp.take_along_axis(logits, jnp.maximum(against, 0)[:, None], axis=1)[:, 0]
    classes = jnp.arange(logits.shape[1])
    others = jax.nn.logsumexp(jnp.where(classes == of[:, None], -jnp.inf, logits), axis=1)
    return own - jnp.where(against == ALL_OTHERS, others, single)


def _member_values(
    network: str, own: Parameters, items: Items, years: Float[Array, " t"]
) -> Float[Array, " n"]:
    logits = network_module(network).logits(own, pack(items.x, items.clear, years))
    return log_odds(logits, items.of, items.against)


@lru_cache
def path_gradients(network: str) -> Callable[..., Any]:
    """Return the compiled mean gradient (R, n, T, B) over the way from a baseline to the items.

    ``mean over the fractions f of d value / d x at baseline + f (x - baseline)``.
    """

    def one(own: Parameters, items: Items, years: Any, fractions: Any) -> Float[Array, "n t b"]:
        def total(values: Float[Array, "n t b"]) -> Float[Array, ""]:
            return _member_values(network, own, items._replace(x=values), years).sum()

        def step(f: Float[Array, ""]) -> Float[Array, "n t b"]:
            return jax.grad(total)(items.baseline + f * (items.x - items.baseline))

        return jax.lax.map(step, fractions).mean(axis=0)

    return over_members(one)


@lru_cache
def path_secants(network: str) -> Callable[..., Any]:
    """Return the compiled mean slope (R, n, T, B) over the way, of networks of affine layers.

    Between two points of the way a ReLU counts with its slope between them, not at one of them:
    what the cells add then sums to the difference of the log-odds of two classes whatever the
    number of points, and a unit that switches on the way does so where it does.
    """
    layers = network_module(network).layers

    def one(own: Parameters, items: Items, years: Any, ends: Any) -> Float[Array, "n t b"]:
        first, *others = layers(own)

        def stem(values: Float[Array, "n t b"]) -> Any:
            return first(pack(values, items.clear, years))

        (begin, _), (end, to_cells) = jax.vjp(stem, items.baseline), jax.vjp(stem, items.x)

        def passed(f: Float[Array, ""]) -> list[Any]:
            found = [begin + f * (end - begin)]  # the first layer is affine: so is the way
            for layer in others:
                found.append(layer(jax.nn.relu(found[-1])))
            return found

        def part(state: Any, f: Float[Array, ""]) -> Any:
            low, mean = state
            high = passed(f)
            middle = (low[-1] + high[-1]) / 2
            slope = jax.grad(lambda z: log_odds(z, items.of, items.against).sum())(middle)
            for layer, a, b in zip(others[::-1], low[-2::-1], high[-2::-1], strict=True):
                slope = jax.vjp(layer, a)[1](slope)[0] * relu_secant(a, b)
            return (high, mean + slope / (len(ends) - 1)), None

        start = (passed(ends[0]), jnp.zeros_like(end))
        return to_cells(jax.lax.scan(part, start, ends[1:])[0][1])[0]

    return over_members(one)


def relu_secant(a: Float[Array, "..."], b: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return ``(relu(b) - relu(a)) / (b - a)``, written without the differences that cancel."""
    both = jnp.abs(a) + jnp.abs(b)
    return (jax.nn.relu(a) + jax.nn.relu(b)) / jnp.where(both > 0, both, 1)


@lru_cache
def member_logits(network: str) -> Callable[..., Any]:
    """Return the compiled logits (R, n, C)."""
    return _of_packed(network_module(network).logits)


def _of_packed(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return what each member's network reads from the packed items, compiled."""

    def one(own: Parameters, items: Items, years: Any) -> Float[Array, "n ..."]:
        return read(own, pack(items.x, items.clear, years))

    return over_members(one)


@lru_cache
def masked_values(network: str) -> Callable[..., Any]:
    """Return the compiled values (R, n, M) with cells (M, T, B) replaced by the baseline."""

    def one(own: Parameters, items: Items, years: Any, kept: Any) -> Float[Array, "n m"]:
        def value(mask: Bool[Array, "t b"]) -> Float[Array, " n"]:
            values = jnp.where(mask, items.x, items.baseline)
            return _member_values(network, own, items._replace(x=values), years)

        return jax.lax.map(value, kept, batch_size=MASKS_TOGETHER).T

    return over_members(one)


@lru_cache
def class_maps(network: str) -> Callable[..., Any]:
    """Return the compiled map (R, n, T) of which Grad-CAM keeps what speaks for a class.

    The sum over channels of the mean gradient over dates times the channel (Selvaraju et al.,
    2017), along one axis, before its rectification.
    """
    module = network_module(network)

    def one(own: Parameters, items: Items, years: Any) -> Float[Array, "n t"]:
        def total(found: Float[Array, "n t channels"]) -> Float[Array, ""]:
            return log_odds(module.head(own, found), items.of, items.against).sum()

        found = module.features(own, pack(items.x, items.clear, years))
        slope = jax.grad(total)(found)
        return (found * slope.mean(axis=1, keepdims=True)).sum(axis=-1)

    return over_members(one)


@lru_cache
def attention_weights(network: str) -> Callable[..., Any]:
    """Return the network's own attention (R, n, T, B), compiled."""
    return _of_packed(network_module(network).attention)


@lru_cache
def matched_cells(network: str) -> Callable[..., Any]:
    """Return what the cells add through the shapelets they match (R, n, T, B), compiled.

    A least distance is a sum over cells: its change from the baseline is that of its cells, times
    the slope of the log-odds, which is the same everywhere where two classes are asked about.
    """
    module = network_module(network)

    def one(own: Parameters, items: Items, years: Any) -> Float[Array, "n t b"]:
        def total(least: Float[Array, "n k"]) -> Float[Array, ""]:
            return log_odds(module.head(own, least), items.of, items.against).sum()

        ends = (items.baseline, items.x)
        far, near = (module.matches(own, pack(values, items.clear, years)) for values in ends)
        slope = jax.grad(total)((far + near).sum(axis=(2, 3)) / 2)
        return jnp.einsum("nk,nktb->ntb", slope, near - far)

    return over_members(one)


def offers(network: str, part: str) -> bool:
    """Say whether a network has such a part: "features", "layers", "matches" or "attention"."""
    return hasattr(network_module(network), part)


def over_items(
    program: Callable[..., Any],
    parameters: dict[str, np.ndarray],
    items: tuple[np.ndarray, ...],
    rest: tuple[np.ndarray, ...],
    *,
    device: str,
) -> np.ndarray:
    """Run a program over blocks of items of one size, and return (R, n, ...).

    `items` are the fields of `Items`, each with an axis of items.
    """
    n = len(items[0])
    size = min(ITEMS_TOGETHER, 1 << (n - 1).bit_length())
    found = []

    def run(*block: Any) -> Any:
        return program(parameters, Items(*block), rest)

    for start in range(0, n, size):
        block = [a[start : start + size] for a in items]
        block = [np.concatenate([a, np.repeat(a[-1:], size - len(a), axis=0)]) for a in block]
        found.append(compute(run, *block, device=device))
    return np.concatenate(found, axis=1)[:, :n]
