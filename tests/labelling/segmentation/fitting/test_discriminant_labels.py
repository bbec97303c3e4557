"""Labels of each kind as classes that are left, what they weigh, and how far they speak."""

import numpy as np
from scipy.special import softmax

from labelling import weaken
from labelling.segmentation.fitting.discriminant_labels import (
    REACH,
    STROKE_LENGTH,
    classes_left,
    distances,
    influence_of_told,
    said,
    strokes,
)
from labelling.segmentation.targets import told_targets, unknown_targets
from synthesis import scenes

DRAWN = scenes("mosaic", n=4, size=32, classes=3, seed=0)


def told(masks=None, weak=(), **options):
    targets = told_targets(masks, list(weak), n=4, shape=(32, 32), classes=3)
    return said(targets, np.ones(4, int), **{"unlabelled": False} | options)


def test_labels_of_all_kinds_leave_classes():
    targets = unknown_targets(1, (2, 3), 3)
    targets["labels"][0, 0, 0] = 1
    targets["excluded"][0, 0, 1] = 2
    targets["allowed"][0, 0, 1] = False
    targets["allowed"][0, :, 1, 2] = False  # they disagree, and say nothing
    left = classes_left(targets)[0]
    assert left[:, 0, 0].tolist() == [False, True, False]
    assert left[:, 0, 1].tolist() == [True, True, False]
    assert left[:, 1, 0].tolist() == [False, True, True]
    assert left[:, 1, 2].all()


def test_distances_are_those_to_the_next_told_pixel():
    labels = np.full((1, 5, 6), -1)
    labels[0, 1, 2], labels[0, 4, 5], labels[0, 0, 0] = 0, 0, 2
    found = distances(labels, np.ones(labels.shape), 3)[0]
    rows, columns = np.indices((5, 6))
    expected = np.minimum(np.hypot(rows - 1, columns - 2), np.hypot(rows - 4, columns - 5))
    np.testing.assert_allclose(found[0], expected)
    assert (found[1] == 11).all()


def test_strokes_reach_as_far_as_they_are_long():
    labels = np.full((2, 20, 40), -1)
    labels[:, 2, 2:18] = 0  # 16 pixels
    labels[:, 15, 4:6] = 1  # a speck of 2 pixels, and one of 8 along a diagonal
    labels[0, range(5, 13), range(20, 28)] = 1
    labels[1, 2:18, 30] = 1
    near, far = distances(labels, strokes(labels, 2)[0], 2)
    typical = STROKE_LENGTH  # told pixels lie on strokes that are longer than that, on average
    np.testing.assert_allclose(near[0, 10, 8], 8 * typical / 16)
    speck, diagonal = 3 * typical / 2, np.hypot(10 - 8, 22 - 23.0) * typical / 8
    np.testing.assert_allclose([near[1, 12, 5], near[1, 10, 22]], [speck, diagonal])
    np.testing.assert_allclose(far[1, 12, 5], 3 * typical / 2)
    np.testing.assert_allclose(far[1, 12, 20], 10 * typical / 16)  # the long one says more


def test_points_that_no_stroke_joins_reach_as_few_do():
    labels = np.full((1, 64, 64), -1)
    labels[0, 4::20, 4::20] = 1
    labels[0, 4, 4] = 0
    rows, columns = np.indices((64, 64))
    found = distances(labels, strokes(labels, 2)[0], 2)
    np.testing.assert_allclose(found[0, 0], np.hypot(rows - 4, columns - 4))


def test_a_box_speaks_for_its_class_the_more_the_smaller_it_is():
    masks = np.zeros((4, 32, 32), np.int64)
    masks[1, 10:18, 4:12], masks[1, 12:14, 6:8] = 1, 2
    boxes = weaken(masks, kind="box", classes=3, items=[0, 1, 2, 3], seed=0)
    known = told(weak=[boxes])
    likely = softmax(known.prior[1], axis=0)
    np.testing.assert_allclose(likely[:, 9, 4], [1, 0, 0])
    np.testing.assert_allclose(likely[:, 12, 4], [8 / 40, 32 / 40, 0])  # sides of 32 and 8
    np.testing.assert_allclose(likely[:, 12, 6], np.array([1, 4, 16]) / 21)  # of 32, 8 and 2
    assert known.told[1].sum() == 32 * 32 - 64
    np.testing.assert_allclose(known.weight[1][~known.told[1]], 1)


def test_guesses_weigh_at_most_twice_what_is_told():
    scribbles = weaken(DRAWN.masks, kind="scribble", classes=3, seed=0)
    known = told(weak=[scribbles])
    sums = [known.weight[where].sum() for where in (known.told, ~known.told)]
    assert sums[1] <= 2 * sums[0] * (1 + 1e-9)
    alone = told(masks=DRAWN.masks)
    assert alone.told.all()
    np.testing.assert_allclose(alone.weight, 1)


def test_a_told_pixel_speaks_for_what_is_around_it_the_less_the_farther():
    labels = np.full((4, 64, 64), -1)
    labels[0, 10, 20], labels[0, 10, 30] = 1, 2
    labels[1, 5, 5:30] = 1  # a stroke
    labels[3, 4:20:4, 4:20:4] = 1  # sixteen points are no stroke
    influence, likely = influence_of_told(labels, 3)
    np.testing.assert_allclose(likely.sum(axis=1), 1)
    assert influence[0, 10, 20] == 1
    np.testing.assert_allclose(influence[0, 10, 25], np.exp(-5 / REACH))
    one, other, absent = likely[0, [1, 2, 0], 10, 17]  # by hand: 3 pixels from one, 13 from another
    spread = np.exp(-np.array([3, 13, 128]) / REACH)
    expected = influence[0, 10, 17] * spread / spread.sum() + (1 - influence[0, 10, 17]) / 3
    np.testing.assert_allclose([one, other, absent], expected)
    assert np.abs(likely[0, :, 63, 63] - 1 / 3).max() < 0.02  # far away nothing is said
    assert (influence[1] == 1).all()
    np.testing.assert_allclose(influence[3, 4, 24], np.exp(-8 / REACH))
    assert (influence[2] == 0).all()
    np.testing.assert_allclose(likely[2], 1 / 3)


def test_nothing_is_ruled_out_by_how_far_it_is():
    labels = np.full((1, 9000, 2), -1)
    labels[0, :12] = 0
    likely = influence_of_told(labels, 2)[1]
    assert (likely > 0).all()
    assert np.isfinite(np.log(likely)).all()


def test_a_mixture_counts_what_no_point_tells_in_images_with_points_too():
    masks = np.full(DRAWN.masks.shape, -1)
    masks[0], masks[1, 3, 4] = DRAWN.masks[0], DRAWN.masks[1, 3, 4]
    alone, mixed = told(masks=masks), told(masks=masks, unlabelled=True)
    assert alone.weight[1, 31, 31] < 0.2
    np.testing.assert_allclose(mixed.weight[1][~mixed.told[1]], 1)
    np.testing.assert_allclose(mixed.weight[2:], 1)
    assert (alone.weight[2:] == 0).all()


def test_told_pixels_of_an_image_weigh_half_of_what_is_guessed_of_it():
    scribbles = weaken(DRAWN.masks, kind="scribble", amount=0.05, classes=3, seed=0)
    known = told(weak=[scribbles])
    for weight, where in zip(known.weight, known.told, strict=True):
        np.testing.assert_allclose(weight[where].sum(), where.size / 2)
        np.testing.assert_allclose(weight[~where], 1)
