"""Multivariate fields: correlations of the components' noise and energies against closed forms."""

import numpy as np
import pytest

from toolbox import InputError, multifractal_field, multivariate_field

NOISE = np.array([[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]])
MIXED = np.array([[1, -0.5, 0.8], [-0.5, 1, 0.0], [0.8, 0.0, 1]])
STRENGTHS = np.array([0.02, 0.04, 0.03])
LAW = {"noise_correlation": NOISE, "multifractal_correlation": MIXED, "intermittency": STRENGTHS}
SIZE = 64


def walks(draws, **changes):
    # With H = 1/2 the one-sample increments are the noise itself, less its mean on the torus.
    return multivariate_field(SIZE, hurst=0.5, n=draws, seed=1, **LAW | changes)


def within(each, exact, sigmas=4.5):
    """Whether the mean over draws (the first axis) is the exact one within its standard error."""
    error = each.std(axis=0) / np.sqrt(len(each))
    return (np.abs(each.mean(axis=0) - exact) < sigmas * error + 0.5 / SIZE * np.abs(exact)).all()


def test_the_truth_in_the_record():
    process = multivariate_field((8, 8), hurst=[0.4, 0.5, 0.6], seed=0, n=2, **LAW)
    assert process.values.shape == (2, 3, 8, 8)
    np.testing.assert_allclose(process.cumulants[:, 0], [0.42, 0.54, 0.63])
    np.testing.assert_allclose(process.cumulants[:, 1], -STRENGTHS)
    np.testing.assert_allclose(np.diag(process.cross_cumulants), -STRENGTHS)
    assert process.cross_cumulants[0, 1] == pytest.approx(0.5 * np.sqrt(0.02 * 0.04))


def test_increments_are_correlated_as_the_closed_form_says():
    # E z_a z_b = rho T^(rho_mf lambda_a lambda_b - (lambda_a^2 + lambda_b^2) / 2), T = the size.
    steps = np.diff(walks(3000).values)
    each = np.einsum("nat,nbt->nab", steps, steps) / (SIZE - 1)
    mixing = MIXED * np.sqrt(np.outer(STRENGTHS, STRENGTHS))
    exact = NOISE * SIZE ** (mixing - np.add.outer(STRENGTHS, STRENGTHS) / 2)
    assert within(each, exact)


@pytest.mark.parametrize("lag", [0, 1, 7, 40])
def test_energies_are_correlated_as_the_closed_form_says(lag):
    # E z_a(x)^2 z_b(x + r)^2 = exp(4 C_ab(r)), and at r = 0 times 1 + 2 rho_ab^2.
    steps = np.diff(walks(3000).values)
    head, tail = steps[..., : SIZE - 1 - lag] ** 2, steps[..., lag:] ** 2
    each = np.einsum("nat,nbt->nab", head, tail) / head.shape[-1]
    mixing = MIXED * np.sqrt(np.outer(STRENGTHS, STRENGTHS))
    exact = (SIZE / (1 + lag)) ** (4 * mixing)
    assert within(each, exact * (1 + 2 * NOISE**2 if lag == 0 else 1))


def test_logarithms_of_the_energies_give_the_cross_cumulants():
    # Cov(ln abs z_a(x), ln abs z_b(y)) = Cov(omega_a, omega_b) = -c_11 ln(T / (1 + r)), since the
    # noise at different places is independent. Its slope in ln r is c_11, the definition.
    process = walks(6000)
    logs = np.log(np.abs(np.diff(process.values)))
    logs = logs - logs.mean(axis=(0, 2), keepdims=True)
    for lag in (2, 15):
        tail = logs[..., lag:]
        each = np.einsum("nat,nbt->nab", logs[..., :-lag], tail) / tail.shape[-1]
        exact = -process.cross_cumulants * np.log(SIZE / (1 + lag))
        error = each.std(axis=0) / np.sqrt(len(each))
        # The torus' mean, taken off each increment, correlates them by less than 1 / SIZE.
        assert (np.abs(each.mean(axis=0) - exact) < 4.5 * error + 0.5 / SIZE**1.5).all()


def test_each_component_has_the_second_moment_of_a_single_field():
    # Variances of the increments of one sample are one for every component, also in images.
    for shape in (64, (16, 16)):
        process = multivariate_field(shape, hurst=[0.3, 0.5, 0.8], n=400, seed=2, **LAW)
        for axis in range(2, process.values.ndim):
            steps = np.diff(process.values, axis=axis).reshape(400, 3, -1)
            each = (steps**2).mean(axis=-1)
            error = each.std(axis=0) / 20
            assert (np.abs(each.mean(axis=0) - 1) < 4.5 * error).all()


def test_one_correlation_stands_for_every_pair_and_full_correlation_makes_copies():
    process = multivariate_field(
        16,
        hurst=0.6,
        intermittency=[0.05, 0.05, 0.05],
        noise_correlation=1,
        multifractal_correlation=1,
        seed=3,
    )
    np.testing.assert_allclose(process.values[:, 0], process.values[:, 2], atol=1e-6)
    single = multifractal_field(16, hurst=0.6, intermittency=0.05, seed=3)
    np.testing.assert_allclose(process.cumulants[1], single.cumulants)


def test_a_realisation_does_not_depend_on_how_many_are_drawn():
    np.testing.assert_array_equal(walks(4).values[:2], walks(2).values)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("hurst", [0.5, 1.0, 0.5]),
        ("hurst", [0.5, 0.5]),
        ("intermittency", [0.1, 0.1, 0.6]),
        ("noise_correlation", [[1, 2, 0], [2, 1, 0], [0, 0, 1]]),
        ("noise_correlation", np.eye(2)),
        ("multifractal_correlation", -0.9),
        ("multifractal_correlation", [[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]),
        ("multifractal_correlation", np.full((3, 3), 0.5)),
    ],
)
def test_what_has_no_law_is_refused(argument, value):
    arguments = {"hurst": 0.5, "seed": 0} | LAW | {argument: value}
    with pytest.raises(InputError, match=rf"^{argument}: wanted"):
        multivariate_field(16, **arguments)
