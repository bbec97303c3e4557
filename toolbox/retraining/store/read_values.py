"""The values of the names that a function reads, as they are now."""

import builtins
import os
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import resolve_name
from typing import Any

from toolbox.retraining.store import bytecode, source_texts

PLAIN = (type(None), bool, int, float, complex, str, bytes, types.EllipsisType)
VARIABLES = (os.environ, os.environb, os.getenv, os.getenvb)
# Names of places: the code that is found there counts, not the folder that it is in.
PLACES = {"__file__", "__path__", "__spec__", "__loader__", "__cached__"}
SEARCHED = "path"  # of sys
ABSENT = object()


@dataclass(frozen=True)
class Library:
    """A library that is read, of which only the version counts."""

    name: str


def values_read(function: types.FunctionType) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Yield a label, the value and how it was reached for each name that a function reads.

    What is read of a library is the `Library`, and besides what a script may have put into it.
    """
    held_in = closure(function)
    for read in bytecode.reads(function.__code__):
        where = f"{read.name!r} of {function.__module__}"
        if read.place == "free":
            held = held_in[read.name]
            where = f"{read.name!r} in the closure of {function.__qualname__}"
        elif read.place == "global":
            patched = _own(vars(builtins).get(read.name, ABSENT))
            held = function.__globals__.get(read.name, patched)
        else:
            held = _module(read, function.__globals__.get("__package__") or "")
        if held is not ABSENT and read.name not in PLACES:
            label = (read.place, read.name, *read.attributes)
            for found, reached in _attribute(held, read.attributes, where):
                yield label, found, reached


def closure(function: types.FunctionType) -> dict[str, Any]:
    """Return what the names in a function's closure stand for, None for what is not assigned."""
    found = {}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        try:
            found[name] = cell.cell_contents
        except ValueError:
            found[name] = None
    return found


def put_in_place(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the methods that a script has put into a library's class."""
    for base in cls.__mro__:
        for name, held in vars(base).items():
            if _own(held) is not ABSENT:
                yield name, held


def _module(read: bytecode.Read, package: str) -> Any:
    """Return the module that code imports by itself, or that a string of it names."""
    if read.place == "string" and not source_texts.is_own(read.name):
        return ABSENT
    try:
        name = resolve_name(read.name, package)
    except ImportError:  # relative, in a script
        return ABSENT
    module = source_texts.imported(name)
    if module is None:
        return ABSENT if source_texts.is_own(name) else Library(name)
    return module


def _attribute(held: Any, names: tuple[str, ...], where: str) -> Iterator[tuple[Any, str]]:
    """Yield ``held.first.second``, from module to module as far as these go."""
    for position, name in enumerate(names):
        if not isinstance(held, types.ModuleType):
            break
        if not source_texts.is_own(held.__name__):
            yield from _in_library(held, names[position:], where)
            return
        if source_texts.extension_file(held):
            break
        where = f"{name!r} of {held.__name__}"
        try:
            held = getattr(held, name)
        except AttributeError:
            held = source_texts.imported(f"{held.__name__}.{name}") or ABSENT
    yield held, where


def _in_library(
    module: types.ModuleType, names: tuple[str, ...], where: str
) -> Iterator[tuple[Any, str]]:
    """Yield the library, and a function, class or plain value that it holds under the names."""
    yield Library(module.__name__), where
    held: Any = module
    for name in names:
        if not isinstance(held, types.ModuleType):
            break  # a method of what the library holds: of os.environ, of sys.argv
        if held is sys and name == SEARCHED:
            return
        held = vars(held).get(name, ABSENT)
    variables = any(held is known for known in VARIABLES)
    plain = _is_plain(held) and not names[-1].startswith("__")
    if variables or plain or isinstance(held, type) or _own(held) is not ABSENT:
        yield held, where


def _own(held: Any) -> Any:
    """Return a function of the user's that stands in a library's place; anything else is absent."""
    own = isinstance(held, types.FunctionType) and source_texts.is_own(held.__module__ or "")
    return held if own and source_texts.is_own_code(held.__code__) else ABSENT


def _is_plain(value: Any) -> bool:
    """Say whether a value is plain throughout, as a table of settings is."""
    if type(value) is dict:
        return all(_is_plain(part) for pair in value.items() for part in pair)
    if type(value) in (tuple, list, set, frozenset):
        return all(map(_is_plain, value))
    return type(value) in PLAIN
