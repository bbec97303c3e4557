"""Images as the pairs' statistics take them: checked, and standardised."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse

# Halves (quadrants) of an item are described too: of 64 samples, or 16 x 16 pixels.
SMALLEST = {1: 128, 2: 32}


def checked_images(
    images: Any, *, dim: int, smallest: int = 4, argument: str = "images"
) -> np.ndarray:
    """Return (n, components, *space) large enough to be compared."""
    array = checks.not_constant(checks.items(images, argument, dim=dim), argument)
    if len(array) < smallest:
        refuse(argument, f"at least {smallest} items", f"{len(array)}")
    if min(array.shape[2:]) < SMALLEST[dim]:
        refuse(argument, f"at least {SMALLEST[dim]} samples an axis", f"shape {array.shape}")
    return array


def standardised(images: np.ndarray, *, dim: int) -> np.ndarray:
    """Return float64 fields of mean 0 and variance 1 over the last `dim` axes."""
    axes = tuple(range(-dim, 0))
    centred = images.astype(np.float64)
    centred = centred - centred.mean(axis=axes, keepdims=True)
    return centred / centred.std(axis=axes, keepdims=True)
