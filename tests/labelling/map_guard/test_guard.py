"""The guard: what points score, which maps are accepted, and that worse ones are not."""

from itertools import combinations

import numpy as np
import pytest

from labelling import disagreements, guarded
from labelling.map_guard.disagreement_points import effects, group_shares
from labelling.map_guard.guard import BETS, BETS_OF_A_CLASS, e_values, merged, needed_values, scores
from toolbox import InputError
from toolbox.core.streams import generator

SHAPE = (4, 40, 40)


def maps(right, *, name, classes=4, share=0.3):
    """Return a supervised map, another that differs on a share, and the truth.

    Where they differ the other one is right with the probability given, the first one else.
    """
    rng = generator(0, "maps", name)
    first = rng.integers(0, classes, SHAPE)
    second = np.where(rng.random(SHAPE) < share, (first + rng.integers(1, classes, SHAPE)), first)
    second %= classes
    truth = np.where(rng.random(SHAPE) < right, second, first)
    return first, second, truth


def answered(points, truth):
    return truth[points.items, points.rows, points.columns]


def accepted(first, second, truth, *, n=60, seed=0, **options):
    points = disagreements(first, second, n=n, seed=seed, **options)
    return guarded(first, second, points=points, answers=answered(points, truth))


def test_points_are_where_the_maps_disagree_in_proportion_to_their_effect():
    first, second, _ = maps(0.5, name="drawn", classes=3)
    first[:3], second[:3] = np.minimum(first[:3], 1), np.minimum(second[:3], 1)
    points = disagreements(first, second, n=4000, protect=[], seed=1)
    place = (points.items, points.rows, points.columns)
    assert (first[place] == points.first).all()
    assert (points.first != points.second).all()
    largest = effects(first.ravel(), second.ravel(), points.sizes, 0.5).weight
    largest = np.where(first.ravel() != second.ravel(), largest, 0)
    rare = (first == 2) | (second == 2)
    expected = largest[rare.ravel()].sum() / largest.sum()
    assert abs(rare[place].mean() - expected) < 4 * 0.5 / np.sqrt(4000)


def test_the_effect_of_a_change_is_that_on_the_mean_iou_where_the_guess_holds():
    """Classes of one size whose IoU is one half: a pixel is changed, the IoU computed again."""
    truth = np.repeat(np.arange(3), 600)
    predicted = truth.copy()
    for k in range(3):  # a third of each class goes to the next: |P| = |T|, IoU = 400 / 800
        predicted[600 * k : 600 * k + 200] = (k + 1) % 3

    def total(labels):
        return sum(
            ((labels == k) & (truth == k)).sum() / ((labels == k) | (truth == k)).sum()
            for k in range(3)
        )

    sizes = np.bincount(predicted)
    for place, new in ((0, 0), (0, 2), (500, 1)):  # right; neither before nor after; wrong
        changed = predicted.copy()
        changed[place] = new
        first, second = predicted[[place]], np.array([new])
        effect = effects(first, second, sizes, 0.5)
        kind = "right" if truth[place] == new else "wrong"
        kind = kind if truth[place] in (new, predicted[place]) else "neither"
        wanted = total(changed) - total(predicted)
        in_union = 4 / 3  # pixels of the union for each of the map's
        assert getattr(effect, kind)[0] / in_union == pytest.approx(wanted, abs=3e-6)


def test_e_values_are_the_mean_over_bets_and_have_mean_one_under_the_null():
    x = np.array([1.0, -0.5, 0.0])
    expected = np.mean([(1 + b) * (1 - b / 2) for b in BETS])
    assert e_values(x, BETS) == pytest.approx(expected, rel=1e-12)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 8)).reshape(8, -1).T  # all outcomes of 8 fair coins
    for bets in (BETS, BETS_OF_A_CLASS):
        assert e_values(signs, bets).mean() == pytest.approx(1, rel=1e-12)


def test_a_change_is_accepted_where_all_that_deny_it_fall():
    """Closed testing by hand: every set of tests with it has a weighted mean of 20 or more."""
    rng = generator(0, "closed")
    weight = group_shares([9, 4, 0, 7])
    np.testing.assert_allclose(weight, [1 / 2, 1 / 4, 0, 1 / 4])
    np.testing.assert_allclose(group_shares([9, 4]), [3 / 4, 1 / 4])
    np.testing.assert_allclose(group_shares([9, 1, 1, 1, 1]), [1 / 2, *[1 / 8] * 4])
    np.testing.assert_allclose(group_shares([0, 1, 1]), [0, 1 / 2, 1 / 2])
    there = np.flatnonzero(weight)
    accepted = []
    for _ in range(300):
        values = np.exp(rng.normal(3, 2, 4))
        found = values >= needed_values(values, weight, 0.05)
        for i in there:
            others = [j for j in there if j != i]
            sets = [[i, *more] for k in range(3) for more in combinations(others, k)]
            means = [np.average(values[s], weights=weight[s]) for s in sets]
            assert found[i] == (min(means) >= 20)
        accepted.append(found[there].sum())
    assert set(accepted) == {0, 1, 2, 3}


def test_one_test_alone_needs_the_whole_level_and_the_first_of_several_its_part():
    assert needed_values(np.array([5.0]), group_shares([3]), 0.05) == pytest.approx(20)
    nothing_else = needed_values(np.array([50.0, 0.0]), group_shares([3, 3]), 0.05)
    np.testing.assert_allclose(nothing_else, [20 / 0.75, 20])
    rare_alone = needed_values(np.array([1.0, 30.0]), group_shares([0, 3]), 0.05)
    np.testing.assert_allclose(rare_alone, [20, 20])


def test_answers_score_what_they_say():
    first, second, _ = maps(0.5, name="scored")
    points = disagreements(first, second, n=12, protect=[], seed=0)
    np.testing.assert_allclose(scores(points, points.second, q=1), 1)
    np.testing.assert_allclose(scores(points, points.first, q=1), -1)
    right, wrong = (scores(points, said, q=0) for said in (points.second, points.first))
    np.testing.assert_allclose(right - wrong, 1)  # 1/U_j + 1/U_i, in units of itself
    cannot_tell = scores(points, np.full(12, -1), q=0)
    np.testing.assert_array_equal(cannot_tell, wrong)
    third = (points.first + 1) % 4
    third = np.where(third == points.second, (points.first + 2) % 4, third)
    assert (scores(points, third, q=0) == 0).all()
    assert np.abs(scores(points, third, q=1)).max() < 0.1  # classes of almost one size


def test_a_class_scores_its_own_pixels():
    first, second, _ = maps(0.5, name="own", classes=3)
    points = disagreements(first, second, n=30, protect=[2], seed=0)
    won = points.second == 2
    own = points.group == 2
    for q in (0, 1):
        found = scores(points, np.full(30, 2), q=q, of=2)[own]  # all are truly of the class
        assert (np.sign(found) == np.where(won[own], 1, -1)).all()
        found = scores(points, np.zeros(30, int), q=q, of=2)[own]  # none is
        assert (np.sign(found) == np.where(won[own], -q, q)).all()


def test_to_give_up_a_class_of_poor_precision_is_no_gain():
    """Half of what is said to be the rare class is not; another map that drops it is refused."""
    truth = np.zeros(SHAPE, int)
    truth[:, 20:] = 1
    truth[:, :2, :20] = 2
    first = truth.copy()
    first[:, 2:4, :20] = 2
    second = np.where(first == 2, 0, first)
    found = accepted(first, second, truth, n=200)
    assert (found.protected.tolist(), found.kept) == ([2], 0)


def test_an_oracle_is_accepted_and_a_harmful_map_refused():
    first, second, truth = maps(1.0, name="oracle")
    good = accepted(first, second, truth)
    assert good.accepted
    assert good.refused == ""
    np.testing.assert_array_equal(good.used, second)
    bad = accepted(truth, first, truth)
    assert (bad.accepted, bad.kept) == (False, 0)
    np.testing.assert_array_equal(bad.used, truth)
    assert "refused" in bad.refused


def test_a_worse_map_is_seldom_accepted_and_a_better_one_mostly():
    """200 draws of 60 points: no gain at all, and right where it differs in four of five."""
    none = maps(0.5, name="no gain")
    gain = maps(0.8, name="gain")
    rates = [
        np.mean([accepted(*m, seed=s, protect=[]).accepted for s in range(200)])
        for m in (none, gain)
    ]
    assert rates[0] <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    assert rates[1] >= 0.9


def test_a_rare_class_is_protected_by_a_test_of_its_own():
    first, second, truth = maps(1.0, name="rare", classes=3)
    first[:, :3, :10] = truth[:, :3, :10] = 3
    second[:, :3, :10] = 0  # all else is right, but the rare class is gone
    found = accepted(first, second, truth)
    assert found.protected.tolist() == [3]
    assert found.accepted
    assert not found.class_accepted[0]
    np.testing.assert_array_equal(found.used == 3, first == 3)
    assert "class 3" in found.refused
    kept = second.copy()
    kept[:, :3, :10] = 3
    kept[:, 3:5, :10] = truth[:, 3:5, :10] = 3  # now it is found where it was missed
    better = accepted(first, kept, truth)
    assert better.class_accepted.all()
    np.testing.assert_array_equal(better.used, kept)


def test_a_change_between_protected_classes_needs_both():
    a = np.array([[[0, 0, 1, 2]]])
    b = np.array([[[1, 2, 2, 0]]])
    used, kept = merged(a, b, np.array([1, 2]), np.array([True, False]), common=False)
    assert (used.tolist(), kept) == ([[[1, 0, 1, 2]]], 1)


def test_the_picture_shows_the_e_values():
    found = accepted(*maps(0.8, name="gain"), protect=[])
    bar = found.plot().axes[0].patches[0]
    assert bar.get_height() == pytest.approx(np.log10(found.e_value))


def test_what_does_not_belong_together_is_refused():
    first, second, truth = maps(0.5, name="refused")
    points = disagreements(first, second, n=10, seed=0)
    said = answered(points, truth)
    for wrong, text in (
        ((first, truth, points, said), "other: wanted the map that the points"),
        ((first[:2], second[:2], points, said), "supervised: wanted the map of the points"),
        ((first, second, points, np.append(said, 0)), "answers: wanted at most 10"),
        ((first, second, points, said - 9), "answers: wanted classes"),
        ((first, second, said, said), "points: wanted Points"),
    ):
        with pytest.raises(InputError, match=text):
            guarded(wrong[0], wrong[1], points=wrong[2], answers=wrong[3])
    with pytest.raises(InputError, match="other: wanted a map that differs"):
        disagreements(first, first, n=10, seed=0)
    with pytest.raises(InputError, match="other: wanted a map of shape"):
        disagreements(first, first[:2], n=10, seed=0)
    with pytest.raises(InputError, match="protect: wanted classes"):
        disagreements(first, second, n=10, protect=[7], seed=0)
    with pytest.raises(InputError, match="protect: wanted classes of either map, got 1, which"):
        disagreements(2 * first, 2 * second, n=10, protect=[1], seed=0)
