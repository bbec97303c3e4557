"""What MATLAB's values become, whatever the version of their file: text, cells, sparse matrices."""

from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from toolbox.data.memory_limits import Room


def only_matlab() -> NoReturn:
    """Refuse what is neither numbers nor text."""
    raise ValueError("an object or a function, which only MATLAB reads: save its values")


def objects(
    values: list[Any], shape: tuple[int, ...], *, columns_first: bool = False
) -> np.ndarray:
    """Return an object array of the given values, whatever they are."""
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return np.ascontiguousarray(array.reshape(shape, order="F" if columns_first else "C"))


def text_of(units: np.ndarray, code: str, shape: tuple[int, ...]) -> Any:
    """Return the text of a char matrix, stored column by column in the units of an encoding.

    One row is a string. Several rows, which MATLAB pads to one length, are an object array of
    strings without the padding, as its `cellstr` gives them.
    """
    rows = prod(shape[:1])
    if units.size == 0 or rows < 2:
        return _decoded(units, code)
    if units.size == prod(shape):  # a unit a character, or a row's units in its columns
        lines = [_decoded(row, code) for row in units.reshape((-1, rows)).T]
    else:  # whole text of wide characters, in the order of the characters
        characters = _decoded(units, code)
        if len(characters) != prod(shape):
            raise ValueError(f"a damaged file: {len(characters)} characters for text of {shape}")
        lines = [characters[i::rows] for i in range(rows)]
    return objects([line.rstrip(" ") for line in lines], (rows, 1))


def _decoded(units: np.ndarray, code: str) -> str:
    try:
        return units.tobytes().decode(code)
    except UnicodeDecodeError as error:
        wanted = "text that is not in UTF-8, or a char matrix of such: save cellstr (x)"
        raise ValueError(wanted) from error


def full_matrix(
    rows: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    shape: tuple[int, ...],
    room: Room,
    source: Path,
) -> np.ndarray:
    """Return a sparse matrix in full.

    Column j holds the values from `columns[j]` to `columns[j + 1]`, in the given rows. All of it is
    checked here: SciPy writes wherever the rows say, inside the matrix or not.
    """
    if len(shape) != 2 or min(shape) < 0:
        raise ValueError(f"a damaged file: a sparse matrix of shape {shape}")
    starts = columns.ravel().astype(np.int64)
    if len(starts) != shape[1] + 1 or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise ValueError("a damaged file: a sparse matrix whose columns do not follow each other")
    number = int(starts[-1])
    if number > min(rows.size, values.size):
        raise ValueError(f"a damaged file: a sparse matrix of {number} values, {values.size} there")
    across = np.repeat(np.arange(shape[1]), np.diff(starts))
    return placed(rows.ravel()[:number], across, values.ravel()[:number], shape, room, source)


def placed(
    down: np.ndarray,
    across: np.ndarray,
    values: np.ndarray,
    shape: tuple[int, int],
    room: Room,
    source: Path,
) -> np.ndarray:
    """Return a matrix of zeros but for values in the given rows and columns; alike ones are added.

    Nothing as large as the matrix is made before its size and all places are checked.
    """
    for place, size, axis in ((down, shape[0], "rows"), (across, shape[1], "columns")):
        if place.size and not 0 <= place.min() <= place.max() < size:
            beyond = f"with values beyond its {size} {axis}"
            raise ValueError(f"a damaged file: a sparse matrix {beyond}")
    room.unfold(shape[0] * shape[1] * values.dtype.itemsize, values.nbytes, source)
    full = np.zeros(shape, values.dtype)
    np.add.at(full, (down.astype(np.int64), across), values)
    return full
