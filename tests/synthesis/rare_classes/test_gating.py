"""The gate: its exact guarantee, what it refuses, parents, copies, abstention, nonsense."""

from itertools import combinations
from math import ceil, floor

import numpy as np
import pytest
from scipy.stats import binom

from synthesis import gate, phase_randomised
from synthesis.evaluation.near_copies import expected_nearest
from toolbox import InputError, describe, multifractal_field
from toolbox.core.streams import generator
from toolbox.multiscale.descriptions import Description

F = 30
NAMES = tuple(f"statistic{k}" for k in range(F))
MIXING = 0.7 ** np.abs(np.subtract.outer(np.arange(F), np.arange(F)))


def stream(*names):
    return generator(7, "gate", *names)


def described(values):
    return Description(values=values, names=NAMES, groups=("spectrum",) * F)


def draws(rng, n, shift=0.0):
    """Heavy-tailed correlated statistics."""
    return rng.standard_t(4, (n, F)) @ MIXING + shift


def gated(candidates, rare, majority, **options):
    return gate(
        described(candidates), described(rare), majority=described(majority), dim=2, **options
    )


def plain_p_value(candidate, rare, majority, labels, scale=None):
    """Return the same p-value by loops, straight from the definition."""
    classes = sorted(set(labels))
    parts = [majority[np.array(labels) == c] for c in classes]
    squares = sum(((part - part.mean(axis=0)) ** 2).sum(axis=0) for part in parts)
    scale = np.sqrt(squares / (len(majority) - len(classes))) if scale is None else scale
    members = [*rare, candidate]
    scores = []
    for i, x in enumerate(members):
        others = np.mean([y for j, y in enumerate(members) if j != i], axis=0)
        near = min(np.sum(((x - part.mean(axis=0)) / scale) ** 2) for part in parts)
        scores.append(np.sum(((x - others) / scale) ** 2) - near / 8)
    return np.mean([score >= scores[-1] for score in scores])


def test_p_values_equal_the_definition():
    rng = stream("definition")
    rare, majority, candidates = draws(rng, 11, 1), draws(rng, 20), draws(rng, 6, 0.7)
    labels = np.arange(20) % 3
    parents = np.array([0, 3, 10, 3, 5, 0])
    q = gated(candidates, rare, majority, majority_labels=labels)
    expected = [plain_p_value(c, rare, majority, labels) for c in candidates]
    np.testing.assert_allclose(q.p_values, expected)
    q = gated(candidates, rare, majority, majority_labels=labels, parents=parents)
    expected = [
        plain_p_value(c, np.delete(rare, parent, axis=0), majority, labels)
        for c, parent in zip(candidates, parents, strict=True)
    ]
    np.testing.assert_allclose(q.p_values, expected)


@pytest.mark.parametrize(("n_rare", "alpha"), [(9, 0.1), (12, 0.1), (29, 0.2), (7, 0.125)])
def test_exchangeable_candidates_are_kept_exactly_as_often_as_promised(n_rare, alpha):
    rng = stream("guarantee", n_rare)
    p = []
    for _ in range(600):
        majority = draws(rng, 12)
        q = gated(draws(rng, 1, 1), draws(rng, n_rare, 1), majority, alpha=alpha)
        p.append(q.p_values[0])
    # without ties the p-value is uniform on 1/(n + 1), ..., 1
    kept = 1 - floor(alpha * (n_rare + 1) + 1e-12) / (n_rare + 1)
    assert kept >= 1 - alpha
    count = np.sum(np.array(p) > alpha)
    assert binom.ppf(0.001, 600, kept) <= count <= binom.ppf(0.999, 600, kept)
    assert len(set(np.round(np.array(p) * (n_rare + 1), 9))) == n_rare + 1


def test_children_exchangeable_with_the_other_reals_are_kept_as_often():
    rng = stream("guarantee with parents")
    kept = []
    for _ in range(600):
        rare = draws(rng, 12)
        q = gated(draws(rng, 1), rare, draws(rng, 12), parents=[3])
        kept.append(q.p_values[0] > 0.1)
    assert binom.ppf(0.001, 600, 11 / 12) <= np.sum(kept) <= binom.ppf(0.999, 600, 11 / 12)


@pytest.mark.usefixtures("compiled_in_haste")
def test_phase_randomised_textures_are_refused_and_real_ones_kept():
    law = {"shape": (64, 64), "hurst": 0.6}
    real = multifractal_field(**law, intermittency=0.05, n=186, seed=1).values
    others = multifractal_field(**law, intermittency=0.02, n=70, seed=2).values
    surrogates = phase_randomised(real[126:], dim=2, n=60, seed=0).samples
    everything = describe(np.concatenate([real[:126], surrogates, others]), dim=2)

    def some(rows):
        return Description(
            values=everything.values[rows], names=everything.names, groups=everything.groups
        )

    flat, majority = some(slice(126, 186)), some(slice(186, 256))
    rng = stream("textures")
    kept, slipped, refused, called_off = [], [], [], []
    for _ in range(20):
        order = rng.permutation(126)
        reals = some(order[:12])
        good = gate(some(order[12:42]), reals, majority=majority, dim=2)
        bad = gate(flat, reals, majority=majority, dim=2)
        kept.append(np.mean(good.p_values > 0.1))
        slipped.append(np.mean(bad.p_values > 0.1))
        refused.append(bad.accepted.any())
        called_off.append(good.abstained)
    assert np.mean(kept) >= 0.9 - 3 * np.std(kept) / np.sqrt(20)
    assert np.mean(slipped) <= 0.15 + 3 * np.std(slipped) / np.sqrt(20)
    assert np.mean(refused) <= 0.05  # of bad candidates alone, nothing at all
    assert not any(called_off)


def test_own_parent_gives_no_advantage():
    rng = stream("parent")
    majority, rare = draws(rng, 40), draws(rng, 14)
    odd = rare[0] * 6  # an odd real, and its child beside it
    rare = np.concatenate([odd[None], rare])
    child = odd[None] + 0.01
    assert not gated(child, rare, majority, parents=[0]).accepted[0]
    assert (
        gated(child, rare, majority).p_values[0]
        > gated(child, rare, majority, parents=[0]).p_values[0]
    )


# ------------------------------------------------------------------------- pooled means, and units


def test_means_of_each_kind_weigh_as_much_as_all_statistics():
    rng = stream("pooled")
    names = ("energy[j=1,H]", "energy[j=2,H]", "sparsity[j=1,H]", "sparsity[j=1,V]", "other")
    rare, majority, candidates = (rng.standard_t(4, (n, 5)) for n in (10, 20, 6))
    # by hand: scale 2 has a quarter of the coefficients of scale 1
    kinds = np.array([[0.8, 0.2, 0, 0, 0], [0, 0, 0.5, 0.5, 0], [0, 0, 0, 0, 1]]).T

    def extended(values):
        return np.hstack([values / majority.std(axis=0), values @ scaled])  # ddof does not matter

    scaled = kinds / (majority @ kinds).std(axis=0) * np.sqrt(5 / 3)
    expected = [
        plain_p_value(c, extended(rare), extended(majority), [0] * 20, scale=1)
        for c in extended(candidates)
    ]
    sets = [
        Description(values=v, names=names, groups=("any",) * 5)
        for v in (candidates, rare, majority)
    ]
    np.testing.assert_allclose(gate(*sets[:2], majority=sets[2], dim=2).p_values, expected)


def in_units(rng, units, size):
    """Items that share most of what they are with the other items of their unit."""
    shared = np.repeat(draws(rng, units), size, axis=0)
    return shared + 0.4 * draws(rng, units * size), np.repeat(np.arange(units), size)


def test_units_of_one_item_change_nothing():
    rng = stream("units of one")
    sets = draws(rng, 15), draws(rng, 12), draws(rng, 30)
    parents = np.arange(15) % 12
    one = gated(*sets, parents=parents, units=[f"sheet {k}" for k in range(12)])
    assert one.p_values.tolist() == gated(*sets, parents=parents).p_values.tolist()
    assert one.diversity == gated(*sets, parents=parents).diversity


def test_p_values_by_units_equal_the_definition():
    rng = stream("units by hand")
    rare, majority, candidates = draws(rng, 7), draws(rng, 20), draws(rng, 5)
    units = ["a", "b", "b", "c", "a", "b", "d"]
    choices = [[0, 1, 3, 6], [4, 2, 3, 6], [0, 5, 3, 6]]
    parents = [0, 4, 2, 3, 6]
    found = gated(candidates, rare, majority, parents=parents, units=units)
    for c, parent, p in zip(candidates, parents, found.p_values, strict=True):
        kept = [[i for i in rows if units[i] != units[parent]] for rows in choices]
        plain = [plain_p_value(c, rare[rows], majority, [0] * 20) for rows in kept]
        np.testing.assert_allclose(p, np.mean(plain))


def test_items_of_new_units_are_kept_as_often_as_promised():
    rng = stream("units")
    by_units, by_items = [], []
    for _ in range(400):
        rare, units = in_units(rng, 12, 4)
        candidate, majority = in_units(rng, 1, 1)[0], draws(rng, 30)
        by_units.append(gated(candidate, rare, majority, units=units).p_values[0] > 0.1)
        by_items.append(gated(candidate, rare, majority).p_values[0] > 0.1)
    assert np.sum(by_units) >= binom.ppf(0.001, 400, 0.9)
    assert np.sum(by_items) < np.sum(by_units)


def test_the_parents_whole_unit_is_left_out():
    rng = stream("unit of the parent")
    rare, units = in_units(rng, 12, 3)
    majority, candidate = draws(rng, 30), draws(rng, 1)
    moved = rare.copy()
    moved[units == 2] += 50  # no member of the parent's unit may matter
    found = [gated(candidate, r, majority, parents=[7], units=units) for r in (rare, moved)]
    assert found[0].p_values[0] == found[1].p_values[0]


def test_too_few_units_abstain_however_many_items():
    rng = stream("few units")
    rare, units = in_units(rng, 8, 10)
    good, majority = draws(rng, 20), draws(rng, 30)
    q = gated(good, rare, majority, units=units)
    assert q.abstained
    assert "8 units of rare reals, 1/alpha - 1 = 9 are needed" in q.note
    q = gated(good, rare, majority, units=units, parents=[0] * 20)
    assert "7 units of rare reals besides the parent's" in q.note
    assert not gated(good, rare, majority).abstained


def test_copies_of_any_item_of_a_unit_are_named():
    rng = stream("copies within units")
    rare, units = in_units(rng, 14, 3)
    candidates = np.concatenate([rare[[1, 5, 11]] + 0.01, in_units(rng, 17, 1)[0]])
    q = gated(candidates, rare, draws(rng, 40), units=units)
    assert q.near_copies[:3].tolist() == (q.p_values[:3] > 0.1).tolist()
    assert q.near_copies[3:].sum() <= 1


# ----------------------------------------------------------------------------- copies and diversity


def test_fresh_reals_are_about_as_diverse_as_the_reals():
    rng = stream("fresh")
    for n in (3, 12, 60):
        values = [gated(draws(rng, n), draws(rng, 12), draws(rng, 40)).diversity for _ in range(20)]
        assert 0.8 < np.mean(values) < 1.1


def test_near_copies_of_the_parents_are_caught():
    rng = stream("copies")
    rare, parents = draws(rng, 14), np.arange(28) % 14
    copies = rare[parents] + 0.05 * rng.standard_normal((28, F))
    q = gated(copies, rare, draws(rng, 40), parents=parents)
    assert q.abstained
    assert not q.accepted.any()
    assert q.near_copies[q.p_values > 0.1].all()
    assert q.diversity < 0.2
    assert "near-copies" in q.note


def test_mode_collapse_is_caught():
    rng = stream("collapse")
    mode = draws(rng, 1) * 0.3
    collapsed = mode + 0.05 * rng.standard_normal((30, F))
    q = gated(collapsed, draws(rng, 14), draws(rng, 40))
    assert q.abstained
    assert q.diversity < 0.2
    assert "near-copies" in q.note


def test_a_few_near_copies_are_named_and_the_rest_kept():
    rng = stream("few copies")
    rare = draws(rng, 14)
    candidates = draws(rng, 20)
    candidates[:5] = rare[:5] + 0.01
    q = gated(candidates, rare, draws(rng, 40))
    assert not q.abstained
    assert q.accepted[5:].mean() > 0.7
    passing = q.p_values[:5] > 0.1
    assert q.near_copies[:5].tolist() == passing.tolist()
    assert not q.near_copies[5:].any()
    assert "near-copies" in q.note


def test_expected_nearest_is_the_mean_over_all_choices():
    distance = stream("nearest").random((3, 7))
    for k in range(1, 8):
        expected = [
            np.mean([row[list(chosen)].min() for chosen in combinations(range(7), k)])
            for row in distance
        ]
        np.testing.assert_allclose(expected_nearest(distance, k), expected)


# --------------------------------------------------------------------------------------- abstention


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 0.3])
def test_abstains_below_the_fewest_rare(alpha):
    rng = stream("few", str(alpha))
    fewest = ceil(1 / alpha - 1 - 1e-9)
    majority, candidates = draws(rng, 20), draws(rng, 12)
    for n, parents, abstains in [
        (fewest - 1, None, True),
        (fewest, None, False),
        (fewest, [0] * 12, True),
        (fewest + 1, [0] * 12, False),
    ]:
        q = gated(candidates, draws(rng, n), majority, alpha=alpha, parents=parents)
        assert ("are needed" in q.note) == abstains
        assert q.abstained >= abstains
        assert not (q.abstained and q.accepted.any())
        assert np.isfinite(q.p_values).all()


def test_abstains_and_advises_class_weights_when_nearly_all_are_refused():
    rng = stream("refused")
    candidates = np.concatenate([draws(rng, 2), draws(rng, 18, 9)])
    q = gated(candidates, draws(rng, 12), draws(rng, 40, -3))
    assert q.abstained
    assert not q.accepted.any()
    assert "class weights" in q.note
    assert "of 20 candidates" in q.note


def test_abstains_when_what_passes_does_so_narrowly():
    rng = stream("narrowly")
    reals = draws(rng, 40)
    one_sided = reals.mean(axis=0) + 1.5 * reals.std(axis=0) + 0.3 * draws(rng, 30)
    q = gated(one_sided, reals, draws(rng, 40, -3))
    assert q.abstained
    assert (q.p_values > 0.1).mean() > 0.25
    assert q.expected_contamination > 0.75
    assert "pile up" in q.note


def test_one_rare_real_is_answered_without_numbers_that_are_not_there():
    rng = stream("one")
    for parents in (None, [0, 0]):
        q = gated(draws(rng, 2), draws(rng, 1), draws(rng, 10), parents=parents)
        assert q.abstained
        assert np.isnan(q.diversity)
        assert ((q.p_values > 0) & (q.p_values <= 1)).all()


def test_contamination_is_near_none_for_good_and_large_for_a_mixture():
    rng = stream("contamination")
    good, mixed = [], []
    for _ in range(40):
        rare, majority = draws(rng, 30), draws(rng, 60, -2)
        good.append(gated(draws(rng, 60), rare, majority).expected_contamination)
        # half good, half of which most are refused but some slip through
        some = np.concatenate([draws(rng, 30), draws(rng, 30, 3)])
        q = gated(some, rare, majority)
        mixed.append((q.expected_contamination, q.accepted[30:].sum() / q.accepted.sum()))
    estimate, truth = np.mean(mixed, axis=0)
    assert np.mean(good) < 0.2
    assert truth > 0.1
    assert 0.3 * truth < estimate < 1.5 * truth
    assert np.isnan(gated(draws(rng, 5), draws(rng, 12), draws(rng, 40)).expected_contamination)


# ---------------------------------------------------------------------------------------- nonsense


def test_statistics_constant_in_the_majority_are_left_out():
    rng = stream("constant")
    majority = draws(rng, 20)
    majority[:, 4] = 0.3
    q = gated(draws(rng, 10), draws(rng, 12), majority)
    assert np.isfinite(q.p_values).all()
    assert "1 statistics that never vary" in q.note


def test_bad_arguments_are_refused():
    rng = stream("bad")
    rare, majority, candidates = draws(rng, 12), draws(rng, 20), draws(rng, 3)
    with pytest.raises(InputError, match="parents: wanted indices of rare, 0 to 11"):
        gated(candidates, rare, majority, parents=[0, 1, 12])
    with pytest.raises(InputError, match="parents"):
        gated(candidates, rare, majority, parents=[0, 1])
    with pytest.raises(InputError, match="units"):
        gated(candidates, rare, majority, units=[0] * 11)
    with pytest.raises(InputError, match="majority_labels"):
        gated(candidates, rare, majority, majority_labels=[0] * 19)
    with pytest.raises(InputError, match="majority: wanted at least 21 items for 19 classes"):
        gated(candidates, rare, majority, majority_labels=[0, *range(19)])
    with pytest.raises(InputError, match="majority: wanted statistics that vary"):
        gated(candidates, rare, np.ones((5, F)))
    for alpha in (0, 1, np.nan):
        with pytest.raises(InputError, match="alpha"):
            gated(candidates, rare, majority, alpha=alpha)
    with pytest.raises(InputError, match="candidates: wanted finite"):
        gated(candidates * np.nan, rare, majority)
