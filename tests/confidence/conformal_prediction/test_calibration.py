"""Conformal sets: exact ranks, hand-worked scores, realised coverage against its law, bad input."""

import warnings
from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from scipy.stats import beta, binom, kstest

import toolbox
from confidence import conformal, conformal_sets
from confidence.conformal_prediction.exact_ranks import (
    exact_level,
    fewest,
    rank,
    threshold,
    unit_threshold,
)
from confidence.conformal_prediction.nonconformity_scores import class_scores
from toolbox.core.streams import generator

ALPHAS = ("0.01", "0.05", "0.1", "0.2", "0.3", "1/3")


def draw(n, C=4, *names, noise=1.0):
    """Return probabilities and labels drawn from them: calibrated, exchangeable."""
    rng = generator(3, "conformal", n, C, *names)
    p = rng.dirichlet(np.full(C, 0.5), size=n)
    y = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=C - 1)
    p = p**noise + 1e-6  # noise other than 1: over- or under-confident, still exchangeable
    return p / p.sum(axis=1, keepdims=True), y


def test_ranks_are_exact_for_every_size():
    for text in ALPHAS:
        alpha = exact_level(text)
        for n in range(1, 501):
            k = rank(n, alpha)
            # The smallest k with k / (n + 1) >= 1 - alpha, by whole numbers alone.
            a, b = alpha.numerator, alpha.denominator
            assert k * b >= (n + 1) * (b - a) > (k - 1) * b
            assert (k <= n) == (n >= fewest(alpha))
            scores = np.arange(n, 0, -1.0)
            assert threshold(scores, alpha) == (k if k <= n else np.inf)


@pytest.mark.parametrize("alpha", [0.3, np.float64(0.3), np.float32(0.3), "0.3", "3/10", " .3 "])
def test_a_level_is_what_it_prints_as(alpha):
    assert exact_level(alpha) == Fraction(3, 10)
    assert rank(9, exact_level(alpha)) == 7  # Fraction(0.3) would give 8


def test_scores_by_hand():
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    u = np.array([0.5, 1.0])
    lac = class_scores(p, score="lac", u=None, penalty=(0, 0))
    np.testing.assert_allclose(lac, 1 - p)
    aps = class_scores(p, score="aps", u=u, penalty=(0, 0))
    np.testing.assert_allclose(aps, [[0.25, 0.65, 0.9], [0.9, 1.0, 0.8]])  # ties keep their order
    raps = class_scores(p, score="raps", u=u, penalty=(0.1, 1))
    np.testing.assert_allclose(raps, [[0.25, 0.75, 1.1], [1.0, 1.2, 0.8]])


def test_sets_by_brute_force():
    p, y = draw(60)
    new, _ = draw(25, 4, "new")
    for score in ("lac", "aps", "raps"):
        c = conformal(p, y, alpha="0.15", score=score, seed=5)
        u = generator(5, "conformal", "calibration").random(60)
        fresh = generator(5, "conformal", "new").random(25)
        own = [plain_score(p[i], y[i], u[i], score) for i in range(60)]
        limit = sorted(own)[ceil(61 * Fraction(85, 100)) - 1]
        expected = [
            [plain_score(new[i], k, fresh[i], score) <= limit for k in range(4)] for i in range(25)
        ]
        got = c.sets(new)
        np.testing.assert_array_equal(got.sets, expected)
        np.testing.assert_array_equal(got.sizes, np.sum(expected, axis=1))
        assert c.threshold[0] == pytest.approx(limit)


@pytest.mark.parametrize("score", ["lac", "aps", "raps"])
@pytest.mark.parametrize("groups", [None, "class"])
def test_one_set_an_item_in_both_precisions(score, groups):
    """Probabilities in twentieths: many new items have exactly the score of the threshold."""
    rng = generator(8, "twentieths")
    p = rng.multinomial(20, [0.5, 0.3, 0.2], size=60) / 20
    y = rng.integers(3, size=60)
    single = p.astype(np.float32)
    results = [
        conformal(a, y, alpha="0.2", score=score, groups=groups, seed=2).sets(b).sets
        for a in (p, single)
        for b in (p, single)
    ]
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])
    in_sample = np.arange(4)[:, None] == np.arange(60) % 4
    votes = np.repeat(p[None], 4, axis=0)
    mixed = [
        conformal(a, y, alpha="0.2", score=score, in_sample=in_sample, seed=2).sets(b).sets
        for a in (votes, votes.astype(np.float32))
        for b in (votes[:, :20], votes[:, :20].astype(np.float32))
    ]
    for other in mixed[1:]:
        np.testing.assert_array_equal(other, mixed[0])


def test_small_probabilities_are_told_apart():
    """Ten thousand classes: scores of 1 - p that differ by 1e-8 are not one score."""
    p = np.full((1, 10_000), 0.99 / 9_000)
    p[0, :1_000] = 0.01 / 1_000
    calibration = np.repeat(p, 19, axis=0)
    c = conformal(calibration, np.full(19, 5_000), alpha="0.1")
    assert c.sets(p).sizes.tolist() == [9_000]


def plain_score(p, k, u, score):
    if score == "lac":
        return 1 - p[k]
    above = sum(v for v in p if v > p[k])
    place = 1 + sum(v > p[k] for v in p)
    return above + u * p[k] + (0.01 * max(0, place - 2) if score == "raps" else 0)


@pytest.mark.parametrize("score", ["lac", "aps", "raps"])
def test_realised_coverage_follows_its_beta_law(score):
    # Calibrations of 39 items, coverage of each measured on the same 10,000 fresh items.
    new, truth = draw(10_000, 4, "fresh", noise=2.0)
    realised = []
    for i in range(300):
        p, y = draw(39, 4, "calibration", i, noise=2.0)
        c = conformal(p, y, alpha="0.1", score=score, seed=i)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inside = c.sets(new).sets
        realised.append(inside[np.arange(len(truth)), truth].mean())
    assert c.coverage_law.tolist() == [[36, 4]]
    np.testing.assert_allclose(c.coverage_interval[0], beta.ppf([0.025, 0.975], 36, 4))
    assert kstest(realised, beta(36, 4).cdf).pvalue > 0.001


def test_classes_are_each_covered_and_small_ones_share():
    new, truth = draw(6000, 4, "new", noise=2.0)
    p, y = draw(600, 4, "old", noise=2.0)
    c = conformal(p, y, alpha="0.1", groups="class")
    inside = c.sets(new).sets[np.arange(len(truth)), truth]
    for k in range(4):
        low, high = beta.ppf([1e-4, 1 - 1e-4], *c.coverage_law[k])
        n = (truth == k).sum()
        covered = inside[truth == k].sum()
        assert binom.ppf(1e-4, n, low) <= covered <= binom.ppf(1 - 1e-4, n, high)
    few = np.concatenate([np.flatnonzero(y < 2), *(np.flatnonzero(y == k)[:6] for k in (2, 3))])
    c = conformal(p[few], y[few], alpha="0.1", groups="class")
    assert c.pooled.tolist() == [False, False, True, True]
    assert c.threshold[2] == c.threshold[3] < np.inf
    assert c.counts[2] == c.counts[3] == 12
    assert "groups 2, 3 have fewer than the 9 items" in c.note


def test_groups_of_items_have_their_own_thresholds():
    p, y = draw(300)
    groups = np.array(["a", "b", "c"])[np.arange(300) % 3]
    c = conformal(p, y, alpha=0.1, groups=groups)
    for k, name in enumerate("abc"):
        part = groups == name
        alone = conformal(p[part], y[part], alpha=0.1)
        assert c.threshold[k] == alone.threshold[0]
    new, _ = draw(30, 4, "new")
    which = np.array(["c", "a", "b"])[np.arange(30) % 3]
    together = conformal_sets(c, new, groups=which)
    for name in "abc":
        part = which == name
        limit = c.threshold["abc".index(name)]
        np.testing.assert_array_equal(together.sets[part], 1 - new[part] <= limit)


def test_too_few_items_give_full_sets_and_say_so():
    p, y = draw(8)
    c = conformal(p, y, alpha=0.1)
    assert c.threshold.tolist() == [np.inf]
    assert np.isnan(c.coverage_law).all()
    assert "fewer than 9 items" in c.note
    assert c.sets(p).sizes.tolist() == [4] * 8
    assert conformal(*draw(9), alpha=0.1, units=np.arange(9)).note == ""


def test_units_weigh_as_one_item_each():
    scores, units = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9]), np.array([0, 0, 0, 1, 2, 2])
    # Three units, wanted (3 + 1)(1 - alpha) of their weights 1/3 1/3 1/3 | 1 | 1/2 1/2.
    for alpha, expected in (
        ("0.6", 0.4),
        ("0.5", 0.4),
        ("0.45", 0.5),
        ("0.3", 0.9),
        ("0.2", np.inf),
    ):
        assert unit_threshold(scores, units, Fraction(alpha)) == expected
    p, y = draw(50)
    c = conformal(p, y, alpha=0.1, units=np.arange(50) // 2)
    assert np.isnan(c.coverage_law).all()
    assert c.counts.tolist() == [25]
    own = conformal(p, y, alpha=0.1, units=np.arange(50))
    assert own.threshold == conformal(p, y, alpha=0.1).threshold


def test_units_keep_coverage_of_new_units_where_items_alone_do_not():
    rng, covered = generator(0, "units"), {"units": [], "items": []}
    for _ in range(400):
        # 12 units of which a few are large, and alike within: scores of the unit plus little.
        sizes = rng.choice([1, 1, 1, 40], 13)
        centre = np.where(sizes > 1, rng.uniform(0.1, 0.3, 13), rng.uniform(0.3, 0.9, 13))
        miss = [
            np.clip(c + 0.02 * rng.standard_normal(s), 0.01, 0.99)
            for c, s in zip(centre, sizes, strict=True)
        ]
        scores, units = np.concatenate(miss[:12]), np.repeat(np.arange(12), sizes[:12])
        p = np.stack([1 - scores, scores], axis=1)
        new = rng.choice(miss[12])
        for name, options in (("units", {"units": units}), ("items", {})):
            c = conformal(p, np.zeros(len(p)), alpha=0.2, **options)
            covered[name].append(new <= c.threshold[0])
    assert binom.cdf(sum(covered["units"]), 400, 0.8) > 0.001  # not below 80 %
    assert binom.cdf(sum(covered["items"]), 400, 0.8) < 0.001


def out_of_bag(R, n, m, name):
    """Return votes of nearest-centroid members on bootstrap samples, and what they were."""
    rng = generator(1, "bag", name)
    y, new_y = rng.integers(0, 3, n), rng.integers(0, 3, m)
    x, new = (rng.standard_normal((len(v), 2)) + 1.2 * np.eye(3, 2)[v] for v in (y, new_y))
    seen, votes, fresh = np.zeros((R, n), bool), [], []
    for r in range(R):
        chosen = rng.integers(0, n, n)
        seen[r, chosen] = True
        centres = np.stack([x[chosen][y[chosen] == k].mean(axis=0) for k in range(3)])
        for points, kept in ((x, votes), (new, fresh)):
            d = ((points[:, None] - centres) ** 2).sum(axis=2)
            p = np.exp(-d)
            kept.append(p / p.sum(axis=1, keepdims=True))
    return np.array(votes), y, seen, np.array(fresh), new_y


def test_out_of_bag_sets_by_brute_force_and_their_coverage():
    hits, total = 0, 0
    for name in range(12):
        votes, y, seen, fresh, truth = out_of_bag(25, 60, 100, name)
        c = conformal(votes, y, alpha="0.1", in_sample=seen)
        assert np.isnan(c.threshold).all()
        assert "1 - 2 alpha" in c.note
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sets = c.sets(fresh).sets
        hits, total = hits + sets[np.arange(100), truth].sum(), total + 100
        if name == 0:
            for k, item in np.ndindex(3, 7):
                count = 0
                for i in range(60):
                    mine = ~seen[:, i]
                    own = 1 - votes[mine, i, y[i]].mean()
                    count += own >= 1 - fresh[mine, item, k].mean()
                assert sets[item, k] == (count > Fraction(1, 10) * 61 - 1)
    assert hits / total > 0.85
    assert hits / total < 0.97


def test_visibly_other_items_raise_a_warning():
    p, y = draw(300)
    c = conformal(p, y, alpha=0.1, units=np.arange(300))
    assert c.sets(draw(300, 4, "like")[0]).note == ""
    with pytest.warns(UserWarning, match="not like those of the calibration"):
        got = c.sets(draw(300, 4, "unlike", noise=3.0)[0])
    assert got.exchangeability_p_value < 1e-3
    assert "no coverage holds" in got.note


def test_members_are_pooled_by_their_mean():
    a, y = draw(40)
    b, _ = draw(40, 4, "b")
    both = conformal(np.stack([a, b]), y, alpha=0.2)
    assert both.threshold == conformal((a + b) / 2, y, alpha=0.2).threshold


P, Y = draw(30)
REFUSED = [
    ({"alpha": 0}, "alpha: wanted a number above 0 and below 1"),
    ({"alpha": "one"}, "alpha: wanted"),
    ({"alpha": [0.1, 0.2]}, "alpha: wanted"),
    ({"votes": P + 1}, "votes: wanted probabilities"),
    ({"labels": Y + 9}, "labels: wanted column numbers from 0 to 3"),
    ({"labels": np.zeros(30), "groups": "class"}, "labels: wanted an item of every class"),
    ({"score": "aps"}, "seed: wanted"),
    ({"score": "thr"}, "score: wanted"),
    ({"penalty": 3}, "penalty: wanted two numbers"),
    ({"in_sample": np.ones((2, 30))}, r"in_sample: wanted \(R, n\)"),
    ({"votes": np.stack([P, P]), "in_sample": np.ones((2, 30))}, "in_sample: wanted a member that"),
    ({"groups": np.arange(4)}, "groups: wanted"),
]


@pytest.mark.parametrize(("wrong", "text"), REFUSED)
def test_refusals_say_what_is_wanted(wrong, text):
    options = {"votes": P, "labels": Y, "alpha": 0.1} | wrong
    with pytest.raises(toolbox.InputError, match=text):
        conformal(options.pop("votes"), options.pop("labels"), **options)


@pytest.mark.parametrize("score", ["lac", "aps", "raps"])
def test_items_asked_one_at_a_time_are_covered(score):
    n, level = 800, 0.9
    p, y = draw(2 * n)
    c = conformal(p[:n], y[:n], alpha=0.1, score=score, seed=0)
    alone = np.concatenate([c.sets(p[i : i + 1], seed=i).sets for i in range(n, 2 * n)])
    # The coverage that n items realise, of a threshold from n others (its law is in `conformal`).
    error = np.sqrt(2 * level * (1 - level) / n)
    assert abs(alone[np.arange(n), y[n:]].mean() - level) < 4 * error
    if score == "lac":  # nothing is drawn
        np.testing.assert_array_equal(alone, c.sets(p[n:]).sets)


def test_new_items_draw_by_their_own_seed():
    p, y = draw(60)
    for options in ({}, {"in_sample": np.eye(2, dtype=bool).repeat(30, axis=1)}):
        votes = np.stack([p, p]) if options else p
        c = conformal(votes, y, alpha=0.2, score="aps", seed=5, **options)
        new = np.tile([0.4, 0.3, 0.2, 0.1], (200, 1))
        new = np.stack([new, new]) if options else new
        with pytest.warns(UserWarning, match="not like those"):
            by_default, same, other = (c.sets(new, seed=seed).sets for seed in (None, 5, 6))
        np.testing.assert_array_equal(by_default, same)
        assert 0.05 < (same != other).mean() < 0.5
    assert "need a seed each" in c.sets(votes[:, :1]).note
    assert "need a seed each" not in c.sets(votes[:, :1], seed=5).note + c.sets(votes).note
    with pytest.raises(toolbox.InputError, match=r"seed: wanted .* got -1"):
        c.sets(votes, seed=-1)


def test_sets_refuse_what_does_not_fit():
    plain, grouped = conformal(P, Y, alpha=0.2), conformal(P, Y, alpha=0.2, groups=Y % 2)
    with pytest.raises(toolbox.InputError, match="groups: wanted None"):
        plain.sets(P, groups=Y)
    with pytest.raises(
        toolbox.InputError, match=r"groups: wanted groups of the calibration, \[0, 1\]"
    ):
        grouped.sets(P, groups=Y + 5)
    with pytest.raises(toolbox.InputError, match="groups: wanted"):
        grouped.sets(P)
    with pytest.raises(toolbox.InputError, match="votes: wanted 4 classes, got 2"):
        conformal(P, np.arange(30) % 4, alpha=0.2, groups="class").sets(
            P[:, :2] / P[:, :2].sum(1, keepdims=True)
        )
