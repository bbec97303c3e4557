"""Values that a store keeps: NumPy arrays and plain values in dictionaries, tuples and lists.

As a tree of JSON, plain values stand for themselves and everything else is a pair of its kind and
its content; arrays are listed beside. What comes back is of the same types, to the last bit.
"""

from math import isfinite
from typing import Any

import numpy as np

from toolbox.core import checks

PLAIN = (type(None), bool, int, float, str)


def kept(value: Any, where: str, *, foreign: bool = False) -> Any:
    """Return the value, or refuse it by the name with which `where` begins.

    `foreign` arrays, of JAX, become NumPy's: to a jitted member they are the same.
    """
    if type(value) is dict and all(type(name) in (str, int) for name in value):
        return {k: kept(v, f"{where}[{k!r}]", foreign=foreign) for k, v in value.items()}
    if type(value) in (tuple, list):
        return type(value)(kept(v, f"{where}[{i}]", foreign=foreign) for i, v in enumerate(value))
    checks.without_mask(value, where.partition("[")[0], f"numbers that are all there in {where}")
    if isinstance(value, np.memmap) or (foreign and hasattr(value, "__array__")):
        value = np.asarray(value)
    array = type(value) is np.ndarray or isinstance(value, np.generic)
    if type(value) not in PLAIN and not (array and value.dtype.kind in "biufcSU"):
        wanted = "NumPy arrays, numbers and strings, in dictionaries, tuples and lists, to be kept"
        checks.refuse(where.partition("[")[0], wanted, f"a {type(value).__name__} in {where}")
    # In another order, products of the same numbers are rounded otherwise.
    return np.asarray(value, order="C") if type(value) is np.ndarray else value


def as_tree(value: Any, arrays: list[np.ndarray]) -> Any:
    """Return the tree of a value that `kept` let through; its arrays are appended to `arrays`."""
    if isinstance(value, dict):
        return ["dict", [[name, as_tree(held, arrays)] for name, held in value.items()]]
    if isinstance(value, tuple | list):
        return [type(value).__name__, [as_tree(held, arrays) for held in value]]
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(np.asarray(value))
        return ["array" if isinstance(value, np.ndarray) else "scalar", len(arrays) - 1]
    if isinstance(value, float) and not isfinite(value):
        return ["float", repr(value)]
    return value


def from_tree(tree: Any, arrays: list[np.ndarray]) -> Any:
    """Return the value of a tree."""
    if not isinstance(tree, list):
        return tree
    kind, content = tree
    if kind in ("array", "scalar"):
        return arrays[content] if kind == "array" else arrays[content][()]
    if kind == "float":
        return float(content)
    if kind == "dict":
        return {name: from_tree(held, arrays) for name, held in content}
    held = [from_tree(part, arrays) for part in content]
    return tuple(held) if kind == "tuple" else held
