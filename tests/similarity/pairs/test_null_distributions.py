"""The null of a family's statistic: simulated, or from pairs judged the same."""

import numpy as np
import pytest
from scipy.stats import gamma, kstest

from similarity import evidence
from similarity.pairs.log_odds import NullLaw, gamma_shape, seen_null
from toolbox.core.streams import generator


@pytest.mark.parametrize("shape", [0.7, 7.0, 300.0])
def test_simulated_null_p_values_are_uniform(shape):
    t = generator(2, "null").gamma(shape, 1 / shape, 5000)
    assert kstest(NullLaw(shape).p_values(t), "uniform").pvalue > 0.001


@pytest.mark.parametrize("shape", [0.7, 7.0, 300.0])
def test_p_values_over_the_mean_of_seen_pairs_are_uniform_whatever_the_true_mean(shape):
    t = 1.8 * generator(3, "seen").gamma(shape, 1 / shape, (4000, 21))
    found = [NullLaw(shape, mean=row[:20].mean(), pairs=20).p_values(row[20:])[0] for row in t]
    assert kstest(found, "uniform").pvalue > 0.001
    # As if the mean were known exactly, small p-values would be too many.
    known = [NullLaw(shape, mean=row[:20].mean()).p_values(row[20:])[0] for row in t]
    assert np.mean(np.array(known) < 0.01) > np.mean(np.array(found) < 0.01)


@pytest.mark.parametrize("given", [3.0, 12.0])
def test_nulls_from_seen_pairs_reject_no_more_than_they_say(given):
    t = 1.8 * generator(6, "seen").gamma(3.0, 1 / 3.0, (4000, 31))
    index = np.arange(60).reshape(30, 2)
    found = np.array([seen_null(given, row[:30], index).p_values(row[30:])[0] for row in t])
    # Shapes fitted to 30 pairs are 1 + 3/30 times too large on average where they are fitted.
    excess = 1.0 if given == 3 else 1.5
    for level in (0.01, 0.05, 0.2):
        share, error = np.mean(found <= level), np.sqrt(level / 4000)
        assert 0.6 * level < share < excess * level + 4 * error


def test_the_shape_of_gamma_variables():
    for shape in (0.5, 4.0, 90.0):
        drawn = generator(7, "shape").gamma(shape, 1 / shape, 200_000)
        assert gamma_shape(drawn / drawn.mean()) == pytest.approx(shape, rel=0.03)
    assert np.isfinite(gamma_shape(np.ones(5)))


def test_pairs_that_share_items_count_as_half_of_their_items():
    i, j = np.triu_indices(40, 1)
    pairs = np.stack([i, j], axis=1)
    null = seen_null(5.0, np.full(len(pairs), 1.5), pairs)
    assert (null.mean, null.pairs, null.shape) == (1.5, 20, 5.0)
    few = pairs[(pairs < 38).all(axis=1)]
    assert seen_null(5.0, np.full(len(few), 1.5), few) == NullLaw(5.0)


@pytest.mark.parametrize("shape", [0.5, 3.0, 40.0, 2000.0])
def test_the_table_of_p_values(shape):
    table = NullLaw(shape).p_table(dtype=np.float64)
    ratio = gamma.isf(np.geomspace(1e-30, 0.999, 500), shape) / shape
    exact = gamma.sf(ratio * shape, shape)
    np.testing.assert_allclose(table(np.log(ratio)), exact, rtol=1e-3)
    assert table(np.array([-40.0, 40.0])) == pytest.approx([1, 0], abs=1e-6)


@pytest.mark.parametrize("shape", [0.5, 3.0, 40.0, 2000.0])
def test_the_table_of_p_values_over_seen_pairs(shape):
    null = NullLaw(shape, mean=1.7, pairs=20.0)
    table = null.p_table(dtype=np.float64)
    ratio = 1.7 * np.geomspace(1e-3, 50, 500)
    exact = null.p_values(ratio)
    told = exact > 1e-30
    np.testing.assert_allclose(table(np.log(ratio))[told], exact[told], rtol=2e-3)


def stripes(n):
    """Images of one law that no fitted law resembles: the period differs from image to image."""
    rng = generator(4, "stripes")
    period = rng.uniform(5, 12, (n, 1, 1))
    x = np.arange(32)
    return np.sin(2 * np.pi * (x / period + rng.random((n, 1, 1)))) + rng.normal(size=(n, 32, 32))


def test_judged_pairs_mend_the_null_of_textures_that_the_fitted_law_misses():
    images = np.concatenate([stripes(120), generator(5, "other").standard_normal((5, 32, 32))])
    same = [(2 * k, 2 * k + 1, 1) for k in range(30)]
    different = [(k, 120 + k % 5, 0) for k in range(30)]
    unseen = np.arange(60, 120).reshape(30, 2)

    def rejected(pairs):
        found = evidence(images, dim=2, pairs=pairs, seed=0)
        return np.mean(found.p_values[unseen[:, 0], unseen[:, 1]] < 0.05), found.note

    before, note = rejected(different[:8] + same[:8])
    assert "known to be the same" not in note
    assert before > 0.4
    after, note = rejected(same + different)
    assert "30 independent pairs known to be the same" in note
    assert after < 0.17  # .05 and three standard errors of 30 pairs
