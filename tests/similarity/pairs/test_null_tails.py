"""Tests of the null's tail, and of how far real items widen it."""

import numpy as np
import pytest
from scipy.stats import gamma

from similarity.pairs.statistics import SMALLEST_SHAPE, TAILS, _tail_shape, _widening


def test_the_tail_of_a_gamma_law_is_its_own():
    for shape in (1.0, 3.0, 20.0):
        ratio = gamma.rvs(shape, size=400_000, random_state=np.random.default_rng(0)) / shape
        assert _tail_shape(ratio) == pytest.approx(shape, rel=0.03)


def test_a_longer_tail_is_covered_at_every_level():
    rng = np.random.default_rng(1)
    ratio = rng.gamma(4.0, size=100_000) * np.exp(0.4 * rng.standard_normal(100_000))
    ratio /= ratio.mean()
    shape = _tail_shape(ratio)
    assert shape <= 1 / ratio.var() + 1e-9
    for tail in TAILS:
        assert (ratio > gamma.isf(tail, shape) / shape).mean() <= tail + 1e-4
    assert _tail_shape(np.exp(4 * rng.standard_normal(1000))) == SMALLEST_SHAPE


def test_parts_that_differ_more_widen_the_null_and_parts_that_differ_less_do_not_narrow_it():
    rng = np.random.default_rng(2)
    simulated = rng.gamma(20.0, size=(32, 8))
    base = np.exp(np.log(simulated).mean())
    for factor in (0.5, 1.0, 2.0):
        real = factor * rng.gamma(20.0, size=200)
        found = _widening(real, simulated)
        assert (found >= 1).all()
        expected = max(1.0, factor * np.exp(np.log(real / factor).mean()) / base)
        assert np.median(found) == pytest.approx(expected, rel=0.05)
