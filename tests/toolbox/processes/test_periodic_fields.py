"""The periodic component against its definition."""

import numpy as np
import pytest

from toolbox.core.streams import generator
from toolbox.processes.periodic_fields import periodic_component


@pytest.mark.parametrize("shape", [(33,), (32, 21)])
def test_the_periodic_component_solves_the_poisson_equation(shape):
    x = generator(1, "walk").standard_normal(shape).cumsum(axis=-1).cumsum(axis=0)
    smooth = x - periodic_component(x, dim=len(shape))
    laplacian = sum(np.roll(smooth, s, a) - smooth for a in range(x.ndim) for s in (1, -1))
    jumps = np.zeros(shape)
    for axis in range(x.ndim):
        first, last = np.take(x, 0, axis), np.take(x, -1, axis)
        view = np.moveaxis(jumps, axis, 0)
        view[0] += last - first
        view[-1] += first - last
    np.testing.assert_allclose(laplacian, jumps, atol=1e-9)
    assert abs(smooth.mean()) < 1e-12


def test_the_periodic_component_has_the_inner_laplacian():
    # Moisan (2011): the periodic Laplacian of p is the Laplacian of u that sees only neighbours
    # inside the image.
    u = np.random.default_rng(0).standard_normal((1, 1, 7, 9))
    p = periodic_component(u, dim=2)[0, 0]
    periodic = sum(np.roll(p, s, a) - p for a in (0, 1) for s in (1, -1))
    inside = np.zeros_like(p)
    for a in (0, 1):
        d = np.diff(u[0, 0], axis=a)
        lead, tail = [slice(None)] * 2, [slice(None)] * 2
        lead[a], tail[a] = slice(0, -1), slice(1, None)
        inside[tuple(lead)] += d
        inside[tuple(tail)] -= d
    assert np.allclose(periodic, inside)
    assert abs(p.mean() - u.mean()) < 1e-12
