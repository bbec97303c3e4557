"""Weak labels of images: what an expert can say of a mask in less time than drawing it takes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt, label

from labelling.segmentation.checked_masks import checked_masks, class_number
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.networks.segmentation.patch_boxes import patch_boxes

# Seconds of an expert, as assumed in the literature's order of magnitude: an image, or each one
# of them; of a full mask 60.
SECONDS = {"scribble": 10.0, "points": 2.0, "not": 2.0, "box": 7.0, "tag": 1.0}
SECONDS |= {"coarse": 15.0, "bounds": 3.0}
TURN = 0.6  # radians by which a scribble may turn at each pixel
MOST_STARTS = 200  # strokes of a scribble: small patches need several


@record
class WeakLabels:
    """What is known of the pixels of some images; what is not known is -1, or 0 to 1.

    Attributes
    ----------
    kind : str
    items : ndarray (m,) of int
        The images, counted from 0 among those given to `segment`.
    labels : ndarray (m, h, w) of int
        The class of a pixel; with `regions`, of most pixels of its region.
    excluded : ndarray (m, h, w) of int
        A class that the pixel is not of.
    regions : ndarray (m, h, w) of int
        Number of the region whose majority `labels` names, counted in each image.
    tags : ndarray (m, C) of int
        1 for a class that is in the image, 0 for one that is not.
    boxes : ndarray (b, 6) of int
        Place in `items`, class, first row, first column, last row + 1, last column + 1; all
        patches of the boxes' images are in a box.
    bounds : ndarray (m, C, 2)
        The least and the largest share of the image's pixels that are of a class.
    classes : int
        How many, C.
    seconds : float
        What it costs the expert, by the assumed seconds of an image, a box, a tag, a point.
    """

    kind: str
    items: np.ndarray
    labels: np.ndarray
    excluded: np.ndarray
    regions: np.ndarray
    tags: np.ndarray
    boxes: np.ndarray
    bounds: np.ndarray
    classes: int
    seconds: float


def weaken(
    masks: Any,
    *,
    kind: str,
    amount: float | None = None,
    classes: int | None = None,
    items: Any = None,
    seed: int,
) -> WeakLabels:
    r"""Make weak labels from exact masks, as an expert would have given them.

    Parameters
    ----------
    masks : array (m, h, w) or (h, w) of whole numbers
        The class of each pixel; -1 where it is not known.
    kind : str
        "scribble": strokes inside the patches. "points": pixels at random. "not": pixels, and a
        class that each is not of. "box": around every connected patch. "tag": which classes an
        image holds. "coarse": blocks with the class of most of their known pixels. "bounds": the
        least and the largest share of each class.
    amount : float, optional
        Of scribbles, the share of pixels, above 0 and below 1 (by default .01), but at least one in
        each patch: of masks of tiny patches it is more, and of shares near 1 less (.99 comes to
        about .86: strokes leave gaps); of points and "not", how many an image
        (10); of boxes, pixels of slack on each side (0); of tags, the share of them that is told
        (1); of coarse masks, the side of a block (8); of bounds, how far they are below and above
        as a share of the truth (.2).
    classes : int, optional
        C; by default the largest class of the masks plus one.
    items : array (m,), optional
        Which images the masks are of; by default 0, 1, ..., m - 1.
    seed : int

    Returns
    -------
    WeakLabels

    Raises
    ------
    InputError
        A class outside 0 to C - 1, an amount out of range, nothing that is known; boxes of a mask
        that is known in part, since they say where a class is not.

    Notes
    -----
    The class of a block B of a coarse mask y is that of most of its pixels,

    .. math:: \arg\max_k \#\{x \in B : y_x = k\}.

    Points and scribbles cost a part of a mask (Bearman et al., 2016; Lin et al., 2016). Assumed
    seconds: 60 for a full mask, 10 for an image's scribbles, 7 a box, 1 a tag, 2 a point,
    15 for a coarse mask, 3 for an image's bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import weaken
    >>> mask = np.repeat([[0, 1]], 16, axis=0).repeat(8, axis=1)
    >>> weaken(mask, kind="box", seed=0).boxes.tolist()
    [[0, 0, 0, 0, 16, 8], [0, 1, 0, 8, 16, 16]]
    >>> weaken(mask, kind="tag", classes=3, seed=0).tags.tolist()
    [[1, 1, 0]]
    """
    masks = checked_masks(masks, "masks")
    classes = class_number(classes, masks, "masks")
    kind = checks.choice(kind, "kind", tuple(WEAKENERS))
    default, check, make = WEAKENERS[kind]
    amount = default if amount is None else amount
    amount = check(amount, masks[0].size)
    items = (
        np.arange(len(masks)) if items is None else checks.labels(items, "items", length=len(masks))
    )
    if items.dtype.kind not in "iu" or items.min() < 0 or len(set(items.tolist())) < len(items):
        refuse("items", "numbers of images >= 0, each once", checks.describe_value(items))
    rng = generator(checks.seed(seed), "weaken", kind)
    return nothing_known(kind, items, masks.shape[1:], classes, make(masks, classes, amount, rng))


def nothing_known(
    kind: str, items: np.ndarray, shape: tuple[int, int], classes: int, told: dict[str, Any]
) -> WeakLabels:
    """Return weak labels of which only what is told is known."""
    m = len(items)
    fields = {name: np.full((m, *shape), -1) for name in ("labels", "excluded", "regions")}
    fields |= {
        "tags": np.full((m, classes), -1),
        "boxes": np.zeros((0, 6), int),
        "bounds": np.tile([0.0, 1.0], (m, classes, 1)),
        "seconds": m * SECONDS.get(kind, 0.0),
    }
    return WeakLabels(kind=kind, items=items, classes=classes, **fields | told)


# ---------------------------------------------------------------------------------- the kinds


def _scribbles(masks: np.ndarray, classes: int, share: float, rng: np.random.Generator) -> dict:
    told = np.full(masks.shape, -1)
    for mask, drawn in zip(masks, told, strict=True):
        patches = [p for k in np.unique(mask[mask >= 0]) for p in _patches(mask == k)]
        roots = np.sqrt([p.sum() for p in patches])  # a stroke is as long as a patch is wide
        lengths = np.maximum(1, np.round(share * mask.size * roots / roots.sum())).astype(int)
        for patch, length in zip(patches, lengths, strict=True):
            drawn[_strokes(patch, length, rng)] = mask[patch][0]
    return {"labels": told}


def _patches(mask: np.ndarray) -> list[np.ndarray]:
    numbered, many = label(mask)
    return [numbered == i for i in range(1, many + 1)]


def _strokes(patch: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return a mask of `length` pixels on strokes inside a patch, away from its border."""
    depth = distance_transform_edt(np.pad(patch, 1))[1:-1, 1:-1]
    inside = depth > min(1.5, depth.max() - 0.5)
    places = np.argwhere(inside)
    found = np.zeros(patch.shape, bool)
    for _ in range(MOST_STARTS):
        at, angle = places[int(rng.integers(len(places)))] + 0.5, rng.uniform(0, 2 * np.pi)
        while found.sum() < length:
            row, column = np.floor(at).astype(int)
            on = 0 <= row < len(patch) and 0 <= column < patch.shape[1] and inside[row, column]
            if not on:
                break
            found[row, column] = True
            angle += rng.uniform(-TURN, TURN)
            at = at + np.array([np.sin(angle), np.cos(angle)])
        if found.sum() >= min(length, len(places)):
            break
    return found


def _points(masks: np.ndarray, classes: int, number: int, rng: np.random.Generator) -> dict:
    told = np.full(masks.shape, -1)
    for mask, drawn in zip(masks, told, strict=True):
        known = np.flatnonzero(mask.ravel() >= 0)
        chosen = rng.permutation(known)[:number]
        drawn.flat[chosen] = mask.flat[chosen]
    return {"labels": told, "seconds": SECONDS["points"] * float((told >= 0).sum())}


def _not(masks: np.ndarray, classes: int, number: int, rng: np.random.Generator) -> dict:
    if classes < 2:
        refuse("classes", "two at least, for a class that a pixel is not of", classes)
    points = _points(masks, classes, number, rng)
    other = rng.integers(1, classes, masks.shape)
    told = np.where(points["labels"] >= 0, (points["labels"] + other) % classes, -1)
    return {"excluded": told, "seconds": points["seconds"]}


def _boxes(masks: np.ndarray, classes: int, slack: int, rng: np.random.Generator) -> dict:
    unknown = (masks < 0).sum(axis=(1, 2))
    partly = (unknown > 0) & (unknown < masks[0].size)
    if partly.any():  # a patch may go on, or be, where nothing is known
        wanted = "masks without unknown pixels for boxes, outside which a class is not"
        refuse("masks", wanted, f"{unknown[partly][0]} that are -1 in mask {partly.argmax()}")
    found = patch_boxes(masks)
    found[:, 2:4] = np.maximum(found[:, 2:4] - slack, 0)
    found[:, 4:] = np.minimum(found[:, 4:] + slack, masks.shape[1:])
    return {"boxes": found, "seconds": SECONDS["box"] * len(found)}


def _tags(masks: np.ndarray, classes: int, share: float, rng: np.random.Generator) -> dict:
    there = np.stack([(masks == k).any(axis=(1, 2)) for k in range(classes)], axis=1)
    sure = there | (masks >= 0).all(axis=(1, 2))[:, None]  # absent: nowhere, and all is known
    told = (rng.random(there.shape) < share) & sure
    seconds = SECONDS["tag"] * float((told & there).sum())
    return {"tags": np.where(told, there, -1).astype(int), "seconds": seconds}


def _coarse(masks: np.ndarray, classes: int, side: int, rng: np.random.Generator) -> dict:
    height, width = masks.shape[1:]
    rows, columns = np.arange(height) // side, np.arange(width) // side
    regions = np.broadcast_to(rows[:, None] * (columns[-1] + 1) + columns, masks.shape)
    told = np.full(masks.shape, -1)
    for mask, blocks, drawn in zip(masks, regions, told, strict=True):
        known = mask >= 0
        counts = np.zeros((blocks.max() + 1, classes), int)
        np.add.at(counts, (blocks[known], mask[known]), 1)
        majority = np.where(counts.any(axis=1), counts.argmax(axis=1), -1)
        drawn[known] = majority[blocks][known]
    return {"labels": told, "regions": np.where(told >= 0, regions, -1)}


def _bounds(masks: np.ndarray, classes: int, slack: float, rng: np.random.Generator) -> dict:
    share = np.stack([(masks == k).mean(axis=(1, 2)) for k in range(classes)], axis=1)
    most = share + (masks < 0).mean(axis=(1, 2))[:, None]  # what is unknown may be of any class
    return {"bounds": np.stack([share * (1 - slack), np.minimum(most * (1 + slack), 1)], axis=-1)}


def _whole(minimum: int, value: Any, most: int) -> int:
    return checks.count(value, "amount", minimum=minimum, maximum=most)


def _share(bounds: dict[str, float], value: Any, most: int) -> float:
    return checks.number(value, "amount", **bounds)


# Kind -> amount by default, its check, and what makes it.
WEAKENERS: dict[str, tuple[float, Callable, Callable]] = {
    "scribble": (0.01, partial(_share, {"above": 0, "below": 1}), _scribbles),
    "points": (10, partial(_whole, 1), _points),
    "not": (10, partial(_whole, 1), _not),
    "box": (0, partial(_whole, 0), _boxes),
    "tag": (1.0, partial(_share, {"above": 0, "maximum": 1}), _tags),
    "coarse": (8, partial(_whole, 1), _coarse),
    "bounds": (0.2, partial(_share, {"minimum": 0, "maximum": 1}), _bounds),
}
