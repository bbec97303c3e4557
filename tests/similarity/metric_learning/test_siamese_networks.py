"""Tests of the Siamese networks."""

from dataclasses import replace

import numpy as np
import pytest

from similarity import embed, retrieval_scores, siamese, siamese_same
from similarity.metric_learning.siamese_networks import network_channels
from similarity.metric_learning.training_pairs import from_labels, from_pairs, from_views
from tests.reference.coloured_fields import coloured
from toolbox import InputError, restore, save

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")
LABELS = np.repeat([0, 1], 12)


def textures(seed):
    rng = np.random.default_rng(seed)
    return np.concatenate([coloured(rng, 12, 32, 0.5), coloured(rng, 12, 32, 2.0)])


def judged(m, seed=0):
    rng = np.random.default_rng(seed)
    i, j = np.array([rng.choice(24, 2, replace=False) for _ in range(m)]).T
    return np.column_stack([i, j, LABELS[i] == LABELS[j]])


@pytest.fixture(scope="module")
def trained():
    return siamese(textures(0), dim=2, labels=LABELS, seed=0, steps=40, width=8)


def test_it_learns_what_labels_tell(trained):
    z = trained.embed(textures(1))
    assert z.shape == (24, 32)
    assert retrieval_scores(1 - z @ z.T, LABELS, seed=0, resamples=0).map_at_r > 0.95
    same = trained.same(textures(1)[:6], textures(2)[:6])
    different = trained.same(textures(1)[:6], textures(2)[12:18])
    assert same.min() > 0.5 > different.max()
    assert trained.losses.shape == (40,)
    assert trained.losses[-10:].mean() < 0.5 * trained.losses[:5].mean()


def test_with_many_items_the_last_layer_is_fishers_discriminant(trained, tmp_path):
    labels = np.repeat([0, 1, 0, 1, 0, 1, 0, 1], 12)
    many = np.concatenate([textures(seed) for seed in range(4)])
    network = siamese(many, dim=2, labels=labels, seed=0, steps=30, width=8)
    assert "projection" in network.weights
    assert "projection" not in trained.weights
    z = network.embed(textures(9))
    assert z.shape == (24, 32)
    assert np.allclose((z**2).sum(axis=1), 1, atol=1e-5)
    assert retrieval_scores(1 - z @ z.T, LABELS, seed=0, resamples=0).map_at_r > 0.95
    assert network.same(textures(9)[:6], textures(8)[:6]).mean() > 0.6
    assert network.same(textures(9)[:6], textures(8)[12:18]).mean() < 0.4
    save(network, tmp_path / "siamese.npz")
    assert np.array_equal(z, restore(tmp_path / "siamese.npz").embed(textures(9)))


@pytest.mark.parametrize("loss", ["contrastive", "triplet"])
def test_it_learns_from_judged_pairs(loss):
    network = siamese(textures(0), dim=2, pairs=judged(80), loss=loss, seed=0, steps=50, width=8)
    z = network.embed(textures(1))
    assert retrieval_scores(1 - z @ z.T, LABELS, seed=0, resamples=0).p_at_1 > 0.9
    assert "judged" in network.note


def test_it_learns_from_views_alone_and_for_signals():
    rng = np.random.default_rng(0)
    signals = [np.concatenate([coloured(rng, 12, 128, s, dim=1) for s in (0, 2)]) for _ in "ab"]
    network = siamese(signals[0], dim=1, seed=0, steps=40, width=8)
    z = network.embed(signals[1])
    assert retrieval_scores(1 - z @ z.T, LABELS, seed=0, resamples=0).p_at_1 > 0.9
    assert "neither labels, pairs nor units" in network.note


def test_the_same_seed_gives_the_same_bits():
    one, again, other = (
        siamese(textures(0), dim=2, labels=LABELS, seed=s, steps=3, width=8) for s in (0, 0, 1)
    )
    for name, value in one.weights.items():
        assert np.array_equal(value, again.weights[name])
    assert one.slope == again.slope
    assert not np.array_equal(one.weights["filters_0_0"], other.weights["filters_0_0"])


def test_it_is_kept_and_restored(trained, tmp_path):
    save(trained, tmp_path / "siamese.npz")
    back = restore(tmp_path / "siamese.npz")
    x = textures(3)
    assert np.array_equal(embed(trained, x), embed(back, x))
    assert np.array_equal(siamese_same(trained, x, x[::-1]), back.same(x, x[::-1]))


def test_gain_and_offset_change_nothing(trained):
    x = textures(1)
    assert np.allclose(trained.embed(x), trained.embed(7 * x - 3), atol=1e-4)


def test_the_strength_of_white_noise_is_centred_and_that_of_heavy_tails_is_not():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((2, 3, 64, 64))
    noise[1] *= np.exp(rng.standard_normal(noise[1].shape))
    item, log, magnitude = np.split(network_channels(noise), 3, axis=1)
    assert np.allclose(item.mean(axis=(2, 3)), 0, atol=1e-5)
    assert np.allclose(item.std(axis=(2, 3)), 1, atol=1e-5)
    gaussian, heavy = np.stack([r.mean(axis=(1, 2, 3)) for r in (log, magnitude)]).T
    assert np.abs(gaussian).max() < 0.03  # three fields of 4096: standard errors .006 to .01
    assert heavy.max() < -0.1
    assert np.allclose(np.exp(log - 0.59) - 0.01, magnitude + np.sqrt(2 / np.pi), atol=1e-4)


def test_held_out_items_are_not_trained_on():
    rng = np.random.default_rng(0)
    by_label = from_labels(LABELS, rng)
    assert not set(by_label.items) & set(by_label.held_out[:, :2].ravel())
    i, j, same = by_label.held_out.T
    assert ((LABELS[i] == LABELS[j]) == same).all()
    assert {0, 1} == set(same)
    by_view = from_views(np.arange(20), rng)
    assert not set(by_view.items) & set(by_view.held_out[:, :2].ravel())
    pairs = np.unique(np.sort(judged(60)[:, :2], axis=1), axis=0)
    answers = (LABELS[pairs[:, 0]] == LABELS[pairs[:, 1]]) * 1.0
    by_pair = from_pairs(pairs, answers, np.ones(len(pairs)), 24, rng)
    i, j, _ = by_pair.held_out.T
    assert (by_pair.relation[i, j] == -1).all()
    assert (by_pair.relation == by_pair.relation.T).all()


def test_judgements_add_up_by_bayes_rule():
    # (0, 1) twice same, once different; (2, 3) one of each: unknown; (4, 5) same with weight 3.
    index = np.array(
        [[0, 1], [1, 0], [0, 1], [2, 3], [2, 3], [4, 5], *[[6, 7 + k] for k in range(9)]]
    )
    same = np.array([1, 1, 0, 1, 0, 1, *[k % 2 for k in range(9)]], dtype=float)
    weights = np.ones(15)
    weights[5] = 3.0
    for attempt in range(20):  # until none of the three pairs is held out
        found = from_pairs(index, same, weights, 16, np.random.default_rng(attempt), error=0.2)
        held = {tuple(sorted(pair)) for pair in found.held_out[:, :2].tolist()}
        if not held & {(0, 1), (2, 3), (4, 5)}:
            break
    posterior = {(0, 1): 0.8, (2, 3): 0.5, (4, 5): 0.8**3 / (0.8**3 + 0.2**3)}
    for (i, j), q in posterior.items():
        assert found.strength[i, j] == pytest.approx(abs(2 * q - 1), abs=1e-6)
    assert found.relation[2, 3] == -1
    assert found.relation[0, 1] == found.relation[5, 4] == 1
    train = {(i, j) for i, j in np.argwhere(found.strength > 0).tolist() if i < j}
    assert not held & train
    with pytest.raises(InputError, match=r"^pairs:.*\[0, 1\] judged both"):
        from_pairs(index, same, weights, 16, np.random.default_rng(0))


def test_a_judge_who_errs_is_outvoted():
    rng = np.random.default_rng(0)
    pairs = np.repeat(judged(70), 3, axis=0)
    wrong = rng.random(len(pairs)) < 0.2
    pairs[wrong, 2] = 1 - pairs[wrong, 2]
    weighted = np.column_stack([pairs, np.ones(len(pairs))])
    options = {"dim": 2, "seed": 0, "steps": 100, "width": 8, "loss": "contrastive"}
    network = siamese(textures(0), pairs=weighted, error=0.2, **options)
    z = network.embed(textures(1))
    assert retrieval_scores(1 - z @ z.T, LABELS, seed=0, resamples=0).p_at_1 > 0.9
    same = network.same(textures(1)[:6], textures(2)[:6])
    assert same.min() > 0.5  # the judge is wrong in a fifth, the probability need not be


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"images": textures(0)[:9]}, "images"),
        ({"images": textures(0)[:, :16, :16]}, "images"),
        ({"labels": LABELS[:3]}, "labels"),
        ({"labels": np.arange(24)}, "labels"),
        ({"pairs": judged(5)}, "pairs"),
        ({"pairs": judged(80), "labels": LABELS}, "pairs"),
        ({"pairs": np.concatenate([judged(80), judged(80)[:3] * [1, 1, -1] + [0, 0, 1]])}, "pairs"),
        ({"pairs": np.column_stack([judged(80), np.full(80, -1)])}, "pairs"),
        ({"pairs": judged(80), "error": 0.5}, "error"),
        ({"labels": LABELS, "error": 0.1}, "error"),
        ({"loss": "arcface"}, "loss"),
        ({"steps": 0}, "steps"),
        ({"width": 1.5}, "width"),
        ({"device": 3, "steps": 1}, "device"),
    ],
)
def test_bad_input_is_named(change, argument):
    given = {"images": textures(0), "dim": 2, "seed": 0} | change
    with pytest.raises(InputError, match=f"^{argument}"):
        siamese(given.pop("images"), **given)


def test_other_bad_input_is_named(trained):
    with pytest.raises(InputError, match=r"^images_b"):
        trained.same(textures(0), textures(0)[:3])
    with pytest.raises(InputError, match=r"^images"):
        trained.embed(np.stack([textures(0)] * 2, axis=1))
    fourth_layer = {"filters_0_3": trained.weights["filters_0_2"]}
    deep = replace(trained, weights=trained.weights | fourth_layer)
    with pytest.raises(InputError, match=r"^images: wanted at least 47 samples"):
        deep.embed(textures(0))
    with pytest.raises(InputError, match=r"^siamese"):
        embed("network", textures(0))


@pytest.mark.usefixtures("fully_compiled")
def test_a_dask_array_is_embedded_block_by_block_with_the_same_bits(trained):
    arrays = pytest.importorskip("dask.array")
    images = textures(1)
    found = trained.embed(arrays.from_array(images, chunks=(9, 32, 32)))
    assert isinstance(found, arrays.Array)
    held = trained.embed(images)
    np.testing.assert_array_equal(found.compute(scheduler="synchronous"), held)
    assert found.dtype == held.dtype
