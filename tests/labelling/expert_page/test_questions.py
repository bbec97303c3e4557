"""Question sources: what is asked follows from the ledger, audits stay unseen, in order."""

import numpy as np
import pytest

from labelling import audit, audit_plan, ledger, tell
from labelling.expert_page.mixed_sources import acquired, audit_answers, shared, with_audit
from labelling.expert_page.questions import LABEL, YES_NO, answered, in_order, random_pairs

CLASSES = ["brick", "grass"]


def told(book, items, who="Ada", value="brick", kind="label"):
    now = float(book.time.max(initial=0))
    return tell(book, kind=kind, items=items, values=value, who=who, time=now + 1)


def items_of(questions):
    return [q.items[0] for q in questions]


def test_in_order_leaves_out_what_this_expert_answered():
    book = told(told(ledger(), 0), 2, who="Ben")
    book = told(book, 3, kind="cannot_tell", value=None)
    assert items_of(in_order(5)(book, "Ada")) == [1, 2, 4]
    assert items_of(in_order(5)(book, "Ben")) == [0, 1, 3, 4]
    book = tell(book, kind="undo", undoes=str(book.key[0]), who="Ada", time=9)
    assert items_of(in_order(5)(book, "Ada")) == [0, 1, 2, 4]


@pytest.mark.parametrize(("n", "number"), [(2, None), (6, None), (40, 30), (5000, 300)])
def test_random_pairs_differ_and_follow_their_seed(n, number):
    pairs = random_pairs(n, number=number, seed=3)
    assert len(set(pairs)) == len(pairs) == (number or n * (n - 1) // 2)
    assert all(0 <= i < j < n for i, j in pairs)
    assert pairs == random_pairs(n, number=number, seed=3)
    assert n == 2 or pairs != random_pairs(n, number=number, seed=4)


def test_random_pairs_are_uniform():
    drawn = [random_pairs(40, number=1, seed=s)[0] for s in range(2000)]
    counts = np.bincount(np.ravel(drawn), minlength=40)
    assert abs(counts - 100).max() < 5 * 10  # binomial, sd 9.7: 40 items, 5 standard deviations


def test_what_acquisition_chooses_is_asked_and_a_no_is_followed_by_a_label():
    votes = np.array([[0.6, 0.4], [0.95, 0.05], [0.9, 0.1], [0.55, 0.45]])
    how = {"votes": votes, "by": "uncertain", "cost": {"label": 3, "yes/no": 1}, "seed": 0}
    source = acquired(4, CLASSES, **how)
    asked = source(ledger(), "Ada")
    assert (asked[0].kind, asked[0].items, asked[0].proposed) == (YES_NO, (3,), "brick")
    book = told(ledger(), 3, kind="not")
    # of two classes, the "not" tells the other one
    assert 3 not in items_of(source(book, "Ada"))
    three = acquired(4, ["a", "b", "c"], votes=np.full((4, 3), 1 / 3), by="uncertain", seed=0)
    asked = three(told(ledger(), 3, kind="not", value="a"), "Ada")
    assert (asked[0].kind, asked[0].items) == (LABEL, (3,))
    assert sorted(items_of(asked)) == [0, 1, 2, 3]


def test_a_judged_pair_leaves_its_items_to_be_labelled():
    book = tell(ledger(), kind="pair", items=0, others=1, values=True, who="Ada", time=0)
    x = np.arange(6.0).reshape(3, 2)
    source = acquired(3, CLASSES, features=x, by="far", seed=0)
    assert sorted(items_of(source(book, "Ada"))) == [0, 1, 2]


def test_audits_are_mixed_in_in_their_order_and_look_like_the_others():
    items, n = np.arange(100, 150), 150
    plan = audit_plan(["brick"] * 50, tolerance=0.2, seed=0)
    source = with_audit(in_order(n), plan, items=items, seed=0)
    book, met = ledger(), []
    while asked := source(book, "Ada"):
        met.append(asked[0].items[0])
        assert asked[0].kind == LABEL
        book = told(book, met[-1])
    assert sorted(met) == list(range(n))
    planned = items[plan.order].tolist()
    early = [i for i in met[:30] if i >= 100]  # which the given order has not reached yet
    assert early == [i for i in planned if i in early]
    assert 3 <= len(early) <= 17  # binomial 30, 1/3
    wrong = audit_answers(plan, book, items=items, predicted=["brick"] * 50, classes=CLASSES)
    assert wrong.shape == (50,)
    assert not wrong.any()


def test_answers_of_an_audit_stop_at_the_first_that_is_open():
    items = np.array([4, 5, 6])
    plan = audit_plan(["brick", "grass", "brick"], tolerance=0.4, seed=1)
    order = items[plan.order].tolist()
    predicted = {4: "brick", 5: "grass", 6: "brick"}
    book = told(ledger(), order[0], value=predicted[order[0]])
    book = told(book, order[2], value="brick")
    given = {"items": items, "predicted": list(predicted.values()), "classes": CLASSES}
    assert audit_answers(plan, book, **given).tolist() == [False]
    book = told(book, order[1], kind="cannot_tell", value=None)
    wrong = audit_answers(plan, book, **given)
    assert wrong.tolist() == [False, True, predicted[order[2]] != "brick"]
    assert audit(plan, wrong).wrong == wrong.sum()


def test_shared_questions_are_those_that_another_answered():
    book = ledger()
    for item in range(20):
        book = told(book, item, who="Ben")
    source = shared(in_order(100), every=4, seed=0)
    met = []
    for _ in range(20):
        met.append(source(book, "Ada")[0].items[0])
        book = told(book, met[-1])
    assert len(set(met)) == 20
    assert len(answered(book, "Ada")) == 20
