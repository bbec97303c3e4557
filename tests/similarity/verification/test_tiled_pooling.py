"""Tests of the evidence of all pairs in tiles, and of all families at once."""

import tracemalloc

import numpy as np
import pytest
from scipy.special import logit

from similarity import evidence, pool
from similarity.families.registry import FAMILIES
from similarity.pairs import tiles
from similarity.pairs.known_pairs import known_pairs
from similarity.pairs.log_odds import NullLaw, uniform_table
from similarity.pairs.separating_metric import Coordinates
from similarity.pairs.statistics import PairStatistics, family_features
from similarity.pairs.tiles import judged_values, sampled, symmetric_tables, upper_tiles
from similarity.verification import family_fits, pair_evidence
from similarity.verification.family_fits import FamilyFit
from similarity.verification.pooling import LARGEST_P, pooled_evidence, unjudged_weights
from similarity.verification.records import Evidence
from tests.reference.coloured_fields import coloured
from tests.reference.pair_tables import family_tables, pooled_tables

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")
FIELDS = ("scores", "p_values", "statistics")
EVERY = slice(None)


def textures(n=8, size=32, dim=2):
    rng = np.random.default_rng(0)
    return np.concatenate([coloured(rng, n, size, slope, dim) for slope in (0.0, 2.0)])


def judged(n, m=40):
    rng = np.random.default_rng(1)
    index = np.array([rng.choice(2 * n, 2, replace=False) for _ in range(m)])
    return np.column_stack([index, (index[:, 0] < n) == (index[:, 1] < n)])


def nothing(n):
    return known_pairs(None, None, n)


@pytest.fixture(scope="module")
def images():
    return textures()


@pytest.fixture(scope="module")
def fits(images):
    return pair_evidence.fitted_families(
        images[:, None], list(FAMILIES), dim=2, known=nothing(16), seed=3
    )


@pytest.fixture(scope="module")
def separate(images):
    return [evidence(images, dim=2, family=f, seed=3) for f in FAMILIES]


def synthetic_fits(n, *, families=7, features=60, dtype=np.float32):
    """Fits of features that nothing was described for."""
    rng = np.random.default_rng(0)
    fits = []
    for k in range(families):
        points = (rng.standard_normal((n, features)) + (np.arange(n) % 20)[:, None]).astype(dtype)
        statistics = PairStatistics(
            alike=Coordinates(
                points,
                np.ones(features, dtype) if k % 2 else None,
                null=np.full(n, features / 2, dtype),
            ),
            shape=20.0,
            separating=Coordinates(points[:, :5]),
            separation_shape=5.0,
            directions=5,
            widening=np.ones(n),
            trust=1.0,
        )
        fits.append(
            FamilyFit(
                family=f"f{k}",
                statistics=statistics,
                scores=uniform_table(-5.0, 5.0, np.linspace(8, -8, 400), dtype=dtype),
                null=NullLaw(20.0),
                p_table=NullLaw(20.0).p_table(dtype=dtype),
                share=0.05,
                level="none",
                basis="nothing",
            )
        )
    return fits


def assert_equal(found, expected, **tolerance):
    for name in FIELDS:
        one, other = getattr(found, name), getattr(expected, name)
        np.testing.assert_allclose(one, other, err_msg=name, **tolerance)


def test_each_family_agrees_with_loops_over_pairs(images, fits):
    for fit in fits:
        found = pair_evidence.evidence_of(fit, nothing(16), dtype=np.float64)
        for name, expected in zip(FIELDS, family_tables(fit), strict=True):
            np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-6, atol=1e-9)
    alone = evidence(images, dim=2, family="wavelet", seed=3)
    assert_equal(
        alone, pair_evidence.evidence_of(fits[1], nothing(16), dtype=np.float64), rtol=1e-9
    )


def test_the_pool_agrees_with_loops_over_pairs(images, fits):
    found = evidence(images, dim=2, family="pooled", seed=3)
    families = [family_tables(fit) for fit in fits]
    prior = logit([fit.share for fit in fits])
    upper = np.triu_indices(len(images), 1)
    ratios = np.stack([f[0][upper] for f in families], axis=1) - prior
    weights = unjudged_weights(fits, ratios)
    expected = pooled_tables(families, prior, np.median(prior), weights, LARGEST_P)
    for name, table in zip(FIELDS, expected, strict=True):
        np.testing.assert_allclose(getattr(found, name), table, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("pairs", [None, judged(8)], ids=["alone", "judged"])
def test_pooled_is_the_pool_of_the_families(images, separate, pairs):
    expected = pool(separate, pairs=pairs)
    found = evidence(images, dim=2, family="pooled", seed=3, pairs=pairs)
    assert_equal(found, expected, rtol=1e-9, atol=1e-12)
    for name in ("family", "level", "share", "directions"):
        assert getattr(found, name) == getattr(expected, name)
    # What the families say of themselves: the separate ones were made without the judged pairs.
    weights, *doubts = expected.note.split("; spectrum: ")
    assert found.note.startswith(f"{weights}; spectrum: ")
    assert pairs is not None or found.note == expected.note
    assert all("p-values from" in doubt for doubt in doubts)


def test_every_evidence_is_that_of_each_family(images, separate):
    for one, other in zip(
        pair_evidence.every_evidence(images, dim=2, seed=3), separate, strict=True
    ):
        assert_equal(one, other, rtol=0)
        assert one.note == other.note


@pytest.mark.long
def test_signals_are_pooled_over_the_families_that_they_have():
    signals = textures(n=4, size=128, dim=1)
    found = evidence(signals.astype(np.float32), dim=1, family="pooled", seed=0)
    assert found.family == "spectrum + wavelet + whitened + leaders + patches"
    assert found.scores.dtype == found.p_values.dtype == found.statistics.dtype == np.float32
    assert np.isnan(np.diag(found.scores)).all()
    assert np.array_equal(found.scores, found.scores.T, equal_nan=True)


@pytest.mark.parametrize("side", [1, 3, 15, 16, 500])
def test_tiles_of_any_size_give_the_same(fits, side):
    whole = pair_evidence.evidence_of(fits[0], nothing(16), dtype=np.float64)
    options = {"diagonals": (np.nan, np.nan, 0.0), "dtype": np.float64}
    tables = symmetric_tables(fits[0].between, 16, side=side, **options)
    for name, table in zip(FIELDS, tables, strict=True):
        np.testing.assert_allclose(table, getattr(whole, name), rtol=1e-9, atol=1e-12)
        assert np.array_equal(table, table.T, equal_nan=True)


def test_every_pair_is_in_one_tile():
    seen = np.zeros((23, 23), int)
    for rows, columns in upper_tiles(23, 5):
        seen[rows, columns] += 1
    assert (seen[np.triu_indices(23, 1)] == 1).all()


@pytest.fixture
def few_are_many(monkeypatch):
    """Let 20 items count as many, and sample pairs of them."""
    for module in (tiles, family_fits):
        monkeypatch.setattr(module, "LARGE", 20)
    monkeypatch.setattr(tiles, "TILE", 16)
    monkeypatch.setattr(tiles, "SAMPLE", 600)


def test_sampled_pairs_are_of_two_items_and_every_item_is_asked(few_are_many):
    numbers = np.arange(50)
    rows = sampled(lambda r, c: np.broadcast_to(numbers[r][:, None], (len(r), len(c))), 50, seed=0)
    columns = sampled(lambda r, c: np.broadcast_to(numbers[c], (len(r), len(c))), 50, seed=0)
    assert (rows != columns).all()
    assert (np.bincount(rows) == 12).all()
    assert len(np.unique(columns)) > 25


def test_many_items_are_weighed_by_a_sample_and_tables(few_are_many, monkeypatch):
    images = textures(n=30)
    found = {f: evidence(images, dim=2, family=f, seed=0) for f in ("spectrum", "lbp")}
    monkeypatch.setattr(tiles, "LARGE", 100)
    monkeypatch.setattr(family_fits, "LARGE", 100)
    upper = np.triu_indices(60, 1)
    for family, sample in found.items():
        whole = evidence(images, dim=2, family=family, seed=0)
        np.testing.assert_allclose(sample.statistics, whole.statistics, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(sample.p_values, whole.p_values, rtol=1e-2, atol=1e-300)
        apart = np.abs(sample.scores - whole.scores)[upper]
        assert np.median(apart) < 0.4  # a sample of 600 of the 1770 pairs


@pytest.mark.parametrize("family", ["spectrum", "patches"])
def test_single_precision_agrees_with_double(few_are_many, family):
    given, place = pair_evidence.simulated(textures(n=30)[:, None], dim=2, seed=0)
    described = family_features(given, FAMILIES[family].features)
    fits = [
        family_fits.fitted_family(
            family, described, place, known=nothing(60), dtype=np.dtype(d), seed=0
        )
        for d in (np.float64, np.float32)
    ]
    double, single = (pair_evidence.evidence_of(fit, nothing(60), dtype=np.float64) for fit in fits)
    upper = np.triu_indices(60, 1)
    assert fits[1].between(EVERY, EVERY)[0].dtype == np.float32
    apart = np.abs(single.scores - double.scores)[upper]
    # A pair that falls into the next bin of a histogram moves the density of 600 pairs.
    assert np.median(apart) < 0.005
    assert np.quantile(apart, 0.99) < 0.05
    seen = double.p_values > 1e-30
    np.testing.assert_allclose(single.p_values[seen], double.p_values[seen], rtol=0.01)


def test_values_of_judged_pairs_are_those_of_the_table():
    table = np.random.default_rng(0).random((30, 30))
    index = np.random.default_rng(1).integers(0, 30, (150, 2))
    found = judged_values(lambda rows, columns: table[np.ix_(rows, columns)], index)
    assert np.array_equal(found, table[index[:, 0], index[:, 1]])


def test_a_uniform_table_interpolates_as_numpy_does():
    rng = np.random.default_rng(0)
    values, x = rng.standard_normal(50), rng.uniform(-3, 8, 1000)
    expected = np.interp(x, np.linspace(-1, 5, 50), values)
    np.testing.assert_allclose(uniform_table(-1, 5, values)(x), expected, atol=1e-12)


def test_beyond_the_three_tables_memory_does_not_grow_with_pairs(monkeypatch):
    n = 1600
    monkeypatch.setattr(tiles, "SAMPLE", 2**17)
    fits = synthetic_fits(n)
    tracemalloc.start()
    try:
        found = pooled_evidence(fits, nothing(n), dtype=np.float32, seed=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(found, Evidence)
    # a table takes 10 MB, all 60 features of all pairs 614 MB
    assert peak < 3 * found.scores.nbytes + 60e6


def test_the_statistic_keeps_digits_of_small_differences():
    x = 5 + 1e-4 * np.random.default_rng(0).standard_normal((20, 6))
    d = x[:, None] - x
    exact = np.log(np.cosh(d / 2)).sum(axis=-1) * 1e6
    centred = (x - x.mean(axis=0)).astype(np.float32)
    single = Coordinates(centred, np.full(6, 1e6, np.float32)).between(EVERY, EVERY)
    np.testing.assert_allclose(single, exact, rtol=1e-2, atol=1e-5)
