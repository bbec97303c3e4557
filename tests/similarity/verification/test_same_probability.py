"""Tests of the calibrated probability that two items are the same."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t as student

from confidence import reliability
from similarity import evidence, same_probability, siamese_log_odds, siamese_same
from similarity.pairs.known_pairs import contradictions, weighted_pairs
from similarity.verification.records import symmetric
from tests.calls.valid_values import a_network
from tests.reference.coloured_fields import coloured
from toolbox import InputError


def pair_set(seed, n, *, intercept=0.0, slope=1.0, items=0.0, spread=1.5):
    """Log-odds (n, n), the truth of every pair, drawn given them, and P(same).

    The truth is 1 with log-odds intercept + slope x (score), to which, unseen, every item adds an
    effect of its own with standard deviation `items`.
    """
    rng = np.random.default_rng(seed)
    upper = np.triu_indices(n, 1)
    score = spread * rng.standard_normal(len(upper[0]))
    own = items * rng.standard_normal(n)
    p = expit(intercept + slope * score + own[upper[0]] + own[upper[1]])
    same = rng.random(len(p)) < p
    return symmetric(score, upper, n, np.nan), symmetric(same * 1.0, upper, n, 0), upper


def judged(same, upper, chosen):
    i, j = upper[0][chosen], upper[1][chosen]
    return np.column_stack([i, j, same[i, j]])


def test_it_finds_the_line_that_the_answers_were_drawn_from():
    table, same, upper = pair_set(0, 100, intercept=-0.5, slope=0.6)
    found = same_probability(table, pairs=judged(same, upper, slice(None)), seed=0, resamples=39)
    assert found.intercept == pytest.approx(-0.5, abs=0.15)  # 4 standard errors on 4950 pairs
    assert found.slopes == pytest.approx([0.6, 0.6], abs=0.2)
    assert found.prior == pytest.approx(same[upper].mean(), abs=0.001)
    log_p, log_q = (np.log(expit(s * table[upper])) for s in (1, -1))
    odds = found.intercept + found.slopes[0] * log_p - found.slopes[1] * log_q
    assert np.allclose(found.matrix[upper], expit(odds), atol=1e-12)
    assert np.abs(found.matrix[upper] - expit(0.6 * table[upper] - 0.5)).max() < 0.05
    assert np.isnan(np.diag(found.matrix)).all()
    low, high = found.interval[upper].T
    assert (low <= found.matrix[upper]).all()
    assert (found.matrix[upper] <= high).all()


def test_a_judge_who_errs_does_not_move_it():
    table, same, upper = pair_set(1, 130, intercept=-1.0, slope=2.0)
    pairs = judged(same, upper, slice(None))
    rng = np.random.default_rng(0)
    pairs[:, 2] = np.abs(pairs[:, 2] - (rng.random(len(pairs)) < 0.15))
    told = same_probability(table, pairs=pairs, error=0.15, seed=0, resamples=39)
    not_told = same_probability(table, pairs=pairs, seed=0, resamples=39)
    assert told.slopes == pytest.approx([2.0, 2.0], abs=0.5)
    assert not_told.slopes.max() < 1.4
    assert told.prior == pytest.approx(same[upper].mean(), abs=0.03)


def test_another_prior_is_bayes_rule():
    table, same, upper = pair_set(2, 40)
    pairs = judged(same, upper, slice(300))
    plain = same_probability(table, pairs=pairs, seed=0, resamples=39)
    other = same_probability(table, pairs=pairs, prior=0.1, seed=0, resamples=39)
    odds = logit(plain.matrix[upper]) - logit(plain.prior) + logit(0.1)
    assert np.allclose(other.matrix[upper], expit(odds))
    without = same_probability(table, prior=0.1, seed=0)
    assert np.allclose(without.matrix[upper], expit(table[upper] + logit(0.1)))
    assert "no interval" in without.note
    assert np.isnan(without.interval).all()


def test_pairs_sought_out_for_judging_are_put_right_by_the_prior():
    # Every same pair but one in eight different ones is judged; P(same) of all pairs comes back.
    table, same, upper = pair_set(3, 160, intercept=-2.5, slope=1.5)
    rng = np.random.default_rng(0)
    chosen = np.flatnonzero((same[upper] == 1) | (rng.random(len(upper[0])) < 0.125))
    share = same[upper].mean()
    found = same_probability(
        table, pairs=judged(same, upper, chosen), prior=share, seed=0, resamples=39
    )
    truth = expit(-2.5 + 1.5 * table[upper])
    assert np.abs(found.matrix[upper] - truth).mean() < 0.02
    assert found.matrix[upper].mean() == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize(("items", "least"), [(0.0, 0.9), (0.8, 0.81)])
def test_intervals_cover(items, least):
    # At log-odds 0 and 2 the truth is expit(0) and expit(2) averaged over the items' effects.
    # 40 sets of 20 items, 95 % intervals: 4 standard errors below .95 is .81.
    rng = np.random.default_rng(9)
    effect = items * np.sqrt(2) * rng.standard_normal(100_000)
    truth = np.array([expit(at + effect).mean() for at in (-1.0, 1.0)])
    hits = []
    for repeat in range(40):
        table, same, upper = pair_set(100 + repeat, 20, items=items)
        table[0, 1] = table[1, 0] = -1.0
        table[0, 2] = table[2, 0] = 1.0
        chosen = np.arange(2, len(upper[0]))
        found = same_probability(
            table, pairs=judged(same, upper, chosen), seed=repeat, resamples=39
        )
        low, high = found.interval[0, 1:3].T
        hits.append((low <= truth) & (truth <= high))
    assert np.mean(hits) > least


def test_intervals_by_unit_cover_what_units_have_in_common():
    # Four items a unit share an effect: resampled one by one, their pairs look independent.
    rng, upper, unit = np.random.default_rng(4), np.triu_indices(48, 1), np.arange(48) // 4
    score = 1.5 * rng.standard_normal(len(upper[0]))
    own = 1.5 * rng.standard_normal(12)[unit]
    same = rng.random(len(score)) < expit(score + own[upper[0]] + own[upper[1]])
    table, pairs = symmetric(score, upper, 48, np.nan), np.column_stack([*upper, same])
    alone = same_probability(table, pairs=pairs, seed=0, resamples=99).interval
    by_unit = same_probability(table, pairs=pairs, units=unit, seed=0, resamples=99).interval
    assert np.nanmean(np.diff(by_unit)) > 1.4 * np.nanmean(np.diff(alone))
    few = same_probability(table, pairs=pairs, units=unit // 6, seed=0)
    assert np.isnan(few.interval).all()
    assert "too few independent" in few.note


def test_weights_count_as_repetitions_and_contradictions_are_told():
    table, same, upper = pair_set(5, 30)
    pairs = judged(same, upper, slice(200))
    twice = same_probability(table, pairs=np.repeat(pairs, 2, axis=0), seed=0, resamples=39)
    weighted = same_probability(table, pairs=np.column_stack([pairs, np.full(200, 2)]), seed=0)
    assert weighted.slopes == pytest.approx(twice.slopes, rel=1e-3)
    assert weighted.intercept == pytest.approx(twice.intercept, abs=1e-3)
    against = pairs[:7] * [1, 1, -1] + [0, 0, 1]
    both = same_probability(table, pairs=np.concatenate([pairs, against[:, [1, 0, 2]]]), seed=0)
    assert "7 pairs judged both ways" in both.note
    assert len(contradictions(pairs[:, :2].astype(int), pairs[:, 2])) == 0


def test_held_out_pairs_are_reliable():
    # Vectors of ten classes; evidence from their distances, far from calibrated. 300 judged pairs
    # of one half of the items calibrate it, 11 175 pairs of the other half are asked.
    rng = np.random.default_rng(10)
    labels = rng.integers(0, 10, 300)
    x = rng.standard_normal((10, 4))[labels] + 0.5 * rng.standard_normal((300, 4))
    table = 5 - 4 * ((x[:, None] - x) ** 2).sum(axis=-1)
    same = (labels[:, None] == labels) * 1.0
    i, j = (side[:300] for side in rng.permutation(np.array(np.triu_indices(150, 1)), axis=1))
    found = same_probability(table, pairs=np.column_stack([i, j, same[i, j]]), seed=0, resamples=39)
    a, b = np.triu_indices(150, 1)
    asked, truth = found.matrix[150:, 150:][a, b], same[150:, 150:][a, b]
    told = reliability(np.column_stack([1 - asked, asked]), truth.astype(int), seed=0, resamples=39)
    assert len(asked) > 10_000
    assert told.debiased < 0.05**2
    before = expit(table[150:, 150:][a, b])
    uncalibrated = reliability(
        np.column_stack([1 - before, before]), truth.astype(int), seed=0, resamples=39
    )
    assert uncalibrated.debiased > 2 * told.debiased


def test_several_networks_give_the_interval_of_one_more():
    rng = np.random.default_rng(6)
    upper = np.triu_indices(9, 1)
    tables = np.stack([symmetric(rng.standard_normal(36), upper, 9, np.nan) for _ in range(5)])
    found = same_probability(tables, level=0.9, seed=0)
    values = tables[:, *upper]
    half = student.ppf(0.95, 4) * values.std(axis=0, ddof=1) * np.sqrt(1 + 1 / 5)
    assert np.allclose(found.matrix[upper], expit(values.mean(axis=0)))
    assert np.allclose(found.interval[upper][:, 0], expit(values.mean(axis=0) - half))
    assert np.allclose(found.interval[upper][:, 1], expit(values.mean(axis=0) + half))
    pairs = np.column_stack([*upper, rng.integers(0, 2, 36)])
    wider = same_probability(tables, pairs=pairs, seed=0, resamples=39)
    assert "one more network" in wider.note
    assert "bootstrap" in wider.note


@pytest.mark.usefixtures("compiled_in_haste")
def test_siamese_networks_say_what_their_own_method_says():
    rng = np.random.default_rng(0)
    images = np.concatenate([coloured(rng, 6, 40, 0.5), coloured(rng, 6, 40, 2.0)])
    one = a_network()
    other = replace(one, weights=one.weights | {"weight": one.weights["weight"] ** 2}, slope=3.0)
    networks = [one, other]
    odds = siamese_log_odds(networks, images)
    assert odds.shape == (2, 12, 12)
    own = siamese_same(networks[1], images[:3], images[5:8])
    assert np.allclose(expit(odds[1, [0, 1, 2], [5, 6, 7]]), own, atol=1e-5)
    for wrong in ([], [networks[0], 3], "text"):
        with pytest.raises(InputError, match=r"^networks"):
            siamese_log_odds(wrong, images)


def test_evidence_keeps_what_it_said_and_its_type():
    rng = np.random.default_rng(1)
    images = np.concatenate([coloured(rng, 6, 40, 0.5), coloured(rng, 6, 40, 2.0)])
    i, j = np.triu_indices(12, 1)
    pairs = np.column_stack([i, j, (i < 6) == (j < 6)])[::2]
    found = evidence(images.astype(np.float32), dim=2, pairs=pairs, seed=0)
    plain = same_probability(found, seed=0)
    assert plain.matrix.dtype == np.float32
    assert np.allclose(plain.matrix, expit(found.matrix), atol=1e-6, equal_nan=True)
    assert "spectrum" in plain.note
    width = plain.interval[..., 1] - plain.interval[..., 0]
    for axes, values in zip(plain.plot().axes[:2], (plain.matrix, width), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array().filled(np.nan), values)
        assert axes.images[0].get_clim() == (0, 1)


def test_weighted_pairs():
    rows = np.array([[0, i, i % 2] for i in range(1, 11)], dtype=float)
    index, _, weights = weighted_pairs(np.column_stack([rows, np.arange(10)]), 11, fewest=4)
    assert len(index) == 9
    assert weights.tolist() == list(range(1, 10))


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"evidence": np.zeros((3, 4))}, "evidence"),
        ({"evidence": np.arange(9.0).reshape(3, 3)}, "evidence"),
        ({"evidence": np.zeros((1, 1))}, "evidence"),
        ({"evidence": np.full((3, 3), np.nan)}, "evidence"),
        ({"pairs": [[0, 1, 1]] * 9}, "pairs"),
        ({"pairs": [[0, 1, 1], [0, 2, 0]] * 5}, "pairs"),  # two pairs, however often judged
        ({"pairs": [[0, 1, 1], [0, 2, 0]] * 5 + [[0, 20, 1]]}, "pairs"),
        ({"pairs": [[0, 1, 1, -1], [0, 2, 0, 1]] * 5}, "pairs"),
        ({"pairs": [[0, 1, 1, 0], [0, 2, 0, 0]] * 5}, "pairs"),
        ({"pairs": [[0, 1]] * 9}, "pairs"),
        ({"prior": 0.0}, "prior"),
        ({"prior": 1.0}, "prior"),
        ({"error": 0.5}, "error"),
        ({"error": -0.1}, "error"),
        ({"units": [0, 1]}, "units"),
        ({"level": 1.0}, "level"),
        ({"resamples": 38}, "resamples"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_input_is_named(change, argument):
    given = {"evidence": np.zeros((12, 12)), "seed": 0} | change
    with pytest.raises(InputError, match=f"^{argument}:"):
        same_probability(given.pop("evidence"), **given)
