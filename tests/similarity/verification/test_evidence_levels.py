"""Tests of the level of log-odds: set by judged pairs or units, or not claimed at all."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from similarity import evidence, pool, same_probability
from similarity.pairs.separating_metric import weighed_by_units
from similarity.verification.pair_evidence import every_evidence
from similarity.verification.records import Evidence
from toolbox import InputError, crops, restore, save, textures

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")
EACH, UNIT = 12, 3
LABELS = np.repeat([0, 1], EACH)
UPPER = np.triu_indices(2 * EACH, 1)
SAME = LABELS[UPPER[0]] == LABELS[UPPER[1]]


def units_of(labels, unit=UNIT):
    """Half of each class in units, the others alone."""
    units = 1000 + np.arange(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        for first in range(0, len(members) // 2, unit):
            units[members[first : first + unit]] = members[first]
    return units


UNITS = units_of(LABELS)
ASKED = UNITS[UPPER[0]] != UNITS[UPPER[1]]  # of these pairs nothing was said


def loss(matrix, asked=ASKED, same=SAME):
    """Return the log-loss of pairs of two units over that of their base rate."""
    odds = matrix[np.triu_indices(len(matrix), 1)][asked].astype(float)
    share, truth = same[asked].mean(), same[asked]
    base = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.logaddexp(0, -np.where(truth, odds, -odds)).mean() / base


@pytest.fixture(scope="module")
def brick_and_gravel():
    brick, _, gravel = textures().values
    cut = [crops(x, size=40, n=EACH, seed=k).values for k, x in enumerate((brick, gravel))]
    return np.concatenate(cut)


@pytest.fixture(scope="module")
def without(brick_and_gravel):
    return every_evidence(brick_and_gravel, dim=2, seed=0)


@pytest.fixture(scope="module")
def told(brick_and_gravel):
    return every_evidence(brick_and_gravel, dim=2, units=UNITS, seed=0)


# ------------------------------------------------------------------------------- nothing is known


def test_without_pairs_or_units_no_log_odds_are_claimed(without):
    for found in (*without, pool(without), pool(without[0]), pool(without[:3])):
        assert np.isnan(found.matrix).all()
        assert found.level == "none"
        assert "matrix is NaN" in found.note
        assert np.isfinite(found.scores[UPPER]).all()


def test_scores_read_as_log_odds_would_be_worse_than_the_base_rate(without):
    spectrum = next(e for e in without if e.family == "spectrum")
    assert loss(spectrum.scores) > 1.2
    assert (spectrum.scores[UPPER][SAME] > 0).mean() < 0.4
    assert np.mean(spectrum.scores[UPPER][SAME]) > np.mean(spectrum.scores[UPPER][~SAME]) + 0.5


def test_no_probability_comes_of_evidence_without_a_level(without):
    for prior in (None, 0.3):
        found = same_probability(without[0], prior=prior, seed=0)
        assert np.isnan(found.matrix).all()
        assert np.isnan(found.interval).all()
        assert np.isnan(found.slopes).all()
        assert "no probability" in found.note


def test_the_picture_does_not_say_log_odds(without, told):
    for found, label in ((without[0], "score"), (told[0], "log-odds that the pair is the same")):
        picture, bar = found.plot().axes
        drawn = picture.images[0].get_array().filled(np.nan)
        np.testing.assert_array_equal(drawn, found.scores)
        assert bar.get_ylabel().startswith(label)
        assert ("no log-odds" in bar.get_ylabel()) == (found is without[0])


def test_a_record_without_a_level_is_kept_and_restored(without, tmp_path):
    save(without[0], tmp_path / "evidence.npz")
    back = restore(tmp_path / "evidence.npz")
    assert np.isnan(back.matrix).all()
    assert back.matrix.shape == back.scores.shape
    assert np.array_equal(back.scores, without[0].scores, equal_nan=True)


# --------------------------------------------------------------------------------- units are known


def test_no_family_is_worse_than_the_base_rate(told):
    for found in told:
        assert found.level == "units"
        assert loss(found.matrix) < 1.0
        assert found.share == pytest.approx(SAME[ASKED].mean(), rel=0.5)


def test_names_and_order_of_units_do_not_matter(brick_and_gravel, told):
    order = np.random.default_rng(0).permutation(2 * EACH)
    named = [f"sheet {u}" for u in UNITS[order]]
    options = {"dim": 2, "families": ["spectrum"], "seed": 0}
    (found,) = every_evidence(brick_and_gravel[order], units=named, **options)
    expected = told[0].matrix[np.ix_(order, order)]
    np.testing.assert_allclose(found.matrix, expected, rtol=1e-4, atol=1e-4)


def test_few_units_set_no_level_and_the_note_says_how_many_would(brick_and_gravel, without):
    few = np.where(np.isin(UNITS, np.unique(UNITS)[:3]), UNITS, 2000 + np.arange(2 * EACH))
    found = evidence(brick_and_gravel, dim=2, units=few, seed=0)
    assert found.level == "none"
    assert np.isnan(found.matrix).all()
    assert "from 4 of several items on" in found.note
    assert "here 3 and 6" in found.note
    np.testing.assert_array_equal(found.scores, without[0].scores)


def test_units_are_a_null_too(brick_and_gravel):
    options = {"dim": 2, "family": "spectrum", "seed": 0}
    units = np.repeat(np.arange(EACH), 2)  # every item has another of its unit
    pairs = [[2 * k, 2 * k + 1, 1] for k in range(5)] + [[k, k + EACH, 0] for k in range(5)]
    before = evidence(brick_and_gravel, pairs=pairs, **options)
    after = evidence(brick_and_gravel, pairs=pairs, units=units, **options)
    assert before.level == after.level == "judged pairs"
    assert "known to be the same" not in before.note  # five pairs are too few
    assert np.nanmedian(after.p_values[:EACH, :EACH]) >= np.nanmedian(before.p_values[:EACH, :EACH])


def test_units_join_judged_pairs_in_a_pool(told):
    i, j = UPPER
    pairs = np.column_stack([i, j, SAME])[np.random.default_rng(0).permutation(len(i))[:30]]
    found = pool(told, pairs=pairs)
    assert found.level == "judged pairs"
    assert "30 judged pairs and 4 units of several items" in found.note
    assert found.share == pytest.approx(pairs[:, 2].mean())


def test_a_pool_of_few_families_made_without_units_claims_no_level(without, told):
    found = pool(without[:3], units=UNITS)
    assert found.level == "none"
    assert np.isnan(found.matrix).all()
    assert pool(without, units=UNITS).level == "units"
    assert pool(told[:3]).level == "units"  # their share was estimated by all
    with pytest.raises(InputError, match=r"^evidences: .*same units"):
        pool([without[0], told[1]])


# ------------------------------------------------------------------- what a family does not see


def item_distances(points):
    return ((points[:, None] - points) ** 2).sum(axis=2) / 2


def synthetic(names, seed=0, classes=6, each=16):
    """Evidence of families that see one coordinate each; classes differ in two coordinates."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    centres = 6.0 * np.stack([np.arange(classes) % 2, np.arange(classes) // 2], axis=1)
    points = centres[labels] + rng.standard_normal((len(labels), 2))
    found = []
    for k, name in enumerate(names):
        seen = points[:, [k]] if k < 2 else rng.standard_normal((len(labels), 1))
        table = item_distances(seen)
        found.append(
            Evidence(
                matrix=np.full_like(table, np.nan),
                p_values=norm.sf(np.sqrt(table)),
                statistics=table,
                scores=-table,
                family=name,
                note="",
                level="none",
                units=np.arange(len(labels)),
            )
        )
    return found, labels


@pytest.mark.parametrize("seed", range(3))
def test_the_share_needs_all_families_since_one_may_be_blind_to_a_difference(seed):
    names = ("spectrum", "wavelet", "whitened", "leaders", "patches")
    found, labels = synthetic(names, seed)
    i, j = np.triu_indices(len(labels), 1)
    units = units_of(labels, 4)
    same, asked = labels[i] == labels[j], units[i] != units[j]
    together = pool(found, units=units)
    assert together.level == "units"
    assert together.share == pytest.approx(same[asked].mean(), rel=0.35)
    assert loss(together.matrix, asked, same) < 0.5
    # The first tells two groups of three classes apart, each of half of the items: with units alone
    # it would take the share to be one half, three times the truth.
    alone = same_probability(found[0], units=units, prior=float(same[asked].mean()), seed=0)
    p = np.clip(alone.matrix[i, j], 1e-9, 1 - 1e-9)
    assert loss(np.log(alone.matrix / (1 - alone.matrix)), asked, same) < 1
    assert p[asked].mean() == pytest.approx(same[asked].mean(), rel=0.2)
    blind = same_probability(found[2], units=units, prior=0.2, seed=0).matrix[i, j]
    assert np.quantile(np.abs(blind - 0.2), 0.9) < 0.1


def test_evidence_of_units_is_its_probability(told):
    found = same_probability(told[0], seed=0)
    np.testing.assert_allclose(found.matrix, expit(told[0].matrix), atol=1e-6)
    assert found.prior == pytest.approx(told[0].share)
    other = same_probability(told[0], prior=0.05, seed=0)
    assert (other.matrix[UPPER] < found.matrix[UPPER]).all()


# ------------------------------------------------------------------------- weights of directions


def test_directions_are_weighed_by_how_units_spread_along_them():
    rng = np.random.default_rng(0)
    units = np.repeat(np.arange(300), 4)
    within, between = np.array([1.0, 4.0, 1.0]), np.array([9.0, 9.0, 0.0])
    points = rng.standard_normal((300, 3))[units] * np.sqrt(between)
    points += rng.standard_normal((1200, 3)) * np.sqrt(within)
    found = weighed_by_units(points, units)
    ratio = between / within
    expected = ratio / (1 + ratio) / within
    weights = (found.std(axis=0) / points.std(axis=0)) ** 2
    np.testing.assert_allclose(weights[:2] / weights[0], expected[:2] / expected[0], rtol=0.1)
    assert weights[2] < 0.1 * weights[0]
    pairs = np.array(
        [(4 * u + a, 4 * u + b) for u in range(300) for a in range(4) for b in range(a)]
    )
    half_squares = ((found[pairs[:, 0]] - found[pairs[:, 1]]) ** 2).sum(axis=1) / 2
    assert half_squares.mean() == pytest.approx(1)


def test_copies_in_a_unit_leave_the_directions_as_they_are():
    points = np.repeat(np.arange(10.0).reshape(5, 2), 2, axis=0)
    assert weighed_by_units(points, np.repeat(np.arange(5), 2)) is points
