"""Fractional fields: the covariance that the generator implies, and draws against closed forms."""

import numpy as np
import pytest
from scipy.fft import irfftn, rfftn

from toolbox import InputError, fractional_field
from toolbox.processes.fractional_fields import (
    increment_covariance,
    stein_constants,
    stein_covariance,
    stein_reach,
)
from toolbox.processes.periodic_fields import filtered, spectral_roots, torus_distance

HURSTS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.75, 0.76, 0.9, 0.98)


def brownian_covariance(points, hurst):
    """E B(x) B(y) of the field that is zero at the first point."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1) ** (2 * hurst)
    return (distance[:, :1] + distance[:1] - distance) / 2


@pytest.mark.parametrize("hurst", HURSTS)
def test_eigenvalues_of_both_embeddings_are_never_negative(hurst):
    for side in (7, 16, 45):
        increments = rfftn(increment_covariance(torus_distance((2 * side,)), hurst)).real
        assert increments.min() > 0
        diagonal = np.hypot(side - 1, side - 1)
        torus = (int(np.ceil(2 * stein_reach(hurst) * diagonal)),) * 2
        surface = rfftn(stein_covariance(torus_distance(torus) / diagonal, hurst)).real
        assert surface.min() > -1e-12 * surface.max()


@pytest.mark.parametrize("hurst", HURSTS)
def test_the_motion_implied_by_the_embedding_has_the_closed_covariance(hurst):
    # The generator is linear in its white noise: fed with unit vectors it gives its own matrix.
    size = 9
    torus = (2 * size,)
    roots = spectral_roots(increment_covariance(torus_distance(torus), hurst))
    matrix = np.stack([filtered(unit, roots)[: size - 1] for unit in np.eye(2 * size)], axis=1)
    walk = np.cumsum(matrix, axis=0)
    exact = brownian_covariance(np.arange(size)[:, None], hurst)[1:, 1:]
    np.testing.assert_allclose(walk @ walk.T, exact, rtol=0, atol=1e-10)


@pytest.mark.parametrize("hurst", HURSTS)
@pytest.mark.parametrize("shape", [(6, 6), (4, 9)])
def test_the_surface_implied_by_the_embedding_has_the_closed_variogram(hurst, shape):
    diagonal = np.hypot(*(side - 1 for side in shape))
    torus = (int(np.ceil(2 * stein_reach(hurst) * diagonal)),) * 2
    roots = spectral_roots(stein_covariance(torus_distance(torus) / diagonal, hurst))
    covariance = irfftn(roots**2, s=torus)[: shape[0], : shape[1]]
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    r = np.hypot(rows, columns)
    plane = 2 * stein_constants(hurst)[1] * (r / diagonal) ** 2
    implied = diagonal ** (2 * hurst) / 2 * (2 * (covariance[0, 0] - covariance) + plane)
    np.testing.assert_allclose(implied, r ** (2 * hurst), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("shape", "hurst"), [(8, 0.3), (8, 0.8), ((4, 5), 0.3), ((4, 5), 0.85)])
def test_the_covariance_of_many_draws_is_the_closed_one(shape, hurst):
    draws = 4000
    values = fractional_field(shape, hurst=hurst, n=draws, seed=1).values
    points = np.argwhere(np.ones(values.shape[1:])).astype(float)
    exact = brownian_covariance(points, hurst)
    values = values.reshape(draws, -1)
    assert (values[:, 0] == 0).all()
    # Gaussian: the variance of a sample covariance is (C_ii C_jj + C_ij^2) / draws.
    variance = np.outer(np.diag(exact), np.diag(exact)) + exact**2
    error = np.sqrt(np.maximum(variance, 1e-12) / draws)
    assert np.abs((values.T @ values / draws - exact) / error).max() < 4.5
    assert np.abs(values.mean(axis=0)).max() < 4.5 * np.sqrt(exact.max() / draws)


@pytest.mark.parametrize("hurst", [0.3, 0.8])
def test_the_variogram_is_the_same_in_every_direction(hurst):
    values = fractional_field((65, 65), hurst=hurst, n=300, seed=2).values
    for lag in ((3, 4), (5, 0), (0, 5), (4, 3), (21, 28), (35, 0), (0, 35)):
        steps = values[:, lag[0] :, lag[1] :]
        steps = steps - values[:, : 65 - lag[0], : 65 - lag[1]]
        each = (steps**2).mean(axis=(1, 2)) / np.hypot(*lag) ** (2 * hurst)
        assert abs(each.mean() - 1) < 4 * each.std() / np.sqrt(len(each)), lag


def test_a_realisation_does_not_depend_on_how_many_are_drawn():
    for shape in (33, (9, 12)):
        five = fractional_field(shape, hurst=0.6, n=5, seed=3).values
        two = fractional_field(shape, hurst=0.6, n=2, seed=3).values
        np.testing.assert_array_equal(five[:2], two)
        assert five.dtype == np.float64
        assert not np.array_equal(five[0], five[1])


def test_truth_in_the_record():
    process = fractional_field((8,), hurst=0.6, seed=0)
    assert process.values.shape == (1, 8)
    assert process.cumulants.tolist() == [0.6, 0, 0]
    assert (process.hurst, process.intermittency) == (0.6, 0)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("hurst", 0), ("hurst", 1), ("shape", 1), ("shape", (4, 4, 4)), ("shape", "long"), ("n", 0)],
)
def test_what_has_no_law_is_refused(argument, value):
    arguments = {"shape": 8, "hurst": 0.5, "n": 1, "seed": 0} | {argument: value}
    with pytest.raises(InputError, match=f"^{argument}: wanted"):
        fractional_field(**arguments)
