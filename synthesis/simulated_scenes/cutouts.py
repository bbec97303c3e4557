"""Things to paste on textures: a user's cut-outs on nothing, or simple shapes."""

from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import InputError, refuse
from toolbox.data.loading import Loaded, load
from toolbox.data.readable_files import existing

SHAPES = ("disc", "square", "triangle", "ring", "cross", "diamond", "bar")
SHARE = (0.25, 0.5)  # of the scene's side: how large a thing is


class Things(NamedTuple):
    """What may be pasted: by class, components (K, h, w) that are NaN where nothing is."""

    names: tuple[str, ...]
    of_class: list[list[np.ndarray]]


def things(folder: Any, classes: int | None) -> Things:
    """Return the cut-outs of a folder of classes, or shapes where there is no folder."""
    if folder is None:
        number = len(SHAPES) if classes is None else classes
        if number > len(SHAPES):
            refuse("classes", f"at most {len(SHAPES) + 1} without a folder of cut-outs", number + 1)
        return Things(SHAPES[:number], [[_shape(name)] for name in SHAPES[:number]])
    loaded = _loaded(folder)
    names = tuple(sorted(set(loaded.labels.tolist())))
    if classes is not None and classes != len(names):
        refuse("classes", f"{len(names) + 1}: a background and the folder's", classes + 1)
    return Things(names, _by_class(loaded, names))


def _loaded(folder: Any) -> Loaded:
    place = existing(folder, argument="cutouts")
    wanted = "a folder whose sub-folders are classes of images"
    try:
        loaded = load(place)
    except InputError as error:
        raise InputError(f"cutouts: wanted {wanted}; {error}") from None
    if not len(loaded.labels):
        refuse("cutouts", wanted, f"{str(place)!r}, which has no such")
    return loaded


def _by_class(loaded: Loaded, names: tuple[str, ...]) -> list[list[np.ndarray]]:
    found: list[list[np.ndarray]] = [[] for _ in names]
    for value, label, name in zip(loaded.values, loaded.labels, loaded.names, strict=True):
        colours = np.broadcast_to(value, (3, *value.shape[-2:])) if value.ndim == 2 else value
        if len(colours) != 3:
            refuse("cutouts", "grey or colour images", f"{len(colours)} components in {name!r}")
        if not np.isfinite(colours).all(axis=0).any():
            refuse("cutouts", "images with opaque pixels", f"none in {name!r}")
        found[names.index(str(label))].append(np.asarray(colours, np.float32))
    return found


def pasted(
    image: np.ndarray, mask: np.ndarray, thing: np.ndarray, label: int, rng: np.random.Generator
) -> None:
    """Paste a thing, resized to a share of the scene, at a random place of image and mask."""
    side = rng.uniform(*SHARE) * min(mask.shape)
    factor = side / max(thing.shape[-2:])
    rows, columns = (max(2, round(factor * s)) for s in thing.shape[-2:])
    i = np.minimum((np.arange(rows) + 0.5) / rows * thing.shape[-2], thing.shape[-2] - 1)
    j = np.minimum((np.arange(columns) + 0.5) / columns * thing.shape[-1], thing.shape[-1] - 1)
    small = thing[:, i.astype(int)[:, None], j.astype(int)]  # nearest: no half-covered pixels
    top = int(rng.integers(mask.shape[0] - rows + 1))
    left = int(rng.integers(mask.shape[1] - columns + 1))
    opaque = np.isfinite(small).all(axis=0)
    place = (slice(top, top + rows), slice(left, left + columns))
    image[:, place[0], place[1]][:, opaque] = small[:, opaque]
    mask[place][opaque] = label


def _shape(name: str, side: int = 64) -> np.ndarray:
    """Return a simple shape, shaded from side to side."""
    y, x = (np.indices((side, side)) + 0.5) / side * 2 - 1
    inside = {
        "disc": np.hypot(x, y) < 0.95,
        "square": np.maximum(abs(x), abs(y)) < 0.8,
        "triangle": abs(x) < (y + 1) / 2,
        "ring": abs(np.hypot(x, y) - 0.7) < 0.25,
        "cross": np.minimum(abs(x), abs(y)) < 0.3,
        "diamond": abs(x) + abs(y) < 1,
        "bar": abs(x) < 0.3,
    }[name]
    shading = 0.5 + 0.3 * np.stack([x, y, -x])
    return np.where(inside, shading, np.nan).astype(np.float32)
