"""Where the classes are: maps (h, w) of whole numbers, drawn at random."""

import numpy as np
from scipy.ndimage import gaussian_filter

REGION = 22  # pixels across a region of a mosaic, about: 8 or 9 in 64 x 64
PRESENT = 2 / 3  # of the classes are in one scene, so that a tag tells something
SMALLEST_PARCEL = 12  # pixels along each side
BENT = 3.0  # pixels by which the borders of a mosaic are bent


def dealt_classes(number: int, classes: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return which classes each of some scenes holds: a pack is dealt out, and shuffled again.

    The first two scenes hold all classes between them.
    """
    hand = max(2, int(np.ceil(PRESENT * classes))) if classes > 2 else classes
    pack: list[int] = []
    found = []
    for _ in range(number):
        held = pack[:hand]
        pack = pack[hand:]
        if len(held) < hand:
            fresh = rng.permutation(classes).tolist()
            new = [k for k in fresh if k not in held][: hand - len(held)]
            pack = [k for k in fresh if k not in new]
            held += new
        found.append(np.array(held))
    return found


def mosaic(
    shape: tuple[int, int], held: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells of random sites, with bent borders, and the class of each cell.

    Every class held has a site at least; a small cell may have no pixel.
    """
    sites = max(len(held), round(shape[0] * shape[1] / REGION**2))
    places = rng.uniform(size=(sites, 2)) * shape
    classes = np.concatenate([held, rng.choice(held, sites - len(held))])
    grid = np.stack(np.indices(shape), axis=-1) + 0.5
    bends = [_smooth(shape, REGION / 4, rng) for _ in range(2)]
    grid = grid + BENT * np.stack(bends, axis=-1)
    apart = ((grid[:, :, None] - places) ** 2).sum(axis=-1)
    return apart.argmin(axis=-1), classes


def parcels(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return the number of the parcel of each pixel: a rectangle split again and again."""
    found = np.zeros(shape, int)
    waiting, number = [(0, 0, *shape)], 0
    while waiting:
        top, left, bottom, right = waiting.pop()
        sides = bottom - top, right - left
        axis = int(sides[1] > sides[0])
        if max(sides) < 2 * SMALLEST_PARCEL or (number > 3 and rng.random() < 0.2):
            found[top:bottom, left:right] = number
            number += 1
            continue
        cut = int(rng.integers(SMALLEST_PARCEL, sides[axis] - SMALLEST_PARCEL + 1))
        if axis:
            waiting += [(top, left, bottom, left + cut), (top, left + cut, bottom, right)]
        else:
            waiting += [(top, left, top + cut, right), (top + cut, left, bottom, right)]
    return found


def road(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return sky 0, building 1, verge 2, road 3, car 4, as a camera in a car sees them."""
    height, width = shape
    y, x = np.indices(shape) / np.array([height, width])[:, None, None]
    horizon = rng.uniform(0.35, 0.5)
    found = np.where(y < horizon, 0, 2)
    left = 0.0
    while left < 1:  # buildings, side by side, with gaps
        wide, tall = rng.uniform(0.12, 0.3), rng.uniform(0.1, horizon - 0.05)
        if rng.random() < 0.7:
            found[(x >= left) & (x < left + wide) & (y < horizon) & (y > horizon - tall)] = 1
        left += wide
    vanishing, near = rng.uniform(0.35, 0.65), rng.uniform(0.3, 0.5)
    depth = (y - horizon) / (1 - horizon)
    found[(depth > 0) & (np.abs(x - vanishing) < 0.03 + near * depth)] = 3
    for at in rng.uniform(0.15, 0.7, size=int(rng.integers(1, 3))):  # cars, larger when near
        middle = vanishing + rng.choice([-0.5, 0.5]) * (0.03 + near * at)
        half = 0.03 + 0.2 * at
        inside = np.abs(x - middle) < half
        found[inside & (np.abs(depth - at) < 1.2 * half)] = 4
    return found


def blob(
    shape: tuple[int, int], pixels: int, rng: np.random.Generator, *, upright: bool = False
) -> np.ndarray:
    """Return a mask of exactly so many pixels: one uneven spot at a random place."""
    radius = np.sqrt(pixels / np.pi)
    room = [max(s - 2 * radius, 1) for s in shape]
    centre = [radius + rng.random() * r for r in room]
    stretch = (0.6, 1.6) if upright else (1.0, 1.0)
    y, x = ((g - c) * s for g, c, s in zip(np.indices(shape), centre, stretch, strict=True))
    height = -np.hypot(y, x) + 0.3 * radius * _smooth(shape, max(radius / 2, 1.0), rng)
    spot = np.zeros(height.size, bool)
    spot[np.argpartition(height.ravel(), -pixels)[-pixels:]] = True
    return spot.reshape(shape)


def _smooth(shape: tuple[int, int], width: float, rng: np.random.Generator) -> np.ndarray:
    """Return smooth noise of unit variance."""
    noise = gaussian_filter(rng.standard_normal(shape), width, mode="wrap")
    return noise / max(noise.std(), 1e-12)
