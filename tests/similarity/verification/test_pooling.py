"""Tests of pooled evidence."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from similarity import evidence, pool
from similarity.verification.pooling import LARGEST_P, cauchy_p_values, cauchy_terms
from similarity.verification.records import Evidence
from tests.reference.coloured_fields import coloured
from toolbox import InputError


def synthetic(seed, n, strength, family):
    """Log-odds of known strength: exact for two Gaussian groups d' = strength apart.

    The statistic falls with them so that they are twice its nearness.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    same = labels[:, None] == labels
    noise = np.triu(rng.standard_normal((n, n)), 1)
    score = np.where(same, strength / 2, -strength / 2) + noise + noise.T
    matrix = strength * score
    np.fill_diagonal(matrix, np.nan)
    p = expit(matrix)
    statistics = np.maximum(1 - np.nan_to_num(matrix) / 6, 0) ** 3
    found = made(matrix, p, statistics, family)
    return found, same


def made(scores, p_values, statistics, family):
    return Evidence(
        matrix=np.full_like(scores, np.nan),
        p_values=p_values,
        statistics=statistics,
        scores=scores,
        family=family,
        note="",
        level="none",
        units=np.arange(len(scores)),
    )


def once(pairs):
    """Return judged pairs without the repeated ones, in whatever order the two stand."""
    return np.unique(np.column_stack([np.sort(pairs[:, :2], axis=1), pairs[:, 2]]), axis=0)


def pairs_of(same, m, seed=0):
    rng = np.random.default_rng(seed)
    index = np.array([rng.choice(len(same), 2, replace=False) for _ in range(m)])
    return np.column_stack([index, same[index[:, 0], index[:, 1]]])


def loss(found, same):
    upper = np.triu_indices(len(same), 1)
    signed = np.where(same[upper], found.scores[upper], -found.scores[upper])
    return np.logaddexp(0, -signed).mean()


def test_one_family_is_itself():
    images = coloured(np.random.default_rng(0), 6, 32, 1.0)
    found = evidence(images, dim=2, seed=0)
    assert pool([found]) is found
    assert pool(found) is found


def test_one_family_with_pairs_keeps_its_p_values_also_those_near_one():
    a, same = synthetic(0, 12, 3.0, "a")
    told = pool([a], pairs=pairs_of(same, 40))
    assert np.nanmax(a.p_values) > LARGEST_P
    assert np.array_equal(told.p_values, a.p_values, equal_nan=True)


def test_without_pairs_independent_families_add_up_and_equal_ones_do_not():
    a, same = synthetic(0, 60, 1.5, "f0")
    b = synthetic(1, 60, 1.5, "f1")[0]
    pooled = pool([a, b])
    assert loss(pooled, same) < 0.9 * min(loss(a, same), loss(b, same))
    ratio = pooled.scores / (a.scores + b.scores)
    assert np.nanstd(ratio) < 1e-6  # a sum but for one factor, between 1 / 2 and 1
    assert 0.5 < np.nanmean(ratio) < 1
    assert np.allclose(pool([a, a]).scores, a.scores, equal_nan=True)
    most = np.minimum(a.p_values, LARGEST_P)
    assert np.allclose(pool([a, a]).p_values, most, equal_nan=True)
    assert pooled.family == "f0 + f1"


def test_families_that_tell_nothing_apart_count_nothing_without_pairs():
    a, _ = synthetic(0, 12, 1.5, "a")
    blind = Evidence(**synthetic(1, 12, 1.5, "blind")[0].asdict() | {"directions": 0})
    assert np.allclose(pool([a, blind]).scores, a.scores, equal_nan=True)
    both = pool([blind, blind])
    assert np.allclose(both.scores, blind.scores, equal_nan=True)


def test_the_prior_is_counted_once():
    a, _ = synthetic(0, 12, 1.5, "a")
    b = synthetic(1, 12, 1.5, "b")[0]
    prior = np.log(0.1 / 0.9)
    priors = [Evidence(**e.asdict() | {"scores": e.scores + prior, "share": 0.1}) for e in (a, b)]
    assert np.allclose(pool(priors).scores, pool([a, b]).scores + prior, equal_nan=True)


def test_learned_weights_find_the_informative_family():
    good, same = synthetic(0, 60, 3.0, "good")
    useless = synthetic(1, 60, 3.0, "useless")[0]
    shuffled = np.random.default_rng(2).permutation(60)
    moved = {k: getattr(useless, k)[np.ix_(shuffled, shuffled)] for k in ("scores", "statistics")}
    useless = Evidence(**useless.asdict() | moved)
    told = [once(pairs_of(same, 200, s)) for s in range(5)]
    learned = [pool([good, useless], pairs=pairs) for pairs in told]
    losses = [loss(found, same) for found in learned]
    assert max(losses) < 0.8 * loss(pool([good, useless]), same)
    assert np.mean(losses) < 1.1 * loss(good, same)
    assert f"learned from {len(told[0])} judged" in learned[0].note


def test_fifty_pairs_leave_the_best_of_many_families_unspoilt():
    labels = np.arange(80) % 8
    same = labels[:, None] == labels
    rng = np.random.default_rng(0)

    def family(strength, seed):
        # Distances between items whose features have `strength` to do with the labels.
        r = np.random.default_rng(seed)
        x = r.standard_normal((80, 3)) + strength * r.standard_normal((8, 3))[labels]
        table = ((x[:, None] - x) ** 2).sum(axis=2) / 6
        odds = -table - np.where(np.eye(80, dtype=bool), np.nan, 0)
        return made(odds, expit(odds), table, "f")

    def p_at_1(found):
        nearest = np.where(np.eye(80, dtype=bool), -np.inf, found.scores).argmax(axis=1)
        return (labels[nearest] == labels).mean()

    families = [family(strength, seed) for seed, strength in enumerate((6, 0, 0, 0, 0, 0.5))]
    i, j = np.triu_indices(80, 1)
    scores = []
    for _ in range(10):
        alike, unlike = (np.flatnonzero(same[i, j] == s) for s in (True, False))
        rows = np.r_[rng.permutation(alike)[:25], rng.permutation(unlike)[:25]]
        told = np.column_stack([i[rows], j[rows], same[i[rows], j[rows]]])
        scores.append(p_at_1(pool(families, pairs=told)))
    assert np.mean(scores) > max(p_at_1(f) for f in families) - 0.02
    assert p_at_1(pool(families)) < p_at_1(families[0]) - 0.02  # without pairs they do harm


def test_independent_families_add_up_with_pairs():
    a, same = synthetic(0, 60, 1.5, "a")
    b = synthetic(1, 60, 1.5, "b")[0]
    learned = pool([a, b], pairs=pairs_of(same, 300))
    assert loss(learned, same) < 0.9 * min(loss(a, same), loss(b, same))
    assert loss(learned, same) == pytest.approx(
        loss(Evidence(**a.asdict() | {"scores": a.scores + b.scores}), same), rel=0.1
    )


def test_the_share_of_same_pairs_is_said():
    a, same = synthetic(0, 12, 1.5, "a")
    b = Evidence(**synthetic(1, 12, 1.5, "b")[0].asdict() | {"share": 0.5, "directions": 2})
    assert pool([a, b]).share == pytest.approx(0.5)
    told = pairs_of(same, 40)  # some of them twice
    assert pool([a, b], pairs=told).share == pytest.approx(once(told)[:, 2].mean())
    assert pool([a, b]).directions == 3


def cauchy_combination(p):
    return cauchy_p_values(cauchy_terms(p).mean(axis=-1))


def test_cauchy_combination_keeps_its_level_under_dependence():
    rng = np.random.default_rng(0)
    for share in (0.0, 0.7, 1.0):
        common, own = rng.standard_normal((20_000, 1)), rng.standard_normal((20_000, 4))
        p = norm.sf(np.sqrt(share) * common + np.sqrt(1 - share) * own)
        # exact at share 0 and 1, a little below or above in between: 4 standard errors are .003
        assert np.mean(cauchy_combination(p) < 0.01) == pytest.approx(0.01, abs=0.004)


def test_cauchy_combination_of_equal_and_extreme_values():
    assert cauchy_combination(np.array([0.2, 0.2, 0.2])) == pytest.approx(0.2)
    assert cauchy_combination(np.array([1e-200, 1.0])) == pytest.approx(2e-200, rel=1e-6)


def test_bad_input_is_named():
    a, _ = synthetic(0, 10, 1.0, "a")
    b = synthetic(1, 12, 1.0, "b")[0]
    for wrong in ([], "text", [a, 3], [a, b], 5):
        with pytest.raises(InputError, match=r"^evidences"):
            pool(wrong)
    with pytest.raises(InputError, match=r"^pairs"):
        pool([a, a], pairs=[[0, 1, 1]] * 20)
