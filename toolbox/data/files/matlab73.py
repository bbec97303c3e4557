"""Read MATLAB's files of version 7.3, which are HDF5, with the shapes and classes of the others."""

from pathlib import Path
from typing import Any

import numpy as np

from toolbox.data.files.matlab_classes import objects, text

_ADVICE = (
    "files of version 7.3 need the extra [mat73] (pip install 'grainwise[mat73]'); "
    "or write them with save -v7"
)


def read_mat73(path: Path, wanted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the variables of a file of version 7.3, or the wanted ones if the first is there."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    with h5py.File(path, "r") as file:
        names = [name for name in file if not name.startswith("#")]
        if {*wanted[:1]} & {*names}:
            names = [name for name in names if name in wanted]
        return {name: _value(file[name]) for name in names}


def _value(node: Any) -> Any:
    """Return one variable, cell or field; axes are stored in reverse order."""
    kind = _kind(node)
    if "MATLAB_object_decode" in node.attrs or kind == "function_handle":
        raise ValueError("an object or a function, which only MATLAB reads: save its values")
    if "MATLAB_sparse" in node.attrs:
        return _sparse(node)
    if not hasattr(node, "shape"):  # a group
        return _struct(node)
    if node.attrs.get("MATLAB_empty"):
        return _empty(kind, tuple(int(n) for n in node[()]))
    values = node[()]
    if kind == "cell":
        return objects([_value(node.file[r]) for r in values.T.ravel()], values.T.shape)
    if kind == "char":
        return text([_characters(row) for row in np.atleast_2d(values.T)])
    if values.dtype.names is not None:
        values = values["real"] + 1j * values["imag"]
    return np.ascontiguousarray(values.T, dtype=bool if kind == "logical" else None)


def _kind(node: Any) -> str:
    name = node.attrs.get("MATLAB_class", b"")
    return name.decode() if isinstance(name, bytes) else str(name)


def _characters(row: np.ndarray) -> str:
    """Return text that is stored as units of UTF-16."""
    return row.astype("<u2").tobytes().decode("utf-16-le", errors="replace")


def _empty(kind: str, shape: tuple[int, ...]) -> Any:
    if kind == "char":
        return ""
    if kind in ("cell", "struct"):
        return np.empty(shape, dtype=object)
    dtype = {"double": "f8", "single": "f4", "logical": "?", "": "f8"}.get(kind, kind)
    return np.zeros(shape, dtype=dtype)


def _struct(group: Any) -> Any:
    """Return a dictionary, or an object array of them where the fields hold references."""
    import h5py

    fields = {name: group[name] for name in group}
    several = fields and all(
        h5py.check_ref_dtype(getattr(f, "dtype", None)) and not _kind(f) for f in fields.values()
    )
    if not several:
        return {name: _value(field) for name, field in fields.items()}
    tables = {name: field[()].T for name, field in fields.items()}
    shape = next(iter(tables.values())).shape
    structs = [
        {name: _value(group.file[table.ravel()[i]]) for name, table in tables.items()}
        for i in range(int(np.prod(shape)))
    ]
    return objects(structs, shape)


def _sparse(group: Any) -> np.ndarray:
    """Return a sparse matrix as a full one."""
    from scipy.sparse import csc_matrix

    columns = group["jc"][()].astype(np.int64)
    rows = group["ir"][()].astype(np.int64) if "ir" in group else np.zeros(0, dtype=np.int64)
    data = group["data"][()] if "data" in group else np.zeros(0)
    if data.dtype.names is not None:
        data = data["real"] + 1j * data["imag"]
    shape = (int(group.attrs["MATLAB_sparse"]), len(columns) - 1)
    full = csc_matrix((data, rows, columns), shape=shape).toarray()
    return full.astype(bool) if _kind(group) == "logical" else full
