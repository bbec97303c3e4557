"""Tests of what is known of pairs beforehand."""

import numpy as np
import pytest

from similarity.pairs import known_pairs as module
from similarity.pairs.known_pairs import FEWEST_COMPARISONS, FEWEST_UNITS, known_pairs, unit_pairs
from toolbox import InputError

UNITS = np.array([3, 0, 3, 1, 3, 1, 2, 4])


def test_all_pairs_within_units_and_no_others():
    found = unit_pairs(UNITS)
    expected = {(i, j) for i in range(8) for j in range(i + 1, 8) if UNITS[i] == UNITS[j]}
    assert set(map(tuple, found.index.tolist())) == expected
    assert len(found.index) == len(expected)
    assert found.units == 2


def test_a_unit_of_k_items_weighs_k_less_one():
    found = unit_pairs(UNITS)
    for unit, size in ((3, 3), (1, 2)):
        inside = UNITS[found.index[:, 0]] == unit
        assert found.weights[inside].sum() == pytest.approx(size - 1)
    assert found.comparisons == pytest.approx(3)


def test_very_many_pairs_are_stood_for_by_some(monkeypatch):
    units = np.repeat([0, 1, 2, 3], [40, 20, 2, 1])
    order = np.random.default_rng(0).permutation(63)
    units = units[order]
    monkeypatch.setattr(module, "MOST", 600)
    found = unit_pairs(units)
    i, j = found.index.T
    assert (units[i] == units[j]).all()
    assert (i != j).all()
    assert len(i) == 600
    assert found.comparisons == pytest.approx(39 + 19 + 1)
    share = np.bincount(units[i], minlength=4) / 600
    # 600 draws: the largest standard error is .02
    assert share[:3] == pytest.approx(np.array([39, 19, 1]) / 59, abs=0.08)
    assert share[3] == 0


def test_items_of_their_own_say_nothing():
    found = known_pairs(None, None, 5)
    assert found.alike.index.shape == (0, 2)
    assert not found.by_units
    assert found.in_two_units(slice(0, 2), slice(1, 4)).tolist() == [[1, 1, 1], [0, 1, 1]]


def test_enough_units_of_several_items_set_a_level():
    for units, size in ((FEWEST_UNITS, 3), (FEWEST_COMPARISONS, 2)):
        assert known_pairs(None, np.repeat(np.arange(units), size), units * size).by_units
    few = FEWEST_UNITS - 1
    assert not known_pairs(None, np.repeat(np.arange(few), 10), 10 * few).by_units
    few = FEWEST_COMPARISONS - 1
    assert not known_pairs(None, np.repeat(np.arange(few), 2), 2 * few).by_units
    judged = [[2 * i, 2 * i + 1, 1] for i in range(5)] + [[0, i, 0] for i in range(2, 7)]
    assert not known_pairs(judged, np.repeat(np.arange(9), 2), 18).by_units


def test_units_may_have_names_and_are_one_an_item():
    found = known_pairs(None, ["b", "a", "b"], 3)
    assert found.codes.tolist() == [1, 0, 1]
    assert found.units.tolist() == ["b", "a", "b"]
    with pytest.raises(InputError, match=r"^units"):
        known_pairs(None, ["b", "a"], 3)


JUDGED = [[0, i, 1] for i in range(1, 6)] + [[6, i, 0] for i in range(7, 12)]


def test_a_pair_counts_once_however_often_it_was_judged():
    once, often = (known_pairs(rows, None, 12) for rows in (JUDGED, JUDGED + [[1, 0, 1]] * 40))
    for a, b in zip(once.judged, often.judged, strict=True):
        np.testing.assert_array_equal(a, b)
    assert once.note == ""
    assert often.note == "40 repeated judgements of a pair are not counted"
    with pytest.raises(InputError, match=r"^pairs: wanted at least 5 same .* got 1 same and 1"):
        known_pairs([[0, 1, 1], [0, 2, 0]] * 5, None, 12)


def test_two_answers_to_a_pair_are_refused():
    with pytest.raises(InputError, match=r"^pairs: .* items 0 and 3 judged both same and diff"):
        known_pairs([*JUDGED, [3, 0, 0]], None, 12)


def test_items_of_one_unit_are_not_different():
    units = np.array([0, 0, 1, 2, 3, 4, 5, 6, 5, 7, 8, 9])
    with pytest.raises(InputError, match=r"^pairs: .* items 6 and 8 of one unit judged different"):
        known_pairs(JUDGED, units, 12)
    assert known_pairs(JUDGED, np.arange(12), 12).note == ""
