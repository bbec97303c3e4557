"""Cumulants in float32 against float64, of the same values of order one.

What matters is the offset of the values against their fluctuations: the transform takes it off
only up to its rounding. Errors are 2e-6 at most for values of order one, 6e-5 on an offset of 10,
.008 on one of 1000: subtract the mean in float64 first.
"""

import numpy as np
import pytest

import toolbox

WALK = {"hurst": 0.6, "intermittency": 0.05}


@pytest.mark.parametrize(("dim", "shape"), [(1, 2**15), (2, (256, 256))], ids=["signals", "images"])
@pytest.mark.parametrize(
    "n",
    # One is too few samples for JAX to compile; a program of its own for three takes ten seconds.
    [1, pytest.param(3, marks=pytest.mark.long)],
)
@pytest.mark.parametrize("multifractal", [False, True])
def test_single_precision_is_as_good_as_double(dim, shape, n, multifractal):
    field = (
        toolbox.multifractal_field(shape, **WALK, n=n, seed=7)
        if multifractal
        else toolbox.fractional_field(shape, hurst=0.6, n=n, seed=7)
    )
    x = field.values / np.abs(field.values).max()
    single = x.astype(np.float32)
    got = toolbox.multifractal(single, dim=dim, gamma=0.5)
    exact = toolbox.multifractal(single.astype(np.float64), dim=dim, gamma=0.5)
    assert got.cumulants.dtype == np.float32
    np.testing.assert_allclose(got.cumulants, exact.cumulants, atol=1e-5, rtol=0)
