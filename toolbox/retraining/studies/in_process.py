"""Run members in this process: in a loop, several at a time, or all in one program."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from toolbox.core.item_blocks import on_all_cores
from toolbox.retraining.studies.study import Study, checked, is_jitted

TOGETHER = 64  # members of one vmapped program; what is missing is filled up, to compile once

Arrays = dict[str, np.ndarray]
Streams = dict[str, np.ndarray]


def training(study: Study) -> Callable[[int], Arrays]:
    """Return the function that computes a member by its number."""
    if is_jitted(study.member):
        train = trainer(study.member, study.data, study.device)
        return lambda number: checked(train(study.streams[number]), number)

    def call(number: int) -> Arrays:
        extras = study.extras(number)
        return checked(study.member(study.streams[number], study.data, **extras), number)

    return call


def in_process(
    study: Study, engine: str, numbers: list[int], skip: Callable[[int], bool]
) -> Iterator[tuple[int, Arrays | None]]:
    """Yield each number with its result, or with None when it was to be skipped by then."""
    if engine == "vmap":
        streams = [study.streams[number] for number in numbers]
        results = in_one_program(study.member, study.data, streams, study.device)
        for number, result in zip(numbers, results, strict=True):
            yield number, checked(result, number)
        return
    train = training(study)

    def unless_skipped(number: int) -> Arrays | None:
        return None if skip(number) else train(number)

    if engine == "map":
        from toolbox.core.device import cores_for, jax_device

        most = cores_for(jax_device(study.device))
        results = on_all_cores(unless_skipped, numbers, most=most, first_alone=True)
    else:
        results = map(unless_skipped, numbers)
    yield from zip(numbers, results, strict=True)


def trainer(member: Any, data: Any, device: str) -> Callable[[Streams], dict[str, np.ndarray]]:
    """Return ``train(streams)``: the member on placed data, from and to NumPy.

    It runs in float64 if one of the data is float64, otherwise in float32.
    """
    import jax

    from toolbox.core.device import jax_device

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


def in_one_program(
    member: Any, data: Any, streams: list[Streams], device: str
) -> Iterator[dict[str, np.ndarray]]:
    """Yield each member's result in order, computed `TOGETHER` at a time by one program."""
    import jax

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
    import jax

    return jax.jit(jax.vmap(member, in_axes=(0, None)))
