"""Scores of masks against definitions that are written out pixel by pixel, and their intervals."""

from itertools import permutations

import numpy as np
import pytest

from labelling import segmentation_scores
from labelling.segmentation.mask_scores import class_iou, jackknife
from toolbox import InputError
from toolbox.core.streams import generator


def some_masks(n=6, size=9, classes=3, name="masks"):
    return generator(0, name).integers(0, classes, (n, size, size))


def has_outside(mask, k, i, j):
    """Say whether a pixel of class k has a 4-neighbour of another class, that is known."""
    around = [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)]
    inside = [(r, c) for r, c in around if 0 <= r < len(mask) and 0 <= c < len(mask)]
    return any(mask[r, c] not in (k, -1) for r, c in inside)


def border(mask, k):
    places = np.argwhere(mask == k)
    return [(i, j) for i, j in places if has_outside(mask, k, i, j)]


def near(edge, others, reach):
    return sum(any((i - r) ** 2 + (j - c) ** 2 <= reach**2 for r, c in others) for i, j in edge)


def test_overlap_is_counted_pixel_by_pixel():
    predicted, masks = some_masks(name="predicted"), some_masks()
    masks[0, :3] = -1
    found = segmentation_scores(predicted, masks)
    for k in range(3):
        pairs = [(p, t) for p, t in zip(predicted.flat, masks.flat, strict=True) if t >= 0]
        both = sum(p == k and t == k for p, t in pairs)
        assert found.iou[k] == pytest.approx(both / sum(k in pair for pair in pairs), rel=1e-12)
    assert found.mean_iou == pytest.approx(found.iou.mean(), rel=1e-12)
    assert found.pixels.sum() == masks.size - 27


@pytest.mark.parametrize("unknown", [0, 0.3])
@pytest.mark.parametrize("reach", [0, 1, 2.3])
def test_borders_are_those_of_a_search_over_all_pairs(reach, unknown):
    """Where the truth is not known there is no border, neither of the truth nor of the map."""
    predicted, masks = np.kron(some_masks(2, 5, 2), np.ones((3, 3), int)), None
    hidden = generator(3, "unknown").random(predicted.shape) < unknown
    masks = np.where(hidden, -1, np.roll(predicted, (1, 2), axis=(1, 2)))
    found = segmentation_scores(predicted, masks, border=reach)
    predicted = np.where(hidden, -1, predicted)
    scores = []
    for k in range(2):
        edges = [(border(p, k), border(t, k)) for p, t in zip(predicted, masks, strict=True)]
        precision = sum(near(p, t, reach) for p, t in edges) / sum(len(p) for p, _ in edges)
        recall = sum(near(t, p, reach) for p, t in edges) / sum(len(t) for _, t in edges)
        scores.append(2 * precision * recall / max(precision + recall, 1e-300))
    assert found.boundary_f == pytest.approx(np.mean(scores), rel=1e-12)


def test_a_perfect_mask_scores_one_and_a_class_that_is_nowhere_nothing():
    masks = np.where(some_masks() == 1, 2, 0)
    found = segmentation_scores(masks, masks)
    assert found.iou[[0, 2]].tolist() == [1, 1]
    assert np.isnan(found.iou[1])
    assert (found.mean_iou, found.boundary_f) == (1, 1)


def test_probabilities_and_votes_count_as_the_class_of_their_mean():
    masks = some_masks(classes=2)
    votes = generator(1, "votes").random((3, 6, 2, 9, 9))
    labels = votes.mean(axis=0).argmax(axis=1)
    expected = segmentation_scores(labels, masks).iou
    np.testing.assert_array_equal(segmentation_scores(votes, masks).iou, expected)
    np.testing.assert_array_equal(segmentation_scores(votes.mean(axis=0), masks).iou, expected)


def test_near_ties_of_votes_fall_alike_in_any_order_of_members_and_in_float64():
    votes = generator(2, "ties").integers(1, 9, (4, 6, 3, 9, 9)).astype(np.float32)
    votes /= votes.sum(axis=2, keepdims=True)
    expected = segmentation_scores(votes.astype(np.float64), some_masks()).iou
    for order in ([0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]):
        found = segmentation_scores(votes[order], some_masks()).iou
        np.testing.assert_array_equal(found, expected)
    members = np.array([[0.45, 0.2, 0.35], [0.35, 0.4, 0.25], [0.25, 0.45, 0.3]])  # .35, .35, .3
    votes = np.zeros((3, 6, 3, 9, 9)) + members[:, None, :, None, None]
    for order in permutations(range(3)):
        found = segmentation_scores(votes[list(order)], np.zeros((6, 9, 9)), classes=3)
        assert found.iou[0] == 1  # the first of two that tie


def test_the_jackknife_of_a_mean_is_students_interval():
    values = generator(2, "values").random(12)
    sums = np.stack([values, np.ones(12)], axis=1)
    value, interval, note = jackknife(lambda s: s[0] / s[1], sums, 0.95)
    half = 2.200985 * values.std(ddof=1) / np.sqrt(12)  # t of 11 degrees of freedom
    np.testing.assert_allclose(interval, [value - half, value + half], rtol=1e-5)
    assert note == ""


def test_intervals_go_by_unit_and_need_five():
    predicted, masks = some_masks(10, name="predicted"), some_masks(10)
    by_image = segmentation_scores(predicted, masks)
    twice = [np.concatenate([m, m]) for m in (predicted, masks)]
    by_unit = segmentation_scores(*twice, units=np.tile(np.arange(10), 2))
    np.testing.assert_allclose(by_unit.iou_interval, by_image.iou_interval, rtol=1e-9)
    few = segmentation_scores(predicted, masks, units=np.arange(10) // 3)
    assert np.isnan(few.mean_iou_interval).all()
    assert "4 units" in few.note


def test_a_class_of_few_units_is_named_since_intervals_promise_too_much():
    masks = np.zeros((12, 4, 4), int)
    masks[:, 0] = 1  # everywhere
    masks[:4, 1] = 2  # in four images, two units
    predicted = masks.copy()
    predicted[5, 3, 3] = 3  # nowhere in truth
    by_image = segmentation_scores(predicted, masks)
    assert by_image.note.startswith("class 2 in 4, class 3 in 0 of 12 units: intervals of such")
    assert by_image.pixels.tolist() == [12 * 12 - 4 * 4, 48, 16, 0]
    by_unit = segmentation_scores(masks, masks, units=np.arange(12) // 2)
    assert by_unit.note.startswith("class 2 in 2 of 6 units: ")
    masks[4:5, 1] = 2
    perfect = segmentation_scores(masks, masks, units=range(12))
    assert perfect.note == "all units score alike for class 0, 1, 2: its interval has no width"
    assert (perfect.iou_interval == 1).all()
    predicted = masks.copy()
    predicted[7, :3, 2] = [0, 2, 1]
    assert segmentation_scores(predicted, masks, units=range(12)).note == ""


def test_what_the_note_warns_of_is_so():
    """Sums of 20 images, three common classes and one that few images have; truth: 10^5 of them."""

    def draw(rng, n, share):
        sums = np.zeros((n, 4, 2))
        sums[..., 1] = rng.gamma(3, 300, (n, 4))
        sums[:, 3, 1] *= rng.random(n) < share
        sums[..., 0] = sums[..., 1] * rng.beta(8, 3, (n, 4))
        sums[:, 3, 1] += (rng.random(n) < 0.3) * rng.gamma(1, 30, n)  # found where it is not
        return sums

    def mean(sums):
        return np.nanmean(class_iou(sums))

    def covered(share):
        truth, within = mean(draw(generator(1, "all", str(share)), 10**5, share).sum(axis=0)), 0
        for i in range(400):
            sums = draw(generator(i, "set", str(share)), 20, share)
            low, high = jackknife(mean, sums, 0.95)[1]
            within += low <= truth <= high
        return within / 400

    assert covered(1 / 20) < 0.75  # .62 in 3000 sets, with a Monte Carlo error of .024
    assert 0.9 < covered(10 / 20) < 0.98


@pytest.mark.long
def test_the_intervals_cover_the_value_of_many_units():
    """Overlap of noisy masks whose noise differs by image: 400 sets of 20 against 4000 images."""

    def draw(rng, n):
        masks = rng.integers(0, 2, (n, 8, 8))
        wrong = rng.random((n, 8, 8)) < rng.uniform(0.05, 0.4, (n, 1, 1))
        return np.where(wrong, 1 - masks, masks), masks

    truth = segmentation_scores(*draw(generator(3, "many"), 4000)).mean_iou
    covered = 0
    for seed in range(400):
        low, high = segmentation_scores(*draw(generator(seed, "set"), 20)).mean_iou_interval
        covered += low <= truth <= high
    assert 0.92 <= covered / 400 <= 0.98  # .95 with a Monte Carlo error of .011


def test_the_picture_shows_the_overlaps():
    found = segmentation_scores(some_masks(name="predicted"), some_masks())
    axes = found.plot().axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), found.iou)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"masks": np.zeros((6, 9, 8))}, "masks: wanted masks of shape"),
        ({"masks": np.full((6, 9, 9), -1)}, "masks: wanted a pixel"),
        ({"masks": np.full((6, 9, 9), 0.5)}, "masks: wanted masks"),
        ({"classes": 2}, "predicted: wanted classes 0 to 1"),
        ({"units": [0, 0, 1, 1, 2, 2], "training_units": [2, 3]}, "units: wanted no image"),
        ({"predicted": [[[0, 1], [1]]]}, "predicted: wanted"),
        ({"predicted": np.full((6, 2, 9, 9), 0.5)}, "masks: wanted classes 0 to 1, as the votes"),
        (
            {"predicted": np.full((2, 6, 2, 9, 9), 0.5)},
            "masks: wanted classes 0 to 1, as the votes",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(wrong, text):
    given = {"predicted": some_masks(name="predicted"), "masks": some_masks()} | wrong
    with pytest.raises(InputError, match=text):
        segmentation_scores(given.pop("predicted"), given.pop("masks"), **given)
