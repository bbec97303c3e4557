"""Campaigns stop rightly, refuse to stop blindly, and go on from their ledger."""

import numpy as np
import pytest

from labelling import (
    ask_expert,
    campaign,
    campaign_next,
    ledger,
    simulated_expert,
    tell,
)
from labelling.answers_ledger.partial_answers import confusion_table
from labelling.experts.answer_model import doubted
from labelling.experts.known_answers import known
from toolbox import InputError
from toolbox.core.streams import generator

RNG = generator(0, "campaigns")
Y = np.repeat([0, 1, 2], [140, 140, 12])
X = np.array([[0, 0], [4, 0], [2, 6.0]])[Y] + RNG.standard_normal((292, 2))
OPTIONS = {"tolerance": 0.06, "budget": 1e9, "seed": 0}


def test_a_campaign_stops_with_a_certificate_that_is_true():
    done = campaign(X, simulated_expert(Y, price=2, seed=0), **OPTIONS)
    assert done.certified
    assert (done.labels != Y).mean() <= 0.06
    assert done.asked < 292
    assert done.cost == 2 * done.asked


def test_a_campaign_that_chooses_at_random_stops_too():
    """Its model never is sure enough for an early audit; the last one before 40 % begins anyway."""
    rng = generator(4, "random campaign")
    y = rng.integers(3, size=500)
    x = np.array([[0, 0], [2.6, 0], [0, 2.6]])[y] + 0.9 * rng.standard_normal((500, 2))
    done = campaign(x, simulated_expert(y, seed=0), **OPTIONS | {"tolerance": 0.1}, by="random")
    assert done.certified
    assert (done.labels != y).mean() <= 0.1


def test_an_expert_worse_than_the_tolerance_is_never_certified():
    done = campaign(X, simulated_expert(Y, confusion=0.3, seed=0), **OPTIONS, batch=40)
    assert not done.certified
    assert "nothing is left" in done.note


@pytest.mark.parametrize(("price", "batches"), [(0.1, 3), (0.01, 7), (0.3, 1), (1 / 3, 3)])
def test_a_budget_that_is_a_whole_number_of_batches_is_spent_to_the_end(price, batches):
    budget = float(f"{10 * batches * price:.15g}")
    done = campaign(X, simulated_expert(Y, price=price, seed=0), **OPTIONS | {"budget": budget})
    assert done.asked == 10 * batches
    less = OPTIONS | {"budget": budget * (1 - 1e-6)}
    assert campaign(X, simulated_expert(Y, price=price, seed=0), **less).asked == 10 * batches - 10


def test_items_of_which_nothing_is_known_are_not_passed_off_as_labelled():
    expert = simulated_expert(Y, price=1, seed=0)
    nothing = campaign(X, expert, **OPTIONS | {"budget": 3})
    assert nothing.asked == 0
    assert "the budget is spent" in nothing.note
    assert "nothing is known of 292 items" in nothing.note
    assert "nothing is known" not in campaign(X, expert, **OPTIONS | {"budget": 50}).note


def test_a_campaign_cut_anywhere_ends_as_if_it_had_not_been(tmp_path):
    expert = simulated_expert(Y, seed=0)
    whole = campaign(X, expert, **OPTIONS)
    for budget in (35, 95):
        book = ledger(tmp_path / f"{budget}.db")
        cut = campaign(X, expert, **OPTIONS | {"budget": budget}, ledger=book)
        assert cut.note == "the budget is spent"
        rest = campaign(X, expert, **OPTIONS, ledger=ledger(tmp_path / f"{budget}.db"))
        assert rest.ledger.chain == whole.ledger.chain
        np.testing.assert_array_equal(rest.labels, whole.labels)


def test_half_a_batch_told_is_taken_up():
    """A kill between two answers of an audit: the next step asks for the one that is missing."""
    options = {"classes": [0, 1, 2], "tolerance": 0.06, "seed": 0}
    book = ledger()
    while (step := campaign_next(X, book, **options)).phase == "learn":
        book = tell(book, kind="label", items=step.items, values=Y[step.items], who="A", time=0)
    assert step.phase == "audit"
    book = tell(book, kind="plan", values=step.plan, who="A", time=0)
    for item in (step.items[0], step.items[2]):
        book = tell(book, kind="label", items=item, values=Y[item], who="A", time=0)
    again = campaign_next(X, book, **options)
    assert again.items[0] == step.items[1]
    with pytest.raises(InputError, match=r"^ledger: wanted a plan that this campaign told"):
        campaign_next(X, book, **options | {"seed": 1})


THREE = {"label": 3, "yes/no": 1, "pair": 0.5}


def test_an_expert_answers_all_questions_by_one_impression():
    expert = simulated_expert(np.arange(40) % 4, confusion=0.4, price=THREE, seed=0)
    said = ask_expert(expert, np.arange(40), time=0).values
    kinds = np.repeat(["yes/no", "pair"], 20)
    others = np.roll(np.arange(40), 1)
    options = {"question": kinds, "proposed": np.arange(40) % 3, "others": others}
    found = ask_expert(expert, np.arange(40), time=0, **options)
    yes = said[:20] == np.arange(20) % 3
    assert (found.kind[:20] == np.where(yes, "label", "not")).all()
    assert (found.values[:20] == np.arange(20) % 3).all()
    assert (found.same[20:] == (said == said[others])[20:]).all()
    assert found.cost.tolist() == [1.0] * 20 + [0.5] * 20


def test_a_campaign_of_three_prices_costs_less_and_audits_by_yes_or_no():
    prices = {"label": 3, "yes/no": 1, "pair": 1}
    labels = campaign(X, simulated_expert(Y, price=3, seed=0), **OPTIONS)
    mixed = campaign(X, simulated_expert(Y, price=prices, seed=0), **OPTIONS)
    assert labels.certified
    assert mixed.certified
    assert (mixed.labels != Y).mean() <= 0.06
    assert mixed.cost < 0.7 * labels.cost
    book = mixed.ledger
    plan = np.flatnonzero(book.kind == "plan")[-1]
    assert set(book.cost[plan + 1 :]) == {1.0}  # 1 is the price of a yes or no


def test_few_labels_leave_doubt_and_a_chance_to_classes_that_have_none():
    """Three labels of four classes, one class with one alone: doubt 4 / 7, and new 2 / 5."""
    sure = np.array([[1.0, 0, 0, 0], [0, 0, 1.0, 0]])
    found = doubted(sure, np.array([0, 0, 1, -1, -1]))
    shown = 0.6 * np.array([[4, 1, 1, 1], [1, 1, 4, 1]]) / 7
    assert np.allclose(found, shown + np.array([0, 0, 0.2, 0.2]))
    both = doubted(sure[:1, :2], np.array([0, 0, 1, -1]))  # no class is without
    assert np.allclose(both, [[0.6 + 0.2, 0.2]])


def test_an_item_that_is_none_of_the_classes_with_a_label_is_taken_for_another():
    """Of three labels each of two classes of five, an item is of another with 1 / 8 beforehand.

    Two noes of an expert who errs in .1 are ten times likelier of those: 1 / 8 against at most
    7 / 8 / 10, more than half. A regression gives classes it was never shown no chance, which no
    answer could raise: a campaign asked for yes or no for ever.
    """
    told = np.concatenate([np.flatnonzero(Y == k)[:3] for k in (0, 1)])
    item = int(np.flatnonzero(Y == 2)[0])
    book = tell(ledger(), kind="label", items=told, values=Y[told], who="A", time=0)
    book = tell(book, kind="not", items=[item, item], values=[0, 1], who="A", time=1)
    found = known(X, book, len(book.key), np.arange(5), confusion_table(0.1, 5, "error"))
    assert found.votes[item, 2:].sum() > 0.5


def test_no_question_is_asked_twice_and_the_campaign_ends():
    expert = simulated_expert(Y[100:180], confusion=0.4, price=THREE, seed=0)
    done = campaign(X[100:180], expert, tolerance=0.1, budget=1e9, error=0.4, seed=0)
    book = done.ledger
    asked = list(zip(book.kind, book.items, book.others, book.values, strict=True))
    assert len(set(asked)) == len(asked)
    assert "nothing is left" in done.note or done.certified


def test_answers_follow_the_confusions_price_delay_and_drift():
    truth = np.arange(3000) % 2
    confusion = [[0.9, 0.1], [0.3, 0.7]]
    expert = simulated_expert(truth, confusion=confusion, delay=3, abstain=0.25, drift=0.1, seed=0)
    early, late = (ask_expert(expert, np.arange(3000), time=t) for t in (0, 10))
    se = 4 * 0.5 / np.sqrt(1100)
    for column, right in ((0, 0.9), (1, 0.7)):
        mine = early.told & (truth == column)
        assert abs((early.values[mine] == column).mean() - right) < se
        assert abs((late.values[mine] == column).mean() - 0.5) < se  # all is guessed by then
    assert abs(early.told.mean() - 0.75) < 4 * 0.5 / np.sqrt(3000)
    assert abs(early.time.mean() - 3) < 4 * 3 / np.sqrt(3000)
    assert (late.time >= 10).all()


def test_what_makes_no_expert_is_refused():
    for given, name in (
        ({"labels": [1, 1]}, "labels"),
        ({"confusion": [[0.5, 0.4], [0, 1]]}, "confusion"),
        ({"price": -1}, "price"),
        ({"abstain": 1}, "abstain"),
    ):
        with pytest.raises(InputError, match=f"^{name}:"):
            simulated_expert(**{"labels": [0, 1], "seed": 0} | given)
    with pytest.raises(InputError, match=r"^items: wanted items 0 to 1"):
        ask_expert(simulated_expert([0, 1], seed=0), [2], time=0)


def test_one_class_and_a_batch_of_more_than_there_are_are_refused():
    options = {"tolerance": 0.1, "seed": 0}
    with pytest.raises(InputError, match=r"^classes: wanted at least two classes"):
        campaign_next(X, ledger(), classes=[0], **options)
    with pytest.raises(InputError, match=r"^batch: wanted at most the 292 items"):
        campaign_next(X, ledger(), classes=[0, 1], batch=293, **options)
