"""Products of channels at periodic shifts against their definition, and the gradient of both."""

import pytest
import torch

from synthesis.matching.shifted_products import shifted_products, weighted_products

CASES = {
    "signals": ((9,), ((0,), (1,), (4,))),
    "images": ((5, 6), ((0, 0), (0, 1), (1, -1), (2, 2), (2, -2))),
    "a shift of the whole side": ((2, 4), ((2, -2), (0, 1))),
}


def rolled(u, shifts, partner, weights):
    """Return the means by their definition: u(t - shift) is u rolled by the shift."""
    axes = tuple(range(2, u.ndim))
    others = [torch.roll(u, shift, axes) for shift in shifts]
    others += (
        [torch.ones_like(u[:, :1])] if partner is None else [partner, torch.ones_like(u[:, :1])]
    )
    return (u[:, :, None] * torch.cat(others, dim=1)[:, None] * weights).flatten(3).sum(dim=3)


@pytest.mark.parametrize("partnered", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_products_and_gradients_are_those_of_rolled_copies(case, partnered):
    space, shifts = CASES[case]
    drawn = torch.Generator().manual_seed(0)
    u = torch.randn(2, 3, *space, dtype=torch.float64, generator=drawn, requires_grad=True)
    partner = torch.randn(2, 4, *space, dtype=torch.float64, generator=drawn, requires_grad=True)
    of, partner = ((u, partner), partner) if partnered else ((u,), None)
    found = shifted_products(u, shifts, partner=partner)
    wanted = rolled(u, shifts, partner, 1 / u[0, 0].numel())
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)
    slope = torch.randn(found.shape, dtype=torch.float64, generator=drawn)
    of_found = torch.autograd.grad(found, of, slope)
    of_wanted = torch.autograd.grad(wanted, of, slope)
    torch.testing.assert_close(of_found, of_wanted, rtol=1e-12, atol=1e-12)
    weights = torch.rand(space, dtype=torch.float64, generator=drawn)
    found = weighted_products(u, shifts, weights, partner=partner)
    torch.testing.assert_close(found, rolled(u, shifts, partner, weights), rtol=1e-12, atol=1e-12)
