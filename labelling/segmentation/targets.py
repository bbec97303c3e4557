"""What is known of each training image, as maps that can be turned with the image."""

from typing import Any

import numpy as np

from labelling.segmentation.checked_masks import checked_masks
from labelling.segmentation.checked_weak_labels import checked_weak, refuse_contradictions
from labelling.segmentation.weak_labels import WeakLabels
from toolbox.core.checks import refuse

# Pixels that tell as much as a mask. It has some ten patches, but tells where they end, too: of 10,
# 20 and 40, sixty points beside 2, 4 or 8 masks gain most with 40 (worlds 100, 101, 102 and 104);
# with 80 the discriminant gains .003 more, and the logistic model less than nothing after 8 masks.
SEPARATE = 40

PIXEL_MAPS = ("labels", "excluded", "regions", "majority")  # -1 where nothing is known


def unknown_targets(n: int, shape: tuple[int, int], classes: int) -> dict[str, np.ndarray]:
    """Return the targets of images of which nothing is known."""
    maps = {name: np.full((n, *shape), -1, np.int32) for name in PIXEL_MAPS}
    return maps | {
        "allowed": np.ones((n, classes, *shape), bool),
        "box_sides": np.zeros((n, classes, *shape), np.int16),  # of the smallest around; 0: none
        "tags": np.full((n, classes), -1, np.int32),
        "bounds": np.tile(np.float32([0, 1]), (n, classes, 1)),
    }


def told_targets(
    masks: np.ndarray | None,
    weak: list[WeakLabels],
    *,
    n: int,
    shape: tuple[int, int],
    classes: int,
) -> dict[str, np.ndarray]:
    """Return the targets of n images: those of the masks, and over them the weak labels'."""
    told = unknown_targets(n, shape, classes)
    if masks is not None:
        told["labels"][:] = masks
    for labels in weak:
        _add(told, labels)
    return told


def _add(told: dict[str, np.ndarray], weak: WeakLabels) -> None:
    items, regional = weak.items, weak.regions >= 0
    for name, values, where in (
        ("labels", weak.labels, (weak.labels >= 0) & ~regional),
        ("excluded", weak.excluded, weak.excluded >= 0),
        ("regions", weak.regions, regional),
        ("majority", weak.labels, regional),
    ):
        told[name][items] = np.where(where, values, told[name][items])
    told["tags"][items] = np.where(weak.tags >= 0, weak.tags, told["tags"][items])
    told["allowed"][items] &= (weak.tags != 0)[:, :, None, None]  # a class that is not there
    low = np.maximum(told["bounds"][items, :, 0], weak.bounds[..., 0])
    high = np.minimum(told["bounds"][items, :, 1], weak.bounds[..., 1])
    told["bounds"][items] = np.stack([low, high], axis=-1)
    if len(weak.boxes):
        _add_boxes(told, weak)


def _add_boxes(told: dict[str, np.ndarray], weak: WeakLabels) -> None:
    """Keep the sides of the smallest boxes; outside all its boxes a class is not."""
    boxed = np.zeros((len(weak.items), *told["box_sides"].shape[1:]), bool)
    for i, k, top, left, bottom, right in weak.boxes:
        inside = (k, slice(top, bottom), slice(left, right))
        side = round(np.sqrt((bottom - top) * (right - left)))  # of a square as large
        smallest = told["box_sides"][weak.items[i]][inside]
        smallest[:] = np.where(smallest > 0, np.minimum(smallest, side), side)
        boxed[i][inside] = True
    held = boxed.any(axis=(1, 2, 3))
    told["allowed"][weak.items[held]] &= boxed[held]


def labelled_images(told: dict[str, np.ndarray]) -> np.ndarray:
    """Return which images something is known of."""
    maps = [(told[name] >= 0).any(axis=(1, 2)) for name in PIXEL_MAPS]
    inside = ~told["allowed"].all(axis=(1, 2, 3)) | told["box_sides"].any(axis=(1, 2, 3))
    bounds = (told["bounds"][..., 0] > 0) | (told["bounds"][..., 1] < 1)
    numbers = (told["tags"] >= 0).any(axis=1) | bounds.any(axis=1)
    return np.any([*maps, inside, numbers], axis=0)


def image_weights(told: dict[str, np.ndarray]) -> np.ndarray:
    """Return how often each image is trained on, relative to one with a full mask.

    A mask tells as much as some separate pixels do: an image of which fewer pixels are known, and
    nothing else, counts by their number.
    """
    pixels = sum((told[name] >= 0).sum(axis=(1, 2)) for name in ("labels", "excluded"))
    sparse = nothing_but_pixels(told)
    return np.where(sparse, np.minimum(pixels, SEPARATE) / SEPARATE, 1.0)


def drawn_images(
    data: dict[str, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the labelled images to train on, all or a bootstrap, and which are among them."""
    labelled = data["labelled"]
    if data["resample"]:
        labelled = rng.choice(labelled, len(labelled))
    return labelled, np.isin(np.arange(len(data["channels"])), labelled)


def nothing_but_pixels(told: dict[str, np.ndarray]) -> np.ndarray:
    """Return which images have labels of single pixels only."""
    blank = dict(told)
    for name in ("labels", "excluded"):
        blank[name] = np.full_like(told[name], -1)
    return ~labelled_images(blank)


def untold_classes(told: dict[str, np.ndarray]) -> np.ndarray:
    """Return the classes that no label says are anywhere."""
    classes = told["tags"].shape[1]
    by_pixel = [np.isin(np.arange(classes), told[name]) for name in ("labels", "majority")]
    by_image = (told["tags"] == 1) | (told["bounds"][..., 0] > 0)
    boxed = told["box_sides"].any(axis=(0, 2, 3))
    return np.flatnonzero(~np.any([*by_pixel, by_image.any(axis=0), boxed], axis=0))


def checked_targets(
    masks: Any, weak: Any, *, n: int, shape: tuple[int, int], classes: int
) -> dict[str, np.ndarray]:
    """Return the targets of n images; masks and weak labels must agree with them in size."""
    if masks is not None:
        masks = checked_masks(masks, "masks", shape=(n, *shape))
        if masks.max() >= classes:
            refuse("masks", f"classes 0 to {classes - 1}", f"class {masks.max()}")
    listed = checked_weak(weak, n=n, shape=shape, classes=classes)
    if masks is None and not listed:
        refuse("masks", "masks, or weak labels", "neither")
    told = told_targets(masks, listed, n=n, shape=shape, classes=classes)
    refuse_contradictions(told)
    return told
