"""What a value of MATLAB means to a Python function, and the other way round.

| MATLAB | Python |
|---|---|
| 1 x 1 number, logical | float or complex, bool |
| vector, 1 x n or n x 1 | array (n,); comes back as a row |
| any other array | array of the same shape and class |
| text; cell; [] | str; list; None |
| struct; array of structs | dict; list of dicts |
| struct that came from here | the record that it came from |
"""

from typing import Any

import numpy as np

from toolbox.core.checks import refuse
from toolbox.core.records import flat, is_record
from toolbox.data.files.matlab_classes import objects

RECORD_ID = "record_id"
_EXACT = 2**53  # whole numbers up to here are exact as doubles
_KEPT = 256  # records; the oldest one goes


class Records:
    """Records that were handed out, so that a later call can be given them back."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}
        self._count = 0

    def keep(self, value: Any) -> str:
        """Keep a record and return its name."""
        self._count += 1
        name = f"{type(value).__name__}:{self._count}"
        self._kept[name] = value
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return name

    def find(self, name: str) -> Any:
        """Return the record of this name."""
        if name not in self._kept:
            wanted = f"a result of this session, one of the last {_KEPT}"
            refuse("arguments", wanted, f"{name!r}, which is gone: compute it again")
        return self._kept[name]


def from_matlab(value: Any, records: Records) -> Any:
    """Return what a function gets for a value read from a ``.mat`` file."""
    if isinstance(value, dict):
        if isinstance(value.get(RECORD_ID), str):
            return records.find(value[RECORD_ID])
        return {key: from_matlab(v, records) for key, v in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype == object:
        return [from_matlab(v, records) for v in value.ravel(order="F")]
    if value.shape == (0, 0):
        return None
    if value.size == 1 and value.ndim == 2:
        return value.item()
    return value.ravel() if value.ndim == 2 and 1 in value.shape else value


def to_matlab(value: Any, records: Records | None = None) -> Any:
    """Return what `toolbox.data.files.matlab.write_mat` is given for a function's result.

    Records are kept in `records`, if given, and named in their struct.
    """
    if is_record(value):
        fields = {key: to_matlab(v, records) for key, v in flat(value).items()}
        return fields if records is None else fields | {RECORD_ID: records.keep(value)}
    if isinstance(value, dict):
        plain = {str(key): to_matlab(v, records) for key, v in value.items()}
        if all(key.isidentifier() and key.isascii() and key[0] != "_" for key in plain):
            return plain
        return {"keys": list(plain), "values": list(plain.values())}
    if isinstance(value, list | tuple):
        if value and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
            return np.array(value, dtype=np.float64)
        shape = (1, len(value)) if value else (0, 0)
        return objects([to_matlab(v, records) for v in value], shape)
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and abs(value) <= _EXACT:
        return float(value)
    return value
