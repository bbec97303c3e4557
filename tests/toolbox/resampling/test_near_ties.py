"""Numbers that float32 does not tell apart tie."""

import numpy as np
import pytest

from confidence import ood_scores
from toolbox.core.checks import double
from toolbox.resampling.near_ties import TOLD_APART, first_of_largest, merged


def test_neighbours_that_are_near_take_the_smallest_of_them():
    step = TOLD_APART / 2
    values = np.array([0.3, 1.0, 0.1 + 0.2, 1.0 + step, 2.0, 1.0 + 2 * step, -0.3, 0.0, 1e-9])
    expected = [0.3, 1.0, 0.3, 1.0, 2.0, 1.0, -0.3, 0.0, 1e-9]
    assert merged(values).tolist() == expected
    assert merged(values.reshape(3, 3)).tolist() == np.reshape(expected, (3, 3)).tolist()


def test_numbers_that_differ_are_left_alone():
    values = np.random.Generator(np.random.Philox(0)).standard_normal(1000)
    np.testing.assert_array_equal(merged(values), values)


def test_many_numbers_that_float64_tells_apart_are_left_alone():
    values = 1e12 + np.random.Generator(np.random.Philox(0)).random(40)
    np.testing.assert_array_equal(merged(values), values)


@pytest.mark.parametrize("scale", [1e2, 1e3, 1e4])
def test_whole_numbers_beyond_float32_are_exact(scale):
    """Counts or times near 1e9, which float32 knows to 64: ranks are those of the numbers."""
    rng = np.random.default_rng(0)
    times = np.round(1e9 + scale * rng.standard_normal(29))
    assert merged(times).tolist() == times.tolist()
    late, early = times[:9, None], times[9:]
    truth = np.mean((late > early) + 0.5 * (late == early))
    for kind in (np.float64, np.int64):
        found = ood_scores(early.astype(kind), times[:9].astype(kind))
        assert found.auroc == pytest.approx(truth, abs=1e-12)


def test_the_largest_numbers_are_apart():
    values = np.array([1.7e308, -1.7e308, 0.0, -1.7e308])
    np.testing.assert_array_equal(merged(values), values)


def test_the_first_of_near_ties_is_the_largest():
    assert first_of_largest(np.array([[0.1, 0.45, 0.45 + 1e-12], [0.2, 0.3, 0.5]])).tolist() == [
        1,
        2,
    ]


@pytest.mark.parametrize("scale", [1, 10, 1000])
def test_float32_of_few_decimals_is_what_it_prints_as(scale):
    exact = np.random.Generator(np.random.Philox(0)).integers(-9999, 9999, (40, 3)) / scale
    np.testing.assert_array_equal(double(exact.astype(np.float32)), exact)


def test_other_numbers_keep_every_bit():
    values = np.random.Generator(np.random.Philox(0)).standard_normal(50)
    np.testing.assert_array_equal(double(values), values)
    single = (values / 3).astype(np.float32)
    np.testing.assert_array_equal(double(single), single.astype(np.float64))
