"""Records that MATLAB was given as structs, so that a later call may be given one back.

A struct names the record that it came from: its class, a token of the session, a count, and a
digest of the fields as MATLAB holds them. So it never stands for another record: not for one of a
session before, and not for itself once somebody has changed a field.
"""

import hashlib
import secrets
from typing import Any

import numpy as np

from toolbox.core.checks import refuse

RECORD_ID = "record_id"
UTF8 = "utf8_text"  # a struct of this one field holds the bytes of a text
KEPT_BYTES = 2**31  # of arrays and texts; what was longest out of use goes, but never the newest
_OVERHEAD = 1024  # bytes that Python needs for a record, whatever is in it


class Records:
    """Records that were handed out, by the names of their structs."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._session = secrets.token_hex(4)
        self._kept: dict[str, tuple[Any, dict[str, str], int]] = {}
        self._count = 0
        self._bytes, self._kept_bytes = 0, kept_bytes

    def keep(self, value: Any, fields: dict[str, Any]) -> str:
        """Keep a record, whose struct has these fields, and return its name."""
        self._count += 1
        digests = {name: digest(field) for name, field in fields.items()}
        name = f"{type(value).__name__}:{self._session}:{self._count}:{digest(digests)}"
        self._kept[name] = (value, digests, _size(fields))
        self._bytes += _size(fields)
        while self._bytes > self._kept_bytes and len(self._kept) > 1:
            _, _, size = self._kept.pop(next(iter(self._kept)))
            self._bytes -= size
        return name

    def find(self, name: str, fields: dict[str, Any]) -> Any:
        """Return the record of this name; refused if it is gone or if its struct was changed."""
        wanted = "a result of this session, as it was returned"
        if name not in self._kept:
            why = f"dropped, since {self._kept_bytes / 2**30:g} GiB of newer ones are kept"
            if name.split(":")[1:2] != [self._session]:
                why = "of a Python process that has ended (toolbox.save and toolbox.restore last)"
            refuse("arguments", wanted, f"{name!r}, which is {why}: compute it again")
        value, digests, size = self._kept.pop(name)
        self._kept[name] = (value, digests, size)  # the last to go
        found = {key: digest(field) for key, field in fields.items() if key != RECORD_ID}
        changed = [key for key in digests | found if digests.get(key) != found.get(key)]
        if changed:
            got = f"a {type(value).__name__} whose {', '.join(changed)} was changed"
            refuse("arguments", wanted, f"{got}: give the array itself where one is taken")
        return value


def digest(value: Any) -> str:
    """Return the same for two values that are the same in MATLAB."""
    state = hashlib.blake2b(digest_size=8)
    _add(state, value)
    return state.hexdigest()


def _add(state: Any, value: Any) -> None:
    """Add a value to a digest: kind and extent first, so that no two values run together."""
    text = value if isinstance(value, str) else text_of(value)
    if text is not None:
        _add_bytes(state, "text", text.encode("utf-8", "surrogatepass"))
    elif isinstance(value, dict):
        _add_bytes(state, "struct", repr(sorted(value)).encode())
        for key in sorted(value):
            _add(state, value[key])
    elif _is_cell(value):
        cells = np.asarray(value, dtype=object).ravel(order="F")
        _add_bytes(state, "cell", str(len(cells)).encode())
        for cell in cells:
            _add(state, cell)
    else:
        numbers = _as_matlab_keeps(value)
        _add_bytes(state, f"{numbers.dtype.str[1:]} {_shape(numbers)}", numbers.ravel(order="F"))


def _is_cell(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "OU"


def _as_matlab_keeps(value: Any) -> np.ndarray:
    """Return numbers without what does not survive: signs of 0, which NaN, imaginary parts of 0."""
    array = np.zeros((0, 0)) if value is None else np.atleast_2d(np.asarray(value))
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    if array.dtype.kind == "c" and not array.imag.any():
        array = array.real
    if array.dtype.kind in "fc":
        array = array + 0
        array[np.isnan(array)] = np.nan
    return array


def _shape(array: np.ndarray) -> tuple[int, ...]:
    """Return the shape without the trailing axes of length 1 that MATLAB forgets."""
    shape = array.shape
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _add_bytes(state: Any, kind: str, content: bytes | np.ndarray) -> None:
    state.update(f"{kind} {memoryview(content).nbytes};".encode())
    state.update(content)


def text_of(value: Any) -> str | None:
    """Return the text that Octave sent as bytes of UTF-8, None for anything else."""
    if not isinstance(value, dict) or list(value) != [UTF8]:
        return None
    try:
        return np.asarray(value[UTF8], dtype=np.uint8).tobytes().decode()
    except UnicodeDecodeError as error:
        refuse("arguments", "text in UTF-8", f"{error.object!r}")


def _size(value: Any) -> int:
    """Return the bytes that a value takes, about."""
    if isinstance(value, dict):
        return _OVERHEAD + sum(map(_size, value.values()))
    if _is_cell(value):
        return sum(map(_size, value.ravel()))
    return len(value) if isinstance(value, str) else getattr(value, "nbytes", 8)
