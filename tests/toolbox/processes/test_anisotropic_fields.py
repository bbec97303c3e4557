"""Anisotropic fields: their second moment along and across the direction, against the law."""

import numpy as np
import pytest

from toolbox import InputError, anisotropic_field
from toolbox.processes.anisotropic_fields import spectral_parts
from toolbox.processes.periodic_fields import variogram

LAWS = [(0.4, 0.7), (0.6, 0.8), (0.4, 1.4), (0.2, 0.5), (0.1, 0.9), (0.4, 0.5), (0.4, 1.5)]
UPRIGHT, OBLIQUE = ((0, 1), (1, 0)), ((4, 3), (3, -4))  # (rows, columns): along, across


def implied_variogram(side, hurst, anisotropy, angle, lags):
    """E (X(x + r) - X(x))^2 of the generator, from its transfer and its waves."""
    torus = (2 * side, 2 * side)
    transfer, waves, amplitudes = spectral_parts(torus, hurst, anisotropy, angle)
    lags = np.asarray(lags)
    fine = variogram(transfer, torus)[tuple(lags.T)]
    return fine + (2 * (1 - np.cos(lags @ waves)) * amplitudes**2).sum(axis=1)


@pytest.mark.parametrize(("hurst", "anisotropy"), LAWS)
@pytest.mark.parametrize("directions", [UPRIGHT, OBLIQUE])
def test_exponents_along_and_across_are_those_of_the_law(hurst, anisotropy, directions):
    angle = np.arctan2(*directions[0])
    factors = 2 ** np.arange(7)
    for direction, power in zip(directions, (anisotropy, 2 - anisotropy), strict=True):
        lags = np.outer(factors[factors * max(np.abs(direction)) <= 64], direction)
        steps = implied_variogram(128, hurst, anisotropy, angle, lags)
        exponents = np.diff(np.log2(steps)) / 2
        np.testing.assert_allclose(exponents, hurst / power, atol=0.015)


@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_no_anisotropy_is_the_isotropic_fractional_field(angle):
    lags = [(0, 5), (5, 0), (3, 4), (4, -3), (0, 25), (24, 7), (15, -20)]
    steps = implied_variogram(128, 0.6, 1.0, angle, lags)
    steps = steps / np.linalg.norm(lags, axis=1) ** 1.2
    np.testing.assert_allclose(steps / steps[0], 1, atol=0.01)


def test_turning_by_a_right_angle_exchanges_the_axes():
    flat = implied_variogram(64, 0.4, 0.7, 0.0, [(0, 1), (0, 8), (1, 0), (8, 0)])
    upright = implied_variogram(64, 0.4, 0.7, np.pi / 2, [(1, 0), (8, 0), (0, 1), (0, 8)])
    np.testing.assert_allclose(flat, upright, rtol=0.02)


@pytest.mark.parametrize("angle", [0.0, 0.5])
def test_draws_have_the_implied_second_moment(angle):
    draws = 200
    values = anisotropic_field(32, hurst=0.4, anisotropy=0.7, angle=angle, n=draws, seed=1).values
    assert values.shape == (draws, 32, 32)
    assert (values[:, 0, 0] == 0).all()
    for down, across in ((0, 1), (1, 0), (4, 3), (0, 12), (12, 0)):
        steps = values[:, down:, across:] - values[:, : 32 - down, : 32 - across]
        each = (steps**2).mean(axis=(1, 2))
        exact = implied_variogram(32, 0.4, 0.7, angle, [(down, across)])
        assert abs(each.mean() - exact[0]) < 4 * each.std() / np.sqrt(draws), (down, across)


def test_a_realisation_does_not_depend_on_how_many_are_drawn():
    law = {"hurst": 0.4, "anisotropy": 0.7, "angle": 0.3, "seed": 2}
    five = anisotropic_field((9, 12), n=5, **law)
    np.testing.assert_array_equal(five.values[:2], anisotropic_field((9, 12), n=2, **law).values)
    np.testing.assert_allclose(five.cumulants, [0.4 / 1.3, 0, 0])


@pytest.mark.parametrize(
    ("argument", "value"),
    [("hurst", 0.7), ("hurst", 0), ("anisotropy", 1.6), ("anisotropy", 0.4), ("shape", (4, 4))],
)
def test_what_has_no_law_is_refused(argument, value):
    arguments = {"shape": 16, "hurst": 0.4, "anisotropy": 0.7, "angle": 0, "seed": 0}
    with pytest.raises(InputError, match=rf"^{argument}: wanted"):
        anisotropic_field(**arguments | {argument: value})
