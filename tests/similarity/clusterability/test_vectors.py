"""Verdicts on mixtures and the worth of labels, held against simulation and closed forms."""

import numpy as np
import pytest
from scipy.special import ndtr, softmax
from scipy.stats import norm
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from paper_figures.task_limits.clustering_simulations import (
    lloyd,
    message_passing,
    mixture,
    oriented,
    principal_signs,
    wrong,
)
from similarity import clusterable, label_value
from similarity.clusterability.mixture_limits import (
    bayes_error,
    exact_threshold,
    finite_pca_error,
    is_hard,
    pca_error,
    weak_threshold,
)
from similarity.clusterability.scalar_channel import channel_error, channel_overlap
from similarity.clusterability.separation_estimates import vector_separation
from toolbox import InputError


def centred(rng, *, separation, items, dimensions, classes):
    """Return vectors of `classes` classes at equal distances, and their classes."""
    corners = np.linalg.qr(rng.standard_normal((dimensions, classes)))[0].T
    corners -= corners.mean(axis=0)
    y = rng.permutation(np.arange(items) % classes)
    x = np.sqrt(classes * separation) * corners[y] + rng.standard_normal((items, dimensions))
    return x, y


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("q", [0.01, 0.5, 5.0, 30.0])
def test_the_channel_is_what_drawing_it_shows(q, classes):
    rng = np.random.default_rng(classes)
    h = np.sqrt(q) * rng.standard_normal((100_000, classes))
    h[:, 0] += q
    right = softmax(h, axis=1)[:, 0]
    overlap = (classes * right.mean() - 1) / (classes - 1)
    error = classes * right.std() / np.sqrt(1e5) / (classes - 1)
    assert channel_overlap(q, classes) == pytest.approx(overlap, abs=4 * error)
    expected = (h.argmax(axis=1) != 0).mean()
    assert channel_error(q, classes) == pytest.approx(expected, abs=0.007)


def test_limits_in_closed_form():
    assert weak_threshold(400, 100) == 0.5
    assert pca_error(0.99, 400, 400) == bayes_error(0.99, 400, 400, 2) == 0.5
    # With all labels: the mean of n labelled items, r = l / (c + l), error Phi(-sqrt(l r)).
    for separation, ratio in ((0.5, 1.0), (2.0, 0.25)):
        r = separation / (ratio + separation)
        expected = ndtr(-np.sqrt(separation * r))
        assert bayes_error(separation, 400, 400 * ratio, 2, labelled=1) == pytest.approx(expected)
    # p << n: the classes' centres are known, whatever the labels.
    assert bayes_error(2.0, 10**7, 2, 2) == pytest.approx(norm.sf(np.sqrt(2.0)), abs=1e-4)
    assert bayes_error(8.0, 400, 400, 2) <= pca_error(8.0, 400, 400)


@pytest.mark.parametrize(("items", "edge"), [(400, 6.0), (1600, 8.0)])
def test_the_hard_phase_begins_where_lesieur_et_al_say(items, edge):
    for classes, hard in ((2, False), (int(edge) - 2, False), (int(edge) + 6, True)):
        assert is_hard(0.97 * weak_threshold(items, 400), items, 400, classes) is hard


def test_errors_of_two_classes_against_simulation():
    """Without labels by the first component and Lloyd, with a tenth by message passing."""
    n, draws = 300, 30
    for separation in (0.7, 1.0, 1.6, 2.5):
        got = []
        for draw in range(draws):
            rng = np.random.default_rng([draw, int(10 * separation)])
            x, y = mixture(rng, separation=separation, items=n, dimensions=n)
            first = principal_signs(x)
            known = np.where(rng.random(n) < 0.1, y, 0)
            posterior = message_passing(x, separation, known, oriented(first, known))
            spoken = np.where(posterior >= 0, 1.0, -1.0)
            got.append(
                (
                    wrong(first, y),
                    wrong(lloyd(x, first), y),
                    wrong(spoken, y, among=known == 0),
                )
            )
        pca, best, labelled = np.mean(got, axis=0)
        spread = 3 * np.std(got, axis=0).max() / np.sqrt(draws)
        found = clusterable(separation=separation, items=n, dimensions=n, labelled=0.1)
        assert finite_pca_error(separation, n, n) == pytest.approx(pca, abs=spread + 0.01)
        assert found.error_unlabelled == pytest.approx(best, abs=spread + 0.015)
        assert found.error_labelled == pytest.approx(labelled, abs=spread + 0.015)
        value = label_value(separation, items=n, dimensions=n, labelled=0.1).value[0]
        assert value == pytest.approx(best - labelled, abs=0.02 + spread)


def test_the_threshold_of_ari_one_half_against_simulation():
    n, grid = 300, np.array([1.6, 2.0, 2.5])
    scores = np.zeros(len(grid))
    for k, separation in enumerate(grid):
        for draw in range(15):
            x, y = mixture(
                np.random.default_rng([draw, k]), separation=separation, items=n, dimensions=n
            )
            scores[k] += adjusted_rand_score(y, lloyd(x, principal_signs(x))) / 15
    crossing = np.interp(0.5, scores, grid)
    dense = np.linspace(1.2, 3, 100)
    ari = [(1 - 2 * bayes_error(s, n, n, 2)) ** 2 for s in dense]
    assert np.interp(0.5, ari, dense) == pytest.approx(crossing, rel=0.10)


@pytest.mark.parametrize("classes", [3, 4])
def test_more_classes_against_simulation(classes):
    """Error of k-means from the leading components, well above the threshold."""
    n, p, separation = 900, 300, 2.5
    shares, all_right = [], []
    for draw in range(6):
        rng = np.random.default_rng([draw, classes])
        x, y = centred(rng, separation=separation, items=n, dimensions=p, classes=classes)
        left, size, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
        reduced = left[:, : classes - 1] * size[: classes - 1]
        found = KMeans(classes, n_init=5, random_state=0).fit_predict(reduced)
        table = np.array(
            [[(y[found == a] == b).sum() for b in range(classes)] for a in range(classes)]
        )
        shares.append(1 - table.max(axis=1).sum() / n)
        all_right.append(shares[-1] == 0)
    stated = clusterable(separation=separation, items=n, dimensions=p, classes=classes)
    assert stated.error_unlabelled == pytest.approx(np.mean(shares), abs=0.02)
    assert not any(all_right)
    assert stated.exact_ratio < 1


@pytest.mark.parametrize("classes", [2, 4])
def test_every_item_is_right_above_the_exact_line_and_not_below(classes):
    n, p = 400, 100
    line = exact_threshold(n, p, classes)
    right = {}
    for factor in (0.5, 1.6):
        right[factor] = 0
        for draw in range(10):
            rng = np.random.default_rng([draw, classes])
            x, y = centred(rng, separation=factor * line, items=n, dimensions=p, classes=classes)
            found = KMeans(classes, n_init=4, random_state=0).fit_predict(x)
            right[factor] += adjusted_rand_score(y, found) == 1
    assert right[0.5] <= 3
    assert right[1.6] >= 9


# ------------------------------------------------------------------------------------- vectors


@pytest.mark.parametrize(
    ("classes", "separation", "dimensions"), [(2, 1.5, 100), (2, 0.0, 100), (5, 1.0, 200)]
)
def test_the_separation_is_estimated_without_bias_and_covered(classes, separation, dimensions):
    got = []
    for draw in range(150):
        rng = np.random.default_rng([draw, classes])
        x, y = centred(rng, separation=separation, items=50, dimensions=dimensions, classes=classes)
        got.append(vector_separation(x, y))
    value, error, filled = np.array(got).T
    if separation:  # at 0 it is cut at 0
        assert value.mean() == pytest.approx(separation, abs=4 * value.std() / np.sqrt(150) + 0.05)
    assert np.mean(np.abs(value - separation) <= 1.96 * error) >= 0.9
    assert filled.mean() == pytest.approx(dimensions, rel=0.05)


def test_noise_that_is_not_isotropic_fills_fewer_dimensions():
    rng = np.random.default_rng(0)
    sd = 1 / np.arange(1, 101)
    x = rng.standard_normal((400, 100)) * sd
    filled = vector_separation(x, np.arange(400) % 2).dimensions
    assert filled == pytest.approx((sd**2).sum() ** 2 / (sd**4).sum(), rel=0.1)
    found = clusterable(x, labels=np.arange(400) % 2, seed=0)
    assert "far from isotropic" in found.note


def test_verdicts_on_vectors():
    rng = np.random.default_rng(1)
    x, y = mixture(rng, separation=3.0, items=200, dimensions=100)
    few = np.where(np.arange(200) < 60, y, 0).astype(int)
    few[60:] = -1
    few[:60] = y[:60] > 0
    found = clusterable(x, labels=few, seed=0)
    assert found.verdict.startswith("clusterable")
    assert found.separation_interval[0] < 3 < found.separation_interval[1]
    assert found.task.classes == 2
    assert np.isfinite(found.task.intrinsic_dimension).all()
    assert (found.task.intrinsic_bias < 0).all()
    noise = rng.standard_normal((400, 400))
    none = clusterable(noise, labels=np.arange(400) % 2, seed=0)
    assert none.verdict.startswith("not clusterable")
    unsure = clusterable(
        noise, labels=np.where(np.arange(400) < 10, np.arange(400) % 2, -1), seed=0
    )
    assert unsure.verdict.startswith("undecided")


def test_names_of_classes_and_units_do_not_matter():
    x, y = mixture(np.random.default_rng(2), separation=2.0, items=60, dimensions=20)
    plain = clusterable(x, labels=(y > 0).astype(int), seed=0)
    named = clusterable(7 * x + 3, labels=np.where(y > 0, "a", "b"), seed=0)
    for field in ("separation", "ratio", "error_labelled"):
        assert getattr(named, field) == pytest.approx(getattr(plain, field), rel=1e-6)


def test_stated_numbers():
    found = clusterable(separation=0.5, items=400, dimensions=400)
    assert found.verdict.startswith("not clusterable")
    assert found.error_limit == found.chance == 0.5
    assert found.ratio == 0.5
    assert np.isnan(found.task.intrinsic_dimension).all()
    many = clusterable(separation=0.99, items=400, dimensions=400, classes=20)
    assert "unlimited computation" in many.note
    assert many.error_unlabelled == pytest.approx(0.95)
    assert many.value_of_labels > 0.5
    assert "do not fit" in clusterable(separation=1, items=40, dimensions=1, classes=3).note


def test_labels_never_harm_and_more_are_worth_more():
    for separation in (0.0, 0.9, 3.0):
        found = label_value(separation, items=400, dimensions=400)
        assert (found.value >= 0).all()
        assert (np.diff(found.value) >= -1e-9).all()
        np.testing.assert_allclose(
            found.per_label, 100 * found.value / (400 * found.labelled), rtol=1e-12
        )


# ------------------------------------------------------------------------------------ bad input


def test_what_is_refused():
    x = np.random.default_rng(0).standard_normal((24, 3))
    y = np.arange(24) % 2
    for arguments, name in (
        ({"x": x[:1], "labels": [0], "seed": 0}, "x"),
        ({"x": x, "labels": np.zeros(24, int), "seed": 0}, "labels"),
        ({"x": x, "labels": np.arange(24), "seed": 0}, "labels"),
        ({"x": x, "labels": np.full(24, -1), "seed": 0}, "labels"),
        ({"x": x, "labels": y}, "seed"),
        ({"x": x, "labels": y, "separation": 1.0, "seed": 0}, "separation"),
        ({"x": np.repeat(y, 3).reshape(24, 3), "labels": y, "seed": 0}, "x"),
        ({}, "x"),
        ({"separation": 1.0, "items": 10, "dimensions": 3, "classes": 10}, "classes"),
        ({"separation": 1.0, "items": 10}, "dimensions"),
        ({"separation": -1.0, "items": 10, "dimensions": 3}, "separation"),
        ({"separation": 1.0, "items": 10, "dimensions": 3, "labelled": 2}, "labelled"),
    ):
        with pytest.raises(InputError, match=f"^{name}:"):
            clusterable(**arguments)
    with pytest.raises(InputError, match=r"as many classes as labelled items"):
        clusterable(x, labels=np.arange(24), seed=0)
    for shares in ([0.0], [1.5], [[0.5]]):
        with pytest.raises(InputError, match=r"^labelled:"):
            label_value(1.0, items=10, dimensions=3, labelled=shares)
