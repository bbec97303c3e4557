"""Where coefficients and leaders exist: boxes of positions k, from the sizes alone."""

from collections.abc import Iterator
from operator import sub
from typing import NamedTuple


class Box(NamedTuple):
    """The positions k of a scale that exist: from `first` up to, not including, `end`."""

    first: tuple[int, ...]
    end: tuple[int, ...]

    @property
    def size(self) -> tuple[int, ...]:
        """Number of positions along each axis."""
        return tuple(map(sub, self.end, self.first))

    @property
    def inside(self) -> "Box":
        """The positions whose neighbours on both sides exist: where there are leaders."""
        return Box(tuple(k + 1 for k in self.first), tuple(k - 1 for k in self.end))


def parent_box(scale: Box, finer: Box) -> Box:
    """Return the positions k at which the scale and both children 2k, 2k + 1 exist."""
    first, end = [], []
    for own, stop, fine, fine_stop in zip(*scale, *finer, strict=True):
        first.append(max(own, -(-fine // 2)))
        end.append(max(first[-1], min(stop, fine_stop // 2)))
    return Box(tuple(first), tuple(end))


def scale_boxes(space: tuple[int, ...], *, length: int) -> Iterator[tuple[Box, Box]]:
    """Yield, finest scale first, where details are, and where those of all finer scales are too.

    `length` is that of the filters. The details of a scale start at k = length / 2 - 1, and those
    of images end as much before the last window of the approximation (see `kernels.wavelet`).
    """
    lead, windows, pooled = length // 2 - 1, space, None
    first = (lead,) * len(space)
    while True:
        windows = tuple((n - length) // 2 + 1 for n in windows)
        end = (windows[0] + lead,) if len(space) == 1 else windows
        own = Box(first, end)
        if min(own.size) < 1:
            return
        pooled = own if pooled is None else parent_box(own, pooled)
        yield own, pooled
