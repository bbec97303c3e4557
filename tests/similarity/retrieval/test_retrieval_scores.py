"""Tests of the retrieval scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, roc_auc_score

from similarity import retrieval_scores
from similarity.retrieval import query_rows
from similarity.retrieval.partition_agreement import scores as partition_scores
from tests.reference import retrieval as reference
from toolbox import InputError

NAMES = ("p_at_1", "r_precision", "map_at_r")


def point_scores(distances, labels):
    scores = retrieval_scores(distances, labels, seed=0, resamples=0)
    return [getattr(scores, name) for name in NAMES]


def symmetric(rng, n):
    d = rng.random((n, n))
    return d + d.T


def test_table_enumerated_by_hand():
    # Query 0 ranks 1 (same), 2 (other), 3 (same): R = 2, so P@1 = 1, RP = 1/2, MAP@R = (1/1)/2.
    # Query 1 ranks 2, 0, 3: P@1 = 0, RP = 1/2, MAP@R = (0 + 1/2)/2.
    # Query 3 ranks 0, 1, 2: all ones. Item 2 has a label of its own and is no query.
    d = np.array([[np.nan, 1, 2, 3], [2, np.nan, 1, 3], [1, 1, np.nan, 1], [1, 2, 3, np.nan]])
    scores = retrieval_scores(d, ["a", "a", "b", "a"], seed=0, resamples=0)
    assert scores.p_at_1 == pytest.approx(2 / 3)
    assert scores.r_precision == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert scores.map_at_r == pytest.approx((0.5 + 0.25 + 1) / 3)
    assert scores.singletons == 1
    assert scores.queries.tolist() == [0, 1, 3]
    assert np.allclose(scores.query_scores[1], [0, 0.5, 0.25])


def test_agrees_with_the_slow_definition():
    rng = np.random.default_rng(0)
    for n in (5, 12, 25):
        d, labels = symmetric(rng, n), np.r_[0, 0, 1, rng.integers(0, 4, n - 3)]
        assert np.allclose(point_scores(d, labels), reference.scores(d, labels))


def test_a_class_of_most_items_around_all_others_is_ranked_to_its_end(monkeypatch):
    # From every query of "a" the only other item is nearer than the last of its label.
    points = np.array([[0.0, 3.0], [3.0, -2.0], [-3.0, -2.0], [0.0, 0.0]])
    d = np.linalg.norm(points[:, None] - points, axis=2)
    scores = retrieval_scores(d, ["a", "a", "a", "b"], seed=0, resamples=0)
    np.testing.assert_allclose(scores.query_scores, [[0, 0.5, 0.25]] * 3)  # b, a, a
    monkeypatch.setattr(query_rows, "HELD", 90)  # in blocks of three, often of the largest class
    rng = np.random.Generator(np.random.Philox(3))
    for _ in range(40):
        labels = np.sort(rng.choice(3, 30, p=(0.7, 0.2, 0.1)))
        d = symmetric(rng, 30) * (1 + 2 * (labels[:, None] == labels))
        assert point_scores(d, labels) == pytest.approx(reference.scores(d, labels))


def test_ties_are_averaged_over_every_order():
    rng = np.random.default_rng(1)
    for _ in range(20):
        d, labels = rng.integers(0, 2, (7, 7)), np.r_[0, 0, 1, rng.integers(0, 3, 4)]
        assert np.allclose(point_scores(d, labels), reference.scores(d, labels))


def test_all_distances_equal_is_chance():
    scores = retrieval_scores(np.zeros((6, 6)), [0, 0, 0, 1, 1, 1], seed=0)
    assert scores.p_at_1 == pytest.approx(2 / 5)
    assert scores.r_precision == pytest.approx(2 / 5)
    assert scores.auc == pytest.approx(1 / 2)


def test_auc_is_that_of_scikit_learn_over_the_queries_pairs():
    rng = np.random.default_rng(2)
    d = np.round(symmetric(rng, 20), 1)
    labels = np.r_[rng.integers(0, 4, 19), 9]  # the last is a distractor
    queries = [q for q in range(20) if (labels == labels[q]).sum() > 1]
    pairs = [(q, j) for q in queries for j in range(20) if j != q]
    truth = [labels[q] == labels[j] for q, j in pairs]
    expected = roc_auc_score(truth, [-d[q, j] for q, j in pairs])
    assert retrieval_scores(d, labels, seed=0, resamples=0).auc == pytest.approx(expected)


def test_intervals_cover_the_expected_score():
    # Independent queries with a known P@1: the gallery of every query is drawn afresh, so that
    # resampling queries is exact. 200 intervals at 90 %: 4 standard deviations are 8.5 %.
    rng, hits, n = np.random.default_rng(3), 0, 40
    labels = np.repeat(np.arange(20), 2)
    for repeat in range(200):
        d = rng.random((n, n))
        d[np.arange(n), np.arange(n) ^ 1] = np.where(rng.random(n) < 0.6, -1, 2)
        scores = retrieval_scores(d, labels, seed=repeat, level=0.9, resamples=199)
        low, high = scores.p_at_1_interval
        hits += low <= 0.6 <= high
        assert low <= scores.p_at_1 <= high
    assert abs(hits / 200 - 0.9) < 0.085


def test_units_widen_intervals_and_too_few_have_none():
    rng = np.random.default_rng(4)
    labels, unit = np.repeat([0, 1], 30), np.tile(np.repeat(np.arange(10), 3), 2)
    d = symmetric(rng, 60)
    d += 2 * ((labels[:, None] != labels) == (unit % 2)[:, None])  # half of the units are wrong
    alone = retrieval_scores(d, labels, seed=0)
    by_unit = retrieval_scores(d, labels, seed=0, units=unit)
    assert np.ptp(by_unit.map_at_r_interval) > 1.5 * np.ptp(alone.map_at_r_interval)
    few = retrieval_scores(d, labels, seed=0, units=labels)
    assert np.isnan(few.auc_interval).all()
    assert "2 independent units" in few.note


def test_the_auc_bootstrap_is_close_to_resampling_pairs_by_query():
    rng = np.random.default_rng(5)
    n, labels = 30, np.repeat([0, 1, 2], 10)
    d = symmetric(rng, n) + 0.5 * (labels[:, None] != labels)
    interval = retrieval_scores(d, labels, seed=0, resamples=999).auc_interval
    same, off, direct = labels[:, None] == labels, ~np.eye(n, dtype=bool), []
    for _ in range(400):
        rows = rng.integers(0, n, n)
        keep = off[rows]
        direct.append(roc_auc_score(same[rows][keep], -d[rows][keep]))
    assert np.allclose(interval, np.quantile(direct, [0.025, 0.975]), atol=0.02)


def test_clusters_are_scored_as_scikit_learn_does():
    rng = np.random.default_rng(6)
    labels, d = rng.integers(0, 5, 60), symmetric(rng, 60)
    for clusters in (rng.integers(0, 7, 60), labels, np.zeros(60, int), np.arange(60)):
        scores = retrieval_scores(d, labels, clusters=clusters, seed=0, resamples=0)
        assert scores.ari == pytest.approx(adjusted_rand_score(labels, clusters), abs=1e-12)
        expected = normalized_mutual_info_score(labels, clusters)
        assert scores.nmi == pytest.approx(expected, abs=1e-12)
    without = retrieval_scores(d, labels, seed=0, resamples=0)
    assert np.isnan([without.nmi, without.ari, *without.ari_interval]).all()


def test_copies_of_an_item_make_no_pair_of_the_rand_index():
    # Copies counted one by one, pairs of copies left out; and clusters by chance stay at zero.
    rng = np.random.default_rng(7)
    a, b, times = rng.integers(0, 3, 12), rng.integers(0, 3, 12), rng.integers(0, 4, 12)
    item = np.repeat(np.arange(12), times)
    i, j = np.triu_indices(len(item), 1)
    keep = item[i] != item[j]
    same_a, same_b = (p[item][i[keep]] == p[item][j[keep]] for p in (a, b))
    both, one, two, m = (same_a & same_b).sum(), same_a.sum(), same_b.sum(), keep.sum()
    expected = (both - one * two / m) / ((one + two) / 2 - one * two / m)
    assert partition_scores(a, b, times[None] * 1.0)[0, 1] == pytest.approx(expected)
    labels, clusters = np.arange(200) % 4, rng.integers(0, 4, 200)
    d = np.abs(rng.standard_normal((200, 200)))
    low, high = retrieval_scores(d, labels, clusters=clusters, seed=0).ari_interval
    assert low < 0.01
    assert high < 0.05


def test_intervals_of_the_clusters_scores_cover():
    # Items keep their label as cluster with probability .8: the truth is that of many items.
    # 100 intervals at 90 %: 4 standard errors are .12.
    rng, hits = np.random.default_rng(8), []

    def drawn(n):
        labels = rng.integers(0, 4, n)
        return labels, np.where(rng.random(n) < 0.8, labels, rng.integers(0, 4, n))

    truth = adjusted_rand_score(*drawn(200_000))
    for repeat in range(100):
        labels, clusters = drawn(80)
        d = np.zeros((80, 80))
        scores = retrieval_scores(
            d, labels, clusters=clusters, seed=repeat, level=0.9, resamples=199
        )
        low, high = scores.ari_interval
        hits.append(low <= truth <= high)
    assert np.mean(hits) > 0.9 - 0.12


@pytest.mark.parametrize("singletons", [0, 5])
def test_agrees_with_the_calculator_of_pytorch_metric_learning(singletons):
    pytest.importorskip("pytorch_metric_learning")
    import torch
    from pytorch_metric_learning.distances import LpDistance
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
    from pytorch_metric_learning.utils.inference import CustomKNN

    rng = np.random.default_rng(9)
    labels = np.r_[np.repeat(np.arange(6), 7), 100 + np.arange(singletons)]
    z = rng.standard_normal((len(labels), 3)) + labels[:, None] % 6
    named = {
        "precision_at_1": "p_at_1",
        "r_precision": "r_precision",
        "mean_average_precision_at_r": "map_at_r",
    }
    calculator = AccuracyCalculator(
        include=tuple(named),
        k="max_bin_count",
        device=torch.device("cpu"),
        knn_func=CustomKNN(LpDistance(normalize_embeddings=False)),
    )
    theirs = calculator.get_accuracy(torch.tensor(z), torch.tensor(labels))
    distances = np.sqrt(((z[:, None] - z) ** 2).sum(axis=-1))
    ours = retrieval_scores(distances, labels, seed=0, resamples=0)
    for name, own in named.items():
        assert getattr(ours, own) == pytest.approx(theirs[name], abs=1e-6)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(4, 15))
def test_scores_do_not_depend_on_the_order_of_items(seed, n):
    rng = np.random.default_rng(seed)
    d, labels, order = (
        rng.integers(0, 5, (n, n)),
        np.r_[0, 0, 1, 1 + rng.integers(0, 3, n - 3)],
        (rng.permutation(n)),
    )
    shuffled = point_scores(d[np.ix_(order, order)], labels[order])
    assert np.allclose(point_scores(d, labels), shuffled)
    assert np.allclose(point_scores(d, labels), point_scores(3 * d + 1, labels))


@pytest.mark.parametrize(
    ("distances", "labels", "argument"),
    [
        (np.ones((3, 2)), [0, 0, 1], "distances"),
        (np.ones(3), [0, 0, 1], "distances"),
        (np.where(np.eye(3)[::-1] > 0, np.nan, 1.0), [0, 0, 1], "distances"),
        (np.ones((3, 3)), [0, 0], "labels"),
        (np.ones((3, 3)), [0, 0, 0], "labels"),
        (np.ones((3, 3)), [0, 1, 2], "labels"),
        (np.ones((3, 3)), [0, np.nan, 2], "labels"),
    ],
)
def test_bad_input_is_named(distances, labels, argument):
    with pytest.raises(InputError, match=f"^{argument}"):
        retrieval_scores(distances, labels, seed=0)


def test_other_arguments_are_checked():
    d, labels = np.ones((3, 3)), [0, 0, 1]
    for wrong in (
        {"seed": -1},
        {"level": 1.0},
        {"resamples": 2.5},
        {"units": [1]},
        {"clusters": [1]},
    ):
        with pytest.raises(InputError, match=f"^{next(iter(wrong))}"):
            retrieval_scores(d, labels, **{"seed": 0, **wrong})
    assert retrieval_scores(d, labels, seed=0.0, resamples=9.0).level == 0.95
