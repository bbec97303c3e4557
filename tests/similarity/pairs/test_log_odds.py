"""Tests of the calibration of log-odds."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import gamma

from similarity.pairs.log_odds import logistic_line, two_groups


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
