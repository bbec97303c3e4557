"""Maps of uncertainty add up, and sets of classes hold as many pixels of as many images as said."""

from itertools import permutations

import numpy as np
import pytest

from labelling import conformal_pixels, pixel_sets, uncertainty_maps
from labelling.segmentation.pixel_confidence import image_score
from toolbox import InputError
from toolbox.core.streams import generator


def some_votes(rng, members=3, n=4, classes=3, size=6):
    p = rng.random((members, n, classes, size, size))
    return p / p.sum(axis=2, keepdims=True)


def test_uncertainty_is_the_entropy_pixel_by_pixel():
    votes = some_votes(generator(0, "votes"))
    maps = uncertainty_maps(votes)
    mean = votes.mean(axis=0)[1, :, 2, 3]
    assert maps.total[1, 2, 3] == pytest.approx(-sum(p * np.log(p) for p in mean))
    each = [-sum(p * np.log(p) for p in member[1, :, 2, 3]) for member in votes]
    assert maps.aleatoric[1, 2, 3] == pytest.approx(np.mean(each))
    np.testing.assert_allclose(maps.epistemic, maps.total - maps.aleatoric, atol=1e-12)
    same = uncertainty_maps(np.repeat(votes[:1], 2, axis=0))
    np.testing.assert_allclose(same.epistemic, 0, atol=1e-12)


def test_votes_of_half_precision_are_taken_as_elsewhere():
    third = np.full((2, 5, 3, 2, 2), 1 / 3, np.float16)  # sums are 2e-4 short of 1
    np.testing.assert_allclose(uncertainty_maps(third).total, np.log(3), rtol=1e-12)
    found = conformal_pixels(third[0], np.zeros((5, 2, 2)), alpha=0.2, level=0.5)
    assert found.threshold == pytest.approx(2 / 3)
    assert pixel_sets(found, third).all()


def test_the_score_of_an_image_is_found_by_trying_every_threshold():
    rng = generator(1, "image")
    p, mask = some_votes(rng, 1, 1)[0, 0], rng.integers(-1, 3, (6, 6))
    known = np.argwhere(mask >= 0)
    missing = [1 - p[mask[i, j], i, j] for i, j in known]
    for alpha in (0.05, 0.25, 0.5):
        good = [t for t in missing if sum(m > t for m in missing) <= alpha * len(missing)]
        assert image_score(p, mask, alpha) == pytest.approx(min(good))


def draw(rng, n):
    """Return probabilities and masks of images that differ in how hard they are."""
    p = rng.dirichlet(np.ones(3), (n, 8, 8))
    hard = rng.uniform(0.2, 2.0, (n, 1, 1, 1))
    q = p**hard
    q /= q.sum(axis=-1, keepdims=True)
    masks = (q.cumsum(axis=-1) < rng.random((n, 8, 8, 1))).sum(axis=-1)
    return np.moveaxis(p, -1, 1), masks


def test_most_pixels_of_most_new_images_are_in_their_sets():
    """Exchangeable images: at most alpha is missing in 15 of 20, as k = 15 of 19 + 1 says."""
    good = []
    for seed in range(150):
        votes, masks = draw(generator(seed, "coverage"), 39)
        found = conformal_pixels(votes[:19], masks[:19], alpha=0.2, level=0.75)
        sets = found.sets(votes[19:])
        held = np.take_along_axis(sets, masks[19:, None], axis=1)[:, 0].mean(axis=(1, 2))
        good.append((held >= 0.8 - 1e-9).mean())
    error = np.std(good) / np.sqrt(len(good))
    assert abs(np.mean(good) - 0.75) < 4 * error


def test_the_last_bit_of_a_probability_decides_no_set():
    members = np.array([[0.5, 0.5], [0.4, 0.6], [0.7, 0.3]])
    votes = np.zeros((3, 12, 2, 4, 4)) + members[:, None, :, None, None]
    found = conformal_pixels(votes, np.ones((12, 4, 4)), alpha=0.1, level=0.9)
    assert found.threshold == pytest.approx(1 - 1.4 / 3)
    for order in permutations(range(3)):
        for dtype in (np.float64, np.float32):
            sets = pixel_sets(found, votes[list(order)].astype(dtype))
            assert sets.all()  # 1.6 / 3 of class 0, 1.4 / 3 of class 1, as the threshold has it


def test_a_unit_counts_by_its_worst_image_and_too_few_give_whole_sets():
    votes, masks = draw(generator(0, "units"), 12)
    units = np.repeat(np.arange(6), 2)
    found = conformal_pixels(votes, masks, alpha=0.2, level=0.8, units=units)
    scores = [image_score(p, m, 0.2) for p, m in zip(votes, masks, strict=True)]
    worst = np.sort(np.reshape(scores, (6, 2)).max(axis=1))
    assert (found.threshold, found.units) == (worst[5], 6)  # k = ceil(7 x .8) = 6
    whole = conformal_pixels(votes, masks, alpha=0.2, level=0.9, units=units)
    assert pixel_sets(whole, votes).all()
    assert "6 units" in whole.note


def test_the_picture_shows_the_maps():
    maps = uncertainty_maps(some_votes(generator(0, "votes")))
    shown = maps.plot().axes[2].images[0].get_array()
    np.testing.assert_allclose(shown, maps.epistemic[0])


def test_the_picture_shows_how_many_classes_a_pixel_may_be_of():
    votes = some_votes(generator(0, "votes"), n=9)
    masks = votes.mean(axis=0).argmax(axis=1)
    found = conformal_pixels(votes, masks, alpha=0.1, level=0.5, units=np.arange(9))
    shown = found.plot(votes[:, 4:]).axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown, found.sets(votes)[4].sum(axis=0))
    assert shown.min() < shown.max() <= 3


def test_what_is_no_vote_is_refused():
    votes = some_votes(generator(0, "votes"))
    for call, text in (
        (lambda: uncertainty_maps(votes[0]), "votes: wanted votes"),
        (lambda: uncertainty_maps(votes[:1]), "votes: wanted two members"),
        (lambda: uncertainty_maps(2 * votes), "votes: wanted probabilities"),
        (
            lambda: conformal_pixels(votes, np.full((4, 6, 6), 3), alpha=0.1),
            "masks: wanted classes",
        ),
        (lambda: conformal_pixels(votes, np.zeros((4, 6, 5)), alpha=0.1), "masks: wanted masks"),
        (lambda: pixel_sets(votes, votes), "conformal: wanted"),
    ):
        with pytest.raises(InputError, match=text):
            call()
