"""The equality of two textures: Welch's test, and how often it rejects."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind_from_stats

import toolbox


def walks(hurst, strength, seed, n=1):
    options = {"hurst": hurst, "intermittency": strength, "n": n, "seed": seed}
    return toolbox.multifractal_field(2**12, **options).values


def analysed(x, **options):
    options = {"dim": 1, "gamma": 0.5, "resamples": 60, "seed": 1} | options
    return toolbox.multifractal(x, **options)


def test_it_is_welchs_test():
    a, b = analysed(walks(0.6, 0.05, 1, n=3)), analysed(walks(0.7, 0.02, 2)[0])
    got = toolbox.equality_test(a, b)
    B = a.analysis.blocks
    for i, m in np.ndindex(3, 3):
        t, p = ttest_ind_from_stats(
            a.cumulants[i, m],
            a.standard_error[i, m] * np.sqrt(B),
            B,
            b.cumulants[m],
            b.standard_error[m] * np.sqrt(B),
            B,
            equal_var=False,
        )
        assert (got.t[i, m], got.p_values[i, m]) == pytest.approx((t, p))
    np.testing.assert_allclose(got.p_value, np.minimum(1, 3 * got.p_values.min(axis=1)))
    assert "not calibrated" in got.note
    alone = analysed(walks(0.7, 0.02, 2)[:1])  # with an axis of one item
    np.testing.assert_array_equal(toolbox.equality_test(a, alone).p_values, got.p_values)
    np.testing.assert_array_equal(toolbox.equality_test(alone, a).p_values, got.p_values)


def test_equal_textures_are_seldom_told_apart_and_others_are():
    a, b = (analysed(walks(0.6, 0.05, seed, n=200)) for seed in (3, 4))
    a, b = (toolbox.calibrate(e, seed=k, draws=60, progress=False) for k, e in enumerate((a, b)))
    got = toolbox.equality_test(a, b)
    assert got.note == ""
    # 5 % a cumulant, within Monte Carlo error; Bonferroni stays below.
    assert (np.abs((got.p_values <= 0.05).mean(axis=0) - 0.05) < 0.055).all()
    assert (got.p_value <= 0.05).mean() < 0.1
    other = analysed(walks(0.8, 0.05, 5, n=200))
    other = toolbox.calibrate(other, seed=9, draws=60, progress=False)
    assert (toolbox.equality_test(a, other).p_value <= 0.05).mean() > 0.75


def test_what_was_not_analysed_alike_is_refused():
    x = walks(0.6, 0.05, 1, n=2)
    a = analysed(x)
    for b, text in (
        (7, "b: wanted what multifractal returned"),
        (analysed(x, resamples=0, seed=None), "b: wanted an estimate with standard errors"),
        (analysed(x, scales=(2, 6)), r"b: wanted scales \(3, 8\) as in a, got \(2, 6\)"),
        (analysed(x, p=2), "b: wanted p inf as in a, got 2"),
        (analysed(x, wavelet="db2", scales=(3, 8)), "b: wanted wavelet db3 as in a, got db2"),
        (analysed(x, gamma=0.75), "b: wanted one gamma for all of a and b"),
        (analysed(x, orders=2), "b: wanted 3 cumulants as in a, got 2"),
        (replace(a, cumulants=np.zeros((5, 3))), r"b: wanted items \(2,\) as in a"),
    ):
        with pytest.raises(toolbox.InputError, match=text):
            toolbox.equality_test(a, b)


def test_no_p_value_is_zero():
    a = analysed(walks(0.6, 0.05, 1)[0])
    near = replace(a, cumulants=a.cumulants + 1e-12)
    assert 0.99 < toolbox.equality_test(a, near).p_value <= 1
    many = replace(a.analysis, blocks=4000)
    surely = replace(
        a, cumulants=a.cumulants + 1e6, analysis=many, standard_error=a.standard_error * 1e-3
    )
    for one in (a, replace(a, analysis=many)):
        got = toolbox.equality_test(one, surely)
        assert (got.p_values > 0).all()
    single = replace(
        a,
        cumulants=a.cumulants.astype(np.float32),
        standard_error=np.full(3, 1e-25, dtype=np.float32),  # squares that float32 has not
        analysis=replace(a.analysis, blocks=400),
    )
    got = toolbox.equality_test(single, replace(single, cumulants=single.cumulants + 1))
    assert (got.p_values > 0).all()
    assert (got.degrees_of_freedom > 0).all()
