"""Each answer is kept once, undone and redone as events; what is left to ask follows."""

import numpy as np
import pytest

from labelling import answers, ledger, tell
from labelling.answers_ledger.sqlite_store import kept_open
from labelling.expert_page.agreement import agreement
from labelling.expert_page.questions import LABEL, PAIR, YES_NO, Question, in_order, listed
from labelling.expert_page.sessions import Given, Session
from toolbox import InputError

CLASSES = ["brick", "grass"]


def a_session(n=5, book=None, source=None):
    return Session(book or ledger(), source or in_order(n), classes=CLASSES, items=n)


def label(key, item, value="brick", seconds=1.5):
    return Given(key, Question(LABEL, (item,)), "class", value, seconds)


def asked(state):
    return [q.items for q in state.questions]


def test_an_answer_is_on_the_disk_when_it_is_confirmed(tmp_path):
    path = tmp_path / "book.db"
    session = a_session(book=ledger(path))
    state = session.answer("Ada", label("k0", 0))
    kept = ledger(path)
    assert kept.values.tolist() == ['"brick"']
    assert (kept.who[0], kept.cost[0], kept.key[0]) == ("Ada", 1.5, "k0")
    assert asked(state)[0] == (1,)
    assert state.done == 1


def test_an_answer_sent_again_is_kept_once_even_by_a_new_program(tmp_path):
    path = tmp_path / "book.db"
    first = a_session(book=ledger(path)).answer("Ada", label("k0", 0))
    session = a_session(book=ledger(path))
    again = session.answer("Ada", label("k0", 0, seconds=9.0))
    assert asked(again) == asked(first)
    assert len(ledger(path).key) == 1


def test_another_program_may_answer_into_the_same_ledger(tmp_path):
    path = tmp_path / "book.db"
    one, other = a_session(book=ledger(path)), a_session(book=ledger(path))
    one.answer("Ada", label("a0", 0))
    other.answer("Ben", label("b0", 0, "grass"))
    one.answer("Ada", label("a1", 1))
    other.answer("Ada", label("a1", 1))  # sent to both
    book = ledger(path)
    assert book.key.tolist() == ["a0", "b0", "a1"]
    assert (np.diff(book.time) >= 0).all()


def test_while_a_ledger_is_held_open_answers_are_in_its_log_and_seen_by_others(tmp_path):
    path = tmp_path / "book.db"
    book = ledger(path)
    with kept_open(str(path)):
        tell(book, kind="label", items=0, values="brick", who="Ada", time=0)
        assert (tmp_path / "book.db-wal").stat().st_size > 0  # not copied back at each answer
        assert len(ledger(path).key) == 1
    assert not (tmp_path / "book.db-wal").exists()
    assert len(ledger(path).key) == 1
    with kept_open(""):
        pass


def test_a_clock_that_was_ahead_does_not_stop_us(tmp_path):
    book = tell(ledger(), kind="label", items=4, values="brick", who="Ben", time=9e9)
    state = a_session(book=book).answer("Ada", label("k", 0))
    assert state.done == 1


def test_undo_and_redo_are_events_and_bring_the_question_back():
    session = a_session()
    session.answer("Ada", label("k0", 0))
    state = session.answer("Ada", label("k1", 1))
    assert (state.undoes, state.redoes) == ("k1", "")
    state = session.take_back("Ada", "u1", state.undoes)
    assert asked(state)[:2] == [(1,), (2,)]
    assert (state.done, state.undoes, state.redoes) == (1, "k0", "u1")
    state = session.take_back("Ada", "u0", state.undoes)
    assert (asked(state)[:2], state.redoes) == ([(0,), (1,)], "u0")
    state = session.take_back("Ada", "r0", state.redoes)
    assert (asked(state)[0], state.undoes, state.redoes) == ((1,), "k0", "u1")
    state = session.take_back("Ada", "r1", state.redoes)
    assert (asked(state)[0], state.undoes, state.redoes) == ((2,), "k1", "")
    assert session.book.kind.tolist() == ["label", "label", "undo", "undo", "undo", "undo"]
    assert answers(session.book, n=5, classes=CLASSES).labels.tolist() == [0, 0, -1, -1, -1]


def test_a_redo_ends_with_the_next_answer_and_an_undo_sent_again_is_one():
    session = a_session()
    session.answer("Ada", label("k0", 0))
    session.take_back("Ada", "u0", "k0")
    state = session.take_back("Ada", "u0", "k0")
    assert asked(state)[:2] == [(0,), (1,)]
    state = session.answer("Ada", label("k0 again", 0, "grass"))
    assert (state.undoes, state.redoes) == ("k0 again", "")
    assert len(session.book.key) == 3


def test_experts_undo_their_own_answers_only():
    session = a_session()
    session.answer("Ada", label("a", 0))
    assert session.state("Ben").undoes == ""
    with pytest.raises(InputError, match="undoes: wanted the last answer of Ben"):
        session.take_back("Ben", "u", "a")


def test_yes_no_and_pairs_and_what_one_cannot_tell():
    source = listed(
        [Question(YES_NO, (0,), "grass"), Question(PAIR, (3, 1)), Question(LABEL, (2,))]
    )
    session = a_session(source=source)
    session.answer("Ada", Given("a", Question(YES_NO, (0,), "grass"), "no", None, 1.0))
    session.answer("Ada", Given("b", Question(PAIR, (3, 1)), "yes", None, 1.0))
    state = session.answer("Ada", Given("c", Question(LABEL, (2,)), "cannot tell", None, 1.0))
    book = session.book
    assert book.kind.tolist() == ["not", "pair", "cannot_tell"]
    assert state.questions == []
    assert answers(book).pairs.tolist() == [[1, 3, 1]]
    session.take_back("Ada", "u", "c")
    session.take_back("Ada", "v", "b")
    state = session.take_back("Ada", "w", "a")
    assert [q[:3] for q in state.questions] == [
        (YES_NO, (0,), "grass"),
        (PAIR, (3, 1), None),
        (LABEL, (2,), None),
    ]
    state = session.answer("Ada", Given("d", Question(PAIR, (3, 1)), "cannot tell", None, 2.0))
    assert session.book.others[-1] == 1
    assert answers(session.book).cannot_tell.sum() == 0  # about a pair, not about an item
    assert answers(session.book).pairs.shape == (0, 3)


def test_the_probability_of_a_question_is_kept():
    session = a_session(source=listed([Question(LABEL, (2,), None, 0.25)]))
    session.state("Ada")
    session.answer("Ada", label("k", 2))
    assert session.book.propensity.tolist() == [0.25]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (label("k", 5), "items: wanted 1 of 0 to 4"),
        (label("k", -1), "items: wanted 1"),
        (label("k", 0, "moss"), "value: wanted one of the 2 classes, got 'moss'"),
        (label("k", 0, None), "value: wanted"),
        (label("k", 0, ["brick"]), "value: wanted"),
        (label("k", 0, seconds=-1), "seconds: wanted"),
        (label("k", 0, seconds=float("nan")), "seconds: wanted"),
        (label("", 0), "key: wanted"),
        (label(["k"], 0), "key: wanted"),
        (label(5, 0), "key: wanted"),
        (Given("k", Question(PAIR, (0,)), "yes", None, 1.0), "items: wanted 2"),
        (Given("k", Question(PAIR, (0, 0)), "yes", None, 1.0), "others: wanted"),
        (Given("k", Question(PAIR, (0, 1)), "class", "brick", 1.0), "answer: wanted"),
        (Given("k", Question("mood", (0,)), "yes", None, 1.0), "kind: wanted"),
        (Given("k", Question(LABEL, (0,)), "maybe", None, 1.0), "answer: wanted"),
        (Given("k", Question(LABEL, (True,)), "class", "brick", 1.0), "items: wanted"),
    ],
)
def test_answers_that_cannot_be_are_refused_and_leave_nothing(given, said):
    session = a_session()
    with pytest.raises(InputError, match=said):
        session.answer("Ada", given)
    assert len(session.book.key) == 0


def test_a_list_of_keys_is_no_key_though_one_of_them_is_known():
    session = a_session()
    session.answer("Ada", label("k1", 0))
    for key in (["k1"], ["k1", "k2"], [["k1"]]):
        with pytest.raises(InputError, match=r"^key: wanted"):
            session.answer("Ada", label(key, 1))
        with pytest.raises(InputError, match=r"^key: wanted"):
            session.take_back("Ada", key, "k1")
    assert session.book.key.tolist() == ["k1"]


def test_many_answers_meet_each_question_once():
    session = a_session(n=200)
    met = []
    state = session.state("Ada")
    while state.questions:
        (item,) = state.questions[0].items
        met.append(item)
        state = session.answer("Ada", label(f"k{item}", item))
    assert met == list(range(200))


def test_agreement_is_that_of_the_answers_and_counts_pairs():
    book, rng = ledger(), np.random.default_rng(0)
    for who in "ABC":
        said = rng.choice(CLASSES, 30).tolist()
        book = tell(book, kind="label", items=list(range(30)), values=said, who=who, time=0)
    told = answers(book, combine="majority")
    found = agreement(book)
    assert found.share == told.agreement
    assert [found.low, found.high] == told.agreement_interval.tolist()
    assert (found.both, found.experts) == (30, 3)
    for who, same in (("A", True), ("B", True), ("C", False)):
        book = tell(book, kind="pair", items=7, others=3, values=same, who=who, time=1)
    assert agreement(book).both == 31
    assert agreement(book).agree == found.agree
    assert np.isnan(agreement(ledger()).share)
