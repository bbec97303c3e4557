"""Answers of adapted towers: their spread over members, sets of texts, and domains that are new."""

import numpy as np
import pytest

from confidence import assess, conformal
from labelling import adapt, adapted_votes
from similarity import captioned_scenes, embed_images, image_text
from toolbox import permutation_p_value

SHAPES = ["circle", "square", "triangle", "cross"]
MEMBERS = 3


@pytest.fixture(scope="module")
def world():
    return captioned_scenes(300, size=24, seed=0)


@pytest.fixture(scope="module")
def words(world):
    short = {"steps": 30, "width": 4, "progress": False}
    return image_text(world.images, world.captions, seed=0, **short)


@pytest.fixture(scope="module")
def votes(words, world):
    """Votes on scenes that were not learned, and what is true of these."""
    y = world.attributes[:, 1]
    task = adapt(words, world.images, y, candidates=SHAPES, members=MEMBERS, steps=30, seed=0)
    new = captioned_scenes(600, size=24, held_out=0.0, seed=9)
    return adapted_votes(task, new.images, SHAPES), new.attributes[:, 1]


def test_each_answer_comes_with_its_spread_over_members(votes):
    told, truth = votes
    found = assess(told, truth)
    np.testing.assert_allclose(found.mean, told.mean(axis=0), rtol=1e-6)
    error = told.std(axis=0, ddof=1) / np.sqrt(MEMBERS)
    np.testing.assert_allclose(found.standard_error, error, rtol=1e-6, atol=1e-9)
    assert error.max() > 1e-3


def test_sets_of_candidate_texts_hold_the_right_one_as_often_as_said(votes):
    told, truth = votes
    half = 300
    found = conformal(told[:, :half], truth[:half], alpha=0.2)
    inside = found.sets(told[:, half:]).sets[np.arange(half), truth[half:]]
    # Beta(k, n + 1 - k) of the coverage given the calibration, and a binomial on top of it.
    spread = np.sqrt(0.2 * 0.8 * (1 / half + 1 / half))
    assert abs(inside.mean() - 0.8) < 4 * spread


def test_a_new_domain_is_told_from_new_scenes_of_the_old_one(words, world):
    """The drift test: permutations of the energy distance of the images' vectors.

    What towers of 30 steps make of noise is little, so that a noisy domain would need more images.
    """
    seen = embed_images(words, world.images[:60])
    p = {
        style: permutation_p_value(
            seen,
            embed_images(words, captioned_scenes(60, size=24, style=style, seed=5).images),
            statistic="energy_distance",
            resamples=199,
            seed=0,
        ).p_value
        for style in ("light", "dark", "faint")
    }
    assert p["light"] > 0.05
    assert p["dark"] == p["faint"] == 1 / 200
