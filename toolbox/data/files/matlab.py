"""Read and write MATLAB's ``.mat`` files, keeping the class and the shape of every value.

Both ways a number is an array of MATLAB's shape and class, text a string, a struct a dictionary
(an array of structs an object array of dictionaries), a cell an object array.
"""

from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.atomic_files import written_whole
from toolbox.core.records import is_record
from toolbox.data.files.matlab_versions.classes import objects
from toolbox.data.files.matlab_versions.elements import file_chunks
from toolbox.data.files.matlab_versions.version4 import is_mat4, read_mat4
from toolbox.data.files.matlab_versions.version5 import read_mat5
from toolbox.data.files.matlab_versions.version73 import read_mat73
from toolbox.data.memory_limits import Room

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LONGEST_NAME = 63  # of a variable or a field in MATLAB


def read_mat(
    path: Path, room: Room | None = None, *, wanted: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the variables of a file of any version; raises what its reader raises.

    Only the `wanted` ones where the first of these is there: another that cannot be read, such as
    a function handle, then does no harm.

    SciPy's reader is not used. A double that MATLAB stored in bytes, as it does with small whole
    numbers, comes as uint8 from it, or complex numbers lose their imaginary part; and it believes
    what a file says of sizes and places.
    """
    room = room or Room()
    with path.open("rb") as handle:
        head = handle.read(520)
    if head.startswith(b"MATLAB 7.3") or head[512:520] == _HDF5:
        return read_mat73(path, room, wanted)
    if head.startswith(_HDF5):
        raise ValueError("an HDF5 file that MATLAB did not write; in Octave use save -v7")
    return read_mat4(path, room) if is_mat4(head) else read_mat5(path, room, wanted)


def write_mat(path: Path, variables: dict[str, Any]) -> None:
    """Write variables to an uncompressed file of version 6; all or nothing.

    Numbers, strings, booleans, arrays, sparse matrices, dictionaries, records, and lists, which
    become cells. None becomes an empty matrix, as MATLAB has no such value. ValueError tells of
    anything else, and of what the version cannot hold.
    """
    chunks = file_chunks({_name(name): _matlab(value) for name, value in variables.items()})
    with written_whole(path) as handle:
        handle.writelines(chunks)


# ------------------------------------------------------------------------------------- writing


def _name(name: Any) -> str:
    """Return a name that MATLAB knows; SciPy would drop others with a warning."""
    if not (isinstance(name, str) and name.isidentifier() and name.isascii()) or name[0] == "_":
        raise ValueError(f"{name!r} is no name of a variable or a field in MATLAB")
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"{name!r} is longer than the {_LONGEST_NAME} characters of MATLAB")
    return name


def _matlab(value: Any) -> Any:
    """Return what `file_chunks` writes as the same value."""
    from scipy.sparse import issparse

    if is_record(value):
        value = value.asdict()
    if value is None:
        return np.zeros((0, 0))
    if isinstance(value, dict):
        return {_name(key): _matlab(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return objects([_matlab(v) for v in value], (1, len(value)))
    if isinstance(value, str):
        return value
    return _matlab_sparse(value) if issparse(value) else _matlab_array(value)


def _matlab_sparse(value: Any) -> Any:
    if value.ndim != 2 or value.dtype.kind not in "biufc":
        raise ValueError(f"a sparse array of {value.dtype}, {value.ndim}-D, has no class in MATLAB")
    return value


def _matlab_array(value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype == object and array.ndim:
        return objects([_matlab(v) for v in array.ravel()], array.shape)
    if array.dtype.kind == "U":  # a cell of strings: a char matrix would pad them
        return objects([str(v) for v in array.ravel()], array.shape)
    if array.dtype.kind not in "biufc":
        found = type(value).__name__ if array.dtype == object else f"array of {array.dtype}"
        raise ValueError(f"a value of type {found} has no class in MATLAB")
    widened = {"e": "f4", "g": "f8", "G": "c16"}.get(array.dtype.char)
    return array if widened is None else array.astype(widened)
