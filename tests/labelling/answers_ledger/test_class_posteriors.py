"""Posteriors from partial answers, against sums over all classes of all items."""

from itertools import product

import numpy as np
import pytest

from labelling import class_posteriors, ledger, tell
from toolbox import InputError
from toolbox.core.streams import generator

CONFUSION = np.array([[0.8, 0.15, 0.05], [0.1, 0.85, 0.05], [0.2, 0.1, 0.7]])
PRIOR = generator(0, "posteriors").dirichlet(np.ones(3), size=5)
TOLD = (
    ("label", 0, None, 1),
    ("not", 1, None, 0),
    ("not", 1, None, 2),
    ("set", 2, None, [0, 2]),
    ("pair", 1, 2, True),
    ("pair", 2, 3, False),
    ("pair", 4, 3, True),
)


def book_of(told, weights=1.0):
    book = ledger()
    for time, (kind, item, other, value) in enumerate(told):
        about = {"items": item, "others": other, "values": value, "weights": weights}
        book = tell(book, kind=kind, who="A", time=time, **about)
    return book


def likelihood(answer, classes):
    """P(answer | classes of all items), from P(taken for | true)."""
    kind, item, other, value = answer
    taken = CONFUSION[classes[item]]
    if kind == "pair":
        same = sum(taken[k] * CONFUSION[classes[other]][k] for k in range(3))
        return same if value else 1 - same
    inside = sum(taken[k] for k in (value if kind == "set" else [value]))
    return 1 - inside if kind == "not" else inside


def by_enumeration(told):
    found = np.zeros((5, 3))
    for classes in product(range(3), repeat=5):
        p = np.prod([PRIOR[i, c] for i, c in enumerate(classes)])
        p *= np.prod([likelihood(answer, classes) ** weight for answer, weight in told])
        for i, c in enumerate(classes):
            found[i, c] += p
    return found / found.sum(axis=1, keepdims=True)


def test_posteriors_are_sums_over_all_classes_of_all_items():
    found = class_posteriors(book_of(TOLD), prior=PRIOR, classes=[0, 1, 2], error=CONFUSION)
    np.testing.assert_allclose(
        found.probabilities, by_enumeration([(t, 1) for t in TOLD]), rtol=1e-6
    )
    assert found.informed.all()


def test_nothing_told_leaves_the_prior_and_weights_are_powers():
    found = class_posteriors(ledger(), prior=PRIOR, classes=[0, 1, 2])
    np.testing.assert_allclose(found.probabilities, PRIOR, rtol=1e-12)
    assert not found.informed.any()
    half = class_posteriors(book_of(TOLD[:1], 0.5), prior=PRIOR, classes=[0, 1, 2], error=CONFUSION)
    wanted = PRIOR[0] * np.sqrt(CONFUSION[:, 1])
    np.testing.assert_allclose(half.probabilities[0], wanted / wanted.sum(), rtol=1e-9)


def test_answers_about_pairs_count_by_their_weights_of_every_expert():
    told = [("A", 0.5, TOLD[0]), ("A", 3.0, TOLD[4]), ("B", 0.2, TOLD[4]), ("A", 0.7, TOLD[5])]
    told += [("B", 1.0, ("pair", 3, 2, True)), ("C", 2.0, TOLD[6])]
    book = ledger()
    for time, (who, weight, (kind, item, other, value)) in enumerate(told):
        about = {"items": item, "others": other, "values": value, "weights": weight}
        book = tell(book, kind=kind, who=who, time=time, **about)
    found = class_posteriors(book, prior=PRIOR, classes=[0, 1, 2], error=CONFUSION)
    expected = by_enumeration([(answer, weight) for _, weight, answer in told])
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-6)
    sure = tell(ledger(), kind="pair", items=0, others=1, values=True, who="A", weights=1e4, time=0)
    said = class_posteriors(sure, prior=PRIOR, classes=[0, 1, 2]).probabilities
    both = PRIOR[0] * PRIOR[1]
    np.testing.assert_allclose(said[:2], [both / both.sum()] * 2, rtol=1e-6)


def test_who_cannot_tell_in_the_end_takes_a_label_or_a_pair_back():
    book = tell(book_of(TOLD[:1]), kind="cannot_tell", items=0, who="A", time=1)
    book = tell(book, kind="pair", items=1, others=2, values=True, who="A", time=2)
    book = tell(book, kind="cannot_tell", items=2, others=1, who="A", time=3)
    found = class_posteriors(book, prior=PRIOR, classes=[0, 1, 2])
    np.testing.assert_allclose(found.probabilities, PRIOR, rtol=1e-12)
    assert not found.informed.any()
    again = tell(book, kind="label", items=0, values=1, who="A", time=4)
    again = class_posteriors(again, prior=PRIOR, classes=[0, 1, 2], error=CONFUSION)
    alone = class_posteriors(book_of(TOLD[:1]), prior=PRIOR, classes=[0, 1, 2], error=CONFUSION)
    np.testing.assert_array_equal(again.probabilities, alone.probabilities)


def test_the_last_of_contradicting_answers_counts_and_others_stay_finite():
    told = (("label", 0, None, 0), ("label", 0, None, 1), ("not", 0, None, 1))
    found = class_posteriors(book_of(told), prior=PRIOR, classes=[0, 1, 2])
    assert np.isfinite(found.probabilities).all()
    assert found.probabilities[0].sum() == pytest.approx(1)
    once = class_posteriors(book_of(told[:2]), prior=PRIOR, classes=[0, 1, 2])
    assert once.probabilities[0].argmax() == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior": PRIOR[:, :2]}, "prior: wanted"),
        ({"classes": [0, 1]}, "classes: wanted"),
        ({"error": 1.5}, "error: wanted"),
        ({"prior": PRIOR[:2]}, "n: wanted at least"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    given = {"prior": PRIOR, "classes": [0, 1, 2]} | options
    with pytest.raises(InputError, match=f"^{message}"):
        class_posteriors(book_of(TOLD), **given)
