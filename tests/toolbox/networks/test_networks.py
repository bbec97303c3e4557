"""The networks against SciPy, torch and finite differences, and the training loop."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import log_softmax

from tests.reference.retraining import convolution
from toolbox import retrain
from toolbox.core.streams import generator, stream_key
from toolbox.networks import classifier_training, convolutional, multilayer_perceptron
from toolbox.networks.registry import NETWORKS, network_module
from toolbox.retraining.retrain import STREAMS

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")


def key(*names):
    return jnp.asarray(stream_key(0, *names))


def streams_of(seed):
    return {name: jnp.asarray(stream_key(seed, name)) for name in STREAMS}


KEY = key("init")
texture_logits = jax.jit(convolutional.logits)
perceptron_logits = jax.jit(multilayer_perceptron.logits)


def perceptron(*shape, **options):
    initialise = partial(multilayer_perceptron.initialise, shape=shape, classes=3, **options)
    return jax.jit(initialise)(KEY)


@pytest.mark.parametrize("shape", [(2, 40, 3), (2, 17, 20, 3)])
@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_is_scipys(shape, stride):
    rng = generator(0, "convolution")
    taps = convolutional.TAPS[len(shape) - 2]
    convolve = jax.jit(partial(convolutional.convolve, stride=stride))
    x = rng.normal(size=shape)
    filters = rng.normal(size=(taps ** (len(shape) - 2) * 3, 4))
    with jax.enable_x64(True):
        items_last = jnp.moveaxis(jnp.asarray(x), (-1, 0), (0, -1))
        ours = convolve(items_last, jnp.asarray(filters))
    expected = convolution(x, filters, taps=taps, stride=stride)
    np.testing.assert_allclose(np.moveaxis(ours, (0, -1), (-1, 0)), expected, atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 29), (3, 15, 17)])
def test_the_smallest_size_is_the_smallest(shape):
    dim = len(shape) - 1
    parameters = jax.jit(lambda key: convolutional.initialise(key, shape, 4))(KEY)
    x = generator(0, "x").normal(size=(5, *shape)).astype(np.float32)
    assert np.isfinite(texture_logits(parameters, jnp.asarray(x))).all()
    smallest = NETWORKS["convolutional"].smallest[dim]
    assert min(shape[1:]) >= smallest
    shorter = x[..., : smallest - 1]
    with pytest.raises(ZeroDivisionError):  # no position is left
        texture_logits(parameters, jnp.asarray(shorter))


def test_features_do_not_know_where_a_texture_sits():
    """A periodic image moved by the total stride has the same interior mean, up to the border."""
    wave = np.sin(2 * np.pi * np.arange(120) / 8)
    image = (wave[:, None] * wave[None, :]).astype(np.float32)
    parameters = jax.jit(lambda key: convolutional.initialise(key, (1, 79, 79), 3))(KEY)
    a, b = image[:79, :79], image[8:87, 16:95]
    outputs = texture_logits(parameters, jnp.stack([a, b])[:, None])
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-5)


def test_perceptron_is_its_formula():
    x = generator(0, "x").normal(size=(6, 5)).astype(np.float32)
    p = {name: np.asarray(value) for name, value in perceptron(5, widths=(7, 4)).items()}
    hidden = x
    for layer in range(2):
        hidden = np.maximum(hidden @ p[f"weight_{layer}"] + p[f"bias_{layer}"], 0)
    expected = hidden @ p["weight_2"] + p["bias_2"]
    np.testing.assert_allclose(perceptron_logits(p, jnp.asarray(x)), expected, rtol=1e-5)


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_initial_logits_keep_the_scale_of_the_input(dim):
    shape = {0: (200,), 1: (1, 101), 2: (1, 41, 41)}[dim]
    module = convolutional if dim else multilayer_perceptron
    x = generator(0, "x").normal(size=(50, *shape)).astype(np.float32)
    initialise = jax.jit(lambda k: module.initialise(k, shape, 3))
    logits = jax.jit(module.logits)
    keys = [key("init", i) for i in range(20)]
    outputs = [logits(initialise(k), jnp.asarray(x)) for k in keys]
    # The mean over positions takes fluctuations away: smaller, but alive.
    assert 0.05 < np.std(outputs) < 3


@pytest.mark.parametrize("name", ["multilayer_perceptron", "convolutional"])
def test_gradient_is_the_finite_difference(name):
    module = network_module(name)
    shape = (1, 15, 15) if name == "convolutional" else (4,)
    rng = generator(0, name)
    x, y, w = rng.normal(size=(6, *shape)), rng.integers(3, size=6), rng.random(6)
    with jax.enable_x64(True):
        drawn = jax.jit(lambda key: module.initialise(key, shape, 3))(KEY)
        start = {k: np.asarray(v) for k, v in drawn.items()}
        direction = {k: rng.normal(size=v.shape) for k, v in start.items()}
        loss = jax.jit(partial(classifier_training.weighted_loss, module.logits))
        slope = jax.jit(jax.grad(loss))(start, x, y, w)
        along = sum(float(np.sum(slope[k] * direction[k])) for k in start)

        def at(t):
            return float(loss({k: start[k] + t * direction[k] for k in start}, x, y, w))

        # Between kinks of the rectifiers the loss is smooth: a small step sees one side.
        numerical = (at(1e-6) - at(-1e-6)) / 2e-6
    assert along == pytest.approx(numerical, rel=1e-4, abs=1e-6)


def test_a_weight_is_the_number_of_times_an_item_is_repeated():
    rng = generator(0, "weights")
    x, y = rng.normal(size=(5, 4)).astype(np.float32), rng.integers(3, size=5)
    counts = np.array([1, 3, 0, 2, 4])
    p = perceptron(4)
    loss = jax.jit(partial(classifier_training.weighted_loss, multilayer_perceptron.logits))
    both = jax.jit(jax.value_and_grad(loss))
    repeated = np.repeat(np.arange(5), counts)
    weighted, slope = both(p, x, y, counts / counts.mean())
    plain, plain_slope = both(p, x[repeated], y[repeated], np.ones(10))
    assert float(weighted) == pytest.approx(float(plain), rel=1e-5)
    for name in p:
        np.testing.assert_allclose(slope[name], plain_slope[name], atol=1e-5)
    by_hand = -log_softmax(np.asarray(perceptron_logits(p, jnp.asarray(x))), axis=1)[range(5), y]
    assert float(weighted) == pytest.approx(np.average(by_hand, weights=counts), rel=1e-5)


@pytest.mark.parametrize("decay", [0.0, 3.0])
def test_adam_is_torchs_and_with_decay_adamw(decay):
    import torch

    rng = generator(0, "adam")
    target = rng.normal(size=(4, 3)).astype(np.float32)
    w = torch.ones(4, 3, requires_grad=True)
    optimiser = torch.optim.AdamW([w], lr=0.01, weight_decay=decay)
    ours = {"w": jnp.ones((4, 3))}
    zeros = {"w": jnp.zeros((4, 3))}
    moments = (zeros, zeros)
    adam, decayed = jax.jit(classifier_training.adam), jax.jit(classifier_training.decayed)
    for step in range(20):
        optimiser.zero_grad()
        (((w - torch.tensor(target)) ** 2).sum()).backward()
        optimiser.step()
        slope = {"w": 2 * (np.asarray(ours["w"]) - target)}
        ours = decayed(ours, jnp.asarray(0.01 * decay))
        ours, moments = adam(ours, moments, slope, jnp.asarray(0.01), jnp.asarray(step))
    np.testing.assert_allclose(ours["w"], w.detach().numpy(), atol=1e-5)


def test_shuffle_puts_a_permutation_of_the_real_items_first():
    keys = jnp.asarray([stream_key(0, i) for i in range(2000)])
    shuffle = jax.jit(jax.vmap(classifier_training.shuffle, in_axes=(0, None)))
    orders = np.asarray(shuffle(keys, np.arange(64) < 40))
    np.testing.assert_array_equal(
        np.sort(orders[:, :40], axis=1), np.tile(np.arange(40), (2000, 1))
    )
    first = np.bincount(orders[:, 0], minlength=40)
    # chi-squared of 39 degrees of freedom: mean 39, standard deviation 8.8
    assert np.sum((first - 50) ** 2 / 50) < 39 + 5 * 8.8


def test_mirrors_come_in_equal_shares():
    x = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3).repeat(4000, axis=0)
    mirrored = np.asarray(jax.jit(classifier_training.mirror)(key("augment"), x))
    kinds, counts = np.unique(mirrored.reshape(4000, -1), axis=0, return_counts=True)
    assert len(kinds) == 4
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(4000 * 0.25 * 0.75)


def data_of(n, *, seed=0, steps=60):
    rng = generator(seed, "data")
    x = rng.normal(size=(n, 3)).astype(np.float32)
    return x, (x[:, 0] > 0).astype(int), steps


@pytest.mark.parametrize("n", [64, 65])
def test_training_sets_of_any_size_are_learnt_and_padding_is_never_seen(n):
    x, y, steps = data_of(n)
    member = classifier_training.classifier_member("multilayer_perceptron", classes=2, batch=32)
    data = classifier_training.training_data(x, y, np.ones(n), steps=steps, learning_rate=3e-3)
    poisoned = data | {"x": np.where(np.arange(len(data["x"]))[:, None] < n, data["x"], 1e6)}
    streams = streams_of(0)
    plain, other = member(streams, data), member(streams, poisoned)
    for name in plain:
        np.testing.assert_array_equal(plain[name], other[name])
    parameters = {k: v for k, v in plain.items() if k != "loss"}
    logits = np.asarray(perceptron_logits(parameters, jnp.asarray(x)))
    assert (logits.argmax(axis=1) == y).mean() > 0.9
    loss = -log_softmax(logits, axis=1)[range(n), y].mean()
    assert float(plain["loss"]) == pytest.approx(loss, rel=1e-4)


def test_sizes_and_steps_share_one_compilation():
    member = classifier_training.classifier_member("multilayer_perceptron", classes=2, batch=16)
    sizes = []
    for n, steps in ((70, 5), (100, 9), (128, 2)):
        x, y, _ = data_of(n)
        data = classifier_training.training_data(x, y, np.ones(n), steps=steps, learning_rate=1e-3)
        retrain(member, data, members=3, seed=0)
        sizes.append(member._cache_size())
    assert sizes == [sizes[0]] * 3


def test_without_decay_and_noise_training_is_as_if_neither_was_told():
    x, y, steps = data_of(64)
    member = classifier_training.classifier_member("multilayer_perceptron", classes=2, batch=32)
    learning = {"steps": steps, "learning_rate": 3e-3}
    none = {"weight_decay": 0.0, "noise": np.zeros(3)}
    plain, other, decayed, noisy = (
        member(streams_of(0), classifier_training.training_data(x, y, np.ones(64), **settings))
        for settings in (
            learning,
            learning | none,
            learning | none | {"weight_decay": 3.0},
            learning | none | {"noise": np.ones(3)},
        )
    )
    for name in plain:
        np.testing.assert_allclose(other[name], plain[name], rtol=1e-4, atol=1e-6)
    size = {name: np.abs(plain[name]).sum() for name in plain if name.startswith("weight")}
    assert size
    assert all(np.abs(decayed[name]).sum() < size[name] for name in size)
    assert noisy["loss"] > plain["loss"]


def test_noise_has_its_deviation_and_leaves_what_is_not_there_alone():
    x = np.ones((4000, 5, 3), np.float32)
    x[:, 2] = 0
    sd = np.array([0.5, 2.0, 0.0], np.float32)
    added = np.asarray(jax.jit(classifier_training.with_noise)(KEY, x, sd)) - x
    assert (added[:, 2] == 0).all()
    assert (added[..., 2] == 0).all()
    drawn = added[:, [0, 1, 3, 4], :2]
    assert np.abs(drawn.mean(axis=0) / sd[:2]).max() < 4.5 / np.sqrt(4000)
    assert np.abs(drawn.std(axis=0) / sd[:2] - 1).max() < 4.5 / np.sqrt(2 * 4000)
    between = np.corrcoef(drawn.reshape(4000, 8), rowvar=False)
    assert np.abs(between - np.eye(8)).max() < 4.5 / np.sqrt(4000)


@pytest.mark.usefixtures("fully_compiled")
def test_a_bootstrap_member_equals_one_trained_on_the_drawn_items():
    """The same order over the drawn items: the parameters agree bit for bit."""
    n = 64
    x, y, steps = data_of(n)
    streams = streams_of(3)
    data = classifier_training.training_data(x, y, np.ones(n), steps=steps, learning_rate=3e-3)
    make = partial(
        classifier_training.classifier_member, "multilayer_perceptron", classes=2, batch=32
    )
    resampled = make(resample=True)(streams, data)
    drawn = np.asarray(jax.random.randint(streams["resample"], (64,), 0, n))
    by_hand = make()(streams, data | {"x": data["x"][drawn], "y": data["y"][drawn]})
    for name in by_hand:
        np.testing.assert_array_equal(resampled[name], by_hand[name])
    np.testing.assert_array_equal(resampled["in_sample"], np.isin(np.arange(64), drawn))


def test_a_bootstrap_holds_the_expected_share_of_the_items():
    n = 50
    x, y, _ = data_of(n)
    member = classifier_training.classifier_member(
        "multilayer_perceptron", classes=2, batch=16, resample=True
    )
    data = classifier_training.training_data(x, y, np.ones(n), steps=1, learning_rate=1e-3)
    runs = retrain(member, data, members=200, seed=0, redraw=("resample",))
    assert not runs.in_sample[:, n:].any()
    share = runs.in_sample[:, :n].mean()
    # sd of the share of distinct items of one bootstrap of 50 is about 0.31 / sqrt(50)
    assert share == pytest.approx(1 - (1 - 1 / n) ** n, abs=4 * 0.31 / np.sqrt(50 * 200))
