"""Labels that members agree on: weights by counting, and what a readout makes of them."""

import numpy as np
import pytest

from confidence import assess
from labelling import acquire, analytic, learn, predict, propose, pseudo_labels
from toolbox import InputError
from toolbox.core.streams import generator


def some_votes(members=5, n=60, classes=4):
    return generator(0, "pseudo-labels").dirichlet(np.ones(classes), size=(members, n))


def test_the_weight_is_the_share_of_the_other_members_that_say_the_same():
    votes = some_votes(members=4)
    found = pseudo_labels(votes, classes=["a", "b", "c", "d"])
    row = 0
    for i in range(votes.shape[1]):
        said = [int(member.argmax()) for member in votes[:, i]]
        most = max(said.count(c) for c in range(4))
        equal = [c for c in range(4) if said.count(c) == most]
        label = max(equal, key=lambda c: votes[:, i, c].mean())
        first = said.index(label)
        others = [c == label for j, c in enumerate(said) if j != first]
        weight = sum(others) / len(others)
        np.testing.assert_allclose(found.shares[i], weight * (np.arange(4) == label))
        if weight:
            assert (found.items[row], found.labels[row]) == (i, "abcd"[label])
            assert found.weights[row] == pytest.approx(weight)
            row += 1
    assert row == len(found.items) < votes.shape[1]


def test_two_members_count_where_they_agree_and_all_that_agree_count_one():
    votes = some_votes(members=2)
    agree = votes[0].argmax(axis=1) == votes[1].argmax(axis=1)
    found = pseudo_labels(votes)
    np.testing.assert_array_equal(found.items, np.flatnonzero(agree))
    assert set(found.weights) == {1.0}
    whole = pseudo_labels(np.repeat(votes[:1], 3, axis=0))
    np.testing.assert_array_equal(whole.labels, votes[0].argmax(axis=1))
    assert set(whole.weights) == {1.0}


def test_the_more_members_agree_the_more_often_they_are_right():
    """Normal classes of known truth, each member a readout of its own few labels."""
    rng = generator(2, "members")
    centres = 1.2 * rng.standard_normal((4, 3))
    y = rng.integers(4, size=3000)
    x = centres[y] + rng.standard_normal((3000, 3))
    votes = []
    for member in range(6):
        own = slice(40 * member, 40 * (member + 1))
        votes.append(predict(learn(analytic(x), x[own], y[own]), x[240:], classes=range(4)).votes)
    found = pseudo_labels(np.concatenate(votes))
    right = found.labels == y[240:][found.items]
    parts = [right[found.weights < 0.5], right[found.weights > 0.5], right[found.weights == 1]]
    few, most, every = (part.mean() for part in parts)
    errors = [part.std() / np.sqrt(len(part)) for part in parts]
    assert min(map(len, parts)) > 50
    assert most > few + 4 * np.hypot(*errors[:2])
    assert every > most


def test_rows_teach_a_readout_what_the_table_says():
    x = generator(1, "features").standard_normal((60, 3))
    found = pseudo_labels(some_votes())
    state = learn(analytic(x), x[found.items], found.labels, weights=found.weights)
    h = np.column_stack([x, np.ones(60)])
    np.testing.assert_allclose(state.sums, h.T @ found.shares[:, state.classes], atol=1e-12)


def test_what_no_members_said_is_refused():
    votes = some_votes()
    for match, given in (
        ("votes: wanted at least two members", {"votes": votes[:1]}),
        ("votes: wanted at least two members", {"votes": votes[0]}),
        ("votes: wanted probabilities", {"votes": 2 * votes}),
        ("votes: wanted finite", {"votes": votes * np.nan}),
        ("classes: wanted 4 classes", {"votes": votes, "classes": ["a", "b"]}),
        ("classes: wanted each class once", {"votes": votes, "classes": [1, 1, 2, 3]}),
    ):
        with pytest.raises(InputError, match=match):
            pseudo_labels(given.pop("votes"), **given)


def test_near_ties_have_one_winner_wherever_a_class_is_named():
    """Votes in float32, and the same that came by another order of a sum, name the same class."""
    off = 1e-9
    votes = [[[0.4, 0.4, 0.2]], [[0.4 - off, 0.4 + off, 0.2]], [[0.4, 0.4 + off, 0.2 - off]]]
    assert assess(votes).prediction.tolist() == [0]
    assert pseudo_labels(votes).labels.tolist() == [0]
    assert propose(votes, explore=1e-9, seed=0).labels.tolist() == [0]
    options = {"labelled": [-1], "batch": 1, "by": "uncertain", "seed": 0}
    found = acquire(votes, **options, cost={"label": 2, "yes/no": 1})
    assert found.proposed.tolist() == [0]
