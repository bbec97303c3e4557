"""The contrast of halves: what stands in for most of its splits has their mean."""

from itertools import combinations

import numpy as np
import pytest

from synthesis import frechet_distance, precision_recall
from synthesis.evaluation import gaussian_distance as gaussian
from synthesis.evaluation import neighbourhoods
from synthesis.evaluation.frechet_halves import _contrast
from tests.reference import set_distances as plain
from toolbox.core.streams import generator


def drawn(*shape, name=""):
    return generator(14, "halves", name, *shape).standard_normal(shape)


@pytest.mark.parametrize(("n", "m", "k"), [(4, 5, 2), (5, 4, 2), (6, 6, 3)])
def test_the_approximation_over_all_splits_is_its_mean_over_each(n, m, k):
    x, y = drawn(n, 3) + 5, 2 * drawn(m, 3, name="y")
    near = gaussian.quadratic(x, y)

    def splits(points):
        centre = points.mean(axis=0)
        for first in combinations(range(len(points)), k):
            rest = [i for i in range(len(points)) if i not in first]
            for second in combinations(rest, k):
                yield [gaussian.moments(points[list(half)], centre) for half in (first, second)]

    values = [
        _contrast([a, b], near.distance)
        for a in splits(near.points[0])
        for b in splits(near.points[1])
    ]
    assert np.mean(values) == pytest.approx(near.over_all_splits, rel=1e-9, abs=1e-9)


def test_the_approximation_is_the_distance_to_second_order():
    # 4000 items whose covariances hardly differ: each set's own is its second moment
    x = drawn(4000, 3) * [1.0, 1.4, 0.7]
    y = x @ (np.eye(3) + 1e-3 * drawn(3, 3)) + 1e-3
    near = gaussian.quadratic(x, y)
    parts = [gaussian.moments(p, p.mean(axis=0)) for p in near.points]
    assert near.distance(*parts) == pytest.approx(plain.frechet(x, y), rel=0.01)


def test_the_distance_of_moments_is_that_of_the_matrix_root():
    x, y = drawn(40, 4), drawn(30, 4, name="y") @ drawn(4, 4, name="mix") + 1
    found = gaussian.distance(*(gaussian.moments(p, p[0]) for p in (x, y)))
    assert found == pytest.approx(plain.frechet(x, y), rel=1e-7)


def test_the_approximation_takes_noise_away():
    # Units with one item each, given twice, are split as often and have no approximation.
    x, y = drawn(60, 3), 1.2 * drawn(60, 3, name="y") + 0.3
    single = [frechet_distance(x, y, dim=0, seed=s, resamples=0).value for s in range(8)]
    both, units = [np.repeat(v, 2, axis=0) for v in (x, y)], np.repeat(np.arange(60), 2)
    options = {"dim": 0, "resamples": 0, "units": units, "reference_units": units}
    twice = [frechet_distance(*both, seed=s, **options).value for s in range(8)]
    # measured over 25 seeds: 1/20; that of equal variances of 8 is below 1/5 in 1 of 40 cases
    assert np.var(single) < np.var(twice) / 5
    assert np.mean(single) == pytest.approx(np.mean(twice), rel=0.1)


# ------------------------------------------------------------------------------- neighbourhoods


@pytest.mark.parametrize("kind", ["spread", "grid", "copies", "far", "two groups"])
@pytest.mark.parametrize(("n", "m", "k"), [(30, 22, 1), (25, 31, 5)])
def test_neighbourhoods_are_their_definition_with_ties_and_far_away(kind, n, m, k):
    x, y = drawn(n, 3), drawn(m, 3, name="y")
    if kind == "grid":
        x, y = np.round(x), np.round(y)
    elif kind == "copies":
        x[:5], x[5:9] = y[:5], x[:4]
    elif kind == "far":
        x, y = x + 2.0**30, y + 2.0**30
    elif kind == "two groups":
        x[::2] += 2.0**30
        y[::2] += 2.0**30
    scores = precision_recall(x, y, dim=0, neighbours=k)
    truth = plain.fidelity_and_diversity(x, y, k)
    found = (scores.precision, scores.recall, scores.density, scores.coverage)
    assert found == pytest.approx(truth, rel=1e-12)


def test_units_of_one_item_reach_as_far_by_products_as_by_differences():
    x = np.round(drawn(60, 4), 1)
    own = np.arange(60)
    by_products = neighbourhoods.squared_reach(x, own, 3)
    np.testing.assert_array_equal(by_products, neighbourhoods._reach_of_units(x, own, 3))
