"""The textures of scenes: real photographs and fields, each in two parts that share no pixel."""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from scipy.ndimage import zoom
from scipy.special import ndtri

from toolbox.core.streams import generator, integer
from toolbox.processes.anisotropic_fields import anisotropic_field
from toolbox.processes.fractional_fields import fractional_field
from toolbox.processes.multifractal_walks import multifractal_field

HEIGHT, WIDTH = 512, 256  # of one part: what a half of a photograph of 512 x 512 pixels has
PARTS = ("first", "second")

# Name -> enlargement. Those of skimage's wheel that are one texture from side to side.
PHOTOGRAPHS = {
    "brick": 1.0,
    "grass": 1.0,
    "gravel": 1.0,
    "moon": 1.0,
    "immunohistochemistry": 1.0,
    "brick, closer": 1.6,
    "grass, closer": 1.6,
    "gravel, closer": 1.6,
}
_SHAPE = (HEIGHT, WIDTH)
FIELDS: dict[str, Callable] = {
    "rough": partial(fractional_field, _SHAPE, hurst=0.1),
    "medium": partial(fractional_field, _SHAPE, hurst=0.45),
    "smooth": partial(fractional_field, _SHAPE, hurst=0.8),
    "intermittent": partial(multifractal_field, _SHAPE, hurst=0.4, intermittency=0.1),
    "lying": partial(anisotropic_field, _SHAPE, hurst=0.5, anisotropy=0.6, angle=0.0),
    "standing": partial(anisotropic_field, _SHAPE, hurst=0.5, anisotropy=0.6, angle=np.pi / 2),
}


def texture_names(number: int, seed: int) -> list[str]:
    """Draw different textures, every other one a photograph as long as there are any."""
    rng = generator(seed, "scenes", "textures")
    kinds = [list(rng.permutation(list(kind))) for kind in (PHOTOGRAPHS, FIELDS)]
    dealt = [kind.pop() for i in range(len(PHOTOGRAPHS) + len(FIELDS)) if (kind := kinds[i % 2])]
    rest = kinds[0] + kinds[1]
    return [str(name) for name in (dealt + rest)[:number]]


MOST_TEXTURES = len(PHOTOGRAPHS) + len(FIELDS)


@lru_cache(maxsize=32)
def texture(name: str, part: str, seed: int) -> np.ndarray:
    """Return one part (HEIGHT, WIDTH) of a texture: a half of a photograph, or a realisation."""
    if name in FIELDS:
        draw = integer(seed, "scenes", "field", name, part)
        values = FIELDS[name](n=1, seed=draw).values[0].astype(np.float32)
    else:
        values = _photograph(name)[:, :WIDTH] if part == PARTS[0] else _photograph(name)[:, -WIDTH:]
    values.flags.writeable = False
    return values


@lru_cache(maxsize=16)
def _photograph(name: str) -> np.ndarray:
    """Return a photograph in grey, enlarged where its name says so, of 512 rows and columns."""
    from skimage import data

    image = getattr(data, name.partition(",")[0])().astype(np.float32)
    grey = image.mean(axis=-1) if image.ndim == 3 else image
    return zoom(grey, PHOTOGRAPHS[name], order=1)[:HEIGHT, : 2 * WIDTH].copy()


def window(values: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a window of a texture at a random place."""
    top, left = (int(rng.integers(a - b + 1)) for a, b in zip(values.shape, shape, strict=True))
    return values[top : top + shape[0], left : left + shape[1]]


def normal_scores(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what has the same order and a normal law: grey levels then tell nothing.

    Ties, of which 8-bit photographs are full, are broken at random.
    """
    order = np.lexsort((rng.random(values.size), values.ravel()))
    ranks = np.empty(values.size)
    ranks[order] = np.arange(values.size)
    return ndtri((ranks + 0.5) / values.size).reshape(values.shape).astype(np.float32)
