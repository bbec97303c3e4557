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
from toolbox.data.files.matlab_elements import file_chunks

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LONGEST_NAME = 63  # of a variable or a field in MATLAB


def read_mat(path: Path, wanted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the variables of a file of any version; raises what its reader raises.

    Only the `wanted` ones where the first of these is there: another that cannot be read, such as
    a function handle, then does no harm.

    SciPy's two ways of reading are wrong in turn: with ``mat_dtype=False`` a double that MATLAB
    stored in bytes, as it does with small whole numbers, arrives as uint8 and wraps around; with
    ``True`` complex numbers lose their imaginary part. So both are read and the right leaves kept.
    """
    with path.open("rb") as handle:
        head = handle.read(520)
    if head.startswith(b"MATLAB 7.3") or head[512:520] == _HDF5:
        from toolbox.data.files.matlab73 import read_mat73

        return read_mat73(path, wanted)
    if head.startswith(_HDF5):
        raise ValueError("an HDF5 file that MATLAB did not write; in Octave use save -v7")
    here = _names(path) if wanted else []
    chosen = [name for name in here if name in wanted] if {*wanted[:1]} & {*here} else None
    try:
        return _variables(path, chosen)
    except Exception:  # SciPy raises whatever it likes
        for name in chosen or _names(path):
            _refuse_unreadable(path, name)
        raise


def write_mat(path: Path, variables: dict[str, Any]) -> None:
    """Write variables to an uncompressed file of version 6; all or nothing.

    Numbers, strings, booleans, arrays, sparse matrices, dictionaries, records, and lists, which
    become cells. None becomes an empty matrix, as MATLAB has no such value. ValueError tells of
    anything else, and of what the version cannot hold.
    """
    chunks = file_chunks({_name(name): _matlab(value) for name, value in variables.items()})
    with written_whole(path) as handle:
        handle.writelines(chunks)


# ------------------------------------------------------------------------------------- reading


def _names(path: Path) -> list[str]:
    from scipy.io import whosmat

    return [name for name, _, _ in whosmat(str(path))]


def _variables(path: Path, names: list[str] | None) -> dict[str, Any]:
    from scipy.io import loadmat

    with warnings.catch_warnings():
        # complex numbers, read as real and then not used; names that a variable may not have
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        options = {"squeeze_me": False, "variable_names": names} | _letters(path)
        stored = loadmat(str(path), mat_dtype=False, **options)
        typed = loadmat(str(path), mat_dtype=True, **options)
    found = [name for name in stored if not (name.startswith("__") and name.endswith("__"))]
    return {name: _value(stored[name], typed[name]) for name in found}


def _letters(path: Path) -> dict[str, str]:
    """Return SciPy's option for letters that are stored as numbers of 16 bits; it assumes bytes."""
    with path.open("rb") as handle:
        order = handle.read(128)[126:]
    codec = {b"IM": "utf_16_le", b"MI": "utf_16_be"}.get(order)  # none in files of version 4
    return {} if codec is None else {"uint16_codec": codec}


def _refuse_unreadable(path: Path, name: str) -> None:
    """Name the variable that cannot be read, and why."""
    try:
        _variables(path, [name])
    except Exception as error:
        raise ValueError(f"its variable {name} cannot be read: {error}") from error


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
        return _text([str(row) for row in stored.ravel()])
    if typed.dtype == bool and stored.dtype == np.int32:  # the row indices, where values should be
        raise ValueError("sparse logicals as Octave 7 writes them, of a wrong class: save full (x)")
    kept = stored if np.iscomplexobj(stored) else typed
    return np.ascontiguousarray(kept, dtype=kept.dtype.newbyteorder("="))


def _text(rows: list[str]) -> Any:
    """Return the text of a char matrix; of one in letters outside ASCII, Octave mixes the bytes."""
    if any("\ufffd" in row for row in rows):
        raise ValueError("text that is not in UTF-8, or a char matrix of such: save cellstr (x)")
    return text(rows)


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
