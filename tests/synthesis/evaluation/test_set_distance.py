"""Distances between sets: expectations, brute force, size and units of the tests, nonsense."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom

from synthesis import frechet_distance, kernel_distance, precision_recall
from synthesis.evaluation.frechet import plug_in_distance
from tests.reference import set_distances as plain
from toolbox import InputError, describe, mmd
from toolbox.core.streams import generator
from toolbox.multiscale.descriptions import Description

SET_DISTANCES = {"frechet": frechet_distance, "kernel": kernel_distance}


def stream(*names):
    return generator(13, "set distances", *names)


def value_of(function, x, y, **options):
    return function(x, y, dim=0, seed=0, resamples=0, **options)


def assert_mean(values, truth):
    """Check a mean of independent draws at four Monte Carlo errors."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    assert abs(np.mean(values) - truth) < 4 * error


# ---------------------------------------------------------------------------------------- Frechet


@pytest.mark.parametrize(("n", "m", "features"), [(30, 30, 4), (9, 20, 3), (200, 50, 1), (6, 7, 5)])
def test_plug_in_distance_is_that_of_the_matrix_root(n, m, features):
    rng = stream("root", n, m)
    x = rng.standard_normal((n, features)) @ rng.standard_normal((features, features))
    y = rng.standard_normal((m, features)) + 1
    assert plug_in_distance(x, y) == pytest.approx(plain.frechet(x, y), rel=1e-6)


@pytest.mark.parametrize("small", [0.5, 0.02, 1e-5])
def test_small_deviations_beside_large_ones_keep_their_digits(small):
    axes = np.linalg.qr(stream("axes").standard_normal((3, 3)))[0]
    cloud = stream("cloud").standard_normal((20, 3))
    cloud = np.linalg.qr(cloud - cloud.mean(axis=0))[0] * np.sqrt(19)  # of covariance one
    x, y = (cloud * [1, 1, deviation] @ axes for deviation in (small, 2 * small))
    assert plug_in_distance(x, y) == pytest.approx(small**2, rel=1e-4)


def test_plug_in_distance_in_closed_form():
    square = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])  # covariance 4/3, uncorrelated
    stretched = square * [2.0, 3.0] + [5.0, 0.0]
    assert plug_in_distance(square, stretched) == pytest.approx(25 + 4 / 3 * (1 + 4))
    one = np.array([[0.0, 0], [2, 0]])  # more features than degrees of freedom, variance 2 in one
    other = np.array([[0.0, 0], [0, 2]])
    assert plug_in_distance(one, other) == pytest.approx(2 + 2 + 2)
    assert plug_in_distance(one, one + 3) == pytest.approx(18)


@pytest.mark.parametrize("n", [10, 30, 100])
@pytest.mark.parametrize("features", [3, 20])
def test_frechet_distance_is_zero_on_average_for_one_law_and_the_plug_in_is_not(n, features):
    rng = stream("null", n, features)
    mixing = rng.standard_normal((features, features)) / np.sqrt(features)
    results = [
        value_of(frechet_distance, *(rng.standard_t(9, (2, n, features)) @ mixing))
        for _ in range(25)
    ]
    assert_mean([d.value for d in results], 0)
    plug_in = np.array([d.plug_in for d in results])
    assert plug_in.mean() > 4 * plug_in.std(ddof=1) / np.sqrt(len(results))


@pytest.mark.parametrize(("n", "m"), [(10, 30), (40, 40)])
def test_frechet_distance_is_right_on_average_for_different_gaussians(n, m):
    rng = stream("alternative", n, m)
    root = np.diag([1.0, 0.5, 0.2])
    wider = np.diag([1.5, 1.0, 0.2])
    truth = 1.0 + 0.5**2 + 0.5**2  # shift of one, and the squared differences of the deviations
    values = [
        value_of(
            frechet_distance,
            rng.standard_normal((n, 3)) @ wider + [1.0, 0, 0],
            rng.standard_normal((m, 3)) @ root,
        ).value
        for _ in range(25)
    ]
    assert_mean(values, truth)


def test_more_features_than_items_are_said_to_hide_differences():
    rng = stream("many features")
    x, y = rng.standard_normal((12, 40)), rng.standard_normal((14, 40))
    d = value_of(frechet_distance, x, y)
    assert d.note == "40 features of 12 items: a difference is underestimated"
    assert "features of" not in value_of(frechet_distance, x[:, :3], y[:, :3]).note


# ----------------------------------------------------------------------------------------- kernel


def test_kernel_distance_is_its_definition_and_the_mmd_of_the_toolbox():
    rng = stream("kernel")
    x, y = rng.standard_normal((7, 3)), rng.standard_normal((5, 3)) + 0.5
    d = value_of(kernel_distance, x, y)
    assert d.value == pytest.approx(mmd(x, y, kernel="polynomial"))
    everything = plain.mmd(x, y, lambda p, q: (p @ q / 3 + 1) ** 3, without=None)
    assert d.plug_in == pytest.approx(everything)


@pytest.mark.parametrize("offset", [1e3, 1e7])
def test_kernel_distance_of_features_far_from_zero_is_that_of_exact_numbers(offset):
    rng = stream("kernel far away")
    x, y = (rng.standard_normal((n, 2)) + far + offset for n, far in ((6, 0), (5, 0.5)))
    exact = [np.array([[Fraction(v) for v in row] for row in c.tolist()]) for c in (x, y)]
    units, theirs = [0, 0, 1, 1, 1, 2], [7, 8, 8, 9, 9]
    d = value_of(kernel_distance, x, y, units=units, reference_units=theirs)
    truth = plain.mmd(
        *exact,
        lambda p, q: (p @ q / 2 + 1) ** 3,
        without=lambda i, j: units[i] == units[j],
        without_y=lambda i, j: theirs[i] == theirs[j],
    )
    assert d.value == pytest.approx(float(truth), rel=1e-7)


def test_kernel_distance_leaves_out_pairs_of_one_unit():
    rng = stream("kernel units")
    x, y = rng.standard_normal((6, 2)), rng.standard_normal((5, 2))
    units, theirs = [0, 0, 1, 1, 1, 2], [7, 8, 8, 9, 9]
    d = value_of(kernel_distance, x, y, units=units, reference_units=theirs)
    truth = plain.mmd(
        x,
        y,
        lambda p, q: (p @ q / 2 + 1) ** 3,
        without=lambda i, j: units[i] == units[j],
        without_y=lambda i, j: theirs[i] == theirs[j],
    )
    assert d.value == pytest.approx(truth)
    assert d.units == (3, 3)


# --------------------------------------------------------------------------------- both distances


@pytest.mark.parametrize("name", SET_DISTANCES)
def test_crops_of_few_units_are_at_zero_on_average_by_unit_only(name):
    rng = stream("units", name)
    units = np.repeat(np.arange(8), 5)
    by_unit, by_item = [], []
    for _ in range(25):
        x, y = (
            np.repeat(rng.standard_normal((8, 2)), 5, axis=0) + 0.3 * rng.standard_normal((40, 2))
            for _ in range(2)
        )
        labels = {"units": units, "reference_units": units + 8}
        by_unit.append(value_of(SET_DISTANCES[name], x, y, **labels).value)
        by_item.append(value_of(SET_DISTANCES[name], x, y).value)
    assert_mean(by_unit, 0)
    assert np.mean(by_item) > 4 * np.std(by_item, ddof=1) / np.sqrt(len(by_item))


@pytest.mark.parametrize("name", SET_DISTANCES)
def test_p_values_keep_their_level_by_unit(name):
    rng = stream("size", name)
    units = np.repeat(np.arange(5), 3)
    p = []
    for r in range(200):
        x, y = (
            np.repeat(rng.standard_normal((5, 2)), 3, axis=0) + 0.3 * rng.standard_normal((15, 2))
            for _ in range(2)
        )
        labels = {"units": units, "reference_units": units + 5}
        statistic = TESTS[name](x, y, **labels)
        p.append(statistic(seed=r, resamples=19))
    rejected = int((np.array(p) <= 0.1).sum())
    assert binom.ppf(0.001, 200, 0.1) <= rejected <= binom.ppf(0.999, 200, 0.1)


def kernel_test(x, y, **labels):
    return lambda **options: kernel_distance(x, y, dim=0, **options, **labels).p_value


def frechet_test(x, y, units, reference_units):
    """Return the test alone, without the estimate, which takes longer."""
    from synthesis.evaluation.feature_sets import feature_sets
    from synthesis.evaluation.set_distance import permutation_test

    both = np.concatenate([x, y])
    sets = feature_sets(x, y, dim=0, units=units, reference_units=reference_units, fewest=4)

    def statistic(first):
        return plug_in_distance(both[first], both[~first])

    return lambda **options: permutation_test(statistic, sets, name="test", **options)[0]


TESTS = {"frechet": frechet_test, "kernel": kernel_test}


@pytest.mark.parametrize("name", SET_DISTANCES)
def test_p_value_is_the_share_of_all_arrangements(name):
    rng = stream("arrangements")
    x, y = rng.standard_normal((4, 2)) + 1, rng.standard_normal((5, 2))
    both = np.concatenate([x, y])
    function = {
        "frechet": plug_in_distance,
        "kernel": lambda a, b: mmd(a, b, kernel="polynomial"),
    }[name]
    chosen = [list(c) for c in combinations(range(9), 4)]
    values = [function(both[c], np.delete(both, c, axis=0)) for c in chosen]
    truth = np.mean(np.array(values) >= function(x, y) - 1e-9)
    d = SET_DISTANCES[name](x, y, dim=0, seed=0)
    assert d.p_value == pytest.approx(truth)


@pytest.mark.parametrize("name", SET_DISTANCES)
def test_a_shift_is_seen(name):
    rng = stream("shift")
    x, y = rng.standard_normal((15, 3)) + 1, rng.standard_normal((12, 3))
    d = SET_DISTANCES[name](x, y, dim=0, seed=0, resamples=199)
    assert d.p_value <= 0.02
    assert d.value > 0.5
    assert d.note == "units are not given: every item counts as drawn independently"
    named = SET_DISTANCES[name](
        x, y, dim=0, seed=0, resamples=199, units=range(15), reference_units=range(15, 27)
    )
    assert named.note == ""
    again = SET_DISTANCES[name](x, y, dim=0, seed=0, resamples=199)
    assert (again.value, again.p_value) == (d.value, d.p_value)


@pytest.mark.parametrize("name", SET_DISTANCES)
def test_images_are_described_and_descriptions_are_taken_as_they_are(name):
    images = stream("images").standard_normal((12, 36, 36))
    options = {"seed": 0, "resamples": 9}
    described = [describe(half, dim=2) for half in (images[:6], images[6:])]
    from_images = SET_DISTANCES[name](images[:6], images[6:], dim=2, **options)
    from_records = SET_DISTANCES[name](*described, dim=2, **options)
    from_values = SET_DISTANCES[name](*(d.values for d in described), dim=0, **options)
    assert from_images.asdict() == from_records.asdict()
    assert from_values.asdict() == from_records.asdict()


@pytest.mark.parametrize("name", SET_DISTANCES)
def test_where_there_is_no_p_value_the_note_says_why(name):
    rng = stream("notes")
    x, y = rng.standard_normal((8, 2)), rng.standard_normal((8, 2))
    shared = {"units": np.arange(8), "reference_units": np.arange(8) + 5}
    d = SET_DISTANCES[name](x, y, dim=0, seed=0, **shared)
    assert np.isnan(d.p_value)
    assert d.note == "a unit is on both sides: no p-value"
    d = SET_DISTANCES[name](x, y, dim=0, seed=0, resamples=9)
    assert "cannot go below p = 0.1" in d.note
    assert np.isnan(value_of(SET_DISTANCES[name], x, y).p_value)


# ---------------------------------------------------------------------------- precision and recall


@pytest.mark.parametrize(("n", "m", "k"), [(12, 9, 3), (7, 15, 1), (6, 6, 5)])
def test_precision_recall_density_coverage_are_their_definitions(n, m, k):
    rng = stream("precision", n)
    x, y = rng.standard_normal((n, 2)) + 0.5, rng.standard_normal((m, 2))
    scores = precision_recall(x, y, dim=0, neighbours=k)
    truth = plain.fidelity_and_diversity(x, y, k)
    assert (scores.precision, scores.recall, scores.density, scores.coverage) == pytest.approx(
        truth
    )


def test_precision_recall_by_hand():
    reference, samples = np.array([0.0, 1.0, 3.0, 7.0]), np.array([0.5, 2.0, 20.0])
    # reaches to the nearest: reference 1, 1, 2, 4; samples 1.5, 1.5, 18
    scores = precision_recall(samples, reference, dim=0, neighbours=1)
    # .5 is within 1 of 0 and of 1; 2 within 1 of 1 and 2 of 3; 20 in none
    assert scores.precision == pytest.approx(2 / 3)
    assert scores.density == pytest.approx(4 / 3)
    assert scores.coverage == pytest.approx(3 / 4)
    # 0 and 1 are near .5, 3 near 2, and 7 within 18 of 20
    assert scores.recall == 1
    assert scores.expected_coverage == pytest.approx(1 - 3 / 6)


def test_density_and_coverage_have_their_expectation_for_one_law():
    rng = stream("expected coverage")
    draws = [rng.standard_normal((30, 3)) for _ in range(300)]
    scores = [precision_recall(d[:12], d[12:], dim=0, neighbours=3) for d in draws]
    assert_mean([s.density for s in scores], 1)
    assert_mean([s.coverage for s in scores], scores[0].expected_coverage)


def test_lost_diversity_and_lost_fidelity_are_told_apart():
    rng = stream("fidelity")
    x, y = rng.standard_normal((60, 2)), rng.standard_normal((60, 2))
    real, narrow, wide = (precision_recall(s * x, y, dim=0) for s in (1, 0.2, 5))
    assert narrow.precision >= real.precision > wide.precision + 0.3
    assert real.recall > narrow.recall + 0.3
    assert real.coverage > max(narrow.coverage, wide.coverage) + 0.3


def test_copies_within_a_unit_are_no_neighbours():
    rng = stream("unit neighbours")
    x, y = rng.standard_normal((10, 2)), rng.standard_normal((10, 2))
    units = np.repeat(np.arange(10), 3)
    copied = precision_recall(
        np.repeat(x, 3, axis=0), y, dim=0, neighbours=2, units=units, reference_units=units[::3]
    )
    single = precision_recall(x, y, dim=0, neighbours=2)
    assert copied.recall == single.recall
    assert copied.precision == pytest.approx(single.precision)
    assert copied.note.startswith("a unit is on both sides")


# --------------------------------------------------------------------------------------- bad input


def test_sets_that_cannot_be_compared_are_refused():
    x = stream("bad").standard_normal((9, 3))
    for function in (frechet_distance, kernel_distance):
        with pytest.raises(InputError, match=r"^samples: wanted 3 features, as in the reference"):
            function(x[:, :2], x, dim=0, seed=0)
        with pytest.raises(InputError, match=r"^reference: wanted at least . independent units"):
            function(x, x, dim=0, seed=0, reference_units=np.zeros(9))
        with pytest.raises(InputError, match=r"^dim: "):
            function(x, x, dim=3, seed=0)
    with pytest.raises(InputError, match=r"^samples: wanted at least 4 independent units, got 3"):
        frechet_distance(x[:3], x, dim=0, seed=0)
    with pytest.raises(InputError, match=r"^samples: wanted features that vary"):
        frechet_distance(np.ones((9, 3)), x, dim=0, seed=0)
    with pytest.raises(
        InputError, match=r"^neighbours: wanted fewer than the units .* \(9\), got 9"
    ):
        precision_recall(x, x, dim=0, neighbours=9)


def test_sets_with_other_statistics_are_refused():
    values = stream("statistics").standard_normal((6, 2))
    grey = Description(values=values, names=("a", "b"), groups=("spectrum",) * 2)
    other = Description(values=values, names=("a", "c"), groups=("spectrum",) * 2)
    with pytest.raises(InputError, match=r"^samples: wanted the same"):
        kernel_distance(other, grey, dim=2, seed=0)


def test_features_whose_kernel_is_not_finite_are_refused():
    x = stream("large").standard_normal((6, 3))
    with pytest.raises(InputError, match=r"^samples: wanted features whose kernel is finite"):
        kernel_distance(1e60 * x, 1e60 * x[::-1], dim=0, seed=0, resamples=0)
    with pytest.raises(InputError, match=r"^x: wanted points whose kernel is finite"):
        mmd(1e60 * x, 1e60 * x[::-1], kernel="polynomial")
