"""Tests of clusters of evidence."""

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import adjusted_rand_score

from confidence import cluster_confidence
from similarity import cluster, evidence
from tests.reference.coloured_fields import coloured
from toolbox import InputError


def table_of(labels, strength, noise, seed=0):
    """Log-odds of +- `strength`, with noise of that standard deviation before symmetry."""
    rng = np.random.default_rng(seed)
    same = labels[:, None] == labels
    table = np.where(same, strength, -strength) + noise * rng.standard_normal(same.shape)
    table = (table + table.T) / 2
    np.fill_diagonal(table, np.nan)
    return table


@pytest.mark.parametrize("how", ["spectral", "agglomerative"])
@pytest.mark.parametrize("k", [None, 4])
def test_planted_clusters_are_found(how, k):
    labels = np.random.default_rng(1).integers(0, 4, 80)
    found = cluster(table_of(labels, 3.0, 2.0), k=k, how=how, seed=0)
    assert found.k == 4
    assert adjusted_rand_score(labels, found.labels) == 1
    assert (found.margins > 0).all()
    first = np.unique(found.labels, return_index=True)[1]
    assert (np.diff(first) > 0).all()


def test_many_items():
    labels = np.random.default_rng(2).integers(0, 5, 700)
    for how in ("spectral", "agglomerative"):
        found = cluster(table_of(labels, 2.0, 4.0), how=how, seed=0)
        assert found.k == 5
        assert adjusted_rand_score(labels, found.labels) > 0.9
        assert found.eigenvalues[0] == pytest.approx(1)


def test_many_small_groups_are_found_by_even_odds():
    labels = np.random.default_rng(3).integers(0, 120, 300)  # a gap shows 49 at most
    table = table_of(labels, 3.0, 1.0)
    found = cluster(table, k="even odds", how="agglomerative", seed=0)
    assert found.k == len(np.unique(labels))
    assert adjusted_rand_score(labels, found.labels) == 1
    assert found.eigenvalues.size == 0
    apart = cluster(np.full((10, 10), -9.0), k="even odds", how="agglomerative", seed=0)
    assert apart.labels.tolist() == list(range(10))
    one = cluster(np.full((10, 10), 0.5), k="even odds", how="agglomerative", seed=0)
    assert one.k == 1


def test_even_odds_stop_where_a_table_by_hand_does():
    # 0 and 1 merge (4); then the pair and 2 have the mean (3 - 2) / 2 > 0, and all three and 3
    # (1 - 4 - 4) / 3 < 0.
    table = np.array([[0.0, 4, 3, 1], [4, 0, -2, -4], [3, -2, 0, -4], [1, -4, -4, 0]])
    found = cluster(table, k="even odds", how="agglomerative", seed=0)
    assert found.labels.tolist() == [0, 0, 0, 1]
    table[1, 2] = table[2, 1] = -3.5  # now (3 - 3.5) / 2 < 0
    found = cluster(table, k="even odds", how="agglomerative", seed=0)
    assert found.labels.tolist() == [0, 0, 1, 2]
    assert found.margins[0] == pytest.approx(4 - 3)


def test_even_odds_need_a_level_and_their_method():
    images = np.random.default_rng(0).standard_normal((6, 32, 32))
    with pytest.raises(InputError, match="k: wanted a number of clusters, as the evidence has no"):
        cluster(evidence(images, dim=2, seed=0), k="even odds", how="agglomerative", seed=0)
    with pytest.raises(InputError, match="how: wanted agglomerative for k='even odds'"):
        cluster(np.zeros((4, 4)), k="even odds", seed=0)


@pytest.mark.parametrize("how", ["spectral", "agglomerative"])
def test_one_cluster_and_all_apart_are_answers(how):
    one = cluster(np.full((10, 10), 4.0), how=how, seed=0)
    assert (one.k, one.labels.max()) == (1, 0)
    assert np.isnan(one.margins).all()
    apart = cluster(np.full((10, 10), -9.0), how=how, seed=0)
    assert apart.k == 10
    assert apart.labels.tolist() == list(range(10))
    assert "no pair is more likely the same" in apart.note
    table = table_of(np.zeros(40, dtype=int), 0.5, 2.0, seed=1)  # noise on one cluster
    assert cluster(table, how=how, seed=0).k == 1
    table = table_of(np.arange(40), 5.0, 0.5)  # no two items alike
    assert cluster(table, how=how, seed=0).k == 40


@pytest.mark.parametrize("how", ["spectral", "agglomerative"])
def test_every_number_of_clusters_can_be_asked_for(how):
    table = table_of(np.arange(9) // 3, 2.0, 1.0)
    for k in range(1, 10):
        found = cluster(table, k=float(k), how=how, seed=1)
        assert len(np.unique(found.labels)) == k == found.k
    two = cluster([[np.nan, 1.0], [1.0, np.nan]], how=how, seed=0)
    assert two.labels.tolist() == [0, 0]
    for k in (1, 2):
        assert cluster(np.zeros((2, 2)), k=k, how=how, seed=0).k == k


def test_contradictory_evidence_has_an_answer():
    # a ~ b, b ~ c, a not c: one item lies between two clusters, and its margin says so.
    table = np.full((7, 7), -4.0)
    table[:3, :3] = table[4:, 4:] = 4.0
    table[3], table[:, 3] = 0.5, 0.5
    found = cluster(table, k=2, seed=0)
    assert len(set(found.labels[:3])) == len(set(found.labels[4:])) == 1
    assert np.abs(found.margins[3]) < 0.5 < np.abs(np.delete(found.margins, 3)).min()


def test_margins_are_the_mean_log_odds():
    labels = np.array([0, 0, 0, 1, 1, 2])
    table = table_of(labels, 3.0, 1.0)
    margins = cluster(table, k=3, seed=0).margins
    assert margins[0] == pytest.approx(
        table[0, 1:3].mean() - max(table[0, 3:5].mean(), table[0, 5])
    )
    assert np.isnan(margins[5])


def test_order_and_seed_and_shift():
    labels = np.arange(30) % 3
    table, order = table_of(labels, 2.0, 2.0), np.random.default_rng(0).permutation(30)
    for how in ("spectral", "agglomerative"):
        plain = cluster(table, k=3, how=how, seed=0).labels
        again = cluster(table, k=3, how=how, seed=0).labels
        assert np.array_equal(plain, again)
        moved = cluster(table[np.ix_(order, order)], k=3, how=how, seed=0).labels
        assert adjusted_rand_score(plain[order], moved) == 1
    shifted = cluster(table + logit(0.1), k=3, how="agglomerative", seed=0)
    assert np.array_equal(shifted.labels, plain)


def test_subsamples_are_handed_to_the_confidence_of_clusters():
    rng = np.random.default_rng(0)
    images = np.concatenate([coloured(rng, 10, 40, h) for h in (0.2, 1.0, 2.0)])
    found, n = evidence(images, dim=2, seed=0), 30
    runs = np.full((25, n), -1)
    for r, run in enumerate(runs):
        part = np.sort(rng.permutation(n)[:24])
        run[part] = cluster(found.scores[np.ix_(part, part)], k=3, seed=r).labels
    told = cluster_confidence(labels=runs)
    assert told.clusters == 3
    assert adjusted_rand_score(np.repeat([0, 1, 2], 10), told.consensus) > 0.9
    assert told.stability.mean() > 0.9


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"evidence": np.zeros((1, 1))}, "evidence"),
        ({"evidence": np.zeros((3, 4))}, "evidence"),
        ({"evidence": np.arange(9.0).reshape(3, 3)}, "evidence"),
        ({"evidence": np.full((3, 3), np.nan)}, "evidence"),
        ({"evidence": np.zeros((2, 3, 3))}, "evidence"),
        ({"k": 0}, "k"),
        ({"k": 7}, "k"),
        ({"k": 2.5}, "k"),
        ({"how": "kmeans"}, "how"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_input_is_named(change, argument):
    given = {"evidence": np.zeros((6, 6)), "seed": 0} | change
    with pytest.raises(InputError, match=f"^{argument}:"):
        cluster(given.pop("evidence"), **given)
