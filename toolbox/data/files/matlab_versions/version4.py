"""Read MATLAB's files of version 4: matrices of numbers or text, one after the other."""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from toolbox.data.files.matlab_versions.classes import placed, text_of
from toolbox.data.memory_limits import Room
from toolbox.data.number_blocks import exactly, fill

_HEAD = 5  # whole numbers of 32 bits: type, rows, columns, complex or not, length of the name
_STORED = ("f8", "f4", "i4", "i2", "u2", "u1")
_NUMBERS, _TEXT, _SPARSE = range(3)


def is_mat4(head: bytes) -> bool:
    """Say whether a file begins with a type of version 4: below 5000, so that a byte is zero."""
    return len(head) >= 4 and 0 in head[:4]


def read_mat4(path: Path, room: Room) -> dict[str, Any]:
    """Return the variables of a file by their names; raises ValueError on what is wrong."""
    variables, size = {}, path.stat().st_size
    with path.open("rb") as handle:
        while handle.tell() < size:
            name, value = _variable(handle, size, room, path)
            variables[name] = value
    return variables


def _variable(handle: BinaryIO, size: int, room: Room, path: Path) -> tuple[str, Any]:
    head = exactly(handle, 4 * _HEAD)
    order = "<" if int.from_bytes(head[:4], "little") < 5000 else ">"
    kind, rows, columns, is_complex, length = (int(n) for n in np.frombuffer(head, order + "i4"))
    thousands, hundreds, stored, use = kind // 1000, kind // 100 % 10, kind // 10 % 10, kind % 10
    known = thousands == (order == ">") and hundreds == 0 and stored < len(_STORED) and use < 3
    if not known or rows < 0 or columns < 0 or is_complex not in (0, 1) or length < 1:
        raise ValueError("no MATLAB file of versions 4 to 7.3")
    dtype = np.dtype(order + _STORED[stored])
    nbytes = rows * columns * dtype.itemsize * (1 + is_complex)
    if length + nbytes > size - handle.tell():
        raise ValueError(f"a truncated file: {nbytes} bytes announced for a variable")
    name = exactly(handle, length).partition(b"\0")[0].decode("latin-1")
    room.take(rows * columns * 8 * (1 + is_complex), path)
    matrix = np.empty((rows, columns), np.complex128 if is_complex else np.float64)
    for part in (matrix.real, matrix.imag) if is_complex else (matrix,):
        if matrix.size:
            fill(part.T, dtype, handle)
    if use == _TEXT:
        return name, _text(matrix)
    return name, _full(matrix, room, path) if use == _SPARSE else matrix


def _text(matrix: np.ndarray) -> Any:
    """Return text whose characters were stored as numbers."""
    if np.iscomplexobj(matrix) or not ((matrix >= 0) & (matrix < 2**16)).all():
        raise ValueError("a damaged file: text whose characters are no whole numbers")
    return text_of(matrix.T.ravel().astype("<u2"), "utf-16-le", matrix.shape)


def _full(table: np.ndarray, room: Room, path: Path) -> np.ndarray:
    """Return a sparse matrix in full: rows, columns, values; the last line says how large it is."""
    if table.shape[1] not in (3, 4) or len(table) < 1 or np.iscomplexobj(table):
        raise ValueError(f"a damaged file: a sparse matrix in a table of shape {table.shape}")
    places = table[:, :2]
    if not (np.isfinite(places) & (places == np.round(places)) & (abs(places) < 2**31)).all():
        raise ValueError("a damaged file: a sparse matrix whose places are no whole numbers")
    shape = (int(places[-1, 0]), int(places[-1, 1]))
    if min(shape) < 0:
        raise ValueError(f"a damaged file: a sparse matrix of shape {shape}")
    down, across = places[:-1].T.astype(np.int64) - 1
    values = table[:-1, 2] + 1j * table[:-1, 3] if table.shape[1] == 4 else table[:-1, 2]
    return placed(down, across, values, shape, room, path)
