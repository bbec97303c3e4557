"""Sliced optimal transport between the patches of textures; quantiles of it: the patches family."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import binary_exponent
from toolbox.core.streams import generator
from toolbox.distances import squares

DIGITS = (
    1e-6  # of a squared distance: more than the sum of all roundings may make, in the worst case
)
# Of the patches family.
SIDE = 5
PROJECTIONS = 8
LEVELS = np.array([0.02, 0.1, 0.3, 0.7, 0.9, 0.98])
RESOLUTIONS = 3


def patch_transport(
    images: Any,
    *,
    dim: int,
    patch: int = 5,
    projections: int = 50,
    patches: int = 1024,
    seed: int,
) -> np.ndarray:
    r"""Return the sliced Wasserstein distance between patches of each pair; lower = more alike.

    Parameters
    ----------
    images
        ``(n, [components,] *space)``, at least `patch` samples an axis. Gain and offset matter:
        standardise items first where they should not.
    dim
        1 (signals) or 2 (images).
    patch
        Samples along each axis of a patch.
    projections
        Random directions in the space of patches.
    patches
        Patches of each item, at places drawn once for all items; all of them where there are
        fewer.
    seed
        Seed of the directions and of the places.

    Returns
    -------
    array (n, n)
        Distances >= 0 in the units of the images, the diagonal 0.

    Raises
    ------
    InputError
        For images that are not finite or smaller than a patch.

    Notes
    -----
    Two sets of m points on a line are transported onto one another at least cost by their order.
    With the projections on directions u in order, u^T x_(1) <= ... <= u^T x_(m), the sliced
    distance is the root of the mean over directions (Rabin et al., 2012):

    .. math:: d(x, y)^2 = E_u\, \frac1m \sum_i \bigl(u^T x_{(i)} - u^T y_{(i)}\bigr)^2.

    The sorted projections are therefore an embedding whose Euclidean distance is the sliced one,
    and all pairs take one matrix product. The number is that of ``ot.sliced_wasserstein_distance``
    with the same directions.

    References
    ----------
    J. Rabin, G. Peyre, J. Delon, M. Bernot, "Wasserstein barycenter and its application to texture
    mixing", SSVM 2011 (LNCS 6667, 2012).

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((3, 32, 32))
    >>> noise[2] = np.cumsum(noise[2], axis=0)
    >>> d = patch_transport(noise, dim=2, seed=0)
    >>> d.shape, bool(d[0, 1] < d[0, 2])
    ((3, 3), True)
    """
    dim = checks.dimension(dim)
    images = checks.items(images, "images", dim=dim)
    side, count = checks.count(patch, "patch"), checks.count(projections, "projections")
    patches, seed = checks.count(patches, "patches"), checks.seed(seed)
    if min(images.shape[2:]) < side:
        refuse("images", f"at least {side} samples an axis, a patch", f"shape {images.shape}")
    directions = unit_directions(images.shape[1] * side**dim, count, generator(seed, "patches"))
    places = drawn_places(images.shape[2:], side, patches, generator(seed, "places"))
    exponent = binary_exponent(images)  # squares could leave the range of numbers
    unit = np.ldexp(images, -exponent)
    embedding = sorted_projections(unit, places, directions, side=side)
    apart = euclidean(embedding.astype(np.float64, copy=False))
    return np.ldexp(apart, exponent).astype(images.dtype)


def unit_directions(length: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return `count` directions (length, count) drawn evenly over the sphere."""
    directions = rng.standard_normal((length, count))
    return directions / np.linalg.norm(directions, axis=0)


def drawn_places(
    space: tuple[int, ...], side: int, most: int, rng: np.random.Generator
) -> np.ndarray:
    """Return at most `most` first corners of patches, as flat positions among all."""
    total = int(np.prod([n - side + 1 for n in space]))
    return np.arange(total) if total <= most else np.sort(rng.permutation(total)[:most])


def sorted_projections(
    images: np.ndarray, places: np.ndarray, directions: np.ndarray, *, side: int
) -> np.ndarray:
    """Return (n, projections x patches): its squared Euclidean distances are sliced ones."""
    dim = images.ndim - 2
    windows = np.lib.stride_tricks.sliding_window_view(
        images, (side,) * dim, axis=tuple(range(2, images.ndim))
    )
    corners = np.unravel_index(places, windows.shape[2 : 2 + dim])
    scale = np.sqrt(len(places) * directions.shape[1])
    rows = np.empty((len(images), directions.shape[1], len(places)), directions.dtype)
    for row, item in zip(rows, windows, strict=True):
        cut = np.moveaxis(item[(slice(None), *corners)], 0, 1)  # patches, components, *patch
        np.matmul(directions.T, cut.reshape(len(places), -1).T, out=row)
        row.sort(axis=-1)  # along memory: several times faster than down the columns
    return rows.reshape(len(images), -1) / scale


def euclidean(embedding: np.ndarray) -> np.ndarray:
    """Return all distances between rows, by one matrix product; those of near rows directly."""
    centred = embedding - embedding.mean(axis=0)  # small numbers: less cancellation below
    products = centred @ centred.T
    square = np.diag(products)
    result = np.maximum(square[:, None] + square - 2 * products, 0)
    near = np.triu(result < squares.rounding(centred)[:, None] / DIGITS, k=1)
    for i in np.flatnonzero(near.any(axis=1)):
        others = np.flatnonzero(near[i])
        apart = squares.direct(embedding[i : i + 1], embedding[others])
        result[i, others] = result[others, i] = apart
    np.fill_diagonal(result, 0)
    return np.sqrt(result)


def quantiles(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return (n, resolutions x projections x quantiles): a coarse quantile embedding.

    The squared Euclidean distance of two embeddings is the sliced transport between their patches,
    but for the coarse quantiles. The directions are the same for all items and sets: patches
    without their mean, of the images and of their averages over 2 and 4 samples. Resolutions that
    items of `size` are too small for are left out.
    """
    dim, result = images.ndim - 2, []
    for resolution in range(RESOLUTIONS):
        if min(size) // 2 ** (resolution + 1) < SIDE + 1:
            break
        coarse = _averaged(images, 2**resolution)
        directions = unit_directions(
            images.shape[1] * SIDE**dim, PROJECTIONS, generator(0, "patch family", resolution)
        ).reshape(images.shape[1], *(SIDE,) * dim, PROJECTIONS)
        directions -= directions.mean(axis=tuple(range(1, 1 + dim)), keepdims=True)
        projected = _correlate(coarse, directions)
        result.append(np.quantile(projected, LEVELS, axis=-1).transpose(1, 2, 0))
    return np.stack(result, axis=1).reshape(len(images), -1)


def _averaged(images: np.ndarray, step: int) -> np.ndarray:
    for axis in range(2, images.ndim):
        x = np.moveaxis(images, axis, -1)
        x = x[..., : x.shape[-1] // step * step]
        images = np.moveaxis(x.reshape(*x.shape[:-1], -1, step).mean(axis=-1), -1, axis)
    return images


def _correlate(images: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return (n, projections, places): the products of patches and directions."""
    step = max(1, min(images.shape[2:]) // 64)
    places = tuple((n - SIDE) // step + 1 for n in images.shape[2:])
    result = np.zeros((len(images), directions.shape[-1], int(np.prod(places))))
    for component in range(images.shape[1]):
        for shift in np.ndindex(*directions.shape[1:-1]):
            windows = zip(shift, places, strict=True)
            cut = tuple(slice(first, first + step * (p - 1) + 1, step) for first, p in windows)
            column = images[(slice(None), component, *cut)].reshape(len(images), 1, -1)
            result += column * directions[(component, *shift)][:, None]
    return result
