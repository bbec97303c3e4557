r"""Mean products of channels at periodic shifts, and their gradient, without copies of the shifts.

Written out, :math:`\langle u_c(t)\, u_{c'}(t - \tau) \rangle_t` needs a copy of u for every shift,
and its gradient as many again: most of the time of a synthesis went there. Here u is continued once
by its period; flattened, the continued array holds every shift as a view that begins elsewhere.
Each product is one matrix product with such a view, and so is each term of the gradient.
"""

from functools import lru_cache
from math import prod
from operator import mul
from typing import Any, NamedTuple

import torch
from torch.nn import functional

Shifts = tuple[tuple[int, ...], ...]


def shifted_products(
    u: torch.Tensor, shifts: Shifts, *, partner: torch.Tensor | None = None
) -> torch.Tensor:
    """Return means over positions, (B, C, C x shifts + C' + 1), that have a gradient.

    Of the products of u (B, C, *space) with itself at every shift and with its partner
    (B, C', *space) in place, and of u.
    """
    return _ShiftedProducts.apply(u, partner, shifts)


def weighted_products(
    u: torch.Tensor, shifts: Shifts, weights: torch.Tensor, *, partner: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the same with weights (*space) that sum to one."""
    grid = _Grid.of(tuple(u.shape[2:]), shifts)
    return grid.products(grid.with_gaps(u * weights), grid.continued(u), shifts, partner)


class _ShiftedProducts(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, u: torch.Tensor, partner: torch.Tensor | None, shifts: Shifts
    ) -> torch.Tensor:
        grid = _Grid.of(tuple(u.shape[2:]), shifts)
        rows, continued = grid.with_gaps(u), grid.continued(u)
        ctx.save_for_backward(rows, continued, partner)
        ctx.grid, ctx.shifts = grid, shifts
        return grid.products(rows, continued, shifts, partner) / prod(grid.space)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, None]:
        rows, continued, partner = ctx.saved_tensors
        grid, channels = ctx.grid, rows.shape[1]
        slope = slope / prod(grid.space)
        total, towards_partner = slope[:, :, -1:].repeat(1, 1, grid.length), None
        if partner is not None:
            towards = slope[:, :, channels * len(ctx.shifts) : -1]
            total.baddbmm_(towards, grid.with_gaps(partner))
            if ctx.needs_input_grad[1]:
                towards_partner = grid.without_gaps(towards.transpose(1, 2) @ rows)
        for k, shift in enumerate(ctx.shifts):
            own = slope[:, :, k * channels : (k + 1) * channels]
            opposite, offset = own.transpose(1, 2), grid.offset(shift)
            # A channel stands on both sides of a product: at the shift, and at its opposite.
            sides = [(own + opposite, 0)] if offset == 0 else [(own, offset), (opposite, -offset)]
            for factor, at in sides:
                total.baddbmm_(factor, grid.view(continued, at))
        return grid.without_gaps(total), towards_partner, None


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
        return sum(map(mul, shift, self.strides))

    def continued(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, positions of the wider grid)."""
        return functional.pad(x, [self.reach] * (2 * len(self.space)), mode="circular").flatten(2)

    def with_gaps(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, length): zeros in the gaps, where a view of the wider grid holds others."""
        gaps = [0, 2 * self.reach] * (len(self.space) - 1) + [0, 0]  # last axis first
        return functional.pad(x, gaps).flatten(2)[:, :, : self.length]

    def without_gaps(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, *space) of (B, C, length)."""
        strides = (*x.stride()[:2], *self.strides)
        return x.as_strided((*x.shape[:2], *self.space), strides)

    def view(self, continued: torch.Tensor, offset: int) -> torch.Tensor:
        """Return (B, C, length): the continued array at every position less a shift."""
        start = self.reach * sum(self.strides) - offset
        return continued[:, :, start : start + self.length]

    def products(
        self,
        rows: torch.Tensor,
        continued: torch.Tensor,
        shifts: Shifts,
        partner: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return the sums of rows' products with the views of the shifts, the partner and one."""
        found = []
        for shift in shifts:
            other = self.view(continued, self.offset(shift))
            found.append(rows @ other.transpose(1, 2))
        if partner is not None:
            found.append(rows @ self.with_gaps(partner).transpose(1, 2))
        return torch.cat([*found, rows.sum(dim=2, keepdim=True)], dim=2)
