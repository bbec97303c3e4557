"""AUROC and FPR95 against scikit-learn, counting, and simulated coverage of the interval."""

import numpy as np
import pytest
from scipy.stats import binom, norm
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score, roc_curve

import toolbox
from confidence import ood_scores
from toolbox.core.streams import generator


@pytest.mark.parametrize(("n", "m", "steps"), [(40, 30, 1000), (25, 60, 5), (7, 20, 2)])
def test_scikit_learn_agrees(n, m, steps):
    rng = generator(0, "ood", n, m)
    a, b = rng.integers(0, steps, n) / steps, rng.integers(0, steps, m) / steps + 0.2
    b = np.round(b * steps) / steps
    truth, score = np.repeat([0, 1], [n, m]), np.concatenate([a, b])
    got = ood_scores(a, b)
    assert got.auroc == pytest.approx(roc_auc_score(truth, score))
    fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)
    assert got.fpr95 == pytest.approx(fpr[tpr >= 0.95 - 1e-12].min())
    assert np.mean(b >= got.threshold) >= 0.95


def test_equal_scores_of_two_precisions_tie():
    a, b = [0.1, 0.2, 0.3, 0.6], [0.3, 0.6, 0.9]
    for one, other in ((a, np.float32(b)), (np.float32(a), b), (np.float32(a), np.float32(b))):
        got = ood_scores(one, other)
        assert (got.auroc, got.fpr95) == (ood_scores(a, b).auroc, ood_scores(a, b).fpr95)


def test_scores_that_float32_does_not_hold_keep_their_order_beside_whole_numbers():
    for shift in (1e-50, 1e-300, 1e39, 1e300):  # a list of whole numbers is of float32
        got = ood_scores([0, 0, 0], [shift, 2 * shift])
        assert (got.auroc, got.fpr95, got.threshold) == (1, 0, shift)
    rng = generator(2, "ood, two precisions")
    a, b = rng.standard_normal(300), rng.standard_normal(300)
    b[:100] = a[:100]
    assert ood_scores(np.float32(a), b).auroc == pytest.approx(ood_scores(a, b).auroc, abs=1e-12)


def test_the_interval_covers_the_true_area():
    rng, covered, shift = generator(1, "delong"), 0, 1.0
    truth = norm.cdf(shift / np.sqrt(2))
    for _ in range(400):
        low, high = ood_scores(
            rng.standard_normal(40), rng.standard_normal(30) + shift
        ).auroc_interval
        covered += low <= truth <= high
    # DeLong's interval is a little short at these sizes.
    assert covered >= binom.ppf(1e-4, 400, 0.93)
    assert covered <= binom.ppf(1 - 1e-4, 400, 0.96)


def test_bounds():
    assert ood_scores([0, 0.1], [0.5, 0.9]).auroc == 1
    assert ood_scores([0, 0.1], [0.5, 0.9]).fpr95 == 0
    assert ood_scores([1, 2], [0.5, 0.9]).auroc == 0
    same = ood_scores([1, 1, 1], [1, 1])
    assert (same.auroc, same.fpr95) == (0.5, 1)
    assert np.isnan(same.auroc_interval).all()
    assert np.isnan(ood_scores([1], [2, 3]).auroc_interval).all()


def test_refusals_say_what_is_wanted():
    for arguments, text in (
        (([], [1]), "ordinary: wanted"),
        (([1, np.nan], [1]), "ordinary: wanted"),
        (([1], [[1, 2]]), "outliers: wanted"),
    ):
        with pytest.raises(toolbox.InputError, match=text):
            ood_scores(*arguments)


def clustered(rng, units, per, shared):
    """Return scores of items of units, a shift of one apart, and the units of both sides."""
    effects = [np.repeat(rng.standard_normal(units), per) for _ in range(2)]
    effects[1] = effects[0] if shared else effects[1]
    scores = [e * 0.8**0.5 + rng.standard_normal(units * per) * 0.2**0.5 for e in effects]
    names = np.repeat(np.arange(units), per)
    return scores[0], scores[1] + 1, names, names + (0 if shared else units)


@pytest.mark.parametrize("shared", [False, True])
def test_the_interval_of_units_covers_where_that_of_items_is_too_short(shared):
    rng, found = generator(2, "units", int(shared)), []
    truth = norm.cdf(1 / np.sqrt(2))
    for _ in range(300):
        a, b, of_a, of_b = clustered(rng, 20, 5, shared)
        both = (ood_scores(a, b, units_ordinary=of_a, units_outliers=of_b), ood_scores(a, b))
        found.append([s.auroc_interval[0] <= truth <= s.auroc_interval[1] for s in both])
    by_unit, by_item = np.mean(found, axis=0)
    assert by_unit >= binom.ppf(1e-4, 300, 0.92) / 300  # of 400 draws of others .92 to .95
    if not shared:  # what both sides share takes itself off
        assert by_item < 0.8


def test_units_of_one_item_are_items_and_too_few_are_said():
    a, b = generator(3, "few").standard_normal((2, 12))
    told = ood_scores(a, b, units_ordinary=np.arange(12), units_outliers=list("abcdefghijkl"))
    assert told.auroc_interval.tolist() == ood_scores(a, b).auroc_interval.tolist()
    few = ood_scores(a, b, units_ordinary=np.arange(12), units_outliers=np.arange(12) // 4 + 12)
    assert np.isnan(few.auroc_interval).all()
    assert few.note == "no interval: 3 units on a side, where 5 are needed"
    assert "all pairs agree" in ood_scores([0, 0.1], [0.5, 0.9]).note
    assert "fewer than two items" in ood_scores([0], [0.5, 0.9]).note


def test_obuchowskis_variance_is_that_of_placements_summed_by_unit():
    """Written out for each pair, unit by unit."""
    rng = generator(4, "by hand")
    a, b, of_a, of_b = clustered(rng, 6, 2, shared=True)
    area = np.mean([[(v > u) + (v == u) / 2 for u in a] for v in b])
    s = [sum(np.mean(v > a) - area for v in b[of_b == k]) / 12 for k in range(6)]
    t = [sum(np.mean(b > u) - area for u in a[of_a == k]) / 12 for k in range(6)]
    parts = [6 / 5 * sum(np.square(sums)) for sums in (s, t)]
    variance = sum(parts) + 2 * 6 / 5 * sum(np.multiply(s, t))
    freedom = sum(parts) ** 2 / sum(np.square(parts) / 5)
    half = student.ppf(0.975, freedom) * np.sqrt(variance)
    found = ood_scores(a, b, units_ordinary=of_a, units_outliers=of_b).auroc_interval
    np.testing.assert_allclose(found, np.clip([area - half, area + half], 0, 1), rtol=1e-12)
