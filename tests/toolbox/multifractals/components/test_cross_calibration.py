"""Calibration of cross-cumulants: the model it fits, and what it does to known components."""

from dataclasses import replace

import numpy as np
import pytest

import toolbox
from toolbox.multifractals.components.cross_calibration import _stretch
from toolbox.multifractals.components.simulated_components import _correlation_matrix, fitted_model
from toolbox.multifractals.fitted_model.exponent_grid import FEWEST_DRAWS
from toolbox.multifractals.multifractal_analysis import interval_around

LAW = {"hurst": [0.5, 0.7], "intermittency": [0.06, 0.1], "noise_correlation": 0.4}


def walks(size, rho, **options):
    return toolbox.multivariate_field(size, multifractal_correlation=rho, **LAW | options)


def analysed(process, **options):
    return toolbox.cross_multifractal(process.values, dim=1, **options)


@pytest.fixture(scope="module")
def raw():
    return analysed(walks(2**11, -0.6, n=3, seed=1), resamples=20, seed=0, gamma=0.5)


@pytest.fixture(scope="module")
def calibrated(raw):
    return toolbox.calibrate_cross(raw, seed=4, draws=8, progress=False)


@pytest.mark.parametrize("rho", [-1.0, -0.3, 0.8])
def test_the_fitted_model_of_the_truth_is_the_truth(rho):
    size = 512
    process = walks(size, rho, seed=0)
    # E z_a z_b of z = epsilon exp(omega), with E exp(2 omega_a) = 1 for each.
    s, T = np.array(LAW["intermittency"]), float(size)
    omega = np.log(T) * np.array([[s[0], rho * np.sqrt(s.prod())], [rho * np.sqrt(s.prod()), s[1]]])
    product = 0.4 * np.exp(-np.trace(omega) + np.ones(2) @ omega @ np.ones(2) / 2)
    rho_ss = np.array([[1, product], [product, 1]])
    c1, c11 = process.cumulants[:, 0], process.cross_cumulants
    got = fitted_model(c1, c11, rho_ss=rho_ss, scale=T, dim=1)
    np.testing.assert_allclose(got["hurst"], LAW["hurst"])
    np.testing.assert_allclose(got["intermittency"], s)
    np.testing.assert_allclose(got["multifractal_correlation"][0, 1], rho)
    np.testing.assert_allclose(got["noise_correlation"][0, 1], 0.4)


def test_the_model_stays_within_what_can_be_drawn():
    c1 = np.array([1.1, 0.4, -0.1])
    c11 = np.array([[-0.01, 0.05, -0.04], [0.05, -0.02, 0.03], [-0.04, 0.03, 0.01]])
    got = fitted_model(c1, c11, rho_ss=np.full((3, 3), 0.99), scale=1024.0, dim=1)
    assert got["intermittency"].tolist() == [0.01, 0.02, 0]
    assert got["multifractal_correlation"][2].tolist() == [0, 0, 1]  # a flat one has none
    assert got["multifractal_correlation"][0, 1] == -1
    process = toolbox.multivariate_field(64, seed=0, **got | {"integral_scale": 64})
    assert process.values.shape == (1, 3, 64)


def test_a_correlation_matrix_is_left_alone_and_others_are_made_one():
    good = np.array([[1, 0.5, 0.2], [0.5, 1, -0.4], [0.2, -0.4, 1]])
    np.testing.assert_allclose(_correlation_matrix(good), good, atol=1e-12)
    bad = np.array([[1, 0.9, -0.9], [0.9, 1, 1.3], [-0.9, 1.3, 1]])
    made = _correlation_matrix(bad)
    assert np.linalg.eigvalsh(made)[0] > -1e-12
    np.testing.assert_array_equal(np.diag(made), 1)
    np.testing.assert_array_equal(made, made.T)


def test_the_bias_is_taken_off():
    process = walks(2**12, 0.8, hurst=[0.3, 0.7], n=24, seed=1)
    raw = analysed(process, gamma=0.75)
    got = toolbox.calibrate_cross(raw, seed=2, draws=40, progress=False)
    # Monte Carlo errors of 24 items and of 40 simulations; half the bias of c_1 is 3.6 of them.
    factor = np.sqrt(1 / 24 + 1 / 40)
    for name, truth in (("c11", process.cross_cumulants), ("c1", process.cumulants[:, 0])):
        before, error = (getattr(estimate, name) - truth for estimate in (raw, got))
        assert (np.abs(error.mean(axis=0)) < 3 * error.std(axis=0) * factor).all(), name
        assert np.abs(error.mean(axis=0)).sum() < np.abs(before.mean(axis=0)).sum(), name
    assert abs(before.mean(axis=0)[0]) > 10 * error.std(axis=0)[0] / np.sqrt(40)  # c_1 of H = .3


def test_taking_off_a_bias_that_grows_with_the_exponents_stretches_errors():
    # c = theta + b(theta) with b = -theta / 5: errors of theta are those of c times 1.25.
    step = np.array([[-0.02, 0.01], [0.01, -0.02]])
    assert _stretch(-step / 5, step) == pytest.approx(1.25)


def test_what_changes_and_what_stays(raw, calibrated):
    got = calibrated
    np.testing.assert_allclose(
        got.interval,
        interval_around(got.c11, got.standard_error, blocks=raw.blocks, level=raw.level),
    )
    assert not np.isnan(got.systematic).any()
    assert (got.systematic >= 0).all()
    for name in ("c11", "standard_error", "systematic", "interval"):
        value = getattr(got, name)
        np.testing.assert_allclose(value, value.swapaxes(1, 2), atol=1e-12)
    c2 = np.diagonal(got.c11, axis1=1, axis2=2)
    expected = -got.c11[:, 0, 1] / np.sqrt(np.prod(np.where(c2 < 0, -c2, np.nan), axis=1))
    np.testing.assert_allclose(got.rho_mf[:, 0, 1], expected)
    for name in ("log_covariance", "rho_ss", "coherence", "counts", "gamma", "hmin"):
        np.testing.assert_array_equal(getattr(got, name), getattr(raw, name))
    assert "bias" in raw.note
    assert "bias" not in got.note


def test_an_item_does_not_depend_on_the_others_nor_on_its_gain(calibrated):
    x = walks(2**11, -0.6, n=3, seed=1).values
    options = {"dim": 1, "resamples": 20, "seed": 0, "gamma": 0.5}
    louder = toolbox.cross_multifractal(40 * x[1:2] + 7, **options)
    alone = toolbox.calibrate_cross(louder, seed=4, draws=8, progress=False)
    for name in ("c11", "c1", "interval", "systematic", "rho_mf"):
        together = getattr(calibrated, name)[1:2]
        np.testing.assert_allclose(getattr(alone, name), together, atol=1e-6)


def test_images_of_three_components_in_single_precision_without_resamples():
    law = {"hurst": 0.5, "intermittency": 0.1, "noise_correlation": 0.2}
    law["multifractal_correlation"] = [[1, 0.5, 0], [0.5, 1, -0.3], [0, -0.3, 1]]
    x = toolbox.multivariate_field((80, 70), seed=0, **law).values
    raw = toolbox.cross_multifractal(x.astype(np.float32), dim=2, wavelet="db2")
    got = toolbox.calibrate_cross(raw, seed=0, draws=8, progress=False)
    assert got.c11.dtype == got.systematic.dtype == got.c1.dtype == np.float32
    assert np.isnan(got.interval).all()
    assert not np.isnan(got.c11).any()


def test_refusals_say_what_is_wanted(raw):
    for wrong, text in (
        (3, "estimate: wanted what cross_multifractal returned, got"),
        (replace(raw, systematic=raw.c11), "estimate: wanted one that is not calibrated"),
        (replace(raw, c1=raw.c1 + 1.5), r"estimate: wanted c_1 \+ c_2, .* from 0 to 1"),
        (replace(raw, c1=raw.c1 - 1), r"estimate: wanted c_1 \+ c_2, .* running sum"),
    ):
        with pytest.raises(toolbox.InputError, match=text):
            toolbox.calibrate_cross(wrong, seed=0)
    with pytest.raises(toolbox.InputError, match=f"draws: wanted .*{FEWEST_DRAWS}"):
        toolbox.calibrate_cross(raw, seed=0, draws=2)


@pytest.mark.long
@pytest.mark.parametrize("rho", [-0.5, 0.6])
def test_intervals_cover_after_calibration(rho):
    process, covered = walks(2**13, rho, n=200, seed=20), []
    for k in range(4):  # each with simulations of its own
        part = replace(process, values=process.values[k::4])
        raw = analysed(part, resamples=200, seed=1, gamma=0.5)
        got = toolbox.calibrate_cross(raw, seed=k, progress=False)
        low, high = np.moveaxis(got.interval, -1, 0)
        truth = process.cross_cumulants
        covered.append((low <= truth) & (truth <= high))
    share = np.concatenate(covered).mean(axis=0)
    # 92 to 98 %, with three standard errors of 200 draws and of the simulated widening.
    assert ((share > 0.95 - 0.07) & (share < 0.999)).all()
