"""Cut disjoint crops from an image, or disjoint stretches from a signal."""

from dataclasses import field
from typing import Any

import numpy as np

from toolbox.core.checks import count, counts, dimension, items, real_array, refuse
from toolbox.core.checks import seed as check_seed
from toolbox.core.records import record, stands_for
from toolbox.core.streams import generator
from toolbox.core.units import content_label, no_units


@record
class Crops:
    """Disjoint crops.

    Attributes
    ----------
    values : ndarray, shape (n, [K,] *size)
        The crops, in the precision of the image; the axis of components is there when the image
        had one.
    origins : ndarray of int, shape (n, dim)
        First pixel of each crop: (row, column) of its upper left corner, or start of a stretch.
    units : ndarray of str, shape (n,)
        The image that each crop was cut from, by a label of its values: functions that count
        independent units take them from here.
    """

    values: np.ndarray
    origins: np.ndarray
    units: np.ndarray = field(default_factory=no_units)

    __array__ = stands_for("values")


def crops(
    image: Any,
    *,
    size: Any,
    n: int | None = None,
    seed: int | None = None,
    dim: int = 2,
    offset: Any = 0,
) -> Crops:
    """Cut disjoint crops of one size from an image: all that fit, or some drawn at random.

    Crops of one photograph are not independent: the record names the photograph as their unit, and
    functions that are given the record, instead of its values, count photographs.

    Parameters
    ----------
    image : array, shape ([K,] *space)
        One image or signal, components first.
    size : int or pair of int
        Pixels of a crop along each spatial axis.
    n : int, optional
        Number of crops, drawn without replacement among all that fit; by default all of them,
        row by row. The first 5 of 8 crops are the 5 crops of the same seed.
    seed : int, optional
        Required with `n`.
    dim : int
        Number of spatial axes: 2 for an image, 1 for a signal.
    offset : int or pair of int
        First pixel of the grid along each spatial axis.

    Returns
    -------
    Crops
        The crops and their origins.

    Raises
    ------
    InputError
        If more crops are asked for than fit (the text says how many do), a crop is larger than the
        image, or `n` comes without `seed`.

    Examples
    --------
    >>> import numpy as np
    >>> from toolbox import crops
    >>> image = np.arange(30.0).reshape(5, 6)
    >>> crops(image, size=2).origins.tolist()
    [[0, 0], [0, 2], [0, 4], [2, 0], [2, 2], [2, 4]]
    >>> crops(image, size=(5, 2), n=2, seed=0).values.shape
    (2, 5, 2)
    """
    dim = dimension(dim)
    array = _one_image(image, dim)
    space = array.shape[array.ndim - dim :]
    sides = counts(size, "size", length=dim)
    start = counts(offset, "offset", length=dim, minimum=0)
    cells = [max(0, (s - o) // side) for s, o, side in zip(space, start, sides, strict=True)]
    if 0 in cells:
        most = " x ".join(str(max(0, s - o)) for s, o in zip(space, start, strict=True))
        refuse("size", f"at most {most} (what is left of the image after the offset)", sides)
    grid = np.stack(np.unravel_index(np.arange(np.prod(cells)), cells), axis=-1)
    origins = _drawn(grid, n, seed) * sides + start
    values = np.stack([array[_window(origin, sides)] for origin in origins])
    return Crops(values=values, origins=origins, units=np.full(len(values), content_label(array)))


def _one_image(image: Any, dim: int) -> np.ndarray:
    array = real_array(image, "image")
    if array.ndim not in (dim, dim + 1):
        wanted = f"one image ([components,] *space) of {dim} or {dim + 1} axes for dim={dim}"
        refuse("image", wanted, f"shape {array.shape}")
    items(array, "image", dim=dim)  # colours in the last axis are refused there
    return array


def _drawn(grid: np.ndarray, n: int | None, seed: int | None) -> np.ndarray:
    if n is None:
        return grid
    fit = len(grid)
    n = count(n, "n")
    if n > fit:
        refuse("n", f"a whole number <= {fit} (so many disjoint crops fit)", n)
    if seed is None:
        refuse("seed", "a whole number >= 0, since n crops are drawn at random", "None")
    return grid[generator(check_seed(seed), "crops").permutation(fit)[:n]]


def _window(origin: np.ndarray, sides: tuple[int, ...]) -> tuple:
    return (..., *(slice(o, o + side) for o, side in zip(origin, sides, strict=True)))
