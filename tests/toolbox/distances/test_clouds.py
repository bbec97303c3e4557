"""Distances between clouds of points: closed forms, brute force, other libraries, nonsense."""

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from tests.reference import set_distances as plain
from toolbox import (
    InputError,
    energy_distance,
    mmd,
    permutation_p_value,
    sliced_wasserstein,
    wasserstein,
)
from toolbox.core.streams import generator

DISTANCES = {
    "energy_distance": energy_distance,
    "unbiased energy": lambda x, y: energy_distance(x, y, unbiased=True),
    "sliced_wasserstein": lambda x, y: sliced_wasserstein(x, y, projections=7, seed=1),
    "wasserstein": wasserstein,
    "regularised": lambda x, y: wasserstein(x, y, regularisation=1.0),  # of few iterations
    "mmd": mmd,
    "laplace": lambda x, y: mmd(x, y, kernel="laplace"),
}


def points(*shape, name=""):
    return generator(11, "clouds", name, *shape).standard_normal(shape)


def assert_mean(values, truth):
    """Check a mean of independent draws at four Monte Carlo errors."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    assert abs(np.mean(values) - truth) < 4 * error


# ------------------------------------------------------------------------------------ invariances


@pytest.mark.parametrize("name", DISTANCES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 7), m=st.integers(2, 7), f=st.integers(1, 4))
def test_order_and_side_of_the_points_do_not_matter(name, seed, n, m, f):
    rng = generator(seed, "order")
    x, y = rng.standard_normal((n, f)), 2 * rng.standard_normal((m, f)) + 1
    value = DISTANCES[name](x, y)
    assert DISTANCES[name](y, x) == pytest.approx(value, rel=1e-4, abs=1e-9)
    assert DISTANCES[name](x[::-1], rng.permutation(y)) == pytest.approx(value, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("dtype", ["i8", "u1"])
def test_whole_numbers_are_as_far_apart_as_the_same_floats(name, dtype):
    """POT gives 0 to all integers, and wraps bytes (findings/pot_whole_numbers.sh)."""
    x, y = np.abs(40 * points(6, 3)), np.abs(40 * points(5, 3, name="y")) + 90
    x, y = x.astype(dtype), y.astype(dtype)
    value = DISTANCES[name](x, y)
    assert value > 0
    assert value == pytest.approx(DISTANCES[name](x.astype("f8"), y.astype("f8")), rel=1e-5)


@pytest.mark.parametrize("name", DISTANCES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_shift_and_scale_of_all_points(name, seed, scale, shift):
    rng = generator(seed, "scale")
    x, y = rng.standard_normal((6, 3)), rng.standard_normal((5, 3)) + 1
    value, moved = DISTANCES[name](x, y), DISTANCES[name](scale * x + shift, scale * y + shift)
    power = 0 if name in ("mmd", "laplace") else 1
    assert moved == pytest.approx(scale**power * value, rel=1e-4, abs=1e-9 * scale)


@pytest.mark.parametrize("name", [n for n in DISTANCES if n != "sliced_wasserstein"])
def test_rotations_do_not_matter(name):
    x, y = points(6, 3), points(5, 3, name="y") + 1
    turn = np.linalg.qr(points(3, 3, name="turn"))[0]
    assert DISTANCES[name](x @ turn, y @ turn) == pytest.approx(DISTANCES[name](x, y), rel=1e-4)


@pytest.mark.parametrize("name", ["energy_distance", "sliced_wasserstein", "wasserstein"])
def test_equal_clouds_are_at_zero(name):
    x = points(8, 3)
    assert DISTANCES[name](x, x[::-1]) == pytest.approx(0, abs=1e-7)
    assert DISTANCES[name](x, np.repeat(x, 3, axis=0)) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_vector_is_points_on_a_line_and_float32_is_read(name):
    x, y = points(6), points(5, name="y")
    value = DISTANCES[name](x, y)
    assert value == DISTANCES[name](x[:, None], y[:, None])
    assert type(value) is float
    assert DISTANCES[name](x.astype("f4"), y.astype("f4")) == pytest.approx(value, rel=1e-4)


# ----------------------------------------------------------------------------------------- energy


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 5), (9, 4)])
def test_energy_distance_is_its_definition_and_that_of_scipy(n, m):
    x, y = points(n, 3), points(m, 3, name="y") + 0.5
    assert energy_distance(x, y) == pytest.approx(plain.energy(x, y))
    on_a_line = stats.energy_distance(x[:, 0], y[:, 0]) ** 2
    assert energy_distance(x[:, 0], y[:, 0]) == pytest.approx(on_a_line)


def test_unbiased_energy_distance_is_its_definition_and_zero_on_average():
    x, y = points(6, 2), points(4, 2, name="y")
    assert energy_distance(x, y, unbiased=True) == pytest.approx(plain.energy(x, y, unbiased=True))
    rng = generator(1, "energy null")
    pairs = [(rng.exponential(size=(5, 2)), rng.exponential(size=(8, 2))) for _ in range(400)]
    assert_mean([energy_distance(a, b, unbiased=True) for a, b in pairs], 0)
    biased = [energy_distance(a, b) for a, b in pairs]
    gap = np.mean([np.linalg.norm(a[0] - b[0]) for a, b in pairs])
    assert np.mean(biased) == pytest.approx((1 / 5 + 1 / 8) * gap, rel=0.1)


def test_the_permutation_test_measures_the_same_energy_distance():
    x, y = points(7, 3), points(6, 3, name="y") + 1
    spread = np.concatenate([x, y]).std(axis=0, ddof=1)
    test = permutation_p_value(x, y, statistic="energy_distance", seed=0, resamples=9)
    assert energy_distance(x / spread, y / spread) == pytest.approx(test.statistic)


def test_many_points_in_blocks(monkeypatch):
    x, y = points(50, 2), points(40, 2, name="y")
    whole = energy_distance(x, y), mmd(x, y)
    monkeypatch.setattr("toolbox.distances.clouds._BLOCK", 100)
    assert (energy_distance(x, y), mmd(x, y)) == pytest.approx(whole)


# -------------------------------------------------------------------------------------- transport


@pytest.mark.parametrize(("n", "m"), [(6, 6), (7, 4), (1, 5)])
@pytest.mark.parametrize("order", [1, 1.5, 2])
def test_exact_transport_is_that_of_linear_programming(n, m, order):
    x, y = points(n, 3), points(m, 3, name="y") + 0.5
    truth = plain.transport_cost(cdist(x, y) ** order) ** (1 / order)
    assert wasserstein(x, y, order=order) == pytest.approx(truth)


def test_exact_transport_is_an_assignment_for_equal_numbers():
    x, y = points(60, 4), points(60, 4, name="y")
    cost = cdist(x, y, "sqeuclidean")
    truth = np.sqrt(cost[linear_sum_assignment(cost)].mean())
    assert wasserstein(x, y) == pytest.approx(truth)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (30, 23)])
def test_on_a_line_all_transports_agree_with_scipy(n, m):
    x, y = points(n), 2 * points(m, name="y") + 1
    truth = stats.wasserstein_distance(x, y)
    assert wasserstein(x, y, order=1) == pytest.approx(truth)
    assert sliced_wasserstein(x, y, order=1, seed=0, projections=3) == pytest.approx(truth)


FAR = (1e4, 1e7, 1e8, 1e12)


def two_groups(n, far, features=2, name=""):
    x = points(n, features, name=name)
    x[: n // 2] += far
    return x


def repeated(n, m, x, y):
    """Repeat points until both clouds have as many: of the same law, assigned one to one."""
    parts = np.lcm(n, m)
    return np.repeat(x, parts // n, axis=0), np.repeat(y, parts // m, axis=0)


@pytest.mark.parametrize(("n", "m"), [(10, 10), (40, 40), (12, 20)])
@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("order", [1, 2, 4])
def test_groups_far_apart_are_transported_each_by_itself(n, m, far, order):
    x, y = two_groups(n, far), two_groups(m, far, name="y")
    halves = ((slice(n // 2), slice(m // 2)), (slice(n // 2, n), slice(m // 2, m)))
    powers = []
    for a, b in halves:
        cost = cdist(*repeated(n // 2, m // 2, x[a], y[b])) ** order
        powers.append(cost[linear_sum_assignment(cost)].mean())
    truth = np.mean(powers) ** (1 / order)
    assert wasserstein(x, y, order=order) == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(33, 99), (20, 70), (10, 1000)])
@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("order", [1, 2, 4])
def test_groups_far_apart_on_a_line(n, m, far, order):
    a, b = two_groups(n, far, 1)[:, 0], two_groups(m, far, 1, name="y")[:, 0]
    one, other = repeated(n, m, np.sort(a), np.sort(b))
    truth = np.mean(np.abs(one - other) ** order) ** (1 / order)
    assert sliced_wasserstein(a, b, projections=1, seed=0, order=order) == pytest.approx(truth)


def test_groups_within_groups():
    """Separations of 1e14 and 1e6: the second round still has costs of 1e12 of the best."""
    x, y = two_groups(24, 1e6), two_groups(24, 1e6, name="y")
    x[::2] += 1e14
    y[::2] += 1e14
    cost = [cdist(x[i::2][j], y[i::2][j]) ** 2 for i in (0, 1) for j in (slice(6), slice(6, 12))]
    truth = np.sqrt(np.mean([c[linear_sum_assignment(c)].mean() for c in cost]))
    assert wasserstein(x, y) == pytest.approx(truth, rel=1e-9)


def test_a_plan_that_is_not_the_best_is_refused(monkeypatch):
    import ot

    def first_to_first(a, b, cost, **_):
        return np.eye(len(a)), {"u": np.zeros(len(a)), "warning": None}

    monkeypatch.setattr(ot, "emd", first_to_first)
    with pytest.raises(InputError, match=r"^x: wanted clouds whose best transport can be proved"):
        wasserstein(points(6, 2), points(6, 2, name="y"))


@pytest.mark.parametrize("gain", [2.0**-500, 2.0**500])
@pytest.mark.parametrize("name", DISTANCES)
def test_units_of_length_change_no_bit(name, gain):
    x, y = points(7, 2), points(5, 2, name="y")
    value = DISTANCES[name](x, y)
    expected = value if name in ("mmd", "laplace") else gain * value
    assert DISTANCES[name](gain * x, gain * y) == expected


def test_a_gaussian_map_is_the_optimal_transport():
    x = points(40, 3)
    root = points(3, 3, name="root")
    stretch = root @ root.T / 3 + np.eye(3)  # x -> Ax + s with A positive, as between Gaussians
    y = x @ stretch + [1.0, 2.0, 3.0]
    assert wasserstein(x, y) == pytest.approx(np.sqrt(((y - x) ** 2).sum(axis=1).mean()))


def test_sliced_distance_averages_the_directions():
    x, y = points(9, 3), points(5, 3, name="y")
    directions = generator(4, "sliced_wasserstein").standard_normal((3, 6))
    directions /= np.linalg.norm(directions, axis=0)
    powers = [
        plain.transport_cost(np.subtract.outer(a, b) ** 2)
        for a, b in zip((x @ directions).T, (y @ directions).T, strict=True)
    ]
    assert sliced_wasserstein(x, y, projections=6, seed=4) == pytest.approx(
        np.sqrt(np.mean(powers))
    )


def test_sliced_distance_of_shifted_and_of_wider_gaussians():
    x = points(2000, 5)
    shift = np.array([3.0, 0, 0, 0, 4.0])
    values = [sliced_wasserstein(x[:50], x[:50] + shift, seed=s) ** 2 for s in range(20)]
    assert_mean(values, 25 / 5)
    wider = 3 * points(2000, 5, name="wider")
    assert sliced_wasserstein(x, wider, seed=0) == pytest.approx(2, rel=0.03)


@pytest.mark.parametrize(("n", "m", "regularisation"), [(6, 5, 0.3), (40, 30, 0.1)])
def test_the_sinkhorn_divergence_is_its_definition(n, m, regularisation):
    x, y = points(n, 2), points(m, 2, name="y") + 1
    cost = cdist(x, y, "sqeuclidean")
    epsilon = regularisation * cost.mean()
    truth = plain.entropic_cost(cost, epsilon)
    truth -= sum(plain.entropic_cost(cdist(c, c, "sqeuclidean"), epsilon) for c in (x, y)) / 2
    found = wasserstein(x, y, regularisation=regularisation) ** 2
    assert found == pytest.approx(truth, abs=1e-9 * cost.mean())


def test_regularisation_goes_from_transport_to_the_distance_of_the_means():
    x, y = points(30, 3), points(20, 3, name="y") + 1
    exact = wasserstein(x, y)
    values = [wasserstein(x, y, regularisation=r) for r in (0.01, 0.1, 1, 1000)]
    assert values[0] == pytest.approx(exact, rel=0.02)
    assert np.all(np.diff([exact, *values]) < 0)
    assert values[-1] == pytest.approx(np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)), rel=1e-3)


def test_what_does_not_converge_is_refused(monkeypatch):
    x, y = points(30, 3), points(20, 3, name="y")
    monkeypatch.setattr("toolbox.distances.wasserstein._ITERATIONS", {"exact": 3, "entropic": 10})
    with pytest.raises(InputError, match=r"^regularisation: wanted a value for which"):
        wasserstein(x, y, regularisation=0.001)
    with pytest.warns(UserWarning, match="numItermax"), pytest.raises(InputError, match=r"^x: "):
        wasserstein(x, y)


# -------------------------------------------------------------------------------------------- mmd


def test_mmd_is_its_definition():
    x, y = points(6, 3), points(4, 3, name="y") + 0.5
    kernels = {
        "gaussian": lambda p, q: np.exp(-(plain.norm(p, q) ** 2) / (2 * 1.3**2)),
        "laplace": lambda p, q: np.exp(-plain.norm(p, q) / 1.3),
        "polynomial": lambda p, q: (p @ q / 3 + 1) ** 3,
    }
    for kernel, function in kernels.items():
        value = mmd(x, y, kernel=kernel, bandwidth=1.3)
        assert value == pytest.approx(plain.mmd(x, y, function))


@pytest.mark.parametrize(("exponent", "offset"), [(0, 0), (-10, 0), (-30, 0), (-300, 0),
                                                  (0, 1e3), (0, 1e7), (-10, 1e7)])  # fmt: skip
def test_the_polynomial_kernel_sees_points_of_any_small_unit_and_far_away(exponent, offset):
    x, y = points(6, 2), points(4, 2, name="y") + 0.5
    x, y = (np.ldexp(np.round(2**20 * v), exponent - 20) + offset for v in (x, y))
    exact = [[[Fraction(v) for v in row] for row in cloud.tolist()] for cloud in (x, y)]

    def mean(a, b, pairs):
        sums = [sum(u * v for u, v in zip(a[i], b[j], strict=True)) for i, j in pairs]
        return sum((s / 2 + 1) ** 3 for s in sums) / len(sums)

    n, m = map(len, exact)
    wanted = sum(mean(c, c, list(permutations(range(len(c)), 2))) for c in exact)
    wanted -= 2 * mean(*exact, list(product(range(n), range(m))))
    digits = 1e-9 * max(1, offset / np.ldexp(1e6, exponent))  # float64 has no more of the points
    assert mmd(x, y, kernel="polynomial") == pytest.approx(float(wanted), rel=digits)


def test_the_median_is_over_all_pairs_of_points():
    x, y = points(6, 3), points(4, 3, name="y")
    both = np.concatenate([x, y])
    median = np.median([plain.norm(both[i], both[j]) for i in range(10) for j in range(i)])
    assert mmd(x, y) == pytest.approx(mmd(x, y, bandwidth=median))


def test_mmd_is_zero_on_average_for_one_law_and_the_closed_form_for_shifted_gaussians():
    rng = generator(2, "mmd")
    null = [(rng.exponential(size=(5, 2)), rng.exponential(size=(8, 2))) for _ in range(400)]
    for kernel in ("gaussian", "laplace", "polynomial"):
        assert_mean([mmd(a, b, kernel=kernel) for a, b in null], 0)
    h, shift = 0.8, 1.5
    like = h / np.sqrt(h**2 + 2)  # E exp(-d^2 / 2h^2) for d normal with variance 2
    truth = 2 * like * (1 - np.exp(-(shift**2) / (2 * (h**2 + 2))))
    draws = [(rng.standard_normal(6), shift + rng.standard_normal(9)) for _ in range(400)]
    assert_mean([mmd(a, b, bandwidth=h) for a, b in draws], truth)


# --------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("name", DISTANCES)
def test_clouds_that_cannot_be_compared_are_refused(name):
    x = points(5, 3)
    with pytest.raises(InputError, match=r"^y: wanted 3 features, as in x, got 2"):
        DISTANCES[name](x, points(5, 2))
    with pytest.raises(InputError, match=r"^x: wanted points with features"):
        DISTANCES[name](points(2, 3, 3), x)
    with pytest.raises(InputError, match=r"^y: wanted finite values"):
        DISTANCES[name](x, np.full((4, 3), np.nan))


def test_too_few_or_equal_points_are_refused():
    x = points(5, 3)
    with pytest.raises(InputError, match=r"^y: wanted at least 2 points, got 1"):
        mmd(x, x[:1])
    with pytest.raises(InputError, match=r"^x: wanted at least 2 points, got 1"):
        energy_distance(x[:1], x, unbiased=True)
    with pytest.raises(InputError, match=r"^bandwidth: .*half of the points coincide"):
        mmd(np.zeros((4, 2)), np.zeros((4, 2)))
    with pytest.raises(InputError, match=r"^order: "):
        wasserstein(x, x, order=0.5)
