"""Tests of the evidence for each pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from similarity import evidence
from tests.reference.coloured_fields import coloured
from toolbox import InputError

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")
FAMILIES = ("spectrum", "wavelet", "whitened", "leaders", "hyperbolic", "lbp", "patches")


def two_textures(seed=0, n=8, size=32, slope=2.5):
    rng = np.random.default_rng(seed)
    return np.concatenate([coloured(rng, n, size, 0.0), coloured(rng, n, size, slope)])


def judged(n, m, seed=0):
    rng = np.random.default_rng(seed)
    i, j = np.array([rng.choice(2 * n, 2, replace=False) for _ in range(m)]).T
    return np.column_stack([i, j, (i < n) == (j < n)])


@pytest.mark.parametrize("family", FAMILIES)
def test_shape_symmetry_and_dtype(family):
    found = evidence(two_textures().astype(np.float32), dim=2, family=family, seed=0)
    for name in ("scores", "p_values"):
        table = getattr(found, name)
        assert table.shape == (16, 16)
        assert table.dtype == np.float32
        assert np.isnan(np.diag(table)).all()
        assert np.array_equal(table, table.T, equal_nan=True)
    p = found.p_values[np.triu_indices(16, 1)]
    assert ((p >= 0) & (p <= 1)).all()
    assert (np.diag(found.statistics) == 0).all()
    assert found.family == family


@pytest.mark.parametrize("family", ["spectrum", "wavelet"])
def test_the_same_texture_has_higher_log_odds(family):
    images = two_textures()
    first = np.arange(16) < 8
    same = first[:, None] == first
    off = ~np.eye(16, dtype=bool)
    alone = evidence(images, dim=2, family=family, seed=0)
    pairs = judged(8, 40)
    once = len(np.unique(np.sort(pairs[:, :2], axis=1), axis=0))
    taught = evidence(images, dim=2, family=family, seed=0, pairs=pairs)
    for found in (alone, taught):
        assert np.median(found.scores[same & off]) > 0 > np.median(found.scores[~same])
        assert found.scores[~same].max() < np.median(found.scores[same & off])
    assert alone.p_values[~same].max() < 0.01
    assert f"{once} judged pairs" in taught.note


def test_log_odds_fall_as_the_statistic_grows():
    found = evidence(two_textures(), dim=2, seed=0)
    upper = np.triu_indices(16, 1)
    order = np.argsort(found.statistics[upper])
    assert (np.diff(found.scores[upper][order]) < 0).all()


@settings(derandomize=True, deadline=None, max_examples=4)
@given(st.integers(0, 1000), st.sampled_from(["spectrum", "whitened"]))
def test_evidence_follows_the_order_of_items(seed, family):
    images = two_textures(seed, n=4)
    order = np.random.default_rng(seed).permutation(8)
    one = evidence(images, dim=2, family=family, seed=1)
    other = evidence(images[order], dim=2, family=family, seed=1)
    assert np.allclose(one.scores[np.ix_(order, order)], other.scores, equal_nan=True, atol=1e-6)
    assert np.allclose(one.p_values[np.ix_(order, order)], other.p_values, equal_nan=True)


@pytest.mark.parametrize("family", FAMILIES[:3])
def test_gain_and_offset_change_nothing(family):
    rng, images = np.random.default_rng(1), two_textures(n=4)
    gain, offset = rng.uniform(0.1, 10, (8, 1, 1)), rng.uniform(-50, 50, (8, 1, 1))
    one = evidence(images, dim=2, family=family, seed=1)
    other = evidence(gain * images + offset, dim=2, family=family, seed=1)
    assert np.allclose(one.scores, other.scores, equal_nan=True, atol=1e-4)


def test_the_seed_decides():
    images = two_textures(n=4)
    one, again, other = (evidence(images, dim=2, seed=s).p_values for s in (3, 3, 4))
    assert np.array_equal(one, again, equal_nan=True)
    assert not np.array_equal(one, other, equal_nan=True)


def same_law_p_values(family, slope, *, dim, size, sets, n):
    p = []
    for seed in range(sets):
        images = coloured(np.random.default_rng(seed + 100), n, size, slope, dim)
        found = evidence(images, dim=dim, family=family, seed=seed)
        p.append(found.p_values[np.arange(0, n, 2), np.arange(1, n, 2)])  # independent pairs
    return np.concatenate(p)


def assert_level(p, alpha, slack):
    """Check the share below alpha against exact binomial bounds (1 in 10^4), alpha +- slack."""
    low, high = max(0, alpha - slack), alpha + slack
    rejected = (p < alpha).sum()
    assert binom.ppf(5e-5, len(p), low) <= rejected <= binom.ppf(1 - 5e-5, len(p), high)


@pytest.mark.parametrize("family", ["spectrum", "wavelet", "whitened"])
@pytest.mark.parametrize("slope", [0.0, 3.0])  # white, and H = .5
def test_p_values_of_separate_images_of_one_law_keep_their_level(family, slope):
    p = same_law_p_values(family, slope, dim=2, size=32, sets=4, n=60)
    assert_level(p, 0.05, 0.0)
    assert_level(p, 0.5, 0.0)


@pytest.mark.parametrize("slope", [0.0, 2.0])
def test_p_values_of_signals_keep_their_level(slope):
    p = same_law_p_values("spectrum", slope, dim=1, size=256, sets=4, n=60)
    assert_level(p, 0.05, 0.0)


@pytest.mark.long
@pytest.mark.parametrize("family", ["spectrum", "wavelet", "whitened"])
@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_levels_hold_within_three_points_over_many_pairs(family, slope):
    p = same_law_p_values(family, slope, dim=2, size=40, sets=100, n=40)
    assert_level(p, 0.05, 0.03)
    assert_level(p, 0.01, 0.015)


@pytest.mark.parametrize("family", ["hyperbolic", "lbp"])
def test_families_of_images_refuse_signals(family):
    signals = np.random.default_rng(0).standard_normal((6, 128))
    with pytest.raises(InputError, match=rf"^family: .*signals.*{family}"):
        evidence(signals, dim=1, family=family, seed=0)


def test_items_of_one_law_are_told_apart_in_no_direction():
    images = coloured(np.random.default_rng(5), 24, 32, 2.0)
    found = evidence(images, dim=2, seed=0)
    assert found.directions == 0
    assert "no more than images of one law" in found.note
    assert evidence(two_textures(), dim=2, seed=0).directions > 0


def test_several_components_are_compared_together():
    rng = np.random.default_rng(0)
    images = np.stack([coloured(rng, 12, 32, 1.0), coloured(rng, 12, 32, 1.0)], axis=1)
    images[6:, 1] = coloured(rng, 6, 32, 3.0)  # only the second component differs
    found = evidence(images, dim=2, seed=0)
    assert found.p_values[:6, 6:].max() < 0.05
    assert np.median(found.p_values[:6, :6][np.triu_indices(6, 1)]) > 0.1


def test_the_picture_and_plain_values():
    found = evidence(two_textures(n=4), dim=2, seed=0)
    axes = found.plot().axes[0]
    assert axes.get_title() == "evidence: spectrum"
    (picture,) = axes.images
    np.testing.assert_array_equal(picture.get_array().filled(np.nan), found.scores)
    bound = np.nanquantile(np.abs(found.scores), 0.98)
    assert picture.get_clim() == (-bound, bound)  # white is even odds
    assert {"matrix", "p_values", "statistics", "family", "note"} <= set(found.asdict())


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"images": np.ones((8, 32, 32))}, "images"),
        ({"images": two_textures()[:3]}, "images"),
        ({"images": two_textures()[:, :20, :20]}, "images"),
        ({"dim": 3}, "dim"),
        ({"family": "pixels"}, "family"),
        ({"seed": -1}, "seed"),
        ({"pairs": [[0, 1, 1]] * 9}, "pairs"),
        ({"pairs": [[0, 16, 1]] * 9}, "pairs"),
        ({"pairs": [[0, 1, 2]] * 9}, "pairs"),
        ({"pairs": [[0, 0, 1]] * 9}, "pairs"),
        ({"pairs": [[0, 1]] * 9}, "pairs"),
    ],
)
def test_bad_input_is_named(change, argument):
    given = {"images": two_textures(), "dim": 2, "seed": 0} | change
    with pytest.raises(InputError, match=f"^{argument}"):
        evidence(given.pop("images"), **given)


@pytest.mark.parametrize("family", ["spectrum", "pooled"])
def test_no_p_value_is_zero(family):
    """Pairs so different that their p-value is far below the numbers of single precision."""
    images = two_textures(slope=6.0).astype(np.float32)
    p = evidence(images, dim=2, family=family, seed=0).p_values[np.triu_indices(16, 1)]
    assert p.dtype == np.float32
    assert 0 < p.min() < 1e-30


@pytest.mark.parametrize("family", ["spectrum", "hyperbolic", "whitened"])
def test_stripes_have_an_answer(family):
    """No power at most frequencies, equal quadrants, no energy along one axis."""
    columns = np.indices((32, 32))[1]
    stripes = np.stack([np.where(columns // (1 + i % 4) % 2, 1.0, -1.0) for i in range(6)])
    found = evidence(stripes, dim=2, family=family, seed=0)
    pairs = np.triu_indices(6, 1)
    assert np.isfinite(found.scores[pairs]).all()
    assert np.isfinite(found.p_values[pairs]).all()
    assert found.p_values[0, 4] > 0.5  # the same stripes


def test_a_constant_part_is_refused_by_the_users_name():
    rows, columns = np.indices((32, 32))
    impulses = np.stack([1.0 * ((rows == 3 + 4 * i) & (columns == 5)) for i in range(6)])
    for family in ("leaders", "pooled"):
        with pytest.raises(InputError, match=r"^images: wanted variation in every quadrant"):
            evidence(impulses, dim=2, family=family, seed=0)
