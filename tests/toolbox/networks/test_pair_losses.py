"""Tests of the Siamese losses and of the encoder."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.reference import pair_losses as reference
from toolbox.networks import pair_losses, siamese_encoder
from toolbox.networks.siamese_training import draw_pairs, random_views

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")


def batch(seed, m=9, d=4):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((m, d))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    relation = rng.integers(-1, 2, (m, m))
    relation = np.triu(relation, 1) + np.triu(relation, 1).T
    relation[0, 1] = relation[1, 0] = 1
    relation[0, 2] = relation[2, 0] = 0
    np.fill_diagonal(relation, 1)
    return z, relation


@pytest.mark.parametrize("name", ["ntxent", "contrastive", "triplet"])
def test_losses_agree_with_loops(name):
    loss = jax.jit(pair_losses.LOSSES[name])
    for seed in range(5):
        z, relation = batch(seed)
        with jax.enable_x64(True):
            found = float(loss(jnp.asarray(z), jnp.asarray(relation)))
        assert found == pytest.approx(getattr(reference, name)(z, relation), rel=1e-9)


@pytest.mark.parametrize("name", ["ntxent", "contrastive", "triplet"])
def test_weighted_losses_agree_with_loops_and_forget_pairs_of_no_strength(name):
    z, relation = batch(3)
    rng = np.random.default_rng(3)
    strength = rng.random(relation.shape)
    strength = (strength + strength.T) / 2
    loss = jax.jit(pair_losses.LOSSES[name])
    with jax.enable_x64(True):
        found = float(loss(jnp.asarray(z), jnp.asarray(relation), jnp.asarray(strength)))
        nothing = np.where(relation == -1, 0.0, strength)
        relation_all = np.where(relation == -1, 0, relation)
        forgotten = float(loss(jnp.asarray(z), jnp.asarray(relation_all), jnp.asarray(nothing)))
    assert found == pytest.approx(getattr(reference, name)(z, relation, strength), rel=1e-9)
    assert forgotten == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("name", ["ntxent", "contrastive", "triplet"])
def test_gradients_agree_with_finite_differences(name):
    z, relation = batch(11)
    slow = getattr(reference, name)
    with jax.enable_x64(True):
        slope = jax.jit(jax.grad(pair_losses.LOSSES[name]))(jnp.asarray(z), jnp.asarray(relation))
    step, expected = 1e-6, np.zeros_like(z)
    for index in np.ndindex(z.shape):
        up, down = z.copy(), z.copy()
        up[index] += step
        down[index] -= step
        expected[index] = (slow(up, relation) - slow(down, relation)) / (2 * step)
    assert np.allclose(slope, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["ntxent", "contrastive", "triplet"])
def test_identical_vectors_of_one_relation_pull_nowhere(name):
    z = np.tile(np.eye(4)[:1], (4, 1)).astype(np.float32)
    both = jax.jit(jax.value_and_grad(pair_losses.LOSSES[name]))
    # All the same, all different, all unknown: no pair has both partners that a loss compares, but
    # that of different ones with the margin, whose distance 0 counts as 1e-6.
    pushed = {"contrastive": (1 - 1e-6) ** 2}.get(name, 0)
    relations = {0: np.ones((4, 4), int), pushed: np.eye(4, dtype=int)}
    for expected, relation in (*relations.items(), (0, np.full((4, 4), -1))):
        value, slope = both(jnp.asarray(z), jnp.asarray(relation))
        assert value == pytest.approx(expected, rel=1e-6)
        assert not slope.any()


@pytest.mark.parametrize("shape", [(3, 6, 23, 31), (3, 3, 80)])
def test_the_encoder_gives_unit_vectors_of_any_size(shape):
    dim = len(shape) - 2
    key = np.array([1, 2], np.uint32)
    initialise = jax.jit(lambda k: siamese_encoder.initialise(k, shape[1], dim=dim, width=4))
    parameters = initialise(jnp.asarray(key))
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    z = jax.jit(siamese_encoder.encode)(parameters, jnp.asarray(x))
    assert z.shape == (3, siamese_encoder.EMBEDDING)
    assert np.allclose(np.linalg.norm(z, axis=1), 1, atol=1e-5)


def test_layers_leave_two_positions_to_average():
    layers = [siamese_encoder.affordable_layers(v) for v in ((23, 23), (46, 90), (47, 47), (77,))]
    assert layers == [3, 3, 4, 4]
    x = jnp.asarray(np.random.default_rng(0).standard_normal((2, 3, 47, 47)), jnp.float32)
    key = jnp.asarray(np.array([1, 2], np.uint32))
    initialise = jax.jit(lambda k: siamese_encoder.initialise(k, 3, dim=2, width=2, layers=4))
    parameters = initialise(key)
    assert siamese_encoder.depth(parameters) == 4
    slope = jax.jit(jax.grad(lambda p: siamese_encoder.encode(p, x)[0, 0]))(parameters)
    assert all(np.isfinite(value).all() for value in slope.values())
    assert np.abs(slope["filters_1_3"]).max() > 0


def test_every_channel_enters_one_tower():
    assert siamese_encoder.towers(6) == [(0,), (1,), (2, 4), (3, 5)]


jitted_pairs = jax.jit(draw_pairs)


def drawn(key, relation):
    return np.split(np.asarray(jitted_pairs(key, jnp.asarray(relation))), 2)


def test_partners_obey_the_relation():
    key = jnp.asarray(np.array([3, 4], np.uint32))
    labels = np.repeat([0, 1, 2], [2, 10, 40])
    relation = (labels[:, None] == labels).astype(np.int8)
    counts = np.zeros(3)
    for k in range(60):
        anchors, partners = drawn(jax.random.fold_in(key, k), relation)
        assert (labels[anchors] == labels[partners]).all()
        assert (anchors != partners).all()
        counts += np.bincount(labels[anchors], minlength=3)
    assert np.allclose(counts / counts.sum(), 1 / 3, atol=0.05)  # 1920 draws: sd .011
    anchors, partners = drawn(key, np.eye(52, dtype=np.int8))
    assert (anchors == partners).all()
    judged = np.full((52, 52), -1, np.int8)
    np.fill_diagonal(judged, 1)
    judged[0, 1] = judged[1, 0] = 1
    judged[1, 2] = judged[2, 1] = 0
    anchors, partners = drawn(key, judged)
    assert set(anchors) <= {0, 1, 2}
    assert (judged[anchors, partners] >= 0).all()


def test_views_are_windows_of_the_item():
    x = np.arange(2 * 1 * 6 * 7, dtype=np.float32).reshape(2, 1, 6, 7)
    views = np.asarray(
        jax.jit(random_views, static_argnums=2)(
            jnp.asarray(np.array([5, 6], np.uint32)), jnp.asarray(x), (3, 4)
        )
    )
    for item, view in zip(x[:, 0], views[:, 0], strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(item, (3, 4)).reshape(-1, 3, 4)
        assert (windows == view).all(axis=(1, 2)).any()
