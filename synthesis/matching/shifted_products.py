r"""Inner products of channels at periodic shifts, and their gradient, without copies of the shifts.

Written out, :math:`P_\tau[c, c'] = \sum_t a_c(t)\, b_{c'}(t - \tau)` needs a copy of b for every
shift, and its gradient as many again: most of the time of a synthesis went there. Here b is
continued once by its period; flattened, the continued array holds every shift as a view that
begins elsewhere, and each product is one matrix product with such a view.
"""

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import torch
from torch.nn import functional

Shifts = tuple[tuple[int, ...], ...]


def shifted_products(a: torch.Tensor, b: torch.Tensor, shifts: Shifts) -> torch.Tensor:
    """Return the products (B, C, C' x shifts) of a (B, C, *space) with the shifts of b."""
    return _ShiftedProducts.apply(a, b, shifts)


class _ShiftedProducts(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor, shifts: Shifts) -> torch.Tensor:
        grid = _Grid.of(tuple(a.shape[2:]), shifts)
        rows, continued = grid.with_gaps(a), grid.continued(b)
        ctx.save_for_backward(a, continued)
        ctx.shifts = shifts
        found = [rows @ grid.view(continued, grid.offset(s)).transpose(1, 2) for s in shifts]
        return torch.cat(found, dim=2)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        a, continued = ctx.saved_tensors
        grid = _Grid.of(tuple(a.shape[2:]), ctx.shifts)
        slopes = slope.split(continued.shape[1], dim=2)
        offsets = [grid.offset(shift) for shift in ctx.shifts]
        towards_a = grid.summed(slopes, continued, offsets)
        turned = [s.transpose(1, 2) for s in slopes]
        towards_b = grid.summed(turned, grid.continued(a), [-offset for offset in offsets])
        return towards_a, towards_b, None


class _Grid(NamedTuple):
    """A periodic grid that is continued by `reach` on every side, and its flat form."""

    space: tuple[int, ...]
    reach: int
    strides: tuple[int, ...]
    length: int  # from the first to the last position, the gaps between rows among them

    @classmethod
    @lru_cache(maxsize=64)  # asked for thousands of times by one synthesis, of few grids
    def of(cls, space: tuple[int, ...], shifts: Shifts) -> "_Grid":
        reach = max(abs(step) for shift in shifts for step in shift)
        wide = [length + 2 * reach for length in space]
        strides = tuple(prod(wide[axis + 1 :]) for axis in range(len(wide)))
        length = sum((size - 1) * stride for size, stride in zip(space, strides, strict=True)) + 1
        return cls(space, reach, strides, length)

    def offset(self, shift: tuple[int, ...]) -> int:
        return sum(step * stride for step, stride in zip(shift, self.strides, strict=True))

    def continued(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, positions of the wider grid)."""
        return functional.pad(x, [self.reach] * (2 * len(self.space)), mode="circular").flatten(2)

    def with_gaps(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, length): zeros in the gaps, where a view of the wider grid holds others."""
        after = [2 * self.reach if axis else 0 for axis in reversed(range(len(self.space)))]
        gaps = [side for own in after for side in (0, own)]
        return functional.pad(x, gaps).flatten(2)[:, :, : self.length]

    def without_gaps(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, *space) of (B, C, length)."""
        strides = (*x.stride()[:2], *self.strides)
        return x.as_strided((*x.shape[:2], *self.space), strides)

    def view(self, continued: torch.Tensor, offset: int) -> torch.Tensor:
        """Return (B, C, length): the continued array at every position less a shift."""
        start = self.reach * sum(self.strides) - offset
        return continued[:, :, start : start + self.length]

    def summed(
        self, slopes: list[torch.Tensor], continued: torch.Tensor, offsets: list[int]
    ) -> torch.Tensor:
        """Return the sum of slope times view over the shifts, (B, C, *space)."""
        views = [self.view(continued, offset) for offset in offsets]
        total = slopes[0] @ views[0]
        for slope, view in zip(slopes[1:], views[1:], strict=True):
            total.baddbmm_(slope, view)
        return self.without_gaps(total)
