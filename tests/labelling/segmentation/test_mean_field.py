"""Neighbours speak for each other: the definition, turns, regions, and what must not vanish."""

import numpy as np
import pytest
import torch

from labelling import segment, segment_votes
from synthesis import scenes
from toolbox import InputError
from toolbox.core.streams import generator
from toolbox.networks.segmentation.dihedral import D4, moved
from toolbox.networks.segmentation.mean_field import TURNS, WIDTH, mean_field

DRAWN = scenes("mosaic", n=3, size=32, classes=3, seed=0)
HOW = {"classes": 3, "members": 1, "network": "discriminant", "progress": False, "seed": 0}


def drawn(*shape):
    logits = torch.from_numpy(generator(0, "field").standard_normal(shape, dtype=np.float32))
    return logits.softmax(dim=1)


def by_pairs(q, strength):
    """Return the mean field by its definition, one pixel and one pair after the other."""
    classes, height, width = q.shape
    reach = int(3 * WIDTH)
    steps = np.arange(-reach, reach + 1)
    one = np.exp(-(steps**2) / (2 * WIDTH**2))
    one /= one.sum()

    def mirrored(at, size):
        at = abs(at)
        return at if at < size else 2 * (size - 1) - at

    p = q.copy()
    for _ in range(TURNS):
        new = np.empty_like(p)
        for row in range(height):
            for column in range(width):
                heard = np.zeros(classes)
                for a, wa in zip(steps, one, strict=True):
                    for b, wb in zip(steps, one, strict=True):
                        if (a, b) != (0, 0):
                            at = mirrored(row + a, height), mirrored(column + b, width)
                            heard += wa * wb * p[:, *at]
                said = q[:, row, column] ** (1 / (1 + strength)) * np.exp(strength * heard)
                new[:, row, column] = said / said.sum()
        p = new
    return p


def test_it_is_the_definition(monkeypatch):
    monkeypatch.setattr("toolbox.networks.segmentation.mean_field.WIDTH", 1.0)
    monkeypatch.setattr(f"{__name__}.WIDTH", 1.0)  # 7 x 7 pairs a pixel, not 25 x 25
    q = drawn(1, 3, 5, 6)
    expected = by_pairs(q[0].numpy().astype(float), 2.5)
    np.testing.assert_allclose(mean_field(q, 2.5)[0], expected, atol=1e-6)


def test_without_strength_pixels_stay_what_they_are():
    q = drawn(1, 3, 16, 16)
    np.testing.assert_array_equal(mean_field(q, 0.0), q)
    np.testing.assert_allclose(mean_field(q, 1e-6), q, atol=1e-5)
    trained = segment(DRAWN.images, masks=DRAWN.masks, **HOW)
    alone = segment_votes(trained, DRAWN.images)
    np.testing.assert_allclose(
        segment_votes(trained, DRAWN.images, neighbours=2.5)[0],
        mean_field(torch.from_numpy(alone[0]), 2.5),
        atol=1e-6,
    )


@pytest.mark.parametrize("element", D4[1:])
def test_turned_pictures_have_turned_fields(element):
    q = drawn(1, 3, 20, 20)
    turned = mean_field(moved(q, element).contiguous(), 2.5)
    np.testing.assert_allclose(turned, moved(mean_field(q, 2.5), element), atol=1e-5)


def noisy(mask, rng, sure):
    """Return what pixels say that are each right as often as `sure`, and know it."""
    wrong = rng.random(mask.shape) > sure
    said = np.where(wrong, 1 - mask, mask)
    return np.where(said == np.arange(2)[:, None, None], sure, 1 - sure)[None].astype(np.float32)


def test_regions_are_found_that_single_pixels_only_hint_at():
    mask = np.zeros((48, 48), int)
    mask[:, 24:] = 1
    q = noisy(mask, generator(0, "regions"), 0.7)
    p = mean_field(torch.from_numpy(q), 2.5).numpy()
    right = [(x.argmax(axis=1)[0] == mask).mean() for x in (q, p)]
    assert right[0] < 0.75
    assert right[1] > 0.95
    lost = [-np.log(np.where(mask == 1, x[0, 1], x[0, 0])).mean() for x in (q, p)]
    assert lost[1] < lost[0]


@pytest.mark.parametrize("across", [0, 1])
def test_a_line_one_pixel_wide_stays_where_its_pixels_are_sure(across):
    mask = np.zeros((48, 48), int)
    mask[20] = 1
    mask = mask.T if across else mask
    q = np.where(mask == np.arange(2)[:, None, None], 0.9999, 0.0001)[None].astype(np.float32)
    assert (mean_field(torch.from_numpy(q), 2.5).numpy().argmax(axis=1)[0] == mask).all()


def test_a_spot_of_two_percent_stays_where_its_pixels_are_sure():
    rows, columns = np.indices((64, 64)) - 31.5
    mask = (np.hypot(rows, columns) < 5.1).astype(int)
    assert 0.018 < mask.mean() < 0.022
    q = np.where(mask == np.arange(2)[:, None, None], 0.98, 0.02)[None].astype(np.float32)
    found = mean_field(torch.from_numpy(q), 2.5).numpy().argmax(axis=1)[0]
    assert (found == mask).mean() > 0.999


def test_no_neighbour_speaks_against():
    trained = segment(DRAWN.images, masks=DRAWN.masks, **HOW)
    with pytest.raises(InputError, match="neighbours: wanted"):
        segment_votes(trained, DRAWN.images, neighbours=-1)
