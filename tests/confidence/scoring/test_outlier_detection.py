"""AUROC and FPR95 against scikit-learn, counting, and simulated coverage of the interval."""

import numpy as np
import pytest
from scipy.stats import binom, norm
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
