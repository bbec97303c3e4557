"""Segmenters learn from every kind of label, repeat themselves, and are exactly equivariant."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from labelling import equivariance_error, segment, segment_votes, segmentation_scores, weaken
from labelling.segmentation.fitting import in_steps
from synthesis import scenes
from toolbox import InputError
from toolbox.networks.segmentation.dihedral import D4, inverse, moved
from toolbox.networks.segmentation.pixel_networks import arrays_of, initialised, with_arrays
from toolbox.retraining.streams import generator
from toolbox.torch_features.pixel_channels import (
    WIDER,
    order_patterns,
    pixel_channels,
    transposed_order,
)

DRAWN = scenes("mosaic", n=4, size=32, classes=3, seed=0)
QUICK = {"classes": 3, "members": 1, "network": "linear", "steps": 40, "progress": False, "seed": 0}


def trained(**options):
    return segment(DRAWN.images, **QUICK | options)


def overlap(segmenter, drawn=DRAWN):
    return segmentation_scores(segmenter.predict(drawn.images), drawn.masks).mean_iou


# Of each network, the score that masks reach, and how much more a weak label is than nothing.
REACHED = {"linear": (0.4, 0.0), "discriminant": (0.8, 0.1)}
LEARN = {"linear": {}, "discriminant": {"network": "discriminant", "steps": None}}


@pytest.mark.parametrize("network", REACHED)
def test_masks_teach(network):
    assert overlap(trained(masks=DRAWN.masks, **LEARN[network])) > REACHED[network][0]


@pytest.mark.parametrize("network", REACHED)
@pytest.mark.parametrize("kind", ["scribble", "points", "not", "box", "tag", "coarse", "bounds"])
def test_every_kind_of_weak_label_teaches_more_than_nothing(kind, network):
    amount = {"scribble": 0.03, "points": 40, "not": 200}.get(kind)
    weak = weaken(DRAWN.masks, kind=kind, amount=amount, seed=0)
    blank = np.full((4, 32, 32), -1)
    blank[0, 0, 0] = DRAWN.masks[0, 0, 0]
    taught, nothing = trained(weak=weak, **LEARN[network]), trained(masks=blank, **LEARN[network])
    assert overlap(taught) > overlap(nothing) + REACHED[network][1]


def test_kinds_are_taught_together_and_each_to_its_images():
    tags = weaken(DRAWN.masks[:2], kind="tag", classes=3, seed=0)
    scribbles = weaken(DRAWN.masks[2:], kind="scribble", classes=3, items=[2, 3], seed=0)
    found = trained(weak=[tags, scribbles], unlabelled=DRAWN.images[:1])
    assert (found.labelled, found.unlabelled) == (4, 1)


@pytest.mark.parametrize("network", ["linear", "unet"])
def test_members_repeat_themselves_and_differ_from_each_other(network):
    options = {"masks": DRAWN.masks, "network": network, "steps": 3}
    one, two = (trained(**options, members=m).predict(DRAWN.images[:1]) for m in (1, 2))
    np.testing.assert_array_equal(one[0], two[0])
    assert (two[0] != two[1]).any()
    np.testing.assert_allclose(two.sum(axis=2), 1, atol=1e-5)


def test_a_segmenter_of_other_channels_is_refused():
    made = trained(masks=DRAWN.masks, steps=2)
    fewer = replace(made, centre=made.centre[:-1], scale=made.scale[:-1])
    with pytest.raises(InputError, match="segmenter: wanted one trained on 105 channels"):
        segment_votes(fewer, DRAWN.images)


def test_channels_are_averaged_over_wider_neighbourhoods():
    image = torch.from_numpy(DRAWN.images[:1].copy())
    one, wide = (pixel_channels(image)[0].numpy()[k] for k in (slice(0, 35), slice(35, 70)))
    padded = np.pad(one, ((0, 0), (5, 5), (5, 5)), mode="reflect")
    plain = sliding_window_view(padded, (11, 11), axis=(1, 2)).mean(axis=(3, 4))
    np.testing.assert_allclose(wide, plain, atol=1e-5)


def test_a_store_keeps_members(tmp_path):
    options = {"masks": DRAWN.masks, "steps": 3, "store": tmp_path}
    first = trained(**options).predict(DRAWN.images)
    again = trained(**options, members=2)
    np.testing.assert_array_equal(again.predict(DRAWN.images)[0], first[0])
    assert again.runs.verified


@pytest.mark.parametrize(
    ("network", "consistency"),
    [
        *product(["linear"], ["equivariance", "scale", "weak-to-strong", "distillation"]),
        *product(["discriminant"], ["mixture", "distillation"]),
    ],
)
def test_images_without_labels_change_what_is_learned(network, consistency):
    options = {"masks": DRAWN.masks, "unlabelled": DRAWN.images[:, :, ::-1]} | LEARN[network]
    with_them = trained(**options, consistency=consistency).predict(DRAWN.images)
    without = trained(**options).predict(DRAWN.images)
    assert np.abs(with_them - without).max() > 1e-4
    assert np.isfinite(with_them).all()


def test_the_exact_group_leaves_rounding_only():
    options = {"masks": DRAWN.masks, "network": "unet", "steps": 3, "group": "none"}
    plain, exact = trained(**options), trained(**options, exact_group="d4")
    assert equivariance_error(plain, DRAWN.images) > 1e-3
    assert equivariance_error(exact, DRAWN.images) < 1e-5
    turned = exact.predict(DRAWN.images.swapaxes(2, 3))
    np.testing.assert_allclose(turned, exact.predict(DRAWN.images).swapaxes(3, 4), atol=1e-5)


@pytest.mark.parametrize("element", D4)
def test_channels_of_a_turned_image_are_the_turned_channels(element):
    x = torch.tensor(generator(0, "image").standard_normal((1, 2, 32, 40)))
    order = transposed_order(2) if element[0] else np.arange(len(transposed_order(2)))
    expected = moved(pixel_channels(x), element)[:, torch.as_tensor(order)]
    torch.testing.assert_close(pixel_channels(moved(x, element)), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("reach", [1, 2])
def test_orders_of_grey_levels_are_counted_one_by_one(reach):
    """Peaks, then valleys, along rows, columns and diagonals; changes on the circle: by loops."""
    x = generator(0, "orders").integers(0, 4, (13, 13)).astype(float)  # with many ties
    middle, counts, places = 6, np.zeros(7), 0
    circle = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]
    for row in range(middle - WIDER, middle + WIDER + 1):
        for column in range(middle - WIDER, middle + WIDER + 1):
            around = [x[row + reach * i, column + reach * j] - x[row, column] for i, j in circle]
            for sign, first in ((-1, 0), (1, 3)):
                lines = [float(min(sign * around[k], sign * around[k + 4]) > 0) for k in range(4)]
                counts[first : first + 3] += lines[0], lines[2], (lines[1] + lines[3]) / 2
            counts[6] += np.mean([(around[k] > 0) != (around[k - 1] > 0) for k in range(8)])
            places += 1
    found = order_patterns(torch.tensor(x)[None, None], reach)[0, :, middle, middle].numpy()
    np.testing.assert_allclose(found, counts / places, rtol=1e-12)


def test_skewness_tells_dots_from_holes_and_orders_outlive_an_increasing_function():
    x = (generator(0, "dots").random((1, 1, 48, 48)) > 0.9).astype(float)
    dots, holes = (pixel_channels(torch.tensor(v - v.mean()))[0, 16] for v in (x, -x))
    assert float(dots.mean()) > 0.5
    np.testing.assert_allclose(holes, -dots, atol=1e-12)
    grey = torch.tensor(generator(0, "grey").standard_normal((1, 1, 40, 40)))
    assert torch.equal(order_patterns(grey, 1), order_patterns(grey.exp(), 1))


@pytest.mark.parametrize("element", D4)
def test_the_inverse_undoes_an_element_of_arrays_and_tensors(element):
    x = generator(0, "x").standard_normal((2, 3, 5))
    np.testing.assert_array_equal(moved(moved(x, element), inverse(element)), x)
    moved_tensor = moved(torch.tensor(x), element).numpy()
    np.testing.assert_array_equal(moved_tensor, moved(x, element))


def test_channels_tell_the_scale_and_the_direction_of_a_wave():
    i = np.arange(64.0)
    wave = np.sqrt(2) * np.sin(2 * np.pi * i / 4)  # four pixels: the second scale or the first
    x = np.broadcast_to(wave, (64, 64))
    fine = pixel_channels(torch.tensor(np.stack([x, x.T])[:, None].copy()))[:, :, 32, 32]
    assert fine[0, 1] > fine[0, 0] + 3  # what varies from column to column
    assert fine[1, 0] > fine[1, 1] + 3
    assert fine[0, 1] > fine[0, 10] + 3  # the first scale against the fourth


def test_weights_go_through_arrays_and_the_global_generator_stays():
    before = torch.random.get_rng_state()
    network = initialised("unet", 30, 4, generator(0, "weights")).eval()
    x = torch.tensor(generator(0, "x").standard_normal((1, 30, 34, 38)), dtype=torch.float32)
    with torch.no_grad():
        torch.testing.assert_close(with_arrays("unet", arrays_of(network))(x), network(x))
    assert torch.equal(before, torch.random.get_rng_state())
    assert 5e4 < sum(v.size for v in arrays_of(network).values()) < 2e5


def test_a_teacher_follows_as_a_moving_average():
    network = [initialised("linear", 30, 2, generator(0, "weights")) for _ in range(2)]
    with torch.no_grad():
        network[1].last.weight += 1
    in_steps.follow(*network, keep=0.98)
    np.testing.assert_allclose(network[0].last.weight.detach().numpy(), 0.02, rtol=1e-5)


def test_gain_and_offset_do_not_count():
    found = trained(masks=DRAWN.masks, steps=3)
    expected = found.predict(DRAWN.images)
    np.testing.assert_allclose(found.predict(3 * DRAWN.images + 7), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("network", "redraw", "images", "one"),
    [
        ("linear", ("init", "order", "augment"), 4, True),  # a step sees all of them
        ("linear", ("resample",), 4, False),
        ("discriminant", ("resample",), 1, True),  # a bootstrap of one image
        ("unet", ("init",), 1, False),
    ],
)
def test_members_that_are_one_model_say_so(network, redraw, images, one):
    x, masks = DRAWN.images[:images], DRAWN.masks[:images]
    options = {"network": network, "redraw": redraw, "members": 3, "steps": 20}
    found = segment(x, masks=masks, **QUICK | options)
    votes = found.predict(x)
    assert (np.abs(votes - votes[0]).max() < 0.01) == one
    assert ("3 members are one model" in found.note) == one


@pytest.mark.parametrize("kind", ["scribble", "points", "not", "box", "tag", "coarse", "bounds"])
def test_classes_that_no_label_tells_of_are_named(kind):
    """Masks of classes 0 to 2, of which 5 are asked for; "not" tells of no class where it is."""
    told = weaken(DRAWN.masks, kind=kind, classes=5, seed=0)
    found = segment(DRAWN.images, weak=told, **QUICK | {"classes": 5, "steps": 1})
    which = "0, 1, 2, 3, 4" if kind == "not" else "3, 4"
    assert found.note == f"no label tells of class {which}: where maps show it is a guess"
    masks = np.where(DRAWN.masks == 1, -1, DRAWN.masks)
    some = segment(DRAWN.images, masks=masks, **QUICK | {"classes": 3, "steps": 1})
    assert "no label tells of class 1:" in some.note


def test_children_of_a_training_image_are_not_scored():
    found = segment(DRAWN, masks=DRAWN.masks, **QUICK | {"steps": 2})
    with pytest.raises(InputError, match="units: wanted no image"):
        segmentation_scores(
            found.predict(DRAWN.images), DRAWN.masks, units=DRAWN.units, training_units=found.units
        )
    plain = segment(DRAWN.images, masks=DRAWN.masks, **QUICK | {"steps": 2})
    votes = plain.predict(DRAWN.images)
    scored = segmentation_scores(votes, DRAWN.masks, training_units=plain.units)
    assert "units of the training are not known" in scored.note


NARROW = scenes(n=1, size=32, classes=2, seed=0).images[:, :, :, :31]
WIDE = np.concatenate([DRAWN.images, DRAWN.images], axis=3)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"images": NARROW, "masks": DRAWN.masks}, "images: wanted images of at least 32"),
        ({"masks": DRAWN.masks[:, :31]}, "masks: wanted masks of shape"),
        ({"masks": DRAWN.masks + 1}, "masks: wanted classes 0 to 2"),
        ({"masks": np.full((4, 32, 32), -1)}, "masks: wanted a pixel"),
        ({}, "masks: wanted masks, or weak labels"),
        ({"masks": DRAWN.masks, "classes": 1}, "classes: wanted"),
        ({"weak": DRAWN.masks}, "weak: wanted WeakLabels"),
        (
            {"weak": weaken(DRAWN.masks, kind="tag", items=[0, 1, 2, 4], seed=0)},
            "weak: wanted labels of images 0 to 3",
        ),
        (
            {"weak": weaken(DRAWN.masks, kind="tag", classes=4, seed=0)},
            "weak: wanted labels of 3 classes",
        ),
        (
            {"weak": weaken(DRAWN.masks[:, :, :31], kind="tag", seed=0)},
            "weak: wanted labels of images of",
        ),
        ({"masks": DRAWN.masks, "consistency": "equivariance"}, "unlabelled: wanted images"),
        ({"masks": DRAWN.masks, "unlabelled": WIDE}, "unlabelled: wanted images of"),
        (
            {"images": WIDE, "masks": np.tile(DRAWN.masks, 2), "group": "d4"},
            "group: wanted 'd2'",
        ),
        (
            {"images": WIDE, "masks": np.tile(DRAWN.masks, 2), "exact_group": "d4"},
            "exact_group: wanted 'd2'",
        ),
    ],
)
def test_what_cannot_be_learned_is_refused(wrong, text):
    given = {"images": DRAWN.images} | QUICK | wrong
    with pytest.raises(InputError, match=text):
        segment(given.pop("images"), **given)


def test_images_of_another_kind_are_refused_by_name():
    found = trained(masks=DRAWN.masks, steps=1, exact_group="d4")
    with pytest.raises(InputError, match="images: wanted 1 components"):
        segment_votes(found, np.repeat(DRAWN.images, 2, axis=1))
    with pytest.raises(InputError, match="images: wanted square images, for the exact"):
        segment_votes(found, WIDE)
