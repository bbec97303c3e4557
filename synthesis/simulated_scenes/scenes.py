"""Scenes whose mask is exact: mosaics of textures, cut-outs, parcels, a road."""

import os
from typing import Any

import numpy as np

from synthesis.simulated_scenes import layouts
from synthesis.simulated_scenes.cutouts import things
from synthesis.simulated_scenes.painters import PAINTERS, World
from synthesis.simulated_scenes.texture_bank import (
    HEIGHT,
    MOST_TEXTURES,
    PARTS,
    WIDTH,
    texture_names,
)
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.panels import panels
from toolbox.core.records import record, stands_for
from toolbox.core.streams import generator
from toolbox.networks.segmentation.patch_boxes import patch_boxes

KINDS = ("mosaic", "cutouts", "parcels", "road")
ROAD = ("sky", "building", "verge", "road", "car")
SMALLEST, LARGEST = 32, WIDTH


@record
class Scenes:
    """Scenes and what is where in them.

    Attributes
    ----------
    images : ndarray (n, K, h, w), float32
    masks : ndarray (n, h, w) of int
        The class of every pixel, 0 to C - 1.
    boxes : ndarray (m, 6) of int
        Of each connected patch of one class: scene, class, first row, first column, last row + 1,
        last column + 1.
    tags : ndarray (n, C) of bool
        Which classes a scene holds.
    classes : tuple of str
    units : ndarray (n,) of str
        The parent scene; scenes cut from one parent share it.
    kind : str
    note : str
        What the scenes are made of.
    """

    images: np.ndarray
    masks: np.ndarray
    boxes: np.ndarray
    tags: np.ndarray
    classes: tuple[str, ...]
    units: np.ndarray
    kind: str
    note: str
    __array__ = stands_for("images")

    def plot(self, ax: Any = None) -> Any:
        """Draw the first four scenes above their masks."""
        shown = min(4, len(self.images))
        figure, axes = panels(ax, 2, shown, size=(2 * shown, 4))
        axes = np.asarray(axes).reshape(2, shown)
        for i in range(shown):
            axes[0, i].imshow(seen(self.images[i]), cmap="gray")
            axes[1, i].imshow(self.masks[i], vmin=0, vmax=len(self.classes) - 1, cmap="tab10")
            axes[0, i].set_title(str(self.units[i]), fontsize="small")
        for one in axes.flat:
            one.set_axis_off()
        return figure


def scenes(
    kind: str = "mosaic",
    *,
    n: int,
    size: int = 64,
    classes: int | None = None,
    rare: float | None = None,
    part: str = "first",
    per_parent: int = 1,
    cutouts: str | os.PathLike | None = None,
    seed: int,
) -> Scenes:
    r"""Draw scenes with exact masks, in which textures are to be told apart.

    Parameters
    ----------
    kind : str
        "mosaic": patches of textures, all of one normal law of grey levels, so that the grey level
        of a pixel tells nothing. "cutouts": things pasted on textures, class 0 the background.
        "parcels": rectangles of three bands, whose mean tells a little and whose texture the rest.
        "road": sky, building, verge, road and car in perspective.
    n : int
        How many scenes. Scene i is the same for any `n`.
    size : int
        Rows and columns, 32 to 256.
    classes : int, optional
        How many, C >= 2; by default 6 (a road: 5), or those of the folder and the background. A
        rare class is one of them, the last.
    rare : float, optional
        Share of each scene's pixels that is of the last class, as one spot, exactly up to a pixel;
        above 0, at most .2. The last class then appears nowhere else.
    part : str
        "first" or "second": the textures of one part share no pixel with those of the other (the
        halves of photographs, other realisations of fields), so that one trains and one tests.
    per_parent : int
        Scenes that are cut, without overlap, from one parent scene and share its unit.
    cutouts : path, optional
        For "cutouts": a folder whose sub-folders are classes of images with an alpha channel; what
        is not opaque is cut away. Without it simple shapes are pasted.
    seed : int
        Fixes which textures the classes are, for both parts, and all layouts.

    Returns
    -------
    Scenes

    Raises
    ------
    InputError
        A size out of range, more classes than textures, a share that leaves the rare class no
        pixel, a parent larger than the textures (``size * per_parent`` > 512).

    Notes
    -----
    Photographs are those of scikit-image's wheel (brick, grass, gravel, moon, tissue); fields are
    Gaussian of several roughnesses, multifractal, or anisotropic. In a mosaic each patch's values
    are replaced by the normal scores of their ranks r = 0, ..., m - 1 (van der Waerden, 1952),

    .. math:: \Phi^{-1}\left(\frac{r + 1/2}{m}\right).

    Examples
    --------
    >>> from synthesis import scenes
    >>> drawn = scenes("mosaic", n=2, size=32, classes=3, rare=0.02, seed=0)
    >>> drawn.images.shape, (drawn.masks == 2).sum(axis=(1, 2)).tolist()
    ((2, 1, 32, 32), [20, 20])
    """
    kind = checks.choice(kind, "kind", KINDS)
    n, seed = checks.count(n, "n"), checks.seed(seed)
    size = checks.count(size, "size", minimum=SMALLEST, maximum=LARGEST)
    part = checks.choice(part, "part", PARTS)
    per_parent = checks.count(per_parent, "per_parent")
    if size * per_parent > HEIGHT:
        refuse("per_parent", f"at most {HEIGHT // size} of size {size}", per_parent)
    spot = _spot(rare, size)
    if cutouts is not None and kind != "cutouts":
        refuse("cutouts", "None for scenes of another kind", repr(str(cutouts)))
    world = _world(kind, _number(classes, kind), int(spot > 0), cutouts, seed, part)
    shape = (size * per_parent, size)
    parents = -(-n // per_parent)
    images, masks = [], []
    hands = layouts.dealt_classes(parents, world.common, generator(seed, "scenes", part, "hands"))
    for parent, held in enumerate(hands):
        rng = generator(seed, "scenes", kind, part, parent)
        spots = _spots(shape, per_parent, spot, rng, upright=kind == "road")
        image, mask = PAINTERS[kind](world, held, spots, rng)
        images += np.split(image, per_parent, axis=1)
        masks += np.split(mask, per_parent, axis=0)
    units = np.repeat([f"{kind}-{part}-{seed}-{i}" for i in range(parents)], per_parent)[:n]
    masks = np.stack(masks[:n])
    return Scenes(
        images=np.stack(images[:n]).astype(np.float32),
        masks=masks,
        boxes=patch_boxes(masks),
        tags=np.stack([(masks == k).any(axis=(1, 2)) for k in range(len(world.names))], axis=1),
        classes=tuple(world.names),
        units=units,
        kind=kind,
        note=f"{part} part of: {', '.join(world.textures)}",
    )


def seen(image: np.ndarray) -> np.ndarray:
    """Return an image (K, h, w) as it is shown: grey, or the first three components as colours."""
    if len(image) < 3:
        return image[0]
    colours = np.moveaxis(image[:3], 0, -1)
    low, high = np.percentile(colours, (1, 99))
    return np.clip((colours - low) / max(high - low, 1e-12), 0, 1)


def _number(classes: int | None, kind: str) -> int | None:
    """Return the number of classes asked for, None where the kind or the folder says it."""
    if classes is None:
        return {"mosaic": 6, "parcels": 6}.get(kind)
    return checks.count(classes, "classes", minimum=2)


def _world(kind: str, classes: int | None, rare: int, folder: Any, seed: int, part: str) -> World:
    """Return names, textures and cut-outs of the classes; `rare` is 1 where there is such a one."""
    pieces = []
    if kind == "road":
        names = [*ROAD, *["rare"] * rare]
        if classes not in (None, len(names)):
            refuse("classes", f"{len(names)} of a road", classes)
    elif kind == "cutouts":
        if classes is not None and classes < 2 + rare:
            refuse("classes", "a background, one more, and the rare one if any", classes)
        made = things(folder, None if classes is None else classes - 1 - rare)
        names, pieces = ["background", *made.names, *["rare"] * rare], made.of_class
    else:
        names = textures = _textures(classes, seed)
    if kind in ("road", "cutouts"):
        textures = _textures(len(names), seed)
    return World(names, textures, len(names) - rare, seed, part, pieces)


def _textures(number: int, seed: int) -> list[str]:
    if number > MOST_TEXTURES:
        refuse("classes", f"at most {MOST_TEXTURES}, of which there are textures", number)
    return texture_names(number, seed)


def _spot(rare: Any, size: int) -> int:
    """Return how many pixels of a scene are rare."""
    if rare is None:
        return 0
    pixels = round(checks.number(rare, "rare", above=0, maximum=0.2) * size * size)
    if pixels == 0:
        refuse("rare", f"a pixel at least of {size * size}", rare)
    return pixels


def _spots(
    shape: tuple[int, int],
    per_parent: int,
    pixels: int,
    rng: np.random.Generator,
    *,
    upright: bool,
) -> np.ndarray:
    """Return the mask of a rare spot in every scene of a parent; empty without a rare class."""
    if pixels == 0:
        return np.zeros(shape, bool)
    scene = (shape[0] // per_parent, shape[1])
    return np.concatenate(
        [layouts.blob(scene, pixels, rng, upright=upright) for _ in range(per_parent)]
    )
