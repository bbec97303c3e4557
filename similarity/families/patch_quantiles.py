"""The patches family: quantiles of random projections of patches, at three resolutions."""

import numpy as np

from similarity.families.patch_transport import unit_directions
from toolbox.core.streams import generator

SIDE = 5
PROJECTIONS = 8
LEVELS = np.array([0.02, 0.1, 0.3, 0.7, 0.9, 0.98])
RESOLUTIONS = 3


def quantiles(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return (n, resolutions x projections x quantiles): a coarse quantile embedding.

    The squared Euclidean distance of two embeddings is the sliced transport between their patches,
    but for the coarse quantiles. The directions are the same for all items and sets: patches
    without their mean, of the images and of their averages over 2 and 4 samples. Resolutions that
    items of `size` are too small for are left out.
    """
    dim, result = images.ndim - 2, []
    for resolution in range(RESOLUTIONS):
        if min(size) // 2 ** (resolution + 1) < SIDE + 1:
            break
        coarse = _averaged(images, 2**resolution)
        directions = unit_directions(
            images.shape[1] * SIDE**dim, PROJECTIONS, generator(0, "patch family", resolution)
        ).reshape(images.shape[1], *(SIDE,) * dim, PROJECTIONS)
        directions -= directions.mean(axis=tuple(range(1, 1 + dim)), keepdims=True)
        projected = _correlate(coarse, directions)
        result.append(np.quantile(projected, LEVELS, axis=-1).transpose(1, 2, 0))
    return np.stack(result, axis=1).reshape(len(images), -1)


def _averaged(images: np.ndarray, step: int) -> np.ndarray:
    for axis in range(2, images.ndim):
        x = np.moveaxis(images, axis, -1)
        x = x[..., : x.shape[-1] // step * step]
        images = np.moveaxis(x.reshape(*x.shape[:-1], -1, step).mean(axis=-1), -1, axis)
    return images


def _correlate(images: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return (n, projections, places): the products of patches and directions."""
    step = max(1, min(images.shape[2:]) // 64)
    places = tuple((n - SIDE) // step + 1 for n in images.shape[2:])
    result = np.zeros((len(images), directions.shape[-1], int(np.prod(places))))
    for component in range(images.shape[1]):
        for shift in np.ndindex(*directions.shape[1:-1]):
            windows = zip(shift, places, strict=True)
            cut = tuple(slice(first, first + step * (p - 1) + 1, step) for first, p in windows)
            column = images[(slice(None), component, *cut)].reshape(len(images), 1, -1)
            result += column * directions[(component, *shift)][:, None]
    return result
