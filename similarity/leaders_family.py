"""The leaders family: every statistic of the description that the spectrum does not settle."""

import numpy as np

from toolbox.descriptions import describe


def non_spectral(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return the sparsity, leaders, dependence and asymmetry statistics of items of `size`.

    Statistics at scales that the items are too small for are NaN.
    """
    dim = images.ndim - 2
    wanted = _names(size, images.shape[1], dim)
    found = describe(images, dim=dim)
    column = {name: i for i, name in enumerate(found.names)}
    result = np.full((len(images), len(wanted)), np.nan)
    for i, name in enumerate(wanted):
        if name in column:
            result[:, i] = found.values[:, column[name]]
    return result


def _names(size: tuple[int, ...], components: int, dim: int) -> list[str]:
    probe = np.random.Generator(np.random.Philox(0)).standard_normal((1, components, *size))
    described = describe(probe.astype(np.float32), dim=dim)
    return [n for n, g in zip(described.names, described.groups, strict=True) if g != "spectrum"]
