"""Gaps: leaders that touch one are dropped, sums are those of the rest, nothing is biased."""

from math import inf

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator
from scipy.stats import kstat

import toolbox
from tests.reference.leaders import coefficient_positions, leader_positions
from toolbox.core.streams import generator
from toolbox.multifractals.k_statistics import k_statistics
from toolbox.multifractals.leader_sums import Q, leader_sums
from toolbox.multiscale.wavelet_transform import filters


def noise(*shape):
    return generator(6, "gaps", *shape).standard_normal(shape)


def some_missing(*shape):
    mask = np.zeros(shape, dtype=bool)
    mask[(*(slice(n // 3, n // 3 + 2) for n in shape),)] = True
    mask[(-1,) * len(shape)] = True
    return mask


@pytest.mark.parametrize("p", [inf, 2.0])
@pytest.mark.parametrize("shape", [(70,), (71,), (30, 33)])
def test_leaders_that_remain_are_those_of_the_definition(shape, p):
    x, mask = noise(*shape), some_missing(*shape)
    got = toolbox.wavelet_leaders(x, dim=x.ndim, wavelet="db2", p=p, gamma=0.5, missing=mask)
    scales = coefficient_positions(np.where(mask, np.nan, x), "db2", len(got.values))
    expected = leader_positions(scales, p=p, gamma=0.5)
    for j, (values, first) in enumerate(zip(got.values, got.first, strict=True)):
        found = {
            tuple(int(i) for i in k + first): values[tuple(k)]
            for k in np.argwhere(~np.isnan(values))
        }
        assert found.keys() == expected[j].keys()
        for k, value in expected[j].items():
            assert found[k] == pytest.approx(value, rel=1e-12)
        assert got.share[j] == len(found) / values.size


def test_shares_of_a_case_counted_by_hand():
    # db1, sample 20 missing: details 10 | 5 | 2 of scales 1 to 3, leaders 9-11 | 4-6 | 1-3 gone.
    x, missing = noise(64), np.arange(64) == 20
    got = toolbox.wavelet_leaders(x, dim=1, wavelet="db1", levels=3, missing=missing)
    assert [v.size for v in got.values] == [30, 14, 6]
    assert [np.flatnonzero(np.isnan(v)).tolist() for v in got.values] == [
        [8, 9, 10],
        [3, 4, 5],
        [0, 1, 2],
    ]
    np.testing.assert_allclose(got.share, [27 / 30, 11 / 14, 3 / 6])
    assert (toolbox.wavelet_leaders(x, dim=1).share == 1).all()


def test_nothing_missing_changes_no_bit():
    x = noise(3, 200)
    plain = toolbox.wavelet_leaders(x, dim=1)
    empty = toolbox.wavelet_leaders(x, dim=1, missing=np.zeros(200, dtype=bool))
    for a, b in zip(plain.values, empty.values, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_stands_under_the_mask_does_not_matter():
    x, mask = noise(2, 2, 90), some_missing(2, 2, 90)
    results = [
        toolbox.wavelet_leaders(np.where(mask, fill, x), dim=1, missing=mask)
        for fill in (0, np.nan, np.inf, 1e30)
    ]
    for other in results[1:]:
        np.testing.assert_array_equal(other.values[0], results[0].values[0])
        np.testing.assert_array_equal(other.share, results[0].share)
    one = toolbox.wavelet_leaders(x, dim=1, missing=mask[0, 0])
    np.testing.assert_array_equal(one.values[0][0, 0], results[0].values[0][0, 0])


@pytest.mark.parametrize(
    ("argument", "x", "missing"),
    [
        ("x", np.where(np.arange(64) == 3, np.nan, 1.0), None),
        ("x", np.where(np.arange(64) == 3, np.nan, 1.0), np.arange(64) == 4),
        ("missing", np.ones(64), np.ones(63, dtype=bool)),
        ("missing", np.ones((2, 64)), np.zeros((3, 64), dtype=bool)),
        ("missing", np.ones((2, 2, 64)), np.zeros((2, 64), dtype=bool)),
        ("missing", np.ones(64), np.full(64, 0.5)),
        ("missing", np.ones((2, 64)), np.arange(2)[:, None] * np.ones(64, dtype=bool) > 0),
    ],
)
def test_bad_gaps_are_named(argument, x, missing):
    with pytest.raises(toolbox.InputError, match=rf"^{argument}: wanted"):
        toolbox.wavelet_leaders(x, dim=1, missing=missing)


def test_not_a_number_outside_the_gaps_is_told_of_missing():
    with pytest.raises(toolbox.InputError, match=r"missing="):
        toolbox.wavelet_leaders([1.0, np.nan] * 40, dim=1)


def summed(x, mask, **options):
    bank = filters("db3")
    options = {"p": inf, "gamma": 0.0, "orders": 3, "blocks": (), "device": "cpu"} | options
    return leader_sums(np.where(mask, np.nan, x), bank, (2, 4), gaps=True, **options)


@pytest.mark.parametrize("p", [inf, 2.0])
def test_sums_are_those_of_the_leaders_that_remain(p):
    x = np.cumsum(noise(3, 400), axis=1)
    mask = np.zeros((3, 400), dtype=bool)
    mask[1, 100:110] = mask[2, 300] = True
    got = summed(x, mask, p=p)
    leaders = toolbox.wavelet_leaders(x, dim=1, p=p, missing=mask).values
    for j, values in enumerate(leaders[:4]):
        for i, item in enumerate(values):
            y = np.log(item[~np.isnan(item)])
            e = y - y.mean()
            assert got["counts"][i, j] == y.size
            assert got["mean"][i, j] + got["log_gain"][i] == pytest.approx(y.mean(), abs=1e-12)
            powers = [(e**r).sum() for r in (1, 2, 3)]
            np.testing.assert_allclose(got["power_sums"][i, j], powers, atol=1e-9)
            if j:
                means = [[np.exp(q * e).mean(), (e * np.exp(q * e)).mean()] for q in Q]
                np.testing.assert_allclose(
                    got["exponentials"][i, j - 1], means, rtol=1e-9, atol=1e-12
                )


def test_blocks_count_and_sum_the_leaders_that_remain():
    x, mask = np.cumsum(noise(1, 400), axis=1), np.arange(400)[None] // 20 == 7
    y = toolbox.wavelet_leaders(x, dim=1, missing=mask).values
    sizes = [v.shape[1] for v in y[1:4]]
    blocks = max(-(-n // 2 ** (2 - i)) for i, n in enumerate(sizes)) + 2
    paddings = tuple(
        ((2 ** (2 - i), blocks * 2 ** (2 - i) - 2 ** (2 - i) - n),) for i, n in enumerate(sizes)
    )
    got = summed(x, mask, blocks=paddings)
    np.testing.assert_allclose(got["block_counts"].sum(axis=2), got["counts"][:, 1:4])
    np.testing.assert_allclose(got["block_sums"].sum(axis=2), got["power_sums"][:, 1:4], atol=1e-9)
    remains = np.pad(~np.isnan(y[3][0]), paddings[2]).reshape(blocks, -1).sum(axis=1)
    np.testing.assert_array_equal(got["block_counts"][0, 2], remains)


def test_gaps_leave_a_walk_unbiased_where_interpolation_does_not():
    # 60 motions of H = .7, a fifth missing in stretches of 16: c_1 of what remains is that of
    # the whole; straight lines across the gaps are smooth, which shows as a shift many errors wide.
    x = toolbox.fractional_field(4096, hurst=0.7, n=60, seed=8).values
    start = generator(0, "stretches").integers(0, 4096 // 80, size=60)
    mask = np.zeros(x.shape, dtype=bool)
    for i, s in enumerate(start):
        mask[i, (np.arange(4096) + s) % 80 < 16] = True
    grid = np.arange(4096)
    filled = np.stack([np.interp(grid, grid[~m], v[~m]) for v, m in zip(x, mask, strict=True)])

    def mean_and_variance(values, gaps):
        sums = leader_sums(
            np.where(gaps, np.nan, values),
            filters("db2"),
            (1, 3),
            gaps=True,
            p=inf,
            gamma=0.0,
            orders=2,
            blocks=(),
            device="cpu",
        )
        assert (sums["counts"][:, :3] >= 8).all()
        C = k_statistics(sums["counts"][:, :2], sums["power_sums"][:, :2])
        C[..., 0] += sums["mean"][:, :2]
        return C

    nothing = np.zeros_like(mask)
    whole = mean_and_variance(x, nothing)
    remaining = mean_and_variance(x, mask) - whole
    interpolated = mean_and_variance(filled, nothing) - whole

    def errors_from_zero(difference):
        return difference.mean(axis=0) / (difference.std(axis=0, ddof=1) / np.sqrt(60))

    assert (np.abs(errors_from_zero(remaining)) < 4).all()
    assert (np.abs(errors_from_zero(interpolated)) > 10).any()


def plain_cumulants(leaders, scales, orders=3):
    """Return C_m(j) of what remains, its slopes weighted by what remains, and the counts."""
    C, n = [], []
    for values in leaders.values:
        y = np.log(values[np.isfinite(values)])
        n.append(y.size)
        C.append([kstat(y, m) for m in range(1, orders + 1)] if y.size > orders else [np.nan] * 3)
    j = np.arange(scales[0], scales[1] + 1)
    slopes = np.polyfit(j, np.array(C)[j - 1], 1, w=np.sqrt(np.array(n)[j - 1]))[0]
    return np.array(C), slopes / np.log(2), n


@pytest.mark.parametrize(("dim", "shape", "gap"), [(1, (900,), 300), (2, (130, 120), 50)])
def test_estimates_are_those_of_the_leaders_that_remain(dim, shape, gap):
    x = walk(dim, shape)
    mask = np.zeros(shape, bool)
    mask[gap : gap + 12] = True
    got = toolbox.multifractal(x, dim=dim, gamma=0.5, missing=mask, resamples=40, seed=1)
    leaders = toolbox.wavelet_leaders(x, dim=dim, gamma=0.5, missing=mask)
    C, slopes, n = plain_cumulants(leaders, got.scales)
    J = len(got.counts)
    np.testing.assert_allclose(got.log_cumulants, C[:J], atol=1e-9)
    np.testing.assert_allclose(got.cumulants, slopes - [0.5, 0, 0], atol=1e-9)
    np.testing.assert_allclose(got.analysis.share * got.counts, n[:J])
    assert min(n[got.scales[0] - 1 : got.scales[1]]) >= 8
    assert 0 < got.standard_error[0] < 1
    assert np.isfinite(got.zeta).all()


def walk(dim, shape):
    x = generator(3, "gap estimates", *shape).standard_normal(shape)
    for axis in range(dim):
        x = np.cumsum(x, axis=axis)
    return x


def test_each_item_has_its_own_gaps_and_none_changes_the_other():
    x = np.stack([walk(1, (800,)), walk(1, (801,))[1:]])
    mask = np.zeros((2, 800), bool)
    mask[1, 200:230] = True
    options = {"dim": 1, "gamma": 0.5, "scales": (1, 4), "resamples": 30, "seed": 0}
    both = toolbox.multifractal(x, missing=mask, **options)
    plain = toolbox.multifractal(x[0], **options)
    for name in ("cumulants", "standard_error", "zeta", "D", "log_cumulants"):
        np.testing.assert_allclose(getattr(both, name)[0], getattr(plain, name), atol=1e-9)
    assert (both.analysis.share[0] == 1).all()
    assert (both.analysis.share[1] < 1).all()
    assert np.abs(both.cumulants[1] - toolbox.multifractal(x[1], **options).cumulants).max() > 1e-4


@pytest.mark.long
def test_slopes_of_walks_with_gaps_are_unbiased_where_interpolation_is_not():
    process = toolbox.multifractal_field(2**13, hurst=0.5, intermittency=0.05, n=30, seed=9)
    mask = np.zeros(2**13, bool)
    for start in range(40, 2**13, 400):
        mask[start : start + 80] = True
    options = {"dim": 1, "gamma": 0.5, "scales": (1, 4)}
    whole = toolbox.multifractal(process.values, **options)
    gaps = toolbox.multifractal(process.values, missing=mask, **options)
    t = np.arange(2**13)
    known = t[~mask]
    filled = np.stack([PchipInterpolator(known, v[known])(t) for v in process.values])
    interpolated = toolbox.multifractal(filled, **options)

    def z(other):
        # By the same weights: C_m(j) is curved at fine scales, so that others shift the slope.
        change = (other.log_cumulants - whole.log_cumulants)[:, :4]
        d = (change * whole.analysis.slope_weights).sum(axis=1)[:, :2]
        return np.abs(d.mean(axis=0)) / (d.std(axis=0, ddof=1) / np.sqrt(len(d)))

    assert (z(gaps) < 4).all()
    assert z(interpolated).max() > 10


def test_gaps_that_leave_too_little_are_refused_with_the_scale():
    x, mask = walk(1, (400,)), np.zeros(400, bool)
    mask[::40] = True
    with pytest.raises(toolbox.InputError, match="missing: wanted gaps that leave 8 leaders at 2"):
        toolbox.multifractal(x, dim=1, gamma=0.5, missing=np.arange(400) % 12 == 0)
    with pytest.raises(toolbox.InputError, match=r"8 leaders at scale \d .*, got \d in item 0"):
        toolbox.multifractal(x, dim=1, gamma=0.5, missing=mask, scales=(1, 4))
    with pytest.raises(toolbox.InputError, match="x: wanted values that vary"):
        toolbox.multifractal(np.where(mask, 3.0, 1.0), dim=1, missing=mask)
