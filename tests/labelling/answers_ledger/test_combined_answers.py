"""Answers combined: by hand, and Dawid and Skene's fit against likelihood and plain loops."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from labelling import answers, ledger, tell
from labelling.answers_ledger.dawid_skene import Votes, dawid_skene
from toolbox import InputError


def told(*rows):
    book = ledger()
    for time, (who, kind, items, values) in enumerate(rows):
        book = tell(book, kind=kind, items=items, values=values, who=who, time=time)
    return book


def test_last_and_majority_by_hand():
    book = told(
        ("A", "label", [0, 1, 2], [7, 8, 7]),
        ("B", "label", [0, 1], [8, 8]),
        ("C", "label", [0], [7]),
        ("A", "label", [1], [7]),
        ("B", "cannot_tell", [2], None),
    )
    last, most = answers(book), answers(book, combine="majority")
    assert last.labels.tolist() == [0, 0, 0]
    assert most.labels.tolist() == [0, -1, 0]
    assert most.note == "1 items are tied and have no label"
    assert most.weights.tolist() == [2, 0, 1]
    assert most.cannot_tell.tolist() == [0, 0, 1]
    assert most.agreement == 0
    assert answers(book, at=0).labels.tolist() == [0, 1, 0]


def test_agreement_has_the_exact_interval():
    book = told(("A", "label", range(10), [0] * 10), ("B", "label", range(10), [0] * 9 + [1]))
    found = answers(book)
    low, high = found.agreement_interval
    assert found.agreement == 0.9
    np.testing.assert_allclose([binom.sf(8, 10, low), binom.cdf(9, 10, high)], 0.025, atol=1e-9)


def test_exclusions_sets_and_pairs():
    book = told(
        ("A", "not", [0, 0], ["x", "y"]),
        ("A", "set", [1, 2], [["x", "y"], ["z"]]),
    )
    book = tell(book, kind="pair", items=[3, 4], others=[2, 0], values=[1, 0], who="A", time=9)
    book = tell(book, kind="pair", items=2, others=3, values=False, who="A", time=10)
    found = answers(book)
    assert found.classes.tolist() == ["x", "y", "z"]
    assert found.labels.tolist() == [2, -1, 2, -1, -1]
    assert found.excluded[1].tolist() == [False, False, True]
    assert found.pairs.tolist() == [[0, 4, 0], [2, 3, 0]]


def test_a_label_outside_the_classes_and_an_item_outside_n_are_refused():
    book = told(("A", "label", [0, 4], ["x", "w"]))
    with pytest.raises(InputError, match=r"^classes: wanted every class that was told, got .*'w'"):
        answers(book, classes=["x", "y"])
    with pytest.raises(InputError, match=r"^n: wanted at least 5"):
        answers(book, n=4)
    with pytest.raises(InputError, match=r"^ledger: wanted classes that are all"):
        answers(told(("A", "label", [0, 1], [1, "x"])))


DIAGONALS = np.array([[0.9, 0.8], [0.7, 0.9], [0.6, 0.7], [0.95, 0.7], [0.8, 0.85]])


def simulated(items=1000, seed=0):
    """Return answers of five experts of known confusions, each about every item."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(items) < 0.3).astype(int)
    right = rng.random((5, items)) < DIAGONALS[:, truth]
    said = np.where(right, truth, 1 - truth)
    grid = np.indices((5, items)).reshape(2, -1)
    return truth, Votes(grid[1], grid[0], said.ravel(), np.ones(5 * items))


def log_likelihood(prevalence, confusions, votes):
    likely = np.tile(prevalence, (1000, 1))
    for i, e, k in zip(votes.items, votes.experts, votes.classes, strict=True):
        likely[i] *= confusions[e, :, k]
    return np.log(likely.sum(axis=1)).sum()


def test_dawid_skene_finds_the_confusions_and_no_neighbour_is_likelier():
    truth, votes = simulated()
    posterior, found = dawid_skene(votes, 1000, 5, 2)
    diagonals = np.diagonal(found, axis1=1, axis2=2)
    assert np.abs(diagonals - DIAGONALS).max() < 0.12  # 4 se of the 300 of the second class
    assert (posterior.argmax(axis=1) == truth).mean() > 0.9
    prevalence = posterior.mean(axis=0)
    best = log_likelihood(prevalence, found, votes)
    for expert, row, step in product(range(5), range(2), (-0.01, 0.01)):
        other = found.copy()
        other[expert, row] += [step, -step]
        assert log_likelihood(prevalence, other, votes) < best


def test_an_expert_who_says_the_opposite_is_turned_round():
    truth = np.arange(60) % 2
    book = ledger()
    for time, (who, said) in enumerate({"A": truth, "B": truth, "C": 1 - truth}.items()):
        book = tell(book, kind="label", items=np.arange(60), values=said, who=who, time=time)
    found = answers(book, combine="dawid-skene")
    assert found.labels.tolist() == truth.tolist()
    np.testing.assert_allclose(found.confusions[2], [[0, 1], [1, 0]], atol=1e-6)


@pytest.mark.parametrize("combine", ["majority", "dawid-skene"])
def test_answers_of_no_weight_give_no_label_and_no_warning(combine):
    book = ledger()
    for who in ("A", "B"):
        book = tell(book, kind="label", items=[0, 1], values=[0, 1], who=who, time=0, weights=0)
    told = answers(book, combine=combine)
    assert told.labels.tolist() == [-1, -1]
    assert told.weights.tolist() == [0, 0]
    assert (told.probabilities == 0).all()


def test_labels_beyond_what_floats_tell_apart_stay_themselves():
    large = [2**53, 2**53 + 1, -(2**63) + 1]
    book = tell(ledger(), kind="label", items=[0, 1, 2], values=large, who="A", time=0)
    told = answers(book)
    assert told.classes[told.labels].tolist() == large
    with pytest.raises(InputError, match=r"^values: wanted labels below 2\*\*63"):
        tell(ledger(), kind="label", items=0, values=2**63, who="A", time=0)


def test_values_of_several_items_have_an_order():
    with pytest.raises(InputError, match=r"^values: wanted values in the order of the items"):
        tell(ledger(), kind="label", items=[0, 1], values={"a", "b"}, who="A", time=0)
    book = tell(ledger(), kind="set", items=0, values={"a", "b"}, who="A", time=0)
    book = tell(book, kind="set", items=[1, 2], values=[{"c"}, frozenset("ab")], who="A", time=0)
    assert answers(book).excluded.tolist() == [[0, 0, 1], [1, 1, 0], [0, 0, 1]]
