"""Load images, arrays and folders of classes, in the axes that every other function wants."""

import os
import re
from collections.abc import Sequence
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.checks import dimension, flag, labels, real_array, refuse
from toolbox.core.records import record
from toolbox.core.units import content_label, content_labels, no_units
from toolbox.data.files.arrays import read_arrays, with_items
from toolbox.data.files.images import SUFFIXES
from toolbox.data.files.matlab import read_mat
from toolbox.data.files.wfdb import read_record
from toolbox.data.image_folders import numbered, read_folder, read_images
from toolbox.data.lazy_loading import float_items, is_zarr, lazy_images, lazy_numpy, lazy_zarr
from toolbox.data.memory_limits import Room
from toolbox.data.number_blocks import count_missing
from toolbox.data.readable_files import existing, naming, read_or_refuse

_read_mat = partial(read_mat, wanted=("values", "labels", "names", "units"))
_ARRAYS = {".npy": read_arrays, ".npz": read_arrays, ".mat": _read_mat}
_READABLE = (*SUFFIXES, *_ARRAYS, ".hea")
_PAGE = re.compile(r"(?<=\.[A-Za-z]{3})\[\d+\]$|(?<=\.[A-Za-z]{4})\[\d+\]$")  # after the ending


@record
class Loaded:
    """What a file or a folder held.

    Attributes
    ----------
    values : ndarray, shape (n, [K,] *space), or tuple of n ndarrays ([K,] h, w); or a dask array
        One array for a file. A tuple for a folder of classes and for a file whose pages differ in
        size, since photographs of one folder seldom agree in size: cut them with `crops`.
        NaN where missing (a transparent pixel, a NaN of the file).
    names : tuple of str
        Name of each item.
    labels : ndarray of str, shape (n,)
        Class of each item, empty where the source gives none.
    resolution : float
        Pixels per mm, NaN where the source gives none (or a folder several).
    missing : float
        Share of missing values, 0 to 1.
    components : tuple of str
        Name of each component, of a WFDB record with its unit; empty where the source gives none.
    rate : float
        Samples a second of a WFDB record, NaN elsewhere.
    comments : dict
        What the header of a WFDB record says of its subject, as text.
    note : str
        Why values are missing: an alpha channel, a value for "no data"; and which images count by
        numbers of other depths than the rest (each counts from 0 to the largest of its own).
    skipped : tuple of str
        With ``skip=True``, the name of each file of a folder that was left out, and why.
    units : ndarray of str, shape (n,)
        The image file that each item is of (its pages are one unit), or the item itself, by a label
        of its values, unless the file says: functions that count independent units take them from
        here.
    """

    values: np.ndarray | tuple[np.ndarray, ...]
    names: tuple[str, ...]
    labels: np.ndarray
    resolution: float
    missing: float
    components: tuple[str, ...] = ()
    rate: float = float("nan")
    comments: dict = field(default_factory=dict)
    note: str = ""
    skipped: tuple[str, ...] = ()
    units: np.ndarray = field(default_factory=no_units)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """Stand for the values, where they are of one size."""
        if len({np.shape(value) for value in self.values}) > 1:
            raise ValueError("images that differ in size: cut them with toolbox.crops")
        return np.array(self.values, dtype=dtype, copy=None if dtype is None else copy)


def load(
    path: str | os.PathLike,
    *,
    dim: int | None = None,
    grey: bool = False,
    skip: bool = False,
    largest: int | None = None,
    lazy: bool = False,
) -> Loaded:
    """Load an image, arrays of NumPy or MATLAB, a WFDB record, or a folder of images.

    Parameters
    ----------
    path : str or path
        A PNG, JPEG or TIFF image (a page is an item); a ``.npy`` array; a ``.npz`` archive with
        one array, or with ``values`` and if need be ``labels``, ``names`` and ``units``; a MATLAB
        ``.mat`` file of the same variables; the ``.hea`` header of a WFDB record (formats 16 and
        212); a folder of images; or a folder whose sub-folders of images, in the order of their
        names, are the classes.
    dim : int, optional
        Number of trailing spatial axes, 1 or 2. Required for NumPy and MATLAB files, whose array
        may be one image or many signals; images are of dim 2, records of dim 1.
    grey : bool
        Colours become grey, .2125 red + .7154 green + .0721 blue (Rec. 709), so that a folder may
        hold both.
    skip : bool
        Files of a folder that cannot be read, are no images, or have another number of components
        than most, are left out and listed in ``.skipped``, instead of being refused.
    largest : int, optional
        Bytes that the arrays may take in all, by what the files announce; by default the memory
        that is free, and of what a file mostly leaves out (sparse matrices, tiles without values)
        1 GiB, or 1100 times what it stores. Checked before room is made for them. At most half as
        much again is needed while a file is read, but for TIFF images compressed in a single strip.
    lazy : bool
        `values` becomes a dask array, whose blocks are read where and when they are computed: of a
        ``.npy`` file, a folder of images of one size, one a file, or a folder of Zarr (an array, or
        a group with one called ``values``; needs the package zarr). What only the values tell is
        left open: `missing` is NaN, and the unit of an item is its name. Needs the extra
        ``[cluster]``.

    Returns
    -------
    Loaded
        Grey and colours from 0 to 1 for unsigned integers (16 bits are kept), colours as
        components in front of space; signed integers and floats of an image, and all numbers of
        a NumPy or MATLAB file, as they are. float64 stays float64, all else becomes float32, but
        for whole numbers that float32 would round (and 32-bit integers of an image), which become
        float64; those that it would round as well are refused. The signals of a record are
        components, in their physical units; lost samples, heart rates of 0 among them, are NaN.

    Raises
    ------
    InputError
        If the path is missing, unreadable, truncated, of an unknown kind, larger than `largest`,
        or a folder without images or with both images and sub-folders, or of images of which some
        count from 0 to 1 and others are as they are. Nothing is ever unpickled.
    ImportError
        For a ``.mat`` file of version 7.3 without the extra ``[mat73]``.

    Notes
    -----
    Images are turned as their orientation says. Colour profiles are ignored. Palettes and CMYK
    become RGB, white-is-zero greys are turned round. A pixel that is not fully opaque is missing
    (an alpha channel, a transparent colour, a mask of a TIFF), and so is one that has the value
    for no data of GDAL's tag; bands of a TIFF are an alpha channel only where it says so. Pages of
    a TIFF that are reduced copies of others are left out. Greys of 12 bits or fewer count from 0
    to the largest of their own depth.
    Axes of MATLAB's arrays stay in their order, items first; with ``dim=1`` a column is one signal.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from toolbox import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "signals.npy"
    ...     np.save(file, np.zeros((5, 128)))
    ...     load(file, dim=1)
    Loaded(values=float64 (5, 128), names=('signals[0]', ... 5 in all), labels=<U1 (0,),
    resolution=nan, missing=0.0, components=(), rate=nan, comments={}, note='', skipped=(),
    units=<U16 (5,))
    """
    dim = dim if dim is None else dimension(dim)
    grey, skip, room = flag(grey, "grey"), flag(skip, "skip"), Room(largest)
    file = existing(path)
    if flag(lazy, "lazy"):
        _nothing_beside_lazy(skip=skip, largest=largest)
        return _load_lazily(file, dim, grey=grey)
    if file.is_dir():
        return _load_folder(file, dim, room, grey=grey, skip=skip)
    if file.suffix.lower() in SUFFIXES:
        return _load_image(file, dim, room, grey=grey)
    if file.suffix.lower() not in (*_ARRAYS, ".hea"):
        refuse("path", f"a folder or one of {', '.join(_READABLE)}", repr(str(file)))
    if grey:
        refuse("grey", "False for what is no image", f"True for {str(file)!r}")
    if file.suffix.lower() == ".hea":
        return _load_record(file, dim, room)
    return _load_arrays(file, dim, room)


def _nothing_beside_lazy(**options: Any) -> None:
    for name, given in options.items():
        if given:
            refuse(name, "nothing beside lazy=True, which reads later", given)


def _load_lazily(file: Path, dim: int | None, *, grey: bool) -> Loaded:
    """Return a record whose values are a dask array."""
    classes: list[str] = []
    note = ""
    if file.is_dir() and not is_zarr(file):
        _want_two_axes(dim)
        values, names, classes = lazy_images(file, grey=grey)
        note = "files are read later: what they would say, as of several depths, is not known"
    else:
        if not file.is_dir() and file.suffix.lower() != ".npy":
            wanted = "a .npy file, a folder of images or one of Zarr, to be loaded lazily"
            refuse("path", wanted, repr(str(file)))
        if dim is None:
            refuse("dim", "1 (signals) or 2 (images) to read arrays", "None")
        if grey:
            refuse("grey", "False for what is no image", f"True for {str(file)!r}")
        read = lazy_zarr if file.is_dir() else lazy_numpy
        values = float_items(read(file), str(file), dim=dim)
        names = numbered(file.stem, len(values))
    return Loaded(
        values=values,
        names=tuple(names),
        labels=np.array(classes, dtype=np.str_),
        resolution=float("nan"),
        missing=float("nan"),
        units=np.array(names),
        note=note,
    )


def components_first(image: Any) -> np.ndarray:
    """Turn colour-last photographs into components-first ones.

    Parameters
    ----------
    image : array, shape (..., h, w, c)
        Photographs as cameras and most libraries keep them.

    Returns
    -------
    ndarray, shape (..., c, h, w)
        The same values; float64 stays float64, every other type becomes float32 where that holds
        them exactly.

    Raises
    ------
    InputError
        If there are fewer than three axes, or components seem to be first already.

    Examples
    --------
    >>> import numpy as np
    >>> from toolbox import components_first
    >>> components_first(np.zeros((512, 400, 3))).shape
    (3, 512, 400)
    """
    array = real_array(image, "image")
    if array.ndim < 3:
        refuse("image", "at least three axes (..., h, w, c)", f"shape {array.shape}")
    if array.shape[-3] <= 4 < array.shape[-1]:
        got = f"shape {array.shape}, whose components seem to be first already"
        refuse("image", "components in the last axis (..., h, w, c)", got)
    return np.ascontiguousarray(np.moveaxis(array, -1, -3))


def _loaded(
    values: np.ndarray | tuple[np.ndarray, ...],
    names: list[str],
    classes: Any = (),
    **known: Any,
) -> Loaded:
    parts = (values,) if isinstance(values, np.ndarray) else values
    missing = float(sum(map(count_missing, parts)) / sum(part.size for part in parts))
    classes = np.array(classes, dtype=np.str_)
    return Loaded(
        values=values,
        names=tuple(names),
        labels=classes,
        missing=missing,
        **{"resolution": float("nan")} | known,
    )


def _image_units(values: Sequence[np.ndarray], names: list[str]) -> np.ndarray:
    """Return a label of each item's values, for the pages of a file that of the first."""
    files = [_PAGE.sub("", name) for name in names]
    first = {file: content_label(v) for file, v in zip(files[::-1], values[::-1], strict=True)}
    return np.array([first[file] for file in files])


# ---------------------------------------------------------------------------- arrays and records


def _load_arrays(file: Path, dim: int | None, room: Room) -> Loaded:
    if dim is None:
        refuse("dim", f"1 (signals) or 2 (images) to read {file.suffix} files", "None")
    arrays = read_or_refuse(_ARRAYS[file.suffix.lower()], file, room)
    found = ", ".join(arrays) or "nothing"
    if len(arrays) == 1:
        arrays = {"values": next(iter(arrays.values()))}
    if not isinstance(arrays.get("values"), np.ndarray):
        wanted = "one array of numbers, or one called values"
        refuse("path", wanted, f"{found} in {str(file)!r}")
    values = arrays["values"]
    if file.suffix.lower() == ".mat" and dim == 1 and values.ndim == 2 and values.shape[1] == 1:
        values = values.T
    values = with_items(values, str(file), dim=dim)
    names, classes, units = (_flat(arrays.get(name)) for name in ("names", "labels", "units"))
    n = len(values)
    with naming(str(file)):
        names = numbered(file.stem, n) if names is None else _names(names, n)
        classes = () if classes is None else labels(classes, "labels", length=n)
        units = content_labels(values) if units is None else labels(units, "units", length=n)
    return _loaded(values, names, classes, units=np.array(units, dtype=np.str_))


def _names(given: list, n: int) -> list[str]:
    return list(map(str, labels(given, "names", length=n)))


def _flat(cell: Any) -> Any:
    """Return names or labels as a list of one axis: MATLAB's cells and vectors have two."""
    return cell if cell is None else np.asarray(cell).ravel().tolist()


def _load_record(file: Path, dim: int | None, room: Room) -> Loaded:
    if dim == 2:
        refuse("dim", "1 (or nothing) for records of signals", "2")
    found = read_or_refuse(read_record, file, room)
    components = tuple(f"{n} ({u})" for n, u in zip(found.names, found.units, strict=True))
    known = {"components": components, "rate": found.rate, "comments": found.comments}
    if found.beyond:
        known["note"] = f"{found.beyond} samples after the last that the header announces, not read"
    values = found.values[None]
    return _loaded(values, [file.stem], units=content_labels(values), **known)


# --------------------------------------------------------------------------------------- images


def _load_image(file: Path, dim: int | None, room: Room, *, grey: bool) -> Loaded:
    _want_two_axes(dim)
    pages = read_images(file, room, grey=grey)
    values = pages.images if isinstance(pages.images, np.ndarray) else tuple(pages.images)
    names = numbered(file.name, len(values))
    known = {"resolution": pages.resolution, "note": pages.note}
    return _loaded(values, names, units=_image_units(values, names), **known)


def _load_folder(folder: Path, dim: int | None, room: Room, *, grey: bool, skip: bool) -> Loaded:
    _want_two_axes(dim)
    found = read_folder(folder, room, grey=grey, skip=skip)
    known = {"resolution": found.resolution, "note": found.note, "skipped": tuple(found.skipped)}
    units = _image_units(found.values, found.names)
    return _loaded(tuple(found.values), found.names, found.classes, units=units, **known)


def _want_two_axes(dim: int | None) -> None:
    if dim == 1:
        refuse("dim", "2 (or nothing) for images", "1")
