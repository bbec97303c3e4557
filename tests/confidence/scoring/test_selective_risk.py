"""Risk-coverage by exact tables with ties, by all orders, and at its bounds."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolbox
from confidence import risk_coverage
from confidence.scoring.selective_risk import moves_of_aurc


def probabilities(tops, right):
    """Return two-class votes of these largest probabilities; class 0 is predicted."""
    tops = np.asarray(tops, float)
    return np.stack([tops, 1 - tops], axis=1), np.where(right, 0, 1)


def test_a_table_worked_by_hand_with_ties_and_confidences_of_one():
    p, y = probabilities([1, 1, 0.9, 0.7, 0.7, 0.7], [1, 0, 1, 0, 1, 1])
    got = risk_coverage(p, y)
    half, third = Fraction(1, 2), Fraction(1, 3)
    errors = np.cumsum([half, half, 0, third, third, third])
    risk = [e / (j + 1) for j, e in enumerate(errors)]
    np.testing.assert_allclose(got.risk, [float(r) for r in risk], atol=1e-12)
    assert got.aurc == pytest.approx(float(sum(risk) / 6), abs=1e-12)
    assert got.augrc == pytest.approx(float(sum(errors) / 36), abs=1e-12)
    best = Fraction(0) + sum(Fraction(k, 4 + k) for k in (1, 2))
    assert got.excess_aurc == pytest.approx(float((sum(risk) - best) / 6), abs=1e-12)
    assert got.accuracy == pytest.approx(4 / 6)


def test_ties_are_the_mean_over_all_orders():
    tops, right = np.array([0.9, 0.8, 0.8, 0.8, 0.6]), np.array([1, 0, 1, 1, 0])
    curves = []
    for order in permutations(range(5)):
        if (np.diff(tops[list(order)]) <= 0).all():
            curves.append(np.cumsum(1 - right[list(order)]) / np.arange(1, 6))
    got = risk_coverage(*probabilities(tops, right))
    np.testing.assert_allclose(got.risk, np.mean(curves, axis=0), atol=1e-12)


@given(st.lists(st.tuples(st.integers(50, 100), st.booleans()), min_size=1, max_size=30))
def test_laws(pairs):
    tops, right = np.array([a for a, _ in pairs]) / 100, np.array([b for _, b in pairs])
    right = np.where(tops == 0.5, True, right)  # a tie of two classes predicts the first
    got = risk_coverage(*probabilities(tops, right))
    assert got.excess_aurc >= -1e-12
    assert got.risk[-1] == pytest.approx(1 - got.accuracy)
    shuffled = np.random.Generator(np.random.Philox(0)).permutation(len(tops))
    again = risk_coverage(*probabilities(tops[shuffled], right[shuffled]))
    np.testing.assert_allclose(again.risk, got.risk, atol=1e-12)
    stretched = risk_coverage(*probabilities(tops, right), confidence=tops**3 - 5)
    np.testing.assert_allclose(stretched.risk, got.risk, atol=1e-12)


def test_members_are_pooled_and_the_picture_is_drawn():
    p, y = probabilities([0.9, 0.7, 0.6], [1, 0, 1])
    assert risk_coverage(np.stack([p, p]), y).aurc == risk_coverage(p, y).aurc
    (axes,) = risk_coverage(p, y).plot().axes
    coverage, risk = axes.lines[0].get_data()
    np.testing.assert_allclose(coverage, [1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(risk, [0, 1 / 2, 1 / 3])  # the second surest is wrong
    assert axes.get_xlabel() == "coverage"


def test_refusals_say_what_is_wanted():
    p, y = probabilities([0.9, 0.7, 0.6], [1, 0, 1])
    for options, text in (
        ({"confidence": [1, 2]}, "confidence: wanted 3 numbers"),
        ({"confidence": [1, 2, np.nan]}, "confidence: wanted"),
    ):
        with pytest.raises(toolbox.InputError, match=text):
            risk_coverage(p, y, **options)


@pytest.mark.parametrize("tied", [False, True])
def test_what_an_item_moves_is_what_its_weight_does(tied):
    """To first order: the item counts 1 + eps times, AURC of the weighted sample by integral."""
    rng = np.random.Generator(np.random.Philox(5))
    n, eps = 400, 1e-4
    sureness = rng.random(n) if not tied else rng.integers(1, 40, n) / 40
    wrong = (rng.random(n) < 0.3).astype(float)

    def area(weights):
        """Return E[e (-log S)], the mean over ties, S the share at least as sure."""
        levels = np.unique(-sureness)
        before, total = 0.0, 0.0
        for s in levels:
            here = -sureness == s
            mass, errors = weights[here].sum(), (weights * wrong)[here].sum()
            after = before + mass
            inner = (before * np.log(before) if before > 0 else 0) - after * np.log(after) + mass
            total += errors / mass * inner
            before = after
        return total

    weights = np.full(n, 1 / n)
    moves = moves_of_aurc(wrong, sureness)
    for i in range(0, n, 40):
        other = (weights + eps * (np.arange(n) == i)) / (1 + eps)
        slope = (area(other) - area(weights)) / eps
        assert moves[i] == pytest.approx(slope, abs=0.05)  # sums stand for integrals: 1 / n each
    assert moves.sum() == pytest.approx(0, abs=1e-9)


def test_the_interval_goes_by_unit_and_says_why_there_is_none():
    rng = np.random.Generator(np.random.Philox(6))
    tops, right = rng.uniform(0.5, 1, 40), rng.random(40) < 0.7
    p, y = probabilities(tops, right)
    twice = risk_coverage(np.repeat(p, 2, 0), np.repeat(y, 2), units=np.arange(80) // 2)
    once = risk_coverage(p, y, units=np.arange(40))
    # Every item twice is no more evidence; as items the interval would be 1.4 times as short.
    ratio = np.diff(np.log(twice.aurc_interval)) / np.diff(np.log(once.aurc_interval))
    assert ratio == pytest.approx(1, abs=0.05)
    assert once.note == ""
    few = risk_coverage(p, y, units=np.arange(40) // 10)
    assert few.note == "no interval: 4 units, where 5 are needed"
    never = risk_coverage(*probabilities(tops, np.ones(40)))
    assert "all units have the same value" in never.note
    assert np.isnan(never.aurc_interval).all()


@pytest.mark.parametrize(("units", "per"), [(30, 1), (30, 5)])
def test_the_interval_covers(units, per):
    """Of 400 draws like these 92 % and more; by items 82 to 88 % where units have several."""
    rng = np.random.Generator(np.random.Philox([7, per]))

    def draw(count):
        shared, own = rng.normal(size=count), rng.normal(size=count * per)
        sure = np.abs(np.repeat(shared, per) + 0.4 * own)
        odds = sure + np.repeat(rng.normal(size=count), per)
        p = probabilities(
            1 / (1 + np.exp(-sure)), rng.random(count * per) * (1 + np.exp(-odds)) < 1
        )
        return *p, np.repeat(np.arange(count), per)

    truth = np.mean([risk_coverage(*draw(20_000)[:2]).aurc for _ in range(3)])
    low, high = np.array(
        [risk_coverage(*d[:2], units=d[2]).aurc_interval for d in (draw(units) for _ in range(200))]
    ).T
    assert np.mean((low <= truth) & (truth <= high)) >= 0.865  # .92 less 2.9 standard errors
