"""The lbp family: how often each local binary pattern occurs around a pixel."""

import numpy as np

RADII = (1, 2, 3)
POINTS = 8  # on each circle
STEPS = 4096  # a standard deviation: patterns are read from whole numbers


def histograms(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return the square roots (n, components x 3 x 10) of the shares of each pattern.

    Uniform patterns whatever their rotation ("riu2"; Ojala, Pietikainen and Maenpaa, 2002), read
    where the whole circle is inside the image. The square root makes the variance of a share
    nearly the same for frequent and rare patterns. Nothing depends on `size`.
    """
    from skimage.feature import local_binary_pattern

    whole = np.rint(np.clip(images, -1e4, 1e4) * STEPS).astype(np.int32)
    rows = []
    for image in whole.reshape(-1, *whole.shape[2:]):
        row = []
        for radius in RADII:
            patterns = local_binary_pattern(image, POINTS, radius, method="uniform")
            inside = patterns[radius:-radius, radius:-radius].astype(np.int64)
            counts = np.bincount(inside.ravel(), minlength=POINTS + 2)
            row.append(np.sqrt(counts / inside.size))
        rows.append(np.concatenate(row))
    return np.array(rows).reshape(len(images), -1)
