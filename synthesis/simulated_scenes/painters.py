"""Paint a scene: where each class is, and the texture that it has there."""

from dataclasses import dataclass

import numpy as np

from synthesis.simulated_scenes import layouts
from synthesis.simulated_scenes.cutouts import pasted
from synthesis.simulated_scenes.texture_bank import normal_scores, texture, window
from toolbox.core.streams import generator

BANDS = 3
# Spread of the classes' mean bands over that of the parcels of one class, in units of a pixel's
# texture: some classes are told by their bands, some only by their texture.
BETWEEN, WITHIN = 0.6, 0.4
TINTS = (0.3, 0.7)  # of classes with a colour, which changes from scene to scene by
TINT_SPREAD, CONTRAST = 0.12, 0.1  # and the depth of the texture on it


@dataclass(frozen=True)
class World:
    """What the scenes of one seed have in common."""

    names: list[str]
    textures: list[str]
    common: int  # classes that are laid out; the rare one, if any, is painted over them
    seed: int
    part: str
    pieces: list[list[np.ndarray]]  # cut-outs, by class


def mosaic(
    world: World, held: np.ndarray, spots: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return image and mask: every patch has one and the same normal law of grey levels."""
    cells, of_cell = layouts.mosaic(spots.shape, held, rng)
    mask = with_spots(of_cell[cells], spots, world)
    cells = np.where(spots, len(of_cell), cells)
    image = np.zeros((1, *mask.shape), np.float32)
    for cell in np.unique(cells):
        inside = cells == cell
        image[0, inside] = textured(world, int(mask[inside][0]), inside, rng)
    return image, mask


def parcels(
    world: World, held: np.ndarray, spots: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return image and mask: parcels of three bands, each parcel a little different."""
    cells = layouts.parcels(spots.shape, rng)
    of_cell = rng.permutation(np.resize(held, cells.max() + 1))
    mask = with_spots(of_cell[cells], spots, world)
    cells = np.where(spots, cells.max() + 1, cells)
    means = generator(world.seed, "scenes", "bands").standard_normal((len(world.names), BANDS))
    image = np.zeros((BANDS, *mask.shape), np.float32)
    for cell in np.unique(cells):
        inside = cells == cell
        k = int(mask[inside][0])
        level = BETWEEN * means[k] + WITHIN * rng.standard_normal(BANDS)
        image[:, inside] = level[:, None] + textured(world, k, inside, rng)
    return image, mask


def road(
    world: World, held: np.ndarray, spots: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return image and mask of streets one above the other, of the same colours."""
    height, width = spots.shape
    streets = [layouts.road((width, width), rng) for _ in range(height // width)]
    mask = with_spots(np.concatenate(streets), spots, world)
    return tinted(world, mask, rng), mask


def cutouts(
    world: World, held: np.ndarray, spots: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return image and mask: things on one texture, and the rare spot of another on top."""
    mask = np.zeros(spots.shape, int)
    image = tinted(world, with_spots(mask, spots, world), rng)
    over, spotless = image.copy(), mask
    for k in rng.permutation(held[held > 0]):
        pieces = world.pieces[k - 1]
        pasted(over, spotless, pieces[int(rng.integers(len(pieces)))], int(k), rng)
    return np.where(spots, image, over), with_spots(mask, spots, world)


PAINTERS = {"mosaic": mosaic, "cutouts": cutouts, "parcels": parcels, "road": road}


def with_spots(mask: np.ndarray, spots: np.ndarray, world: World) -> np.ndarray:
    """Return the mask with the last class where the spots are."""
    return np.where(spots, len(world.names) - 1, mask)


def textured(world: World, k: int, inside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the normal scores of a window of a class's texture, where it is."""
    source = texture(world.textures[k], world.part, world.seed)
    return normal_scores(window(source, inside.shape, rng)[inside], rng)


def tinted(world: World, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return three components: textures on the colours of their classes."""
    colours = generator(world.seed, "scenes", "tints").uniform(*TINTS, (len(world.names), 3))
    image = np.zeros((3, *mask.shape), np.float32)
    for k in np.unique(mask):
        tint = colours[k] + TINT_SPREAD * rng.standard_normal(3)
        image[:, mask == k] = tint[:, None] + CONTRAST * textured(world, k, mask == k, rng)
    return image
