"""Fields of a given spectrum against covariances in closed form."""

import numpy as np
import pytest
from scipy.fft import irfftn

from toolbox import InputError, spectral_field
from toolbox.processes.spectral_fields import torus_spectrum


def test_the_implied_covariance_of_a_moving_average_is_its_closed_form():
    # X(t) = e(t) + b e(t - 1): spectrum 1 + b^2 + 2 b cos(omega), covariance 1 + b^2, b, 0, 0, ...
    omega = np.linspace(0, np.pi, 17)
    powers = 1 + 0.5**2 + 2 * 0.5 * np.cos(omega)
    covariance = irfftn(torus_spectrum((32,), powers), s=(32,))
    np.testing.assert_allclose(covariance[:16], [1.25, 0.5, *[0] * 14], atol=1e-12)


def test_draws_have_the_covariance_of_the_moving_average():
    draws = 4000
    powers = 1.25 + np.cos(np.linspace(0, np.pi, 257))
    values = spectral_field(8, spectrum=powers, n=draws, seed=1).values
    exact = 1.25 * np.eye(8) + 0.5 * (np.eye(8, k=1) + np.eye(8, k=-1))
    error = np.sqrt((1.25**2 + exact**2) / draws)  # of a Gaussian sample covariance
    assert (np.abs(values.T @ values / draws - exact) < 4.5 * error).all()


def test_images_are_isotropic_and_of_the_implied_covariance():
    draws = 500
    powers = np.exp(-0.5 * (np.linspace(0, 0.5, 65) / 0.1) ** 2)
    covariance = irfftn(torus_spectrum((32, 32), powers), s=(32, 32))
    values = spectral_field((16, 16), spectrum=powers, n=draws, seed=2).values
    # A Gaussian spectrum of width s has a Gaussian covariance of width 1 / (2 pi s).
    exact = 2 * np.pi * 0.1**2 * np.exp(-0.5 * (2 * np.pi * 0.1 * 5) ** 2)
    assert covariance[3, 4] == pytest.approx(exact, rel=0.02)
    for down, across in ((0, 0), (1, 0), (0, 1), (2, 1), (3, 3)):
        each = (values[:, down:, across:] * values[:, : 16 - down, : 16 - across]).mean(axis=(1, 2))
        error = each.std() / np.sqrt(draws)
        assert abs(each.mean() - covariance[down, across]) < 4 * error


def test_all_ones_is_white_noise_and_realisations_keep_their_streams():
    five = spectral_field((9, 12), spectrum=[1, 1], n=5, seed=3).values
    np.testing.assert_array_equal(
        five[:2], spectral_field((9, 12), spectrum=[1, 1], n=2, seed=3).values
    )
    many = spectral_field(50, spectrum=[1, 1], n=400, seed=4).values
    assert abs(many.var() - 1) < 4 * np.sqrt(2 / many.size)


@pytest.mark.parametrize("spectrum", [[1], [0, 0], [1, -1], [[1, 1]], [1, np.nan]])
def test_what_is_no_spectrum_is_refused(spectrum):
    with pytest.raises(InputError, match=r"^spectrum: wanted"):
        spectral_field(16, spectrum=spectrum, seed=0)
