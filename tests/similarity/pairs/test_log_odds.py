"""Tests of the calibration of log-odds."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import gamma, norm

from similarity.pairs.log_odds import share_of_same, two_groups, two_groups_of_units
from similarity.pairs.logistic_lines import logistic_line


def test_two_groups_recovers_known_groups():
    rng, shape, m = np.random.default_rng(0), 10.0, 20_000
    same = rng.random(m) < 0.3
    t = np.where(same, rng.gamma(shape, 1 / shape, m), rng.gamma(8.0, 5 / 8, m))
    table, share = two_groups(np.log(t), shape, n=10_000)
    odds = table(np.log(t))
    # Storey's share counts the different pairs with p > 1/2 too: it is an upper bound.
    beyond = gamma.cdf(gamma.ppf(0.5, shape) / shape, 8.0, scale=5 / 8)
    expected = 0.3 + 2 * 0.7 * beyond
    assert share == pytest.approx(expected, abs=0.02)  # 4 standard errors are .013
    truth = (
        np.log(0.3 / 0.7)
        + gamma.logpdf(t, shape, scale=1 / shape)
        - gamma.logpdf(t, 8.0, scale=5 / 8)
    )
    probability = expit(odds)
    assert np.abs(probability - expit(truth)).mean() < 0.02
    assert probability.mean() == pytest.approx(0.3, abs=0.02)
    order = np.argsort(t)
    assert (np.diff(odds[order]) <= 0).all()


def test_certainty_is_bounded_by_the_number_of_items():
    rng = np.random.default_rng(1)
    t = np.r_[rng.gamma(10, 0.1, 500), 1e3 * rng.gamma(10, 0.1, 500)]
    table, _ = two_groups(np.log(t), 10.0, n=50)
    odds = table(np.log(t))
    assert np.abs(odds).max() < np.log(50) + 3


def test_the_line_recovers_a_logistic_model():
    rng = np.random.default_rng(3)
    score = rng.standard_normal(40_000)
    same = (rng.random(40_000) < expit(-1 + 2 * score)).astype(float)
    a, b = logistic_line(score, same)
    assert (a, b) == pytest.approx((-1, 2), abs=0.1)
    heavy = logistic_line(score[:100], same[:100], np.full(100, 400.0))
    light = logistic_line(np.tile(score[:100], 400), np.tile(same[:100], 400))
    assert heavy == pytest.approx(light, abs=1e-3)


def test_separable_and_contrary_pairs_stay_finite_and_monotone():
    score = np.array([-2.0, -1, 1, 2])
    assert 1 < logistic_line(score, np.array([0.0, 0, 1, 1]))[1] < 20
    assert 0 < logistic_line(score, np.array([1.0, 1, 0, 0]))[1] < 1


def mixture(seed, *, apart, pairs=20_000, share=0.3, known=4000):
    """Statistics of same and different pairs, and of pairs known to be the same."""
    rng = np.random.default_rng(seed)
    same = rng.random(pairs) < share
    values = rng.normal(np.where(same, 0.0, apart), 1.0)
    return values, same, rng.normal(0, 1, known), np.ones(known)


@pytest.mark.parametrize("apart", [0.0, 1.0, 3.0])
def test_units_give_bayes_rule_whatever_the_family_sees(apart):
    values, _, alike, weights = mixture(0, apart=apart)
    odds = two_groups_of_units(values, alike, weights, 0.3)(values)
    truth = np.log(0.3 / 0.7) + norm.logpdf(values) - norm.logpdf(values, apart)
    # kernels of 4000 values of width .17 smooth densities by a few hundredths
    assert np.abs(expit(odds) - expit(truth)).mean() < 0.02
    assert expit(odds).mean() == pytest.approx(0.3, abs=0.02)
    if apart == 0:  # a blind family stays at the prior
        assert np.quantile(np.abs(expit(odds) - 0.3), 0.99) < 0.1


def test_odds_of_units_fall_and_are_no_surer_than_the_pairs_are_many():
    values, _, alike, weights = mixture(1, apart=30.0, known=40)
    for counts in (weights, weights / 4):
        odds = two_groups_of_units(values, alike, counts, 0.3)(np.sort(values))
        assert (np.diff(odds) <= 0).all()
        assert np.abs(odds).max() < np.log(counts.sum()) + 2


def test_the_share_of_same_pairs_is_found_where_they_stand_apart_and_bounded_elsewhere():
    for apart in (6.0, 1.0, 0.0):
        values, _, alike, weights = mixture(2, apart=apart)
        expected = min(0.3 + 2 * 0.7 * norm.cdf(-apart), 1 - 1 / 4001)
        # the median of 4000 is known to .02 sd, the share below it to .008
        assert share_of_same(values, alike, weights) == pytest.approx(expected, abs=0.03)


def test_pairs_count_their_weights_in_the_share():
    alike, weights = np.array([0.0, 0.0, 5.0, 5.0]), np.array([9.0, 9.0, 1.0, 1.0])
    assert share_of_same(np.arange(-10.0, 10.0), alike, weights) == 1 - 1 / 21
    assert share_of_same(np.arange(0.0, 20.0), alike, weights) == 1 / 20
