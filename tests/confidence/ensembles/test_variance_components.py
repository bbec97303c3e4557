"""Variance components: against written-out sums, planted truths, and simulated coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

import toolbox
from confidence import variance_components
from confidence.ensembles.crossed_designs import mean_squares, terms
from toolbox.core.streams import generator


def two_class(p):
    """Return votes (R, n, 2) of probabilities (R, n)."""
    return np.stack([p, 1 - p], axis=-1)


def planted(sizes, sd, rng, items=1):
    """Return answers (R, items) of a crossed random-effects model and its design."""
    total = np.full((*sizes, items), 0.5)
    for term, s in zip(terms(len(sizes)), sd, strict=True):
        shape = [n if k in term else 1 for k, n in enumerate(sizes)]
        total = total + s * rng.standard_normal((*shape, items))
    design = np.indices(sizes).reshape(len(sizes), -1).T
    return total.reshape(-1, items), design


def test_mean_squares_are_the_textbook_sums_of_two_factors():
    y = generator(0, "cells").standard_normal((4, 3, 2))
    ms, freedom = mean_squares(y, 2)
    grand, rows, columns = y.mean(axis=(0, 1)), y.mean(axis=1), y.mean(axis=0)
    a = 3 * ((rows - grand) ** 2).sum(axis=0) / 3
    b = 4 * ((columns - grand) ** 2).sum(axis=0) / 2
    rest = y - rows[:, None] - columns[None] + grand
    np.testing.assert_allclose(ms, [a, b, (rest**2).sum(axis=(0, 1)) / 6])
    assert freedom.tolist() == [3, 2, 6]


@given(st.integers(2, 4), st.integers(2, 4), st.integers(2, 3))
def test_sums_of_squares_add_up(a, b, c):
    y = generator(1, "sum", a, b, c).standard_normal((a, b, c))
    ms, freedom = mean_squares(y, 3)
    assert freedom.sum() == a * b * c - 1
    assert (ms * freedom).sum() == pytest.approx(((y - y.mean()) ** 2).sum())


def test_planted_components_are_found_without_bias():
    sizes, sd = (5, 4, 6), np.array([3, 1, 2, 0, 1, 0.5, 1]) / 100
    p, design = planted(sizes, sd, generator(2, "planted"), items=600)
    got = variance_components(two_class(p), design, names=["init", "order", "data"])
    assert got.terms[3:] == ("init:order", "init:data", "order:data", "init:order:data")
    value = got.components[:, :, 0]
    np.testing.assert_allclose(value, got.components[:, :, 1], atol=1e-15)
    error = value.std(axis=1, ddof=1) / np.sqrt(600)
    assert (np.abs(value.mean(axis=1) - sd**2) < 4 * error).all()
    shares = sd**2 / (sd**2).sum()
    np.testing.assert_allclose(got.shares, shares, atol=0.05)
    assert got.shares.sum() == pytest.approx(1)


def test_the_standard_error_is_that_of_the_mean_over_fresh_levels():
    sizes, sd = (7, 7, 7), np.array([3, 0.5, 4, 0, 1, 0, 1]) / 100
    p, design = planted(sizes, sd, generator(3, "error"), items=1500)
    got = variance_components(two_class(p), design)
    mean, error = got.mean[:, 0], got.standard_error[:, 0]
    assert np.sqrt((error**2).mean()) == pytest.approx(mean.std(ddof=1), rel=0.1)
    naive = p.std(axis=0, ddof=1) / np.sqrt(len(p))
    assert (naive < error / 4).mean() > 0.9
    low, high = np.moveaxis(got.mean_interval[:, 0], -1, 0)
    covered = ((low <= 0.5) & (0.5 <= high)).sum()
    assert binom.ppf(1e-4, 1500, 0.94) <= covered <= binom.ppf(1 - 1e-4, 1500, 0.975)


def test_component_intervals_cover():
    sizes, sd = (8, 8), np.array([3, 2, 1]) / 100
    p, design = planted(sizes, sd, generator(4, "intervals"), items=1500)
    got = variance_components(two_class(p), design)
    for term in range(3):
        low, high = np.moveaxis(got.interval[term, :, 0], -1, 0)
        covered = ((low <= sd[term] ** 2) & (sd[term] ** 2 <= high)).mean()
        assert 0.92 < covered < 0.98


def test_the_interval_of_a_term_that_is_not_there_starts_at_zero():
    p, design = planted((6, 6), (0.03, 0.0, 0.02), generator(8, "absent"), items=1500)
    got = variance_components(two_class(p), design)
    away = (got.interval[1, :, 0, 0] > 0).sum()
    assert binom.ppf(1e-4, 1500, 0.025) <= away <= binom.ppf(1 - 1e-4, 1500, 0.025)


def test_order_of_members_and_names_of_levels_do_not_matter():
    p, design = planted((3, 4), (0.1, 0.05, 0.02), generator(5, "order"), items=2)
    shuffled = generator(5, "shuffle").permutation(12)
    a = variance_components(two_class(p), design)
    b = variance_components(two_class(p[shuffled]), 10 - 3 * design[shuffled])
    for name in ("components", "standard_error", "mean_interval", "shares"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name))


def test_one_factor_is_the_sample_variance():
    p = generator(6, "one").uniform(0.2, 0.8, (9, 3))
    got = variance_components(two_class(p), np.arange(9)[:, None], names="init")
    np.testing.assert_allclose(got.components[0, :, 0], p.var(axis=0, ddof=1))
    np.testing.assert_allclose(got.standard_error[:, 0], p.std(axis=0, ddof=1) / 3)
    np.testing.assert_allclose(got.degrees_of_freedom, 8)


def test_runs_of_a_crossed_design_are_understood():
    table = np.zeros((6, 5), int)
    table[:, [0, 2]] = np.indices((2, 3)).reshape(2, -1).T
    p, _ = planted((2, 3), (0.1, 0.05, 0.02), generator(7, "runs"), items=2)
    got = variance_components(two_class(p), table)
    assert got.terms == ("init", "resample", "init:resample")
    (axes,) = got.plot().axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(list(100 * got.shares))
    assert [text.get_text() for text in axes.get_yticklabels()] == list(got.terms)
    assert axes.get_xlabel().startswith("%")


def test_answers_that_never_move():
    got = variance_components(two_class(np.full((6, 1), 0.3)), np.indices((2, 3)).reshape(2, -1).T)
    assert np.isnan(got.shares).all()
    assert (got.standard_error < 1e-15).all()
    np.testing.assert_allclose(got.mean_interval[0, 0], [0.3, 0.3])
    bars = got.plot().axes[0].patches
    assert np.isnan([bar.get_width() for bar in bars]).all()


def test_refusals_say_what_is_wanted():
    votes = two_class(np.full((6, 1), 0.3))
    design = np.indices((2, 3)).reshape(2, -1).T
    for table, options, text in (
        (design[:5], {}, "design: wanted 6 rows"),
        (np.zeros((6, 2)), {}, "design: wanted a factor of two levels"),
        (np.array([[0, 0]] * 2 + [[1, 1]] * 4), {}, "design: wanted every combination of 2 x 2"),
        (design, {"names": ["init"]}, "names: wanted 2 names"),
        (design, {"level": 2}, "level: wanted"),
    ):
        with pytest.raises(toolbox.InputError, match=text):
            variance_components(votes, table, **options)
