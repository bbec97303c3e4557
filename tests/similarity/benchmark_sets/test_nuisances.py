"""Tests of the nuisances: what they change, and that evidence does not see gain and offset."""

import numpy as np
import pytest
from scipy.ndimage import convolve1d

from similarity import evidence, nuisance
from similarity.benchmark_sets.nuisances import KINDS
from toolbox import InputError

IMAGES = np.random.default_rng(0).standard_normal((40, 32, 32)).cumsum(axis=1) + 3


def pairs(changed):
    return zip(IMAGES, changed, strict=True)


def fitted_line(before, after):
    slope, offset = np.polyfit(before.ravel(), after.ravel(), 1)
    np.testing.assert_allclose(after, slope * before + offset, atol=1e-9)
    return slope, offset


def test_gain_and_offset_are_a_line_each():
    slopes = [fitted_line(a, b)[0] for a, b in pairs(nuisance(IMAGES, "gain", seed=0))]
    assert 0.5 <= min(slopes) < 0.7 < 1.4 < max(slopes) <= 2
    moved = nuisance(IMAGES, "offset", seed=0)
    offsets = [fitted_line(a, b)[1] / a.std() for a, b in pairs(moved)]
    assert -3 <= min(offsets) < -2 < 2 < max(offsets) <= 3
    weak = nuisance(IMAGES, "offset", seed=0, strength=0.5)
    np.testing.assert_allclose(weak - IMAGES, (moved - IMAGES) / 2)


def test_illumination_is_a_plane():
    lit = nuisance(IMAGES, "illumination", seed=1)
    brightness = IMAGES.std(axis=(1, 2)) / 0.25
    for image, after, level in zip(IMAGES, lit, brightness, strict=True):
        light = after / (image - image.mean() + level)
        np.testing.assert_allclose(np.diff(light, 2, axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(np.diff(light, 2, axis=1), 0, atol=1e-9)
        assert 0.8 <= light.min() <= 1 <= light.max() <= 1.2


def test_rotation_is_by_quarter_turns():
    turned = nuisance(IMAGES, "rotation", seed=0)
    quarters = [
        [k for k in range(4) if np.array_equal(np.rot90(a, k), b)] for a, b in pairs(turned)
    ]
    assert all(len(q) == 1 for q in quarters)
    assert {q[0] for q in quarters} == {0, 1, 2, 3}


def test_resolution_is_a_gaussian_blur():
    blurred = nuisance(IMAGES, "resolution", seed=0)
    np.testing.assert_allclose(blurred.mean(axis=(1, 2)), IMAGES.mean(axis=(1, 2)))
    sharp, soft = (np.abs(np.diff(x, axis=2)).mean(axis=(1, 2)) for x in (IMAGES, blurred))
    assert (soft <= sharp * (1 + 1e-9)).all()
    # A blur of at most half a pixel is between nothing and these weights along each axis.
    weights = np.exp(-np.array([4.0, 1, 0, 1, 4]) / (2 * 0.5**2))
    most = convolve1d(
        convolve1d(IMAGES, weights / weights.sum(), axis=1, mode="wrap"),
        weights / weights.sum(),
        axis=2,
        mode="wrap",
    )
    assert (soft >= np.abs(np.diff(most, axis=2)).mean(axis=(1, 2)) * (1 - 1e-9)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_each_image_has_its_own_stream_and_precision_stays(kind):
    whole = nuisance(IMAGES.astype(np.float32), kind, seed=5)
    assert whole.dtype == np.float32
    assert whole.shape == IMAGES.shape
    np.testing.assert_array_equal(whole[:2], nuisance(IMAGES[:2].astype(np.float32), kind, seed=5))
    colour = np.stack([IMAGES[:6], IMAGES[:6]], axis=1)
    both = nuisance(colour, kind, seed=5)
    assert both.shape == colour.shape
    np.testing.assert_allclose(both[:, 0], both[:, 1])


@pytest.mark.parametrize("kind", ["gain", "offset"])
def test_evidence_is_blind_to_gain_and_offset(kind):
    found = [
        evidence(x, dim=2, family="wavelet", seed=0).statistics
        for x in (IMAGES[:8], nuisance(IMAGES[:8], kind, seed=0))
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("images", {"images": IMAGES[:, :20], "kind": "rotation"}),
        ("images", {"images": np.full((4, 4), np.nan)}),
        ("kind", {"kind": "rust"}),
        ("strength", {"strength": 0}),
        ("seed", {"seed": 0.5}),
    ],
)
def test_nonsense_is_refused_by_name(argument, change):
    with pytest.raises(InputError, match=f"^{argument}: wanted"):
        nuisance(**{"images": IMAGES, "kind": "gain", "seed": 0} | change)
