"""The leaders family: every statistic of the description that the spectrum does not settle."""

from functools import lru_cache

import numpy as np

from toolbox.multiscale.descriptions import describe, description_labels


def non_spectral(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return the sparsity, leaders, dependence and asymmetry statistics of items of `size`.

    Statistics at scales that the items are too small for are NaN.
    """
    names = _names((1, images.shape[1], *size))
    found = describe(images, dim=images.ndim - 2)
    column = {name: i for i, name in enumerate(found.names)}
    result = np.full((len(images), len(names)), np.nan)
    for i, name in enumerate(names):
        if name in column:
            result[:, i] = found.values[:, column[name]]
    return result


@lru_cache(maxsize=8)
def _names(shape: tuple[int, ...]) -> list[str]:
    return [name for name, group, *_ in description_labels(shape) if group != "spectrum"]
