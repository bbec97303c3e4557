"""Ranks among sorted numbers and their scores against NumPy and slow definitions."""

import numpy as np
import pytest

from tests.reference import retrieval as reference
from toolbox.kernels.cpu.ranks import (
    count_passed,
    gather_same,
    part_by_label,
    place_smallest,
    places,
    score_ranks,
)


@pytest.mark.parametrize("decimals", [0, 1, 9])
@pytest.mark.parametrize("cells", [1, 200])
def test_ranks_are_those_of_a_search(decimals, cells):
    rng = np.random.default_rng(cells)
    pairs = np.sort(np.round(rng.random(60), decimals))
    rows = np.round(1.2 * rng.random((5, 40)) - 0.1, decimals)  # some before and behind all
    counted = rng.permuted(np.arange(40) < np.array([40, 39, 1, 0, 7])[:, None], axis=1)
    rows[~counted] = np.inf
    low, scale = pairs[0], cells / (pairs[-1] - pairs[0])
    cell = np.minimum((pairs - low) * scale, cells - 1).astype(int)
    starts = np.append(0, np.cumsum(np.bincount(cell, minlength=cells)))
    ends = np.append(np.searchsorted(pairs, pairs, "right"), 60)
    passed, twice = np.zeros(61, dtype=np.int64), np.empty(5, dtype=np.int64)
    tables = np.append(pairs, np.nan), ends.astype(np.int32), starts.astype(np.int32)
    count_passed(rows, *tables, low, scale, passed, twice)
    left, right = (np.searchsorted(pairs, rows, side) for side in ("left", "right"))
    np.testing.assert_array_equal(twice, ((left + right) * counted).sum(axis=1))
    wanted = sum(np.bincount(rank[counted], minlength=61) for rank in (left, right))
    np.testing.assert_array_equal(passed, wanted)
    found = np.empty(60, dtype=np.int32)
    places(pairs, tables[0], tables[2], low, scale, found)
    np.testing.assert_array_equal(found, np.searchsorted(pairs, pairs))


def test_distances_are_parted_by_label():
    rows = np.array([[3.0, 1.0, 2.0, np.nan, 7.0], [np.nan, 4.0, 5.0, 6.0, 8.0]])
    queries, labels = np.array([3, 0]), np.array([0, 1, 0, 1, 1])
    same, others = np.empty((2, 2)), np.empty((2, 3))
    part_by_label(rows, queries, labels, same, others)
    np.testing.assert_array_equal(same, [[1, 7], [5, np.inf]])
    np.testing.assert_array_equal(others, [[3, 2, np.inf], [4, 6, 8]])
    found = np.zeros(4)
    gather_same(rows, queries, labels, found)
    np.testing.assert_array_equal(found, [1, 7, 5, 0])


def test_scores_of_ranks_are_the_mean_over_all_orders_of_ties():
    same = np.array([[1.0, 2.0, 2.0, 5.0], [4.0, 9.0, np.inf, np.inf]])
    # The four nearest are sorted, as many as there are in `same`; ties go on among the others.
    others = np.array([[2.0, 3.0, 3.0, 5.0, 9.0, 5.0], [1.0, 1.0, 4.0, 4.0, 7.0, 4.0]])
    scores = np.empty((2, 3))
    score_ranks(same, others, np.array([4, 2]), scores)
    for a, b, found in zip(same, others, scores, strict=True):
        a = a[np.isfinite(a)]
        relevant = np.repeat([1, 0], [len(a), len(b)])
        wanted = reference.scores_of_query(np.append(a, b), relevant)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("k", [1, 4])
def test_places_are_those_of_a_stable_sort(ties, k):
    rows = np.random.default_rng(k).standard_normal((30, 12))
    if ties:
        rows = np.round(rows)
    rows[np.arange(30), np.arange(30) % 12] = np.inf
    places = np.empty((30, k), dtype=np.int64)
    place_smallest(rows, places)
    np.testing.assert_array_equal(places, np.argsort(rows, axis=1, kind="stable")[:, :k])
