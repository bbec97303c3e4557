"""What a value of MATLAB means to a Python function, and the other way round.

| MATLAB | Python |
|---|---|
| 1 x 1 number, logical | int, float or complex, bool |
| vector, 1 x n or n x 1 | array (n,); comes back as a row |
| any other array | array of the same shape and class |
| text; cell; [] | str; list; None |
| struct; array of structs | dict; list of dicts |
| struct that came from here | the record that it came from, if no field was changed |

Whole numbers come back as doubles, of which MATLAB expects that 1/3 is not 0; only where one is
beyond 2^53, which doubles would round, as int64 or uint64.
"""

from typing import Any

import numpy as np

from grainwise.matlab_records import RECORD_ID, Records, text_of
from toolbox.core.records import flat, is_record
from toolbox.data.files.matlab_versions.classes import objects

_EXACT = 2**53  # whole numbers up to here are exact as doubles


def from_matlab(value: Any, records: Records) -> Any:
    """Return what a function gets for a value read from a ``.mat`` file."""
    if isinstance(value, dict):
        if isinstance(value.get(RECORD_ID), str):
            return records.find(value[RECORD_ID], value)
        text = text_of(value)
        return {k: from_matlab(v, records) for k, v in value.items()} if text is None else text
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype == object:
        return [from_matlab(v, records) for v in value.ravel(order="F")]
    if value.shape == (0, 0):
        return None
    if value.size == 1 and value.ndim == 2:
        # A single is the number that it prints as, as in `toolbox.core.checks.number`.
        return float(str(value.flat[0])) if value.dtype == np.float32 else value.item()
    return value.ravel() if value.ndim == 2 and 1 in value.shape else value


def to_matlab(value: Any, records: Records | None = None) -> Any:
    """Return what `toolbox.data.files.matlab.write_mat` is given for a function's result.

    Records are kept in `records`, if given, and named in their struct.
    """
    if is_record(value):
        fields = {key: to_matlab(v, records) for key, v in flat(value).items()}
        return fields if records is None else fields | {RECORD_ID: records.keep(value, fields)}
    if isinstance(value, dict):
        plain = {str(key): to_matlab(v, records) for key, v in value.items()}
        if all(key.isidentifier() and key.isascii() and key[0] != "_" for key in plain):
            return plain
        shape = (1, len(plain))
        return {"keys": objects([*plain], shape), "values": objects([*plain.values()], shape)}
    if isinstance(value, list | tuple):
        if value and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
            return _numbers(np.asarray(value))
        shape = (1, len(value)) if value else (0, 0)
        return objects([to_matlab(v, records) for v in value], shape)
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return _numbers(np.asarray(value)) if whole or isinstance(value, np.ndarray) else value


def _numbers(array: np.ndarray) -> np.ndarray:
    """Return whole numbers as doubles: MATLAB would go on with integers, where 1/3 is 0."""
    if array.dtype.kind not in "iu":
        return array
    beyond = array.size and not -_EXACT <= int(array.min()) <= int(array.max()) <= _EXACT
    return array if beyond else array.astype(np.float64)
