"""Verdicts on matrices of similarities and on graphs, held against simulation."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from similarity import clusterable_graph, clusterable_pairs, evidence
from similarity.clusterability.pairs_and_graphs import pairs_error
from similarity.clusterability.separation_estimates import pair_sensitivity
from toolbox import InputError


def similarities(rng, *, sensitivity, items, classes):
    y = np.arange(items) % classes
    noise = np.triu(rng.standard_normal((items, items)), 1)
    return sensitivity * (y[:, None] == y) + noise + noise.T, y


def graph(rng, *, within, between, items, classes):
    y = np.arange(items) % classes
    link = rng.random((items, items)) < np.where(y[:, None] == y, within, between)
    link = np.triu(link, 1).astype(float)
    return link + link.T, y


def spectral(matrix, classes):
    centred = matrix - matrix[~np.eye(len(matrix), dtype=bool)].mean()
    np.fill_diagonal(centred, 0)
    _, vectors = np.linalg.eigh(centred)
    return KMeans(classes, n_init=5, random_state=0).fit_predict(vectors[:, 1 - classes :])


def test_two_classes_against_simulation():
    n = 500
    for ratio in (0.6, 1.4, 2.0):
        shares = []
        for draw in range(8):
            rng = np.random.default_rng(draw)
            matrix, y = similarities(rng, sensitivity=2 * ratio / np.sqrt(n), items=n, classes=2)
            share = (spectral(matrix, 2) != y).mean()
            shares.append(min(share, 1 - share))
        assert pairs_error(ratio, 2) == pytest.approx(np.mean(shares), abs=0.05)
        found = clusterable_pairs(matrix, labels=y)
        low, high = found.separation_interval / found.threshold
        assert low - 0.1 < ratio < high + 0.1
        assert found.verdict.startswith("not clusterable" if ratio < 1 else "clusterable")


def test_more_classes_rise_above_the_threshold():
    n, scores = 300, []
    for ratio in (0.5, 2.0):
        rng = np.random.default_rng(0)
        matrix, y = similarities(rng, sensitivity=5 * ratio / np.sqrt(n), items=n, classes=5)
        scores.append(adjusted_rand_score(y, spectral(matrix, 5)))
    assert scores[0] < 0.1
    assert scores[1] > 0.9


def test_the_interval_of_the_sensitivity_knows_of_items_shared():
    """Similarities that share noise of their items, as real ones do; 5 % intervals hold 90 %."""
    truth, covered, naive = None, [], []
    for draw in range(121):
        rng = np.random.default_rng(draw)
        n = 1500 if draw == 0 else 40  # the first, of many items, is the truth
        matrix, y = similarities(rng, sensitivity=1.0, items=n, classes=2)
        noise = rng.standard_normal(n)
        matrix = matrix + noise[:, None] + noise
        found, _ = pair_sensitivity(matrix, y[:, None] == y)
        if draw == 0:
            truth = found.value
            continue
        covered.append(abs(found.value - truth) <= 1.96 * found.error)
        naive.append(abs(found.value - truth) <= 1.96 * np.sqrt(2 * 2 / 780))
    assert np.mean(covered) >= 0.88


def test_evidence_comes_as_it_is_and_noise_is_not_clusterable():
    noise = np.random.Generator(np.random.Philox(0)).standard_normal((12, 32, 32))
    noise[6:] = noise[6:].cumsum(axis=2)
    y = np.repeat([0, 1], 6)
    found = clusterable_pairs(evidence(noise, dim=2, seed=0), labels=y)
    assert found.verdict.startswith("clusterable")
    assert "necessary, not sufficient" in found.note
    assert np.isnan(found.exact_ratio)
    reverse = clusterable_pairs(np.where(y[:, None] == y, -1.0, 1.0), labels=y)
    assert reverse.separation == 0
    assert reverse.error_unlabelled == reverse.chance == 0.5
    assert reverse.note.startswith("pairs of one class are less alike than pairs of two")


def test_noise_is_seldom_taken_for_distances():
    rng, y = np.random.default_rng(0), np.repeat([0, 1], 20)
    noise = rng.standard_normal((200, 40, 40))
    notes = [clusterable_pairs(each + each.T, labels=y).note for each in noise]
    taken = np.mean([not note.startswith("AUC") for note in notes])
    assert taken <= 0.025 + 4 * np.sqrt(0.025 * 0.975 / 200)


def test_graphs_against_simulation():
    n = 600
    for ratio in (0.6, 1.5, 2.2):
        # a + b = 80; |a - b| = ratio sqrt(2 (a + b))
        difference = ratio * np.sqrt(160)
        a, b = (80 + difference) / 2, (80 - difference) / 2
        shares = []
        for draw in range(6):
            link, y = graph(
                np.random.default_rng(draw), within=a / n, between=b / n, items=n, classes=2
            )
            share = (spectral(link, 2) != y).mean()
            shares.append(min(share, 1 - share))
        found = clusterable_graph(a / n, b / n, items=n)
        assert found.ratio == pytest.approx(ratio)
        assert found.error_unlabelled == pytest.approx(np.mean(shares), abs=0.06)
        assert found.verdict.startswith("not clusterable" if ratio < 1 else "clusterable")


def refined(link, y, classes):
    """Move each item to the class with which it has most links, from the truth, until none moves.

    Where the truth itself is left, no method finds it: another placement is likelier.
    """
    member = np.eye(classes)[y]
    for _ in range(20):
        size = member.sum(axis=0)
        new = np.eye(classes)[(link @ member / np.maximum(size, 1)).argmax(axis=1)]
        if (new == member).all():
            break
        member = new
    return member.argmax(axis=1)


@pytest.mark.parametrize("classes", [2, 3])
def test_every_item_is_right_above_the_exact_line_and_not_below(classes):
    n, b = 600, 12.0
    right = []
    for factor in (0.7, 1.4):
        a = (np.sqrt(b) + factor * np.sqrt(classes * np.log(n))) ** 2
        stated = clusterable_graph(a / n, b / n, items=n, classes=classes)
        assert stated.exact_ratio == pytest.approx(factor)
        stay = 0
        for draw in range(10):
            link, y = graph(
                np.random.default_rng(draw), within=a / n, between=b / n, items=n, classes=classes
            )
            stay += (refined(link, y, classes) == y).all()
        right.append(stay)
    assert right[0] <= 2
    assert right[1] >= 8


def test_what_is_refused():
    matrix, y = similarities(np.random.default_rng(0), sensitivity=1.0, items=12, classes=2)
    holes = matrix.copy()
    holes[0, 1] = holes[1, 0] = np.nan
    for wrong, name in (
        ({"evidence": matrix[:5], "labels": y}, "evidence"),
        ({"evidence": np.triu(matrix), "labels": y}, "evidence"),
        ({"evidence": holes, "labels": y}, "evidence"),
        ({"evidence": matrix, "labels": np.zeros(12, int)}, "labels"),
        ({"evidence": matrix, "labels": np.arange(12)}, "labels"),
        ({"evidence": matrix, "labels": y, "labelled": -1}, "labelled"),
    ):
        with pytest.raises(InputError, match=f"^{name}:"):
            clusterable_pairs(**wrong)
    for wrong, name in (
        ({"within": 2, "between": 0.1, "items": 10}, "within"),
        ({"within": 0, "between": 0, "items": 10}, "within"),
        ({"within": 0.1, "between": -1, "items": 10}, "between"),
        ({"within": 0.1, "between": 0.2, "items": 10, "classes": 10}, "classes"),
    ):
        with pytest.raises(InputError, match=f"^{name}:"):
            clusterable_graph(**wrong)
