"""Read NumPy's own files, never unpickling anything."""

import ast
import os
import zipfile
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from toolbox.core.checks import items_first, real_array, refuse
from toolbox.data.memory_limits import Room
from toolbox.data.number_blocks import any_infinite, as_floats, exactly, fill
from toolbox.data.readable_files import naming

_KINDS = "biufcSU"  # of arrays that are read: numbers and text
_LONGEST_HEADER = 10_000  # bytes, as NumPy has it
_PIECE = 1 << 20  # bytes
_LAST = 22 + 0xFFFF  # bytes at most of an archive's last entry and of its comment
_MORE = 0xFFFF  # members or more, counted elsewhere
_OBJECTS = "Object arrays cannot be loaded when allow_pickle=False: save numbers or text"


def read_arrays(path: Path, room: Room | None = None) -> dict[str, np.ndarray]:
    """Return the arrays of a file by their names; raises ValueError and what zipfile raises."""
    room = room or Room()
    with path.open("rb") as handle:
        if handle.read(2) != b"PK":
            handle.seek(0)
            return {"values": read_npy(handle, path.stat().st_size, room, path)}
        arrays = {}
        with whole_archive(handle) as archive:
            for entry in archive.infolist():
                name, dot, suffix = entry.filename.rpartition(".")
                if dot and suffix == "npy":
                    arrays[name] = read_member(archive, entry, room, path)
                else:  # none of ours, if the archive's checksum agrees that it has this name
                    _pass_over(archive, entry)
    return arrays


def whole_archive(handle: BinaryIO) -> zipfile.ZipFile:
    """Open an archive; raise ValueError where its list of members is shorter than it says."""
    archive = zipfile.ZipFile(handle)
    handle.seek(max(0, handle.seek(0, os.SEEK_END) - _LAST))
    _, mark, end = handle.read().rpartition(b"PK\5\6")
    listed = int.from_bytes(end[6:8], "little")
    if not mark or listed not in (len(archive.infolist()), _MORE):
        raise ValueError(f"a damaged archive: {len(archive.infolist())} of {listed} members listed")
    return archive


def read_member(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    room: Room,
    source: Path,
    *,
    exact: bool = False,
) -> np.ndarray:
    """Return the array of one member of an archive, whose checksum is compared at its end."""
    with archive.open(entry) as member:
        return read_npy(member, entry.file_size, room, source, exact=exact)


def _pass_over(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with archive.open(entry) as member:
        while member.read(_PIECE):
            pass


def read_npy(
    stream: BinaryIO, nbytes: int, room: Room, source: Path, *, exact: bool = False
) -> np.ndarray:
    """Return the array of a ``.npy`` stream of so many bytes, in C order and the machine's own.

    With `exact` it keeps the order of its axes and bytes, and dates and structures come too.
    """
    shape, columns_first, stored = _header(stream)
    if stored.hasobject:
        raise ValueError(_OBJECTS)
    if not exact and (stored.kind not in _KINDS or stored.shape):
        raise ValueError(f"an array of type {stored}: save arrays of plain numbers, one by one")
    announced = prod(shape) * stored.itemsize
    if announced > nbytes:
        raise ValueError(f"a truncated file: {nbytes} bytes where {announced} are announced")
    room.take(announced, source)
    dtype = stored if exact else stored.newbyteorder("=")
    array = np.empty(shape, dtype, order="F" if exact and columns_first else "C")
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
    if version != (3, 0):
        raise ValueError(f"a .npy file of version {version}")
    length = int.from_bytes(exactly(stream, 4), "little")  # as version 2, but its text is UTF-8
    if length > _LONGEST_HEADER:
        raise ValueError(f"a header of {length} bytes")
    header = ast.literal_eval(exactly(stream, length).decode())
    return header["shape"], header["fortran_order"], form.descr_to_dtype(header["descr"])


def with_items(values: np.ndarray, source: str, *, dim: int) -> np.ndarray:
    """Return ``(n, [K,] *space)`` floats: NaN is let through, all else is checked as everywhere.

    The memory of `values` is used for what is returned.
    """
    with naming(source):
        if values.dtype.kind not in "biuf" or values.size == 0:
            real_array(values, "path")  # says what is wrong
        floats = as_floats(values, "path")
        if any_infinite(floats):
            refuse("path", "finite values, or NaN where missing", "infinite ones")
        checked = items_first(floats, "path", dim=dim)
    return checked[:, 0] if values.ndim < dim + 2 else checked
