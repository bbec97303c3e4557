"""Read MATLAB's files of version 7.3, which are HDF5, with the shapes and classes of the others."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.data.files.matlab_versions.classes import (
    full_matrix,
    objects,
    only_matlab,
    text_of,
)
from toolbox.data.memory_limits import Room
from toolbox.data.number_blocks import blocks

_ADVICE = (
    "files of version 7.3 need the extra [mat73] (pip install 'grainwise[mat73]'); "
    "or write them with save -v7"
)
_DICTIONARY = 64  # bytes of an empty one, at least


def read_mat73(path: Path, room: Room, wanted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the variables of a file of version 7.3, or the wanted ones if the first is there."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    with h5py.File(path, "r") as file:
        names = [name for name in file if not name.startswith("#")]
        if {*wanted[:1]} & {*names}:
            names = [name for name in names if name in wanted]
        reader = _Reader(file, room, path)
        return {name: reader.value(file[name]) for name in names}


class _Reader:
    """The values of one file, whose arrays are counted before they are read."""

    def __init__(self, file: Any, room: Room, path: Path) -> None:
        self.file, self.room, self.path = file, room, path

    def value(self, node: Any) -> Any:
        """Return one variable, cell or field; axes are stored in reverse order."""
        kind = _kind(node)
        if "MATLAB_object_decode" in node.attrs or kind == "function_handle":
            only_matlab()
        if "MATLAB_sparse" in node.attrs:
            return self._sparse(node)
        if not hasattr(node, "shape"):  # a group
            return self._struct(node)
        if node.attrs.get("MATLAB_empty"):
            return self._empty(kind, tuple(int(n) for n in self._numbers(node)))
        values = self._numbers(node)
        if kind == "cell":
            return objects([self.value(self.file[r]) for r in values.ravel()], values.shape)
        if kind == "char":
            units = np.ascontiguousarray(values.T.ravel()).astype("<u2")
            return text_of(units, "utf-16-le", values.shape)
        return values.astype(bool) if kind == "logical" else values

    def _numbers(self, node: Any) -> np.ndarray:
        """Return the numbers of a data set with MATLAB's axes, read block by block."""
        stored = node.dtype
        dtype = stored
        if stored.names is not None:
            if set(stored.names) != {"real", "imag"}:
                raise ValueError(f"a damaged file: values of the fields {stored.names}")
            dtype = np.result_type(stored["real"], np.complex64)
        held = node.id.get_storage_size()  # 0 of chunks that were never written
        self.room.unfold(prod(node.shape) * dtype.itemsize, held, self.path)
        values = np.empty(node.shape[::-1], dtype.newbyteorder("="))
        if values.size == 0:
            return values
        for index in blocks(node.shape):
            block = node[index]
            place = values.T[index]
            if stored.names is None:
                place[...] = block
            else:
                place.real, place.imag = block["real"], block["imag"]
        return values

    def _empty(self, kind: str, shape: tuple[int, ...]) -> Any:
        if kind == "char":
            return ""
        dtype = {"double": "f8", "single": "f4", "logical": "?", "": "f8"}.get(kind, kind)
        dtype = np.dtype(object if kind in ("cell", "struct") else dtype)
        if prod(shape):
            raise ValueError(f"a damaged file: an empty matrix of shape {shape}")
        return np.zeros(shape, dtype=dtype)

    def _struct(self, group: Any) -> Any:
        """Return a dictionary, or an object array of them where the fields hold references."""
        import h5py

        fields = {name: group[name] for name in group}
        several = fields and all(
            h5py.check_ref_dtype(getattr(f, "dtype", None)) and not _kind(f)
            for f in fields.values()
        )
        if not several:
            return {name: self.value(field) for name, field in fields.items()}
        tables = {name: self._numbers(field) for name, field in fields.items()}
        shape = next(iter(tables.values())).shape
        if any(table.shape != shape for table in tables.values()):
            raise ValueError("a damaged file: fields of a struct that differ in number")
        self.room.take(_DICTIONARY * prod(shape), self.path)
        structs = [
            {name: self.value(self.file[table.ravel()[i]]) for name, table in tables.items()}
            for i in range(prod(shape))
        ]
        return objects(structs, shape)

    def _sparse(self, group: Any) -> np.ndarray:
        """Return a sparse matrix as a full one."""
        columns = self._numbers(group["jc"])
        rows = self._numbers(group["ir"]) if "ir" in group else np.zeros(0, dtype=np.int64)
        data = self._numbers(group["data"]) if "data" in group else np.zeros(0)
        shape = (int(group.attrs["MATLAB_sparse"]), len(columns) - 1)
        kept = data.dtype if data.dtype.kind == "c" else np.dtype(np.float64)
        full = full_matrix(rows, columns, data.astype(kept), shape, self.room, self.path)
        return full.astype(bool) if _kind(group) == "logical" else full


def _kind(node: Any) -> str:
    name = node.attrs.get("MATLAB_class", b"")
    return name.decode() if isinstance(name, bytes) else str(name)
