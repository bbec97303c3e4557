"""Members that JAX compiles: one after the other, several at a time, or all in one program."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from toolbox.core.device import cores_for, jax_device
from toolbox.core.item_blocks import on_all_cores

TOGETHER = 64  # members of one vmapped program; what is missing is filled up, to compile once


Streams = dict[str, np.ndarray]


def trainer(member: Any, data: Any, device: str) -> Callable[[Streams], dict[str, np.ndarray]]:
    """Return ``train(streams)``: the member on placed data, from and to NumPy.

    It runs in float64 if one of the data is float64, otherwise in float32.
    """
    target = jax_device(device)
    double = any(np.asarray(leaf).dtype == np.float64 for leaf in jax.tree.leaves(data))
    with jax.enable_x64(double):
        placed = jax.device_put(jax.tree.map(np.asarray, data), target)

    def train(streams: Streams) -> dict[str, np.ndarray]:
        # JAX's settings belong to a thread, hence are made inside it.
        with jax.enable_x64(double), jax.default_device(target):
            result = member(jax.tree.map(jax.numpy.asarray, streams), placed)
            return jax.tree.map(np.asarray, result)

    return train


def at_once(train: Callable[[Any], Any], tasks: list[Any], device: str) -> Iterator[Any]:
    """Yield ``train(task)`` in order, on the CPU several at a time."""
    return on_all_cores(train, tasks, most=cores_for(jax_device(device)), first_alone=True)


def in_one_program(
    member: Any, data: Any, streams: list[Streams], device: str
) -> Iterator[dict[str, np.ndarray]]:
    """Yield each member's result in order, computed `TOGETHER` at a time by one program."""
    size = min(TOGETHER, len(streams))
    train = trainer(_vmapped(member), data, device)
    for start in range(0, len(streams), size):
        part = streams[start : start + size]
        filled = part + [part[-1]] * (size - len(part))
        stacked = train({name: np.stack([own[name] for own in filled]) for name in part[0]})
        for row in range(len(part)):
            yield jax.tree.map(lambda values, row=row: values[row], stacked)


@lru_cache(maxsize=4)
def _vmapped(member: Any) -> Any:
    return jax.jit(jax.vmap(member, in_axes=(0, None)))
