"""Records: the frozen results that every public function returns."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform

import numpy as np

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen, keyword-only dataclass of read-only arrays with ``.asdict()``.

    Examples
    --------
    >>> import numpy as np
    >>> @record
    ... class Mean:
    ...     values: np.ndarray
    ...     note: str = ""
    >>> mean = Mean(values=np.zeros((2, 3)))
    >>> mean
    Mean(values=float64 (2, 3), note='')
    >>> mean.asdict()["note"]
    ''
    """
    cls.__post_init__ = _freeze_arrays
    cls.__repr__ = _short_repr
    cls.asdict = asdict
    return dataclass(frozen=True, eq=False, repr=False, kw_only=True)(cls)


def is_record(value: object) -> bool:
    """Say whether a value was made by a class decorated with `record`."""
    return getattr(type(value), "asdict", None) is asdict


def asdict(self: Any) -> dict[str, Any]:
    """Return the fields as plain values: NumPy arrays, numbers, strings, lists, dictionaries."""
    return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: Any) -> Any:
    if is_record(value):
        return asdict(value)
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return value


def _freeze_arrays(self: Any) -> None:
    for field in fields(self):
        object.__setattr__(self, field.name, _read_only(getattr(self, field.name)))


def _read_only(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if isinstance(value, tuple | list):
        return tuple(map(_read_only, value))
    if isinstance(value, dict):
        return dict(zip(value, map(_read_only, value.values()), strict=True))
    return value


def _short_repr(self: Any) -> str:
    parts = (f"{f.name}={_short(getattr(self, f.name))}" for f in fields(self))
    return f"{type(self).__name__}({', '.join(parts)})"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    if isinstance(value, tuple) and len(value) > 4:
        return f"({_short(value[0])}, ... {len(value)} in all)"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_short, value)) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_short(v)}" for key, v in value.items()) + "}"
    return repr(value)
