"""A relief in raking light is as bright as Lambert's law says."""

import io

import numpy as np
import pytest
from PIL import Image

from labelling.expert_page.drawings import png
from labelling.expert_page.raking_light import ELEVATION, TURNS, raking_light

SLOPE = np.tan(ELEVATION) / np.sqrt(2)  # of a plane: its root mean square along a line is half


def lit(angle):
    """Return the brightness of a plane that rises towards a lamp at an angle from it."""
    normal = np.array([-SLOPE, 0, 1]) / np.hypot(SLOPE, 1)
    e = ELEVATION
    lamp = np.array([np.cos(e) * np.cos(angle), np.cos(e) * np.sin(angle), np.sin(e)])
    return normal @ lamp / (2 * np.sin(e))


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize(("axis", "rises"), [(1, 90), (0, 180)])  # rightwards, and downwards
def test_a_plane_has_the_light_of_its_angle(turn, axis, rises):
    plane = 3 + 7 * np.indices((8, 8))[axis].astype(float)
    found = raking_light(plane[None], turn)
    np.testing.assert_allclose(found, lit(np.deg2rad(turn - rises)), atol=1e-12)


def test_slopes_towards_the_lamp_are_dark_and_a_level_sheet_is_grey():
    bump = np.exp(-(((np.indices((21, 21)) - 10) / 4.0) ** 2).sum(axis=0))
    from_left, from_right = raking_light(bump[None], 270)[0], raking_light(bump[None], 90)[0]
    assert from_left[10, 6] > 0.6 > 0.4 > from_left[10, 14]
    np.testing.assert_allclose(from_left, from_right[:, ::-1], atol=1e-12)
    from_top = raking_light(bump[None], 0)[0]
    np.testing.assert_allclose(from_top, from_left.T, atol=1e-12)
    assert (raking_light(np.full((1, 5, 5), 0.3), 45) == 0.5).all()
    assert raking_light(np.ones((1, 1, 1)), 0).tolist() == [[[0.5]]]


def test_gain_offset_and_components_do_not_matter():
    image = np.random.default_rng(0).random((3, 16, 16))
    found = raking_light(image, 315)
    np.testing.assert_allclose(raking_light(40 * image - 3, 315), found, atol=1e-9)
    np.testing.assert_allclose(raking_light(image.mean(axis=0)[None], 315), found, atol=1e-12)
    assert 0 < ((found == 0) | (found == 1)).mean() < 0.1  # without light, or dazzling
    assert 0.2 < found.std() < 0.35


def test_the_picture_is_the_relief_and_missing_pixels_stay_transparent():
    image = np.random.default_rng(1).random((12, 12))
    image[3, 4] = np.nan
    shown = np.asarray(Image.open(io.BytesIO(png(image, light=135))))
    light = raking_light(image[None], 135)[0]
    assert (shown[..., 1] == 255 * ~np.isnan(image)).all()
    known = ~np.isnan(image)
    assert (shown[..., 0][known] == np.rint(255 * light[known])).all()
    assert np.isnan(raking_light(np.full((1, 4, 4), np.nan), 0)).all()
