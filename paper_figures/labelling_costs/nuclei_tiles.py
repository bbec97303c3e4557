"""Tiles of one real picture of nuclei, read where the wheel stardist is installed.

PyPI's wheel stardist (BSD-3-Clause) ships a fluorescence picture of the 2018 Data Science Bowl
(Caicedo et al., 2019) with a number for every nucleus. Its two files are read; it is not imported.

Edges between touching nuclei are no class of their own: .3 % of the pixels (.9 % within 2 pixels of
two nuclei). In two draws of the quick setting no way of labelling found them (IoU .02 at most).
"""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelling import WeakLabels, weaken
from toolbox import crops

PICTURE, NUCLEI = FILES = ("img2d.tif", "mask2d.tif")
CLASSES = ("background", "nucleus")
TILE = 64  # pixels: two or three nuclei wide


class Tiles(NamedTuple):
    """Disjoint tiles of one half of the picture."""

    images: np.ndarray  # (n, 1, TILE, TILE), float32
    masks: np.ndarray  # (n, TILE, TILE): 0 the background, 1 a nucleus
    nuclei: np.ndarray  # (n, TILE, TILE): the number of the nucleus, 0 the background
    classes: tuple[str, ...] = CLASSES


def folder() -> Path | None:
    """Return where the picture and its nuclei are; None where they are not installed."""
    found = importlib.util.find_spec("stardist")
    for place in (found and found.submodule_search_locations) or ():
        images = Path(place) / "data" / "images"
        if all((images / name).is_file() for name in FILES):
            return images
    return None


def available() -> bool:
    """Say whether the picture can be read here."""
    return folder() is not None


def read() -> tuple[np.ndarray, np.ndarray]:
    """Return the picture and the number of each pixel's nucleus, both (h, w)."""
    import tifffile

    picture, nuclei = (tifffile.imread(folder() / name) for name in FILES)
    return picture.astype(np.float32), nuclei.astype(np.int64)


def halves(*, labelled: int, wanted: int, seed: int) -> tuple[Tiles, Tiles]:
    """Draw tiles to be labelled from one half of the picture, and wanted ones from the other.

    An even seed labels the upper half, an odd one the lower. A nucleus on the line between them
    has pixels in both; no pixel is in both.
    """
    both = np.stack(read()).astype(np.float64)  # holds every number of a nucleus
    middle = both.shape[1] // 2
    parts = (both[:, :middle], both[:, middle:])[:: 1 if seed % 2 == 0 else -1]
    return _tiles(parts[0], labelled, seed), _tiles(parts[1], wanted, seed)


def _tiles(both: np.ndarray, n: int, seed: int) -> Tiles:
    cut = crops(both, size=TILE, n=n, seed=seed).values
    nuclei = cut[:, 1].astype(np.int64)
    return Tiles(cut[:, :1].astype(np.float32), (nuclei > 0).astype(np.int64), nuclei)


def weak_labels(tiles: Tiles, kind: str, n: int, seed: int) -> WeakLabels:
    """Return what an expert says of the first n tiles; a box is around one nucleus.

    That the background reaches as far as the tile costs the expert no time.
    """
    weak = weaken(tiles.masks[:n], kind=kind, classes=len(CLASSES), seed=seed)
    if kind != "box":
        return weak
    each = weaken(tiles.nuclei[:n], kind=kind, seed=seed)  # of the background's patches as well
    boxes = each.boxes[each.boxes[:, 1] > 0]
    boxes[:, 1] = 1
    ground = [(i, 0, 0, 0, *tiles.masks.shape[1:]) for i in range(n)]
    seconds = each.seconds * len(boxes) / len(each.boxes)
    return replace(weak, boxes=np.concatenate([ground, boxes]), seconds=seconds)
