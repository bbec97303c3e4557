"""Read and write MATLAB's ``.mat`` files, keeping the class and the shape of every value.

Both ways a number is an array of MATLAB's shape and class, text a string, a struct a dictionary
(an array of structs an object array of dictionaries), a cell an object array.
"""

from pathlib import Path
from typing import Any

import numpy as np

from toolbox.atomic_files import written_whole
from toolbox.mat4_files import is_mat4, read_mat4
from toolbox.mat5_files import read_mat5
from toolbox.mat73_files import read_mat73
from toolbox.mat_values import objects
from toolbox.memory_limits import Room
from toolbox.records import is_record

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LONGEST_NAME = 63  # of a variable or a field in MATLAB


def read_mat(path: Path, room: Room | None = None) -> dict[str, Any]:
    """Return the variables of a file of any version; raises what its reader raises.

    SciPy's reader is not used. A double that MATLAB stored in bytes, as it does with small whole
    numbers, comes as uint8 from it, or complex numbers lose their imaginary part; and it believes
    what a file says of sizes and places.
    """
    room = room or Room()
    with path.open("rb") as handle:
        head = handle.read(520)
    if head.startswith(b"MATLAB 7.3") or head[512:520] == _HDF5:
        return read_mat73(path, room)
    if head.startswith(_HDF5):
        raise ValueError("an HDF5 file that MATLAB did not write; in Octave use save -v7")
    return read_mat4(path, room) if is_mat4(head) else read_mat5(path, room)


def write_mat(path: Path, variables: dict[str, Any]) -> None:
    """Write variables to an uncompressed file of version 6; all or nothing.

    Numbers, strings, booleans, arrays, dictionaries, records, and lists, which become cells.
    None becomes an empty matrix, as MATLAB has no such value.
    """
    from scipy.io import savemat

    ready = {_name(name): _matlab(value) for name, value in variables.items()}
    with written_whole(path) as handle:
        savemat(handle, ready, long_field_names=True, oned_as="row")


# ------------------------------------------------------------------------------------- writing


def _name(name: Any) -> str:
    """Return a name that MATLAB knows; SciPy would drop others with a warning."""
    if not (isinstance(name, str) and name.isidentifier() and name.isascii()) or name[0] == "_":
        raise ValueError(f"{name!r} is no name of a variable or a field in MATLAB")
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"{name!r} is longer than the {_LONGEST_NAME} characters of MATLAB")
    return name


def _matlab(value: Any) -> Any:
    """Return what `scipy.io.savemat` writes as the same value."""
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
    return _matlab_array(np.asarray(value))


def _matlab_array(array: np.ndarray) -> np.ndarray:
    if array.dtype == object:
        return objects([_matlab(v) for v in array.ravel()], array.shape)
    if array.dtype.kind == "U":  # a cell of strings: a char matrix would pad them
        return objects([str(v) for v in array.ravel()], array.shape)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype.kind not in "biufc" or array.dtype.itemsize > 16:
        raise ValueError(f"an array of type {array.dtype} has no class in MATLAB")
    return array
