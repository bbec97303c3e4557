"""Cross-cumulants: against plain computation, one-component estimates, known laws, symmetries."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, t

import toolbox
from tests.reference.block_bootstrap import resampled_slopes
from toolbox.core.streams import generator
from toolbox.multifractals.block_bootstrap import block_counts, block_weights
from toolbox.multifractals.scaling_range import check_cross_scales, leader_boxes

MATRICES = ("c11", "rho_mf", "rho_ss", "coherence", "log_covariance")


def walks(*shape):
    return np.cumsum(generator(8, "cross", *shape).standard_normal(shape), axis=-1)


def images(*shape):
    return np.cumsum(walks(*shape), axis=-2)


@pytest.mark.parametrize(
    ("dim", "p", "x"), [(1, inf, walks(2, 3, 700)), (2, 2.0, images(2, 2, 64, 60))]
)
def test_every_figure_equals_plain_computation(dim, p, x):
    got = toolbox.cross_multifractal(x, dim=dim, p=p, gamma=1)
    leaders = toolbox.wavelet_leaders(x, dim=dim, p=p, gamma=1).values
    details = toolbox.wavelet_coefficients(x, dim=dim).details
    K, J = x.shape[1], len(got.counts)
    j = np.arange(got.scales[0], got.scales[1] + 1)
    n = np.array([v[0, 0].size for v in leaders])
    assert got.counts.tolist() == n[:J].tolist()
    for i in range(len(x)):
        C = np.array([np.cov(np.log(v[i].reshape(K, -1))) for v in leaders[:J]])
        np.testing.assert_allclose(got.log_covariance[i], C, atol=1e-11)
        lines = np.polyfit(j, C[j - 1].reshape(len(j), -1), 1, w=np.sqrt(n[j - 1]))
        c11 = lines[0].reshape(K, K) / np.log(2)
        np.testing.assert_allclose(got.c11[i], c11, atol=1e-10)
        d = [v[i].reshape(K, -1) for v in details[:J]]
        r = np.array([u @ u.T / np.sqrt(np.outer(*[(u**2).sum(axis=1)] * 2)) for u in d])
        np.testing.assert_allclose(got.coherence[i], r**2, atol=1e-11)
        weighted = np.average(r[j - 1], axis=0, weights=n[j - 1])
        np.testing.assert_allclose(got.rho_ss[i], weighted, atol=1e-11)


@pytest.mark.parametrize(("dim", "x"), [(1, walks(2, 1, 350)), (2, images(2, 1, 64, 60))])
def test_a_component_with_itself_has_the_second_cumulant_of_one_component(dim, x):
    one = toolbox.multifractal(x[:, 0], dim=dim, p=2, orders=2)
    got = toolbox.cross_multifractal(np.repeat(x, 2, axis=1), dim=dim)
    expected = np.broadcast_to(one.cumulants[:, 1, None, None], got.c11.shape)
    np.testing.assert_allclose(got.c11, expected, atol=1e-11)
    spread = np.broadcast_to(one.log_cumulants[..., 1, None, None], got.log_covariance.shape)
    np.testing.assert_allclose(got.log_covariance, spread, atol=1e-11)
    np.testing.assert_array_equal(got.gamma, one.gamma)
    np.testing.assert_allclose(got.hmin, one.hmin[:, None].repeat(2, 1), atol=1e-11)
    np.testing.assert_allclose(got.rho_ss, 1, atol=1e-12)
    assert (got.scales, got.counts.tolist()) == (one.scales, one.counts.tolist())
    negative = one.cumulants[:, 1] < 0
    np.testing.assert_allclose(got.rho_mf[negative], 1, atol=1e-9)
    assert np.isnan(got.rho_mf[~negative]).all()


@pytest.mark.parametrize(
    ("dim", "p", "x"), [(1, 1.0, walks(2, 3, 700)), (2, inf, images(2, 2, 64, 60))]
)
def test_on_the_diagonal_are_the_figures_of_one_component(dim, p, x):
    options = {"dim": dim, "p": p, "gamma": 1, "resamples": 30, "seed": 3, "level": 0.9}
    got = toolbox.cross_multifractal(x, **options)
    for k in range(x.shape[1]):
        one = toolbox.multifractal(x[:, k], **options)
        np.testing.assert_allclose(got.c11[:, k, k], one.cumulants[:, 1], atol=1e-11)
        np.testing.assert_allclose(got.c1[:, k], one.cumulants[:, 0], atol=1e-11)
        np.testing.assert_allclose(got.standard_error[:, k, k], one.standard_error[:, 1], rtol=1e-9)
        np.testing.assert_allclose(got.interval[:, k, k], one.interval[:, 1], atol=1e-11)
    assert (got.blocks, got.level, got.space) == (one.analysis.blocks, 0.9, x.shape[2:])
    assert got.p == p
    assert "calibrate_cross" in got.note


@pytest.mark.parametrize("shape", [(700,), (90, 75)])
def test_the_interval_is_that_of_blocks_gathered_one_by_one(shape):
    dim, scales = len(shape), (1, 3)
    x = walks(1, 2, *shape) if dim == 1 else images(1, 2, *shape)
    options = {"dim": dim, "scales": scales, "wavelet": "db2", "gamma": 0.5, "p": inf}
    got = toolbox.cross_multifractal(x, resamples=40, seed=3, **options)
    leaders = toolbox.wavelet_leaders(x, dim=dim, wavelet="db2", levels=3, gamma=0.5)
    boxes = leader_boxes(shape, length=4)[:3]
    rng = generator(3, "multifractal", "blocks")
    weights = next(block_weights(block_counts(boxes), resamples=40, fewest=3, rng=rng))

    def c2(values):
        return resampled_slopes(values, leaders.first, scales, weights, 2)[:, 1]

    a, b = ([v[0, k] for v in leaders.values] for k in (0, 1))
    product = [u * v for u, v in zip(a, b, strict=True)]  # its logarithm is the sum of the two
    c11 = (c2(product) - c2(a) - c2(b)) / 2
    blocks = weights.shape[1]
    error = np.sqrt(blocks / (blocks - 1)) * c11.std(ddof=1)
    assert got.blocks == blocks
    np.testing.assert_allclose(got.standard_error[0, 0, 1], error, rtol=1e-7)
    limits = got.c11[0, 0, 1] + t.ppf(0.975, blocks - 1) * error * np.array([-1, 1])
    np.testing.assert_allclose(got.interval[0, 0, 1], limits, rtol=1e-7)
    np.testing.assert_array_equal(got.interval[:, 0, 1], got.interval[:, 1, 0])


def test_without_resamples_there_is_no_interval():
    got = toolbox.cross_multifractal(walks(2, 2, 350), dim=1)
    assert got.blocks == 0
    assert np.isnan(got.interval).all()
    assert np.isnan(got.standard_error).all()
    for wrong, name in (({"resamples": 5, "seed": 0}, "resamples"), ({"resamples": 20}, "seed")):
        with pytest.raises(toolbox.InputError, match=f"^{name}: wanted"):
            toolbox.cross_multifractal(walks(2, 2, 350), dim=1, **wrong)
    with pytest.raises(toolbox.InputError, match=r"^level: wanted"):
        toolbox.cross_multifractal(walks(2, 2, 350), dim=1, level=1.0)


def pairs(**correlations):
    law = {"hurst": [0.6, 0.8], "intermittency": [0.08, 0.04], "n": 60, "seed": 0}
    return toolbox.multivariate_field(8192, **law, **correlations)


@pytest.mark.parametrize("noise_correlation", [0.0, 0.8])
def test_components_that_fluctuate_independently_have_no_cross_cumulant(noise_correlation):
    x = pairs(noise_correlation=noise_correlation, multifractal_correlation=0.0).values
    got = toolbox.cross_multifractal(x, dim=1)
    c11 = got.c11[:, 0, 1]
    assert abs(c11.mean()) < 4 * c11.std(ddof=1) / np.sqrt(60)
    if noise_correlation == 0:
        rho = got.rho_ss[:, 0, 1]
        assert abs(rho.mean()) < 4 * rho.std(ddof=1) / np.sqrt(60)
    else:  # .8 T^(-(lambda_a^2 + lambda_b^2) / 2), T the integral scale, here the length
        assert 0.4 < got.rho_ss[:, 0, 1].mean() < 0.8


@pytest.mark.parametrize("correlation", [1.0, -0.8])
def test_shared_fluctuations_show_in_the_multifractal_correlation(correlation):
    process = pairs(noise_correlation=0.0, multifractal_correlation=correlation)
    got = toolbox.cross_multifractal(process.values, dim=1)
    c11 = got.c11[:, 0, 1]
    error = c11.std(ddof=1) / np.sqrt(60)
    assert abs(c11.mean() - process.cross_cumulants[0, 1]) < 4 * error
    c20, c02 = got.c11[:, 0, 0].mean(), got.c11[:, 1, 1].mean()
    # Leaders of p = inf, whose c_2 are too near to 0, have a median of 1.12 where 1 is true.
    assert abs(-c11.mean() / np.sqrt(c20 * c02) - correlation) < 0.1
    assert np.nanmedian(got.rho_mf[:, 0, 1]) == pytest.approx(correlation, abs=0.1)


def test_finer_scales_are_left_out_of_longer_signals():
    for size, scales in {700: (3, 5), 2**14: (3, 10), 2**16: (4, 12), 2**18: (5, 14)}.items():
        assert check_cross_scales(None, (size,), length=6) == scales
    assert check_cross_scales((2, 6), (2**18,), length=6) == (2, 6)
    assert check_cross_scales(None, (512, 512), length=6)[0] == 2


@pytest.mark.long
@pytest.mark.parametrize(("size", "strength"), [(2**14, 0.03), (2**16, 0.03), (2**16, 0.06)])
def test_limits_of_the_cross_cumulant_cover_at_the_defaults(size, strength):
    draws, covered = 200, []
    law = {"hurst": [0.6, 0.7], "intermittency": strength, "noise_correlation": 0.0}
    for part in range(10):
        process = toolbox.multivariate_field(
            size, **law, multifractal_correlation=0.7, n=draws // 10, seed=part
        )
        got = toolbox.cross_multifractal(process.values, dim=1, resamples=200, seed=part)
        low, high = np.moveaxis(got.interval[:, 0, 1], -1, 0)
        truth = process.cross_cumulants[0, 1]
        covered.append((low <= truth) & (truth <= high))
    # 92 to 98 %, and a Monte Carlo error that a right one exceeds once in a thousand.
    fewest, most = binom.ppf(0.001, draws, 0.92), binom.ppf(0.999, draws, 0.98)
    assert fewest <= np.concatenate(covered).sum() <= most


@settings(derandomize=True, deadline=None, max_examples=8)
@given(
    order=st.permutations(range(3)),
    gains=st.lists(st.floats(0.01, 100), min_size=3, max_size=3),
    seed=st.integers(0, 99),
)
def test_components_can_change_places_and_gains(order, gains, seed):
    x = np.cumsum(generator(8, "order", seed).standard_normal((2, 3, 350)), axis=-1)
    plain = toolbox.cross_multifractal(x, dim=1, gamma=1)
    moved = toolbox.cross_multifractal(
        (x * np.array(gains)[:, None] + 3)[:, order], dim=1, gamma=1.0
    )
    for name in MATRICES:
        matrix = getattr(plain, name)
        expected = matrix[..., order, :][..., order]
        np.testing.assert_allclose(getattr(moved, name), expected, rtol=1e-7, atol=1e-9)
        np.testing.assert_array_equal(matrix, matrix.swapaxes(-1, -2))
    assert (plain.coherence <= 1 + 1e-12).all()


def test_a_sign_turns_the_coefficients_correlation_only():
    x = walks(2, 2, 350)
    plain = toolbox.cross_multifractal(x, dim=1)
    turned = toolbox.cross_multifractal(x * np.array([[1], [-1]]), dim=1)
    np.testing.assert_allclose(turned.c11, plain.c11, atol=1e-12)
    np.testing.assert_allclose(turned.rho_ss[:, 0, 1], -plain.rho_ss[:, 0, 1], atol=1e-12)


def test_single_precision_is_close_and_kept():
    x = walks(2, 2, 350)
    double = toolbox.cross_multifractal(x, dim=1)
    single = toolbox.cross_multifractal(x.astype(np.float32), dim=1)
    for name in ("c11", "rho_ss", "coherence", "log_covariance"):
        assert getattr(single, name).dtype == np.float32
        np.testing.assert_allclose(getattr(single, name), getattr(double, name), atol=1e-4)


def test_gamma_is_chosen_an_item_for_all_of_its_components():
    x = walks(2, 2, 350)
    x[1, 1] = np.diff(x[1, 1], prepend=0)  # white noise, the roughest component of item 1
    got = toolbox.cross_multifractal(x, dim=1)
    leaders = toolbox.cross_multifractal(x, dim=1, p=inf)
    eta = toolbox.multifractal(x, dim=1, p=2).eta
    for estimate, regularity in ((got, eta / 2), (leaders, leaders.hmin)):
        needed = np.floor(-regularity.min(axis=1) / 0.25 + 1) * 0.25
        np.testing.assert_array_equal(estimate.gamma, np.maximum(needed, 0))
    assert got.gamma[1] > got.gamma[0]
    assert "gamma differs" in got.note


def test_what_shows_no_multifractality_has_no_correlation_and_says_so():
    got = toolbox.cross_multifractal(walks(60, 2, 8192), dim=1)
    flat = np.diagonal(got.c11, axis1=1, axis2=2) >= 0
    assert flat.any()
    undefined = flat[:, :, None] | flat[:, None, :]
    np.testing.assert_array_equal(np.isnan(got.rho_mf), undefined)
    assert f"{flat.sum()} of 120 components" in got.note


@pytest.mark.parametrize("shape", [(300,), (2, 300), (2, 1, 300)])
def test_components_never_come_without_items_nor_alone(shape):
    with pytest.raises(toolbox.InputError, match=r"^x: wanted \(items, components"):
        toolbox.cross_multifractal(walks(*shape), dim=1)


def test_what_cannot_be_analysed_is_refused_by_name():
    x = walks(2, 2, 350)
    cases = [
        ("gamma", {"gamma": "none"}),
        ("gamma", {"gamma": 0}),
        ("gamma", {"gamma": 0, "p": inf}),
        ("p", {"p": 0}),
        ("scales", {"scales": (2, 2)}),
        ("x", {"scales": (1, 9)}),
    ]
    for argument, options in cases:
        with pytest.raises(toolbox.InputError, match=rf"^{argument}: wanted"):
            toolbox.cross_multifractal(np.diff(x, prepend=0), dim=1, **options)
    x[0, 1, 100:200] = 1
    with pytest.raises(toolbox.InputError, match=r"^x: wanted variation .* item 0, 1"):
        toolbox.cross_multifractal(x, dim=1)
