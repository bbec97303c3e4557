"""Read NumPy's own files, never unpickling anything."""

import zipfile
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from toolbox.doors import InputError, items_first, real_array, refuse
from toolbox.memory_limits import Room
from toolbox.number_blocks import any_infinite, as_floats, fill

_KINDS = "biufcSU"  # of arrays that are read: numbers and text
_OBJECTS = "Object arrays cannot be loaded when allow_pickle=False: save numbers or text"


def read_arrays(path: Path, room: Room | None = None) -> dict[str, np.ndarray]:
    """Return the arrays of a file by their names; raises ValueError and what zipfile raises."""
    room = room or Room()
    with path.open("rb") as handle:
        if handle.read(2) != b"PK":
            handle.seek(0)
            return {"values": read_npy(handle, path.stat().st_size, room, path)}
        arrays = {}
        with zipfile.ZipFile(handle) as archive:
            for entry in archive.infolist():
                name, dot, suffix = entry.filename.rpartition(".")
                if dot and suffix == "npy":
                    arrays[name] = read_member(archive, entry, room, path)
    return arrays


def read_member(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: Room, source: Path
) -> np.ndarray:
    """Return the array of one member of an archive."""
    with archive.open(entry) as member:
        array = read_npy(member, entry.file_size, room, source)
        member.read()  # to the end, where the archive's checksum is compared
    return array


def read_npy(stream: BinaryIO, nbytes: int, room: Room, source: Path) -> np.ndarray:
    """Return the array of a ``.npy`` stream of so many bytes, in C order and the machine's own."""
    shape, columns_first, stored = _header(stream)
    if stored.kind == "O":
        raise ValueError(_OBJECTS)
    if stored.kind not in _KINDS or stored.shape:
        raise ValueError(f"an array of type {stored}: save arrays of plain numbers, one by one")
    announced = prod(shape) * stored.itemsize
    if announced > nbytes:
        raise ValueError(f"a truncated file: {nbytes} bytes where {announced} are announced")
    room.take(announced, source)
    array = np.empty(shape, stored.newbyteorder("="))
    if announced:
        fill(array.T if columns_first else array, stored, stream)
    if stream.read(1):
        raise ValueError("a file that goes on after its array")
    return array


def _header(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    form = np.lib.format
    version = form.read_magic(stream)
    if version == (1, 0):
        return form.read_array_header_1_0(stream)
    if version == (2, 0):
        return form.read_array_header_2_0(stream)
    raise ValueError(f"a .npy file of version {version}, with names of fields: save plain arrays")


def with_items(values: np.ndarray, source: str, *, dim: int) -> np.ndarray:
    """Return ``(n, [K,] *space)`` floats: NaN is let through, all else is checked as everywhere.

    The memory of `values` is used for what is returned.
    """
    try:
        if values.dtype.kind not in "biuf" or values.size == 0:
            real_array(values, "path")  # says what is wrong
        floats = as_floats(values)
        if any_infinite(floats):
            refuse("path", "finite values, or NaN where missing", "infinite ones")
        checked = items_first(floats, "path", dim=dim)
    except InputError as error:
        raise InputError(f"{error} in {source!r}") from None
    return checked[:, 0] if values.ndim < dim + 2 else checked
