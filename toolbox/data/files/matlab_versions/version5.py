"""Read MATLAB's files of level 5 (versions 6 and 7), each number checked before it is used.

The format is "MAT-File Format" of The MathWorks: elements of a tag (type and bytes) and data; a
matrix is an element of elements. Every matrix says its class and is stored in any type that holds
its values, so that a small whole double comes in bytes.
"""

import zlib
from collections.abc import Callable
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from toolbox.core.checks import InputError
from toolbox.data.files.matlab_versions.classes import full_matrix, objects, only_matlab, text_of
from toolbox.data.memory_limits import Room
from toolbox.data.number_blocks import exactly, fill

_HEADER = 128
_STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_INT32, _MATRIX, _COMPRESSED = 5, 14, 15
_TEXT = {
    1: "latin-1",
    2: "latin-1",
    3: "utf-16",
    4: "utf-16",
    16: "utf-8",
    17: "utf-16",
    18: "utf-32",
}
_UNIT = {1: 1, 2: 1, 3: 2, 4: 2, 16: 1, 17: 2, 18: 4}  # bytes of a character's unit
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, _DOUBLE, _SINGLE = range(1, 8)
_CLASSES = {_DOUBLE: "f8", _SINGLE: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2"}
_CLASSES |= {12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_FUNCTION, _OPAQUE = 16, 17
_COMPLEX, _LOGICAL = 0x0800, 0x0200  # flags beside the class
# Octave 7.3 announces so many bytes too many for text in several rows of three or four bytes in all
# (findings/octave_short_rows_of_text.sh). All else is filled up to eight.
_MISCOUNT = 4
_PIECE = 1 << 16  # bytes
_DICTIONARY = 64  # bytes of an empty one, at least


def read_mat5(path: Path, room: Room, wanted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the variables of a file by their names; raises ValueError on what is wrong.

    Only the wanted ones where the first of these is there.
    """
    if wanted:
        here = _elements(path, room, ())
        wanted = wanted if wanted[0] in here else ()
    return _elements(path, room, wanted or None)


def _elements(path: Path, room: Room, chosen: tuple[str, ...] | None) -> dict[str, Any]:
    """Return the chosen variables, all for None; None stands for each that was passed over."""
    variables: dict[str, Any] = {}
    with path.open("rb") as handle:
        head = exactly(handle, _HEADER)
        order = {b"IM": "<", b"MI": ">"}.get(head[126:128])
        if order is None or head[125 if order == "<" else 124] != 1:
            raise ValueError("no MATLAB file of versions 4 to 7.3")
        size = path.stat().st_size
        while handle.tell() < size:
            reader = partial(_Reader, order=order, room=room, path=path, chosen=chosen)
            name, value = _variable(handle, _tag(handle, order), order, reader)
            if name:  # what MATLAB keeps for itself has none
                variables[name] = value
    return {name: v for name, v in variables.items() if not chosen or name in chosen}


def _variable(
    handle: BinaryIO, tag: "_Tag", order: str, reader: Callable[..., "_Reader"]
) -> tuple[str, Any]:
    """Return the name and the value of an element of a file."""
    if tag.kind != _COMPRESSED:
        return reader(handle).variable(tag)
    inflated = _Inflated(handle, tag.nbytes)
    found = reader(inflated).variable(_tag(inflated, order))
    inflated.want_end()
    return found


class _Inflated:
    """A stream of what a stretch of a file holds, inflated as it is read."""

    def __init__(self, handle: BinaryIO, nbytes: int) -> None:
        self._handle, self._left = handle, nbytes
        self._inflate, self._rest = zlib.decompressobj(), b""

    def read(self, nbytes: int) -> bytes:
        """Return so many bytes, or fewer at the end."""
        pieces: list[bytes] = []
        while nbytes and not self._inflate.eof:
            if not self._rest and self._left:
                self._rest = exactly(self._handle, min(self._left, _PIECE))
                self._left -= len(self._rest)
            piece = self._inflate.decompress(self._rest, nbytes)
            exhausted = not self._rest
            self._rest = self._inflate.unconsumed_tail
            if exhausted and not piece:
                break
            pieces.append(piece)
            nbytes -= len(piece)
        return b"".join(pieces)

    def want_end(self) -> None:
        """Refuse a stream that goes on, or does not come to its checksum."""
        if self.read(1) or not self._inflate.eof or self._left:
            raise ValueError("a damaged file: a compressed variable is longer than it says")


class _Tag(NamedTuple):
    kind: int
    nbytes: int
    taken: int  # bytes read for the tag
    data: bytes | None  # of an element that is small enough to stand in its tag


def _tag(stream: Any, order: str) -> _Tag:
    first = exactly(stream, 4)
    number = int(np.frombuffer(first, order + "u4")[0])
    if number >> 16:
        size = number >> 16
        if size > 4:
            raise ValueError(f"a damaged file: a short element of {size} bytes")
        return _Tag(number & 0xFFFF, 0, 8, exactly(stream, 4)[:size])
    return _Tag(number, int(np.frombuffer(exactly(stream, 4), order + "u4")[0]), 8, None)


class _Flags(NamedTuple):
    kind: int
    complex: bool
    logical: bool
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return prod(self.shape)


class _Reader:
    """The elements of a stream, one after the other; `left` bytes of a matrix are still to come."""

    def __init__(
        self, stream: Any, order: str, room: Room, path: Path, chosen: tuple[str, ...] | None
    ) -> None:
        self.stream, self.order, self.room, self.path = stream, order, room, path
        self.chosen, self.left = chosen, 0

    def variable(self, tag: _Tag) -> tuple[str, Any]:
        """Return the name and the value of a variable, None for one that is not chosen."""
        return self.element(tag, chosen=self.chosen)

    def element(self, tag: _Tag, *, chosen: tuple[str, ...] | None = None) -> tuple[str, Any]:
        """Return the name and the value of a matrix whose tag was read."""
        if tag.kind != _MATRIX:
            raise ValueError(f"a damaged file: an element of type {tag.kind} for a matrix")
        if tag.nbytes == 0:
            return "", np.zeros((0, 0))
        outer, self.left = self.left - tag.nbytes, tag.nbytes
        bits = self._numbers("u4")
        if bits.size != 2:
            raise ValueError("a damaged file: a matrix without its class")
        kind = int(bits[0]) & 0xFF
        opaque = kind == _OPAQUE  # without a shape
        shape = (1, 1) if opaque else tuple(int(n) for n in self._numbers("i4"))
        if len(shape) < 2 or min(shape) < 0:
            raise ValueError(f"a damaged file: a matrix of shape {shape}")
        name = self._numbers("u1").tobytes().decode("latin-1")
        flags = _Flags(kind, bool(bits[0] & _COMPLEX), bool(bits[0] & _LOGICAL), shape)
        value = None if chosen is not None and name not in chosen else self._named(name, flags)
        if kind == _CHAR and self.left == _MISCOUNT and value is not None:
            self.left = 0
        while self.left:  # what MATLAB may add is none of ours
            self.left -= len(exactly(self.stream, min(self.left, _PIECE)))
        self.left = outer
        return name, value

    def _named(self, name: str, flags: _Flags) -> Any:
        """Return a value; what is wrong with it is said of the variable, where it has a name."""
        try:
            return self._value(flags)
        except InputError:  # too large
            raise
        except ValueError as error:
            if not name:
                raise
            raise ValueError(f"its variable {name} cannot be read: {error}") from error

    def _value(self, flags: _Flags) -> Any:
        if flags.kind in (_OBJECT, _FUNCTION, _OPAQUE):
            only_matlab()
        if flags.kind == _CELL:
            return objects(self._values(flags.size), flags.shape, columns_first=True)
        if flags.kind == _STRUCT:
            return self._structs(flags)
        if flags.kind == _CHAR:
            return self._text(flags)
        if flags.kind == _SPARSE:
            return self._sparse(flags, self._numbers("i4"))
        if flags.kind not in _CLASSES:
            raise ValueError(f"a damaged file: a matrix of class {flags.kind}")
        return self._matrix(flags)

    # -------------------------------------------------------------------------- what holds others

    def _values(self, number: int) -> list[Any]:
        """Return so many values, each a matrix without a name."""
        self._want(8 * number)
        return [self.element(self._next_tag())[1] for _ in range(number)]

    def _structs(self, flags: _Flags) -> Any:
        length = self._numbers("i4")
        names = self._numbers("u1").tobytes()
        if length.size != 1 or length[0] < 1 or len(names) % length[0]:
            raise ValueError("a damaged file: a struct without the names of its fields")
        cuts = range(0, len(names), int(length[0]))
        fields = [names[i : i + length[0]].partition(b"\0")[0].decode("latin-1") for i in cuts]
        self.room.unfold(_DICTIONARY * flags.size, max(0, self.left), self.path)
        values = self._values(flags.size * len(fields))
        structs = [
            dict(zip(fields, values[i * len(fields) : (i + 1) * len(fields)], strict=True))
            for i in range(flags.size)
        ]
        if flags.shape == (1, 1):
            return structs[0]
        return objects(structs, flags.shape, columns_first=True)

    # ------------------------------------------------------------------------------- plain values

    def _matrix(self, flags: _Flags) -> np.ndarray:
        real = np.dtype(_CLASSES[flags.kind])
        dtype = np.dtype(bool) if flags.logical else real
        if flags.complex:
            dtype = np.dtype(np.complex64 if flags.kind == _SINGLE else np.complex128)
        self.room.take(flags.size * dtype.itemsize, self.path)
        matrix = np.empty(flags.shape, dtype)
        tag = self._next_tag()
        if flags.logical and tag.kind == _INT32:
            return self._sparse(flags, self._any_numbers(tag))  # as Octave writes sparse logicals
        self._fill(matrix.real if flags.complex else matrix, flags, tag)
        if flags.complex:
            self._fill(matrix.imag, flags, self._next_tag())
        return matrix

    def _fill(self, matrix: np.ndarray, flags: _Flags, tag: _Tag) -> None:
        """Fill a matrix, column by column, from an element, whatever type it is stored in."""
        stored = self._stored(tag)
        held = len(tag.data) if tag.data is not None else tag.nbytes
        if held != flags.size * stored.itemsize:
            raise ValueError(f"a damaged file: {held} bytes for {flags.size} values of {stored}")
        whole = np.dtype(_CLASSES[flags.kind]).kind in "iu" and stored.kind == "f"
        if whole and not flags.logical:
            raise ValueError("a damaged file: whole numbers that are stored as fractions")
        if tag.data is not None:
            values = np.frombuffer(tag.data, stored).reshape(matrix.shape, order="F")
            _put_whole(matrix, values)
        elif flags.size:
            fill(matrix.T, stored, self.stream, _put_whole)
        self._pad(tag)

    def _text(self, flags: _Flags) -> Any:
        tag = self._next_tag()
        if tag.kind not in _TEXT:
            raise ValueError(f"a damaged file: text of type {tag.kind}")
        unit = np.dtype(f"{self.order}u{_UNIT[tag.kind]}")
        self.room.take(4 * max(flags.size, tag.nbytes), self.path)
        units = np.frombuffer(self._data(tag), unit).astype(unit.newbyteorder("<"))
        code = _TEXT[tag.kind] + ("-le" if unit.itemsize > 1 else "")
        return text_of(units, code, flags.shape)

    def _sparse(self, flags: _Flags, rows: np.ndarray) -> np.ndarray:
        columns = self._numbers("i4")
        dtype = np.dtype(np.complex128 if flags.complex else np.float64)
        values = self._any_numbers().astype(dtype)
        if flags.complex:
            values.imag = self._any_numbers()
        full = full_matrix(rows, columns, values, flags.shape, self.room, self.path)
        return full.astype(bool) if flags.logical else full

    # ----------------------------------------------------------------------------------- elements

    def _next_tag(self) -> _Tag:
        self._want(8)
        tag = _tag(self.stream, self.order)
        self.left -= tag.taken
        if tag.kind == _MATRIX:
            self._want(tag.nbytes)
            return tag
        self._want(tag.nbytes)
        self.left -= tag.nbytes
        return tag

    def _want(self, nbytes: int) -> None:
        if nbytes > self.left:
            raise ValueError(f"a damaged file: {nbytes} bytes announced in {self.left}")

    def _data(self, tag: _Tag) -> bytes:
        data = exactly(self.stream, tag.nbytes) if tag.data is None else tag.data
        self._pad(tag)
        return data

    def _pad(self, tag: _Tag) -> None:
        """Pass over what fills an element up to eight bytes."""
        padding = min(-tag.nbytes % 8, self.left)
        exactly(self.stream, padding)
        self.left -= padding

    def _stored(self, tag: _Tag) -> np.dtype:
        if tag.kind not in _STORED:
            raise ValueError(f"a damaged file: numbers of type {tag.kind}")
        return np.dtype(self.order + _STORED[tag.kind])

    def _any_numbers(self, tag: _Tag | None = None) -> np.ndarray:
        """Return the numbers of an element, by default of the next, whatever their type."""
        tag = tag or self._next_tag()
        stored = self._stored(tag)
        self.room.take(tag.nbytes, self.path)
        return np.frombuffer(self._data(tag), stored)

    def _numbers(self, wanted: str) -> np.ndarray:
        """Return the next element, which must be of whole numbers of so many bytes."""
        found = self._any_numbers()
        if found.dtype.kind not in "iu" or found.dtype.itemsize != int(wanted[1]):
            raise ValueError(f"a damaged file: {found.dtype} where {wanted} are needed")
        return found.astype(wanted)


def _put_whole(place: np.ndarray, block: np.ndarray) -> None:
    """Put stored numbers in their class; refuse whole numbers that do not fit in it."""
    np.copyto(place, block, casting="unsafe")
    if place.dtype.kind in "iu" and place.dtype != block.dtype and (place != block).any():
        raise ValueError(f"a damaged file: whole numbers beyond {place.dtype}")
