"""The boxes around the connected patches of masks."""

import numpy as np
from scipy.ndimage import find_objects, label


def patch_boxes(masks: np.ndarray) -> np.ndarray:
    """Return (mask, class, top, left, bottom, right) of each connected patch of one class (m, 6).

    Bottom and right are the last row and column + 1; pixels below 0, of no class, have no patch.
    """
    found = []
    for i, mask in enumerate(masks):
        for k in np.unique(mask[mask >= 0]):
            for rows, columns in find_objects(label(mask == k)[0]):
                found.append((i, k, rows.start, columns.start, rows.stop, columns.stop))
    return np.array(found, int).reshape(-1, 6)
