"""Stability against brute force, planted mixtures and the posterior that it is not."""

import numpy as np
import pytest
from scipy.stats import beta

from confidence import cluster_confidence, consensus_matrix
from tests.reference.one_cluster import two_gaussians
from toolbox import InputError, restore, save
from toolbox.core.streams import generator
from toolbox.core.units import ASSUMED


def blobs(n, centres, name="blobs"):
    truth = np.arange(n) % len(centres)
    noise = generator(0, name, n).standard_normal((n, len(centres[0])))
    return noise + np.asarray(centres, float)[truth], truth


@pytest.mark.parametrize("method", ["kmeans", "ward", "mixture"])
def test_separated_clusters_are_found_and_stable(method):
    x, truth = blobs(90, [(0, 0), (12, 0), (0, 12)])
    c = cluster_confidence(x, ks=[1, 2, 3, 4], seed=0, resamples=12, method=method)
    assert (c.number, c.clusters, c.note) == (3, 3, ASSUMED)
    assert c.consensus.tolist() == truth.tolist()  # both numbered by first appearance
    assert (c.stability == 1).all()
    assert c.numbers.preference[:, 2].tolist() == [1, 1, 1, 1]
    assert c.numbers.pac[2] == 0
    assert c.jaccard.tolist() == [1, 1, 1]
    np.testing.assert_allclose(c.numbers.preference.sum(axis=1), 1)


def test_one_gaussian_is_one_cluster_though_its_cut_is_stable():
    x = generator(0, "one").standard_normal((100, 2)) * [3, 1]
    c = cluster_confidence(x, ks=[1, 2, 3], seed=0, resamples=20)
    assert c.number == 1
    assert c.p_value > 0.05
    assert "cuts" in c.note
    assert np.median(c.stability) > 0.9  # stability is not evidence of clusters
    assert c.p_value == c.p_values.max()


def test_stability_is_not_the_posterior():
    """Where the posterior of the cluster is .76, resampling says 1.00 nearly always."""
    x, posterior = two_gaussians(1200, generator(0, "ambiguous"), distance=2)
    c = cluster_confidence(x, ks=[2], null="band", seed=0, resamples=40)
    of_ours = np.where(c.consensus == c.consensus[posterior.argmax()], posterior, 1 - posterior)
    ambiguous = np.abs(of_ours - 0.76) < 0.03
    assert ambiguous.sum() > 20
    assert np.mean(c.stability[ambiguous]) > 0.99
    assert np.mean(c.stability_interval[ambiguous, 0] > 0.8) > 0.9  # and the interval misses it


def test_the_picture_and_the_documentation_say_so():
    x, _ = blobs(40, [(0, 0), (9, 0)])
    c = cluster_confidence(x, ks=[1, 2], null="band", seed=0, resamples=10)
    table, subjects = c.plot().axes
    assert "verdict: 2" in table.get_title()
    np.testing.assert_array_equal(table.images[0].get_array(), c.numbers.preference)
    assert [t.get_text() for t in table.texts] == [
        f"{share:.2f}" for share in c.numbers.preference.flat
    ]
    assert [t.get_text() for t in table.get_xticklabels()] == ["1", "2"]
    assert "not the probability of membership" in subjects.get_title()
    np.testing.assert_array_equal(subjects.lines[0].get_ydata(), np.sort(c.stability))
    text = cluster_confidence.__doc__
    assert "posterior" in text
    assert ".76" in text
    assert "(1.0, 1)" in text


def test_the_picture_of_labels_leaves_out_subjects_that_were_never_sampled():
    c = cluster_confidence(labels=[[0, 0, 1, -1], [1, 1, 0, -1], [0, 1, 1, -1]])
    table, subjects = c.plot().axes
    assert table.images[0].get_array().tolist() == [[1.0]]  # all three have two clusters
    np.testing.assert_allclose(subjects.lines[0].get_ydata(), [2 / 3, 1, 1])


def test_votes_are_counted_by_hand():
    labels = [[0, 0, 0, 1, 1], [1, 1, 1, 0, 0], [7, 7, 2, 2, -1], [0, 0, 0, 1, -1]]
    c = cluster_confidence(labels=labels)
    assert c.consensus.tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_allclose(c.stability, [1, 1, 3 / 4, 1, 1])
    np.testing.assert_allclose(c.shares[2], [3 / 4, 1 / 4])
    exact = [beta.ppf(0.025, 3, 2), beta.ppf(0.975, 4, 1)]
    np.testing.assert_allclose(c.stability_interval[2], exact)
    np.testing.assert_allclose(c.stability_interval[4], [0.025 ** (1 / 2), 1])
    assert c.jaccard == pytest.approx([(1 + 1 + 2 / 3 + 1) / 4, (1 + 1 + 1 / 2 + 1) / 4])
    assert c.labels[2].tolist() == [0, 0, 1, 1, -1]


def test_labels_keep_their_numbers_of_clusters_and_nothing_is_tested():
    c = cluster_confidence(labels=[[0, 0, 1, 1], [0, 1, 2, 2], [3, 3, 0, 0]])
    assert (c.numbers.ks.tolist(), c.numbers.preference.tolist()) == ([2, 3], [[2 / 3, 1 / 3]])
    assert (c.number, c.clusters, c.numbers.criteria) == (2, 2, ("runs",))
    assert np.isnan(c.p_value)
    assert "nothing has tested" in c.note


def test_never_sampled_subjects_have_no_stability():
    c = cluster_confidence(labels=[[0, 1, -1], [1, 0, -1]], known=[0, 1, 1])
    assert c.consensus.tolist() == [0, 1, -1]
    assert np.isnan([c.stability[2], *c.stability_interval[2], *c.shares[2]]).all()


def test_the_interval_covers_the_share_of_infinitely_many_runs():
    rng, share = generator(0, "coverage"), np.array([0.95, 0.8, 0.65, 0.9, 1.0, 0.99])
    covered = np.zeros(6)
    core = np.repeat([0, 1], 20)  # gives the clusters their names
    for _ in range(200):
        moved = (rng.random((30, 6)) > share).astype(int)
        c = cluster_confidence(labels=np.concatenate([np.tile(core, (30, 1)), moved], axis=1))
        low, high = c.stability_interval[40:].T
        covered += (low <= share) & (share <= high)
    assert (covered / 200 > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 200)).all()


def test_stability_is_held_against_known_classes():
    core = np.repeat([0, 1], 5)
    odd = np.array([[0, 0], [0, 1], [0, 1], [0, 1]]).T  # stable | 1 of 4 elsewhere
    runs = np.concatenate([np.tile(core, (4, 1)), odd.T], axis=1)
    known = np.array([0, 0, 0, 0, -1, 1, 1, 1, 1, -1, 1, 1])
    c = cluster_confidence(labels=runs, known=known)
    assert c.stability[-1] == pytest.approx(0.75)
    assert c.agreement.bin_count.tolist() == [0, 0, 1, 0, 9]
    # Of those always together 4 + 4 are in their own company, and the first odd one is not.
    np.testing.assert_allclose(c.agreement.bin_agreement[[2, 4]], [1, 8 / 9])
    assert np.isnan(c.agreement.bin_agreement[[0, 1, 3]]).all()
    np.testing.assert_allclose(
        c.agreement.bin_interval[4], [beta.ppf(0.025, 8, 2), beta.ppf(0.975, 9, 1)], rtol=1e-12
    )
    unknown = cluster_confidence(labels=runs)
    assert unknown.agreement.bin_count.sum() == 0


def test_a_subject_has_no_vote_on_its_own_case():
    c = cluster_confidence(labels=[[0, 0, 1, 1]] * 3, known=[5, -1, 3, 4])
    assert c.agreement.bin_count.sum() == 2  # the first is alone
    assert c.agreement.bin_agreement[4] == 0


def test_runs_repeat_by_seed_and_are_kept(tmp_path):
    x, _ = blobs(40, [(0, 0), (3, 0)])
    options = {"ks": [1, 2, 3], "null": "band", "resamples": 10}
    a = cluster_confidence(x, seed=1, **options)
    np.testing.assert_array_equal(a.labels, cluster_confidence(x, seed=1.0, **options).labels)
    assert not np.array_equal(a.labels, cluster_confidence(x, seed=2, **options).labels)
    assert ((a.labels >= 0).sum(axis=1) == 32).all()
    save(a, tmp_path / "c.npz")
    np.testing.assert_array_equal(restore(tmp_path / "c.npz").stability, a.stability)
    assert consensus_matrix(a.labels).values.shape == (40, 40)


GOOD = {"x": np.arange(40.0).reshape(20, 2), "ks": [2], "seed": 0, "null": "band"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"x": None}, "x"),
        ({"x": np.ones((30, 2))}, "x"),
        ({"x": np.arange(38.0).reshape(19, 2)}, "x"),
        ({"x": np.repeat([[0.0], [1.0]], 10, axis=0)}, "x"),
        ({"x": np.arange(20.0)}, "x"),
        ({"ks": None}, "ks"),
        ({"ks": [1]}, "ks"),
        ({"ks": [2, 9]}, "ks"),
        ({"ks": [2, 2.5]}, "ks"),
        ({"ks": [0, 2]}, "ks"),
        ({"ks": "two"}, "ks"),
        ({"seed": None}, "seed"),
        ({"null": "none"}, "null"),
        ({"method": "dbscan"}, "method"),
        ({"resamples": 9}, "resamples"),
        ({"level": 1}, "level"),
        ({"known": [0, 1]}, "known"),
        ({"known": ["a"] * 20}, "known"),
        ({"known": [-2] * 20}, "known"),
        ({"labels": [[0, 1]]}, "labels"),
        ({"labels": [[0, 1]], "x": None}, "ks"),
        ({"labels": [[0, 1.5]], "x": None, "ks": None}, "labels"),
        ({"labels": [[-1, -1]], "x": None, "ks": None}, "labels"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, name):
    with pytest.raises(InputError, match=f"^{name}:"):
        cluster_confidence(**GOOD | change)
