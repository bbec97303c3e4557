"""Tests of retrieval in blocks."""

import tracemalloc

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from similarity import retrieve
from similarity.retrieval import nearest_items
from similarity.verification.records import Evidence
from toolbox import InputError


def points(n, features, seed=0):
    return np.random.default_rng(seed).standard_normal((n, features))


def brute(x, y, k, *, itself):
    """Sort all pairs by distance, then by index."""
    square = ((x[:, None] - y) ** 2).sum(axis=-1)
    if itself:
        np.fill_diagonal(square, np.inf)
    order = np.argsort(square, axis=1, kind="stable")[:, :k]
    return order, np.sqrt(np.take_along_axis(square, order, axis=1))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_it_is_exact(offset, monkeypatch):
    monkeypatch.setattr(nearest_items, "HELD", 1000)  # many blocks
    x, y = points(70, 5) + offset, points(90, 5, seed=1) + offset
    for database, itself in ((y, False), (None, True)):
        indices, distances = brute(x, x if database is None else database, 7, itself=itself)
        found = retrieve(x, database, k=7)
        assert np.array_equal(found.indices, indices)
        assert np.allclose(found.distances, distances, rtol=1e-14)


def test_ties_go_by_index():
    rng = np.random.default_rng(2)
    x = rng.integers(0, 3, (60, 2)) * 0.1 + 1000.3  # many equal vectors, whatever the rounding
    indices, _ = brute(x, x, 20, itself=True)
    assert np.array_equal(retrieve(x, k=20).indices, indices)
    equal = retrieve(np.full((5, 3), 0.1), k=4)
    assert equal.indices[2].tolist() == [0, 1, 3, 4]
    assert (equal.distances == 0).all()


def test_it_agrees_with_scikit_learn():
    x, y = points(40, 8), points(200, 8, seed=1)
    for measure in ("euclidean", "cosine"):
        model = NearestNeighbors(n_neighbors=10, metric=measure, algorithm="brute").fit(y)
        distances, indices = model.kneighbors(x)
        found = retrieve(x, y, k=10, measure=measure)
        assert np.array_equal(found.indices, indices)
        assert np.allclose(found.distances, distances, atol=1e-12)


def test_huge_and_tiny_numbers_and_single_precision():
    x = points(30, 4)
    plain = retrieve(x, k=3)
    for scale in (1e200, 1e-200):
        scaled = retrieve(scale * x, k=3)
        assert np.array_equal(scaled.indices, plain.indices)
        assert np.allclose(scaled.distances, scale * plain.distances, rtol=1e-12)
    single = retrieve(x.astype(np.float32), k=3)
    assert single.distances.dtype == np.float32
    exact = brute(
        x.astype(np.float32).astype(float), x.astype(np.float32).astype(float), 3, itself=True
    )
    assert np.array_equal(single.indices, exact[0])


def test_ten_thousand_embeddings_in_little_memory():
    x = points(10_000, 32).astype(np.float32)
    tracemalloc.start()
    found = retrieve(x, k=10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # one n x n table of float32 alone is 400 MB, n x n x F is 12.8 GB
    asked = np.arange(0, 10_000, 997)
    square = ((x[asked].astype(float)[:, None] - x) ** 2).sum(axis=-1)
    order = np.argsort(square, axis=1, kind="stable")[:, 1:11]
    assert np.array_equal(found.indices[asked], order)


def test_evidence_is_ranked_by_its_scores():
    matrix = np.array(
        [[np.nan, 2, -1, 2], [2, np.nan, 0, 1], [-1, 0, np.nan, 3], [2, 1, 3, np.nan]]
    )
    evidence = Evidence(
        matrix=np.full((4, 4), np.nan),
        p_values=matrix,
        statistics=matrix,
        scores=matrix,
        family="f",
        note="",
        level="none",
        units=np.arange(4),
    )
    found = retrieve(evidence, k=3)
    assert found.indices.tolist() == [[1, 3, 2], [0, 3, 2], [3, 1, 0], [2, 0, 1]]
    assert found.distances[0].tolist() == [-2, -2, 1]
    with pytest.raises(InputError, match=r"^database"):
        retrieve(evidence, matrix, k=1)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"k": 0}, "k"),
        ({"k": 5}, "k"),
        ({"queries": points(1, 3)}, "queries"),
        ({"queries": np.zeros(3)}, "queries"),
        ({"database": points(4, 2)}, "database"),
        ({"measure": "manhattan"}, "measure"),
        ({"queries": np.zeros((5, 3)), "measure": "cosine"}, "queries"),
        ({"database": np.zeros((5, 3)), "measure": "cosine"}, "database"),
    ],
)
def test_bad_input_is_named(change, argument):
    given = {"queries": points(5, 3), "k": 2} | change
    with pytest.raises(InputError, match=f"^{argument}:"):
        retrieve(given.pop("queries"), **given)


@pytest.mark.parametrize("measure", ["euclidean", "cosine"])
def test_a_dask_array_of_queries_finds_the_same(measure):
    arrays = pytest.importorskip("dask.array")
    x, y = points(11, 4), points(30, 4, seed=1)
    lazy = retrieve(arrays.from_array(x, chunks=(4, 4)), y, k=3, measure=measure)
    held = retrieve(x, y, k=3, measure=measure)
    assert isinstance(lazy.distances, arrays.Array)
    for name in ("indices", "distances"):
        found = getattr(lazy, name).compute(scheduler="synchronous")
        np.testing.assert_array_equal(found, getattr(held, name))
    assert lazy.measure == held.measure
    for database in (None, arrays.from_array(y)):
        with pytest.raises(InputError, match=r"^database: wanted vectors in memory"):
            retrieve(arrays.from_array(x), database, k=3)
