"""How functions are compiled for the CPU: for any shape, and kept on disk for later processes.

A program that cannot be read, or is not as it was written, is compiled again; where nothing can be
written, or others can write, every process compiles for itself.
"""

import hashlib
import os
import stat
from collections.abc import Callable
from inspect import unwrap
from pathlib import Path
from typing import Any

import numba
from numba.core import caching

from toolbox.core.installation import cache_folder

# A sum may be taken in the order that the processor likes best: of lanes side by side, it is also
# the more accurate one. NaN keeps its meaning, since gaps are told by it.
ANY_ORDER = {"reassoc", "contract", "nsz"}


def compiled(
    *, sums: bool = False, inline: bool = False, makes_arrays: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator: machine code, without Python's lock.

    `sums` may be taken in any order; `inline` is for what loops call; who does not say that it
    makes arrays cannot.
    """
    # Counting who holds an array, in turn with all threads, takes as long as a row of an image. Who
    # makes none has nothing to count: the caller holds them all.

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        options = {"fastmath": ANY_ORDER if sums else {"contract"}, "error_model": "numpy"}
        options |= {"nogil": True, "forceinline": inline, "_nrt": makes_arrays}
        options["no_cfunc_wrapper"] = True  # who calls from C would want one; nobody does
        program = numba.njit(unwrap(function), **options)
        try:
            program._cache = Kept(program.py_func)
        except (RuntimeError, OSError):  # no folder of our own to write to
            pass
        return program

    return decorated


def sources_digest() -> str:
    """Return what changes with every line that is compiled; Numba sees a function's own file."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()[:16]


FOLDER = cache_folder() / sources_digest()


def only_this_user_writes(folder: Path) -> bool:
    """Say whether a folder belongs to this user, and nobody else can write to it."""
    if os.name != "posix":  # no such modes; a user's cache folder is that user's alone
        return True
    state = folder.stat()
    return state.st_uid == os.getuid() and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class Folder(caching.UserProvidedCacheLocator):
    """Our folder, whatever Numba is told of others'."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._py_file, self._lineno = file, function.__code__.co_firstlineno
        self._cache_path = str(FOLDER)

    def ensure_cache_path(self) -> None:
        """Make the folder; raise OSError where nothing can be written, or others can write."""
        # Numba unpickles what it finds there, and a pickle may run anything: whoever can write to
        # the folder, or to the one that it is in, could run programs as this user.
        for folder in (FOLDER.parent, FOLDER):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not only_this_user_writes(folder):
                raise PermissionError(f"others can write to {str(folder)!r}")
        super().ensure_cache_path()

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "Folder | None":
        """Return the place of this function's programs, None where there can be none."""
        place = cls(function, file)
        try:
            place.ensure_cache_path()
        except OSError:
            return None
        return place


class Programs(caching.CompileResultCacheImpl):
    """What Numba keeps of a program, in our folder."""

    _locator_classes = (Folder,)


class Files(caching.IndexDataCacheFile):
    """A program's file with its digest beside it: a damaged one is not run."""

    def _save_data(self, name: str, data: Any) -> None:
        super()._save_data(name, data)
        with self._open_for_write(self._digest_path(name)) as file:
            file.write(self._digest(name))

    def _load_data(self, name: str) -> Any:
        if Path(self._digest_path(name)).read_bytes() != self._digest(name):
            raise ValueError(f"{name} is damaged")
        return super()._load_data(name)

    def _digest(self, name: str) -> bytes:
        return hashlib.sha256(Path(self._data_path(name)).read_bytes()).hexdigest().encode()

    def _digest_path(self, name: str) -> str:
        return self._data_path(name) + ".sha256"


class Kept(caching.FunctionCache):
    """Programs on disk; whatever goes wrong there, the function is compiled."""

    _impl_class = Programs

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = Files(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return the program, None where there is none that can be read."""
        try:
            return super().load_overload(signature, target)
        except Exception:  # a damaged index fails in any way
            self._begin_again()
            return None

    def save_overload(self, signature: Any, program: Any) -> None:
        """Keep a program, if the disk takes it."""
        try:
            super().save_overload(signature, program)
        except OSError:
            self._begin_again()

    def _begin_again(self) -> None:
        try:
            self.flush()
        except OSError:
            pass
