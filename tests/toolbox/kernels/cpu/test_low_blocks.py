"""The lowest block and the magnitudes of fields against NumPy, over all that an item can be."""

import numpy as np
import pytest

from toolbox.core.streams import generator
from toolbox.kernels.cpu.low_blocks import DEEP, DEEP_OF_MANY, LEAST_SPREAD, UPPER_TENTH
from toolbox.kernels.cpu.magnitudes import magnitudes
from toolbox.multifractals.leader_sums import lowest_block


def by_sorting(e):
    """Return the depth of one item's lowest block, from sorted means."""
    deepest = 0.0
    while e.size >= 32:
        values = np.sort(e[~np.isnan(e)])
        n = len(values)
        if n >= 32:
            low, first, median, third, tenth = (
                values[int((n - 1) * share)] for share in (0, 0.25, 0.5, 0.75, 0.9)
            )
            spread = min((third - first) / 1.349, UPPER_TENTH * (tenth - median) / 1.282)
            limit = max(DEEP, DEEP_OF_MANY * np.sqrt(2 * np.log(n)))
            deepest = max(deepest, (median - low) / (limit * max(spread, LEAST_SPREAD)))
        for axis in range(e.ndim):
            half = e.shape[axis] // 2
            even = e.take(np.arange(0, 2 * half, 2), axis=axis)
            e = (even + e.take(np.arange(1, 2 * half, 2), axis=axis)) / 2
    return deepest


@pytest.mark.parametrize("shape", [(31,), (33,), (517,), (20, 31), (64, 64)])
def test_the_lowest_block_is_that_of_sorted_means(shape):
    e = generator(2, "blocks", *shape).standard_normal((6, *shape))
    e[1] **= 3  # a few far from the others: most share a bucket
    e[2].flat[5:9] = np.nan
    e[3].flat[::2] = 0.25  # many alike
    e[4] = 1.0
    e[5].flat[3] = -1e6
    wanted = np.array([by_sorting(one) for one in e])
    np.testing.assert_allclose(lowest_block(e), wanted, rtol=1e-12)
    for matters in (0.2, 0.45, 0.75):  # what lies below may be left out, nothing else
        found = lowest_block(e, matters=matters)
        assert ((found <= wanted * (1 + 1e-12)) & (found >= 0)).all()
        np.testing.assert_allclose(found[wanted >= matters], wanted[wanted >= matters], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_magnitudes(dtype):
    x = generator(2, "magnitudes").standard_normal((7, 37)).astype(dtype)
    x[1], x[2], x[3] = -3.0, 0.0, 0.0
    x[3, 4] = -0.0
    x[4, 36], x[5, 0], x[6, 1:] = np.nan, -np.inf, x[6, 0]
    x[6, 20] *= -1
    largest, varies = magnitudes(x)
    np.testing.assert_array_equal(largest, np.abs(x).max(axis=1))
    assert varies.tolist() == [True, False, False, False, True, True, True]
