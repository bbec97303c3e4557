"""Tests against simulations: uniform under their hypothesis, powerful against plain departures."""

import numpy as np
import pytest
from scipy.stats import binom, chi2

import toolbox
from toolbox.core.streams import generator
from toolbox.multifractals.fitted_model.simulation_tests import _distances, _residual_maker


def estimates(process, **options):
    return toolbox.multifractal(process.values, dim=1, gamma=0.5, **options)


def test_monofractality_rejects_as_often_as_the_level_says():
    n, level = 120, 0.1
    motion = toolbox.fractional_field(2**11, hurst=0.6, n=n, seed=2)
    got = toolbox.monofractality_test(estimates(motion), seed=1, draws=99, progress=False)
    assert got.p_value.shape == (n,)
    assert got.p_values.shape == (n, 3)
    np.testing.assert_array_equal(got.p_value, got.p_values.max(axis=-1))
    # "sampled" is the law of these motions: exact; the largest of three: no more often.
    rejected = (got.p_values[:, 0] <= level).sum()
    assert binom.ppf(1e-4, n, level) <= rejected <= binom.ppf(1 - 1e-4, n, level)
    assert (got.p_value <= level).sum() <= binom.ppf(1 - 1e-4, n, level)


def test_monofractality_sees_intermittency():
    walk = toolbox.multifractal_field(2**13, hurst=0.6, intermittency=0.08, n=12, seed=4)
    got = toolbox.monofractality_test(estimates(walk), seed=1, draws=39, progress=False)
    assert (got.p_value <= 0.05).mean() >= 0.75
    np.testing.assert_array_equal(got.statistic, estimates(walk).cumulants[:, 1])


@pytest.mark.parametrize(("strength", "level"), [(0.0, 0.1), (0.05, 0.13)])
def test_scaling_of_a_walk_is_rejected_as_often_as_the_docstring_says(strength, level):
    # A tenth for motions; for walks of this length the docstring says more than the level.
    n = 150
    walk = toolbox.multifractal_field(2**11, hurst=0.6, intermittency=strength, n=n, seed=6)
    got = toolbox.scaling_test(estimates(walk), seed=1, draws=99, progress=False)
    rejected = (got.p_values[:, 0] <= 0.1).sum()
    assert binom.ppf(1e-4, n, level) <= rejected <= binom.ppf(1 - 1e-4, n, level)


def test_scaling_broken_by_noise_at_fine_scales_is_rejected_unless_they_are_left_out():
    walk = toolbox.fractional_field(2**13, hurst=0.7, n=8, seed=1).values
    x = walk + 3 * generator(0, "noise").standard_normal(walk.shape)
    options = {"dim": 1, "gamma": 1.0}
    fine = toolbox.multifractal(x, **options, scales=(1, 8))
    coarse = toolbox.multifractal(x, **options, scales=(5, 8))
    tests = [toolbox.scaling_test(e, seed=0, draws=39, progress=False) for e in (fine, coarse)]
    assert (tests[0].p_value <= 0.05).all()
    assert (tests[1].p_value > 0.05).sum() >= 5


def test_residuals_are_blind_to_straight_lines_alone():
    residual = _residual_maker(6)
    np.testing.assert_allclose(residual @ (3 - 2.0 * np.arange(6)), 0, atol=1e-12)
    np.testing.assert_allclose(residual @ residual.T, np.eye(4), atol=1e-12)


def test_distances_are_mahalanobis():
    rows = generator(0, "rows").standard_normal((4000, 3)) @ np.diag([1.0, 5, 0.1]) + 7
    d = _distances(rows)
    assert d.mean() == pytest.approx(3 * (1 - 1 / 4000))  # trace of the identity
    assert np.quantile(d, 0.95) == pytest.approx(chi2.ppf(0.95, 3), rel=0.05)


def test_refusals_say_what_is_wanted():
    walk = toolbox.fractional_field(600, hurst=0.6, seed=0)
    estimate = estimates(walk)
    for function in (toolbox.monofractality_test, toolbox.scaling_test):
        with pytest.raises(toolbox.InputError, match="estimate: wanted what multifractal returned"):
            function(walk, seed=0)
        with pytest.raises(toolbox.InputError, match=r"draws: wanted .*19"):
            function(estimate, seed=0, draws=5)
        with pytest.raises(toolbox.InputError, match="estimate: wanted two cumulants"):
            function(estimates(walk, orders=1), seed=0)
        calibrated = toolbox.calibrate(estimate, seed=0, draws=8, progress=False)
        with pytest.raises(toolbox.InputError, match="estimate: wanted one that is not calibrated"):
            function(calibrated, seed=0)
    with pytest.raises(toolbox.InputError, match="estimate: wanted three scales or more"):
        toolbox.scaling_test(estimates(walk, scales=(2, 3)), seed=0)
