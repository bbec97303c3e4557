"""How far a child is from held-out crops of its photograph, over how far these are from each other.

About 1 is as different as two real crops. Read by `describe`, and by two families of statistics
that no synthesiser optimises.
"""

import numpy as np
import torch
from skimage.feature import local_binary_pattern
from torch.nn import functional

from toolbox import describe
from toolbox.retraining.streams import generator

PATTERNS = 59  # kinds of patterns of 8 neighbours
SEED = 5  # of the random filters


def ratio(child: np.ndarray, real: np.ndarray, family: str) -> float:
    """Return the child's mean square distance to all crops but the first, over that of two crops.

    Statistics are first divided by their standard deviation over the crops; shares of patterns,
    many of them rare, are not.
    """
    sd = np.ones(real.shape[1]) if family == "binary patterns" else real.std(axis=0, ddof=1)
    two_crops = 2 * ((real / sd).var(axis=0, ddof=1)).mean()
    return float((((child - real[1:]) / sd) ** 2).mean() / two_crops)


def described(images: np.ndarray) -> np.ndarray:
    """Return the descriptions."""
    return describe(images, dim=2).values.astype(np.float64)


def binary_patterns(images: np.ndarray) -> np.ndarray:
    """Return the roots of the histograms of local binary patterns at three radii."""
    found = []
    for image in images:
        grey = np.round(255 * image).astype(np.uint8)
        codes = [local_binary_pattern(grey, 8, r, method="nri_uniform") for r in (1, 2, 4)]
        counts = [np.bincount(c.astype(int).ravel(), minlength=PATTERNS) for c in codes]
        found.append(np.sqrt(np.concatenate(counts) / grey.size))
    return np.array(found)


def random_grams(images: np.ndarray) -> np.ndarray:
    """Return Gram matrices of rectified random 7 x 7 filters on three octaves, inside the frame."""
    rng = generator(SEED, "held-out distances")
    x = torch.tensor(images[:, None], dtype=torch.float32)
    x = (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True)
    parts = []
    for _ in range(3):
        filters = torch.tensor(rng.standard_normal((24, 1, 7, 7)), dtype=torch.float32)
        filters -= filters.mean((2, 3), keepdim=True)
        filters /= filters.flatten(1).norm(dim=1)[:, None, None, None]
        u = torch.relu(functional.conv2d(x, filters)).flatten(2)
        gram = (u @ u.transpose(1, 2) / u.shape[2]).numpy()
        parts.append(gram[:, *np.triu_indices(24)])
        x = functional.avg_pool2d(x, 2)
    return np.concatenate(parts, axis=1).astype(np.float64)


FAMILIES = {
    "describe": described,
    "binary patterns": binary_patterns,
    "random filters": random_grams,  # a cousin of what filter_synthesis optimises
}
