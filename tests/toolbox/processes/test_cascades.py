"""Cascades: every moment of the density, and the dependence along the tree, in closed form."""

import numpy as np
import pytest

from toolbox import InputError, lognormal_cascade, logpoisson_cascade
from toolbox.processes.cascades import tree_depth


def drawn(kind, shape, n, seed=1):
    if kind == "lognormal":
        return lognormal_cascade(shape, intermittency=0.06, n=n, seed=seed)
    return logpoisson_cascade(shape, singularity=0.3, ratio=0.6, n=n, seed=seed)


def zeta(kind, q):
    if kind == "lognormal":
        return 0.03 * q - 0.03 * q**2
    return -0.3 * q + 0.3 * (1 - 0.6**q) / (1 - 0.6)


@pytest.mark.parametrize("kind", ["lognormal", "logpoisson"])
def test_cumulants_are_the_derivatives_of_zeta_at_zero(kind):
    h = 1e-3
    values = [zeta(kind, k * h) for k in (-2, -1, 0, 1, 2)]
    a, b, c, d, e = values
    derivatives = [(d - b) / (2 * h), (b - 2 * c + d) / h**2, (e - 2 * d + 2 * b - a) / (2 * h**3)]
    np.testing.assert_allclose(drawn(kind, 4, 1).cumulants, derivatives, atol=1e-5)


@pytest.mark.parametrize("shape", [(16,), (8, 8)])
@pytest.mark.parametrize("kind", ["lognormal", "logpoisson"])
def test_moments_of_the_density_are_those_of_the_multiplier_to_the_depth(kind, shape):
    draws = 8000
    values = drawn(kind, shape, draws).values
    for q in (-1, 0.5, 1, 2, 3):
        each = (values**q).reshape(draws, -1).mean(axis=1)
        exact = 2.0 ** (-zeta(kind, q) * tree_depth(shape))
        assert abs(each.mean() - exact) < 4 * each.std() / np.sqrt(draws), q


@pytest.mark.parametrize("kind", ["lognormal", "logpoisson"])
def test_cumulants_of_the_logarithm_grow_with_the_depth_as_the_truth_says(kind):
    draws = 40000
    process = drawn(kind, 8, draws, seed=2)
    logs = np.log(process.values[:, 5])
    centred = logs - logs.mean()
    found = [logs.mean(), (centred**2).mean(), (centred**3).mean()]
    errors = [s.std() / np.sqrt(draws) for s in (logs, centred**2, centred**3)]
    exact = -3 * np.log(2) * process.cumulants
    assert (np.abs(found - exact) < 4 * np.array(errors)).all()


@pytest.mark.parametrize("kind", ["lognormal", "logpoisson"])
def test_samples_share_exactly_their_common_ancestors(kind):
    draws = 20000
    process = drawn(kind, 8, draws, seed=3)
    logs = np.log(process.values)
    index = np.arange(8)
    shared = sum((index[:, None] >> k) == (index >> k) for k in range(3))
    unit = -np.log(2) * process.cumulants[1]
    # The third and fourth cumulants widen the Gaussian error of a covariance a little: 6, not 4.
    error = unit * np.sqrt((9 + shared**2) / draws)
    assert (np.abs(np.cov(logs.T) - shared * unit) < 6 * error).all()


def test_images_share_ancestors_along_both_axes():
    draws = 8000
    logs = np.log(lognormal_cascade((4, 4), intermittency=0.5, n=draws, seed=4).values)
    points = np.argwhere(np.ones((4, 4)))
    pairs = points[:, None], points[None]
    shared = sum(((pairs[0] >> k) == (pairs[1] >> k)).all(axis=-1) for k in range(2))
    unit = 0.5 * np.log(2)
    error = unit * np.sqrt((4 + shared**2) / draws)
    assert (np.abs(np.cov(logs.reshape(draws, -1).T) - shared * unit) < 4.5 * error).all()


def test_any_shape_and_any_number_of_realisations():
    for shape in (37, (5, 12)):
        for kind in ("lognormal", "logpoisson"):
            five, two = drawn(kind, shape, 5).values, drawn(kind, shape, 2).values
            np.testing.assert_array_equal(five[:2], two)
            assert five.shape == (5, *np.atleast_1d(shape))
            assert (five > 0).all()


def test_a_constant_when_nothing_is_intermittent():
    np.testing.assert_array_equal(lognormal_cascade(9, intermittency=0, seed=0).values, 1)


def test_a_cascade_that_dies_is_refused():
    with pytest.raises(InputError, match=r"^intermittency: wanted .* < 2"):
        lognormal_cascade(16, intermittency=2, seed=0)
    lognormal_cascade((16, 16), intermittency=2, seed=0)
    with pytest.raises(InputError, match=r"^singularity: wanted a number below 3.259"):
        logpoisson_cascade(16, singularity=3.26, ratio=0.5, seed=0)
    with pytest.raises(InputError, match=r"^ratio: wanted"):
        logpoisson_cascade(16, singularity=0.1, ratio=1, seed=0)
