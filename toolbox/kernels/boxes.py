"""Where coefficients and leaders exist: boxes of positions k, from the sizes alone."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np


class Box(NamedTuple):
    """The positions k of a scale that exist: from `first` up to, not including, `end`."""

    first: tuple[int, ...]
    end: tuple[int, ...]

    @property
    def size(self) -> tuple[int, ...]:
        """Number of positions along each axis."""
        return tuple(np.subtract(self.end, self.first).tolist())

    @property
    def inside(self) -> "Box":
        """The positions whose neighbours on both sides exist: where there are leaders."""
        return Box(tuple(np.add(self.first, 1).tolist()), tuple(np.subtract(self.end, 1).tolist()))


def parent_box(scale: Box, finer: Box) -> Box:
    """Return the positions k at which the scale and both children 2k, 2k + 1 exist."""
    first = np.maximum(scale.first, -(np.negative(finer.first) // 2))
    end = np.maximum(np.minimum(scale.end, np.array(finer.end) // 2), first)
    return Box(tuple(first.tolist()), tuple(end.tolist()))


def scale_boxes(space: tuple[int, ...], *, length: int) -> Iterator[tuple[Box, Box]]:
    """Yield, finest scale first, where details are, and where those of all finer scales are too.

    `length` is that of the filters. The details of a scale start at k = length / 2 - 1, and those
    of images end as much before the last window of the approximation (see `kernels.wavelet`).
    """
    lead, windows, pooled = length // 2 - 1, np.array(space), None
    first = (lead,) * len(space)
    while True:
        windows = (windows - length) // 2 + 1
        end = windows + lead if len(space) == 1 else windows
        own = Box(first, tuple(end.tolist()))
        if min(own.size) < 1:
            return
        pooled = own if pooled is None else parent_box(own, pooled)
        yield own, pooled
