"""Scenes: their masks are exact, their grey levels tell nothing, their parts share no pixel."""

import numpy as np
import pytest
from PIL import Image
from scipy.special import ndtri

from synthesis import scenes
from synthesis.simulated_scenes import layouts
from synthesis.simulated_scenes.texture_bank import (
    FIELDS,
    PHOTOGRAPHS,
    normal_scores,
    texture,
    texture_names,
)
from toolbox import InputError
from toolbox.core.streams import generator

SEED, OTHER = 3, 5  # of textures, each drawn once for all tests
KINDS = ("mosaic", "cutouts", "parcels", "road")


@pytest.mark.parametrize("kind", KINDS)
def test_masks_boxes_and_tags_say_the_same(kind):
    drawn = scenes(kind, n=3, size=48, rare=0.02, seed=SEED)
    c = len(drawn.classes)
    assert drawn.masks.min() >= 0
    assert drawn.masks.max() == c - 1
    for scene, mask in enumerate(drawn.masks):
        assert np.flatnonzero(drawn.tags[scene]).tolist() == np.unique(mask).tolist()
        covered = np.zeros((c, *mask.shape), bool)
        for _, k, top, left, bottom, right in drawn.boxes[drawn.boxes[:, 0] == scene]:
            inside = mask[top:bottom, left:right] == k
            assert inside.any(axis=1).all()  # tight: every row and column holds the class
            assert inside.any(axis=0).all()
            covered[k, top:bottom, left:right] = True
        assert covered[mask, *np.indices(mask.shape)].all()
    assert (drawn.masks == c - 1).sum(axis=(1, 2)).tolist() == [46, 46, 46]  # .02 of 48 x 48


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_is_the_same_for_any_number_and_another_for_another_seed(kind):
    first, more = scenes(kind, n=1, size=32, seed=SEED), scenes(kind, n=3, size=32, seed=SEED)
    np.testing.assert_array_equal(first.images[0], more.images[0])
    np.testing.assert_array_equal(first.masks[0], more.masks[0])
    other = scenes(kind, n=1, size=32, seed=OTHER)
    assert (other.images != first.images).any()


def test_grey_levels_of_a_patch_are_normal_scores_whatever_its_texture():
    drawn = scenes("mosaic", n=4, size=48, classes=4, seed=SEED)
    for image, mask in zip(drawn.images[:, 0], drawn.masks, strict=True):
        for k in np.unique(mask):
            values = image[mask == k]
            assert abs(values.mean()) < 1e-5
            assert abs((values > ndtri(0.75)).mean() - 0.25) < 0.02


def test_normal_scores_are_those_of_the_ranks_and_ties_are_broken_at_random():
    rng = generator(0, "ranks")
    values = rng.standard_normal((9, 7))
    expected = ndtri((np.argsort(np.argsort(values.ravel())) + 0.5) / 63).reshape(9, 7)
    np.testing.assert_allclose(normal_scores(values, rng), expected, rtol=1e-6)
    flat = normal_scores(np.zeros((40, 40)), rng)
    assert abs(np.corrcoef(flat.ravel(), np.arange(1600))[0, 1]) < 0.1


@pytest.mark.parametrize("name", [*PHOTOGRAPHS, *FIELDS])
def test_the_parts_of_a_texture_share_no_pixel(name):
    first, second = (texture(name, part, SEED) for part in ("first", "second"))
    assert first.shape == second.shape == (512, 256)
    rows = {tuple(row) for row in np.round(first[::8, :24], 4).tolist()}
    assert not rows & {tuple(row) for row in np.round(second[::8, :24], 4).tolist()}
    steps = [np.diff(values).ravel() for values in (first, second)]  # long memory differenced away
    assert abs(np.corrcoef(*steps)[0, 1]) < 0.1


def test_the_classes_are_different_textures_half_of_them_photographs():
    names = texture_names(6, 0)
    assert len(set(names)) == 6
    assert sum(name in PHOTOGRAPHS for name in names) == 3
    assert len(set(texture_names(14, 0))) == 14


def test_children_are_cut_from_one_parent_and_carry_its_unit():
    drawn = scenes("parcels", n=5, size=32, per_parent=2, seed=SEED)
    assert len(set(drawn.units)) == 3
    assert drawn.units[0] == drawn.units[1] != drawn.units[2]
    joined = np.concatenate(drawn.masks[:2])
    assert (joined[31] == joined[32]).mean() > (joined[31] == drawn.masks[2][0]).mean()
    assert set(drawn.units).isdisjoint(
        scenes("parcels", n=5, size=32, part="second", seed=SEED).units
    )


def test_all_classes_are_in_the_first_two_scenes():
    hands = layouts.dealt_classes(6, 6, generator(0, "hands"))
    assert set(hands[0]) | set(hands[1]) == set(range(6))
    assert {len(set(hand)) for hand in hands} == {4}


def test_a_blob_has_exactly_its_pixels_and_lies_in_the_scene():
    for pixels in (1, 20, 333):
        spot = layouts.blob((40, 30), pixels, generator(pixels, "blob"))
        assert spot.sum() == pixels


def test_cutouts_of_a_folder_keep_their_opaque_pixels(tmp_path):
    for name, colour in (("apple", (255, 0, 0)), ("leaf", (0, 255, 0))):
        (tmp_path / name).mkdir()
        pixels = np.zeros((20, 20, 4), np.uint8)
        pixels[5:15, 5:15, :3], pixels[5:15, 5:15, 3] = colour, 255
        Image.fromarray(pixels).save(tmp_path / name / "one.png")
    drawn = scenes("cutouts", n=4, size=48, cutouts=tmp_path, seed=SEED)
    assert drawn.classes == ("background", "apple", "leaf")
    red = (drawn.images == np.float32([1, 0, 0])[:, None, None]).all(axis=1)
    np.testing.assert_array_equal(red, drawn.masks == 1)


def test_a_folder_that_holds_no_classes_of_cutouts_is_refused(tmp_path):
    """A folder, not a file of arrays or of pixels, and images in its sub-folders alone."""
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "one.png")
    (tmp_path / "empty").mkdir()
    for place in (tmp_path, tmp_path / "one.png", tmp_path / "empty"):
        with pytest.raises(InputError, match="cutouts: wanted a folder whose sub-folders"):
            scenes("cutouts", n=1, size=32, cutouts=place, seed=0)
    with pytest.raises(InputError, match="cutouts: wanted an existing"):
        scenes("cutouts", n=1, size=32, cutouts=tmp_path / "none", seed=0)


def test_the_picture_shows_the_images_and_their_masks():
    drawn = scenes("mosaic", n=2, size=32, classes=3, seed=SEED)
    shown = drawn.plot().axes[2].images[0].get_array()
    np.testing.assert_array_equal(shown, drawn.masks[0])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"size": 31}, "size: wanted"),
        ({"classes": 1}, "classes: wanted"),
        ({"classes": 15}, "classes: wanted at most 14"),
        ({"rare": 0.0001}, "rare: wanted a pixel"),
        ({"per_parent": 17}, "per_parent: wanted at most 16"),
        ({"cutouts": "here"}, "cutouts: wanted None"),
        ({"kind": "road", "classes": 7}, "classes: wanted 5"),
        ({"kind": "cutouts", "classes": 20}, "classes: wanted at most 8"),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong, text):
    with pytest.raises(InputError, match=text):
        scenes(**{"n": 1, "size": 32, "seed": 0} | wrong)
