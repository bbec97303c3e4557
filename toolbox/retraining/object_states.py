"""What an object holds: the parts that, together with its class, tell it from every other.

Objects of Python classes hold their attributes. Of those that are written in C, Python's own
protocol for copying tells the state, where there is one that can be told.
"""

import copyreg
import logging
import threading
import types
import weakref
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np

WORD = 8  # bytes of a pointer: what a dictionary, a weak reference or a slot takes in an object

# They hold no value that a member could compute with.
STATELESS = (type(threading.Lock()), type(threading.RLock()), logging.Logger)
# What is drawn from them depends on what was drawn before, by other members.
GENERATORS = (np.random.Generator, np.random.RandomState, np.random.BitGenerator)
ACCESS = (types.MemberDescriptorType, types.GetSetDescriptorType)  # to slots and the like
OF_CLASSES = {
    "__annotations__",
    "__annotate__",
    "__annotate_func__",
    "__annotations_cache__",
    "__abstractmethods__",
    "__dataclass_fields__",
    "__dataclass_params__",
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__module__",
    "__orig_bases__",
    "__parameters__",
    "__qualname__",
    "__static_attributes__",
    "__weakref__",
    "_abc_impl",
}
FIELD = ("name", "init", "repr", "compare", "kw_only", "metadata", "default", "default_factory")


def is_of_python(cls: type) -> bool:
    """Say whether all that an object of this class holds is in its attributes and slots.

    It is not if the object is larger than these need: then C code keeps something in it.
    """
    pointers = (cls.__dictoffset__ > 0) + (cls.__weakrefoffset__ > 0) + len(slots(cls))
    room = object.__basicsize__ + WORD * pointers
    return cls.__basicsize__ <= room and not cls.__itemsize__


def slots(cls: type) -> list[str]:
    """Return the names of the attributes for which the class and its bases keep slots."""
    found = []
    for base in cls.__mro__:
        own = vars(base).get("__slots__", ())
        for name in (own,) if isinstance(own, str) else own:
            hidden = name.startswith("__") and not name.endswith("__")
            found.append(f"_{base.__name__.lstrip('_')}{name}" if hidden else name)
    return [name for name in found if name not in ("__dict__", "__weakref__")]


def attributes(value: Any) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Return what an object of a Python class holds: its dictionary, and its slots by name."""
    held = [(name, getattr(value, name)) for name in slots(type(value)) if hasattr(value, name)]
    return getattr(value, "__dict__", {}), held


def referred(value: Any) -> Any:
    """Return what weak references refer to, None for anything else."""
    if isinstance(value, weakref.ref):
        return [value()]
    if isinstance(value, weakref.WeakKeyDictionary | weakref.WeakValueDictionary):
        return dict(value)
    return set(value) if isinstance(value, weakref.WeakSet) else None


def told_state(value: Any) -> Any:
    """Return what an object written in C tells of itself for a copy; None if it does not.

    It is a name, or what makes the copy, its arguments and its state. What moves when it is looked
    at, as an iterator does, has no state to be told.
    """
    if isinstance(value, (Iterator, *GENERATORS)):
        return None
    tell = copyreg.dispatch_table.get(type(value))
    try:
        found = tell(value) if tell else value.__reduce_ex__(4)
    except Exception:  # each library refuses in its own way
        return None
    if isinstance(found, str):
        return found
    return tuple(tuple(part) if isinstance(part, Iterator) else part for part in found)


def class_parts(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield by name what a class holds, as it is now; not what its text says besides."""
    if is_dataclass(cls):
        for field in fields(cls):
            described = [getattr(field, name) for name in FIELD]
            yield f"field {field.name}", [... if held is MISSING else held for held in described]
    if issubclass(cls, Enum):
        yield "members", {name: member.value for name, member in cls.__members__.items()}
    for name, held in sorted(vars(cls).items()):
        of_enum = issubclass(cls, Enum) and not isinstance(held, types.FunctionType)
        if name not in OF_CLASSES and not of_enum and not isinstance(held, ACCESS):
            yield name, unwrapped(held)


def unwrapped(held: Any) -> Any:
    """Return the functions that a method or a property of a class was made from."""
    if isinstance(held, staticmethod | classmethod):
        return type(held).__name__, held.__func__
    if isinstance(held, property):
        return "property", held.fget, held.fset, held.fdel
    if isinstance(held, cached_property):
        return "cached_property", held.func
    return held
