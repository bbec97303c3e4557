"""What a Siamese network sees of an item: the item, and two readings of its local strength."""

import numpy as np

from similarity.families.whitened import FLOOR, whiten
from similarity.pairs.images import standardised

# Of white Gaussian noise of variance one: E|w|, and E log|w| up to .01.
GAUSSIAN_MEAN, GAUSSIAN_LOG = np.sqrt(2 / np.pi), -0.59


def network_channels(images: np.ndarray) -> np.ndarray:
    """Return (n, 3 components, *space) float32: items, then log|w|, then |w|, of w whitened items.

    Items are standardised. The strengths are not centred item by item: at variance one, their
    level tells how far the values are from Gaussian.
    """
    standard = standardised(images, dim=images.ndim - 2)
    magnitude = np.abs(whiten(standard))
    channels = [
        standard,
        np.log(magnitude + FLOOR) - GAUSSIAN_LOG,
        magnitude - GAUSSIAN_MEAN,
    ]
    return np.concatenate(channels, axis=1).astype(np.float32)
