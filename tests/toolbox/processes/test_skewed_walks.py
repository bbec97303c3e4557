"""Skewed walks: third moments in closed form, and a covariance that the asymmetry leaves alone."""

import numpy as np
import pytest

from toolbox import InputError, skewed_walk
from toolbox.processes.periodic_fields import log_covariance
from toolbox.processes.skewed_walks import causal_factor

LAW = {"intermittency": 0.04, "asymmetry": 0.8}


def mean_and_error(each):
    return each.mean(axis=0), each.std(axis=0) / np.sqrt(len(each))


@pytest.mark.parametrize("scale", [2, 5, 64, 100.5, 4096])
def test_the_causal_factor_has_exactly_the_logarithmic_covariance(scale):
    factor = causal_factor(scale)
    full = np.fft.irfft(np.abs(np.fft.rfft(factor, 4 * len(factor) + 8)) ** 2)[: len(factor)]
    exact = np.log(np.maximum(scale / (1 + np.arange(len(factor))), 1))
    np.testing.assert_allclose(full, exact, atol=1e-10)
    # Causal and stably invertible: all of its zeros lie inside the unit circle.
    if len(factor) < 200:
        assert (np.abs(np.roots(factor)) < 1).all()


@pytest.mark.parametrize("hurst", [0.35, 0.5, 0.7])
def test_third_moments_are_the_closed_ones(hurst):
    draws, size = 4000, 128
    process = skewed_walk(size, hurst=hurst, n=draws, seed=1, **LAW)
    for order, exact in enumerate(process.third_moments):
        lag = 2**order
        each = ((process.values[:, lag:] - process.values[:, :-lag]) ** 3).mean(axis=1)
        mean, error = mean_and_error(each)
        assert abs(mean - exact) < 4 * error, lag
        assert lag not in (4, 8) or exact < -4 * error  # draws enough to see the asymmetry


def test_with_h_one_half_the_third_moment_is_a_sum_over_ordered_pairs():
    # Increments are the noise itself (less its mean on the torus):
    # E d^3 = 3 sum_{i < j} E z_i z_j^2 = -6 a sum_k (l - k) kappa(k - 1) exp(2 C(k) - C(0) / 2).
    size, lag = 2**17, 16
    process = skewed_walk(size, hurst=0.5, seed=0, **LAW)
    covariance = log_covariance((2 * size,), 0.04, size / 2)
    kernel = 0.2 * causal_factor(size / 2)
    k = np.arange(1, lag)
    pairs = (lag - k) * kernel[k - 1] * np.exp(2 * covariance[k] - covariance[0] / 2)
    assert process.third_moments[4] == pytest.approx(-6 * 0.8 * pairs.sum(), rel=0.01)


@pytest.mark.parametrize("asymmetry", [0.0, 0.8, 1.0])
def test_asymmetry_leaves_the_noise_white_and_its_log_correlation_alone(asymmetry):
    draws, size = 3000, 64
    law = {"intermittency": 0.04, "asymmetry": asymmetry}
    steps = np.diff(skewed_walk(size, hurst=0.5, n=draws, seed=2, **law).values)
    mean, error = mean_and_error((steps**2).mean(axis=1))
    assert abs(mean - 1) < 4 * error
    covariance = log_covariance((2 * size,), 0.04, size / 2)
    factor = np.concatenate([[0], 0.2 * asymmetry * causal_factor(size / 2)])
    for lag in (1, 3, 10):
        head, tail = steps[:, :-lag], steps[:, lag:]
        mean, error = mean_and_error((head * tail).mean(axis=1))
        assert abs(mean) < 4 * error + 1 / size  # the mean on the torus
        # E z_i^2 z_j^2 = (1 + Cov(eps_i, 2 eta_j)^2) exp(4 C), by Gaussian integration by parts.
        mean, error = mean_and_error((head**2 * tail**2).mean(axis=1))
        exact = (1 + (2 * factor[lag]) ** 2) * np.exp(4 * covariance[lag])
        assert abs(mean - exact) < 4 * error + 0.02


def test_the_sign_of_the_asymmetry_is_the_sign_of_the_skewness():
    falls = skewed_walk(64, hurst=0.4, intermittency=0.04, asymmetry=0.5, seed=0)
    rises = skewed_walk(64, hurst=0.4, intermittency=0.04, asymmetry=-0.5, seed=0)
    symmetric = skewed_walk(64, hurst=0.4, intermittency=0.04, asymmetry=0, seed=0)
    assert (falls.third_moments[1:] < 0).all()
    np.testing.assert_allclose(falls.third_moments, -rises.third_moments)
    np.testing.assert_allclose(symmetric.third_moments, 0, atol=1e-12)
    np.testing.assert_allclose(falls.cumulants, [0.44, -0.04, 0])


def test_a_realisation_does_not_depend_on_how_many_are_drawn():
    five = skewed_walk(33, hurst=0.4, n=5, seed=3, **LAW).values
    np.testing.assert_array_equal(five[:2], skewed_walk(33, hurst=0.4, n=2, seed=3, **LAW).values)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("shape", (16, 16)), ("asymmetry", 1.1), ("intermittency", 0.5), ("integral_scale", 9)],
)
def test_what_has_no_law_is_refused(argument, value):
    arguments = {"shape": 16, "hurst": 0.5, "seed": 0} | LAW | {argument: value}
    with pytest.raises(InputError, match=rf"^{argument}: wanted"):
        skewed_walk(**arguments)
