"""Two towers trained from scratch: the loss, what they answer without labels, what is refused."""

import numpy as np
import pytest
import torch
from scipy.ndimage import center_of_mass, find_objects, label

from similarity import (
    answer_questions,
    captioned_scenes,
    embed_images,
    embed_texts,
    image_text,
    question_features,
    scene_questions,
    zero_shot,
)
from similarity.benchmark_sets.scenes_with_captions import ATTRIBUTES, COMPOSITIONS, caption
from toolbox import InputError, restore, save
from toolbox.core.streams import generator
from toolbox.networks.two_towers.contrastive_training import contrastive_loss

QUIET = {"progress": False}


@pytest.fixture(scope="module")
def world():
    return captioned_scenes(700, size=24, seed=0)


@pytest.fixture(scope="module")
def model(world):
    return image_text(world.images, world.captions, seed=0, steps=80, width=6, **QUIET)


def test_the_loss_is_the_mean_of_both_cross_entropies():
    rng = generator(0, "loss")
    u, v = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in rng.standard_normal((2, 5, 3)))
    group = np.array([0, 1, 0, 2, 3])
    wanted = 0.0
    for a, b in ((u, v), (v, u)):
        for i in range(5):
            p = np.exp(7 * a[i] @ b.T)
            p /= p.sum()
            wanted -= np.mean([np.log(p[j]) for j in range(5) if group[j] == group[i]]) / 10
    found = contrastive_loss(*map(torch.tensor, (u, v, np.array(7.0), group)))
    assert found.item() == pytest.approx(wanted, rel=1e-6)


def test_captions_are_true_of_the_images():
    scenes = captioned_scenes(400, size=48, seed=3)
    assert scenes.captions[0] == caption(scenes.attributes[0])
    np.testing.assert_array_equal(COMPOSITIONS[scenes.composition], scenes.attributes)
    plain = scenes.attributes[:, 3] == 0
    fill = [[] for _ in range(4)]
    for image, row in zip(scenes.images[plain], scenes.attributes[plain], strict=True):
        spots, number = label(image > 0.6)
        sizes = np.bincount(spots.ravel())[1:]
        assert number == row[0] + 2  # one to three objects, and the dot
        dot, *objects = np.argsort(sizes) + 1
        middle = np.array(center_of_mass(image > 0.6, spots, dot))
        for each in objects:
            down, right = center_of_mass(image > 0.6, spots, each) - middle
            side = (-down, down, -right, right)[row[2]]
            assert side > 5
            box = find_objects(spots)[each - 1]
            fill[row[1]].append((spots[box] == each).mean())
    circle, square, triangle, cross = map(np.mean, fill)
    assert square > 0.98  # the share of its box that each shape fills
    assert circle == pytest.approx(np.pi / 4, abs=0.06)
    assert triangle == pytest.approx(0.5, abs=0.08)
    assert cross == pytest.approx(2 * 0.3 - 0.3**2, abs=0.08)
    ground = [scenes.images[scenes.attributes[:, 3] == t][:, :4, :4] for t in range(4)]
    spread = [g.std(axis=(1, 2)).mean() for g in ground]
    assert spread[0] < 1e-6 < 0.05 < min(spread[1:])


def test_held_out_compositions_are_the_same_ones_and_styles_change_no_caption():
    light, dark = (captioned_scenes(400, style=s, seed=5) for s in ("light", "dark"))
    kept = set(light.composition[light.held_out])
    assert kept.isdisjoint(light.composition[~light.held_out])
    assert kept.isdisjoint(dark.composition[~dark.held_out])
    assert set(COMPOSITIONS[light.composition[~light.held_out]].max(axis=0)) == {2, 3}
    assert light.images.mean() < 0.5 < dark.images.mean()
    assert not captioned_scenes(50, held_out=0, seed=5).held_out.any()


def test_questions_are_answered_by_the_scene(world):
    asked = scene_questions(world, seed=1)
    for i in range(50):
        names = list(ATTRIBUTES.values())[asked.about[i]]
        assert names.index(asked.answers[i]) == world.attributes[i, asked.about[i]]
    assert set(asked.about) == {0, 1, 2, 3}


def test_training_finds_the_texts_of_images_it_never_saw(model):
    fresh = captioned_scenes(300, size=24, seed=0, held_out=0.0)
    for column, (name, words) in enumerate(ATTRIBUTES.items()):
        told = zero_shot(model, fresh.images, words, templates="{}")
        right = (told.votes[0].argmax(axis=1) == fresh.attributes[:, column]).mean()
        assert right > 1 / len(words) + 0.15, name
    assert model.losses[-10:].mean() < model.losses[:10].mean() / 2


def test_votes_are_the_softmax_of_scaled_cosines(model, world):
    images = world.images[:6]
    told = zero_shot(model, images, ["one circle", "two squares"], templates=["{}", "{} above"])
    texts = [embed_texts(model, [t, f"{t} above"]).mean(axis=0) for t in told.candidates]
    texts = np.array([v / np.linalg.norm(v) for v in texts])
    cosines = embed_images(model, images) @ texts.T
    np.testing.assert_allclose(told.similarities, cosines, atol=1e-6)
    factor = np.exp(min(float(model.weights["logit_scale"]), np.log(100)))
    odds = factor * (cosines[:, 0] - cosines[:, 1])
    np.testing.assert_allclose(told.votes[0, :, 0], 1 / (1 + np.exp(-odds)), rtol=1e-4)


def test_an_answer_is_the_text_of_question_and_candidate_that_fits_best(model, world):
    images = world.images[:5]
    questions = ["how many circle", "texture ground", "how many circle", "the dot", "ground"]
    told = answer_questions(model, images, questions, candidates=["one", "two"])
    for i, question in enumerate(questions):
        texts = embed_texts(model, [f"{question} one", f"{question} two"])
        wanted = embed_images(model, images[i : i + 1]) @ texts.T
        np.testing.assert_allclose(told.similarities[i], wanted[0], atol=1e-5)
    features = question_features(model, images, questions)
    u, q = embed_images(model, images), embed_texts(model, questions)
    np.testing.assert_allclose(features, np.hstack([u, q, 8 * u * q]), atol=1e-5)


def test_a_causal_transformer_reads_the_order_of_words_and_a_bag_does_not(world, model):
    read = image_text(
        world.images, world.captions, text_network="transformer", seed=0, steps=3, width=4, **QUIET
    )
    pair = ["circle above dot", "dot above circle"]
    a, b = read.embed_texts(pair)
    assert np.abs(a - b).max() > 1e-4
    c, d = model.embed_texts(pair)
    np.testing.assert_allclose(c, d, atol=1e-6)
    alone = read.embed_texts(pair[:1])  # what fills a batch up changes nothing
    np.testing.assert_allclose(alone[0], a, atol=1e-6)


def test_the_same_seed_gives_the_same_bits_and_a_file_keeps_them(world, model, tmp_path):
    again = image_text(world.images, world.captions, seed=0, steps=80, width=6, **QUIET)
    for name, value in model.weights.items():
        np.testing.assert_array_equal(again.weights[name], value)
    save(model, tmp_path / "model.npz")
    kept = restore(tmp_path / "model.npz")
    np.testing.assert_array_equal(
        kept.embed_images(world.images[:3]), model.embed_images(world.images[:3])
    )


def refused(match, function, *arguments, **options):
    with pytest.raises(InputError, match=match) as caught:
        function(*arguments, **options)
    assert "\n" not in str(caught.value)


def test_nonsense_is_refused_in_one_line(model, world):
    x, said = world.images, world.captions
    refused("texts: wanted 700 texts", image_text, x, said[:5], seed=0)
    refused("texts: wanted texts that are not empty", image_text, x[:2], ["a", " "], seed=0)
    refused("texts: wanted at least two different", image_text, x[:2], ["a", "a"], seed=0)
    refused("texts: wanted words that the network", embed_texts, model, ["zebra"])
    refused("prompts: wanted each candidate once", zero_shot, model, x, ["one", "one"])
    refused("prompts: wanted at least two", zero_shot, model, x, ["one"])
    refused("prompts: .* only unknown ones in 'zebra'", zero_shot, model, x, ["one", "zebra"])
    refused("prompts: .* differently, got 'one' and 'One'", zero_shot, model, x, ["one", "One"])
    alike = ["one zebra", "lion one"]
    refused("prompts: .* reads differently", zero_shot, model, x, alike)
    a_dot = {"templates": "a dot {}"}  # whose words are known, the candidates' not
    refused("prompts: .* only unknown ones", zero_shot, model, x, ["zebra", "lion"], **a_dot)
    unknown = {"candidates": ["one", "zebra"]}
    refused("candidates: .* only unknown", answer_questions, model, x, "dot", **unknown)
    refused("images: wanted values like", embed_images, model, np.full((1, 24, 24), 1e300))
    refused("templates: wanted", zero_shot, model, x, ["one", "two"], templates="a scene")
    two, twice = {"candidates": ["one", "two"]}, {"candidates": ["one", "one"]}
    refused("questions: wanted 700", answer_questions, model, x, ["one"] * 3, **two)
    refused("candidates: wanted each", answer_questions, model, x, "dot", **twice)
    refused("images: wanted a size", embed_images, model, np.zeros((1, 32, 32)))
    refused("images: wanted at least 16", image_text, np.zeros((2, 8, 8)), ["a", "b"], seed=0)
    refused("images: wanted values that vary", image_text, np.ones((2, 16, 16)), "ab", seed=0)
    refused("model: wanted an ImageText", embed_images, "model", x)
