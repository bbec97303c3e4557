"""Ensembles from end to end on small tasks whose answer is known."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from confidence import assess, ensemble, predict_votes
from confidence.ensembles.training import item_weights, standardised
from toolbox import InputError, restore, save
from toolbox.core.streams import generator

NAMES = np.array(["flat", "steep"])


def waves(n, rng, *, dim, size):
    """Return noise (label 0) and waves in noise of the same variance (label 1)."""
    y = np.arange(n) % 2
    shape = (n, *[size] * dim)
    phase = rng.uniform(0, 2 * np.pi, size=(n, *[1] * dim))
    wave = np.sin(2 * np.pi * np.arange(size) / 5 + phase) * np.sqrt(2)
    x = np.where(y.reshape(-1, *[1] * dim), wave, 0) + rng.normal(size=shape)
    return x, y


@pytest.mark.usefixtures("compiled_in_haste")
@pytest.mark.parametrize(("dim", "size"), [(1, 64), (2, 20)])
def test_signals_and_images_are_learnt_whatever_their_gain_and_offset(dim, size):
    rng = generator(0, "waves", dim)
    x, y = waves(60, rng, dim=dim, size=size)
    x_new, y_new = waves(40, rng, dim=dim, size=size)
    trained = ensemble(x, NAMES[y], dim=dim, members=3, seed=0, steps=120, flips=True)
    assert trained.network == "convolutional"
    votes = trained.votes(x_new)
    assert votes.shape == (3, 40, 2)
    assert votes.dtype == np.float64
    np.testing.assert_allclose(votes.sum(axis=2), 1, atol=1e-12)
    assert assess(votes, NAMES[y_new], classes=trained.classes).accuracy > 0.9
    gain = rng.uniform(0.5, 20, size=(40, *[1] * dim))
    np.testing.assert_allclose(trained.votes(gain * x_new - 7 * gain), votes, atol=2e-3)


def vectors(n=70, seed=0):
    x = generator(seed, "vectors").normal(size=(n, 4)) * [1, 100, 0.01, 1] + 5
    return x, (x[:, 0] > 5).astype(int)


@pytest.fixture(scope="module")
def trained():
    x, y = vectors()
    redraw = ("init", "order", "resample")
    return ensemble(x, NAMES[y], dim=0, members=5, seed=0, steps=60, redraw=redraw)


def test_vectors_are_learnt_and_a_bootstrap_says_what_it_held(trained):
    x, y = vectors(n=200, seed=1)
    votes = predict_votes(trained, x)
    assert (votes.mean(axis=0).argmax(axis=1) == y).mean() > 0.85
    assert trained.runs.in_sample.shape == (5, 70)
    assert 0.5 < trained.runs.in_sample.mean() < 0.75
    assert trained.runs.redrawn == ("init", "order", "resample")
    assert trained.classes.tolist() == ["flat", "steep"]


def test_votes_of_an_item_do_not_depend_on_the_others_in_the_call(trained):
    x, _ = vectors(n=150, seed=2)
    np.testing.assert_array_equal(trained.votes(x)[:, 140:], trained.votes(x[140:]))


def test_an_ensemble_is_kept_and_predicts_the_same(trained, tmp_path):
    save(trained, tmp_path / "ensemble.npz")
    back = restore(tmp_path / "ensemble.npz")
    x, _ = vectors(n=10, seed=1)
    np.testing.assert_array_equal(back.votes(x), trained.votes(x))


def test_more_members_leave_the_first_ones_as_they_were():
    x, y = vectors()
    few = ensemble(x, y, dim=0, members=2, seed=4, steps=20)
    many = ensemble(x, y, dim=0, members=4.0, seed=4.0, steps=20.0)
    np.testing.assert_array_equal(few.votes(x), many.votes(x)[:2])


def test_with_nothing_redrawn_all_members_are_one():
    x, y = vectors()
    votes = ensemble(x, y, dim=0, members=3, seed=0, steps=20, redraw=()).votes(x)
    np.testing.assert_array_equal(votes[0], votes[1])
    np.testing.assert_array_equal(votes[0], votes[2])


def test_balanced_weights_are_scikit_learns():
    y = np.repeat([0, 1, 2], [50, 9, 1])
    expected = compute_sample_weight("balanced", y)
    np.testing.assert_allclose(item_weights("balanced", y), expected)
    assert item_weights("balanced", y).mean() == pytest.approx(1)


@pytest.mark.usefixtures("compiled_in_haste")
def test_weights_move_the_decision_towards_the_rare_class():
    rng = generator(0, "rare")
    y = np.repeat([0, 1], [120, 12])
    x = rng.normal(size=(132, 2)) + y[:, None]
    share = [
        ensemble(x, y, dim=0, members=3, seed=0, steps=100, weights=w).votes(x).mean(axis=0)
        for w in (None, "balanced")
    ]
    assert share[1][:, 1].mean() > 2 * share[0][:, 1].mean()


def test_items_of_weight_zero_are_as_if_they_had_any_label():
    x, y = vectors()
    weights = (np.arange(70) % 3 > 0).astype(float)
    wrong = np.where(weights > 0, y, 1 - y)
    votes = [
        ensemble(x, labels, dim=0, members=2, seed=0, steps=30, weights=weights).votes(x)
        for labels in (y, wrong)
    ]
    np.testing.assert_array_equal(votes[0], votes[1])


def test_standardised_items_have_no_gain_or_offset():
    x = generator(0, "gain").normal(size=(3, 2, 8, 8)) * 9 + 4
    done = standardised(x, "x", centre=np.zeros(0), scale=np.zeros(0))
    np.testing.assert_allclose(done.mean(axis=(2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(done.std(axis=(2, 3)), 1, atol=1e-6)


def test_when_all_members_diverge_it_is_an_error_and_when_some_do_they_cast_no_vote(monkeypatch):
    from confidence.ensembles import training
    from toolbox.retraining.retrain import Runs

    x, y = vectors()
    trained_as_usual = training.retrain

    def some_lost(lost):
        def retrain(*args, **options):
            runs = trained_as_usual(*args, **options)
            fields = {name: getattr(runs, name) for name in runs.__dataclass_fields__}
            return Runs(**(fields | {"diverged": np.arange(len(runs.ids)) < lost}))

        return retrain

    monkeypatch.setattr(training, "retrain", some_lost(1))
    assert ensemble(x, y, dim=0, members=3, seed=0, steps=5).votes(x).shape == (2, 70, 2)
    monkeypatch.setattr(training, "retrain", some_lost(3))
    with pytest.raises(InputError, match=r"3 of 3 members that diverged"):
        ensemble(x, y, dim=0, members=3, seed=0, steps=5)


IMAGES = np.random.default_rng(0).normal(size=(4, 16, 16))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"x": np.full((4, 16, 16), np.nan)}, "x"),
        ({"x": IMAGES[:, :10]}, "x"),
        ({"x": np.ones((4, 16, 16))}, "x"),
        ({"x": IMAGES[0, 0], "dim": 0}, "x"),
        ({"y": [0, 1, 0]}, "y"),
        ({"y": [1, 1, 1, 1]}, "y"),
        ({"dim": 3}, "dim"),
        ({"members": 0}, "members"),
        ({"steps": 0}, "steps"),
        ({"network": "resnet"}, "network"),
        ({"network": "multilayer_perceptron"}, "network"),
        ({"weights": "heavy"}, "weights"),
        ({"weights": [1, 1, 1]}, "weights"),
        ({"weights": [1, 1, 1, -1]}, "weights"),
        ({"weights": [0, 0, 0, 0]}, "weights"),
        ({"redraw": ("dropout",)}, "redraw"),
        ({"redraw": ("augment",)}, "redraw"),
        ({"redraw": ("weather",)}, "redraw"),
        ({"flips": 2}, "flips"),
        ({"device": "abacus"}, "device"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, name):
    call = {"x": IMAGES, "y": [0, 1, 0, 1], "dim": 2, "members": 2, "seed": 0} | change
    with pytest.raises(InputError, match=f"^{name}:"):
        ensemble(call.pop("x"), call.pop("y"), **call)


def test_new_items_of_another_shape_are_refused(trained):
    with pytest.raises(InputError, match=r"^x_new:"):
        trained.votes(np.zeros((2, 5)))


@pytest.mark.usefixtures("compiled_in_haste")
@pytest.mark.parametrize("gain", [1e-30, 1e30])
def test_vectors_in_any_unit_and_constant_features(gain):
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    x[:, 2] = 0.1
    y = x[:, 0] > 0
    options = {"dim": 0, "members": 2, "seed": 0, "steps": 60, "progress": False}
    plain = ensemble(x, y, **options).votes(x)
    unit = np.float32([1, gain, 1])
    np.testing.assert_allclose(ensemble(x * unit, y, **options).votes(x * unit), plain, atol=0.02)
    with pytest.raises(InputError, match=r"^x_new: wanted vectors near those of the training"):
        ensemble(x * unit * np.float32(1e-8), y, **options).votes(x.astype(np.float64) * 1e300)


@pytest.mark.usefixtures("compiled_in_haste")
def test_counts_around_a_hundred_million_are_learnt():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    x = 100_000_000 + np.round(rng.normal(size=(60, 2)) + 6 * y[:, None]).astype(np.int64)
    trained = ensemble(x, y, dim=0, members=2, seed=0, steps=100, progress=False)
    assert (trained.votes(x).mean(axis=0).argmax(axis=1) == y).mean() > 0.95


def test_a_dask_array_of_items_has_votes_of_the_same_bits(trained):
    arrays = pytest.importorskip("dask.array")
    x = vectors(n=9)[0]
    found = trained.votes(arrays.from_array(x, chunks=(4, *x.shape[1:])))
    assert isinstance(found, arrays.Array)
    assert found.chunks[1] == (4, 4, 1)
    np.testing.assert_array_equal(found.compute(scheduler="synchronous"), trained.votes(x))
    with pytest.raises(InputError, match=r"^x_new"):
        trained.votes(arrays.zeros((4, 7)))
