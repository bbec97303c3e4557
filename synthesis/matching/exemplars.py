"""What every synthesiser does first: check its exemplars and deal a parent to every child."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from toolbox.core import checks
from toolbox.core.streams import generator
from toolbox.core.units import content_labels


class Task(NamedTuple):
    """A checked request: what to imitate, how often, in which size."""

    exemplars: np.ndarray  # (m, K, *space)
    parents: np.ndarray  # (n,)
    size: tuple[int, ...]
    seed: int
    has_components: bool
    units: np.ndarray  # (m,) what each exemplar was drawn from

    @property
    def dim(self) -> int:
        """Number of spatial axes."""
        return len(self.size)

    @property
    def space(self) -> tuple[int, ...]:
        """Shape of one component of an exemplar."""
        return self.exemplars.shape[2:]

    def present(self, children: np.ndarray) -> np.ndarray:
        """Return children ``(n, K, *size)`` with the axes and precision of the exemplars."""
        children = children.astype(self.exemplars.dtype, copy=False)
        return children if self.has_components else children[:, 0]


def read_task(exemplars: Any, *, dim: Any, n: Any, size: Any, seed: Any, smallest: int) -> Task:
    """Check the arguments that all synthesisers share; refuse space below `smallest`."""
    dim = checks.dimension(dim)
    array = checks.not_constant(checks.items(exemplars, "exemplars", dim=dim), "exemplars")
    if min(array.shape[2:]) < smallest:
        wanted = f"at least {smallest} values along every spatial axis"
        checks.refuse("exemplars", wanted, f"space {array.shape[2:]}")
    n = checks.count(n, "n")
    seed = checks.seed(seed)
    return Task(
        exemplars=array,
        parents=deal(len(array), n, seed=seed),
        size=read_size(size, array.shape[2:], smallest=smallest),
        seed=seed,
        has_components=np.ndim(exemplars) == dim + 2,
        units=_units(exemplars, array),
    )


def _units(given: Any, exemplars: np.ndarray) -> np.ndarray:
    """Return the units that the exemplars came with, else a label of each one's values."""
    known = checks.known_units(given)
    return content_labels(exemplars) if known is None else known


def read_size(size: Any, space: tuple[int, ...], *, smallest: int) -> tuple[int, ...]:
    """Return the children's size: the exemplars' own for None, a number means every axis."""
    if size is None:
        return space
    if isinstance(size, str | bytes):
        checks.refuse("size", "whole numbers", repr(size))
    entries: Sequence = [size] * len(space) if np.ndim(size) == 0 else list(np.ravel(size))
    if len(entries) != len(space):
        checks.refuse("size", f"one number, or one for each of {len(space)} axes", repr(size))
    return tuple(checks.count(entry, "size", minimum=smallest) for entry in entries)


def deal(m: int, n: int, *, seed: int) -> np.ndarray:
    """Deal `m` exemplars to `n` children round-robin over a seeded permutation."""
    order = generator(seed, "synthesis", "parents").permutation(m)
    return order[np.arange(n) % m]


def noise(task: Task, child: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return a child's own white Gaussian noise, the same however many children there are."""
    return generator(task.seed, "synthesis", "child", child).standard_normal(shape)
