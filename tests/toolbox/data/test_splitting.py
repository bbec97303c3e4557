"""Splits: a partition by families, stratified, and every refusal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolbox import InputError, check_split, split


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    families=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=25),
    three=st.booleans(),
    seed=st.integers(0, 10),
)
def test_a_split_partitions_and_families_never_cross(families, three, seed):
    classes = np.concatenate([[c] * size for c, size in families])
    parents = np.concatenate([[i] * size for i, (_, size) in enumerate(families)])
    shares = (0.5, 0.3, 0.2) if three else (0.6, 0.4)
    numbers = np.bincount([c for c, _ in families])
    if (numbers[numbers > 0] < len(shares)).any():
        with pytest.raises(InputError, match=r"^labels: "):
            split(classes, parents=parents, fractions=shares, seed=seed)
        return
    parts = split(classes, parents=parents, fractions=shares, seed=seed)
    everything = np.concatenate([parts.train, parts.test, parts.validation])
    np.testing.assert_array_equal(np.sort(everything), np.arange(len(classes)))
    check_split(parents, parts)
    sides = [set(parents[p]) for p in (parts.train, parts.test, parts.validation)]
    assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
    for name, share in zip(("train", "test", "validation"), shares, strict=False):
        index = getattr(parts, name)
        assert set(classes[index]) == set(classes)
        for c in set(classes):
            own = len(set(parents[index][classes[index] == c]))
            assert abs(own - share * numbers[c]) <= len(shares)  # rounding, at least one each


def test_shares_are_exact_where_they_can_be():
    labels = ["a"] * 10 + ["b"] * 20
    parts = split(labels, fractions={"test": 0.3, "train": 0.5, "validation": 0.2}, seed=0)
    for index, share in ((parts.train, 0.5), (parts.test, 0.3), (parts.validation, 0.2)):
        chosen = np.array(labels)[index]
        assert (chosen == "a").sum() == 10 * share
        assert (chosen == "b").sum() == 20 * share
        assert (np.diff(index) > 0).all()
        assert not index.flags.writeable


def test_a_small_share_still_gets_one():
    parts = split([0] * 3 + [1] * 50, fractions=(0.98, 0.02), seed=0)
    assert (parts.test < 3).sum() == 1
    assert (parts.train < 3).sum() == 2


def test_the_draw_of_one_class_does_not_depend_on_the_others():
    alone = split(["a"] * 12, fractions=(0.5, 0.5), seed=4)
    beside = split(["a"] * 12 + ["b"] * 7, fractions=(0.5, 0.5), seed=4)
    np.testing.assert_array_equal(alone.train, beside.train[beside.train < 12])


def test_every_item_is_tested_as_often():
    n = 400
    tested = np.zeros(10)
    for seed in range(n):
        tested[split([0] * 10, fractions=(0.7, 0.3), seed=seed).test] += 1
    assert tested.sum() == 3 * n
    assert np.abs(tested / n - 0.3).max() < 4 * np.sqrt(0.3 * 0.7 / n)


def test_children_follow_their_parent():
    labels = ["real"] * 6 + ["real"] * 12
    parents = [f"p{i}" for i in range(6)] + [f"p{i}" for i in range(6)] * 2
    parts = split(labels, parents=parents, fractions=(0.5, 0.5), seed=2)
    assert sorted(set(np.array(parents)[parts.train])) != sorted(set(parents))
    assert len(parts.train) == len(parts.test) == 9


def test_a_family_of_two_classes_counts_as_the_commoner():
    labels = [0, 0, 1] * 4 + [1] * 4
    parents = np.concatenate([np.repeat(range(4), 3), range(4, 8)])
    parts = split(labels, parents=parents, fractions=(0.5, 0.5), seed=0)
    check_split(parents, parts)
    assert len(parts.train) == 8


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("fractions", {"fractions": (0.5, 0.4)}),
        ("fractions", {"fractions": (1.0,)}),
        ("fractions", {"fractions": 1.0}),
        ("fractions", {"fractions": (0.5, 0.5, 0.0)}),
        ("fractions", {"fractions": (1.5, -0.5)}),
        ("fractions", {"fractions": (0.25,) * 4}),
        ("fractions", {"fractions": {"train": 0.5, "exam": 0.5}}),
        ("fractions", {"fractions": {"train": 1.0}}),
        ("fractions", {"fractions": ("a", "b")}),
        ("fractions", {"fractions": None}),
        ("fractions", {"fractions": (0.5, np.nan)}),
        ("parents", {"parents": [1, 2]}),
        ("labels", {"parents": [1] * 8}),
        ("labels", {"labels": [0] * 7 + [1]}),
        ("labels", {"labels": [0.5] * 8}),
        ("labels", {"labels": []}),
        ("seed", {"seed": 1.5}),
    ],
)
def test_refusals(argument, options):
    options = {"labels": [0] * 4 + [1] * 4, "fractions": (0.5, 0.5), "seed": 0} | options
    with pytest.raises(InputError, match=f"^{argument}: "):
        split(options.pop("labels"), **options)


def test_check_split_names_what_is_torn():
    check_split([1, 2, 1, 3], ([0, 2], [1], [3]))
    check_split([1, 2, 1, 3], ([0.0, 2.0], 1.0))
    check_split([1, 2, 1, 3], ([0, 2, 2], []))  # an item repeated on one side is no leak
    with pytest.raises(InputError, match=r"^parents: .*'p' on train \(item 0\).*test \(item 2\)"):
        check_split(["p", "q", "p"], ([1, 0], [2]))
    with pytest.raises(InputError, match=r"^parents: .*on test.*on validation"):
        check_split(["p", "q", "p"], ([], [0], [2]))
    with pytest.raises(InputError, match=r"^parents: .*part 3"):
        check_split([0, 1, 2, 3, 3], ([0], [1], [2], [3], [4]))


@pytest.mark.parametrize(
    "parts",
    [
        ([0, 1], [1]),
        ([0], [4]),
        ([-1], [0]),
        ([0.5], [1]),
        ([True, False, True, False], [1]),
        (["a"], [1]),
        ([0, 1],),
        "train",
        None,
        ([[0, 1], [2, 3]], [1]),
    ],
)
def test_index_sets_refused(parts):
    with pytest.raises(InputError, match=r"^split: "):
        check_split([0, 1, 2, 3], parts)
