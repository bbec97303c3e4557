"""Intervals and permutation tests: exact enumerations, scipy, coverage by simulation."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolbox import InputError, bootstrap_interval, permutation_p_value
from toolbox.core.units import ASSUMED

LAWS = {
    "normal": (stats.norm(), 0.94),
    "uniform": (stats.uniform(), 0.94),
    "exponential": (stats.expon(), 0.915),
}


def _coverage(law, n, n_sets, level=0.95):
    covered = 0
    for seed in range(n_sets):
        values = law.rvs(n, random_state=np.random.default_rng([seed, n]))
        interval = bootstrap_interval(values, resamples=399, level=level, seed=seed)
        covered += interval.low <= law.mean() <= interval.high
    return covered / n_sets


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("n", [5, 20])
def test_coverage_of_the_mean(name, n):
    # Four standard errors of 400 trials at 0.95 are 0.044.
    law, lowest = LAWS[name]
    assert _coverage(law, n, 400) > lowest - 0.044


@pytest.mark.long
@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("n", [5, 7, 10, 20])
def test_coverage_of_the_mean_closely(name, n):
    law, lowest = LAWS[name]
    assert _coverage(law, n, 4000) > lowest - 0.014  # four standard errors


@pytest.mark.parametrize("n", [2, 3, 4])
def test_students_interval_for_fewer_than_five_units(n):
    values = np.random.default_rng(n).random(n)
    interval = bootstrap_interval(values, seed=0, level=0.9)
    low, high = stats.t.interval(0.9, n - 1, values.mean(), stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert "Student" in interval.note


def test_many_ties_fall_back_on_students_interval_and_say_so():
    values = [0.9, 0.9, 0.9, 0.9, 0.95]
    interval = bootstrap_interval(values, seed=0)
    low, high = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert "ties" in interval.note


def test_studentised_interval_against_scipys_resamples():
    # An independent loop: t* from scipy.stats.bootstrap's own distribution of the t statistic.
    values = np.random.default_rng(1).exponential(size=12)

    def t_star(x, axis):
        return (x.mean(axis) - values.mean()) / (x.std(axis, ddof=1) / np.sqrt(len(values)))

    t = stats.bootstrap(
        (values,), t_star, n_resamples=40_000, rng=np.random.default_rng(2), method="basic"
    ).bootstrap_distribution
    error = stats.sem(values)
    truth = values.mean() - np.quantile(t, [0.975, 0.025]) * error
    interval = bootstrap_interval(values, resamples=39_999, units=np.arange(12), seed=0)
    np.testing.assert_allclose((interval.low, interval.high), truth, rtol=0.05)
    assert interval.note == ""
    assert interval.n == 12
    assert interval.value == pytest.approx(values.mean())


def test_units_count_once_whatever_their_number_of_items():
    units = np.repeat(["a", "b", "c", "d", "e", "f"], [1, 5, 2, 2, 9, 1])
    values = np.random.default_rng(3).random(20)
    means = np.array([values[units == u].mean() for u in "abcdef"])
    by_unit = bootstrap_interval(values, units=units, seed=4)
    direct = bootstrap_interval(means, units=np.arange(6), seed=4)
    assert by_unit.asdict() == direct.asdict()
    assert by_unit.n == 6


@pytest.mark.parametrize(("n", "k"), [(6, 1), (8, 1), (9, 2), (20, 6), (30, 10)])
def test_median_interval_has_the_tabulated_order_statistics(n, k):
    # k for 95 %: the sign test's table (Dixon and Massey), 6:1, 8:1, 9:2, 20:6, 30:10.
    values = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    interval = bootstrap_interval(values, statistic="median", seed=0)
    assert (interval.low, interval.high) == (k, n + 1 - k)
    assert interval.value == np.median(values)


def test_no_interval_says_why():
    for values, options, word in [
        ([0.7], {}, "single unit"),
        ([0.7, 0.8], {"units": [1, 1]}, "single unit"),
        ([0.7] * 6, {}, "equal"),
        ([1.0, 2.0, 3.0, 4.0, 5.0], {"statistic": "median"}, "0.938"),
    ]:
        interval = bootstrap_interval(values, seed=0, **options)
        assert np.isnan([interval.low, interval.high]).all()
        assert np.isfinite(interval.value)
        assert word in interval.note


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("values", {"values": [1.0, np.nan]}),
        ("values", {"values": []}),
        ("values", {"values": np.ones((3, 3))}),
        ("statistic", {"statistic": "mode"}),
        ("level", {"level": 1.0}),
        ("level", {"level": 0}),
        ("resamples", {"resamples": 0}),
        ("resamples", {"resamples": 38}),
        ("resamples", {"resamples": 99.5}),
        ("units", {"units": [1, 2]}),
        ("seed", {"seed": None}),
    ],
)
def test_interval_refusals(argument, options):
    options = {"values": [1.0, 2.0, 3.0], "seed": 0} | options
    with pytest.raises(InputError, match=f"^{argument}: "):
        bootstrap_interval(options.pop("values"), **options)


def test_just_enough_resamples_for_the_level():
    values = np.arange(9.0) ** 2
    assert bootstrap_interval(values, resamples=39, level=0.95, seed=0).note == ASSUMED
    assert bootstrap_interval(values[None], resamples=19, level=0.9, seed=0).note == ASSUMED


# -------------------------------------------------------------------------------- permutations


def _plain_p(x, y):
    """Enumerate all arrangements of the absolute difference of means, one feature."""
    pooled = np.concatenate([x, y])
    observed = abs(np.mean(x) - np.mean(y))
    as_far = []
    for chosen in combinations(range(len(pooled)), len(x)):
        rest = np.delete(pooled, chosen)
        as_far.append(abs(pooled[list(chosen)].mean() - rest.mean()) >= observed - 1e-12)
    return np.mean(as_far)


@pytest.mark.parametrize(("n_x", "n_y"), [(2, 3), (4, 4), (3, 8), (6, 5)])
def test_exact_p_value_by_enumeration_and_by_scipy(n_x, n_y):
    rng = np.random.default_rng([n_x, n_y])
    x, y = rng.random(n_x), rng.random(n_y) + 0.3
    p_value = permutation_p_value(x, y, seed=0).p_value
    assert p_value == pytest.approx(_plain_p(x, y))
    if n_x == n_y:  # elsewhere scipy doubles the smaller tail, which is another test
        referee = stats.permutation_test(
            (x, y), lambda a, b, axis: a.mean(axis) - b.mean(axis), n_resamples=np.inf
        )
        assert p_value == pytest.approx(referee.pvalue)


def test_random_arrangements_approach_the_exact_p_value():
    rng = np.random.default_rng(8)
    x, y = rng.random(8), rng.random(8) + 0.2
    exact = permutation_p_value(x, y, resamples=20_000, seed=0).p_value  # 12 870 arrangements
    drawn = permutation_p_value(x, y, resamples=9_999, seed=0).p_value
    assert abs(drawn - exact) < 4 * np.sqrt(exact * (1 - exact) / 9_999)
    assert drawn * 10_000 == pytest.approx(round(drawn * 10_000))


def test_energy_distance_against_a_double_loop():
    rng = np.random.default_rng(9)
    x, y = rng.random((4, 3)), rng.random((6, 3))
    spread = np.concatenate([x, y]).std(axis=0, ddof=1)

    def mean_distance(a, b):
        return np.mean([np.sqrt((((p - q) / spread) ** 2).sum()) for p in a for q in b])

    truth = 2 * mean_distance(x, y) - mean_distance(x, x) - mean_distance(y, y)
    test = permutation_p_value(x, y, statistic="energy_distance", seed=0)
    assert test.statistic == pytest.approx(truth)


def test_energy_distance_sees_a_spread_that_the_means_do_not():
    rng = np.random.default_rng(10)
    x, y = rng.standard_normal((30, 2)), 5 * rng.standard_normal((30, 2))
    assert permutation_p_value(x, y, statistic="energy_distance", seed=0).p_value < 0.01
    assert permutation_p_value(x - x.mean(0), y - y.mean(0), seed=0).p_value > 0.5


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    n_x=st.integers(2, 5),
    n_y=st.integers(2, 5),
    features=st.integers(1, 3),
    kind=st.sampled_from(["mean_difference", "energy_distance"]),
    seed=st.integers(0, 999),
)
def test_p_value_ignores_order_names_scale_and_offset(n_x, n_y, features, kind, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n_x, features)), rng.standard_normal((n_y, features))
    units_x, units_y = [f"x{i}" for i in range(n_x)], [f"y{i}" for i in range(n_y)]
    p_value = permutation_p_value(x, y, statistic=kind, seed=seed).p_value
    gain, offset = np.exp(rng.standard_normal(features)), rng.standard_normal(features)
    for a, b, options in [
        (rng.permutation(x), rng.permutation(y), {}),
        (y, x, {}),
        (gain * x + offset, gain * y + offset, {}),
        (np.repeat(x, 2, axis=0), y, {"units_x": np.repeat(units_x, 2), "units_y": units_y}),
    ]:
        other = permutation_p_value(a, b, statistic=kind, seed=seed + 1, **options)
        assert other.p_value == pytest.approx(p_value)


@pytest.mark.parametrize("kind", ["mean_difference", "energy_distance"])
@pytest.mark.parametrize("exponent", [-1000, 1000])
def test_squares_of_the_samples_need_not_be_numbers(kind, exponent):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((9, 3)), rng.standard_normal((7, 3)) + 2
    options = {"statistic": kind, "resamples": 99, "seed": 0}
    extreme = permutation_p_value(np.ldexp(x, exponent), np.ldexp(y, exponent), **options)
    assert extreme.statistic == permutation_p_value(x, y, **options).statistic
    assert extreme.p_value == 0.01


def test_p_values_are_uniform_under_one_law_by_units_and_not_by_items():
    n_sets, by_unit, by_item = 400, 0, 0
    for seed in range(n_sets):
        rng = np.random.default_rng([77, seed])
        x, y = (np.repeat(rng.standard_normal(5), 6) + rng.standard_normal(30) for _ in "xy")
        units = np.repeat(np.arange(5), 6)
        options = {"units_x": units, "units_y": units + 5}
        by_unit += permutation_p_value(x, y, resamples=300, seed=seed, **options).p_value <= 0.05
        by_item += permutation_p_value(x, y, resamples=99, seed=seed).p_value <= 0.05
    standard_error = np.sqrt(0.05 * 0.95 / n_sets)
    assert by_unit / n_sets < 0.05 + 4 * standard_error
    assert by_unit / n_sets > 0.05 - 4 * standard_error
    assert by_item / n_sets > 0.2


def test_notes():
    lonely = permutation_p_value([1.0], [2.0, 3.0, 4.0], seed=0)
    assert np.isnan(lonely.p_value)
    assert lonely.statistic > 0
    assert "1 and 3 units" in lonely.note
    few = permutation_p_value([1.0, 2.0, 3.0], [7.0, 8.0, 9.0], seed=0)
    assert few.p_value == pytest.approx(0.1)  # 2 of 20
    assert "cannot go below p = 0.1" in few.note
    enough = permutation_p_value([1.0, 2.0, 3.0], [7.0, 8.0, 9.0, 10.0], seed=0)
    assert enough.p_value == pytest.approx(1 / 35)
    assert enough.note == "units are not given: every item counts as drawn independently"
    units = {"units_x": [0, 1, 2], "units_y": [3, 4, 5, 6]}
    told = permutation_p_value([1.0, 2.0, 3.0], [7.0, 8.0, 9.0, 10.0], **units, seed=0)
    assert told.note == ""
    coarse = permutation_p_value(np.arange(20.0), np.arange(20.0) + 99, resamples=9, seed=0)
    assert coarse.p_value == 0.1
    assert "0.1" in coarse.note


def test_equal_samples_and_constant_features():
    assert permutation_p_value(np.ones(3), np.ones(4), seed=0).p_value == 1
    x, y = np.arange(3.0), np.arange(4.0) + 9
    wide = permutation_p_value(np.c_[x, np.ones(3)], np.c_[y, np.ones(4)], seed=0)
    assert wide.statistic == pytest.approx(permutation_p_value(x, y, seed=0).statistic)


@pytest.mark.parametrize("constant", [0.1, -1e300, 3e-320])
@pytest.mark.parametrize("kind", ["mean_difference", "energy_distance"])
def test_constants_stay_constants_in_means_of_units_that_round(kind, constant):
    rng = np.random.default_rng(3)
    units = [np.repeat(np.arange(12) + 50 * side, rng.integers(1, 9, 12)) for side in (0, 1)]
    given = {"units_x": units[0], "units_y": units[1], "statistic": kind, "seed": 1}
    x, y = (rng.standard_normal(len(labels)) for labels in units)
    a, b = (np.full(len(labels), constant) for labels in units)
    assert permutation_p_value(a, b, **given).p_value == 1
    alone = permutation_p_value(x, y, **given)
    both = permutation_p_value(np.c_[a, x], np.c_[b, y], **given)
    assert both.p_value == alone.p_value
    assert both.statistic == pytest.approx(alone.statistic)


def test_equal_means_of_units_have_no_interval_however_they_round():
    units = np.repeat(np.arange(7), np.arange(1, 8))
    found = bootstrap_interval(np.full(28, 0.1), units=units, seed=0)
    assert found.value == pytest.approx(0.1)
    assert np.isnan([found.low, found.high]).all()
    assert "all units are equal" in found.note


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("x", {"x": [1.0, np.inf]}),
        ("x", {"x": np.ones((2, 2, 2))}),
        ("y", {"y": []}),
        ("y", {"y": np.ones((4, 2))}),
        ("statistic", {"statistic": "median"}),
        ("resamples", {"resamples": 0}),
        ("units_x", {"units_x": [1]}),
        ("units_y", {"units_y": "abc"}),
        ("units_y", {"units_x": [1, 2, 3], "units_y": [3, 4, 5, 6]}),
        ("units_y", {"units_x": [1, 2, 3], "units_y": ["3", "4", "5", "6"]}),
        ("seed", {"seed": "one"}),
    ],
)
def test_permutation_refusals(argument, options):
    options = {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0, 5.0], "seed": 0} | options
    with pytest.raises(InputError, match=f"^{argument}: "):
        permutation_p_value(options.pop("x"), options.pop("y"), **options)


NEARLY_TIED = [1, 0, 1, 0, 1, 0.95, 1, 0.9333]  # shares that a gate kept, of eight draws


def test_units_all_but_tied_do_not_blow_the_interval_up():
    found = bootstrap_interval(NEARLY_TIED, seed=0)
    half = stats.t.ppf(0.975, 7) * np.std(NEARLY_TIED, ddof=1) / np.sqrt(8)
    assert found.low == pytest.approx(found.value - half)
    assert found.high == pytest.approx(found.value + half)
    assert "many ties" in found.note


def test_an_interval_ends_at_the_bounds_and_says_so():
    free, bounded = (bootstrap_interval(NEARLY_TIED, seed=0, bounds=b) for b in (None, (0, 1)))
    assert free.high > 1
    assert (bounded.low, bounded.high) == (free.low, 1)
    assert "cut at the bounds" in bounded.note
    assert bootstrap_interval([0.1, 0.9, 0.3], seed=0, bounds=(0, 1)).low == 0


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ((1, 0), "^bounds: wanted two numbers, the smaller first"),
        ((0, 1, 2), "^bounds: wanted two numbers"),
        ("ab", "^bounds: wanted two numbers"),
        ((0, 0.5), "^values: wanted values from 0 to 0.5, got 0 to 1"),
    ],
)
def test_bounds_that_do_not_hold_are_refused(bounds, text):
    with pytest.raises(InputError, match=text):
        bootstrap_interval(NEARLY_TIED, seed=0, bounds=bounds)


@pytest.mark.parametrize("statistic", ["mean", "median"])
@pytest.mark.parametrize("gain", [2.0**-1000, 2.0**1000])
def test_intervals_do_not_vanish_with_the_unit(statistic, gain):
    values = np.random.default_rng(0).normal(size=9)
    plain, scaled = (bootstrap_interval(g * values, statistic=statistic, seed=0) for g in (1, gain))
    assert scaled.note == plain.note
    assert (scaled.low, scaled.value, scaled.high) == tuple(
        gain * v for v in (plain.low, plain.value, plain.high)
    )
    assert scaled.low < scaled.high
