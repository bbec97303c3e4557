"""Ranks of pairs and scores of queries in blocks and chunks: the slow definitions, ties, types."""

import tracemalloc

import numpy as np
import pytest

from similarity import retrieval_scores
from similarity.retrieval import placements, query_rows
from tests.reference import retrieval as reference
from toolbox import InputError

NAMES = ("p_at_1", "r_precision", "map_at_r", "auc")


def matrix(rng, n, kind):
    d = rng.random((n, n))
    if kind == "ties":
        d = np.round(3 * d)
    elif kind == "equal":
        d = np.ones((n, n))
    elif kind == "groups":
        d = np.where(rng.random((n, n)) < 0.5, d, 1e12 + d)
    elif kind == "huge":
        d = 1.7e308 * (2 * d - 1)
    elif kind == "tiny":
        d = 1e-310 * np.round(9 * d)
    return d


def auc(d, labels):
    n = len(labels)
    same = (labels[:, None] == labels) & ~np.eye(n, dtype=bool)
    asked = same.any(axis=1)
    different = (labels[:, None] != labels) & asked[:, None]
    near, far = d[same][:, None], d[different]
    return np.mean((near < far) + 0.5 * (near == far))


@pytest.mark.parametrize("kind", ["spread", "ties", "equal", "groups", "huge", "tiny"])
@pytest.mark.parametrize(
    ("held", "chunk", "cells"), [(1, 1, 2), (40, 9, 64), (10**6, 10**6, 2**16)]
)
def test_scores_are_their_definitions_in_any_blocks(monkeypatch, kind, held, chunk, cells):
    monkeypatch.setattr(query_rows, "HELD", held)
    monkeypatch.setattr(placements, "CHUNK", chunk)
    monkeypatch.setattr(placements, "_CELLS", cells)
    rng = np.random.default_rng(14)
    labels = np.r_[0, 0, 1, rng.integers(0, 4, 9), 9]  # the last is a distractor
    d = matrix(rng, len(labels), kind)
    found = retrieval_scores(d, labels, seed=0, resamples=0)
    few = len(labels) if kind in ("spread", "groups", "huge") else 7  # orders of ties grow fast
    truth = [*reference.scores(d[:few, :few], labels[:few]), auc(d, labels)]
    part = retrieval_scores(d[:few, :few], labels[:few], seed=0, resamples=0)
    np.testing.assert_allclose([getattr(part, n) for n in NAMES[:3]], truth[:3], rtol=1e-12)
    assert found.auc == pytest.approx(truth[3], rel=1e-12)


def test_float32_and_whole_numbers_have_the_scores_of_float64():
    rng = np.random.default_rng(15)
    labels, d = np.arange(30) % 4, rng.integers(0, 50, (30, 30))
    scores = [retrieval_scores(d.astype(t), labels, seed=0) for t in ("f8", "f4", "i8", "u1")]
    for other in scores[1:]:
        np.testing.assert_equal(other.asdict(), scores[0].asdict())


def test_a_matrix_of_floats_is_neither_copied_nor_changed(monkeypatch):
    d = np.random.default_rng(16).random((40, 40))
    np.fill_diagonal(d, np.nan)
    d.flags.writeable = False
    assert query_rows.square_matrix(d) is d
    monkeypatch.setattr(query_rows, "HELD", 80)
    retrieval_scores(d, np.arange(40) % 3, seed=0, resamples=0)
    wrong = d.copy()
    wrong[3, 4] = wrong[30, 2] = np.inf
    with pytest.raises(InputError, match=r"^distances: .*got 2 of 1600 that are NaN or infinite"):
        retrieval_scores(wrong, np.arange(40) % 3, seed=0)


def test_what_is_no_matrix_of_numbers_is_refused():
    labels = [0, 0, 1]
    for wrong in (
        np.full((3, 3), "a"),
        np.ma.masked_greater(np.arange(9.0).reshape(3, 3), 4),
        np.ones((3, 3), dtype=complex),
        np.empty((0, 0)),
        [[1.0, 2.0], [3.0]],
    ):
        with pytest.raises(InputError, match=r"^distances: "):
            retrieval_scores(wrong, labels, seed=0)


def test_no_other_matrix_is_held_beside_the_distances():
    d, labels = np.random.default_rng(17).random((1500, 1500)), np.arange(1500) % 50
    tracemalloc.start()
    retrieval_scores(d, labels, seed=0, resamples=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # blocks of 2 MB, and some 100 bytes for each of 43,500 pairs of one label
    assert peak < 1.5 * d.nbytes
