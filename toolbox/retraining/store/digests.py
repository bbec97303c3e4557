"""Digests of what a member depends on: its code with all that it reaches, and its data.

A function stands for its text, its defaults, what its closure holds and the values of the global
names that it reads; a module that it reads stands for its file and those of our own modules that
it imports in turn; a library stands for its major and minor version. What cannot be told apart by
any of these is refused: a key that ignored it would call two different members the same.
"""

import dis
import functools
import hashlib
import types
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np

from toolbox.core.checks import InputError, refuse
from toolbox.retraining.store import source_texts
from toolbox.retraining.store.array_archives import checksum

PLAIN = (type(None), bool, int, float, complex, str, bytes, types.EllipsisType)
BY_REPR = (types.GenericAlias, types.UnionType, PurePath, np.dtype, range, slice)
ARRAYS = (np.ndarray, np.memmap)
COLLECTIONS = (dict, types.MappingProxyType, tuple, list, set, frozenset)
CHECKERS = ("jaxtyping", "beartype")  # decorators that check and change no value
_HEAP_TYPE = 1 << 9  # a class that Python code defined


def member_digest(member: Any) -> dict[str, Any]:
    """Return the digest of a member's code and hyper-parameters, and the libraries it uses."""
    walk = _Walk()
    walk.value(member, "member")
    libraries = sorted(walk.libraries | {"numpy"})
    versions = {name: source_texts.library_version(name) for name in libraries}
    settings = _settings(libraries)
    return {"code": walk.digest.hexdigest(), "libraries": versions, "settings": settings}


def _settings(libraries: list[str]) -> dict[str, str]:
    """Return what a script may have set in the libraries that changes what they compute."""
    settings = {}
    if "jax" in libraries:
        from toolbox.core.device import jax_settings

        settings |= jax_settings()
    if "torch" in libraries:
        from toolbox.retraining.store.torch_settings import torch_settings

        settings |= torch_settings()
    return settings


def data_digest(data: Any) -> str:
    """Return the digest of arrays and plain values in dictionaries and tuples."""
    digest = hashlib.sha256()
    for part in _data_parts(data):
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()


def _data_parts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"dict {len(value)}"
        for name, held in value.items():
            yield repr(name)
            yield from _data_parts(held)
    elif isinstance(value, tuple | list):
        yield f"{type(value).__name__} {len(value)}"
        for held in value:
            yield from _data_parts(held)
    elif isinstance(value, PLAIN):
        yield f"{type(value).__name__} {value!r}"
    else:
        yield f"{'array' if isinstance(value, np.ndarray) else 'scalar'} {checksum(value)}"


class _Walk:
    """One pass over everything that a member reaches, feeding one digest."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.libraries: set[str] = set()
        self._met: dict[Any, int] = {}  # functions, classes and modules, each fed once
        self._open: list[int] = []  # the containers that we are in, which may hold themselves

    def value(self, value: Any, where: str) -> None:
        """Feed any value; `where` says how it was reached, for an error's text."""
        if type(value) in ARRAYS or isinstance(value, np.generic):
            if value.dtype.hasobject:
                refuse("member", "arrays of numbers and strings", f"{value.dtype} in {where}")
            self._feed("array", checksum(value))
        elif type(value) in PLAIN or isinstance(value, BY_REPR):
            self._feed(type(value).__name__, repr(value))
        elif isinstance(value, types.ModuleType):
            self._module(value)
        elif isinstance(value, types.FunctionType):
            self._once(value, where, self._function)
        elif isinstance(value, type):
            self._once(value, where, self._class)
        else:
            with self._inside(value) as again:
                None if again else self._compound(value, where)

    def _compound(self, value: Any, where: str) -> None:
        """Feed what is made of further values."""
        self._feed(type(value).__qualname__)
        if isinstance(value, Enum):
            self._feed(value.name)
            return self.value(type(value), where)
        if isinstance(value, COLLECTIONS):
            return self._collection(value, where)
        if isinstance(value, functools.partial):
            keywords = dict(sorted(value.keywords.items()))
            return self._all((value.func, value.args, keywords), where)
        if isinstance(value, types.MethodType):
            return self._all((value.__func__, value.__self__), where)
        return self._object(value, where)

    def _collection(self, values: Any, where: str) -> None:
        self._feed(len(values))
        if type(values) not in COLLECTIONS:  # a class of its own, with ways of its own
            self._all((type(values), getattr(values, "__dict__", {})), where)
        if isinstance(values, dict | types.MappingProxyType):
            for name, held in values.items():
                self.value(name, where)
                self.value(held, f"{name!r} of {where}")
        else:
            unordered = isinstance(values, set | frozenset)
            self._all(sorted(values, key=repr) if unordered else values, where)

    def _object(self, value: Any, where: str) -> None:
        """Feed compiled functions, ufuncs, foreign arrays and instances of Python classes."""
        if type(value).__name__ in ("PjitFunction", "_lru_cache_wrapper"):
            self._library(type(value).__module__)
            self.value(value.__wrapped__, where)
        elif isinstance(value, np.ndarray):
            refuse("member", "arrays of numbers", f"a {type(value).__qualname__}: {where}")
        elif hasattr(value, "__array__") and hasattr(value, "dtype"):
            try:
                self.value(np.asarray(value), where)
            except (TypeError, ValueError, RuntimeError) as error:  # a tensor with gradients
                raise InputError(f"member: wanted plain arrays, got {where}: {error}") from error
        elif held := source_texts.name_in_library(value):
            self._library(held)
            self._feed("named", held)
        elif all(c.__flags__ & _HEAP_TYPE for c in type(value).__mro__[:-1]):
            self._all((type(value), vars(value) if hasattr(value, "__dict__") else {}), where)
            slots = [s for c in type(value).__mro__ for s in getattr(c, "__slots__", ())]
            self._all([getattr(value, s, None) for s in slots if s[:2] != "__"], where)
        else:
            self._named(value, where)

    def _function(self, function: types.FunctionType, where: str) -> None:
        code, own = function.__code__, source_texts.is_own_code(function.__code__)
        if not own and _made_by_checker(code) and hasattr(function, "__wrapped__"):
            return self.value(function.__wrapped__, where)
        text = source_texts.function_text(code, where) if own else ""
        if own:
            self._feed("function", function.__qualname__, text)
        else:
            self._named(function, where)
        if function.__name__ == "<lambda>":  # its line may hold several
            self._feed(*_bytecode(code))
        self._all((function.__defaults__, function.__kwdefaults__), f"the defaults of {where}")
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            self._feed("closure", name)
            self.value(_content(cell), f"{name!r} in the closure of {function.__qualname__}")
        for name in sorted(_global_names(code)) if own else ():
            if name in function.__globals__:
                self._feed("global", name)
                self.value(function.__globals__[name], f"{name!r} of {function.__module__}")
        for name in source_texts.imports_of(text, function.__globals__.get("__package__") or ""):
            module = source_texts.imported(name) if source_texts.is_own(name) else None
            self._module(module) if module else self._library(name)
        return None

    def _module(self, module: types.ModuleType) -> None:
        """Feed a module read by name: its plain values now, its text and what that imports."""
        if not source_texts.is_own(module.__name__):
            return self._library(module.__name__)
        self._feed("module", module.__name__)
        for name, held in sorted(vars(module).items()):
            if not name.startswith("_") and isinstance(held, PLAIN):
                self._feed(name, type(held).__name__, repr(held))
        return self._texts(module.__name__)

    def _texts(self, name: str) -> None:
        if self._fed(("text", name)):
            return
        for path, text in source_texts.module_texts(name):
            self._feed("text", path, text)
            package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
            for further in source_texts.imports_of(text, package):
                self._texts(further) if source_texts.is_own(further) else self._library(further)

    def _class(self, cls: type, where: str) -> None:
        if not source_texts.is_own(cls.__module__):
            return self._named(cls, where)
        self._feed("class", cls.__qualname__)
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):  # it may have no text of its own
            self._feed(cls._fields)
        else:
            self._feed(source_texts.class_text(cls, where))
        if cls.__module__ != "__main__":
            return self._texts(cls.__module__)
        methods = {k: v for k, v in vars(cls).items() if isinstance(v, types.FunctionType)}
        own = {k: v for k, v in methods.items() if source_texts.is_own_code(v.__code__)}
        return self._all((*own.values(), *cls.__bases__), where)

    def _named(self, value: Any, where: str) -> None:
        """Feed something by the name under which a library holds it."""
        module = getattr(value, "__module__", None) or type(value).__module__
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
        bound = getattr(value, "__self__", None)
        if bound is not None and not isinstance(bound, types.ModuleType):
            name = None  # a method of an object that cannot be looked into
        if not isinstance(name, str):
            wanted = "a function that reads functions, modules, arrays and plain values only"
            refuse("member", wanted, f"a {type(value).__qualname__}: {where}")
        self._library(module)
        self._feed("named", module, name)

    def _library(self, module: str) -> None:
        top = module.partition(".")[0]
        if source_texts.library_version(top) != "none" and top not in CHECKERS:
            self.libraries.add(top)

    def _all(self, values: Any, where: str) -> None:
        for held in values:
            self.value(held, where)

    def _once(self, value: Any, where: str, feed: Any) -> None:
        if not self._fed(value):
            feed(value, where)

    def _fed(self, identity: Any) -> bool:
        """Say whether this was fed before; if so feed its number, as it may lead back to itself."""
        if identity in self._met:
            self._feed("again", self._met[identity])
            return True
        self._met[identity] = len(self._met)
        return False

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


def _global_names(code: types.CodeType) -> set[str]:
    """Return the global names that a function and the functions inside it read."""
    read = ("LOAD_GLOBAL", "LOAD_NAME")
    loads = {i.argval for i in dis.get_instructions(code) if i.opname in read}
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return loads.union(*map(_global_names, inner))


def _bytecode(code: types.CodeType) -> Iterator[str]:
    yield from (code.co_code.hex(), repr(code.co_names), repr(code.co_varnames))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _bytecode(constant)
        else:
            yield repr(sorted(constant, key=repr) if isinstance(constant, frozenset) else constant)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _made_by_checker(code: types.CodeType) -> bool:
    return any(name in code.co_filename for name in CHECKERS)
