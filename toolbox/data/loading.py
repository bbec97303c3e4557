"""Load images, arrays and folders of classes, in the axes that every other function wants."""

import os
from collections.abc import Callable
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from toolbox.core.checks import InputError, dimension, labels, real_array, refuse
from toolbox.core.records import record
from toolbox.data.files.arrays import read_arrays, with_items
from toolbox.data.files.images import SUFFIXES, Pages, read_image
from toolbox.data.files.matlab import read_mat
from toolbox.data.files.wfdb import read_record

T = TypeVar("T")
_read_mat = partial(read_mat, wanted=("values", "labels", "names"))
_ARRAYS = {".npy": read_arrays, ".npz": read_arrays, ".mat": _read_mat}
_READABLE = (*SUFFIXES, *_ARRAYS, ".hea")
_LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")


@record
class Loaded:
    """What a file or a folder held.

    Attributes
    ----------
    values : ndarray, shape (n, [K,] *space), or tuple of n ndarrays ([K,] h, w)
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
    """

    values: np.ndarray | tuple[np.ndarray, ...]
    names: tuple[str, ...]
    labels: np.ndarray
    resolution: float
    missing: float
    components: tuple[str, ...] = ()
    rate: float = float("nan")
    comments: dict = field(default_factory=dict)


def load(path: str | os.PathLike, *, dim: int | None = None) -> Loaded:
    """Load an image, arrays of NumPy or MATLAB, a WFDB record, or a folder of classes.

    Parameters
    ----------
    path : str or path
        A PNG, JPEG or TIFF image (a page is an item); a ``.npy`` array; a ``.npz`` archive with
        one array, or with ``values`` and if need be ``labels`` and ``names``; a MATLAB ``.mat``
        file of the same variables; the ``.hea`` header of a WFDB record (formats 16 and 212); or
        a folder whose sub-folders of images, in the order of their names, are the classes.
    dim : int, optional
        Number of trailing spatial axes, 1 or 2. Required for NumPy and MATLAB files, whose array
        may be one image or many signals; images are of dim 2, records of dim 1.

    Returns
    -------
    Loaded
        Grey and colours from 0 to 1 for unsigned integers (16 bits are kept), colours as
        components in front of space; signed integers and floats of an image, and all numbers of
        a NumPy or MATLAB file, as they are. float64 stays float64, all else becomes float32, but
        for whole numbers that float32 would round (and 32-bit integers of an image), which become
        float64. The signals of a record are components, in their physical units; lost samples,
        heart rates of 0 among them, are NaN.

    Raises
    ------
    InputError
        If the path is missing, unreadable, truncated, of an unknown kind, or if a folder is empty
        or holds a single class. Nothing is ever unpickled.
    ImportError
        For a ``.mat`` file of version 7.3 without the extra ``[mat73]``.

    Notes
    -----
    JPEG and PNG images are turned as their EXIF orientation says. Colour profiles are ignored.
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
    resolution=nan, missing=0.0, components=(), rate=nan, comments={})
    """
    file = _existing(path)
    dim = dim if dim is None else dimension(dim)
    if file.is_dir():
        return _load_classes(file, dim)
    if file.suffix.lower() in SUFFIXES:
        return _load_image(file, dim)
    if file.suffix.lower() == ".hea":
        return _load_record(file, dim)
    if file.suffix.lower() not in _ARRAYS:
        refuse("path", f"a folder or one of {', '.join(_READABLE)}", repr(str(file)))
    return _load_arrays(file, dim)


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


def _existing(path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        refuse("path", "the name of a file or folder", repr(path))
    file = Path(path).expanduser()
    if not file.exists():
        refuse("path", "an existing file or folder", f"{str(file)!r}, which does not exist")
    return file


def _loaded(
    values: np.ndarray | tuple[np.ndarray, ...],
    names: list[str],
    classes: Any = (),
    **known: Any,
) -> Loaded:
    size = sum(v.size for v in values)
    missing = float(sum(np.count_nonzero(np.isnan(v)) for v in values) / size)
    classes = np.array(classes, dtype=np.str_)
    return Loaded(
        values=values,
        names=tuple(names),
        labels=classes,
        missing=missing,
        **{"resolution": float("nan")} | known,
    )


def _read(reader: Callable[[Path], T], file: Path) -> T:
    try:
        return reader(file)
    except (ImportError, InputError):
        raise
    except Exception as error:  # decoders raise whatever they like on a broken file
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        wanted = "a whole, readable file (copy it again or save it anew)"
        raise InputError(f"path: wanted {wanted}, got {str(file)!r} ({reason})") from error


def _numbered(name: str, n: int) -> list[str]:
    return [name] if n == 1 else [f"{name}[{i}]" for i in range(n)]


# ---------------------------------------------------------------------------- arrays and records


def _load_arrays(file: Path, dim: int | None) -> Loaded:
    if dim is None:
        refuse("dim", f"1 (signals) or 2 (images) to read {file.suffix} files", "None")
    arrays = _read(_ARRAYS[file.suffix.lower()], file)
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
    names, classes = (_flat(arrays.get(name)) for name in ("names", "labels"))
    n = len(values)
    names = _numbered(file.stem, n) if names is None else labels(names, "names", length=n)
    classes = () if classes is None else labels(classes, "labels", length=n)
    return _loaded(values, [str(name) for name in names], classes)


def _flat(cell: Any) -> Any:
    """Return names or labels as a list of one axis: MATLAB's cells and vectors have two."""
    return cell if cell is None else np.asarray(cell).ravel().tolist()


def _load_record(file: Path, dim: int | None) -> Loaded:
    if dim == 2:
        refuse("dim", "1 (or nothing) for records of signals", "2")
    found = _read(read_record, file)
    components = tuple(f"{n} ({u})" for n, u in zip(found.names, found.units, strict=True))
    known = {"components": components, "rate": found.rate, "comments": found.comments}
    return _loaded(found.values[None], [file.stem], **known)


# --------------------------------------------------------------------------------------- images


def _load_image(file: Path, dim: int | None) -> Loaded:
    _want_two_axes(dim)
    images, resolution = _read_pages(file)
    names = _numbered(file.name, len(images))
    same = len({image.shape for image in images}) == 1
    values = np.stack(images) if same else tuple(images)
    return _loaded(values, names, resolution=resolution)


def _load_classes(folder: Path, dim: int | None) -> Loaded:
    _want_two_axes(dim)
    classes = sorted(c for c in folder.iterdir() if c.is_dir() and not c.name.startswith("."))
    if len(classes) < 2:
        found = f"{len(classes)} in {str(folder)!r}"
        refuse("path", "a folder with at least two sub-folders, one a class, of images", found)
    values, names, labels_, resolutions = [], [], [], set()
    for file in (f for c in classes for f in _class_files(c)):
        images, resolution = _read_pages(file)
        values += images
        names += _numbered(f"{file.parent.name}/{file.name}", len(images))
        labels_ += [file.parent.name] * len(images)
        resolutions.add(resolution)
    _refuse_mixture(values, names)
    common = resolutions.pop() if len(resolutions) == 1 else float("nan")
    return _loaded(tuple(values), names, labels_, resolution=common)


def _class_files(folder: Path) -> list[Path]:
    """Return the images of a class in the order of their names; anything else is refused."""
    shown = [f for f in folder.iterdir() if not f.name.startswith(".")]
    files = sorted(f for f in shown if f.name.lower() not in _LEFT_BY_SYSTEMS)
    for file in files:
        if file.is_dir() or file.suffix.lower() not in SUFFIXES:
            wanted = f"only images ({', '.join(SUFFIXES)}) in the folder of a class"
            refuse("path", wanted, f"{str(file)!r}: convert it or move it away")
    if not files:
        got = f"none in {str(folder)!r}: fill it or remove it"
        refuse("path", "at least one image in the folder of each class", got)
    return files


def _refuse_mixture(values: list[np.ndarray], names: list[str]) -> None:
    components = [v.shape[0] if v.ndim == 3 else 1 for v in values]
    for number, name in zip(components, names, strict=True):
        if number != components[0]:
            got = f"{number} in {name!r} against {components[0]} in {names[0]!r}: convert one"
            refuse("path", "images of one number of components, all grey or all colour", got)


def _read_pages(file: Path) -> Pages:
    pages = _read(read_image, file)
    if any(np.isinf(image).any() for image in pages.images):
        refuse("path", "finite pixels", f"infinite ones in {str(file)!r}")
    return pages


def _want_two_axes(dim: int | None) -> None:
    if dim == 1:
        refuse("dim", "2 (or nothing) for images", "1")
