"""Turn records into trees of JSON with arrays beside them, and back.

Strings, whole numbers, booleans and None stand for themselves. Everything else is a dictionary of
one key that names its kind: ``{"array": 3}`` is the third array, ``{"tuple": [...]}`` and so on.
"""

from dataclasses import fields
from importlib import import_module
from math import isfinite
from typing import Any

import numpy as np

from toolbox.doors import InputError, refuse
from toolbox.records import asdict, is_record

PACKAGES = ("toolbox", "synthesis", "similarity", "confidence")


def to_tree(value: Any, where: str, arrays: list[np.ndarray]) -> Any:
    """Return the tree of a value; its arrays are appended to `arrays`."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.ndarray | np.generic):
        return _array_tree(value, where, arrays)
    if is_record(value):
        own = {f.name: getattr(value, f.name) for f in fields(value)}
        tree = {k: to_tree(v, f"{where}.{k}", arrays) for k, v in own.items()}
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
    if cls.__module__.partition(".")[0] not in PACKAGES or "." in cls.__qualname__:
        wanted = f"a record of {', '.join(PACKAGES)}"
        refuse("record", wanted, f"{cls.__qualname__} of {cls.__module__}")
    return f"{cls.__module__}:{cls.__qualname__}"


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
    try:
        return cls(**values)
    except TypeError as error:
        wanted = f"a {cls.__name__} with the fields of this version of grainwise"
        raise InputError(f"path: wanted {wanted}, got {source!r} ({error})") from error


def _record_class(name: str, source: str) -> type:
    """Return the class ``module:Name``: a record of our packages, nothing else."""
    module, _, short = name.partition(":")
    found = None
    if module.partition(".")[0] in PACKAGES:
        try:
            found = getattr(import_module(module), short, None)
        except ImportError:
            found = None
    if not isinstance(found, type) or getattr(found, "asdict", None) is not asdict:
        refuse("path", f"a record of {', '.join(PACKAGES)}", f"{name!r} in {source!r}")
    return found
