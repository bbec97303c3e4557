"""Consensus matrices against counts pair by pair."""

import numpy as np
import pytest

from confidence import consensus_matrix
from tests.reference.clusterings import co_assignment
from toolbox import InputError, restore, save
from toolbox.core.streams import generator


@pytest.mark.parametrize("clusters", [1, 3, 8])
def test_shares_are_those_of_all_pairs(clusters):
    rng = generator(0, "pairs", clusters)
    labels = rng.integers(-2, clusters, size=(5, 18)).clip(-1)
    labels[:, 0] = clusters - 1  # every run has a subject
    m = consensus_matrix(labels)
    np.testing.assert_array_equal(m.values, co_assignment(labels))
    sampled = (labels >= 0).astype(int)
    np.testing.assert_array_equal(m.runs, sampled.T @ sampled)


def test_ambiguity_is_the_share_of_pairs_between_the_limits():
    labels = np.array([[0, 0, 1, 1], [0, 0, 1, 0]])  # the last is half here, half there
    m = consensus_matrix(labels)
    assert m.pac == pytest.approx(3 / 6)
    assert consensus_matrix(labels[:1]).pac == 0


def test_one_gaussian_looks_better_and_better_with_more_clusters():
    """The known failure: without clusters, PAC falls as the number of clusters grows."""
    from confidence import cluster_confidence

    x = generator(0, "one gaussian").standard_normal((60, 2))
    c = cluster_confidence(x, ks=[2, 9], null="gaussian", seed=0, resamples=25)
    assert c.numbers.pac[1] < c.numbers.pac[0]
    assert c.number == 1


def test_it_is_kept(tmp_path):
    m = consensus_matrix([[0, 1, 1], [0, 0, 1]])
    save(m, tmp_path / "m.npz")
    np.testing.assert_array_equal(restore(tmp_path / "m.npz").values, m.values)


@pytest.mark.parametrize(
    "labels",
    [[[0, 1.5]], [[0, -2]], [[-1, -1], [0, 1]], [0, 1], np.zeros((1, 5001)), [["a", "b"]]],
)
def test_bad_labels_are_refused_by_name(labels):
    with pytest.raises(InputError, match=r"^labels:"):
        consensus_matrix(labels)
