"""The few smallest of each row against a stable sort."""

import numpy as np
import pytest

from toolbox.kernels.cpu.smallest import place_smallest


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
