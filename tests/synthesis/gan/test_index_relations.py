"""Rank correlation and leave-one-out skill of trainings: closed forms, brute force, calibration."""

import numpy as np
import pytest
from scipy.stats import binom, chisquare, rankdata, spearmanr

from synthesis.gan.index_relations import leave_one_out_skill, rank_correlation
from toolbox.core.streams import generator


def noise(*shape, name=""):
    return generator(7, "index relations", name, *shape).standard_normal(shape)


def test_without_groups_it_is_spearmans():
    x, y = noise(15), noise(15, name="y").round(1)  # with ties
    found = rank_correlation(x, y, rng=generator(0), resamples=9)
    assert found.value == pytest.approx(spearmanr(x, y).statistic)


def test_the_exact_p_value_is_that_of_all_orders():
    x, y = noise(5), noise(5, name="y")
    from itertools import permutations

    ranks = rankdata(y)
    drawn = [spearmanr(x, ranks[list(order)]).statistic for order in permutations(range(5))]
    found = rank_correlation(x, y, rng=generator(0), resamples=120)
    assert found.p_value == np.mean(np.abs(drawn) >= abs(found.value) - 1e-9)


def test_a_perfect_relation():
    x = np.arange(10.0)
    found = rank_correlation(x, np.exp(x), rng=generator(0), resamples=999)
    assert found.value == 1
    assert found.p_value <= 0.003
    assert np.isnan([found.low, found.high]).all()  # no spread to take an interval from
    skill = leave_one_out_skill(x[:, None], np.exp(x), rng=generator(0), resamples=999)
    assert skill.value > 0.7
    assert skill.p_value <= 0.003


def test_constant_figures_have_no_relation():
    y = noise(8)
    assert np.isnan(rank_correlation(np.ones(8), y, rng=generator(0), resamples=9)).all()
    assert np.isnan(leave_one_out_skill(np.ones((8, 2)), y, rng=generator(0), resamples=9)).all()


def test_a_difference_between_groups_alone_is_no_relation():
    groups = np.repeat([0, 1, 2], 20)
    x, y = (10 * groups + noise(60, name=name) for name in "xy")
    apart = rank_correlation(x, y, rng=generator(0), resamples=999)
    within = rank_correlation(x, y, rng=generator(0), resamples=999, groups=groups)
    assert apart.value > 0.8
    assert abs(within.value) < 0.4
    assert within.p_value > 0.01
    skill = leave_one_out_skill(x[:, None], y, rng=generator(0), resamples=999, groups=groups)
    assert skill.value < 0.2


def test_the_skill_is_that_of_fitting_each_time_anew():
    x, y = noise(9, 3), noise(9, name="y")
    ranks = np.stack([rankdata(column) for column in x.T], axis=1)
    standard = (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)
    target, errors, means = rankdata(y), [], []
    for out in range(9):
        keep = np.arange(9) != out
        design = np.column_stack([np.ones(8), standard[keep]])
        # the columns' means are penalised in no fit: only the slopes are
        penalty = 3 * np.diag([0, 1, 1, 1])
        beta = np.linalg.solve(design.T @ design + penalty, design.T @ target[keep])
        errors.append(target[out] - beta @ [1, *standard[out]])
        means.append(target[out] - target[keep].mean())
    expected = 1 - np.sum(np.square(errors)) / np.sum(np.square(means))
    found = leave_one_out_skill(x, y, rng=generator(0), resamples=9)
    assert found.value == pytest.approx(expected)


# ---------------------------------------------------------------------------------- calibration

RESAMPLES = 19  # p-values are then one of 20 values, each as likely as any other
NULLS = 2000
TRAININGS, INDICES = 12, 5


def nulls():
    for number in range(NULLS):
        rng = generator(3, "null", number)
        shared = rng.standard_normal((TRAININGS, 1))  # the indices are correlated, as real ones
        x = shared + rng.standard_normal((TRAININGS, INDICES))
        yield x, np.exp(rng.standard_normal(TRAININGS)), rng


def uniform(p_values):
    """Return the p-value against "each of the 20 values is as likely as any other"."""
    counts = np.bincount(np.round(20 * np.asarray(p_values)).astype(int), minlength=21)
    return chisquare(counts[1:]).pvalue if counts[0] == 0 else 0.0


@pytest.fixture(scope="module")
def drawn():
    found = []
    for x, y, rng in nulls():
        ranks = rank_correlation(x[:, 0], y, rng=rng, resamples=RESAMPLES)
        found.append((ranks, leave_one_out_skill(x, y, rng=rng, resamples=RESAMPLES)))
    return found


@pytest.mark.parametrize("which", [0, 1])
def test_p_values_are_uniform_without_a_relation(drawn, which):
    # |rho| has ties now and then, which make its test a little conservative.
    p_values = [pair[which].p_value for pair in drawn]
    rejected = sum(p <= 0.05 + 1e-9 for p in p_values)
    assert 0.001 < binom.cdf(rejected, NULLS, 0.05) < 0.999
    assert uniform(p_values) > 0.001


def test_the_interval_covers_zero_as_often_as_it_says(drawn):
    missed = sum(not pair[0].low <= 0 <= pair[0].high for pair in drawn)
    assert 0.03 < missed / NULLS < 0.065  # Fisher's transform at n = 12 is an approximation


def test_by_chance_the_skill_is_below_zero_and_the_record_says_how_far(drawn):
    values = np.array([pair[1].value for pair in drawn])
    by_chance = np.array([pair[1].by_chance for pair in drawn])
    error = np.hypot(values.std(), by_chance.std()) / np.sqrt(NULLS)
    assert values.mean() < -0.05
    assert abs(values.mean() - by_chance.mean()) < 4 * error


def test_wrong_formulas_would_be_found_out(drawn):
    # Without the one for the arrangement as it was, 19 resamples give a p-value of 0.
    wrong = [(20 * pair[1].p_value - 1) / 19 for pair in drawn]
    assert uniform(wrong) < 1e-6
    # The correlation of leave-one-out predictions with the truth, by the textbook's p-value.
    naive = []
    for x, y, _ in nulls():
        design = np.column_stack([np.ones(TRAININGS), x])
        hat = design @ np.linalg.pinv(design)
        left_out = y - (y - hat @ y) / (1 - np.diag(hat))
        naive.append(spearmanr(left_out, y))
    assert np.mean([n.statistic for n in naive]) < -0.06
    rejected = sum(n.pvalue <= 0.05 for n in naive)
    assert binom.sf(rejected - 1, NULLS, 0.05) < 1e-6


def test_there_is_power():
    found = []
    for number in range(100):
        rng = generator(4, "power", number)
        x = rng.standard_normal((20, INDICES))
        y = x[:, 0] + 0.7 * rng.standard_normal(20)
        found.append(leave_one_out_skill(x, y, rng=rng, resamples=99).p_value)
    assert np.mean(np.array(found) <= 0.05) > 0.8


def test_intervals_cover_a_true_correlation():
    rho, covered = 0.6, 0
    truth = 6 / np.pi * np.arcsin(rho / 2)  # Spearman's of a Gaussian pair
    for number in range(1000):
        rng = generator(5, "coverage", number)
        x = rng.standard_normal(15)
        y = rho * x + np.sqrt(1 - rho**2) * rng.standard_normal(15)
        found = rank_correlation(x, y, rng=rng, resamples=1)
        covered += found.low <= truth <= found.high
    assert 0.93 < covered / 1000 < 0.98
