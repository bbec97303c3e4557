"""Each loss against its definition, written out for each pixel; and what it makes a map do."""

import numpy as np
import pytest
import torch

from labelling import weaken
from labelling.segmentation.fitting import partial_losses as losses
from labelling.segmentation.targets import labelled_images, told_targets, unknown_targets
from synthesis import scenes
from toolbox.core.streams import generator

N, C, H, W = 2, 3, 6, 5
LOGITS = torch.tensor(generator(0, "logits").standard_normal((N, C, H, W)))
P = LOGITS.softmax(dim=1).numpy()
LOGP = LOGITS.log_softmax(dim=1)


def told(**changes):
    targets = unknown_targets(N, (H, W), C) | changes
    return {name: torch.from_numpy(np.asarray(v)) for name, v in targets.items()}


def test_cross_entropy_and_not_that_class_pixel_by_pixel():
    labels = np.full((N, H, W), -1)
    labels[0, 1, 2], labels[0, 3, 0], labels[1, 5, 4] = 2, 0, 1
    first = -(np.log(P[0, 2, 1, 2]) + np.log(P[0, 0, 3, 0])) / 2
    expected = (first - np.log(P[1, 1, 5, 4])) / 2
    assert losses.cross_entropy(LOGP, torch.tensor(labels)).item() == pytest.approx(expected)
    first = -(np.log(1 - P[0, 2, 1, 2]) + np.log(1 - P[0, 0, 3, 0])) / 2
    expected = (first - np.log(1 - P[1, 1, 5, 4])) / 2
    assert losses.not_that_class(LOGP, torch.tensor(labels)).item() == pytest.approx(expected)


def test_allowed_classes_sum_their_probabilities():
    allowed = np.ones((N, C, H, W), bool)
    allowed[1, 0, :2] = False
    allowed[1, :, 5] = False  # contradictory: says nothing
    expected = -np.log(P[1, 1:, :2].sum(axis=0)).mean()
    assert losses.allowed_classes(LOGP, torch.tensor(allowed)).item() == pytest.approx(expected)


def test_projections_take_the_largest_of_each_row_and_column():
    boxed = np.zeros((N, C, H, W), bool)
    boxed[0, 1, 1:4, 2:5] = True
    inside = P[0, 1, 1:4, 2:5]
    expected = -(np.log(inside.max(axis=1)).mean() + np.log(inside.max(axis=0)).mean()) / 2
    assert losses.box_projections(LOGP, torch.tensor(boxed)).item() == pytest.approx(expected)


def test_regions_are_averaged_before_the_logarithm():
    regions, majority = np.full((N, H, W), -1), np.full((N, H, W), -1)
    regions[0, :3], majority[0, :3] = 0, 2
    regions[1, 2:4], majority[1, 2:4] = 0, 1
    means = [P[0, 2, :3].mean(), P[1, 1, 2:4].mean()]
    found = losses.region_majority(LOGP, torch.tensor(regions), torch.tensor(majority))
    assert found.item() == pytest.approx(-np.log(means).mean(), rel=1e-5)


def test_tags_pool_the_highest_odds_and_hinges_square_the_excess():
    tags = np.array([[1, 0, -1], [-1, -1, -1]])
    odds = np.sort(np.log(P[0] / (1 - P[0])).reshape(C, -1))[:, -2:].mean(axis=1)  # .05 of 30
    expected = (np.log1p(np.exp(-odds[0])) + np.log1p(np.exp(odds[1]))) / 2
    assert losses.tagged(LOGITS, torch.tensor(tags)).item() == pytest.approx(expected)
    bounds = np.tile([0.0, 1.0], (N, C, 1))
    bounds[1, 0], bounds[1, 2] = (0.9, 1), (0, 0.1)
    share = P[1].mean(axis=(1, 2))
    expected = 10 * ((0.9 - share[0]) ** 2 + (share[2] - 0.1) ** 2) / 2
    assert losses.size_hinges(LOGP, torch.tensor(bounds)).item() == pytest.approx(expected)


def test_the_sum_is_that_of_the_kinds_and_nothing_told_costs_nothing():
    assert losses.partial_loss(LOGITS, told()).item() == 0
    labels = np.full((N, H, W), -1)
    labels[0, 0, 0] = 1
    tags = np.full((N, C), -1)
    tags[1, 2] = 1
    both = losses.partial_loss(LOGITS, told(labels=labels, tags=tags)).item()
    each = [
        losses.partial_loss(LOGITS, told(**one)).item()
        for one in ({"labels": labels}, {"tags": tags})
    ]
    assert both == pytest.approx(sum(each))


def test_every_loss_is_all_but_zero_at_the_truth():
    drawn = scenes(n=2, size=32, classes=3, seed=0)
    kinds = ("scribble", "points", "not", "box", "tag", "coarse", "bounds")
    for kind in kinds:
        amount = 1 if kind == "coarse" else None
        weak = weaken(drawn.masks, kind=kind, amount=amount, classes=3, seed=0)
        targets = told_targets(None, [weak], n=2, shape=(32, 32), classes=3)
        sure = 30 * np.moveaxis(np.eye(3)[drawn.masks], -1, 1)
        given = {k: torch.from_numpy(v) for k, v in targets.items()}
        assert losses.partial_loss(torch.tensor(sure), given).item() < 1e-3, kind
        wrong = losses.partial_loss(torch.tensor(np.roll(sure, 1, axis=1)), given).item()
        assert wrong > 0.01, kind
        assert labelled_images(targets).all()
