"""Everything that a member reaches, fed to one digest.

A function stands for its compiled code, its defaults and the values, as they are now, of what it
reads: names in its closure, its module, other modules, and what these read in turn. A class stands
for its attributes, an object for its class and what it holds, a library for its version, a module
written in another language for the bytes of its file. What cannot be told apart by any of these is
refused: a key that ignored it would call two different members the same.
"""

import ctypes
import functools
import hashlib
import os
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path, PurePath
from random import Random
from typing import Any

import numpy as np

from toolbox.core.checks import InputError, refuse
from toolbox.retraining.store import bytecode, object_states, source_texts
from toolbox.retraining.store.array_archives import checksum
from toolbox.retraining.store.environments import OF_WORKERS
from toolbox.retraining.store.read_values import (
    ABSENT,
    PLAIN,
    VARIABLES,
    Library,
    closure,
    put_in_place,
    values_read,
)

BY_REPR = (types.GenericAlias, types.UnionType, PurePath, np.dtype, range, slice)
ARRAYS = (np.ndarray, np.memmap)
COLLECTIONS = (dict, types.MappingProxyType, tuple, list, set, frozenset)
CHECKERS = ("jaxtyping", "beartype")  # decorators that check and change no value
WRAPPERS = {  # compiled and cached functions, which stand for what they were made from
    "PjitFunction": "__wrapped__",
    "_lru_cache_wrapper": "__wrapped__",
    "CPUDispatcher": "py_func",
}


class Walk:
    """One pass over everything that a member reaches, feeding one digest."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.libraries: set[str] = set()
        self.standard: set[str] = set()  # Python's own modules
        self._words: set[str] = set()  # strings met, which may name environment variables
        self._reads_variables = False
        self._met: dict[int, tuple[int, Any]] = {}  # functions, classes, modules, each fed once
        self._open: list[int] = []  # the containers that we are in, which may hold themselves

    def variables(self) -> None:
        """Feed the environment variables that the member reads, if it reads any."""
        for name in sorted(self._words - OF_WORKERS) if self._reads_variables else ():
            if name in os.environ:
                self._feed("variable", name, os.environ[name])

    # ------------------------------------------------------------------------------ values

    def value(self, value: Any, where: str) -> None:
        """Feed any value; `where` says how it was reached, for an error's text."""
        if type(value) in ARRAYS or isinstance(value, np.generic):
            if value.dtype.hasobject:
                refuse("member", "arrays of numbers and strings", f"{value.dtype} in {where}")
            self._feed("array", checksum(value))
        elif type(value) in PLAIN or isinstance(value, BY_REPR):
            self._words |= {os.fsdecode(value)} if isinstance(value, str | bytes) else set()
            self._feed(type(value).__name__, repr(value))
        elif self._is_known(value):
            self._feed(type(value).__qualname__)
        elif isinstance(value, types.ModuleType):
            self._once(value, where, self._module)
        elif isinstance(value, types.FunctionType):
            self._once(_unchecked(value), where, self._function)
        elif isinstance(value, type):
            self._once(value, where, self._class)
        else:
            with self._inside(value) as again:
                None if again else self._compound(value, where)

    def _is_known(self, value: Any) -> bool:
        """Say whether a value stands for nothing but its kind; remember what reads variables."""
        variables = any(value is held for held in VARIABLES)
        self._reads_variables |= variables
        return variables or isinstance(value, object_states.STATELESS)

    def _compound(self, value: Any, where: str) -> None:
        """Feed what is made of further values."""
        self._feed(type(value).__qualname__)
        if isinstance(value, Enum):
            return self._all((value.name, value.value, type(value)), where)
        if isinstance(value, COLLECTIONS):
            return self._collection(value, where)
        if isinstance(value, functools.partial):
            keywords = dict(sorted(value.keywords.items()))
            return self._all((value.func, value.args, keywords), where)
        if isinstance(value, types.MethodType):
            return self._all((value.__func__, value.__self__), where)
        if isinstance(value, types.CodeType):
            return self._feed(*bytecode.said(value))
        if (referred := object_states.referred(value)) is not None:
            return self.value(referred, where)
        return self._object(value, where)

    def _collection(self, values: Any, where: str) -> None:
        self._feed(len(values))
        if type(values) not in COLLECTIONS:  # a class of its own, with ways of its own
            factory = getattr(values, "default_factory", None)
            self._all((type(values), getattr(values, "__dict__", {}), factory), where)
        if isinstance(values, dict | types.MappingProxyType):
            for name, held in values.items():
                self.value(name, where)
                self.value(held, f"{name!r} of {where}")
        elif isinstance(values, set | frozenset):
            self._feed(*sorted(self._apart(held, where) for held in values))
        else:
            self._all(values, where)

    def _apart(self, value: Any, where: str) -> str:
        """Return the digest of a value by itself, whatever was fed before it."""
        walk = Walk()
        walk.libraries, walk.standard, walk._words = self.libraries, self.standard, self._words
        walk.value(value, where)
        self._reads_variables |= walk._reads_variables
        return walk.digest.hexdigest()

    def _object(self, value: Any, where: str) -> None:
        """Feed compiled functions, foreign arrays, what a library made, and instances."""
        kind = type(value)
        if kind.__name__ in WRAPPERS:
            self._library(kind.__module__)
            self.value(getattr(value, WRAPPERS[kind.__name__]), where)
        elif isinstance(value, np.ndarray) or _is_foreign_array(value):
            self._array(value, where)
        elif held := source_texts.name_in_library(value):
            self._library(held)
            self._feed("named", held)
        elif isinstance(value, ctypes.CDLL):
            self._file(source_texts.library_file(value._name)) if value._name else None
        elif object_states.is_of_python(kind):
            self._all((kind, *object_states.attributes(value)), where)
        elif callable(value) and (hasattr(value, "__qualname__") or isinstance(value, np.ufunc)):
            self._named(value, where)
        else:
            self._told(value, where)

    def _array(self, value: Any, where: str) -> None:
        """Feed an array of JAX or torch as NumPy's; refuse what adds to one, as a mask."""
        if isinstance(value, np.ndarray):
            refuse("member", "arrays of numbers", f"a {type(value).__qualname__}: {where}")
        try:
            self.value(np.asarray(value), where)
        except (TypeError, ValueError, RuntimeError) as error:  # a tensor with gradients
            raise InputError(f"member: wanted plain arrays, got {where}: {error}") from error

    def _told(self, value: Any, where: str) -> None:
        """Feed what an object written in C tells of itself."""
        told = object_states.told_state(value)
        if told is None:
            _refuse_object(value, where)
        if isinstance(told, str):
            self._feed("named", type(value).__module__, told)
        else:
            self._all(told, where)
        self._library(type(value).__module__)

    # -------------------------------------------------------------------- functions and names

    def _function(self, function: types.FunctionType, where: str) -> None:
        code, own = function.__code__, source_texts.is_own_code(function.__code__)
        defaults = (function.__defaults__, function.__kwdefaults__)
        if own:
            self._feed("function", *bytecode.said(code))
            self._words |= bytecode.strings(code)
            self._all((*defaults, function.__dict__), f"the defaults of {where}")
            return self._reads(function)
        self._named(function, where)
        self._all(defaults, f"the defaults of {where}")
        if isinstance(registry := getattr(function, "registry", None), types.MappingProxyType):
            return self.value(registry, where)  # functools.singledispatch; the rest is its cache
        for name, held in closure(function).items():
            self._feed("closure", name)
            self.value(held, f"{name!r} in the closure of {function.__qualname__}")
        return None

    def _reads(self, function: types.FunctionType) -> None:
        """Feed the values of all names that a function reads."""
        for label, held, where in values_read(function):
            self._feed(*label)
            if isinstance(held, Library):
                self._library(held.name)
            elif held is ABSENT:
                self._feed("absent")
            else:
                self.value(held, where)

    # --------------------------------------------------------------------- modules and classes

    def _module(self, module: types.ModuleType, where: str) -> None:
        """Feed a module that is used as a whole: whatever it holds, as it is now."""
        if not source_texts.is_own(module.__name__):
            return self._library(module.__name__)
        self._feed("module", module.__name__)
        if file := source_texts.extension_file(module):
            return self._file(file)
        for name, held in sorted(vars(module).items()):
            if name[:2] != "__" and not isinstance(held, types.ModuleType):
                self._feed(name)
                self.value(held, f"{name!r} of {module.__name__}")
        return None

    def _class(self, cls: type, where: str) -> None:
        if not source_texts.is_own(cls.__module__):
            self._named(cls, where)
            parts = put_in_place(cls)
        else:
            self._feed("class", cls.__qualname__)
            self._all((type(cls), *cls.__bases__), where)
            parts = object_states.class_parts(cls)
        for name, held in parts:
            self._feed(name)
            self.value(held, f"{name!r} of {cls.__qualname__}")
        return

    def _named(self, value: Any, where: str) -> None:
        """Feed something by the name under which a library holds it."""
        module = getattr(value, "__module__", None) or type(value).__module__
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
        bound = getattr(value, "__self__", None)
        if not isinstance(name, str) or "(vectorized)" in name or isinstance(bound, Random):
            _refuse_object(value, where)
        if bound is not None and type(bound).__name__ not in ("module", "PyCapsule"):
            self.value(bound, where)  # a method, of an object that must be looked into
        self._library(module)
        self._feed("named", module, name)

    def _library(self, module: str) -> None:
        if source_texts.is_own(module):
            file = (
                source_texts.extension_file(sys.modules[module]) if module in sys.modules else None
            )
            return self._file(file) if file else None
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names:
            self.standard.add(top)
        elif source_texts.library_version(top) != "none" and top not in CHECKERS:
            self.libraries.add(top)
        return None

    def _file(self, file: Path) -> None:
        """Feed the bytes of a file with compiled code."""
        self._feed("file", hashlib.sha256(source_texts.loaded_bytes(file)).hexdigest())

    # -------------------------------------------------------------------------- the digest

    def _all(self, values: Any, where: str) -> None:
        for held in values:
            self.value(held, where)

    def _once(self, value: Any, where: str, feed: Any) -> None:
        """Feed what may lead back to itself once, and then its number."""
        if id(value) in self._met:
            return self._feed("again", self._met[id(value)][0])
        self._met[id(value)] = len(self._met), value  # held, so that its id stays its own
        return feed(value, where)

    @contextmanager
    def _inside(self, value: Any) -> Iterator[bool]:
        again = id(value) in self._open
        self._feed("itself" if again else "holds")
        self._open.append(id(value))
        try:
            yield again
        finally:
            self._open.pop()

    def _feed(self, *parts: Any) -> None:
        for part in parts:
            text = str(part).encode()
            self.digest.update(f"{len(text)}:".encode() + text)


def _refuse_object(value: Any, where: str) -> None:
    wanted = "a function that reads functions, modules, arrays and plain values only"
    refuse("member", wanted, f"a {type(value).__qualname__}: {where}")


def _is_foreign_array(value: Any) -> bool:
    return type(value).__module__.startswith(("jax", "torch")) and hasattr(value, "__array__")


def _unchecked(function: types.FunctionType) -> types.FunctionType:
    """Return the function inside those that only check its arguments' types and shapes."""
    while hasattr(function, "__wrapped__") and any(
        name in function.__code__.co_filename for name in CHECKERS
    ):
        function = function.__wrapped__
    return function
