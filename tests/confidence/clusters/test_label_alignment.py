"""Alignment of labels by all permutations, under renaming, and on planted partitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confidence.clusters.label_alignment import aligned, canonical
from tests.reference.clusterings import best_agreement
from toolbox.core.streams import generator

SETTINGS = settings(derandomize=True, deadline=None, max_examples=40)


def noisy_runs(rng, *, runs, n, clusters, noise, missing=0.2):
    truth = rng.integers(clusters, size=n)
    labels = np.where(rng.random((runs, n)) < noise, rng.integers(clusters, size=(runs, n)), truth)
    return truth, np.where(rng.random((runs, n)) < missing, -1, labels)


def renamed(rng, labels):
    names = np.stack([rng.permutation(40)[: labels.max() + 1] for _ in labels])
    return np.where(labels >= 0, np.take_along_axis(names, np.maximum(labels, 0), axis=1), -1)


@given(clusters=st.integers(1, 5), noise=st.floats(0, 1), seed=st.integers(0, 10**6))
@SETTINGS
def test_names_of_clusters_play_no_part(clusters, noise, seed):
    rng = generator(seed, "names")
    _, labels = noisy_runs(rng, runs=7, n=30, clusters=clusters, noise=noise)
    for ours, theirs in zip(aligned(labels), aligned(renamed(rng, labels)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@given(clusters=st.integers(2, 4), noise=st.floats(0, 1), seed=st.integers(0, 10**6))
@SETTINGS
def test_the_result_is_a_fixpoint_of_best_matching_and_majority(clusters, noise, seed):
    _, labels = noisy_runs(generator(seed, "fix"), runs=6, n=25, clusters=clusters, noise=noise)
    found = aligned(labels)
    items = np.arange(25)
    ever = (found.runs >= 0).any(axis=0)
    np.testing.assert_array_equal(
        found.votes[items, found.consensus][ever], found.votes.max(axis=1)[ever]
    )
    for run, named in zip(canonical(labels), found.runs, strict=True):
        assert best_agreement(run, found.consensus, found.votes.shape[1]) == np.sum(
            (named == found.consensus) & (named >= 0)
        )
    assert (found.consensus >= 0).tolist() == ever.tolist()
    assert set(found.consensus[ever]) == set(range(found.votes.shape[1]))


@pytest.mark.parametrize("clusters", [2, 4, 7])
def test_a_planted_partition_is_found(clusters):
    rng = generator(0, "planted", clusters)
    truth, labels = noisy_runs(rng, runs=25, n=200, clusters=clusters, noise=0.2)
    found = aligned(renamed(rng, labels))
    np.testing.assert_array_equal(found.consensus, canonical(truth[None])[0])


def test_runs_of_other_numbers_of_clusters_are_matched_as_far_as_they_go():
    labels = [[0, 0, 1, 1, 2, 2], [2, 2, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1], [3, 3, 1, 1, 0, 2]]
    found = aligned(np.array(labels))
    assert found.consensus.tolist() == [0, 0, 1, 1, 2, 2]
    assert found.runs[1].tolist() == [0, 0, 1, 1, 2, 2]
    assert found.runs[2, 4:].tolist() == [2, 2]
    assert set(found.runs[3, 4:]) == {2, found.runs[3].max()}  # half of it matches none
    assert found.runs[3].max() >= 3


def test_subjects_that_no_run_sampled_have_no_cluster():
    found = aligned(np.array([[0, 0, 1, -1], [1, 1, 0, -1]]))
    assert found.consensus.tolist() == [0, 0, 1, -1]
    assert found.votes.tolist() == [[2, 0], [2, 0], [0, 2], [0, 0]]
