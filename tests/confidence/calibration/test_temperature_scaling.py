"""Temperatures against closed forms, a fine grid and a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from confidence import apply_temperature, nll, temperature
from toolbox import InputError, restore, save
from toolbox.core.streams import generator


def votes_and_labels(members, items, rng, sharpness=2.0):
    """Return votes that are too sure by `sharpness`, and labels drawn from the honest ones."""
    logits = rng.normal(size=(items, 3)) * 1.5
    honest = softmax(logits, axis=1)
    labels = (rng.random(items)[:, None] > honest.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    noise = 0.5 * rng.normal(size=(members, items, 3))
    return softmax(sharpness * logits + noise, axis=2), labels


@pytest.mark.parametrize("right", [55, 75, 99])
def test_the_closed_form_of_equal_votes(right):
    """Votes of .9 that are right in a share s: the temperature turns .9 into s."""
    t = temperature(np.tile([0.9, 0.1], (3, 100, 1)), [0] * right + [1] * (100 - right))
    share = right / 100
    assert t.values[0] == pytest.approx(np.log(9) / np.log(share / (1 - share)), rel=1e-9)
    np.testing.assert_allclose(t.apply([[[0.9, 0.1]]]), [[share, 1 - share]], atol=1e-10)
    assert t.nll_after <= t.nll_before


@pytest.mark.parametrize("how", ["pool-then-temperature", "shared-then-pool", "member-then-pool"])
def test_the_loss_is_the_least_of_a_fine_grid(how):
    votes, y = votes_and_labels(4, 80, generator(0, how))
    t = temperature(votes, y, how=how)
    grid = np.geomspace(0.05, 20, 3000)

    def scaled(p, value):
        return softmax(np.log(p) / value, axis=-1)

    def loss(p):
        return -np.log(p[np.arange(80), y]).mean()

    pooled = votes.mean(axis=0)
    if how == "pool-then-temperature":
        losses = [loss(scaled(pooled, v)) for v in grid]
        expected = scaled(pooled, t.values[0])
    elif how == "shared-then-pool":
        losses = [loss(scaled(votes, v).mean(axis=0)) for v in grid]
        expected = scaled(votes, t.values[0]).mean(axis=0)
    else:
        expected = scaled(votes, t.values[:, None, None]).mean(axis=0)
        for p, value in zip(votes, t.values, strict=True):
            best = grid[np.argmin([loss(scaled(p, v)) for v in grid])]
            assert value == pytest.approx(best, rel=0.003)
    if how != "member-then-pool":
        assert t.values[0] == pytest.approx(grid[np.argmin(losses)], rel=0.003)
        assert t.nll_after <= min(losses) + 1e-12
    np.testing.assert_allclose(t.apply(votes), expected, atol=1e-12)
    assert t.nll_after == pytest.approx(nll(t.apply(votes), y).value, abs=1e-12)
    assert t.nll_before == pytest.approx(nll(pooled, y).value, abs=1e-12)


def test_the_root_is_what_a_general_optimiser_finds():
    votes, y = votes_and_labels(1, 300, generator(0, "root"))
    logits = np.log(votes[0])

    def loss(log_t):
        return -np.log(softmax(logits / np.exp(log_t), axis=1)[range(300), y]).mean()

    found = np.exp(minimize_scalar(loss, bracket=(-1, 1), tol=1e-10).x)
    assert temperature(votes, y).values[0] == pytest.approx(found, rel=1e-5)


def test_the_interval_covers_the_temperature_that_was_planted():
    rng = generator(0, "coverage")
    covered, n = 0, 300
    for _ in range(n):
        logits = rng.normal(size=(120, 3))
        p = softmax(logits, axis=1)
        y = (rng.random(120)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(0, 2)
        low, high = temperature(softmax(1.7 * logits, axis=1)[None], y).interval[0]
        covered += low <= 1.7 <= high
    assert abs(covered / n - 0.95) < 4 * np.sqrt(0.95 * 0.05 / n)


@pytest.mark.parametrize("how", ["pool-then-temperature", "shared-then-pool", "member-then-pool"])
def test_votes_that_are_never_wrong_stop_at_the_bound_and_say_so(how):
    t = temperature(np.tile([0.9, 0.1], (2, 5, 1)), [0] * 5, how=how)
    np.testing.assert_allclose(t.values, 0.01)
    assert "bound" in t.note
    assert np.isfinite(t.apply(np.tile([0.9, 0.1], (2, 5, 1)))).all()


def test_answers_that_are_worse_than_chance_stop_at_the_other_bound():
    t = temperature(np.tile([0.9, 0.1], (2, 5, 1)), [1] * 5)
    np.testing.assert_allclose(t.values, 100)


def test_probabilities_of_zero_stay_zero():
    votes = np.array([[[0.7, 0.3, 0.0], [0.4, 0.6, 0.0], [0.8, 0.2, 0.0]]])
    t = temperature(votes, [0, 0, 1])
    applied = t.apply(votes)
    assert (applied[:, 2] == 0).all()
    two = temperature(votes[..., :2], [0, 0, 1])
    assert t.values[0] == pytest.approx(two.values[0])
    assert np.isfinite(t.interval).all()


def test_it_is_kept_and_has_a_plain_form(tmp_path):
    votes, y = votes_and_labels(3, 40, generator(0, "kept"))
    t = temperature(votes, y)
    save(t, tmp_path / "t.npz")
    back = restore(tmp_path / "t.npz")
    np.testing.assert_array_equal(apply_temperature(back, votes), t.apply(votes))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"how": "cold"}, "how"),
        ({"votes": [[0.5, 0.5]]}, "votes"),
        ({"votes": [[[1.0, 0.0]]], "y": [1]}, "votes"),
        ({"y": [0, 1]}, "labels"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, name):
    call = {"votes": [[[0.5, 0.5]]], "y": [0]} | change
    with pytest.raises(InputError, match=f"^{name}:"):
        temperature(call.pop("votes"), call.pop("y"), **call)


def test_a_temperature_for_each_member_wants_the_same_members():
    votes, y = votes_and_labels(3, 40, generator(0, "members"))
    t = temperature(votes, y, how="member-then-pool")
    with pytest.raises(InputError, match=r"^votes: wanted 3 members"):
        t.apply(votes[:2])


def test_the_interval_of_units_covers_where_that_of_items_is_too_short():
    rng, found = generator(0, "units"), []
    for _ in range(150):
        logits = rng.normal(size=(30, 3))
        p = softmax(logits, axis=1)
        y = (rng.random(30)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(0, 2)
        votes = np.repeat(softmax(1.7 * logits, axis=1), 4, axis=0)[None]
        fits = [temperature(votes, np.repeat(y, 4), units=u) for u in (np.arange(120) // 4, None)]
        found.append([t.interval[0, 0] <= 1.7 <= t.interval[0, 1] for t in fits])
    by_unit, by_item = np.mean(found, axis=0)
    assert by_unit >= 0.93 - 3 * np.sqrt(0.93 * 0.07 / 150)  # .92 to .94 of 250 other draws
    assert by_item < 0.8


@pytest.mark.parametrize("how", ["pool-then-temperature", "shared-then-pool", "member-then-pool"])
def test_items_four_times_say_what_they_say_once(how):
    """The quantile is Fisher's in place of chi-squared, times U / (U - 1); scores are alike."""
    votes, y = votes_and_labels(2, 60, generator(0, "copies"))
    once = temperature(votes, y, how=how)
    units = np.arange(240) // 4
    fourfold = temperature(np.repeat(votes, 4, 1), np.repeat(y, 4), how=how, units=units)
    np.testing.assert_allclose(fourfold.values, once.values, rtol=1e-6)
    widths = [np.log(t.interval[:, 1] / t.interval[:, 0]) for t in (fourfold, once)]
    # Slopes vary as their curvature says, to chance: 60 items tell a variance to a fifth.
    np.testing.assert_allclose(widths[0], widths[1], rtol=0.35)


def test_no_interval_of_units_is_said():
    votes, y = votes_and_labels(2, 60, generator(0, "few"))
    few = temperature(votes, y, units=np.arange(60) // 20)
    assert few.note == "no interval: 3 units, where 5 are needed"
    assert np.isnan(few.interval).all()
    right = temperature(np.tile([0.9, 0.1], (2, 20, 1)), [0] * 20, units=np.arange(20) // 2)
    assert "at a bound" in right.note
    even = [0, 0, 0, 1] * 5  # every unit asks for the same
    same = temperature(np.tile([0.9, 0.1], (1, 20, 1)), even, units=np.arange(20) // 4)
    assert "all units ask for the same temperature" in same.note
