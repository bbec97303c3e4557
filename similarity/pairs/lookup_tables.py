"""Functions of one number, read from values at equal steps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class UniformTable:
    """Values at `start`, `start` + `step`, ...; linear in between, constant outside."""

    start: float
    step: float
    values: np.ndarray
    slopes: np.ndarray

    @property
    def stop(self) -> float:
        """Where the last value is."""
        return self.start + self.step * (len(self.values) - 1)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the function at x, in the precision of the table."""
        at = (x - self.start) * (1 / self.step)
        np.clip(at, 0, len(self.values) - 1, out=at)
        whole = at.astype(np.int32)
        at -= whole
        at *= self.slopes.take(whole)
        at += self.values.take(whole)
        return at


def uniform_table(
    start: float, stop: float, values: np.ndarray, *, dtype: np.dtype = np.float64
) -> UniformTable:
    """Return the table of values at equal steps from `start` to `stop`."""
    slopes = np.append(np.diff(values), 0.0)  # a step
    number = np.dtype(dtype).type
    return UniformTable(
        start=number(start),
        step=number((stop - start) / (len(values) - 1)),
        values=values.astype(dtype),
        slopes=slopes.astype(dtype),
    )


def tabulated(
    function: Callable[[np.ndarray], np.ndarray],
    start: float,
    stop: float,
    *,
    nodes: int,
    dtype: np.dtype,
) -> UniformTable:
    """Return the table of a function at equal steps from `start` to `stop`."""
    return uniform_table(start, stop, function(np.linspace(start, stop, nodes)), dtype=dtype)
