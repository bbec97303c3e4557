"""Multifractal analysis: against plain computation, known laws, symmetries, and on bad input."""

from functools import partial
from math import inf

import numpy as np
import pytest
from scipy.stats import kstat

import toolbox
from toolbox.core.device import compute
from toolbox.core.streams import generator
from toolbox.multifractals.exponents import exponents, finite_resolution
from toolbox.multifractals.scaling_range import check_scales, leader_boxes, shortest
from toolbox.multifractals.slopes import count_weights


def noise(*shape):
    return generator(6, "multifractal", *shape).standard_normal(shape)


def walks(n, size):
    return np.cumsum(noise(n, size), axis=1)


def images(n, side):
    return np.cumsum(np.cumsum(noise(n, side, side), axis=1), axis=2)


def plain(x, *, dim, scales, p, gamma, orders):
    """Every figure of one item straight from its leaders."""
    result = toolbox.wavelet_leaders(x, dim=dim, p=p, gamma=gamma)
    details = toolbox.wavelet_coefficients(x, dim=dim).details
    j = np.arange(scales[0], scales[1] + 1)
    n = np.array([result.values[i - 1].size for i in j])

    def slope(y):
        return np.polyfit(j, y, 1, w=np.sqrt(n))[0]

    hmin = slope([np.log2(np.abs(details[i - 1]).max()) for i in j])
    eta = np.nan if p == inf else slope([np.log2((np.abs(details[i - 1]) ** p).mean()) for i in j])
    every, table = [], []
    for i, leaders in enumerate(result.values, start=1):
        if p != inf:
            e = eta + p * gamma
            leaders = leaders * ((1 - 2 ** (-i * e)) / (1 - 2**-e)) ** (-1 / p)
        y = np.log(leaders.ravel())
        if y.size >= 8:
            every.append([kstat(y, m) for m in range(1, orders + 1)])
        if i in j:
            for q in range(-5, 6):
                u = np.exp(q * y) / np.exp(q * y).sum()
                row = [np.log2(np.exp(q * y).mean()), u @ np.log2(np.exp(y))]
                table.append([*row, u @ np.log2(u) + np.log2(y.size)])
    zeta, h, D = slope(np.array(table).reshape(len(j), -1)).reshape(11, 3).T
    cumulants = slope(np.array(every)[j - 1]) / np.log(2)
    cumulants[0] -= gamma
    q = np.arange(-5, 6)
    return hmin, eta, np.array(every), cumulants, zeta - gamma * q, h - gamma, D + dim


@pytest.mark.parametrize(("p", "gamma"), [(inf, 0), (inf, 0.75), (2.0, 0.5), (1.0, 0.25)])
@pytest.mark.parametrize(("dim", "shape"), [(1, (1500,)), (2, (120, 97))])
def test_every_figure_equals_plain_computation(dim, shape, p, gamma):
    x = np.cumsum(noise(*shape), axis=-1)
    x = np.cumsum(x, axis=0) if dim == 2 else x
    got = toolbox.multifractal(x, dim=dim, p=p, gamma=gamma + 0.5, orders=4)
    options = {"scales": got.scales, "p": p, "gamma": gamma + 0.5, "orders": 4}
    names = ("hmin", "eta", "log_cumulants", "cumulants", "zeta", "h", "D")
    for name, expected in zip(names, plain(x, dim=dim, **options), strict=True):
        np.testing.assert_allclose(getattr(got, name), expected, atol=1e-9, err_msg=name)
    assert got.counts.tolist() == [
        v.size for v in toolbox.wavelet_leaders(x, dim=dim).values if v.size >= 8
    ]


def test_structure_functions_are_mean_powers_and_zeta_their_slopes():
    x = walks(2, 1500)
    got = toolbox.multifractal(x, dim=1, gamma=0.5)
    leaders = toolbox.wavelet_leaders(x, dim=1, gamma=0.5)
    j = np.arange(got.scales[0], got.scales[1] + 1)
    for item, k, q in np.ndindex(2, len(j), 11):
        moment = np.mean(leaders.values[j[k] - 1][item] ** got.q[q])
        assert got.structure_functions[item, k, q] == pytest.approx(np.log2(moment))
    lines = np.polyfit(j, got.structure_functions[0], 1, w=np.sqrt(got.counts[j - 1]))[0]
    np.testing.assert_allclose(got.zeta[0], lines - 0.5 * got.q, atol=1e-10)


def sums_of(leaders, q, **options):
    from toolbox.kernels.log_leaders import leader_sums

    floor = np.zeros(len(leaders[0]))
    kernel = partial(leader_sums, **options)
    return compute(lambda f, q, *v: kernel(v, f, q), floor, np.array(q, dtype=float), *leaders)


def test_leaders_of_an_exact_lognormal_law_give_its_cumulants():
    # ln l_j ~ N((c1 j + 1) ln 2, .5 + c2 j ln 2), independent: C_m(j) is a line, c3 = 0.
    c1, c2, items, q = 0.6, -0.08, 60, tuple(range(-5, 6))
    n = np.array([2000, 1000, 500, 250, 120])
    j = np.arange(1, 6)
    variance = 0.5 + c2 * j * np.log(2)
    leaders = [
        np.exp((c1 * k + 1) * np.log(2) + np.sqrt(v) * noise(items, size))
        for k, v, size in zip(j, variance, n, strict=True)
    ]
    options = {"inside": range(5), "orders": 4, "blocks": ()}
    sums = sums_of(leaders, q, **options)
    sums |= {"gamma": np.zeros(items), "eta": np.full(items, np.nan)}
    weights = count_weights(n, (1, 5))[None, :, None]
    got = exponents(sums, n, (1, 5), weights=weights, q=np.array(q), p=inf, dim=1)
    assert (sums["floored"] == 0).all()
    truth = np.array([c1, c2, 0, 0])
    cumulants = got["cumulants"]
    error = cumulants.std(axis=0, ddof=1) / np.sqrt(items)
    np.testing.assert_array_less(np.abs(cumulants.mean(axis=0) - truth), 4 * error)
    inner = np.abs(np.array(q)) <= 1  # moments that so few leaders can estimate without bias
    for name, law in (
        ("zeta", c1 * np.array(q) + c2 * np.array(q) ** 2 / 2),
        ("h", c1 + c2 * np.array(q)),
        ("D", 1 + c2 * np.array(q) ** 2 / 2),
    ):
        mean, error = got[name].mean(axis=0), got[name].std(axis=0) / np.sqrt(items)
        assert (np.abs(mean - law)[inner] <= 4 * error[inner] + 0.01).all(), name


def test_a_common_ratio_between_scales_is_found_exactly():
    base, q = np.exp(noise(3, 40)), (-1, 0, 2)
    leaders = [base * 2 ** (0.7 * j) for j in range(1, 5)]
    options = {"inside": range(1, 4), "orders": 3, "blocks": ()}
    sums = sums_of(leaders, q, **options)
    sums |= {"gamma": np.zeros(3), "eta": np.full(3, np.nan)}
    weights = count_weights(np.full(4, 40), (2, 4))[None, :, None]
    got = exponents(sums, np.full(4, 40), (2, 4), weights=weights, q=np.array(q), p=inf, dim=2)
    np.testing.assert_allclose(got["cumulants"], [[0.7, 0, 0]] * 3, atol=1e-10)
    np.testing.assert_allclose(got["zeta"], [[-0.7, 0, 1.4]] * 3, atol=1e-10)
    np.testing.assert_allclose(got["h"], 0.7, atol=1e-10)
    np.testing.assert_allclose(got["D"], 2.0, atol=1e-10)


@pytest.mark.parametrize(("dim", "x"), [(1, walks(2, 800)), (2, images(2, 90))])
def test_gain_and_offset_change_nothing_but_the_level(dim, x):
    a = toolbox.multifractal(x, dim=dim, resamples=30, seed=0)
    b = toolbox.multifractal(50 * x + 3, dim=dim, resamples=30, seed=0)
    for name in ("cumulants", "interval", "zeta", "h", "D", "hmin", "fit"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-8)
    shift = b.log_cumulants - a.log_cumulants
    np.testing.assert_allclose(shift, np.log(50) * np.eye(3)[0] + 0 * shift, atol=1e-9)


def test_integration_of_synchronous_scales_moves_c1_alone():
    # At the finest scale a leader is its own coefficient's: gamma only multiplies.
    x = walks(2, 800)
    by = {g: toolbox.multifractal(x, dim=1, gamma=g).log_cumulants[:, 0] for g in (0.25, 1.25)}
    np.testing.assert_allclose(by[1.25] - by[0.25], [np.log(2) * np.eye(3)[0]] * 2, atol=1e-9)


def test_gamma_is_taken_off_again():
    by = {g: toolbox.multifractal(walks(16, 2048), dim=1, gamma=g) for g in (0.25, 0.75)}
    difference = (by[0.25].cumulants - by[0.75].cumulants)[:, :2]
    assert (np.abs(difference.mean(axis=0)) < [0.03, 0.01]).all()
    np.testing.assert_array_equal(by[0.25].hmin, by[0.75].hmin)


def test_transposed_images_have_the_same_properties():
    x = images(2, 80)[:, :, :70]
    a = toolbox.multifractal(x, dim=2)
    b = toolbox.multifractal(x.swapaxes(1, 2), dim=2)
    for name in ("cumulants", "zeta", "h", "D", "hmin"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-10)


def test_a_batch_is_its_items_and_keeps_its_axes():
    x = np.concatenate([walks(3, 800), noise(1, 800)]).reshape(2, 2, 800)
    batch = toolbox.multifractal(x, dim=1, resamples=25, seed=1, orders=2)
    assert batch.cumulants.shape == (2, 2, 2)
    assert batch.interval.shape == (2, 2, 2, 2)
    assert batch.log_cumulants.shape == (2, 2, len(batch.counts), 2)
    assert batch.zeta.shape == batch.h.shape == batch.D.shape == (2, 2, len(batch.q))
    assert batch.hmin.shape == batch.gamma.shape == batch.eta.shape == (2, 2)
    for i, k in np.ndindex(2, 2):
        alone = toolbox.multifractal(x[i, k], dim=1, resamples=25, seed=1, orders=2)
        for name in ("cumulants", "interval", "log_cumulants", "zeta", "h", "D", "gamma", "fit"):
            np.testing.assert_allclose(getattr(batch, name)[i, k], getattr(alone, name), atol=1e-9)


def test_single_precision_agrees_with_double():
    x = walks(2, 800)
    a = toolbox.multifractal(x.astype(np.float32).astype(np.float64), dim=1)
    b = toolbox.multifractal(x.astype(np.float32), dim=1)
    assert b.cumulants.dtype == b.interval.dtype == b.gamma.dtype == np.float32
    np.testing.assert_allclose(a.cumulants, b.cumulants, atol=1e-4)


def test_gamma_is_the_smallest_of_its_grid_for_each_item():
    x = np.stack([noise(800), walks(1, 800)[0], np.diff(noise(802), n=2), noise(2, 800)[1]])
    got = toolbox.multifractal(x, dim=1)
    np.testing.assert_array_equal(got.gamma % 0.25, 0)
    assert (got.hmin + got.gamma > 0).all()
    assert ((got.gamma == 0) | (got.hmin + got.gamma <= 0.25)).all()
    assert got.gamma[1] == 0
    assert got.gamma[2] > got.gamma[0] > 0
    assert "differs between items" in got.note
    assert toolbox.multifractal(x, dim=1, gamma=2.5).note == ""


@pytest.mark.parametrize("n", [60, 200, 1000, 5000])
def test_the_default_scales_follow_the_size(n):
    J = len(leader_boxes((n,), length=4))
    assert check_scales(None, (n,), length=4) == (max(1, min(3, J - 2)), J)
    last = toolbox.wavelet_leaders(walks(1, n)[0], dim=1, wavelet="db2", levels=J).values[-1]
    assert 8 <= last.size <= 19


@pytest.mark.parametrize(("dim", "levels"), [(1, 3), (1, 7), (2, 2), (2, 4)])
def test_the_shortest_length_that_errors_name_is_the_shortest(dim, levels):
    n = shortest(levels, dim=dim, length=6)
    assert len(leader_boxes((n,) * dim, length=6)) >= levels
    assert len(leader_boxes((n - 1,) * dim, length=6)) < levels


def test_finite_resolution_makes_the_sum_a_whole_geometric_series():
    # S_j = sum_{i<j} 2^{-i eta}; times the correction to the power p it is the same at every scale.
    eta, p = 0.8, 2.0
    sums = np.cumsum(2.0 ** (-eta * np.arange(6)))
    corrected = np.log(sums) / p + finite_resolution(np.array([eta]), 6, p=p)[0]
    np.testing.assert_allclose(corrected, 0, atol=1e-12)


def test_finite_resolution_of_growing_energies_is_finite():
    # eta < 0: sums grow with every finer scale (a checkerboard's at once by hundreds of octaves).
    found = finite_resolution(np.array([-0.5, 0.0, -881.0]), 3, p=2)
    terms = 2.0 ** (0.5 * np.arange(3))
    np.testing.assert_allclose(found[0], -np.log(np.cumsum(terms)) / 2, rtol=1e-14)
    np.testing.assert_allclose(found[1], -np.log([1, 2, 3]) / 2, rtol=1e-14)
    np.testing.assert_allclose(found[2], -881 * np.log(2) * np.arange(3) / 2, rtol=1e-14)


REFUSED = [
    ({"scales": (3, 3)}, "scales: wanted two whole numbers"),
    ({"scales": (3, 20)}, r"x: wanted at least \d+ samples an axis for scales up to 20"),
    ({"scales": 4}, "scales: wanted"),
    ({"p": 0}, "p: wanted"),
    ({"p": -1.0}, "p: wanted"),
    ({"gamma": "none"}, "gamma: wanted 'auto' or a number"),
    ({"gamma": 0.0}, r"gamma: wanted more than 0\.\d\d, since hmin = -0.* of item 1 \(or"),
    ({"gamma": 0.1, "p": 2}, r"gamma: wanted more than .*, since eta / p = -"),
    ({"orders": 5}, "orders: wanted"),
    ({"resamples": 5}, "resamples: wanted 0, or at least 20"),
    ({"resamples": 50}, "seed: wanted"),
    ({"level": 1.0}, "level: wanted"),
]


@pytest.mark.parametrize(("wrong", "text"), REFUSED)
def test_refusals_say_what_is_wanted(wrong, text):
    x = np.stack([walks(1, 800)[0], noise(800)])
    with pytest.raises(toolbox.InputError, match=text):
        toolbox.multifractal(x, dim=1, **wrong)


def test_what_has_no_leaders_is_refused():
    with pytest.raises(toolbox.InputError, match="at least 52 samples an axis"):
        toolbox.multifractal(noise(20), dim=1)
    with pytest.raises(toolbox.InputError, match="constant"):
        toolbox.multifractal(np.ones((2, 800)), dim=1)
    flat = walks(2, 800)
    flat[1, 100:500] = flat[1, 100]
    with pytest.raises(toolbox.InputError, match=r"x: wanted variation everywhere.*of item 1"):
        toolbox.multifractal(flat, dim=1)
    with pytest.raises(toolbox.InputError, match="x: wanted variation everywhere"):
        toolbox.multifractal(np.arange(1600.0).reshape(2, 800), dim=1)  # straight lines
    rough = np.diff(noise(2, 806), n=6)
    with pytest.raises(toolbox.InputError, match="x: wanted a regularity"):
        toolbox.multifractal(rough, dim=1)


def accuracy(n, size, *, hurst):
    x = toolbox.fractional_field(size, hurst=hurst, n=n, seed=11).values
    c = toolbox.multifractal(x, dim=1, orders=2).cumulants
    return c.mean(axis=0) - [hurst, 0], c.std(axis=0, ddof=1), np.sqrt((c[:, 1] ** 2).mean())


def test_fractional_brownian_motion_small():
    # Measured elsewhere at 2^15: c_1 bias -.010, c_2 bias +.004; here a little more, shorter.
    bias, deviation, rmse = accuracy(30, 2**13, hurst=0.7)
    assert np.abs(bias[0] + 0.01) < 0.01 + 4 * deviation[0] / np.sqrt(30)
    assert rmse < 0.015


@pytest.mark.long
def test_fractional_brownian_motion_as_in_the_literature():
    bias, deviation, rmse = accuracy(50, 2**15, hurst=0.7)
    assert rmse <= 0.005 + 4 * 0.005 / np.sqrt(2 * 50)
    assert np.abs(bias[0] + 0.010) <= 4 * deviation[0] / np.sqrt(50)
    bias, deviation, _ = accuracy(50, 2**15, hurst=0.3)
    assert np.abs(bias[0] + 0.057) <= 4 * np.sqrt(2) * deviation[0] / np.sqrt(50)


def test_record_is_kept_and_brought_back(tmp_path):
    got = toolbox.multifractal(walks(2, 800), dim=1)
    toolbox.save(got, tmp_path / "m.npz")
    np.testing.assert_array_equal(toolbox.restore(tmp_path / "m.npz").cumulants, got.cumulants)


def test_the_picture_shows_cumulants_and_spectrum():
    got = toolbox.multifractal(walks(2, 800), dim=1)
    *panels, last = got.plot().axes
    assert [axes.get_ylabel() for axes in panels] == ["C_1(j)", "C_2(j)", "C_3(j)"]
    for m, axes in enumerate(panels):
        for line, of_item in zip(axes.lines, got.log_cumulants[..., m], strict=True):
            np.testing.assert_array_equal(line.get_ydata(), of_item)
            assert line.get_xdata().tolist() == list(range(1, len(of_item) + 1))
        (shade,) = axes.patches
        assert (shade.get_x(), shade.get_x() + shade.get_width()) == got.scales
    for line, h, D in zip(last.lines, got.h, got.D, strict=True):
        np.testing.assert_array_equal(line.get_data(), [h, D])


@pytest.mark.parametrize("p", [2.0, 10.0, 30.0])
def test_full_range_integers_and_large_p(p):
    """Sixteen bits of a converter: tenth powers are far outside of float32."""
    walk = np.cumsum(generator(3, "int16").standard_normal(2048))
    counts = np.round(32767 * walk / np.abs(walk).max()).astype(np.int16)
    single = toolbox.multifractal(counts, dim=1, p=p, gamma=0.5, scales=(2, 5))
    double = toolbox.multifractal(counts.astype(np.float64), dim=1, p=p, gamma=0.5, scales=(2, 5))
    assert single.cumulants.dtype == np.float32
    np.testing.assert_allclose(single.cumulants, double.cumulants, atol=2e-4)
    np.testing.assert_allclose(single.zeta, double.zeta, atol=2e-3)
    np.testing.assert_allclose(single.eta, double.eta, rtol=1e-4)


def test_the_logarithms_say_the_gain_and_the_slopes_do_not():
    walk = np.cumsum(generator(4, "gain").standard_normal(1024))
    options = {"dim": 1, "p": 2, "gamma": 1, "scales": (1, 5), "resamples": 20, "seed": 1}
    plain, tiny = (toolbox.multifractal(g * walk, **options) for g in (1, 1e-21))
    np.testing.assert_allclose(tiny.cumulants, plain.cumulants, atol=1e-12)
    shift = tiny.log_cumulants - plain.log_cumulants
    np.testing.assert_allclose(shift[:, 0], np.log(1e-21), rtol=1e-12)
    np.testing.assert_allclose(shift[:, 1:], 0, atol=1e-10)
    moments = tiny.structure_functions - plain.structure_functions
    np.testing.assert_allclose(moments, np.tile(plain.q * np.log2(1e-21), (5, 1)), atol=1e-9)
    assert (np.diff(tiny.interval) > 0).all()
