"""Checks of weak labels, which an expert may have filled in: all that they say can be so."""

from dataclasses import replace
from typing import Any

import numpy as np

from labelling.segmentation.checked_masks import whole_or_unknown
from labelling.segmentation.weak_labels import WeakLabels
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record

ROUNDED = 1e-3  # of shares of an image: bounds that an expert wrote down in percent


def checked_weak(weak: Any, *, n: int, shape: tuple[int, int], classes: int) -> list[WeakLabels]:
    """Return the weak labels, each of images that are there, of their size and classes."""
    listed = [] if weak is None else list(weak) if isinstance(weak, list | tuple) else [weak]
    return [_checked(one, n, tuple(shape), classes) for one in listed]


def refuse_contradictions(told: dict[str, np.ndarray]) -> None:
    """Refuse labels of one image that cannot all be so, of whatever kinds they are."""
    nothing = (told["tags"] == 0).all(axis=1)
    if nothing.any():
        refuse("weak", "a class that may be there", f"tags 0 for all of image {nothing.argmax()}")
    low, high = np.moveaxis(told["bounds"], -1, 0).astype(np.float64)
    empty = (low > high + ROUNDED).any(axis=1)
    empty |= (low.sum(axis=1) > 1 + ROUNDED) | (high.sum(axis=1) < 1 - ROUNDED)
    if empty.any():
        i = empty.argmax()
        got = f"{told['bounds'][i].round(3).tolist()} for image {i}"
        refuse("weak", "bounds of shares that can add up to 1", got)
    denied = (told["labels"] >= 0) & (told["labels"] == told["excluded"])
    if denied.any():
        i, row, column = np.argwhere(denied)[0]
        k = told["labels"][i, row, column]
        got = f"'not {k}' of row {row}, column {column} of image {i}, which is labelled {k}"
        refuse("weak", "labels that do not contradict each other", got)
    for i, k in np.argwhere(told["tags"] == 0):
        if (told["labels"][i] == k).any():
            got = f"tag 0 of class {k} in image {i}, of which pixels are labelled {k}"
            refuse("weak", "labels that do not contradict each other", got)


def _checked(one: Any, n: int, shape: tuple[int, int], classes: int) -> WeakLabels:
    """Return weak labels all of whose arrays say what can be: an expert may have made them."""
    if not is_record(one) or not isinstance(one, WeakLabels):
        refuse("weak", "WeakLabels, or a list of them", checks.describe_value(one))
    items = checks.labels(one.items, "weak")
    if items.dtype.kind not in "iu" or items.min() < 0 or len(np.unique(items)) < len(items):
        refuse("weak", "items >= 0, each once", checks.describe_value(one.items))
    if items.max() >= n:
        refuse("weak", f"labels of images 0 to {n - 1}", f"one of image {items.max()}")
    if np.shape(one.labels)[1:] != shape:
        refuse("weak", f"labels of images of {shape}", f"of {np.shape(one.labels)[1:]}")
    if one.classes != classes:
        refuse("weak", f"labels of {classes} classes", f"of {one.classes}")
    maps, last = (len(items), *shape), classes - 1
    found = {
        "labels": _whole(one, "labels", maps, last),
        "excluded": _whole(one, "excluded", maps, last),
        "regions": _whole(one, "regions", maps, shape[0] * shape[1] - 1),
        "tags": _whole(one, "tags", (len(items), classes), 1),
        "bounds": _checked_bounds(one.bounds, (len(items), classes, 2)),
        "boxes": _checked_boxes(one.boxes, (len(items), classes, *shape)),
    }
    if ((found["regions"] >= 0) & (found["labels"] < 0)).any():
        refuse("weak", "labels wherever regions are", "regions where labels are -1")
    return replace(one, items=items, **found)


def _whole(one: WeakLabels, name: str, shape: tuple[int, ...], most: int) -> np.ndarray:
    found = _shaped(getattr(one, name), name, shape)
    return whole_or_unknown(found, "weak", f"{name} of whole numbers from -1 to {most}", most=most)


def _checked_bounds(bounds: Any, shape: tuple[int, ...]) -> np.ndarray:
    found = _shaped(bounds, "bounds", shape)
    low, high = found[..., 0], found[..., 1]
    if (low < 0).any() or (high > 1).any() or (low > high).any():
        item, k = np.argwhere((low < 0) | (high > 1) | (low > high))[0]
        refuse("weak", "bounds with 0 <= least <= largest <= 1", f"{found[item, k].tolist()}")
    return found


def _checked_boxes(boxes: Any, sizes: tuple[int, ...]) -> np.ndarray:
    """Return boxes (b, 6) that are in images and classes of these sizes (m, C, h, w)."""
    if not np.size(boxes):
        return np.zeros((0, 6), np.int64)
    found = _shaped(boxes, "boxes", (len(boxes), 6))
    first, end = found[:, :4], np.column_stack([found[:, :2] + 1, found[:, 4:]])
    wrong = (found != np.round(found)).any(axis=1) | (first < 0).any(axis=1)
    wrong |= (end > sizes).any(axis=1) | (end <= first).any(axis=1)
    if wrong.any():
        wanted = "boxes (place in items, class, first row and column, last row and column + 1)"
        got = f"{found[wrong][0].tolist()} for {sizes[0]} items, {sizes[1]} classes, {sizes[2:]}"
        refuse("weak", f"{wanted} inside the images", got)
    return found.astype(np.int64)


def _shaped(values: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    found = checks.real_array(values, "weak")
    if found.shape != shape:
        refuse("weak", f"{name} of shape {shape}", f"shape {found.shape}")
    return found
