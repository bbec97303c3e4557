"""Resamples in blocks: the law of the counts, the same draws in any blocks, units gathered."""

import tracemalloc

import numpy as np
import pytest
from scipy import stats

from toolbox import bootstrap_interval, permutation_p_value
from toolbox.core.streams import generator
from toolbox.resampling import arrangements, bootstrap_intervals, redrawn_units


def counts(units, resamples, name=""):
    rng = generator(14, "redrawn", name)
    return np.concatenate(list(redrawn_units.times_drawn(units, resamples, rng)))


def test_times_drawn_have_the_multinomial_law():
    found = counts(4, 20_000)
    assert found.shape == (20_000, 4)
    assert (found.sum(axis=1) == 4).all()
    for k in range(5):
        truth = stats.binom.pmf(k, 4, 1 / 4)
        error = np.sqrt(truth * (1 - truth) / 20_000)
        np.testing.assert_allclose((found == k).mean(axis=0), truth, atol=4.5 * error)
    assert np.cov(found, rowvar=False)[0, 1] == pytest.approx(-4 / 16, abs=0.03)


@pytest.mark.parametrize("held", [1, 30, 10**6])
def test_blocks_change_no_draw(monkeypatch, held):
    x, y = generator(0, "x").standard_normal(9), generator(0, "y").standard_normal(11)
    plane = np.stack([y, y**2], axis=1), np.stack([x, x], axis=1)

    def answers():
        return [
            bootstrap_interval(x, seed=1, resamples=99).asdict(),
            permutation_p_value(x, y, seed=1, resamples=99).asdict(),
            permutation_p_value(x, y, seed=1, resamples=99, statistic="energy_distance").asdict(),
            permutation_p_value(*plane, seed=1, resamples=99, statistic="energy_distance").asdict(),
        ], counts(7, 20)

    whole, table = answers()
    for module in (redrawn_units, arrangements):
        monkeypatch.setattr(module, "HELD", held)
    monkeypatch.setattr(arrangements, "_TABLE", held)
    blocks, again = answers()
    np.testing.assert_array_equal(table, again)
    for one, other in zip(whole, blocks, strict=True):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert other[key] == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize("kind", ["mean_difference", "energy_distance"])
def test_on_one_feature_and_on_two_equal_ones_the_test_is_the_same(kind):
    # |(a, a) - (b, b)| = sqrt(2) |a - b|: the line by sorting against the plane by all distances
    x, y = np.round(generator(1, "x").standard_normal((2, 8)), 1)
    y = y[:7] + 0.5
    line = permutation_p_value(x, y, statistic=kind, seed=3, resamples=199)
    plane = permutation_p_value(
        *(np.stack([v, v], axis=1) for v in (x, y)), statistic=kind, seed=3, resamples=199
    )
    assert plane.p_value == line.p_value
    assert plane.statistic == pytest.approx(np.sqrt(2) * line.statistic)


def test_units_are_gathered_whatever_their_order():
    labels = np.array(["b", "a", "b", "c", "a"])
    names, means = redrawn_units.by_unit(np.mean, np.arange(5.0), labels)
    assert names.tolist() == ["a", "b", "c"]
    assert means.tolist() == [2.5, 1.0, 3.0]
    names, values = redrawn_units.by_unit(np.mean, np.arange(3.0), np.array([7, 1, 4]))
    assert (names.tolist(), values.tolist()) == ([1, 4, 7], [1.0, 2.0, 0.0])


def test_numbers_of_arrangements_are_right_as_far_as_they_matter():
    assert arrangements.n_arrangements(3, 4) == 35
    assert arrangements.n_arrangements(10**6, 2) == (10**6 + 2) * (10**6 + 1) // 2
    assert arrangements.n_arrangements(10**6, 10**6) > 2**53
    assert arrangements.smallest_p_value(10**6, 10**6, 99) == 0.01
    assert bootstrap_intervals.too_few(4, 0.95)
    assert not bootstrap_intervals.too_few(6, 0.95)
    assert not bootstrap_intervals.too_few(10**9, 1 - 1e-16)


def test_the_median_of_many_has_the_order_statistics_of_the_binomial_law():
    values = generator(2, "many").permutation(100_001).astype(float)
    interval = bootstrap_interval(values, statistic="median", seed=0)
    low, high = int(interval.low), int(interval.high)  # values are their own ranks, from 0
    assert low + high == 100_000
    assert (
        2 * stats.binom.cdf(low, 100_001, 0.5) <= 0.05 < 2 * stats.binom.cdf(low + 1, 100_001, 0.5)
    )


@pytest.mark.parametrize("function", [permutation_p_value, bootstrap_interval])
def test_memory_does_not_grow_with_the_number_of_resamples(function):
    # 1e5 values a sample: 199 resamples at once are 160 MB a copy, of which three were held.
    samples = generator(4, "memory").standard_normal((2, 10**5))
    given = samples if function is permutation_p_value else samples[:1]
    tracemalloc.start()
    function(*given, seed=0, resamples=199)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6
