"""What a valid argument is, and of what kind.

Kinds: array (real numbers), labels, count (a whole number >= 1), whole (>= 0), number, choice,
seed, path, given (anything else: callables, tuples, records; left as it is), made (the same, of
what takes time: made when first asked for, not where tests are collected).
"""

from collections.abc import Callable, Iterator

import numpy as np

from toolbox.core.streams import generator


class Argument:
    """A valid value and its kind, which are also what it is unpacked to."""

    def __init__(
        self, kind: str, value: object = None, *, make: Callable[[], object] | None = None
    ) -> None:
        self.kind = kind
        self._make = make or (lambda: value)

    @property
    def value(self) -> object:
        return self._make()

    def __iter__(self) -> Iterator[object]:
        return iter((self.kind, self.value))


def noise(*shape, scale=1.0, name=""):
    return scale * generator(5, "calls", name, *shape).standard_normal(shape)


def array(value):
    return Argument("array", value)


def labels(value):
    return Argument("labels", np.asarray(value))


def count(value):
    return Argument("count", value)


def whole(value):
    return Argument("whole", value)


def number(value):
    return Argument("number", value)


def choice(value):
    return Argument("choice", value)


def given(value):
    return Argument("given", value)


def made(make):
    """Return what a function makes, and keeps for the next who asks."""
    return Argument("made", make=make)


DIM1, DIM2, SEED = Argument("count", 1), Argument("count", 2), Argument("seed", 3)
TWELVE = np.repeat([0, 1, 2], 4)


def probabilities(*shape):
    p = np.exp(noise(*shape, name="p"))
    return p / p.sum(axis=-1, keepdims=True)
