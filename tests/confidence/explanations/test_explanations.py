"""Attributions against closed forms, all orders of coalitions and finite differences."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import spearmanr, t

from confidence import (
    classify_series,
    explain,
    predict_series_votes,
    role_sizes,
    score_explanation,
)
from confidence.explanations.faithfulness import curve_areas, model_and_question
from confidence.explanations.methods import METHODS
from confidence.explanations.models import NetworkModel, Question
from tests.reference.shapley import shapley_by_orders
from toolbox import InputError, additive_phenology
from toolbox.core.streams import generator

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")

WORLD = additive_phenology(n=80, seed=2, dates=4, bands=3, planted=3, amplitude=2.0)
TRAINING, ASKED = slice(0, 60), slice(60, 80)
EVERY = ("gradient", "integrated gradients", "occlusion", "shapley", "sampled shapley")


@pytest.fixture(scope="module")
def trained():
    return classify_series(
        WORLD.values[TRAINING],
        WORLD.labels[TRAINING],
        dates=WORLD.dates,
        members=3,
        seed=0,
        network="tempcnn",
        steps=60,
        progress=False,
    )


@pytest.fixture(scope="module")
def clouds():
    clear = generator(0, "clouds").random((20, 4)) < 0.6
    clear[:, 1] = True
    return clear


def linear(weights):
    def logits(x):
        odds = (x * weights).sum(axis=(1, 2))
        return np.stack([np.zeros_like(odds), odds], axis=1)

    return logits


@pytest.mark.parametrize("method", ["occlusion", "shapley", "sampled shapley"])
def test_a_linear_function_is_told_exactly(method):
    rng = generator(0, "linear")
    weights, x, base = rng.normal(size=(3, 2)), rng.normal(size=(5, 3, 2)), rng.normal(size=(3, 2))
    found = explain(linear(weights), x, method=method, groups="cells", baseline=base, seed=1)
    np.testing.assert_allclose(found.values[0], weights * (x - base), atol=1e-12)
    assert found.note.startswith("no interval: one member")


def test_exact_shapley_is_the_mean_over_all_orders_and_complete(trained, clouds):
    groups = np.array([[0, 0, 1], [1, 2, 2], [3, 3, 3], [3, 2, 0]])
    asked = {"clear": clouds, "groups": groups}
    found = explain(trained, WORLD.values[ASKED], method="shapley", **asked)
    drawn = explain(trained, WORLD.values[ASKED], method="sampled shapley", seed=0, **asked)
    for one in (found, drawn):
        gap = one.values.sum(axis=(2, 3)) - (one.odds - one.base_odds)
        assert np.abs(gap).max() < 1e-12
    by_votes = np.log(predict_series_votes(trained, WORLD.values[ASKED], clear=clouds))
    np.testing.assert_allclose(found.odds, by_votes[..., 1] - by_votes[..., 0], atol=1e-4)
    model = NetworkModel(trained)
    x, clear = model.read(WORLD.values[ASKED], clouds)
    base = np.broadcast_to(model.baseline(None), x.shape)
    ones, first = np.ones(1, int), slice(0, 1)
    question = Question(
        x=x[first], clear=clear[first], baseline=base[first], of=ones, against=0 * ones
    )

    @cache
    def value(coalition):
        kept = np.isin(groups, list(coalition))[None]
        return model.masked(question, kept)[1, 0, 0]

    expected = shapley_by_orders(value, 4)
    told = [found.values[1, 0][groups == g].sum() for g in range(4)]
    np.testing.assert_allclose(told, expected, atol=1e-5)


@pytest.fixture(scope="module")
def exact(trained, clouds):
    return explain(
        trained, WORLD.values[ASKED], clear=clouds, method="integrated gradients", steps=64
    )


@pytest.mark.parametrize("method", EVERY)
def test_cloudy_cells_add_nothing_and_every_method_agrees_on_the_role(
    trained, clouds, exact, method
):
    settings = {"groups": "cells"} if method == "shapley" else {}
    found = explain(trained, WORLD.values[ASKED], clear=clouds, method=method, seed=1, **settings)
    assert found.values.shape == (3, 20, 4, 3)
    assert (found.values[:, ~clouds] == 0).all()
    assert np.corrcoef(found.role.ravel(), exact.role.ravel())[0, 1] > 0.9


def integral(trained, parts=500):
    """Integrated gradients of log-odds of class 1 against 0, member by member in plain NumPy."""
    model = NetworkModel(trained)
    x = model.read(WORLD.values[ASKED], None)[0].astype(float)
    base = np.broadcast_to(model.baseline(None), x.shape)
    found = []
    for r in range(3):
        p = {name: np.asarray(v[r], float) for name, v in model.parameters.items()}
        total = 0.0
        for f in (np.arange(parts) + 0.5) / parts:
            total = total + slopes_by_hand(p, base + f * (x - base))
        found.append(total / parts * (x - base))
    return np.stack(found)


def slopes_by_hand(p, x):
    """TempCNN's slope of the log-odds (n, T, B): taps one by one, forwards and backwards."""
    n, t = x.shape[:2]
    found, on = np.concatenate([x, np.ones((n, t, 1))], axis=2), []
    for layer in range(2):
        w = p[f"filters_{layer}"].reshape(5, found.shape[2], -1)
        z = np.zeros((n, t, w.shape[2])) + p[f"bias_{layer}"]
        for tap, at in np.ndindex(5, t):
            if 0 <= at + tap - 2 < t:
                z[:, at] += found[:, at + tap - 2] @ w[tap]
        on.append(z > 0)
        found = np.maximum(z, 0)
    hidden = found.reshape(n, -1) @ p["dense_0"] + p["offset_0"] > 0
    back = (hidden * (p["dense_1"][:, 1] - p["dense_1"][:, 0])) @ p["dense_0"].T
    back = back.reshape(n, t, -1)
    for layer in (1, 0):
        w = p[f"filters_{layer}"].reshape(5, -1, back.shape[2])
        below = np.zeros((n, t, w.shape[1]))
        for tap, at in np.ndindex(5, t):
            if 0 <= at + tap - 2 < t:
                below[:, at + tap - 2] += (back * on[layer])[:, at] @ w[tap].T
        back = below
    return back[..., :-1]


def test_secants_are_the_integral_and_nearer_to_it_than_midpoints(trained):
    """What is added by all cells is the difference of the log-odds, whatever the parts."""
    exact = integral(trained)

    def error(values):
        return np.sqrt(np.mean((values - exact) ** 2))

    found = {steps: explain(trained, WORLD.values[ASKED], steps=steps) for steps in (2, None, 64)}
    for one in found.values():
        gap = one.values.sum(axis=(2, 3)) - (one.odds - one.base_odds)
        assert np.abs(gap).max() < 1e-5 * np.abs(one.odds).max()
    model = NetworkModel(trained)
    x = model.read(WORLD.values[ASKED], None)[0]
    base = np.broadcast_to(model.baseline(None), x.shape)
    ones = np.ones(20, int)
    question = Question(x=x, clear=np.ones((20, 4)), baseline=base, of=ones, against=0 * ones)
    middles = ((np.arange(16) + 0.5) / 16).astype(np.float32)
    midpoints = model.ask("path_gradients", question, middles) * (x - base)
    assert error(found[64].values) < 0.002 * np.sqrt(np.mean(exact**2))
    assert error(found[None].values) < error(midpoints)
    assert error(found[2].values) > error(found[None].values)


def test_what_shapelets_match_sums_to_the_log_odds(clouds):
    trained = classify_series(
        WORLD.values[TRAINING],
        WORLD.labels[TRAINING],
        dates=WORLD.dates,
        members=3,
        seed=0,
        network="shapelets",
        steps=60,
        progress=False,
    )
    found = explain(trained, WORLD.values[ASKED], clear=clouds, method="shapelets")
    gap = found.values.sum(axis=(2, 3)) - (found.odds - found.base_odds)
    assert np.abs(gap).max() < 1e-5 * np.abs(found.odds).max()
    assert (found.values[:, ~clouds] == 0).all()
    assert score_explanation(found, WORLD.contributions[ASKED]).correlation > 0.3


def test_gradients_are_differences(trained):
    slope = explain(trained, WORLD.values[ASKED], method="gradient")
    h = 1e-2 * trained.scale[1]
    moved = np.stack([WORLD.values[ASKED] + s * h * np.eye(12)[4].reshape(4, 3) for s in (1, -1)])
    up, down = (np.log(predict_series_votes(trained, x, clear=None)) for x in moved)
    change = ((up - down)[..., 1] - (up - down)[..., 0]) / (2 * h)
    expected = change * (WORLD.values[ASKED] - trained.baseline)[:, 1, 1]
    near = np.abs(slope.values[:, :, 1, 1] - expected) < 1e-2 * np.abs(expected).max()
    assert near.mean() > 0.9  # the others have a kink within the step


def test_the_record_is_its_definition(trained):
    found = explain(trained, WORLD.values[ASKED])
    side = np.where(found.odds.mean(axis=0) > 0, 1, -1)
    np.testing.assert_array_equal(found.side, side)
    roles = np.mean(found.values * side[:, None, None], axis=1)
    np.testing.assert_allclose(found.roles, roles, atol=1e-12)
    half = t.ppf(0.975, 2) * found.values.std(axis=0, ddof=1)
    np.testing.assert_allclose(found.interval[..., 1], found.values.mean(axis=0) + half)
    np.testing.assert_array_equal(found.confident, np.abs(found.mean) > half)
    pairs = [spearmanr(roles[a].ravel(), roles[b].ravel())[0] for a, b in ((0, 1), (0, 2), (1, 2))]
    assert found.rank_agreement == pytest.approx(np.mean(pairs))
    assert found.note.startswith("the interval counts redrawn init, order, resample")
    np.testing.assert_array_equal(found.dates, WORLD.dates)
    shown = found.plot().axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown, found.role.T)


def test_classes_are_asked_about_against_one_or_all_others():
    weights = generator(1, "three").normal(size=(3, 2, 2))

    def logits(x):
        return np.stack([(x * w).sum(axis=(1, 2)) for w in weights], axis=1)

    x = generator(1, "x").normal(size=(6, 2, 2))
    z = logits(x)
    pair = explain(logits, x, method="occlusion", of=[2, 0])
    np.testing.assert_allclose(pair.odds[0], z[:, 2] - z[:, 0])
    single = explain(logits, x, method="occlusion", of=1)
    np.testing.assert_allclose(single.odds[0], z[:, 1] - np.logaddexp(z[:, 0], z[:, 2]))
    asked = explain(logits, x, method="occlusion").asked
    np.testing.assert_array_equal(asked, np.stack([z.argmax(axis=1), np.full(6, -1)], axis=1))


def test_scores_of_the_truth_itself_and_of_noise():
    truth = WORLD.contributions[ASKED]
    weights = np.sqrt(WORLD.truth[0, 1])
    members = [linear(weights * s) for s in (0.99, 1.0, 1.01)]
    x = WORLD.contributions[ASKED] / np.where(weights > 0, weights, 1)
    zero = np.zeros((4, 3))
    scores = score_explanation(explain(members, x, method="occlusion", baseline=zero), truth)
    assert scores.k == 3
    assert (scores.precision, scores.single_precision, scores.item_precision) == (1, 1, 1)
    assert scores.correlation == pytest.approx(1)
    assert (scores.planted_coverage, scores.null_coverage) == (1, 1)
    assert (scores.found, scores.false) == (1, 0)
    inverse = explain(members, x, method="occlusion", baseline=zero)
    assert score_explanation(inverse, -truth).correlation == pytest.approx(-1)


def test_a_truth_that_leaves_no_cell_without_a_role_or_none_with_one_is_refused_by_name():
    found = explain(linear(np.ones((4, 3))), np.ones((2, 4, 3)), method="occlusion")
    with pytest.raises(InputError, match="k: wanted fewer cells than the 12 there are, where"):
        score_explanation(found, np.ones((4, 3)))
    with pytest.raises(InputError, match="truth: wanted a cell that has a role"):
        score_explanation(found, np.zeros((4, 3)), k=2)


def test_the_model_is_asked_for_deletion_insertion_and_shuffled_weights(trained):
    x = WORLD.values[ASKED]
    found = explain(trained, x, method="gradient")
    scores = score_explanation(found, ensemble=trained, series=x, seed=1)
    assert scores.deletion < scores.insertion
    assert abs(scores.randomised) < 0.6
    assert np.isnan(scores.precision)
    assert scores.note == f"{found.note}; no truth"


def test_other_items_or_another_model_than_were_explained_are_refused(trained):
    x = WORLD.values[ASKED]
    found = explain(trained, x, method="gradient")
    turned, options = np.roll(x, 1, axis=0), {"ensemble": trained, "seed": 1}
    with pytest.raises(InputError, match="series: wanted the items that were explained, and their"):
        score_explanation(found, series=turned, **options)
    one = x.copy()
    one[2] = x[3]
    with pytest.raises(InputError, match=f"got other log-odds of 1 of {len(x)} items"):
        score_explanation(found, series=one, **options)
    weights = np.ones(x.shape[1:])
    by_hand = explain([linear(weights), linear(2 * weights)], x, method="occlusion")
    with pytest.raises(InputError, match="got other log-odds"):
        score_explanation(by_hand, ensemble=[linear(weights)] * 2, series=x, seed=1)
    with pytest.raises(InputError, match="ensemble: wanted the 2 members explained, got 1 of them"):
        score_explanation(by_hand, ensemble=linear(weights), series=x, seed=1)


def test_cells_that_tie_are_taken_out_in_their_order():
    weights = 0.05 * (1 + np.arange(40.0).reshape(8, 5))
    x = np.stack([np.ones((8, 5)), -np.ones((8, 5))])  # their mean, which takes a cell's place: 0
    found = explain(linear(weights), x, method="occlusion")
    toward = np.resize([1.0, 0.0, 0.0, -1.0, 0.0], (8, 5))
    tied = toward * found.side[:, None, None]
    explained = model_and_question(found, linear(weights), x, None)
    areas = curve_areas(replace(found, mean=tied), *explained)
    order = sorted(range(40), key=lambda cell: -toward.flat[cell])  # Python's sort is stable
    so_far = np.concatenate([[0], np.cumsum(weights.flat[order])])[::4]  # of 0, 4, ... 40 cells
    assert areas["deletion"] == pytest.approx(expit(weights.sum() - so_far).mean())
    assert areas["insertion"] == pytest.approx(expit(so_far).mean())


def test_a_map_that_does_not_come_from_the_weights_is_flagged_by_its_methods_name(
    trained, monkeypatch
):
    def contrast(model, question, settings):
        return np.stack([np.abs(question.x - question.baseline)] * 3)

    monkeypatch.setitem(METHODS, "occlusion", contrast)
    x = WORLD.values[ASKED]
    found = explain(trained, x, method="occlusion")
    scores = score_explanation(found, ensemble=trained, series=x, seed=1)
    assert (scores.flagged, scores.randomised) == ("occlusion", pytest.approx(1))


def test_grad_cam_speaks_for_the_side_taken_whichever_is_asked_about(trained):
    x = WORLD.values[ASKED]
    found, other = (explain(trained, x, method="grad-cam", of=of) for of in (None, (0, 1)))
    assert len(set(found.side.tolist())) == 2
    np.testing.assert_allclose(found.values, -other.values, atol=1e-6)
    np.testing.assert_allclose(found.role, other.role, atol=1e-6)
    assert (found.values * found.side[:, None, None] >= 0).all()
    assert (found.role > 0).any()


def test_attention_has_no_sign_whatever_is_asked():
    networks = classify_series(
        WORLD.values[TRAINING],
        WORLD.labels[TRAINING],
        dates=WORLD.dates,
        members=3,
        seed=0,
        network="channel attention",
        steps=20,
        progress=False,
    )
    x = WORLD.values[ASKED]
    found, other = (explain(networks, x, method="attention", of=of) for of in (None, (0, 1)))
    assert (found.side == -other.side).all()
    assert len(set(found.side.tolist())) == 2
    np.testing.assert_array_equal(found.role, other.role)
    np.testing.assert_allclose(found.role, found.values.mean(axis=(0, 1)))
    assert not found.role_confident.any()
    assert not found.confident.any()
    assert "attention has no sign" in found.note
    truth = WORLD.contributions[ASKED]
    scores, others = (
        score_explanation(each, truth, ensemble=networks, series=x, seed=1)
        for each in (found, other)
    )
    assert (scores.deletion, scores.insertion) == (others.deletion, others.insertion)
    assert np.isnan([scores.correlation, scores.null_coverage]).all()
    with pytest.raises(InputError, match=r"^explanation: wanted one by a method whose values have"):
        role_sizes(found, WORLD.labels[ASKED])


def test_members_whose_maps_are_constant_are_left_out_of_shuffled_weights_and_counted(trained):
    x = WORLD.values[ASKED]
    found = explain(trained, x, method="gradient")
    values = found.values.copy()
    values[0] = 0.0
    scores, without, nothing = (
        score_explanation(replace(found, values=v), ensemble=trained, series=x, seed=1)
        for v in (found.values, values, np.zeros_like(values))
    )
    assert np.isfinite([scores.randomised, without.randomised]).all()
    assert scores.randomised != without.randomised
    assert "shuffled weights say nothing of 1 of 3 members, whose maps are constant" in without.note
    assert np.isnan(nothing.randomised)
    assert "of 3 of 3 members" in nothing.note


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"clear": np.eye(20, 4)},
            "clear: wanted a clear date for every item, got none for item 4",
        ),
        ({"clear": np.ones((20, 3))}, "clear: wanted one truth value an item and date, (20, 4)"),
        ({"baseline": np.zeros((3, 4))}, "baseline: wanted 'mean' or one value a cell, (4, 3)"),
        ({"method": "attention"}, "method: wanted a method that the network 'tempcnn' offers"),
        ({"method": "sampled shapley"}, "seed: wanted a seed"),
        ({"of": ["0", "1", "1"]}, "of: wanted a class or two different ones"),
        ({"method": "shapley", "groups": np.ones((2, 4, 3))}, "groups: wanted each cell in one"),
        ({"method": "shapley", "groups": [np.eye(4, 3)]}, "groups: wanted each cell in one group"),
    ],
)
def test_bad_questions_are_refused_in_one_line(trained, change, text):
    with pytest.raises(InputError) as caught:
        explain(trained, WORLD.values[ASKED], **change)
    assert str(caught.value).startswith(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"dates": (1, 2, 2, 3)}, "dates: wanted days that increase, got 2 after 2"),
        ({"dates": (1, 2, 3)}, "dates: wanted 4 dates"),
        ({"labels": np.arange(59)}, "labels: wanted 60 labels"),
        ({"labels": np.zeros(60)}, "labels: wanted at least two different classes"),
        ({"redraw": ("dropout",)}, "redraw: wanted streams that these networks draw from"),
    ],
)
def test_bad_series_are_refused_in_one_line(change, text):
    given = {"labels": WORLD.labels[TRAINING], "members": 2, "seed": 0} | change
    with pytest.raises(InputError) as caught:
        classify_series(WORLD.values[TRAINING], **given)
    assert str(caught.value).startswith(text)
