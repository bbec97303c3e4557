"""Weak labels say nothing that the mask does not, and as much as was asked for."""

from dataclasses import replace

import numpy as np
import pytest

from labelling import segment, weaken
from synthesis import scenes
from toolbox import InputError

MASKS = scenes("mosaic", n=3, size=48, classes=4, seed=1).masks


def weak(kind, amount=None, **options):
    return weaken(MASKS, kind=kind, amount=amount, seed=0, **options)


@pytest.mark.parametrize("amount", [0.01, 0.05])
def test_scribbles_are_of_the_share_and_of_the_right_class(amount):
    found = weak("scribble", amount)
    drawn = found.labels >= 0
    np.testing.assert_array_equal(found.labels[drawn], MASKS[drawn])
    assert abs(drawn.mean() / amount - 1) < 0.4  # whole pixels in each patch, one at least
    for mask, told in zip(MASKS, found.labels, strict=True):
        assert set(told[told >= 0]) == set(mask.flat)
    assert found.seconds == 30


def test_points_are_as_many_as_asked_and_right():
    found = weak("points", 7)
    told = found.labels >= 0
    assert told.sum(axis=(1, 2)).tolist() == [7, 7, 7]
    np.testing.assert_array_equal(found.labels[told], MASKS[told])
    assert found.seconds == 42


def test_not_is_never_the_class():
    found = weak("not", 100)
    told = found.excluded >= 0
    assert told.sum() == 300
    assert (found.excluded[told] != MASKS[told]).all()
    assert set(found.excluded[told]) == {0, 1, 2, 3}


def test_boxes_are_those_of_the_scenes_and_grow_by_the_slack():
    drawn = scenes("mosaic", n=3, size=48, classes=4, seed=1)
    np.testing.assert_array_equal(weak("box").boxes, drawn.boxes)
    wide = weak("box", 2).boxes
    np.testing.assert_array_equal(wide[:, 2], np.maximum(drawn.boxes[:, 2] - 2, 0))
    np.testing.assert_array_equal(wide[:, 5], np.minimum(drawn.boxes[:, 5] + 2, 48))


def test_tags_bounds_and_coarse_masks_are_true():
    shares = np.stack([(MASKS == k).mean(axis=(1, 2)) for k in range(4)], axis=1)
    np.testing.assert_array_equal(weak("tag").tags, shares > 0)
    assert (weak("tag", 0.5).tags == -1).any()
    bounds = weak("bounds", 0.1).bounds
    np.testing.assert_allclose(bounds, np.stack([0.9 * shares, 1.1 * shares], axis=-1))
    coarse = weak("coarse", 16)
    block = MASKS[1, 16:32, 32:48].ravel()
    assert (coarse.labels[1, 16:32, 32:48] == np.bincount(block).argmax()).all()
    assert [len(np.unique(r)) for r in coarse.regions] == [9, 9, 9]


def test_what_is_unknown_stays_unknown_and_seeds_differ():
    masks = MASKS.copy()
    masks[:, :24] = -1
    assert (weaken(masks, kind="points", amount=50, seed=0).labels[:, :24] == -1).all()
    first, second = (weaken(MASKS, kind="points", seed=s).labels for s in (0, 1))
    assert (first != second).any()


def hidden_masks():
    """Return masks of which a half, or all, of an image is unknown."""
    masks = MASKS.copy()
    masks[0, :, 24:] = -1
    masks[1] = -1
    return masks


def test_weak_labels_of_masks_known_in_part_hold_for_whatever_is_hidden():
    """What was hidden is truth that none of the labels may contradict."""
    shares = np.stack([(MASKS == k).mean(axis=(1, 2)) for k in range(4)], axis=1)
    seen = {"seed": 0, "classes": 4}
    tags = weaken(hidden_masks(), kind="tag", **seen).tags
    assert ((tags == -1) | (tags == (shares > 0))).all()
    assert (tags[1] == -1).all()
    bounds = weaken(hidden_masks(), kind="bounds", amount=0, **seen).bounds
    assert (bounds[..., 0] <= shares).all()
    assert (shares <= bounds[..., 1]).all()
    assert (bounds[1] == [0, 1]).all()
    np.testing.assert_allclose(bounds[2], np.stack([shares[2]] * 2, axis=-1))
    coarse = weaken(hidden_masks(), kind="coarse", **seen)
    np.testing.assert_array_equal(coarse.regions >= 0, hidden_masks() >= 0)
    with pytest.raises(InputError, match="masks: wanted masks without unknown pixels for boxes"):
        weaken(hidden_masks(), kind="box", **seen)
    boxes = weaken(np.stack([MASKS[0], hidden_masks()[1]]), kind="box", **seen).boxes
    assert set(boxes[:, 0]) == {0}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"kind": "sketch"}, "kind: wanted one of"),
        ({"kind": "tag", "classes": 3}, "masks: wanted classes 0 to 2"),
        ({"kind": "points", "amount": 0.5}, "amount: wanted"),
        ({"kind": "scribble", "amount": 1}, "amount: wanted"),
        ({"kind": "tag", "items": [0, 0, 1]}, "items: wanted numbers of images"),
    ],
)
def test_what_no_expert_says_is_refused(wrong, text):
    with pytest.raises(InputError, match=text):
        weaken(MASKS, **{"seed": 0} | wrong)


TOLD = weaken(MASKS, kind="points", seed=0)
SPOT = np.where(TOLD.labels >= 0, 1, -1)


def hand_made(**fields):
    images = scenes("mosaic", n=3, size=48, classes=4, seed=1).images
    options = {"classes": 4, "members": 1, "network": "discriminant", "seed": 0, "progress": False}
    return segment(images, weak=replace(TOLD, **fields), steps=1, **options)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"items": np.array([-1, 0, 1])}, "items >= 0, each once"),
        ({"items": np.array([0, 0, 1])}, "items >= 0, each once"),
        ({"items": np.array([0, 1])}, "labels of shape .2, 48, 48., got shape .3"),
        ({"labels": SPOT * 7}, "labels of whole numbers from -1 to 3, got values from -7 to 7"),
        ({"excluded": SPOT * 0.5}, "excluded of whole numbers from -1 to 3"),
        ({"regions": SPOT * 10**9}, "regions of whole numbers from -1 to 2303"),
        ({"regions": np.zeros_like(SPOT)}, "labels wherever regions are"),
        ({"tags": np.full((3, 4), 2)}, "tags of whole numbers from -1 to 1"),
        ({"tags": np.full((3, 5), 1)}, "tags of shape .3, 4., got shape .3, 5."),
        ({"bounds": np.full((3, 4, 2), np.nan)}, "finite values only"),
        ({"bounds": np.tile([0.9, 0.1], (3, 4, 1))}, "bounds with .* got .0.9, 0.1."),
        ({"boxes": np.array([[0, 0, 0, 0, 48, 48], [3, 0, 0, 0, 4, 4]])}, "boxes .*got .3.0, 0.0"),
        ({"boxes": np.array([[0, 4, 0, 0, 4, 4]])}, "boxes .* inside the images"),
        ({"boxes": np.array([[0, 0, 0, 0, 4, 49]])}, "boxes .* inside the images"),
        ({"boxes": np.array([[0, 0, 4, 0, 4, 4]])}, "boxes .* inside the images"),
        (
            {"tags": [[-1] * 4, [0] * 4, [-1] * 4]},
            "a class that may be .* 0 for all of image 1",
        ),
        ({"bounds": np.tile([0, 0.2], (3, 4, 1))}, "bounds of shares .* for image 0"),
        ({"bounds": np.tile([0.3, 1], (3, 4, 1))}, "bounds of shares .* for image 0"),
        ({"excluded": TOLD.labels}, "labels that do not contradict .*'not [0-3]' of row"),
        (
            {"tags": np.ones((3, 4)) - np.eye(3, 4)},
            "labels that do not .*tag 0 of class 0 in",
        ),
    ],
)
def test_labels_that_an_expert_filled_in_wrongly_are_refused_by_name(fields, text):
    with pytest.raises(InputError, match=f"weak: wanted {text}"):
        hand_made(**fields)


def test_labels_of_two_kinds_that_cannot_both_be_so_are_refused():
    """Bounds of one record end below those of the other, for the second image that both tell of."""
    images = scenes("mosaic", n=3, size=48, classes=4, seed=1).images
    kinds = [weaken(MASKS[[2, 0]], kind="bounds", seed=0, items=[2, 0]) for _ in range(2)]
    low, high = (np.tile(np.float64([0, 1]), (2, 4, 1)) for _ in range(2))
    low[1, 3], high[1, 3] = [0.5, 0.6], [0.1, 0.2]
    weak_labels = [replace(kind, bounds=b) for kind, b in zip(kinds, (low, high), strict=True)]
    options = {"classes": 4, "members": 1, "network": "linear", "seed": 0, "progress": False}
    with pytest.raises(InputError, match=r"weak: wanted bounds of shares .* for image 0"):
        segment(images, weak=weak_labels, steps=1, **options)


def test_labels_that_an_expert_filled_in_may_be_lists_and_whole_floats():
    plain = hand_made().runs.outputs["last.weight"]
    for fields in ({"items": [0, 1, 2]}, {"labels": TOLD.labels * 1.0}):
        np.testing.assert_array_equal(hand_made(**fields).runs.outputs["last.weight"], plain)
