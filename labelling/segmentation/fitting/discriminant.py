"""A linear model of pixels in closed form, and what it makes of labels that say only a part.

The classes are normal with one covariance: the weights are means and a matrix that is inverted. No
steps, no first weights, nothing that chance decides but which images a member is given. Where
labels leave several classes open, the model itself weighs them, in turns with its weights.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import softmax

from labelling.segmentation.fitting.discriminant_labels import Said, said
from labelling.segmentation.fitting.label_propagation import propagated
from labelling.segmentation.targets import drawn_images
from toolbox.networks.segmentation.dihedral import GROUPS
from toolbox.retraining.streams import numpy_generator
from toolbox.torch_features.pixel_channels import transposed_order

# Of the covariance, towards equal variances, for one image; less with more of them.
SHRINKAGE, MOST_SHRINKAGE = 0.4, 0.2
# Of the way, in logarithms, that guesses are brought to the shares expected: half, and of more than
# so many images the more of it, since they tell shares better.
BALANCED, BALANCED_IMAGES = 0.5, 8
SCALINGS = 5  # times that shares are brought into bounds, one after the other
ALIKE_TURNS = 4  # the last, in which what looks alike is guessed alike: by then a model can tell
LEAST = 1e-3  # share, under which a class is not raised further
TINY = 1e-9
NEVER = -1e3  # logit of a class of which no pixel was told or guessed

Arrays = dict[str, np.ndarray]


def discriminant_member(
    streams: Arrays,
    data: Arrays,
    *,
    network: str,
    classes: int,
    steps: int,
    consistency: str,
    group: str,
) -> dict[str, Any]:
    """Return the weights of a discriminant of the images that a member is given.

    `data` as in `labelling.segmentation.fitting.in_steps`. With the consistency "mixture" the
    images without labels are guessed in each of the `steps` turns; with "soft" they are what is
    taught.
    """
    labelled, in_sample = drawn_images(data, numpy_generator(streams["resample"]))
    drawn = np.bincount(labelled, minlength=len(data["channels"]))
    taught = consistency != "none"
    told = said(data, drawn, unlabelled=taught)
    turned = any(element[0] for element in GROUPS[group])
    order = transposed_order(int(data["components"])) if turned else None
    weights = first_weights(told)
    if "soft" in data:
        rest = data["unlabelled"]
        weights[rest] = data["soft"][rest] * told.weight[rest][:, None]
    model = discriminant(data["channels"], weights, order)
    open_ = "soft" not in data and bool((~told.told & (told.weight > 0)).any())
    expected = expected_shares(told, weights) if open_ else None
    for turn in range(steps if open_ else 0):
        alike = turn >= steps - ALIKE_TURNS
        guessed = guessed_weights(data["channels"], told, expected, *model, alike=alike)
        model = discriminant(data["channels"], guessed, order)
    result = dict(zip(("last.weight", "last.bias"), model, strict=True))
    return result | ({"in_sample": in_sample} if data["resample"] else {})


def first_weights(told: Said) -> np.ndarray:
    """Return weights (n, C, h, w) before there is a model: told pixels, and hints by what they say.

    A pixel that m of C classes are left for counts (1/m - 1/C) / (1 - 1/C).
    """
    p = within_shares(softmax(told.prior, axis=1), told.shares)
    classes = p.shape[1]
    sure = (p.max(axis=1, keepdims=True) - 1 / classes) / (1 - 1 / classes)
    return p * np.maximum(sure, LEAST) * told.weight[:, None]


def expected_shares(told: Said, first: np.ndarray) -> np.ndarray:
    """Return the share (C,) of each class that is to be expected among guessed pixels.

    That of the hints, as the `first` weights have them, and of what they leave open that of all
    that is told, together with one image more of each class alone: the shares in few images say
    little of those in others.
    """
    everywhere = first.sum(axis=(0, 2, 3))
    general = (told.images * everywhere / everywhere.sum() + 1) / (told.images + len(everywhere))
    hinted = np.where(told.told[:, None], 0, first).sum(axis=(0, 2, 3))
    guessed = told.weight[~told.told].sum()
    return (hinted + (guessed - hinted.sum()) * general) / guessed


def guessed_weights(
    channels: np.ndarray,
    told: Said,
    expected: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray,
    *,
    alike: bool,
) -> np.ndarray:
    """Return weights (n, C, h, w) by what the model says of the classes that are left.

    Where `alike`, pixels hear their neighbours that look like them.
    """
    logits = np.stack([np.tensordot(weights, x, 1) + bias[:, None, None] for x in channels])
    p = softmax(logits + told.prior, axis=1)
    if alike:
        for i in np.flatnonzero((told.weight * ~told.told).any(axis=(1, 2))):
            p[i] = propagated(p[i], np.isfinite(told.prior[i]), logits[i])
    return balanced(within_shares(p, told.shares), told, expected) * told.weight[:, None]


def balanced(p: np.ndarray, told: Said, expected: np.ndarray) -> np.ndarray:
    """Return probabilities by which classes are guessed about as often as is expected.

    Turns of a model that learns from its own guesses else let a class die out, or be nearly all.
    """
    weight = np.where(told.told, 0, told.weight)[:, None]
    way = max(BALANCED, told.images / (told.images + BALANCED_IMAGES))
    for _ in range(SCALINGS):
        share = (p * weight).sum(axis=(0, 2, 3))
        ratio = share / share.sum() / np.maximum(expected, LEAST)
        p = p / np.maximum(ratio, LEAST)[:, None, None] ** way
        p = p / p.sum(axis=1, keepdims=True)
    return p


def within_shares(p: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return probabilities scaled until each class's mean over an image is within its bounds."""
    held = (shares[..., 0] > 0).any(axis=1) | (shares[..., 1] < 1).any(axis=1)
    found = p[held]
    low, high = np.moveaxis(np.maximum(shares[held], TINY), -1, 0)
    for _ in range(SCALINGS if len(found) else 0):
        mean = np.maximum(found.mean(axis=(2, 3)), TINY)
        found = found * (np.clip(mean, low, np.maximum(low, high)) / mean)[:, :, None, None]
        found = found / np.maximum(found.sum(axis=1, keepdims=True), TINY)
    p = p.copy()
    p[held] = found
    return p


def discriminant(
    channels: np.ndarray, weights: np.ndarray, order: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the linear map (C, F) and the constants (C,) of weighted pixels.

    No pixel weighs more than one in the covariance, whatever it weighs in the means: sixty points
    that count as much as masks would leave it sixty directions.
    """
    plain = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1)
    counts, means = weighted_means(channels, weights, order)
    pixels, centres, within = weighted_moments(channels, plain, order)
    off = centres - means
    within = within + (off * pixels[:, None]).T @ off / pixels.sum()
    each = plain.sum(axis=1)
    images = each.sum() ** 2 / (each**2).sum() / each[0].size  # Kish: of equal weights, as many
    shrunk = min(MOST_SHRINKAGE, SHRINKAGE / images)
    within = (1 - shrunk) * within + shrunk * np.trace(within) / len(within) * np.eye(len(within))
    found = np.linalg.solve(within, means.T).T
    constants = np.where(counts > TINY, -(found * means).sum(axis=1) / 2, NEVER)
    return found.astype(np.float32), constants.astype(np.float32)


def weighted_moments(
    channels: np.ndarray, weights: np.ndarray, order: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sums of weights (C,), means (C, F) and the covariance within classes (F, F).

    With an `order` of the channels, as of the images and their transposed ones together.
    """
    counts, means = weighted_means(channels, weights, order)
    squares = sum((x * w.sum(axis=0)) @ x.T for x, w in _pixels(channels, weights))
    if order is not None:
        squares = (squares + squares[np.ix_(order, order)]) / 2
    return counts, means, (squares - (means * counts[:, None]).T @ means) / counts.sum()


def weighted_means(
    channels: np.ndarray, weights: np.ndarray, order: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return sums of weights (C,) and means (C, F), as `weighted_moments`."""
    counts = weights.sum(axis=(0, 2, 3))
    sums = sum(w @ x.T for x, w in _pixels(channels, weights))
    if order is not None:
        sums = (sums + sums[:, order]) / 2
    return counts, sums / np.maximum(counts, TINY)[:, None]


def _pixels(channels: np.ndarray, weights: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (F, pixels) and their weights (C, pixels) of the images that have any."""
    for image, weight in zip(channels, weights, strict=True):
        if weight.any():
            yield image.reshape(len(image), -1).astype(np.float64), weight.reshape(len(weight), -1)
