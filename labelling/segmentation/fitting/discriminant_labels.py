"""Labels of any kind as what the closed-form model needs: classes left open, and their shares."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, label
from scipy.special import softmax

from labelling.segmentation.fitting.partial_losses import KEEP
from labelling.segmentation.targets import image_weights, labelled_images

REACH = 12.0  # pixels, about half a patch, over which a told pixel speaks for what is around
STROKE_LENGTH = 6.0  # pixels, the length of a stroke that reaches as far as a point
TOUCHING = 2.0  # pixels, the mean length from which what is told of an image are strokes
MAJORITY = 0.8  # probability that a pixel of a coarse block has the block's class
LEAST_LIKELY = np.finfo(float).tiny  # probability: distance alone rules no class out
GUESSED = 2.0  # the most that all guessed pixels weigh together, against all that are told


@dataclass(frozen=True)
class Said:
    """What is said of the pixels of n images.

    `prior` (n, C, h, w): logarithm of how likely each class is before the image is seen, -inf where
    it is ruled out. `told` (n, h, w): pixels that one class is left for. `weight` (n, h, w): what
    each pixel counts. `shares` (n, C, 2): the least and the largest share of each class. `images`:
    how many are labelled, each counted by what is known of it.
    """

    prior: np.ndarray
    told: np.ndarray
    weight: np.ndarray
    shares: np.ndarray
    images: float


def said(targets: dict[str, np.ndarray], drawn: np.ndarray, *, unlabelled: bool) -> Said:
    """Return what the targets say where image i was drawn `drawn[i]` times.

    With `unlabelled`, pixels of which nothing is known are guessed and count as well, those of
    images without labels and those far from a few points.
    """
    left, sides = classes_left(targets), targets["box_sides"]
    many = left.sum(axis=1)
    told, free = many == 1, many == left.shape[1]
    influence, around = influence_of_told(targets["labels"], left.shape[1])
    prior = np.where(left, 0.0, -np.inf) + coarse_blocks(targets, left.shape[1])
    prior += smallest_boxes(sides)
    prior += np.where(free[:, None], np.log(around), 0)
    shares = targets["bounds"].astype(np.float64)
    shares[..., 0] = np.maximum(shares[..., 0], KEEP * (targets["tags"] == 1))

    known = image_weights(targets) * drawn
    counted = np.where(labelled_images(targets), drawn, unlabelled)[:, None, None]
    hinted = ~free | (targets["regions"] >= 0) | (sides > 0).any(axis=1)
    hinted |= _shares_told(targets) | unlabelled
    guessed = np.where(hinted, 1.0, influence) * ~told * counted
    images = float((known * labelled_images(targets)).sum())
    weight = guessed + _told_weights(told, known, guessed.sum())
    return Said(prior, told, weight, shares, images)


def classes_left(targets: dict[str, np.ndarray]) -> np.ndarray:
    """Return which classes (n, C, h, w) each pixel may be of; all of them where labels disagree."""
    kinds = np.arange(targets["allowed"].shape[1])[:, None, None]
    labels, excluded = targets["labels"][:, None], targets["excluded"][:, None]
    left = targets["allowed"] & (excluded != kinds)
    left = np.where(labels >= 0, labels == kinds, left)
    return left | ~left.any(axis=1, keepdims=True)


def influence_of_told(labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how much told pixels say of each other pixel, and the class probabilities there.

    The influence (n, h, w), from 0 to 1, fades with the distance to the next told pixel; strokes
    have it everywhere in their image. The probabilities (n, C, h, w) mix, by the influence, those
    by the distances to the told pixels of each class with even ones.
    """
    scales, typical = strokes(labels, classes)
    away = distances(labels, scales, classes)
    fading = np.exp(-away.min(axis=1) / REACH) * (typical > 0)
    influence = np.where(typical >= TOUCHING, 1.0, fading)
    mixing = influence[:, None]
    probabilities = mixing * softmax(-away / REACH, axis=1) + (1 - mixing) / classes
    return influence, np.maximum(probabilities, LEAST_LIKELY)


def strokes(labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how often distances from told pixels count (n, h, w), and the mean length (n, 1, 1).

    A stroke is about as long as what it lies on is wide, so that a short one, on a speck, says
    little of what is around: from one of l pixels a distance counts STROKE_LENGTH / l times. Where
    all are short they are points, and it counts once. Lengths are rounded to powers of two, since
    each takes a distance transform. The mean is over the told pixels of an image, 0 without any.
    """
    lengths = np.zeros(labels.shape)
    for one, long in zip(labels, lengths, strict=True):
        for k in range(classes):
            numbered, _ = label(one == k, np.ones((3, 3)))
            told = numbered > 0
            long[told] = np.bincount(numbered.ravel())[numbered[told]]
    pixels = (lengths > 0).sum(axis=(1, 2), keepdims=True)
    typical = lengths.sum(axis=(1, 2), keepdims=True) / np.maximum(pixels, 1)
    rounded = 2.0 ** np.round(np.log2(np.maximum(lengths, 1)))
    return np.minimum(STROKE_LENGTH, typical) / rounded, typical


def distances(labels: np.ndarray, scales: np.ndarray, classes: int) -> np.ndarray:
    """Return how far each pixel is from the next that is told of each class (n, C, h, w).

    Distances from a told pixel count as often as `scales` (n, h, w) says. A class that is told
    nowhere in an image is as far as its sides are long, together; in an image of which no pixel is
    told all are as far as that.
    """
    found = np.full((len(labels), classes, *labels.shape[1:]), float(sum(labels.shape[1:])))
    for one, times, away in zip(labels, scales, found, strict=True):
        for k in np.unique(one[one >= 0]):
            for scale in np.unique(times[one == k]):
                from_these = distance_transform_edt((one != k) | (times != scale))
                away[k] = np.minimum(away[k], scale * from_these)
    return found


def coarse_blocks(targets: dict[str, np.ndarray], classes: int) -> np.ndarray:
    """Return the logarithms of the probabilities that a coarse mask gives each class."""
    inside = targets["regions"][:, None] >= 0
    most = targets["majority"][:, None] == np.arange(classes)[:, None, None]
    return np.where(inside, np.log(np.where(most, MAJORITY, (1 - MAJORITY) / (classes - 1))), 0)


def smallest_boxes(sides: np.ndarray) -> np.ndarray:
    """Return the logarithms of the probabilities that boxes give each class inside of them.

    What a box is drawn for fills most of it, and the larger boxes around it are another's ground:
    each class is as likely as the smallest of its boxes around a pixel is narrow.
    """
    inside = sides > 0
    narrow = inside / np.maximum(sides, 1.0)
    together = np.maximum(narrow.sum(axis=1, keepdims=True), LEAST_LIKELY)
    return np.log(np.where(inside, narrow / together, 1))


def _shares_told(targets: dict[str, np.ndarray]) -> np.ndarray:
    bounds = (targets["bounds"][..., 0] > 0) | (targets["bounds"][..., 1] < 1)
    return ((targets["tags"] >= 0) | bounds).any(axis=1)[:, None, None]


def _told_weights(told: np.ndarray, known: np.ndarray, guessed: float) -> np.ndarray:
    """Return what each told pixel counts, by what its image is worth.

    Where few of an image are told, they weigh together as 1/GUESSED of its pixels would, so that
    guesses of the rest weigh at most GUESSED times as much; guesses of all images keep to that.
    """
    pixels, size = told.sum(axis=(1, 2)), told[0].size
    each = known * np.maximum(pixels, size / GUESSED) / np.maximum(pixels, 1)
    weight = told * each[:, None, None]
    total = weight.sum()
    return weight * max(1.0, guessed / (GUESSED * total)) if total else weight
