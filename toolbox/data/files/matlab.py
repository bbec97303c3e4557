"""Read and write MATLAB's ``.mat`` files, keeping the class and the shape of every value.

Both ways a number is an array of MATLAB's shape and class, text a string, a struct a dictionary
(an array of structs an object array of dictionaries), a cell an object array.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.atomic_files import written_whole
from toolbox.core.records import is_record
from toolbox.data.files.matlab_classes import objects, text

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LONGEST_NAME = 63  # of a variable or a field in MATLAB


def read_mat(path: Path) -> dict[str, Any]:
    """Return the variables of a file of any version; raises what its reader raises.

    SciPy's two ways of reading are wrong in turn: with ``mat_dtype=False`` a double that MATLAB
    stored in bytes, as it does with small whole numbers, arrives as uint8 and wraps around; with
    ``True`` complex numbers lose their imaginary part. So both are read and the right leaves kept.
    """
    with path.open("rb") as handle:
        head = handle.read(520)
    if head.startswith(b"MATLAB 7.3") or head[512:520] == _HDF5:
        from toolbox.data.files.matlab73 import read_mat73

        return read_mat73(path)
    if head.startswith(_HDF5):
        raise ValueError("an HDF5 file that MATLAB did not write; in Octave use save -v7")
    from scipy.io import loadmat

    with warnings.catch_warnings():
        # complex numbers, read as real and then not used; names that a variable may not have
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        stored = loadmat(str(path), mat_dtype=False, squeeze_me=False)
        typed = loadmat(str(path), mat_dtype=True, squeeze_me=False)
    names = [name for name in stored if not (name.startswith("__") and name.endswith("__"))]
    return {name: _value(stored[name], typed[name]) for name in names}


def write_mat(path: Path, variables: dict[str, Any]) -> None:
    """Write variables to an uncompressed file of version 6; all or nothing.

    Numbers, strings, booleans, arrays, dictionaries, records, and lists, which become cells.
    None becomes an empty matrix, as MATLAB has no such value.
    """
    from scipy.io import savemat

    ready = {_name(name): _matlab(value) for name, value in variables.items()}
    with written_whole(path) as handle:
        savemat(handle, ready, long_field_names=True, oned_as="row")


# ------------------------------------------------------------------------------------- reading


def _value(stored: Any, typed: Any) -> Any:
    """Return one value from its two readings."""
    from scipy.io.matlab import MatlabFunction, MatlabObject, MatlabOpaque
    from scipy.sparse import issparse

    if isinstance(stored, MatlabFunction | MatlabObject | MatlabOpaque):
        raise ValueError("an object or a function, which only MATLAB reads: save its values")
    if issparse(stored):
        stored, typed = stored.toarray(), typed.toarray()
    if stored.dtype.names is not None:
        pairs = zip(stored.ravel(), typed.ravel(), strict=True)
        names = stored.dtype.names
        structs = [{name: _value(a[name], b[name]) for name in names} for a, b in pairs]
        return structs[0] if stored.shape == (1, 1) else objects(structs, stored.shape)
    if stored.dtype == object:
        if stored.shape == (1, 1) and stored[0, 0] is None:
            return {}  # how SciPy reads a struct without fields
        pairs = zip(stored.ravel(), typed.ravel(), strict=True)
        return objects([_value(a, b) for a, b in pairs], stored.shape)
    if stored.dtype.kind == "U":
        return text([str(row) for row in stored.ravel()])
    kept = stored if np.iscomplexobj(stored) else typed
    return np.ascontiguousarray(kept, dtype=kept.dtype.newbyteorder("="))


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
