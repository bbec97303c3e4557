"""Multifractal fields: the generator against exact second and fourth moments, in closed form."""

import numpy as np
import pytest
from scipy.fft import irfftn, rfftn

from toolbox import InputError, multifractal_field
from toolbox.processes.multifractal_walks import fractional_integral
from toolbox.processes.periodic_fields import log_covariance, variogram


def increments(values, lag):
    return values[..., lag:] - values[..., :-lag]


def exact_moments(shape, hurst, strength, lag):
    """E d^2 and E d^4 of the increment over `lag` along the last axis, from the law alone.

    d = sum_i h_i eps_i exp(omega_i) is, given omega, Gaussian of variance
    V = sum_i h_i^2 exp(2 omega_i), so E d^4 = 3 E V^2 =
    3 sum_ij h_i^2 h_j^2 exp(4 C_ij), as E exp(2 omega_i + 2 omega_j) = exp(4 C_ij) when the mean is
    minus the variance.
    """
    torus = tuple(2 * side for side in shape)
    kernel = irfftn(fractional_integral(torus, hurst, "sampled").astype(complex), s=torus)
    weights = (np.roll(kernel, lag, axis=-1) - kernel) ** 2
    pair = np.exp(4 * log_covariance(torus, strength, min(shape)))
    fourth = 3 * (weights * irfftn(rfftn(weights) * rfftn(pair).real, s=torus)).sum()
    return weights.sum(), fourth


@pytest.mark.parametrize("scale", [8, 32])
@pytest.mark.parametrize("torus", [(64,), (64, 64), (64, 100)])
def test_the_log_correlation_is_positive_definite_on_the_torus(torus, scale):
    assert rfftn(log_covariance(torus, 1.0, scale)).real.min() > 0


@pytest.mark.parametrize("torus", [(4096,), (256, 256)])
@pytest.mark.parametrize("hurst", [0.1, 0.3, 0.5])
def test_the_second_moment_scales_as_twice_h_down_to_one_sample(torus, hurst):
    steps = variogram(fractional_integral(torus, hurst, "sampled"), torus)
    steps = steps[(0,) * (len(torus) - 1)]
    lags = 2 ** np.arange(0, 4)
    np.testing.assert_allclose(steps[lags], lags ** (2.0 * hurst), rtol=0.03)  # the torus bends it


@pytest.mark.parametrize("hurst", [0.3, 0.5, 0.8])
def test_aliases_of_a_signal_are_those_of_a_brute_sum(hurst):
    torus = (16,)
    xi = 2 * np.pi * np.arange(1, 9) / 16
    periods = np.arange(-200000, 200001)[:, None]
    power = (np.abs(xi + 2 * np.pi * periods) ** -(2 * hurst + 1)).sum(axis=0)
    transfer = np.abs(fractional_integral(torus, hurst, "sampled")[1:])
    np.testing.assert_allclose((transfer / transfer[0]) ** 2, power / power[0], rtol=1e-3)


def test_with_h_one_half_a_signal_is_a_walk_of_the_noise():
    # Sampled Brownian motion: the aliases of xi^-2 sum to (2 sin(xi/2))^-2, the running sum's.
    transfer = fractional_integral((128,), 0.5, "sampled")
    np.testing.assert_allclose(transfer, fractional_integral((128,), 0.5, "difference"), rtol=1e-9)
    xi = 2 * np.pi * np.arange(1, 65) / 128
    noise = transfer[1:] * (1 - np.exp(-1j * xi))
    np.testing.assert_allclose(noise, noise[0].real, atol=1e-9)
    assert noise[0].real == pytest.approx(1, abs=0.01)  # less its mean on the torus


@pytest.mark.parametrize(("shape", "hurst"), [((256,), 0.3), ((256,), 0.8), ((32, 32), 0.6)])
@pytest.mark.parametrize("strength", [0.0, 0.03])
def test_second_and_fourth_moments_are_the_exact_ones(shape, hurst, strength):
    draws = 1200 if len(shape) == 1 else 400
    process = multifractal_field(shape, hurst=hurst, intermittency=strength, n=draws, seed=1)
    for lag in (1, 4, 16):
        steps = increments(process.values, lag).reshape(draws, -1)
        for order, exact in zip((2, 4), exact_moments(shape, hurst, strength, lag), strict=True):
            each = (steps**order).mean(axis=1)
            assert abs(each.mean() - exact) < 4 * each.std() / np.sqrt(draws), (lag, order)


def test_the_exact_moments_themselves_scale_as_the_cumulants_say():
    # zeta(q) = c_1 q + c_2 q^2 / 2: zeta(2) = 2 H, zeta(4) = 4 H - 4 lambda^2. A large torus,
    # since the scaling holds between one sample and the integral scale.
    hurst, strength = 0.5, 0.05
    moments = np.array([exact_moments((2**17,), hurst, strength, lag) for lag in (256, 2048)])
    slopes = np.log(moments[1] / moments[0]) / np.log(8)
    process = multifractal_field(8, hurst=hurst, intermittency=strength, seed=0)
    c1, c2, _ = process.cumulants
    np.testing.assert_allclose(slopes, [2 * c1 + 2 * c2, 4 * c1 + 8 * c2], atol=0.01)


def test_the_noise_has_unit_variance_whatever_the_intermittency():
    # E exp(2 omega) = 1 makes the one-sample increments of unit variance for every lambda.
    for strength in (0.0, 0.02, 0.1):
        process = multifractal_field(512, hurst=0.5, intermittency=strength, n=400, seed=2)
        each = (increments(process.values, 1) ** 2).mean(axis=1)
        assert abs(each.mean() - 1) < 4 * each.std() / 20


def test_an_integral_scale_below_the_size_ends_the_dependence():
    covariance = log_covariance((64,), 0.05, 8.0)
    assert covariance[0] == pytest.approx(0.05 * np.log(8))
    assert covariance[7] == 0
    shorter = multifractal_field(32, hurst=0.5, intermittency=0.05, seed=0, integral_scale=8)
    longer = multifractal_field(32, hurst=0.5, intermittency=0.05, seed=0)
    assert not np.allclose(shorter.values, longer.values)


@pytest.mark.parametrize("discretisation", ["sampled", "difference", "frequency"])
def test_increments_of_one_sample_have_unit_variance_however_discretised(discretisation):
    for torus in ((64,), (32, 48)):
        steps = variogram(fractional_integral(torus, 0.4, discretisation), torus)
        along = [
            steps[(0,) * axis + (1,) + (0,) * (len(torus) - axis - 1)] for axis in range(len(torus))
        ]
        assert np.mean(along) == pytest.approx(1)


def test_a_realisation_does_not_depend_on_how_many_are_drawn():
    for shape in (33, (9, 12)):
        five = multifractal_field(shape, hurst=0.6, intermittency=0.05, n=5, seed=3).values
        two = multifractal_field(shape, hurst=0.6, intermittency=0.05, n=2, seed=3).values
        np.testing.assert_array_equal(five[:2], two)
        assert five.dtype == np.float64


@pytest.mark.parametrize(
    ("argument", "value"),
    [("intermittency", -0.1), ("intermittency", 0.5), ("integral_scale", 17), ("hurst", 1)],
)
def test_what_has_no_law_is_refused(argument, value):
    arguments = {"shape": 16, "hurst": 0.5, "intermittency": 0.05, "seed": 0} | {argument: value}
    with pytest.raises(InputError, match=f"^{argument}: wanted"):
        multifractal_field(**arguments)
