"""Turn records into trees of JSON with arrays beside them, and back.

Strings, whole numbers, booleans and None stand for themselves. Everything else is a dictionary of
one key that names its kind: ``{"array": 3}`` is the third array, ``{"tuple": [...]}`` and so on.
Nested records are flat, as in ``.asdict()``: when a field moves into one, files stay readable.
"""

from importlib import import_module
from math import isfinite
from typing import Any

import numpy as np

from toolbox.core.checks import InputError, refuse
from toolbox.core.packages import PUBLIC
from toolbox.core.records import asdict, flat, from_flat, is_record


def to_tree(value: Any, where: str, arrays: list[np.ndarray]) -> Any:
    """Return the tree of a value; its arrays are appended to `arrays`."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.ndarray | np.generic):
        return _array_tree(value, where, arrays)
    if is_record(value):
        tree = {k: to_tree(v, f"{where}.{k}", arrays) for k, v in flat(value).items()}
        return {"record": _class_name(type(value)), "fields": tree}
    if isinstance(value, tuple | list):
        return {"tuple": [to_tree(v, f"{where}[{i}]", arrays) for i, v in enumerate(value)]}
    if not isinstance(value, dict):
        wanted = "arrays, numbers, strings, and records, tuples and dictionaries of them"
        refuse("record", wanted, f"a {type(value).__name__} in {where}")
    keys = [to_tree(key, f"a key of {where}", arrays) for key in value]
    values = [to_tree(v, f"{where}[{key!r}]", arrays) for key, v in value.items()]
    return {"dict": list(zip(keys, values, strict=True))}


def _array_tree(value: np.ndarray | np.generic, where: str, arrays: list[np.ndarray]) -> Any:
    form = np.lib.format
    kept = value.dtype.kind in "biufcSUmMV" and not value.dtype.hasobject
    kept = kept and form.descr_to_dtype(form.dtype_to_descr(value.dtype)) == value.dtype
    if not kept:
        refuse("record", "arrays that a .npy file can hold", f"{value.dtype} in {where}")
    arrays.append(np.asarray(value))
    return {"array" if isinstance(value, np.ndarray) else "scalar": len(arrays) - 1}


def _class_name(cls: type) -> str:
    """Return the public name ``package:Name``, which moving the class's file does not change."""
    package = cls.__module__.partition(".")[0]
    if _public_record(package, cls.__qualname__) is not cls:
        wanted = f"a record of {', '.join(PUBLIC)}"
        refuse("record", wanted, f"{cls.__qualname__} of {cls.__module__}")
    return f"{package}:{cls.__qualname__}"


# ---------------------------------------------------------------------------------------- back


def from_tree(tree: Any, arrays: list[np.ndarray], source: str) -> Any:
    """Return the value of a tree; `source` is the file, for an error's text."""
    if not isinstance(tree, dict):
        return tree
    kind = next(iter(tree), "")
    if kind == "record":
        return _record(tree, arrays, source)
    makers = {
        "float": float,
        "array": lambda i: arrays[i],
        "scalar": lambda i: arrays[i][()],
        "tuple": lambda values: tuple(from_tree(v, arrays, source) for v in values),
        "dict": lambda pairs: {
            from_tree(k, arrays, source): from_tree(v, arrays, source) for k, v in pairs
        },
    }
    if kind not in makers:
        refuse("path", "a file that toolbox.save wrote", f"an unknown kind {kind!r} in {source!r}")
    return makers[kind](tree[kind])


def _record(tree: dict, arrays: list[np.ndarray], source: str) -> Any:
    cls = _record_class(tree["record"], source)
    values = {k: from_tree(v, arrays, source) for k, v in tree["fields"].items()}
    if complete := getattr(cls, "with_fields_of_now", None):  # of a file written before they came
        values = complete(values)
    try:
        return from_flat(cls, values)
    except TypeError as error:
        wanted = f"a {cls.__name__} with the fields of this version of grainwise"
        raise InputError(f"path: wanted {wanted}, got {source!r} ({error})") from error


def _record_class(name: str, source: str) -> type:
    """Return the class ``package:Name``; version 0.1 wrote ``package.module:Name``."""
    home, _, short = name.partition(":")
    found = _public_record(home.partition(".")[0], short)
    if found is None:
        refuse("path", f"a record of {', '.join(PUBLIC)}", f"{name!r} in {source!r}")
    return found


def _public_record(package: str, name: str) -> type | None:
    """Return a record by its public name, and nothing that is not a record of our packages."""
    if package not in PUBLIC or name not in (home := import_module(package)).__all__:
        return None
    found = getattr(home, name)
    return found if getattr(found, "asdict", None) is asdict else None
