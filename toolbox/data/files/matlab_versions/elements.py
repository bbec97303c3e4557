"""The bytes of MATLAB's files of version 5, uncompressed: what ``save -v6`` writes.

SciPy's writer counts the letters of a text but stores UTF-8, of which Octave reads as many bytes as
were counted: "glacé 1" and "glacé 2" both arrive as "glacé ". MATLAB and Octave themselves store
UTF-16, which both read whole, and so does this one. Layout: "MAT-File Format" (The MathWorks), the
chapter on level 5.
"""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

_HEADER = b"MATLAB 5.0 MAT-file, written by grainwise".ljust(124) + struct.pack(
    "<H2s", 0x100, b"IM"
)
_INT8, _INT32, _UINT32, _MATRIX, _UTF8, _UTF16 = 1, 5, 6, 14, 16, 17
_CELL, _STRUCT, _CHAR, _SPARSE = 1, 2, 4, 5
_LOGICAL, _COMPLEX = 0x200, 0x800
_STORED = {  # NumPy's type -> how numbers are stored, MATLAB's class
    "b1": (2, 9),  # logicals are bytes with a flag
    "u1": (2, 9),
    "i1": (1, 8),
    "i2": (3, 10),
    "u2": (4, 11),
    "i4": (5, 12),
    "u4": (6, 13),
    "i8": (12, 14),
    "u8": (13, 15),
    "f4": (7, 7),
    "f8": (9, 6),
}
_LARGEST = 2**32  # bytes, what the length of an element can tell

Chunks = list[bytes | np.ndarray]  # arrays are of bytes, so that len counts these


def file_chunks(variables: dict[str, Any]) -> Chunks:
    """Return the bytes of a file: numbers, text, dictionaries, and object arrays for cells.

    In pieces, so that an array that MATLAB's order suits is not copied. Raises ValueError where a
    variable takes 4 GiB, which this version cannot hold, and for text that is not Unicode.
    """
    return [_HEADER, *(c for name, value in variables.items() for c in _matrix(value, name))]


def _matrix(value: Any, name: str = "") -> Chunks:
    from scipy.sparse import issparse

    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, dict):
        return _struct(value, name)
    if issparse(value):
        return _sparse(value, name)
    if value.dtype == object:
        cells = (_matrix(v) for v in value.ravel(order="F"))
        return _element(_MATRIX, [*_head(name, _CELL, value.shape), *_joined(cells)])
    _, kind = _STORED[_code(value.real)]
    head = _head(name, kind | _flags(value), value.shape)
    return _element(_MATRIX, [*head, *_numbers(value)])


def _text(value: str, name: str) -> Chunks:
    if value.isascii():
        data, kind, letters = value.encode(), _UTF8, len(value)
    else:
        try:
            data = value.encode("utf-16-le")
        except UnicodeEncodeError as error:
            raise ValueError(f"{value!r} is no text in Unicode: MATLAB has no such text") from error
        kind, letters = _UTF16, len(data) // 2
    shape = (1, letters) if letters else (0, 0)
    return _element(_MATRIX, [*_head(name, _CHAR, shape), *_element(kind, [data])])


def _struct(value: dict[str, Any], name: str) -> Chunks:
    length = max(map(len, value), default=0) + 1
    names = b"".join(key.encode().ljust(length, b"\0") for key in value)
    return _element(
        _MATRIX,
        [
            *_head(name, _STRUCT, (1, 1)),
            *_element(_INT32, [struct.pack("<i", length)]),
            *_element(_INT8, [names]),
            *_joined(_matrix(v) for v in value.values()),
        ],
    )


def _sparse(value: Any, name: str) -> Chunks:
    """Return a sparse matrix; MATLAB has those of doubles, complex doubles and logicals."""
    columns = value.tocsc()
    columns.sum_duplicates()  # also sorts the rows, as MATLAB wants them
    kind = columns.dtype.kind
    data = columns.data.astype(np.complex128 if kind == "c" else np.float64)
    flags = _COMPLEX if kind == "c" else _LOGICAL if kind == "b" else 0
    head = _head(name, _SPARSE | flags, columns.shape, room=max(len(data), 1))
    places = [*_numbers(columns.indices.astype("<i4")), *_numbers(columns.indptr.astype("<i4"))]
    return _element(_MATRIX, [*head, *places, *_numbers(data)])


# ------------------------------------------------------------------------------------ elements


def _head(name: str, kind: int, shape: tuple[int, ...], *, room: int = 0) -> Chunks:
    """Return what begins every matrix: class and flags, shape, name."""
    shape = (1,) * (2 - len(shape)) + shape  # a vector is a row
    return [
        *_element(_UINT32, [struct.pack("<II", kind, room)]),
        *_element(_INT32, [np.array(shape, dtype="<i4").tobytes()]),
        *_element(_INT8, [name.encode()]),
    ]


def _flags(array: np.ndarray) -> int:
    return {"b": _LOGICAL, "c": _COMPLEX}.get(array.dtype.kind, 0)


def _code(array: np.ndarray) -> str:
    return array.dtype.str[1:]


def _numbers(array: np.ndarray) -> Chunks:
    """Return the numbers column by column, the imaginary parts after the real ones."""
    parts = (array.real, array.imag) if array.dtype.kind == "c" else (array,)
    return _joined(_element(_STORED[_code(part)][0], [_as_bytes(part)]) for part in parts)


def _as_bytes(array: np.ndarray) -> np.ndarray:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return little.ravel(order="F").view(np.uint8)


def _element(kind: int, content: Chunks) -> Chunks:
    """Return an element: what it is, its length in bytes, its content up to a multiple of 8."""
    size = sum(map(len, content))
    if size >= _LARGEST:
        raise ValueError(f"{size} bytes are too many for one variable of a MATLAB file (4 GiB)")
    if 0 < size <= 4 and kind != _MATRIX:
        return [struct.pack("<HH", kind, size), *content, bytes(4 - size)]
    return [struct.pack("<II", kind, size), *content, bytes(-size % 8)]


def _joined(parts: Iterable[Chunks]) -> Chunks:
    return [chunk for part in parts for chunk in part]
