"""Arrays and folders of images as dask arrays, whose blocks are read where they are computed."""

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from toolbox.core.checks import refuse
from toolbox.data.image_folders import image_files, read_images
from toolbox.data.memory_limits import Room
from toolbox.data.readable_files import Skipping, read_or_refuse

BLOCK = 2**24  # bytes of a block: a task of tenths of a second, in some thirty times as much memory
_ZARR = ("zarr.json", ".zarray", ".zgroup")


class _Kind(NamedTuple):
    """What all images of a folder share, or a .npy file has whenever it is read."""

    shape: tuple[int, ...]
    dtype: np.dtype
    scaled: bool  # from unsigned whole numbers to 0 to 1

    @property
    def said(self) -> str:
        """Return the type of the values in words."""
        return f"{self.dtype} {'from 0 to 1' if self.scaled else 'as stored'}"


def is_zarr(folder: Path) -> bool:
    """Say whether a folder is an array, or a group of arrays, of Zarr."""
    return any((folder / name).exists() for name in _ZARR)


def lazy_numpy(file: Path) -> Any:
    """Return the dask array of a .npy file; every block is read from the file by itself."""
    array = read_or_refuse(lambda path, _: _mapped(path), file, Room())
    if array.ndim == 0 or array.size == 0:
        refuse("path", "at least one item", f"an array of shape {array.shape} in {str(file)!r}")
    arrays = _dask_array()
    from dask.layers import ArraySliceDep

    rows, axes = (_rows(array[:1]), *array.shape[1:]), tuple(range(array.ndim))
    where = ArraySliceDep(arrays.core.normalize_chunks(rows, array.shape))
    # So made, a block is read in the task that computes something of it. The name is new every
    # time: the file may be another one by then, and a cluster keeps values by their names.
    return arrays.blockwise(
        *(_numpy_block, axes),
        *(str(file), None),
        *(_Kind(array.shape, array.dtype, scaled=False), None),
        *(where, axes),
        name=f"numpy-{uuid4().hex}",
        align_arrays=False,
        dtype=array.dtype,
        meta=np.empty((0,) * array.ndim, array.dtype),
    )


def lazy_zarr(folder: Path) -> Any:
    """Return the dask array of an array of Zarr, or of the array `values` of a group; its chunks.

    Chunks that cut space are joined; those of few items make blocks of about as many bytes as those
    of other files.
    """
    try:
        import zarr
    except ImportError as error:
        raise ImportError("a folder of Zarr needs its package: pip install zarr") from error
    found = read_or_refuse(lambda path, _: zarr.open(str(path), mode="r"), folder, Room())
    if not hasattr(found, "shape"):
        if "values" not in found:
            refuse("path", "one array of Zarr, or a group with one called values", str(folder))
        folder = folder / "values"
    array = _dask_array().from_zarr(str(folder))
    own = array.chunksize[0]
    rows = max(1, _rows(array[:1]) // own) * own
    return array.rechunk({0: rows, **dict.fromkeys(range(1, array.ndim), -1)})


def lazy_images(folder: Path, *, grey: bool) -> tuple[Any, list[str], list[str]]:
    """Return the dask array of a folder's images, all as large as the first; names, classes."""
    files = image_files(folder, Skipping(allowed=False))
    first, kind = _image(files[0][0], grey=grey)
    rows, reads, sizes = _rows(first), [], []
    for i in range(0, len(files), rows):
        paths = [str(file) for file, _ in files[i : i + rows]]
        reads.append(partial(_stacked, paths, kind, grey=grey))
        sizes.append(len(paths))
    (values,) = blocks_of(reads, sizes, [(first.shape, first.dtype)])
    names = [f"{label}/{file.name}" if label else file.name for file, label in files]
    return values, names, [label for _, label in files if label]


def float_items(values: Any, source: str, *, dim: int) -> Any:
    """Return the dask array (n, [K,] *space) as floats, of a type that its values do not decide."""
    if values.dtype.kind not in "iufb" or (values.dtype.kind in "iu" and values.dtype.itemsize > 2):
        wanted = "floats, or whole numbers of 8 or 16 bits, to be loaded lazily"
        refuse("path", wanted, f"values of type {values.dtype} in {source!r}")
    if values.dtype.itemsize > 8:
        wanted = "floats of 64 bits or fewer, to be loaded lazily"
        refuse("path", wanted, f"values of type {values.dtype} in {source!r}")
    if not dim + 1 <= values.ndim <= dim + 2:
        wanted = f"{dim + 1} or {dim + 2} axes for dim={dim}, items in front"
        refuse("path", wanted, f"shape {values.shape} in {source!r}")
    wide = values.dtype.kind == "f" and values.dtype.itemsize >= 8
    return values.astype(np.float64 if wide else np.float32)


def blocks_of(
    reads: list[Any], sizes: list[int], kinds: list[tuple[tuple[int, ...], Any]]
) -> tuple[Any, ...]:
    """Return a dask array for each kind (its axes after the items, its type) of what is read.

    Each of `reads` takes nothing and returns an array of as many items for each kind.
    """
    arrays = _dask_array()
    from dask import delayed

    parts = [delayed(read)() for read in reads]
    return tuple(
        arrays.concatenate(
            [
                arrays.from_delayed(part[k], (size, *space), dtype)
                for part, size in zip(parts, sizes, strict=True)
            ]
        )
        for k, (space, dtype) in enumerate(kinds)
    )


def _rows(item: Any) -> int:
    """Return how many items like one make a block, as floats."""
    return max(1, BLOCK // max(1, item.size * max(4, item.dtype.itemsize)))


def _dask_array() -> Any:
    try:
        import dask.array
    except ImportError as error:
        wanted = "lazy=True needs an extra: pip install 'grainwise[cluster]'"
        raise ImportError(wanted) from error
    return dask.array


def _mapped(file: Path) -> np.ndarray:
    return np.load(file, mmap_mode="r", allow_pickle=False)


def _numpy_block(file: str, loaded: _Kind, where: tuple[slice, ...]) -> np.ndarray:
    array = _mapped(Path(file))
    if (array.shape, array.dtype) != (loaded.shape, loaded.dtype):
        wanted = f"{loaded.dtype} of shape {loaded.shape} in {file!r}, as when it was loaded lazily"
        refuse("path", wanted, f"{array.dtype} of shape {array.shape}")
    return np.array(array[where])


def _stacked(files: list[str], first: _Kind, *, grey: bool) -> tuple[np.ndarray]:
    images = []
    for file in files:
        image, own = _image(Path(file), grey=grey)
        if own.shape != first.shape:
            got = f"{own.shape} in {file!r} against {first.shape} in the first"
            refuse("path", "images of one size, to be loaded lazily", f"{got}: cut them with crops")
        if own != first:
            got = f"{own.said} in {file!r} against {first.said} in the first: convert one"
            refuse("path", "images of one type, to be loaded lazily", got)
        images.append(image)
    return (np.stack(images),)


def _image(file: Path, *, grey: bool) -> tuple[np.ndarray, _Kind]:
    pages = read_images(file, Room(None), grey=grey)
    if len(pages.images) != 1:
        got = f"{len(pages.images)} in {str(file)!r}"
        refuse("path", "one image a file, to be loaded lazily", got)
    image = pages.images[0]
    return image, _Kind(image.shape, image.dtype, pages.largest is not None)
