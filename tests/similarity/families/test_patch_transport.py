"""Tests of the sliced transport between patches."""

import numpy as np
import ot
import pytest

from similarity import patch_transport
from similarity.families.patch_transport import (
    drawn_places,
    euclidean,
    sorted_projections,
    unit_directions,
)
from toolbox import InputError
from toolbox.core.streams import generator


def patches_of(item, places, side):
    """Return the patches (m, values) of one (components, *space), cut one by one."""
    space = item.shape[1:]
    corners = np.unravel_index(places, tuple(n - side + 1 for n in space))
    return np.array(
        [
            item[(slice(None), *(slice(c, c + side) for c in corner))].ravel()
            for corner in zip(*corners, strict=True)
        ]
    )


@pytest.mark.parametrize("shape", [(4, 1, 20, 23), (3, 2, 12, 12), (3, 1, 200)])
def test_squared_distances_are_those_of_pot(shape):
    images = np.random.default_rng(0).standard_normal(shape).cumsum(axis=-1)
    dim = len(shape) - 2
    directions = unit_directions(shape[1] * 4**dim, 30, np.random.default_rng(1))
    places = drawn_places(shape[2:], 4, 64, np.random.default_rng(2))
    squared = euclidean(sorted_projections(images, places, directions, side=4)) ** 2
    clouds = [patches_of(item, places, 4) for item in images]
    for i, a in enumerate(clouds):
        for j, b in enumerate(clouds):
            expected = ot.sliced_wasserstein_distance(a, b, projections=directions) ** 2
            assert squared[i, j] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_the_public_function_draws_named_streams():
    images = np.random.default_rng(0).standard_normal((3, 16, 16))
    directions = unit_directions(9, 7, generator(5, "patches"))
    places = drawn_places((16, 16), 3, 50, generator(5, "places"))
    embedding = sorted_projections(images[:, None], places, directions, side=3)
    found = patch_transport(images, dim=2, patch=3, projections=7, patches=50, seed=5)
    assert np.array_equal(found, euclidean(embedding))
    assert (np.diag(found) == 0).all()


def test_near_items_beside_a_far_one_and_of_any_size():
    images = np.random.default_rng(0).standard_normal((5, 16, 16))
    options = {"dim": 2, "patch": 3, "projections": 7, "patches": 50, "seed": 5}
    alone = patch_transport(images, **options)
    for gain in (2.0**-560, 2.0**530):  # whose squares are no numbers
        np.testing.assert_array_equal(patch_transport(images * gain, **options), alone * gain)
    images[4] += 1e9  # of which single pixels keep seven digits
    found = patch_transport(images, **options)
    np.testing.assert_allclose(found[:4, :4], alone[:4, :4], rtol=1e-12)
    directions = unit_directions(9, 7, generator(5, "patches"))
    places = drawn_places((16, 16), 3, 50, generator(5, "places"))
    embedding = sorted_projections(images[:, None], places, directions, side=3)
    direct = np.linalg.norm(embedding[:, None] - embedding, axis=2)
    np.testing.assert_allclose(found, direct, rtol=1e-7)


def test_all_patches_are_taken_where_there_are_few():
    images = np.random.default_rng(0).standard_normal((3, 12, 12))
    rolled = np.rot90(images, 2, axes=(1, 2))  # the same values, other patches
    one = patch_transport(images, dim=2, patch=1, patches=10**6, seed=0)
    assert np.allclose(one, patch_transport(rolled, dim=2, patch=1, patches=10**6, seed=0))


def test_dtype_and_scale_follow_the_images():
    images = np.random.default_rng(0).standard_normal((3, 16, 16)).astype(np.float32)
    one = patch_transport(images, dim=2, seed=0)
    assert one.dtype == np.float32
    assert np.allclose(patch_transport(3 * images, dim=2, seed=0), 3 * one, rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"images": np.zeros((3, 4, 4))}, "images"),
        ({"images": np.full((3, 8, 8), np.nan)}, "images"),
        ({"dim": 3}, "dim"),
        ({"patch": 0}, "patch"),
        ({"projections": 0}, "projections"),
        ({"patches": 0}, "patches"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_input_is_named(change, argument):
    given = {"images": np.zeros((3, 16, 16)), "dim": 2, "seed": 0} | change
    with pytest.raises(InputError, match=f"^{argument}:"):
        patch_transport(given.pop("images"), **given)
