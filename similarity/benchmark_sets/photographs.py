"""Crops of real photographs: different photographs, and one photograph at different zooms."""

import numpy as np
from scipy.ndimage import zoom

from toolbox import crops
from toolbox.core.streams import generator, integer

PHOTOGRAPHS = (
    "brick",
    "grass",
    "gravel",
    "moon",
    "cell",
    "hubble_deep_field",
    "immunohistochemistry",
    "retina",
)
ZOOMED = ("brick", "grass", "gravel")
ZOOMS = (1.0, 1.15, 1.3, 1.5)


def photograph(name: str) -> np.ndarray:
    """Return a photograph of scikit-image's wheel in grey, 0 to 1; the retina without its rim."""
    from skimage import data

    image = getattr(data, name)().astype(np.float32) / np.float32(255)
    grey = image.mean(axis=-1) if image.ndim == 3 else image
    return grey[220:1190, 220:1190] if name == "retina" else grey


def cut(image: np.ndarray, *, n: int, size: int, seed: int, names: tuple[str, ...]) -> np.ndarray:
    """Return n disjoint crops on a grid whose origin is random where the image allows."""
    rng = generator(seed, "grid", *names)
    spare = [side % size if side >= size else 0 for side in image.shape]
    offset = [int(rng.integers(r + 1)) for r in spare]
    return crops(image, size=size, n=n, seed=integer(seed, "cut", *names), offset=offset).values


def photograph_crops(classes: int, n: int, size: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Return crops (classes x n, size, size) of different photographs, and the photographs."""
    chosen = PHOTOGRAPHS[:classes]
    found = [cut(photograph(p), n=n, size=size, seed=seed, names=("crops", p)) for p in chosen]
    return np.concatenate(found), list(chosen)


def zoomed_crops(n: int, size: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Return crops of three photographs at four zooms (cubic splines), and their names."""
    found, names = [], []
    for name in ZOOMED:
        image = photograph(name)
        for factor in ZOOMS:
            larger = image if factor == 1 else zoom(image, factor, order=3, mode="reflect")
            label = ("zooms", name, f"{factor:g}")
            found.append(cut(larger, n=n, size=size, seed=seed, names=label))
            names.append(f"{name} x {factor:g}")
    return np.concatenate(found), names
