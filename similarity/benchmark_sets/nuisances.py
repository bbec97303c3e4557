"""Changes to an image that do not make it another texture."""

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from toolbox.core.checks import choice, items, number, refuse
from toolbox.core.checks import seed as check_seed
from toolbox.core.streams import generator

KINDS = ("gain", "offset", "illumination", "rotation", "resolution")
CONTRAST = 0.25  # a texture's standard deviation over its mean brightness, under a gradient


def nuisance(images: Any, kind: str, *, seed: int, strength: float = 1.0) -> np.ndarray:
    """Change each image at random in a way that should not make it another texture.

    Parameters
    ----------
    images
        ``([n, [components,]] rows, columns)``.
    kind
        "gain": times a factor from 1/2 to 2 (log-uniform). "offset": plus up to 3 standard
        deviations. "illumination": light that rises or falls in a random direction, up to 20 %
        from the centre to a corner, on a surface whose standard deviation is 1/4 of its mean.
        "rotation": by 0, 90, 180 or 270 degrees. "resolution": a Gaussian blur of 0 to 0.5 pixels.
    seed
        Seed of the named streams, one an image.
    strength
        Times the widths above (the logarithm of the gain; not for "rotation"), above 0 and at
        most 2.

    Returns
    -------
    array
        Of the shape and precision of `images`; all components of an image are changed alike.

    Raises
    ------
    InputError
        For a kind that is none, or rotation of images that are not square.

    Examples
    --------
    >>> import numpy as np
    >>> from similarity import nuisance
    >>> image = np.arange(16.0).reshape(4, 4)
    >>> turned = nuisance(image, "rotation", seed=0)
    >>> turned.shape, float(turned.sum())
    ((4, 4), 120.0)
    """
    array = items(images, "images", dim=2)
    kind = choice(kind, "kind", KINDS)
    seed = check_seed(seed)
    strength = number(strength, "strength", above=0, maximum=2)
    if kind == "rotation" and array.shape[-1] != array.shape[-2]:
        refuse("images", "square images for kind='rotation'", f"shape {array.shape}")
    change = {
        "gain": _gain,
        "offset": _offset,
        "illumination": _illumination,
        "rotation": _rotation,
        "resolution": _resolution,
    }[kind]
    changed = [
        change(item.astype(np.float64), strength, generator(seed, "nuisance", kind, i))
        for i, item in enumerate(array)
    ]
    return np.array(changed, dtype=array.dtype).reshape(np.shape(images))


def _gain(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    return image * 2 ** rng.uniform(-strength, strength)


def _offset(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    return image + rng.uniform(-3 * strength, 3 * strength) * image.std()


def _illumination(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    angle, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.2 * strength)
    down, right = np.meshgrid(*(np.linspace(-1, 1, m) for m in image.shape[-2:]), indexing="ij")
    light = 1 + slope * (np.cos(angle) * right + np.sin(angle) * down) / np.sqrt(2)
    brightness = image.std() / CONTRAST
    return (image - image.mean() + brightness) * light


def _rotation(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    return np.rot90(image, rng.integers(4), axes=(-2, -1))


def _resolution(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    width = rng.uniform(0, 0.5 * strength)
    return gaussian_filter(image, (0, width, width), mode="wrap")
