"""Tests of weights learned from judged pairs among very many."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import expit, logit

from similarity.verification.pooling_weights import (
    INTERCEPT_SD,
    LEAST,
    MOST,
    RATE,
    judged_weights,
    nearness,
    negative_log_posterior,
    some_pairs,
)


def judged_sample(seed, m, weights, intercept, pairs=20_000):
    """Features of very many pairs, and of m same and m different ones under a logistic law."""
    rng = np.random.default_rng(seed)
    every = rng.standard_normal((pairs, len(weights)))
    same = rng.random(pairs) < expit(intercept + every @ weights)
    rows = [rng.choice(np.flatnonzero(same == s), m) for s in (True, False)]
    chosen = np.concatenate(rows)
    return every[chosen], same[chosen].astype(float), every, same.mean()


def test_the_posterior_is_the_product_of_the_judged_pairs_places_among_all():
    seen, same, every, _ = judged_sample(0, 8, np.array([1.0, 0.3]), -2.0, pairs=50)
    parameters = np.array([-1.5, 0.7, 0.2])

    def p_same(x):
        return 1 / (1 + np.exp(-(parameters[0] + x[0] * parameters[1] + x[1] * parameters[2])))

    product = np.exp(-(parameters[0] ** 2) / (2 * INTERCEPT_SD**2))
    product *= np.exp(-RATE * parameters[1:].sum())
    for x, answer in zip(seen, same, strict=True):
        places = [p_same(other) if answer else 1 - p_same(other) for other in every]
        product *= (p_same(x) if answer else 1 - p_same(x)) / np.mean(places)
    value, _ = negative_log_posterior(parameters, seen, same > 0, every, np.ones(16))
    assert value == pytest.approx(-np.log(product), rel=1e-10)


def test_the_gradient_is_the_values():
    seen, same, every, _ = judged_sample(1, 20, np.array([1.0, 0.0, 2.0]), -2.0, pairs=300)
    counts = np.random.default_rng(2).uniform(0.2, 2, 40)
    for at in ([0.5, 0.1, 0.3, 0.2], [-3.0, 2.0, 0.001, 1.0]):
        error = check_grad(
            lambda p: negative_log_posterior(p, seen, same > 0, every, counts)[0],
            lambda p: negative_log_posterior(p, seen, same > 0, every, counts)[1],
            np.array(at),
        )
        assert error < 1e-4


def test_a_logistic_law_is_found_again():
    truth = np.array([2.0, 0.0, 1.0])
    seen, same, every, share = judged_sample(2, 3000, truth, -3.0)
    intercept, weights = judged_weights(seen, same, every)
    # the line through the judged pairs may stretch all weights alike
    assert weights == pytest.approx(truth, abs=0.15)
    # half of the judged pairs are the same: the log-odds are at that share
    assert intercept - logit(0.5) == pytest.approx(-3.0 - logit(share), abs=0.2)


def test_few_pairs_use_what_is_known_of_all():
    # 25 pairs of each answer leave little weight to the three features that say nothing
    truth, errors = np.array([2.0, 0.0, 0.0, 0.0]), []
    for seed in range(10):
        seen, same, every, _ = judged_sample(seed, 25, truth, -4.0)
        _, weights = judged_weights(seen, same, every)
        errors.append(weights[1:].sum() / weights[0])
    assert np.mean(errors) < 0.25


def test_where_judged_pairs_tell_nothing_nearer_remains_more_alike():
    rng = np.random.default_rng(3)
    every = rng.standard_normal((500, 2))
    seen = np.zeros((10, 2))
    _, weights = judged_weights(seen, np.arange(10) % 2 * 1.0, every)
    assert (weights > 0).all()
    assert weights.max() < 10 * LEAST


def test_nearness_falls_and_is_zero_for_a_typical_same_pair():
    assert nearness(np.array([0.0, 1.0, 8.0])).tolist() == [3.0, 0.0, -3.0]


def test_many_pairs_are_stood_for_by_some():
    assert np.array_equal(some_pairs(10), np.arange(10))
    few = some_pairs(10 * MOST)
    assert len(np.unique(few)) == MOST
    assert np.array_equal(few, some_pairs(10 * MOST))
