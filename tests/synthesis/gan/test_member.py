"""A GAN as a member of `retrain`: pure, resumable, refusing what it cannot train on."""

from functools import partial

import numpy as np
import pytest
import torch

import toolbox
from synthesis import gan_member, gan_samples
from synthesis.gan.member import adversarial_training, standardised
from tests.synthesis.gan.gan_members import killed_once
from toolbox import retrain
from toolbox.core.streams import generator, stream_key
from toolbox.retraining.store.digests import member_digest
from toolbox.retraining.studies.study import Checkpoint

SMALL = {"epochs": 3, "filters": 2, "latent": 4, "batch": 4}


def fields(n=9, k=2, size=32, name="fields"):
    rng = generator(2, name)
    return (3 * rng.standard_normal((n, k, size, size)) + 5).astype(np.float32)


def same(a, b):
    assert a.outputs.keys() == b.outputs.keys()
    return all(np.array_equal(a.outputs[name], b.outputs[name]) for name in a.outputs)


@pytest.fixture(scope="module")
def runs():
    return retrain(gan_member(**SMALL), {"fields": fields()}, members=2, seed=0, progress=False)


def test_logs_and_weights_come_back(runs):
    for name in ("generator_loss", "discriminator_loss", "discriminator_accuracy"):
        assert runs.outputs[name].shape == (2, 3)
        assert (runs.outputs[name] > 0).all()
    assert (runs.outputs["discriminator_accuracy"] <= 1).all()
    assert runs.outputs["architecture"].tolist() == [[2, 32, 2, 1, 4, 0]] * 2
    assert not runs.diverged.any()
    weights = runs.outputs["generator.1.weight"]
    assert weights.dtype == np.float32
    assert (weights[0] != weights[1]).all()


@pytest.mark.parametrize("form", ["tuple", "threads", "more"])
def test_a_member_is_a_function_of_its_streams_and_data(runs, form):
    data, members = {"fields": fields()}, 2
    threads = torch.get_num_threads()
    if form == "tuple":
        data = (fields(),)
    if form == "threads":
        torch.set_num_threads(2)
    try:
        again = retrain(gan_member(**SMALL), data, members=members, seed=0, progress=False)
        assert same(again, runs)
        assert torch.get_num_threads() == (2 if form == "threads" else threads)
    finally:
        torch.set_num_threads(threads)


def test_init_and_order_are_streams_of_their_own():
    options = {"members": 2, "seed": 0, "progress": False}
    member, data = gan_member(**SMALL | {"learning_rate": 1e-12}), {"fields": fields()}
    init = retrain(member, data, redraw=("init",), **options).outputs
    order = retrain(member, data, redraw=("order",), **options).outputs
    # Next to nothing is learnt at this rate: the weights are still the first ones.
    weights = "generator.1.weight"
    assert np.allclose(order[weights][0], order[weights][1], atol=1e-6)
    assert not np.allclose(init[weights][0], init[weights][1], atol=1e-3)
    assert (order["generator_loss"][0] != order["generator_loss"][1]).all()


def test_a_bootstrap_is_reported_as_it_is():
    member = gan_member(**SMALL, resample=True)
    redraw = ("init", "resample")
    found = retrain(
        member, {"fields": fields(20)}, members=3, seed=0, redraw=redraw, progress=False
    )
    assert found.in_sample.shape == (3, 20)
    assert ((found.in_sample.mean(axis=1) > 0.4) & (found.in_sample.mean(axis=1) < 0.9)).all()


def test_the_digest_sees_every_parameter():
    options = {"depth": 2, "learning_rate": 1e-3, "output": "tanh", "resample": True}
    options |= {"epochs": 4, "filters": 3, "latent": 5, "batch": 5}
    digests = {member_digest(gan_member(**SMALL))["code"]}
    digests |= {member_digest(gan_member(**SMALL | {k: v}))["code"] for k, v in options.items()}
    assert len(digests) == 1 + len(options)
    assert "torch" in member_digest(gan_member(**SMALL))["libraries"]


@pytest.mark.parametrize("bounded", [False, True])
def test_images_are_standardised_by_component_and_come_back(bounded):
    x = fields() * np.array([1, 10])[:, None, None] + np.array([0, 100])[:, None, None]
    z, centre, scale = standardised(x, bounded=bounded)
    assert z.dtype == np.float32
    size = np.abs(z).max(axis=(0, 2, 3)) if bounded else z.std(axis=(0, 2, 3))
    assert size == pytest.approx([1, 1], rel=1e-5)
    assert z.mean(axis=(0, 2, 3)) == pytest.approx([0, 0], abs=1e-5)
    assert np.allclose(centre[:, None, None] + scale[:, None, None] * z, x, rtol=1e-4)


def test_bounded_samples_stay_in_the_range_of_the_images():
    x = fields()
    member = gan_member(**SMALL, output="tanh")
    found = retrain(member, {"fields": x}, members=1, seed=0, progress=False)
    samples = gan_samples(found, n=8, seed=0)
    middle = x.mean(axis=(0, 2, 3), keepdims=True)
    assert (
        np.abs(samples - middle) <= 1.001 * np.abs(x - middle).max(axis=(0, 2, 3))[:, None, None]
    ).all()


def test_samples_are_named_by_training_and_in_the_units_of_the_images(runs):
    two, one = gan_samples(runs, n=6, seed=1), None
    assert two.shape == (2, 6, 2, 32, 32)
    assert two.dtype == np.float32
    one = retrain(gan_member(**SMALL), {"fields": fields()}, members=1, seed=0, progress=False)
    assert np.array_equal(gan_samples(one, n=6, seed=1)[0], two[0])
    assert abs(two.mean() - 5) < 1  # three epochs have hardly moved it from the mean
    assert not np.array_equal(gan_samples(runs, n=6, seed=2), two)


def test_a_gan_learns_what_all_images_share():
    ramp = np.linspace(-2, 2, 32, dtype=np.float32)
    x = 0.5 * fields(64, k=1) / 3 + np.stack([np.tile(ramp, (32, 1))[None]] * 64)
    options = {"epochs": 12, "filters": 4, "latent": 16, "batch": 16, "learning_rate": 2e-3}
    found = retrain(gan_member(**options), {"fields": x}, members=1, seed=0, progress=False)
    mean = gan_samples(found, n=64, seed=0)[0, :, 0].mean(axis=0)
    assert np.corrcoef(mean.ravel(), np.tile(ramp, 32))[0, 1] > 0.8


def test_a_training_that_diverges_is_a_result():
    member = gan_member(**SMALL | {"epochs": 4, "learning_rate": 1e30})
    found = retrain(member, {"fields": fields()}, members=2, seed=0, progress=False)
    assert found.diverged.all()
    assert np.isnan(found.outputs["weight_motion"][:, -1]).all()
    with pytest.raises(toolbox.InputError, match=r"^runs: wanted a training that did not diverge"):
        gan_samples(found, n=2, seed=0)


# ------------------------------------------------------------------------------------ resuming


class Interrupted(Exception):
    pass


class Kept:
    """A checkpoint in memory that stops the training after some saves."""

    def __init__(self, stop):
        self.kept, self.stop, self.saves = None, stop, 0

    def load(self):
        return self.kept

    def save(self, arrays):
        self.kept = {name: np.array(value) for name, value in arrays.items()}
        self.saves += 1
        if self.saves == self.stop:
            raise Interrupted


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_an_interrupted_training_ends_as_an_undisturbed_one(stop):
    streams = {name: stream_key(0, name) for name in ("init", "order", "resample")}
    options = gan_member(**SMALL, depth=2, resample=True).keywords
    data = {"fields": fields()}
    expected = adversarial_training(streams, data, Checkpoint(None, ""), **options)
    checkpoint = Kept(stop)
    with pytest.raises(Interrupted):
        adversarial_training(streams, data, checkpoint, **options)
    again = adversarial_training(streams, data, checkpoint, **options)
    assert again.keys() == expected.keys()
    assert all(np.array_equal(again[name], expected[name]) for name in expected)
    assert checkpoint.saves == 3  # nothing was done twice


@pytest.mark.long
def test_a_killed_process_goes_on_from_its_checkpoint(runs, tmp_path):
    mark = tmp_path / "starts"
    options = gan_member(**SMALL).keywords
    member = partial(killed_once, mark=str(mark), after=2, options=options)
    again = retrain(
        member,
        {"fields": fields()},
        members=1,
        seed=0,
        store=tmp_path / "store",
        engine="processes",
        workers=1,
        progress=False,
    )
    assert mark.read_text().split() == ["0", "2"]
    for name, values in again.outputs.items():
        assert np.array_equal(values, runs.outputs[name][:1]), name


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"fields": fields(size=32)[..., :31]}, "fields: wanted square images of 32, 64, 128, 256"),
        ({"fields": np.ones((9, 48, 48))}, "fields: wanted square images"),
        ({"fields": np.ones((9, 32, 32))}, "fields: wanted components that vary"),
        ({"fields": np.full((9, 32, 32), np.nan)}, "fields: wanted finite values"),
        ({"fields": fields(n=3)}, "batch: wanted at most the number of images, 3, got 4"),
        ({"images": fields()}, 'data: wanted a dictionary with the images as "fields"'),
        ((), 'data: wanted a dictionary with the images as "fields"'),
    ],
)
def test_images_that_cannot_be_trained_on_are_refused(data, said):
    with pytest.raises(toolbox.InputError) as caught:
        retrain(gan_member(**SMALL), data, members=1, seed=0, progress=False)
    assert str(caught.value).startswith(said)


def test_other_runs_are_refused():
    def member(streams, data):
        return {"mean": data["x"].mean()}

    other = retrain(member, {"x": np.arange(3.0)}, members=2, seed=0)
    for wrong in (other, None, {"a": 1}):
        with pytest.raises(
            toolbox.InputError, match=r"^runs: wanted what toolbox.retrain returned"
        ):
            gan_samples(wrong, n=2, seed=0)


def test_samples_are_of_double_precision_where_single_would_round_them():
    from synthesis.gan.sampling import samples_of

    member = gan_member(**SMALL)
    plain = retrain(member, {"fields": fields()}, members=1, seed=0, progress=False)
    far = retrain(
        member, {"fields": 1e9 + fields().astype(np.float64)}, members=1, seed=0, progress=False
    )
    near, moved = (samples_of(r, 0, n=3, seed=0, device="cpu") for r in (plain, far))
    assert (near.dtype, moved.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(moved - 1e9, near, atol=0.05)
