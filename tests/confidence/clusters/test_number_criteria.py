"""Criteria against scikit-learn, densities and rules worked by hand."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import calinski_harabasz_score, silhouette_score

from confidence.clusters.number_criteria import criterion_values, preferences
from toolbox.core.streams import generator


def some_points(n=60, features=3):
    rng = generator(0, "points")
    return rng.standard_normal((n, features)), rng.integers(4, size=n)


def test_silhouette_and_variance_ratio_are_scikit_learns():
    x, labels = some_points()
    silhouette, ratio, _, log_within = criterion_values(x, labels)
    assert silhouette == pytest.approx(silhouette_score(x, labels))
    assert ratio == pytest.approx(calinski_harabasz_score(x, labels))
    within = sum(np.var(x[labels == k], axis=0).sum() * np.sum(labels == k) for k in range(4))
    assert log_within == pytest.approx(np.log(within))


def test_bic_is_that_of_the_densities():
    x, labels = some_points()
    means = np.array([x[labels == k].mean(axis=0) for k in range(4)])[labels]
    deviation = np.sqrt(np.mean((x - means) ** 2))
    shares = np.bincount(labels)[labels] / len(x)
    fit = np.log(shares).sum() + norm.logpdf(x, means, deviation).sum()
    free = 3 + 4 * 3 + 1  # shares, means, one variance
    assert criterion_values(x, labels)[2] == pytest.approx(fit - free / 2 * np.log(len(x)))


def test_one_cluster_has_no_silhouette_but_the_others():
    x, _ = some_points()
    values = criterion_values(x, np.zeros(len(x), int))
    assert values[:2].tolist() == [-np.inf, -np.inf]
    assert np.isfinite(values[2:]).all()


def test_clusters_of_single_points_have_the_smallest_dispersion_that_is_counted():
    x, labels = np.repeat([[0.0], [1.0], [5.0]], 4, axis=0), np.repeat([0, 1, 2], 4)
    silhouette, ratio, bic, log_within = criterion_values(x, labels)
    assert silhouette == 1  # distance 0 within, some between
    assert log_within == pytest.approx(np.log(1e-200))
    between = 4 * np.sum((np.array([0, 1, 5]) - 2) ** 2)
    assert ratio == pytest.approx((between / 2) / (1e-200 / 9))
    fit = 12 * np.log(1 / 3) - 6 * (np.log(2 * np.pi * 1e-200 / 12) + 1)
    assert bic == pytest.approx(fit - 6 / 2 * np.log(12))  # 2 shares, 3 means, 1 variance


def test_the_gap_rule_takes_the_first_within_one_error_of_the_largest():
    values = np.zeros((4, 3, 4))
    values[:, :, 3] = [[0, -1, -1.02], [0, -0.05, -0.06], [0, -1, -3], [0, -1, -0.5]]
    boxes = np.array([[0.1, 0.1, 0.1], [-0.1, -0.1, -0.1]])  # error .1 sqrt(3/2) = .122
    assert preferences(values, boxes)[3].tolist() == [1, 0, 2, 1]


def test_ties_go_to_fewer_clusters():
    assert preferences(np.zeros((2, 3, 4)), np.zeros((2, 3))).tolist() == [[0, 0]] * 4
