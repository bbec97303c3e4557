"""Scores of a rare outcome against counting, closed forms and simulated worlds."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from confidence import subject_scores
from confidence.scoring.roc_curves import auc_interval, auc_of, sensitivity_interval
from toolbox import InputError

RNG = np.random.default_rng(3)
Y = (np.arange(60) % 5 == 0).astype(int)
P = np.round(1 / (1 + np.exp(-RNG.normal(size=(4, 60)) - Y)), 2)  # with ties
MEANS = np.round(P.mean(axis=0), 9)  # equal means of hundredths tie, whatever rounding did


def votes(p):
    return np.stack([1 - p, p], axis=-1)


def test_auc_is_that_of_scikit_learn_with_ties():
    found = subject_scores(votes(P), Y, seed=0)
    assert found.auc == pytest.approx(roc_auc_score(Y, MEANS))
    assert found.auc_members == pytest.approx([roc_auc_score(Y, row) for row in P])
    pairs = P[0][Y == 1][:, None] - P[0][Y == 0]
    assert auc_of(P[0], Y == 1) == pytest.approx((pairs > 0).mean() + (pairs == 0).mean() / 2)


def test_items_of_a_subject_count_once():
    units = np.repeat(np.arange(60), 3)
    thrice = np.repeat(P, 3, axis=1)
    once, found = subject_scores(votes(P), Y, seed=0), None
    found = subject_scores(votes(thrice), np.repeat(Y, 3), units=units, seed=0)
    for name in ("auc", "auc_interval", "sensitivity", "net_benefit_interval"):
        np.testing.assert_allclose(getattr(found, name), getattr(once, name))


def test_sensitivity_and_net_benefit_are_counted():
    p = np.array([0.1, 0.2, 0.3, 0.35, 0.4, 0.6, 0.3, 0.5, 0.7, 0.8, 0.9])
    y = [0] * 6 + [1] * 5
    found = subject_scores(votes(p), y, specificities=[0.5, 0.9], threshold=0.35, seed=0)
    assert found.sensitivity.tolist() == [0.8, 0.6]  # above 0.3, the third; above 0.6, the sixth
    odds = 0.35 / 0.65
    assert found.net_benefit == pytest.approx((4 - 3 * odds) / 11)
    assert found.net_benefit_all == pytest.approx((5 - 6 * odds) / 11)
    assert found.net_benefit_gain == pytest.approx((3 * odds - 1) / 11)  # all treated is more
    late = subject_scores(votes(p), y, threshold=0.65, seed=0)  # treating nobody is more
    assert late.net_benefit_all < 0
    assert late.net_benefit_gain == late.net_benefit == pytest.approx(3 / 11)
    np.testing.assert_array_equal(late.net_benefit_gain_interval, late.net_benefit_interval)
    assert "one member" in found.note
    assert np.isnan(found.auc_retraining).all()


def test_the_specificity_is_the_number_that_it_prints_as_however_small():
    p = np.random.Generator(np.random.Philox(0)).permutation(np.linspace(0.05, 0.95, 20))
    votes, ill = np.stack([1 - p, p], axis=1), np.repeat([0, 1], 10)
    asked = [0.8, 1e-3, 1e-10]  # 8 of 10 at or below the threshold; 1, 1
    found = subject_scores(votes, ill, seed=0, specificities=asked).sensitivity
    healthy = np.sort(p[:10])
    expected = [np.mean(p[10:] > healthy[k]) for k in (7, 0, 0)]
    assert found.tolist() == expected
    single = np.array(asked[:2], np.float32)
    found = subject_scores(votes, ill, seed=0, specificities=single).sensitivity
    assert found.tolist() == expected[:2]


def test_one_more_training_falls_where_the_interval_says():
    rng, inside = np.random.default_rng(0), 0
    for world in range(300):
        noise = rng.normal(size=(6, 40))
        y = np.arange(40) % 4 == 0
        p = 1 / (1 + np.exp(-(0.8 * y + 0.5 * rng.normal(size=40) + noise)))
        found = subject_scores(votes(p[:5]), y.astype(int), resamples=99, seed=world)
        low, high = found.auc_retraining
        inside += low <= auc_of(p[5], y) <= high
    assert inside / 300 == pytest.approx(0.95, abs=0.04)  # 3 standard errors


def covered(worlds, ill, others, auc, seed):
    """Return how often intervals hold the truth of two normal laws."""
    rng = np.random.default_rng(seed)
    shift = np.sqrt(2) * norm.ppf(auc)
    at = np.array([0.9, 0.95])
    truth = 1 - norm.cdf(norm.ppf(at) - shift)
    is_ill = np.arange(ill + others) < ill
    hits = np.zeros(3)
    for _ in range(worlds):
        score = rng.normal(size=ill + others) + shift * is_ill
        low, high = auc_interval(score, is_ill, 0.95)
        hits[0] += low <= auc <= high
        drawn = {"level": 0.95, "resamples": 99, "rng": rng}
        limits = sensitivity_interval(score, is_ill, at, **drawn)
        hits[1:] += (limits[:, 0] <= truth) & (truth <= limits[:, 1])
    return hits / worlds


def test_intervals_over_subjects_hold_the_truth_in_200_worlds_of_552():
    found = covered(200, 44, 508, 0.85, seed=1)
    assert found == pytest.approx([0.95] * 3, abs=0.045)  # 3 standard errors


@pytest.mark.parametrize("spread", [1.0, 1.6])
def test_few_cases_that_happen_to_rank_high_have_no_short_interval(spread):
    """DeLong's alone hold an AUC of .95 of ten cases in .87 and .81 of worlds."""
    rng, hits = np.random.default_rng(0), 0
    ill = np.arange(552) < 10
    shift = np.sqrt(1 + spread**2) * norm.ppf(0.95)
    for _ in range(400):
        low, high = auc_interval(
            rng.normal(size=552) * np.where(ill, spread, 1) + shift * ill, ill, 0.95
        )
        hits += low <= 0.95 <= high
    assert hits / 400 == pytest.approx(0.96, abs=0.03)  # 3 standard errors


def test_the_interval_of_an_area_mirrors_and_holds_its_estimate():
    rng = np.random.default_rng(4)
    for ill in (5, 20, 100, 115):
        score, is_ill = rng.normal(size=120), np.arange(120) < ill
        low, high = auc_interval(score, is_ill, 0.9)
        assert auc_interval(-score, is_ill, 0.9) == pytest.approx([1 - high, 1 - low])
        assert auc_interval(-score, ~is_ill, 0.9) == pytest.approx([low, high])
    almost = np.r_[np.arange(500) / 500, 2, 2, 2, 2, 0.997]  # one of five below one of 500
    is_ill = np.arange(505) >= 500
    low, high = auc_interval(almost, is_ill, 0.95)
    assert low < auc_of(almost, is_ill) <= high <= 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("ill", "auc"), [(44, 0.7), (44, 0.85), (44, 0.95), (12, 0.85), (20, 0.95)]
)
def test_intervals_over_subjects_hold_the_truth(ill, auc):
    found = covered(2000, ill, 508, auc, seed=2)
    assert found[0] == pytest.approx(0.95, abs=0.03)
    assert (found[1:] > 0.9).all()


@pytest.mark.parametrize(("p", "auc"), [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.8, 0.9, 0.1, 0.2], 0.0)])
def test_perfect_separation_has_an_interval_that_is_not_a_point(p, auc):
    p = np.repeat(p, 5)
    found = subject_scores(votes(p), np.repeat([0, 0, 1, 1], 5), seed=0)
    assert found.auc == auc
    assert found.auc_interval[0] <= auc <= found.auc_interval[1]
    assert np.ptp(found.auc_interval) > 0.1


def test_few_of_one_outcome_give_no_interval_and_say_so():
    found = subject_scores(votes(P), np.arange(60) < 3, seed=0)
    assert np.isnan(found.auc_interval).all()
    assert "fewer than 5" in found.note
    assert np.isfinite(found.auc_retraining).all()


def test_a_threshold_that_nobody_reaches_gives_no_interval_of_the_net_benefit_and_says_so():
    found = subject_scores(votes(P * 0.5), Y, threshold=0.9, seed=0)
    assert found.net_benefit == 0
    assert np.isnan(found.net_benefit_interval).all()
    assert "net benefit: no interval: all units have the same value" in found.note


@pytest.mark.parametrize(
    ("labels", "options", "said"),
    [
        (np.zeros(60, int), {}, "labels: wanted subjects with and without"),
        (Y, {"units": np.zeros(60, int)}, "labels: wanted one outcome a subject"),
        (Y, {"specificities": [1.0]}, "specificities: wanted numbers above 0 and below 1"),
    ],
)
def test_what_is_wrong_is_named(labels, options, said):
    with pytest.raises(InputError, match=said):
        subject_scores(votes(P), labels, seed=0, **options)


def test_the_picture_shows_the_curve():
    figure = subject_scores(votes(P), Y, seed=0).plot()
    x, y = figure.axes[0].lines[0].get_data()
    assert np.trapezoid(y, x) == pytest.approx(roc_auc_score(Y, MEANS))


def test_subjects_that_are_all_tied_have_no_interval():
    found = subject_scores(np.full((3, 16, 2), 0.5), [0, 1] * 8, seed=0)
    assert found.auc == 0.5
    assert np.isnan(found.auc_interval).all()
    assert "no interval of the AUC: all subjects are tied" in found.note
