"""Checks of masks: whole numbers of classes, -1 where the class is not known."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.resampling.near_ties import first_of_largest


def checked_masks(masks: Any, argument: str, *, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return masks (n, h, w) of int64, some pixel of which is known; `shape` is the one wanted."""
    wanted = "masks (n, h, w) of whole numbers >= 0, or -1 where unknown"
    found = checks.real_array(masks, argument)
    if found.ndim == 2:
        found = found[None]
    if found.ndim != 3:
        refuse(argument, wanted, f"shape {found.shape}")
    if shape is not None and found.shape != tuple(shape):
        refuse(argument, f"masks of shape {tuple(shape)}, one an image", f"shape {found.shape}")
    found = whole_or_unknown(found, argument, wanted, most=2**15)
    if found.max() < 0:
        refuse(argument, "a pixel whose class is known", "none: all are -1")
    return found


def whole_or_unknown(found: np.ndarray, argument: str, wanted: str, *, most: int) -> np.ndarray:
    """Return whole numbers from 0 to `most`, or -1 for what is not known, as int64."""
    if (found != np.round(found)).any() or found.min() < -1 or found.max() > most:
        refuse(argument, wanted, f"values from {found.min():g} to {found.max():g}, or fractions")
    return found.astype(np.int64)


def class_number(classes: int | None, masks: np.ndarray, argument: str) -> int:
    """Return how many classes there are, no mask being outside them."""
    if classes is None:
        return int(masks.max()) + 1
    number = checks.count(classes, "classes", minimum=2)
    if masks.max() >= number:
        refuse(argument, f"classes 0 to {number - 1}", f"class {masks.max()}")
    return number


def label_maps(predicted: Any, argument: str) -> np.ndarray:
    """Return label maps (n, h, w) of label maps, probabilities (n, C, h, w) or votes."""
    found = checks.real_array(predicted, argument)
    if found.ndim == 5:
        found = found.mean(axis=0, dtype=np.float64)  # in float32 the members' order decided ties
    if found.ndim == 4:
        if found.shape[1] < 2:
            refuse(
                argument, "two classes at least in the axis before space", f"shape {found.shape}"
            )
        return first_of_largest(np.moveaxis(found, 1, -1))  # of near ties the first, in any order
    maps = checked_masks(found, argument)
    if maps.min() < 0:
        refuse(argument, "a class for every pixel", "some that are -1")
    return maps
