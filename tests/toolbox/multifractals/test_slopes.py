"""Weighted slopes against numpy.polyfit and their defining properties."""

import numpy as np
import pytest

from toolbox.core.streams import generator
from toolbox.multifractals.slopes import r_squared, slope_weights

J = np.arange(3, 10)
N = 2.0 ** (12 - J) - 5


def test_weights_give_the_slope_of_weighted_least_squares():
    y = generator(0, "regressions").standard_normal((4, len(J)))
    expected = np.polyfit(J, y.T, 1, w=np.sqrt(N))[0]
    np.testing.assert_allclose(y @ slope_weights(J, N), expected, rtol=1e-10)


def test_weights_ignore_a_constant_and_give_one_for_a_unit_slope():
    w = slope_weights(J, N)
    assert w.sum() == pytest.approx(0, abs=1e-12)
    assert w @ J == pytest.approx(1, rel=1e-12)


def test_r_squared_is_one_on_a_line_and_the_explained_share_otherwise():
    y = generator(1, "regressions").standard_normal((3, len(J)))
    assert r_squared(2.0 * J + 1, J, N) == pytest.approx(1)
    for row, got in zip(y, r_squared(y, J, N), strict=True):
        line = np.polyval(np.polyfit(J, row, 1, w=np.sqrt(N)), J)
        mean = np.average(row, weights=N)
        share = np.average((line - mean) ** 2, weights=N) / np.average((row - mean) ** 2, weights=N)
        assert got == pytest.approx(share)
    assert np.isnan(r_squared(np.ones(len(J)), J, N))
