"""Questions that images answer themselves: the answers are right, and an encoder learns them."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from torch.nn.functional import cross_entropy

from labelling import segment
from labelling.segmentation.fitting import pretext_tasks
from labelling.segmentation.fitting.pretext_tasks import (
    ORDERS,
    ROTATIONS,
    ROUNDS,
    TASKS,
    Given,
    pretrain,
    which_cluster,
    which_order,
    which_turn,
)
from labelling.segmentation.segmenters import PRETRAINING
from labelling.segmentation.targets import unknown_targets
from labelling.segmentation.training_images import checked_images, training_data
from synthesis import scenes
from toolbox import InputError
from toolbox.networks.segmentation.dihedral import moved
from toolbox.networks.segmentation.pixel_networks import arrays_of, initialised
from toolbox.retraining.streams import generator
from toolbox.torch_features.pixel_channels import transposed_order

PIXEL = 20  # the channel of the pixel itself, which no turn exchanges
CHANNELS = len(transposed_order(1))


class Seen:
    """An encoder that gives back what it is shown."""

    def encoded(self, x):
        self.shown = x
        return (x,)


def test_turns_are_those_that_mirror_nothing():
    x = np.arange(12).reshape(3, 4)
    found = {moved(x, turn).tobytes() for turn in ROTATIONS}
    assert found == {np.ascontiguousarray(np.rot90(x, k)).tobytes() for k in range(4)}


@pytest.mark.parametrize(("shape", "kinds"), [((32, 32), 4), ((32, 40), 2)])
def test_the_answer_is_the_turn_that_was_given(shape, kinds):
    channels = generator(0, "turned").standard_normal((3, CHANNELS, *shape)).astype(np.float32)
    seen, rng = Seen(), generator(0, "asked")
    question = which_turn(Given(seen, channels, 1, 2, rng))
    assert question.answers == kinds
    turns = [turn for turn in ROTATIONS if kinds == 4 or not turn[0]]
    for _ in range(5):
        _, answers = question.ask(np.arange(3))
        for i, a in enumerate(answers.tolist()):
            expected = moved(channels[i, PIXEL], turns[a])
            np.testing.assert_array_equal(seen.shown[i, PIXEL].numpy(), expected)


def test_pieces_stand_in_the_order_that_is_the_answer_and_leave_a_gap():
    places = np.stack(np.meshgrid(np.arange(32), np.arange(40), indexing="ij")).astype(np.float32)
    seen = Seen()
    images = places[None].repeat(2, axis=0)
    question = which_order(Given(seen, images, 1, 2, generator(0, "pieces")))
    _, answers = question.ask(np.array([0, 1]))
    assert seen.shown.shape == (8, 2, 12, 15)
    pieces = seen.shown.numpy().reshape(2, 4, 2, -1)
    quarters = (pieces.min(axis=-1) >= [16, 20]) @ np.array([2, 1])
    np.testing.assert_array_equal(quarters, np.array(ORDERS)[answers.numpy()])
    inside = pieces.max(axis=-1) < np.stack([16 * (quarters // 2 + 1), 20 * (quarters % 2 + 1)], -1)
    assert inside.all()


def test_clusters_are_those_of_the_features_and_asked_alike():
    """Two kinds of places, one of them rare: with two clusters answers tell them apart."""
    x = np.zeros((6, 3, 32, 32), np.float32)
    x[:, :, :4, :8] = 1  # one place in 32
    seen = Seen()
    question = which_cluster(Given(seen, x, 1, 1, generator(0, "clusters")))
    features, answers = question.ask(np.arange(6))
    assert question.answers == 2
    high, said = features[:, 0].numpy() > 0.5, answers.numpy()
    assert (high == said).all() or (high != said).all()
    assert abs(high.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(high))


def arranged(n):
    """Return channels of images whose quarters are ever smoother, always in the same order."""
    noise = generator(0, "arranged").standard_normal((n, 1, 4, 16, 16))
    smooth = np.stack(
        [gaussian_filter(noise[:, :, k], (0, 0, k / 2, k / 2)) for k in range(4)], axis=2
    )
    smooth /= smooth.std(axis=(-1, -2), keepdims=True)
    rows = [np.concatenate([smooth[:, :, k], smooth[:, :, k + 1]], axis=3) for k in (0, 2)]
    images = checked_images(np.concatenate(rows, axis=2), "images")
    told = unknown_targets(n, images.shape[-2:], 3)
    told["labels"][:] = 0
    return training_data(images, told)["channels"]


@pytest.mark.parametrize("task", TASKS)
def test_an_encoder_learns_to_answer(task, monkeypatch):
    """Its cross-entropy falls, in each round, and ends below that of guessing."""
    losses, answers = [], []

    def noted(scores, wanted):
        loss = cross_entropy(scores, wanted)
        losses.append(loss.item())
        answers.append(scores.shape[1])
        return loss

    monkeypatch.setattr(pretext_tasks, "STEPS", 60)
    monkeypatch.setattr(pretext_tasks, "cross_entropy", noted)
    network = initialised("unet", CHANNELS, 3, generator(0, "weights")).train()
    pretrain(Given(network, arranged(6), 1, 3, generator(0, "taught")), task=task)
    rounds = np.reshape(losses, (ROUNDS[task], -1))
    assert (rounds[:, -4:].mean(axis=1) < 0.9 * rounds[:, :4].mean(axis=1)).all()
    assert (rounds[:, -4:].mean(axis=1) < 0.9 * np.log(answers[0])).all()


def test_pretraining_changes_the_encoder_alone():
    network = initialised("unet", CHANNELS, 3, generator(0, "weights")).train()
    before = arrays_of(network)
    channels = arranged(2)
    pretrain(Given(network, channels, 1, 3, generator(0, "t")), task="rotation")
    changed = {
        name.split(".")[0] for name, v in arrays_of(network).items() if (v != before[name]).any()
    }
    assert changed == {"enter", "down", "bottom"}


def test_a_network_without_an_encoder_is_refused():
    assert ("none", *TASKS) == PRETRAINING
    drawn = scenes(n=1, size=32, classes=2, seed=0)
    options = {"classes": 2, "members": 1, "seed": 0, "progress": False, "network": "linear"}
    with pytest.raises(InputError, match="pretraining: wanted 'none' for 'linear'"):
        segment(drawn.images, masks=drawn.masks, pretraining="jigsaw", **options)
    with pytest.raises(InputError, match="pretraining: wanted one of"):
        segment(drawn.images, masks=drawn.masks, pretraining="colours", **options)
