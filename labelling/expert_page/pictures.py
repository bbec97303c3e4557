"""The items that the page shows: listed at once, each read when it is asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import items, refuse
from toolbox.data.image_folders import image_files, images_below, read_images
from toolbox.data.loading import load
from toolbox.data.memory_limits import Room
from toolbox.data.readable_files import Skipping, existing

_LAZY = "a file of one image (save its pages as files)"


class Pictures(NamedTuple):
    """Items with their names, in the order of `toolbox.load`, and how one is read."""

    names: list[str]  # of a folder of classes, CLASS/FILE
    classes: list[str]  # a folder's sub-folders, in their order; none in a flat folder
    dim: int
    read: Callable[[int], np.ndarray]  # ([K,] *space), NaN where missing
    skipped: tuple[str, ...] = ()  # files that are no images, with `deep`


def pictures_of(source: Any, *, dim: int | None = None, deep: bool = False) -> Pictures:
    """Return the items of a folder of images, of a file or of an array.

    With `deep`, a folder's images are taken at any depth, with the names that
    `toolbox.load_papers` gives them, and other files are left out.
    """
    if not isinstance(source, str | Path):
        values = items(source, "images", dim=dim or 2)
        return Pictures([f"item {i}" for i in range(len(values))], [], dim or 2, values.__getitem__)
    path = existing(source)
    if path.is_dir():
        return _at_any_depth(path) if deep else _of_folder(path)
    loaded = load(path, dim=dim)
    dim = dim or (1 if path.suffix.lower() == ".hea" else 2)
    classes = sorted(set(loaded.labels.tolist()))
    return Pictures(list(loaded.names), classes, dim, loaded.values.__getitem__)


def _of_folder(folder: Path) -> Pictures:
    """List a folder: no image is opened, so that many thousands take no time."""
    listed = image_files(folder, Skipping(allowed=False))
    inside = folder.resolve()
    files = [file for file, _ in listed]
    names = [f"{label}/{file.name}" if label else file.name for file, label in listed]
    classes = list(dict.fromkeys(label for _, label in listed if label))
    return Pictures(names, classes, 2, lambda i: _read(files[i], inside))


def _at_any_depth(folder: Path) -> Pictures:
    skipping, inside = Skipping(allowed=True), folder.resolve()
    files = list(images_below(folder, skipping))
    if not files:
        refuse("path", "a folder that holds images", f"none in {str(folder)!r}")
    names = [file.relative_to(folder).as_posix() for file in files]
    return Pictures(names, [], 2, lambda i: _read(files[i], inside), tuple(skipping.skipped))


def _read(file: Path, inside: Path) -> np.ndarray:
    if not file.resolve().is_relative_to(inside):
        refuse("path", f"images inside {str(inside)!r}", f"{file.name!r}, which leads outside")
    pages = read_images(file, Room(), grey=False)
    if len(pages.images) != 1:
        refuse("path", _LAZY, f"{len(pages.images)} pages in {file.name!r}")
    return pages.images[0]
