"""Prominence against the widest ways between all pairs; claims of clusters where there are none."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import binomtest

from confidence.clusters import one_cluster_nulls
from confidence.clusters.density_modes import _smallest_rank, mode_p_values, prominence
from tests.reference import clusterings
from tests.reference.one_cluster import SHAPES, two_gaussians
from toolbox.core.streams import generator

LEVEL = 0.05


def claims(draw, draws, *, n=100, null=("band",), name):
    """Count the p-values of at most 5 %; the largest of all nulls is never below the band's."""
    seeds = max(1, draws // 10)  # each draws bands of its own
    p = [
        mode_p_values(draw(n, generator(1, name, i)), null, i * seeds // draws).max()
        for i in range(draws)
    ]
    return int(np.sum(np.array(p) <= LEVEL))


@pytest.mark.parametrize(("n", "features", "k"), [(25, 1, 4), (30, 2, 5), (30, 3, 4), (30, 12, 5)])
def test_prominence_is_that_of_the_widest_ways(n, features, k):
    for i in range(10):
        x = generator(i, "ways", n, features).standard_normal((n, features))
        x[: n // 2, 0] += 2 * (i % 3)
        assert prominence(x, k) == pytest.approx(clusterings.prominence(x, k), abs=1e-10)


def test_prominence_knows_neither_units_nor_order_nor_axes():
    rng = generator(0, "units")
    x = rng.standard_normal((60, 3))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    for changed in (1000 * x + 5, x[rng.permutation(60)], x @ turn):
        assert prominence(changed, 7) == pytest.approx(prominence(x, 7))
    assert prominence(np.concatenate([x, x + 100]), 7) == np.inf


def test_references_have_the_moments_and_bounds_of_the_data():
    rng = generator(0, "references")
    x = rng.standard_normal((4000, 2)) @ [[3, 1], [0, 0.5]]
    scores = one_cluster_nulls.principal_scores(x)
    np.testing.assert_allclose(pdist(scores[:50]), pdist(x[:50]))  # turned, no more
    assert one_cluster_nulls.principal_scores(x @ np.ones((2, 3))).shape == (4000, 1)
    drawn = one_cluster_nulls.gaussian(scores, rng)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(scores.T), rtol=0.15, atol=0.1)
    drawn = one_cluster_nulls.box(scores, rng)
    for end in (np.min, np.max):
        np.testing.assert_allclose(end(drawn, axis=0), end(scores, axis=0), rtol=0.02)
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(0, abs=0.1)
    for k, band in zip((400, 40), one_cluster_nulls.bands(4000, 3, (400, 40), rng), strict=True):
        assert np.ptp(band, axis=0) == pytest.approx([1, k / 8000, k / 8000], rel=0.02)


def test_the_smaller_rank_of_equals_is_uniform():
    p = [_smallest_rank(generator(i, "ranks").standard_normal((20, 2))) for i in range(2000)]
    for level in (0.1, 0.25, 0.5):
        assert np.mean(np.array(p) <= level) < level + 4 * np.sqrt(level * (1 - level) / 2000)


@pytest.mark.long
def test_p_values_of_the_references_themselves_are_at_most_nominal():
    def band(n, rng):  # between the two that n = 40 draws
        return one_cluster_nulls.bands(n, 2, (9,), rng)[0]

    assert binomtest(claims(band, 60, n=40, name="band"), 60, 0.1).pvalue > 0.001
    rng = generator(0, "gaussians")
    draws = [mode_p_values(rng.standard_normal((30, 2)), ("gaussian",), i)[0] for i in range(40)]
    assert binomtest(int(np.sum(np.array(draws) <= 0.05)), 40, 0.05, "greater").pvalue > 0.001


QUICK_SHAPES = ("gaussian", "skewed", "helix")  # the others by `make check`
EACH_SHAPE = [
    pytest.param(s, marks=() if s.__name__ in QUICK_SHAPES else pytest.mark.long, id=s.__name__)
    for s in SHAPES
]


@pytest.mark.parametrize("shape", EACH_SHAPE)
def test_clusters_are_seldom_claimed_where_there_are_none(shape):
    claimed = claims(shape, 100, name=shape.__name__)
    assert binomtest(claimed, 100, LEVEL, alternative="greater").pvalue > 0.001


def test_power_grows_with_the_distance_of_two_gaussians():
    shares = []
    for distance in (3, 4, 5, 6):

        def draw(n, rng, distance=distance):
            return two_gaussians(n, rng, distance=distance)[0]

        shares.append(claims(draw, 40, name=f"two {distance}") / 40)
    assert all(a <= b + 0.1 for a, b in pairwise(shares))
    assert shares[0] < 0.1  # hardly two modes
    assert shares[2] > 0.6
    assert shares[3] > 0.95


def test_many_points_are_tested_by_some_of_them():
    x = generator(0, "many").standard_normal((3000, 2))
    x[:1500, 0] += 7
    assert mode_p_values(x, ("band",), 0)[0] <= 0.01
