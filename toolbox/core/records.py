"""Records: the frozen results that every public function returns.

A record of many fields keeps some of them in nested records, one a topic. What leaves Python (a
dictionary, JSON, MATLAB, a saved file) is flat all the same, so that a name stands at one place.
"""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

import numpy as np

T = TypeVar("T")
NESTED = "nested"


def nested() -> Any:
    """Mark a field as a nested record, whose own fields ``.asdict()`` gives beside the others.

    Examples
    --------
    >>> @record
    ... class Analysis:
    ...     scales: tuple[int, int]
    >>> @record
    ... class Exponents:
    ...     value: float
    ...     analysis: Analysis = nested()
    >>> found = Exponents(value=0.5, analysis=Analysis(scales=(3, 7)))
    >>> found.analysis.scales, found.asdict()
    ((3, 7), {'value': 0.5, 'scales': [3, 7]})
    """
    return field(metadata={NESTED: True})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field, nested))
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
    made = dataclass(frozen=True, eq=False, repr=False, kw_only=True)(cls)
    _paths(made)  # a name that stands twice is refused here, before there is a value
    if _nested(made):
        made.__getattr__ = _say_where
    return made


def stands_for(name: str) -> Callable[..., np.ndarray]:
    """Return an ``__array__`` by which a record of items is taken for one of its fields.

    Examples
    --------
    >>> import numpy as np
    >>> @record
    ... class Crops:
    ...     values: np.ndarray
    ...     __array__ = stands_for("values")
    >>> np.ndim(Crops(values=np.zeros((2, 3))))
    2
    """

    def array(self: Any, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(getattr(self, name), dtype=dtype, copy=copy)

    return array


def is_record(value: object) -> bool:
    """Say whether a value was made by a class decorated with `record`."""
    return getattr(type(value), "asdict", None) is asdict


def asdict(self: Any) -> dict[str, Any]:
    """Return the fields as plain values: NumPy arrays, numbers, strings, lists, dictionaries."""
    return {name: _plain(value) for name, value in flat(self).items()}


def flat(self: Any) -> dict[str, Any]:
    """Return the fields as they are, those of nested records beside the record's own."""
    result: dict[str, Any] = {}
    for f in fields(self):
        value = getattr(self, f.name)
        result |= flat(value) if f.metadata.get(NESTED) else {f.name: value}
    return result


def from_flat(cls: type[T], values: Mapping[str, Any]) -> T:
    """Return the record of these flat fields, its nested records made of those that are theirs."""
    own = dict(values)
    for f in _nested(cls):
        inner = {name: own.pop(name) for name in _paths(f.type) if name in own}
        own[f.name] = from_flat(f.type, inner)
    return cls(**own)


def _nested(cls: type) -> list[Field]:
    return [f for f in fields(cls) if f.metadata.get(NESTED)]


def _paths(cls: type) -> dict[str, str]:
    """Return where each flat field is, as ``outer.inner``; a name that stands twice is refused."""
    found: dict[str, str] = {}
    for f in fields(cls):
        inner = _paths(f.type) if f.metadata.get(NESTED) else {f.name: ""}
        for name, path in inner.items():
            if name in found:
                raise TypeError(f"{cls.__name__}: two fields are called {name!r}")
            found[name] = f"{f.name}.{path}" if path else f.name
    return found


def _say_where(self: Any, name: str) -> Any:
    """Refuse a name that is no attribute, and say where it is if a nested record has it."""
    cls, path = type(self).__name__, _paths(type(self)).get(name)
    if path is None:
        raise AttributeError(f"{cls!r} object has no attribute {name!r}")
    raise AttributeError(f"{cls} has no {name!r} of its own: it is .{path}")


def _plain(value: Any) -> Any:
    if is_record(value):
        return asdict(value)
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return value


def _freeze_arrays(self: Any) -> None:
    for f in fields(self):
        object.__setattr__(self, f.name, _read_only(getattr(self, f.name)))


def _read_only(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if isinstance(value, tuple | list):
        names = {*map(type, value)} == {str}  # of which there may be millions
        return tuple(value if names else map(_read_only, value))
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
