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


def test_an_expert_worse_than_the_tolerance_is_never_certified():
    done = campaign(X, simulated_expert(Y, confusion=0.3, seed=0), **OPTIONS, batch=40)
    assert not done.certified
    assert "nothing is left" in done.note


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
