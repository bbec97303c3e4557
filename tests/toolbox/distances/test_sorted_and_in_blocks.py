"""Fast ways are their definitions: on a line by sorting, by products, in blocks, with ties."""

import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from tests.reference import set_distances as plain
from toolbox import energy_distance, mmd, wasserstein
from toolbox.core.item_blocks import binary_exponent
from toolbox.core.streams import generator
from toolbox.distances import line, median_distance, squares


def drawn(*shape, name=""):
    return generator(14, "sorted", name, *shape).standard_normal(shape)


KINDS = {
    "spread": lambda x: x,
    "ties": np.round,
    "equal": np.zeros_like,
    "far": lambda x: x + 1e9,
    "two groups": lambda x: x + 1e12 * (np.arange(len(x)) % 2).reshape(-1, *[1] * (x.ndim - 1)),
    "tiny": lambda x: 1e-30 * x,
    "huge": lambda x: 2.0**1000 * np.tanh(x),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (7, 7), (12, 5), (2, 9)])
def test_on_a_line_sorting_is_the_double_loop(kind, n, m):
    x, y = KINDS[kind](drawn(n)), KINDS[kind](drawn(m, name="y"))
    unit = 2.0 ** binary_exponent(x, y)
    a, b = x / unit, y / unit
    # The loop takes differences of means of the size of all distances, hence its own rounding.
    rounding = 1e-14 * cdist(a[:, None], b[:, None]).max()
    truth = plain.energy(a[:, None], b[:, None])
    assert energy_distance(x, y) / unit == pytest.approx(truth, rel=1e-12, abs=rounding)
    assert energy_distance(y, x) == energy_distance(x, y)
    if min(n, m) > 1:
        truth = plain.energy(a[:, None], b[:, None], unbiased=True)
        found = energy_distance(x, y, unbiased=True) / unit
        assert found == pytest.approx(truth, rel=1e-12, abs=rounding)


def test_between_groups_far_apart_the_energy_keeps_its_digits():
    # Half of both samples lies 1e12 away: the distance is the sum of what each group has.
    x, y = drawn(10), drawn(10, name="y")
    far = np.where(np.arange(10) < 5, 0, 2.0**40)
    apart = [np.round(v * 2**12) / 2**12 for v in (x, y)]  # so that adding 2^40 is exact
    halves = [[v[h] for v in apart] for h in (slice(5), slice(5, 10))]
    truth = sum(energy_distance(a, b) for a, b in halves) / 4
    assert energy_distance(apart[0] + far, apart[1] + far) == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("order", [1, 1.5, 2, 7])
@pytest.mark.parametrize(("n", "m"), [(6, 6), (7, 4), (1, 5)])
@pytest.mark.parametrize("kind", ["spread", "ties", "equal", "tiny", "huge"])
def test_transport_on_a_line_is_that_of_linear_programming(order, n, m, kind):
    x, y = KINDS[kind](drawn(n)), KINDS[kind](drawn(m, name="y"))
    unit = 2.0 ** binary_exponent(x, y)
    cost = np.abs(x[:, None] / unit - y / unit) ** order
    truth = plain.transport_cost(cost) ** (1 / order)
    assert wasserstein(x, y, order=order) / unit == pytest.approx(truth, rel=1e-7, abs=1e-12)


def test_a_mean_distance_is_over_all_pairs():
    x = np.round(drawn(9), 1)
    assert line.mean_distance(x) == pytest.approx(np.abs(x[:, None] - x).mean(), rel=1e-13)


@pytest.mark.parametrize("kind", ["spread", "far", "two groups"])
@pytest.mark.parametrize("features", [1, 3, 40])
def test_products_are_off_by_no_more_than_they_say(kind, features):
    x, y = KINDS[kind](drawn(30, features)), KINDS[kind](drawn(20, features, name="y"))
    a, b = squares.centred(x, y)
    table = squares.lifted(a)[0] @ squares.lifted(b)[1].T
    truth = ((x[:, None].astype(np.longdouble) - y) ** 2).sum(axis=2)
    off = np.abs(table - truth).max(axis=1)
    bound = squares.rounding(a, b)
    assert (off <= bound).all()
    assert (bound < 1e-9 * (np.abs(a).max() + np.abs(b).max()) ** 2).all()


def test_pairs_have_the_same_bits_one_by_one_and_all_at_once():
    x, y = drawn(9, 50), drawn(4, 50, name="y")
    rows, columns = np.indices((9, 4)).reshape(2, -1)
    table = squares.of_all_pairs(x, y)
    np.testing.assert_array_equal(table.ravel(), squares.of_pairs(x[rows], y[columns]))
    np.testing.assert_array_equal(table.T, squares.of_all_pairs(y, x))


@pytest.mark.parametrize("held", [40, 2**24])
@pytest.mark.parametrize("kind", [k for k in KINDS if k != "huge"])
@pytest.mark.parametrize("n", [2, 3, 40, 61])
def test_the_median_is_that_of_all_pairs(monkeypatch, kind, held, n):
    monkeypatch.setattr(median_distance, "_HELD", held)
    monkeypatch.setattr("toolbox.distances.clouds._BLOCK", 400)
    points = KINDS[kind](drawn(n, 3))
    truth = np.median(pdist(points))
    assert median_distance.median_distance(points) == pytest.approx(truth, rel=2e-12)


@pytest.mark.parametrize("kernel", ["gaussian", "laplace"])
@pytest.mark.parametrize("bandwidth", [1e-9, 0.1, 3.0, 1e13])
@pytest.mark.parametrize("kind", ["spread", "far", "two groups"])
def test_kernels_are_their_definition_at_every_bandwidth(kernel, bandwidth, kind):
    x, y = KINDS[kind](drawn(12, 3)), KINDS[kind](drawn(9, 3, name="y"))
    function = {
        "gaussian": lambda p, q: np.exp(-(plain.norm(p, q) ** 2) / (2 * bandwidth**2)),
        "laplace": lambda p, q: np.exp(-plain.norm(p, q) / bandwidth),
    }[kernel]
    found = mmd(x, y, kernel=kernel, bandwidth=bandwidth)
    assert found == pytest.approx(plain.mmd(x, y, function), rel=1e-9, abs=4e-12)


def test_no_table_of_all_pairs_is_held():
    x, y = drawn(2500, 2), drawn(2500, 2, name="y")
    for function in (energy_distance, lambda a, b: mmd(a, b, bandwidth=1.0)):
        tracemalloc.start()
        function(x, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2500**2 * 8 / 4
