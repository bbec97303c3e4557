"""A real folder of papers in the form of the challenge: groups of three levels, and singles.

Sub-folders called ``sheet...``, ``package...`` and ``maker...`` (``sheet1``, ``sheet 2``, ...) hold
the images of one group each; every image in ``single...`` is a paper of its own.
"""

import numpy as np

import toolbox
from toolbox import InputError

LEVELS = ("sheet", "package", "maker", "single")
FEWEST = 4  # papers: what evidence needs


def folder_of_papers(folder: str, size: int) -> dict[str, np.ndarray]:
    """Return the central squares of `size` pixels of every image, its group and its level."""
    loaded = toolbox.load(folder)
    if not len(loaded.labels):
        raise InputError(f"images: wanted sub-folders of images, one a group, got {folder!r}")
    levels = np.array([level(name) for name in loaded.labels.tolist()])
    squares = [
        central_square(image, size, name)
        for image, name in zip(loaded.values, loaded.names, strict=True)
    ]
    if len(squares) < FEWEST:
        raise InputError(f"images: wanted at least {FEWEST} papers, got {len(squares)}")
    group = np.unique(loaded.labels, return_inverse=True)[1]
    single = levels == "single"
    group[single] = group.max() + 1 + np.arange(single.sum())
    if single.all() or max(np.bincount(group)) < 2:
        raise InputError("images: wanted at least two papers in one group, got singles only")
    # Groups of a level side by side, the closest relatives first, singles last.
    order = np.lexsort((group, [LEVELS.index(found) for found in levels]))
    values = np.stack(squares)[order]
    return {"values": values, "labels": group[order], "levels": levels[order]}


def level(name: str) -> str:
    """Return the level that a sub-folder's name begins with."""
    for found in LEVELS:
        if name.lower().startswith(found):
            return found
    wanted = f"sub-folders whose names begin with {', '.join(LEVELS)}"
    raise InputError(f"images: wanted {wanted}, got {name!r}")


def central_square(image: np.ndarray, size: int, name: str) -> np.ndarray:
    """Return the centre of a grey or colour (components first) image, in grey."""
    grey = image if image.ndim == 2 else image.mean(axis=0)
    if min(grey.shape) < size:
        wanted = f"images of at least {size} pixels an axis (or another --size)"
        raise InputError(f"images: wanted {wanted}, got {grey.shape} in {name!r}")
    top, left = ((n - size) // 2 for n in grey.shape)
    return grey[top : top + size, left : left + size].astype(np.float32)
