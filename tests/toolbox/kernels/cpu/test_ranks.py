"""Ranks among sorted numbers and near ones of a row against NumPy."""

import numpy as np
import pytest

from toolbox.kernels.cpu.ranks import count_passed, gather_near, place_smallest


@pytest.mark.parametrize("decimals", [0, 1, 9])
@pytest.mark.parametrize("cells", [1, 200])
def test_ranks_are_those_of_a_search(decimals, cells):
    rng = np.random.default_rng(cells)
    pairs = np.sort(np.round(rng.random(60), decimals))
    rows = np.round(1.2 * rng.random((5, 40)) - 0.1, decimals)  # some before and behind all
    rows[np.arange(5), np.arange(5)] = np.inf
    same = rng.random(rows.shape) < 0.3
    low, scale = pairs[0], cells / (pairs[-1] - pairs[0])
    places = np.minimum((pairs - low) * scale, cells - 1).astype(int)
    starts = np.append(0, np.cumsum(np.bincount(places, minlength=cells)))
    ends = np.append(np.searchsorted(pairs, pairs, "right"), 60)
    passed, twice = np.zeros(61, dtype=np.int64), np.empty(5, dtype=np.int64)
    tables = np.append(pairs, np.nan), ends.astype(np.int32), starts.astype(np.int32)
    count_passed(rows, same, *tables, low, scale, passed, twice)
    counted = ~same & np.isfinite(rows)
    left, right = (np.searchsorted(pairs, rows, side) for side in ("left", "right"))
    np.testing.assert_array_equal(twice, ((left + right) * counted).sum(axis=1))
    wanted = sum(np.bincount(rank[counted], minlength=61) for rank in (left, right))
    np.testing.assert_array_equal(passed, wanted)


def test_what_is_near_is_gathered_in_order():
    rows = np.array([[3.0, 1.0, 2.0, np.inf], [5.0, np.inf, 4.0, 6.0]])
    same = np.array([[True, False, True, False], [False, False, True, True]])
    value, relevant = np.full((2, 3), np.inf), np.zeros((2, 3), dtype=bool)
    gather_near(rows, same, np.array([2.0, 6.0]), value, relevant)
    np.testing.assert_array_equal(value, [[1, 2, np.inf], [5, 4, 6]])
    np.testing.assert_array_equal(relevant, [[False, True, False], [False, True, True]])


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
