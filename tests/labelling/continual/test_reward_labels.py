"""Labels from accept and reject: the likelihood of all that was said, and what it is worth."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from labelling import analytic, labels_from_rewards, learn, predict, propose
from labelling.continual import reward_labels
from toolbox import InputError
from toolbox.core.streams import generator

CLASSES = np.arange(3)


def world(n, classes=3, features=4, spread=1.2, seed=0):
    """Items of normal classes, and how probable each class is at each of them."""
    rng = generator(seed, "rewarded world")
    centres = spread * rng.standard_normal((classes, features))
    y = rng.integers(classes, size=n)
    x = centres[y] + rng.standard_normal((n, features))
    logits = x @ centres.T - (centres**2).sum(axis=1) / 2
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return x, y, p / p.sum(axis=1, keepdims=True)


def regression(x, y, at):
    """Multinomial regression of labels with the same ridge, by another library."""
    h, new = (
        np.column_stack([(v - x.mean(axis=0)) / x.std(axis=0), np.ones(len(v))]) for v in (x, at)
    )
    fit = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-8, max_iter=2000)
    return fit.fit(h, y).predict_proba(new)


def test_of_items_all_accepted_it_is_the_regression_of_labels():
    x, y, _ = world(120)
    new = world(30, seed=1)[0]
    said = labels_from_rewards(x, y, rewards=np.ones(120), classes=CLASSES, at=new)
    np.testing.assert_allclose(said.votes[0], regression(x, y, new), atol=2e-4)
    np.testing.assert_array_equal(said.posterior, np.eye(3)[y])
    np.testing.assert_array_equal(said.labels, y)
    np.testing.assert_array_equal(said.items, np.arange(120))


def test_a_feature_that_is_constant_changes_nothing():
    x, y, _ = world(60)
    given = {"rewards": y == 1, "classes": CLASSES}
    told = labels_from_rewards(x, y, **given)
    more = labels_from_rewards(np.column_stack([x, np.full(60, 0.1)]), y, **given)
    np.testing.assert_allclose(more.posterior, told.posterior, atol=1e-9)
    at = np.column_stack([x + 0.5, np.full(60, 0.2)])  # elsewhere it is another constant
    elsewhere = labels_from_rewards(np.column_stack([x, np.full(60, 0.1)]), y, **given, at=at)
    alone = labels_from_rewards(x, y, **given, at=x + 0.5)
    np.testing.assert_allclose(elsewhere.votes, alone.votes, atol=1e-9)


def test_of_two_classes_a_rejection_is_a_label():
    x, y, _ = world(120, classes=2)
    asked = generator(2, "asked").integers(2, size=120)
    new = world(30, classes=2, seed=1)[0]
    said = labels_from_rewards(x, asked, rewards=asked == y, classes=[0, 1], at=new)
    told = labels_from_rewards(x, y, rewards=np.ones(120), classes=[0, 1], at=new)
    np.testing.assert_allclose(said.votes, told.votes, atol=1e-6)
    np.testing.assert_array_equal(said.posterior, np.eye(2)[y])
    assert said.labels.tolist() == y.tolist()


def test_nothing_near_is_more_probable_than_what_is_found():
    """The logarithm of the probability of all that was said, written out, is at its top."""
    x = world(60)[0]
    rng = generator(3, "near")
    asked, rewards = rng.integers(3, size=60), rng.random(60)
    said = labels_from_rewards(x, asked, rewards=rewards, classes=CLASSES, ridge=0.5)

    def log_probability(weights):
        total = -0.25 * (weights**2).sum()
        for i, item in enumerate((x - x.mean(axis=0)) / x.std(axis=0)):
            logits = np.append(item, 1) @ weights
            p = np.exp(logits[asked[i]]) / np.exp(logits).sum()
            total += rewards[i] * np.log(p) + (1 - rewards[i]) * np.log(1 - p)
        return total

    best = log_probability(said.coefficients)
    for _ in range(50):
        step = rng.standard_normal(said.coefficients.shape)
        assert log_probability(said.coefficients + 0.02 * step) < best
    left = said.posterior[0] / (1 - rewards[0])
    others = np.delete(CLASSES, asked[0])
    logits = np.append((x[0] - x.mean(axis=0)) / x.std(axis=0), 1) @ said.coefficients[:, others]
    np.testing.assert_allclose(left[others], np.exp(logits) / np.exp(logits).sum(), rtol=1e-6)


def test_the_posterior_is_that_of_the_world_whatever_was_proposed():
    """Proposals follow the features as they like: what is not said is missing at random."""
    x, y, truth = world(4000)
    for by in ("best", "votes"):
        asked = propose(truth, explore=0.2, by=by, seed=0).labels
        said = labels_from_rewards(x, asked, rewards=asked == y, classes=CLASSES, at=x)
        assert np.abs(said.votes[0] - truth).mean() < 0.02
        shares = said.posterior.mean(axis=0)
        np.testing.assert_allclose(shares, np.bincount(y) / 4000, atol=0.015)


def test_rows_teach_a_readout_what_the_posterior_says():
    x, y, truth = world(200)
    asked = propose(truth, explore=0.3, by="votes", seed=1).labels
    said = labels_from_rewards(x, asked, rewards=asked == y, classes=CLASSES)
    state = learn(analytic(x), x[said.items], said.labels, weights=said.weights)
    h = np.column_stack([x, np.ones(200)])
    np.testing.assert_allclose(state.gram, h.T @ h, rtol=1e-4)
    np.testing.assert_allclose(state.sums, h.T @ said.posterior, rtol=1e-4, atol=1e-3)


def test_the_unit_of_the_features_does_not_matter():
    x, y, _ = world(60)
    told = [
        labels_from_rewards(gain * x + 3 * gain, y, rewards=y == 0, classes=CLASSES, at=gain * x)
        for gain in (1.0, 2.0**-90, 2.0**90)
    ]
    for each in told[1:]:
        np.testing.assert_allclose(each.votes, told[0].votes, rtol=1e-9)


def in_turn(seed, n=1000, batch=50, classes=8):
    """Accuracy of a readout from rewards, of one from labels of the same items."""
    x, y, _ = world(n + 1000, classes=classes, features=12, spread=0.8, seed=seed)
    new, truth = x[n:], y[n:]
    votes, asked = np.full((1, batch, classes), 1 / classes), np.zeros(0, dtype=int)
    for step in range(n // batch):
        drawn = propose(votes, explore=0.1, by="votes", seed=seed, step=step)
        asked = np.append(asked, drawn.labels)
        m = len(asked)
        said = labels_from_rewards(
            x[:m], asked, rewards=asked == y[:m], classes=np.arange(classes), at=x[m : m + batch]
        )
        votes = said.votes
    states = (
        learn(analytic(x), x[said.items], said.labels, weights=said.weights),
        learn(analytic(x), x[:n], y[:n]),
    )
    return [(predict(s, new).votes[0].argmax(axis=1) == truth).mean() for s in states]


def test_accept_and_reject_reach_what_labels_reach():
    found = np.array([in_turn(seed) for seed in (10, 11, 12)])
    assert (found[:, 0] / found[:, 1]).mean() >= 0.93


def test_coefficients_that_are_not_found_are_noted(monkeypatch):
    x, y, _ = world(20)
    assert labels_from_rewards(x, y, rewards=y == 0, classes=CLASSES).note == ""
    monkeypatch.setattr(reward_labels, "ITERATIONS", 2)
    early = labels_from_rewards(x, y, rewards=y == 0, classes=CLASSES)
    assert "not settled after 2 steps" in early.note


def test_what_is_no_answer_to_a_proposal_is_refused():
    x, y, _ = world(20)
    given = {"rewards": np.ones(20), "classes": CLASSES}
    for match, changed in (
        ("classes: wanted at least two", {"classes": [0]}),
        ("classes: wanted each class once", {"classes": [0, 1, 2, 2]}),
        ("proposed: wanted some of the 2 classes, got 2", {"classes": [0, 1]}),
        ("rewards: wanted numbers from 0 to 1", {"rewards": 2 * np.ones(20)}),
        ("rewards: wanted 20 numbers", {"rewards": np.ones(19)}),
        ("ridge: wanted", {"ridge": 0}),
        ("at: wanted 4 features", {"at": x[:, :3]}),
    ):
        with pytest.raises(InputError, match=match):
            labels_from_rewards(x, y, **(given | changed))
