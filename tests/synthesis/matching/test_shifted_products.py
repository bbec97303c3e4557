"""Products of channels at periodic shifts against their definition, and the gradient of both."""

import pytest
import torch

from synthesis.matching.shifted_products import shifted_products

CASES = {
    "signals": ((9,), ((0,), (1,), (4,))),
    "images": ((5, 6), ((0, 0), (0, 1), (1, -1), (2, 2), (2, -2))),
    "a shift of the whole side": ((2, 4), ((2, -2), (0, 1))),
}


def rolled(a, b, shifts):
    """Return the products by their definition: b(t - shift) is b rolled by the shift."""
    axes = tuple(range(2, a.ndim))
    moved = [torch.roll(b, shift, axes) for shift in shifts]
    return torch.cat([torch.einsum("bcxy,bdxy->bcd", as_images(a), as_images(m)) for m in moved], 2)


def as_images(x):
    return x if x.ndim == 4 else x[:, :, None]


@pytest.mark.parametrize("case", CASES)
def test_products_and_gradients_are_those_of_rolled_copies(case):
    space, shifts = CASES[case]
    drawn = torch.Generator().manual_seed(0)
    a = torch.randn(2, 3, *space, dtype=torch.float64, generator=drawn, requires_grad=True)
    b = torch.randn(2, 4, *space, dtype=torch.float64, generator=drawn, requires_grad=True)
    found, wanted = shifted_products(a, b, shifts), rolled(a, b, shifts)
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)
    slope = torch.randn(found.shape, dtype=torch.float64, generator=drawn)
    of_found = torch.autograd.grad(found, (a, b), slope)
    of_wanted = torch.autograd.grad(wanted, (a, b), slope)
    torch.testing.assert_close(of_found, of_wanted, rtol=1e-12, atol=1e-12)
