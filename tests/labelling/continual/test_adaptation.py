"""Adapted towers: what is learned is what it says, and what is kept is kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from labelling import adapt, adapted_votes
from labelling.continual.adaptation import WAYS, Adapted, each_member
from similarity import captioned_scenes, embed_images, image_text, zero_shot
from toolbox import InputError, restore, save
from toolbox.core.streams import generator
from toolbox.networks.two_towers import adapting

COUNTS, SHAPES = ["one", "two", "three"], ["circle", "square", "triangle", "cross"]
SHORT = {"steps": 3, "seed": 0}


@pytest.fixture(scope="module")
def world():
    return captioned_scenes(300, size=24, seed=0)


@pytest.fixture(scope="module", params=["bag", "transformer"])
def model(request, world):
    short = {"steps": 30, "width": 4, "progress": False}
    return image_text(world.images, world.captions, text_network=request.param, seed=0, **short)


@pytest.fixture(scope="module")
def words(world):
    short = {"steps": 30, "width": 4, "progress": False}
    return image_text(world.images, world.captions, seed=0, **short)


def as_started(model, how):
    learned = adapting.start(how, model.weights, generator(0, "start"))
    return Adapted(
        model=model,
        how=how,
        learned={name: value[None] for name, value in learned.items()},
        losses=np.zeros((1, 0)),
        tasks=0,
    )


@pytest.mark.parametrize("how", WAYS)
def test_nothing_learned_changes_no_answer(model, world, how):
    """A prompt moves texts a little; a condition that is 0 leaves the prompt as it is."""
    images = world.images[:7]
    wanted = zero_shot(model, images, COUNTS).votes
    if "prompt" in how:
        wanted = adapted_votes(as_started(model, "prompt"), images, COUNTS)
    found = adapted_votes(as_started(model, how), images, COUNTS)
    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=1e-7)


def test_updates_of_low_rank_have_that_rank_and_touch_layers_alone(model, world):
    task = adapt(model, world.images, world.attributes[:, 0], candidates=COUNTS, **SHORT)
    towers = adapting.towers_of("lora", model.weights, model.architecture)
    learned = {name: torch.tensor(value) for name, value in each_member(task)[0].items()}
    changed = adapting.adapted(towers, learned)
    for name, old in model.weights.items():
        moved = changed[name].numpy() - old
        if old.ndim < 2 or "embedding" in name:
            np.testing.assert_array_equal(changed[name], old)
        else:
            singular = np.linalg.svd(moved.reshape(len(old), -1), compute_uv=False)
            assert singular[0] > 0, name
            assert (singular[adapting.RANK :] < 1e-5 * singular[0]).all(), name


def test_a_conditional_prompt_is_the_prompt_moved_by_each_image(model, world):
    images, rng = world.images[:3], generator(2, "condition")
    learned = dict(as_started(model, "conditional prompt").learned)
    up = rng.standard_normal(learned["condition.up"].shape).astype(np.float32)
    moving = replace(
        as_started(model, "conditional prompt"), learned=learned | {"condition.up": up}
    )
    found = adapted_votes(moving, images, COUNTS)
    for i, seen in enumerate(embed_images(model, images)):
        step = up[0] @ np.maximum(0, learned["condition.down"][0] @ seen)
        prompt = {"prompt": learned["prompt"] + step}
        own = replace(as_started(model, "prompt"), learned=prompt)
        wanted = adapted_votes(own, images[i : i + 1], COUNTS)
        np.testing.assert_allclose(found[:, i : i + 1], wanted, rtol=1e-4)
    assert np.abs(np.diff(found[0], axis=0)).max() > 0


@pytest.mark.parametrize("how", WAYS)
def test_a_task_is_learned_and_the_towers_stay_as_they_were(words, world, how):
    before = {name: value.copy() for name, value in words.weights.items()}
    y = world.attributes[:, 1]
    task = adapt(words, world.images, y, candidates=SHAPES, how=how, steps=40, seed=0)
    assert task.losses[0, -5:].mean() < task.losses[0, :5].mean() - 0.02
    votes = adapted_votes(task, world.images, SHAPES)
    known = zero_shot(words, world.images, SHAPES).votes
    assert (votes[0].argmax(axis=1) == y).mean() > (known[0].argmax(axis=1) == y).mean() - 0.02
    for name, value in before.items():
        np.testing.assert_array_equal(words.weights[name], value)


def test_members_are_drawn_apart_and_the_first_is_the_same_however_many(words, world):
    given = {"candidates": COUNTS, **SHORT}
    y = world.attributes[:, 0]
    one = adapt(words, world.images, y, **given)
    three = adapt(words, world.images, y, members=3, **given)
    votes = adapted_votes(three, world.images[:5], COUNTS)
    np.testing.assert_array_equal(votes[:1], adapted_votes(one, world.images[:5], COUNTS))
    assert np.ptp(votes, axis=0).max() > 1e-4
    second = adapt(three, world.images[:200], y[:200], members=3, **given)
    assert second.tasks == 2
    assert not np.array_equal(second.losses, three.losses)


def test_an_averaged_task_is_half_way(words, world):
    given = {"candidates": COUNTS, "how": "full", **SHORT}
    y = world.attributes[:, 0]
    free = adapt(words, world.images, y, **given)
    half = adapt(words, world.images, y, keep="average", **given)
    for name, value in free.learned.items():
        np.testing.assert_allclose(half.learned[name][0], (value[0] + words.weights[name]) / 2)


def weights_of(task):
    learned = {name: torch.tensor(value) for name, value in each_member(task)[0].items()}
    towers = adapting.towers_of(task.how, task.model.weights, task.model.architecture)
    return adapting.adapted(towers, learned)


def test_an_averaged_task_of_low_rank_is_half_way_in_the_weights(words, world):
    """Not in the factors, whose mean is half of one times half of the other."""
    given = {"candidates": COUNTS, "how": "lora", **SHORT}
    y = world.attributes[:, 0]
    free = weights_of(adapt(words, world.images, y, **given))
    first = adapt(words, world.images, y, keep="average", **given)
    half = weights_of(first)
    for name, old in words.weights.items():
        moved = free[name].numpy() - old
        np.testing.assert_allclose(half[name].numpy() - old, moved / 2, atol=1e-6)
    second = adapt(first, world.images[:99], y[:99], keep="average", **given)
    assert {v.shape for v in second.learned.values()} == {v.shape for v in first.learned.values()}


def test_the_mean_of_updates_of_low_rank_is_the_nearest_of_their_rank():
    rng = generator(0, "low rank")
    names = ("w.lora_up", "w.lora_down")
    old, new = (
        dict(zip(names, (rng.standard_normal((5, 2)), rng.standard_normal((2, 6))), strict=True))
        for _ in range(2)
    )
    mean = sum(each["w.lora_up"] @ each["w.lora_down"] for each in (old, new)) / 2
    found = adapting.halfway("lora", old, new)
    distance = np.linalg.norm(found["w.lora_up"] @ found["w.lora_down"] - mean)
    assert distance == pytest.approx(np.linalg.norm(np.linalg.svd(mean)[1][2:]), rel=1e-5)


def test_the_first_loss_is_the_cross_entropy_of_what_each_candidate_counts(words, world):
    images, y = world.images[:20], world.attributes[:20, 0]
    rng = generator(1, "shares")
    shares = rng.dirichlet(np.ones(3), size=20) * rng.random((20, 1))
    votes = zero_shot(words, images, COUNTS).votes[0]
    given = {"candidates": COUNTS, **SHORT}
    for labels, counted in ((shares, shares), (y, np.eye(3)[y]), (np.eye(3)[y], np.eye(3)[y])):
        task = adapt(words, images, labels, **given)
        wanted = -(counted * np.log(votes)).sum(axis=1).mean()
        assert task.losses[0, 0] == pytest.approx(wanted, rel=1e-4)


def test_what_is_kept_is_the_divergence_both_ways():
    rng = generator(0, "divergence")
    before, now = rng.standard_normal((2, 5, 3))
    wanted = 0.0
    for axis in (0, 1):
        p, q = (log_softmax(v, axis=axis) for v in (before, now))
        wanted += (np.exp(p) * (p - q)).sum() / before.shape[1 - axis]
    found = adapting.moved_answers(torch.tensor(before), torch.tensor(now))
    assert found.item() == pytest.approx(wanted)
    assert adapting.moved_answers(torch.tensor(now), torch.tensor(now)).item() < 1e-12


def test_the_first_loss_counts_what_is_replayed_and_nothing_that_has_not_moved(words, world):
    """Cross-entropies of the task and, four times, of the references among their texts."""
    images, y = world.images[:20], world.attributes[:20, 0]
    former, said = world.images[20:50], [SHAPES[k] for k in world.attributes[20:50, 1]]
    texts = sorted(set(said))
    known = [
        -np.log(zero_shot(words, x, asked).votes[0, np.arange(len(x)), right]).mean()
        for x, asked, right in (
            (images, COUNTS, y),
            (former, texts, [texts.index(text) for text in said]),
        )
    ]
    given = {"candidates": COUNTS, "reference": (former, said), **SHORT}
    first = {
        keep: adapt(words, images, y, keep=keep, **given).losses[0, 0]
        for keep in ("replay", "distil")
    }
    assert first["replay"] == pytest.approx(known[0] + 4 * known[1], rel=1e-4)
    assert first["distil"] == pytest.approx(known[0], rel=1e-4)


def divergence(old, new):
    return (old * np.log(old / new)).sum(axis=2).mean()


def test_distillation_holds_answers(words, world):
    """On images of the reference's kind, which were not among them."""
    new = captioned_scenes(200, size=24, seed=9)
    y, given = world.attributes[:, 0], {"how": "full", "steps": 40, "seed": 0}
    known = zero_shot(words, new.images, SHAPES).votes
    moved = {}
    for keep, reference in (("none", None), ("distil", (world.images, SHAPES))):
        task = adapt(
            words, world.images, y, candidates=COUNTS, keep=keep, reference=reference, **given
        )
        moved[keep] = divergence(known, adapted_votes(task, new.images, SHAPES))
    assert moved["distil"] < 0.3 * moved["none"]


def test_what_was_adapted_can_be_kept_on_disk(words, world, tmp_path):
    task = adapt(words, world.images, world.attributes[:, 0], candidates=COUNTS, **SHORT)
    save(task, tmp_path / "task.npz")
    again = restore(tmp_path / "task.npz")
    np.testing.assert_array_equal(
        adapted_votes(again, world.images[:4], COUNTS),
        adapted_votes(task, world.images[:4], COUNTS),
    )


def test_tasks_that_are_none_are_refused(words, world):
    images, y = world.images[:8], np.arange(8) % 3
    task = adapt(words, images, y, candidates=COUNTS, **SHORT)
    for match, changed in (
        ("labels: wanted whole numbers 0 to 2, .* got 1 to 3", {"labels": y + 1}),
        ("labels: wanted whole numbers .* got such as 'a'", {"labels": list("abcabcab")}),
        (r"labels: wanted \(8,\) or \(8, 3\)", {"labels": np.eye(2)[y % 2]}),
        ("labels: wanted shares .* sums up to 2", {"labels": 2 * np.eye(3)[y]}),
        ("labels: wanted shares .* least one of -1", {"labels": -np.eye(3)[y]}),
        ("labels: wanted at least two classes that", {"labels": np.eye(3)[0 * y]}),
        ("labels: wanted finite", {"labels": np.full((8, 3), np.nan)}),
        ("labels: wanted 8 labels", {"labels": [[1], [1, 2]]}),
        ("images: wanted a task that was not .* task 1", {"model": task}),
        (
            "images: wanted a task that was not learned",  # in another order
            {"model": task, "images": images[::-1], "labels": y[::-1]},
        ),
        ("candidates: .* reads differently, got 'one' and 'ONE'", {"candidates": ["one", "ONE"]}),
        ("images: wanted values like", {"images": np.full((8, 24, 24), 1e9)}),
        ("reference: wanted", {"keep": "distil", "reference": (np.zeros((0, 24, 24)), COUNTS)}),
        ("labels: wanted at least two classes", {"labels": 0 * y}),
        ("labels: wanted 8 labels", {"labels": y[:5]}),
        ("candidates: wanted each candidate once", {"candidates": ["one", "two", "one"]}),
        ("candidates: wanted words", {"candidates": ["one", "two", "xylophone"]}),
        ("images: wanted", {"images": np.zeros((0, 24, 24))}),
        ("reference: wanted none for keep='none'", {"reference": (images, COUNTS)}),
        ("reference: wanted .images, texts.", {"keep": "distil"}),
        ("reference: wanted 8 texts", {"keep": "replay", "reference": (images, COUNTS)}),
        ("reference: wanted at least two", {"keep": "distil", "reference": (images, ["one"])}),
        ("how: wanted 'lora', as", {"model": task, "how": "full"}),
        ("members: wanted 1, as", {"model": task, "members": 2}),
        ("model: wanted an ImageText", {"model": 3}),
    ):
        given = {"model": words, "images": images, "labels": y, "candidates": COUNTS} | changed
        with pytest.raises(InputError, match=match):
            adapt(given.pop("model"), given.pop("images"), given.pop("labels"), **given, **SHORT)
    with pytest.raises(InputError, match="adapted: wanted an Adapted"):
        adapted_votes(words, images, COUNTS)


def test_a_text_that_leaves_no_room_for_a_prompt_is_refused(world):
    short = {"text_network": "transformer", "width": 4, "steps": 2, "progress": False, "seed": 0}
    read = image_text(world.images[:40], world.captions[:40], **short)
    length = read.architecture["length"]
    texts = ["one", "two " * (length - 2)]
    assert zero_shot(read, world.images[:3], texts).votes.shape == (1, 3, 2)
    task = adapt(
        read, world.images[:40], np.arange(40) % 2, candidates=COUNTS, how="prompt", **SHORT
    )
    fitting = ["one", "two " * (length - 2 - adapting.PROMPT)]
    assert adapted_votes(task, world.images[:3], fitting).shape == (1, 3, 2)
    with pytest.raises(InputError, match=r"candidates: wanted texts .* behind a prompt"):
        adapted_votes(task, world.images[:3], texts)
    with pytest.raises(InputError, match=r"prompts: wanted texts of at most .* in the text at 1"):
        zero_shot(read, world.images[:3], ["one", "two " * length])
