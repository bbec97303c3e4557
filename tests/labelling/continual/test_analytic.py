"""Sums of products give the joint regression, in any order, late, corrected and unlearned."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from labelling import (
    analytic,
    answers,
    ask_expert,
    continual_scores,
    forget,
    learn,
    learn_from_rewards,
    learn_stream,
    ledger,
    predict,
    propose,
    simulated_expert,
    stream,
    tell,
)
from labelling.answers_ledger.telling import effective
from labelling.continual import analytic_readout
from labelling.continual.analytic_readout import lifted
from labelling.continual.readout_predictions import on_simplex
from toolbox import InputError
from toolbox.core.streams import generator

RIDGE = 0.7
EXACT = 1e-10  # of logits, the bar


def world(n=300, features=12, classes=5):
    rng = generator(1, "analytic world")
    y = rng.integers(classes, size=n)
    return 3 * rng.standard_normal((classes, features))[y] + rng.standard_normal((n, features)), y


def joint_logits(h, y, w, at):
    """Ridge regression of one-hot labels as one least-squares problem, by an SVD."""
    one_hot = (y[:, None] == np.unique(y)) * 1.0
    held = np.sqrt(RIDGE) * np.eye(h.shape[1])[:-1]
    rows = np.concatenate([np.sqrt(w)[:, None] * h, held])
    wanted = np.concatenate(
        [np.sqrt(w)[:, None] * one_hot, np.zeros((len(held), one_hot.shape[1]))]
    )
    return at @ np.linalg.lstsq(rows, wanted, rcond=None)[0]


def test_features_far_from_zero_are_learned_as_near_ones():
    x, y = world()
    y = np.minimum(y, 2)
    near = predict(learn(analytic(x, ridge=RIDGE), x, y), x).logits
    for offset in (2.0**20, 2.0**30):
        far = np.round(x * 2.0**20) / 2.0**20 + offset  # exact in float64
        one = learn(analytic(far, ridge=RIDGE), far, y)
        other = learn(analytic(far, ridge=RIDGE), far[::-1], y[::-1])
        np.testing.assert_allclose(predict(one, far).logits, near, atol=1e-5)
        np.testing.assert_allclose(predict(other, far).logits, predict(one, far).logits, atol=EXACT)


@pytest.mark.parametrize("lift", [0, 40])
def test_any_order_corrections_and_an_unlearned_class_equal_the_joint_regression(lift):
    x, y = world()
    rng = generator(2, "orders")
    w = rng.uniform(0.5, 2, len(y))
    empty = analytic(x, lift=lift, ridge=RIDGE, seed=0)
    told = np.where(rng.random(len(y)) < 0.05, (y + 1) % 5, y)  # wrong, to be corrected
    found = []
    for _ in range(3):
        state = empty
        for part in np.array_split(rng.permutation(len(y)), 7):
            state = learn(state, x[part], told[part], weights=w[part])
        wrong = np.flatnonzero(told != y)
        state = forget(state, x[wrong], told[wrong], weights=w[wrong])
        state = learn(state, x[wrong], y[wrong], weights=w[wrong])
        gone = y == 3
        state = forget(state, x[gone], y[gone], weights=w[gone])
        assert state.classes.tolist() == [0, 1, 2, 4]
        found.append(predict(state, x).logits)
    h = lifted(empty, x)
    wanted = joint_logits(h[~gone], y[~gone], w[~gone], h)
    assert max(np.abs(f - wanted).max() for f in found) < EXACT
    np.testing.assert_array_equal(state.counts, np.bincount(y)[[0, 1, 2, 4]])


def test_features_are_lifted_as_the_docstring_says():
    x = np.column_stack([world(features=30)[0], np.full(300, 6.7)])
    state = analytic(5 + 3 * x, lift=2000, seed=0)
    np.testing.assert_allclose(state.centre, 5 + 3 * x.mean(axis=0))
    np.testing.assert_allclose(state.scale, [*3 * x.std(axis=0)[:-1], 1])  # 1 for a constant one
    z = (5 + 3 * x[0] - state.centre) / state.scale
    wanted = np.append(np.maximum(0, z @ state.projection + state.offsets), 1)
    np.testing.assert_allclose(lifted(state, 5 + 3 * x)[0], wanted, atol=1e-12)
    for drawn, variance in ((state.projection, 1 / 31), (state.offsets, 0.09)):
        assert abs(drawn.var() / variance - 1) < 4 * np.sqrt(2 / drawn.size)
        assert abs(drawn.mean()) < 4 * np.sqrt(variance / drawn.size)


@pytest.mark.parametrize("lift", [0, 40])
def test_blocks_classes_in_any_order_and_candidates_change_nothing(lift, monkeypatch):
    x, y = world(100)
    empty = analytic(x, lift=lift, ridge=RIDGE, seed=0)
    whole = predict(learn(empty, x, y), x)
    monkeypatch.setattr(analytic_readout, "TOGETHER", 7)
    monkeypatch.setattr(analytic_readout, "LIFTED_TOGETHER", 7 * len(empty.gram))
    state = empty
    for label in (3, 0, 4, 1, 2):
        state = learn(state, x[y == label], y[y == label])
    assert np.abs(predict(state, x).logits - whole.logits).max() < EXACT
    some = predict(state, x, classes=[4, 0])
    np.testing.assert_allclose(some.logits, whole.logits[:, [4, 0]], atol=EXACT)


def test_a_readout_that_forgot_everything_is_empty_again():
    x, y = world(50)
    w = generator(9, "weights").uniform(0.1, 3, 50)
    none = forget(learn(analytic(x), x, y, weights=w), x[::-1], y[::-1], weights=w[::-1])
    assert not none.gram.any()
    assert none.sums.shape == (13, 0)
    again = learn(none, x, y)
    np.testing.assert_array_equal(again.gram, learn(analytic(x), x, y).gram)


def test_items_that_swallowed_the_others_are_not_forgotten_in_silence():
    x, y = world(50)
    state = learn(analytic(x), x, y)
    back = forget(learn(state, 1e3 * x[:2], y[:2]), 1e3 * x[:2], y[:2])
    wanted = predict(state, x).logits
    np.testing.assert_allclose(predict(back, x).logits, wanted, atol=1e-6)
    swallowed = learn(state, 1e9 * x[:2], y[:2])
    refused("features: wanted items beside which", forget, swallowed, 1e9 * x[:2], y[:2])
    own = np.eye(60)[:50]  # each item has a feature of its own, of which nothing is left
    none = forget(learn(analytic(own), own, y), own[7:8], y[7:8])
    assert none.gram[7, 7] == 0


def test_float32_features_lose_nothing_in_the_sums():
    x, y = world()
    x = x.astype(np.float32)
    state = analytic(x, ridge=RIDGE)
    for i in range(0, len(y), 10):
        state = learn(state, x[i : i + 10], y[i : i + 10])
    h = lifted(state, x)
    wanted = joint_logits(h, y, np.ones(len(y)), h)
    assert np.abs(predict(state, x).logits - wanted).max() < EXACT


def test_logits_sum_to_one_and_votes_are_the_nearest_probabilities():
    x, y = world()
    told = predict(learn(analytic(x), x, y), x[:20])
    np.testing.assert_allclose(told.logits.sum(axis=1), 1, atol=1e-10)
    grid = generator(3, "simplex").dirichlet(np.ones(5), size=4000)
    for logits, votes in zip(told.logits, told.votes[0], strict=True):
        assert votes.sum() == pytest.approx(1)
        nearest = ((grid - logits) ** 2).sum(axis=1).min()
        assert ((votes - logits) ** 2).sum() <= nearest + 1e-12
    np.testing.assert_array_equal(on_simplex(np.array([[0.2, 0.3, 0.5]])), [[0.2, 0.3, 0.5]])


def test_a_class_never_learned_is_left_to_the_fallback_to_the_bit():
    x, y = world()
    known = y < 3
    state = learn(analytic(x), x[known], y[known])
    zero_shot = generator(4, "zero-shot").dirichlet(np.ones(5), size=(2, len(y)))
    pair = zero_shot[:, :, :2] / zero_shot[:, :, :2].sum(axis=2, keepdims=True)
    unseen = predict(state, x, classes=[3, 4], fallback=pair)
    np.testing.assert_array_equal(unseen.votes, pair)
    together = predict(state, x, classes=range(5), fallback=zero_shot)
    of_unseen = ~known
    right = together.votes.argmax(axis=2) == y
    alone = zero_shot.argmax(axis=2) == y
    np.testing.assert_array_equal(right[:, of_unseen], alone[:, of_unseen])
    np.testing.assert_array_equal(together.votes[together.fell_back], zero_shot[together.fell_back])
    assert right[:, known].mean() > alone[:, known].mean() + 0.2


def test_transfer_is_that_of_zero_shot_exactly():
    x, y = world()
    zero_shot = generator(5, "votes").dirichlet(np.ones(5), size=len(y))
    tasks = ([0, 1], [2], [3, 4])
    of = [np.isin(y, task) for task in tasks]
    alone = [(zero_shot[mine].argmax(axis=1) == y[mine]).mean() for mine in of]
    state, rows = analytic(x), []
    for mine in of:
        state = learn(state, x[mine], y[mine])
        p = predict(state, x, classes=range(5), fallback=zero_shot).votes[0]
        rows.append([(p[each].argmax(axis=1) == y[each]).mean() for each in of])
    found = continual_scores(rows, zero_shot=alone)
    np.testing.assert_array_equal(found.by_task["transfer"][1:], alone[1:])
    assert found.forward == 0
    assert found.last > 0.9


def some_answers(seed=0):
    """Return a ledger with corrections, undone and restored answers, abstentions, two experts."""
    rng = generator(seed, "some answers")
    book = ledger()
    for time in range(60):
        kind = rng.choice(["label", "cannot_tell", "undo"], p=[0.6, 0.1, 0.3])
        who = str(rng.choice(["A", "B"]))
        if kind == "undo" and len(book.key):
            counting = book.key[effective(book)]
            book = tell(book, kind="undo", undoes=str(rng.choice(counting)), who=who, time=time)
            continue
        items = rng.choice(6, size=2, replace=False)
        kind = "label" if kind == "undo" else kind
        values = rng.integers(3, size=2) if kind == "label" else None
        book = tell(
            book, kind=kind, items=items, values=values, who=who, time=time, weights=[1, 0.5]
        )
    return book


@pytest.mark.parametrize("seed", range(4))
def test_at_any_time_the_stream_has_learned_what_the_ledger_says(seed):
    book = some_answers(seed)
    events = stream(book, classes=[0, 1, 2])
    for time in np.unique(book.time):
        said = answers(book, n=6, classes=[0, 1, 2], at=time)
        held = np.zeros((6, 3))
        until = events.time <= time
        np.add.at(
            held,
            (events.items[until], events.labels[until]),
            events.signs[until] * events.weights[until],
        )
        wanted = np.zeros((6, 3))
        known = np.flatnonzero(said.labels >= 0)
        wanted[known, said.labels[known]] = said.weights[known]
        np.testing.assert_allclose(held, wanted, atol=1e-12)


def test_answers_that_come_late_and_out_of_order_end_in_the_joint_regression():
    x, y = world(120)
    expert = simulated_expert(y, confusion=0.1, delay=5, seed=1)
    late = [ask_expert(expert, [i], time=i) for i in range(len(y))]
    order = np.argsort([reply.time[0] for reply in late])
    assert (order != np.arange(len(y))).any()
    book = ledger()
    for i in order:
        when = late[i].time[0]
        book = tell(book, kind="label", items=i, values=late[i].values, who="E", time=when)
    first = answers(book, n=len(y)).labels
    for i in np.flatnonzero(first != y):
        book = tell(book, kind="label", items=i, values=y[i], who="E", time=1e6)
    events = stream(book, batch=9)
    state = analytic(x, ridge=RIDGE)
    for step in range(events.step[-1] + 1):
        state = learn_stream(state, x, events, first=step, last=step)
    h = lifted(state, x)
    wanted = joint_logits(h, y, np.ones(len(y)), h)
    assert np.abs(predict(state, x).logits - wanted).max() < EXACT
    whole = learn_stream(analytic(x, ridge=RIDGE), x, events)
    assert np.abs(predict(whole, x).logits - wanted).max() < EXACT


def test_acceptances_are_unbiased_for_the_sums_of_all_labels():
    x, y = world(40, features=3, classes=3)
    votes = generator(6, "votes").dirichlet(np.ones(3), size=len(y))
    total, square, draws = 0.0, 0.0, 600
    for step in range(draws):
        asked = propose(votes, explore=0.5, seed=0, step=step)
        accepted = (asked.labels == y) * 1.0
        state = learn_from_rewards(
            analytic(x), x, asked.labels, rewards=accepted, propensity=asked.propensity
        )
        total = total + state.gram
        square = square + state.gram**2
    wanted = learn(analytic(x), x, y).gram
    error = np.sqrt((square / draws - (total / draws) ** 2) / draws)
    off = (total / draws - wanted) / error
    assert np.abs(off).max() < 4.5  # 16 sums, some of them the same
    assert (error < 0.1 * np.abs(wanted) + 3).all()


def test_by_votes_a_class_is_proposed_as_often_as_it_is_probable():
    p = np.array([0.1, 0.6, 0.3])
    asked = propose(np.tile(p, (4000, 1)), explore=0.3, by="votes", seed=0)
    chances = 0.3 / 3 + 0.7 * p
    np.testing.assert_allclose(asked.propensity, chances[asked.labels])
    shares = np.bincount(asked.labels) / 4000
    assert (np.abs(shares - chances) < 4 * np.sqrt(chances * (1 - chances) / 4000)).all()


def test_half_an_acceptance_weighs_half():
    x, y = world(6)
    chances = np.array([0.5, 0.25, 1, 0.5, 0.5, 0.1])
    given = np.array([0.5, 1, 0, 0.25, 0, 1])
    state = learn_from_rewards(analytic(x), x, y, rewards=given, propensity=chances)
    kept, h = given > 0, np.column_stack([x, np.ones(6)])
    wanted = (h[kept].T * (given / chances)[kept]) @ h[kept]
    np.testing.assert_allclose(state.gram, wanted)


def test_the_probability_of_a_proposal_is_how_often_it_is_made():
    votes = np.tile([0.1, 0.6, 0.3], (4000, 1))
    asked = propose(votes, explore=0.3, seed=0)
    for label, p in ((0, 0.1), (1, 0.8), (2, 0.1)):
        mine = asked.labels == label
        assert abs(mine.mean() - p) < 4 * np.sqrt(p * (1 - p) / 4000)
        np.testing.assert_allclose(asked.propensity[mine], p)


def digits(seed):
    x, y = load_digits(return_X_y=True)
    order = generator(seed, "digits").permutation(len(y))
    return x[order] / 16, y[order]


def from_rewards(seed, batch=50, n=1300, lift=300):
    """Accuracy of labels, and of accept and reject alone."""
    x, y = digits(seed)
    start = analytic(x[:n], lift=lift, ridge=1.0, seed=seed)
    by_labels, state = learn(start, x[:n], y[:n]), start
    for step, begin in enumerate(range(0, n, batch)):
        part = slice(begin, begin + batch)
        votes = np.full((1, batch, 10), 0.1)
        if len(state.classes):
            column = np.isin(np.arange(10), state.classes)
            known = np.full((1, batch, 10), 1e-9)
            if len(state.classes) > 1:
                known[:, :, column] = predict(state, x[part]).votes + 1e-9
            votes = known / known.sum(axis=2, keepdims=True)
        explore = max(0.1, min(1.0, 2 / np.sqrt(1 + step)))
        asked = propose(votes, explore=explore, seed=seed, step=step)
        state = learn_from_rewards(
            state,
            x[part],
            asked.labels,
            rewards=asked.labels == y[part],
            propensity=asked.propensity,
        )
    told = [predict(s, x[n:]) for s in (by_labels, state)]
    return [np.mean(p.classes[p.votes[0].argmax(axis=1)] == y[n:]) for p in told]


def test_accept_and_reject_reach_what_labels_reach():
    found = np.mean([from_rewards(seed) for seed in range(3)], axis=0)
    assert found[1] >= 0.93 * found[0]
    assert found[0] > 0.96


def test_propensities_in_the_ledger_weigh_what_was_accepted():
    book = tell(
        ledger(), kind="label", items=[0, 2], values=[1, 0], who="A", time=0, propensity=[0.5, 0.1]
    )
    book = tell(book, kind="not", items=1, values=1, who="A", time=1, propensity=0.2)
    assert stream(book).step.tolist() == [0, 1]
    assert stream(book, batch=2).step.tolist() == [0, 0]
    events = stream(book, weigh="propensity")
    assert events.items.tolist() == [0, 2]
    np.testing.assert_allclose(events.weights, [2, 10])
    bare = tell(book, kind="label", items=3, values=1, who="A", time=2)
    with pytest.raises(InputError, match=r"ledger: wanted a propensity .*none for item 3"):
        stream(bare, weigh="propensity")


def refused(match, function, *arguments, **options):
    with pytest.raises(InputError, match=match):
        function(*arguments, **options)


def test_nonsense_is_refused_in_one_line():
    x, y = world(20)
    state = learn(analytic(x), x, y)
    one = learn(analytic(x), x, [0] * 20)
    refused("labels: wanted 20 labels", learn, state, x, y[:5])
    refused("labels: wanted numbers like those learned", learn, state, x, ["a"] * 20)
    refused("weights: wanted numbers > 0", learn, state, x, y, weights=np.zeros(20))
    refused("labels: wanted classes that were learned, got 9", forget, state, x[:1], [9])
    refused("labels: wanted at most", forget, state, np.concatenate([x, x]), [*y, *y])
    refused("analytic: wanted at least two classes learned, got 1", predict, one, x)
    refused("fallback: wanted votes", predict, state, x, classes=[0, 77])
    refused("classes: wanted each candidate once", predict, state, x, classes=[0, 1, 1])
    refused("features: wanted 12 features", learn, state, x[:, :3], y)
    refused("seed: wanted a seed", analytic, x, lift=5)
    refused("features: wanted values whose squares", learn, state, 1e200 * x, y)
    refused("features: wanted those that the items", forget, state, 99 * x[:1], y[:1])
    refused("analytic: wanted no item forgotten", predict, forget(state, -x[:9], y[:9]), x)
    few = learn(analytic(x[:3]), x[:3], [0, 1, 1], weights=[50, 1, 1])
    heavier = {"weights": [50, 3]}  # all of the first class, and too much of the second
    refused("weights: wanted at most the 2 that items of 1", forget, few, x[:2], [0, 1], **heavier)
    tiny = {"rewards": y * 0, "propensity": np.full(20, 1e-320)}
    refused("propensity: wanted probabilities", learn_from_rewards, state, x, y, **tiny)
    book = tell(ledger(), kind="label", items=20, values=0, who="A", time=0)
    refused("stream: .* never shown", learn_stream, state, x, stream(book))
    refused("ledger: wanted at least one label, got none", stream, ledger())
    refused("propensity: wanted", learn_from_rewards, state, x, y, rewards=y * 0, propensity=None)
    chances = {"rewards": y * 0, "propensity": np.zeros(20)}
    refused("propensity: wanted probabilities", learn_from_rewards, state, x, y, **chances)
    rejected = {"rewards": y * 0, "propensity": np.ones(20)}  # nothing is learned of any
    refused("features: wanted", learn_from_rewards, state, x[:, :2], y, **rejected)
