"""Where code comes from: which modules are the user's own, their text, what they import."""

import ast
import inspect
import os
import sys
import sysconfig
import textwrap
import time
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module, metadata
from importlib.util import find_spec, resolve_name
from pathlib import Path
from types import CodeType, ModuleType

from toolbox.core.checks import refuse
from toolbox.core.packages import PUBLIC

_INSTALLED = ("site-packages", "dist-packages")


def is_own(module: str) -> bool:
    """Say whether a module's text belongs in a digest: ours, and what is not installed."""
    if module.partition(".")[0] in (*PUBLIC, "__main__"):
        return True
    path = module_file(module)
    return path is not None and is_own_file(str(path))


def is_own_code(code: CodeType) -> bool:
    """Say the same of a function's code; what has no file is a notebook's or a doctest's."""
    name = code.co_filename
    if not name.endswith(".py"):
        return not name.startswith(("<frozen", "<__array_function__", "<@beartype"))
    return is_own_file(name)


@lru_cache
def is_own_file(file: str) -> bool:
    """Say whether a file is neither Python's own nor installed, or installed by us."""
    path = Path(file).absolute()
    if any(part in _INSTALLED for part in path.parts):
        return any(part in PUBLIC for part in path.parts)
    return Path(sysconfig.get_path("stdlib")) not in path.parents


def module_file(module: str) -> Path | None:
    """Return the file of a module, loaded or not; None for built-in and missing ones."""
    loaded = sys.modules.get(module)
    try:
        origin = getattr(loaded, "__file__", None) if loaded else find_spec(module).origin
    except (ImportError, AttributeError, ValueError):
        return None
    return Path(origin) if origin and origin.endswith(".py") else None


def function_text(code: CodeType, where: str) -> str:
    """Return the text that a function was compiled from, without its indentation."""
    try:
        text = textwrap.dedent(inspect.getsource(code))
    except (OSError, TypeError, IndentationError):
        refuse("member", "functions whose source can be read from a file", where)
    if _is_newer(Path(code.co_filename)) and not _compiled_from(code):
        wanted = "the source as it was imported (start Python again)"
        refuse("member", wanted, f"{code.co_filename}, edited since")
    return text.rstrip()


def class_text(cls: type, where: str) -> str:
    """Return the text of a class."""
    try:
        return textwrap.dedent(inspect.getsource(cls)).rstrip()
    except (OSError, TypeError):
        refuse("member", "classes whose source can be read from a file", where)


def module_texts(module: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of a module's file; of a lazy package's, all its files.

    A package that looks names up when they are asked for does not say which file they are from.
    """
    path = module_file(module)
    if path is None:
        return
    files = sorted(path.parent.rglob("*.py")) if _is_lazy(path) else [path]
    for file in files:
        if module in sys.modules and _is_newer(file):
            wanted = "modules as they were imported (start Python again)"
            refuse("member", wanted, f"{file}, written since Python was started")
        yield file.relative_to(path.parent).as_posix(), file.read_text()


@lru_cache(maxsize=1024)
def imports_of(text: str, package: str) -> tuple[str, ...]:
    """Return the modules that a text imports, anywhere in it."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:  # a lambda's line is no statement of its own, and imports nothing
        return ()
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
            names |= {alias.name.partition(".")[0] for alias in node.names if not alias.asname}
        elif isinstance(node, ast.ImportFrom):
            names |= _from(resolve_name("." * node.level + (node.module or ""), package), node)
    return tuple(sorted(names))


def imported(name: str) -> ModuleType | None:
    """Import one of the user's own modules, as the member will."""
    try:
        return import_module(name)
    except ImportError:
        return None


def name_in_library(value: object) -> str:
    """Return ``module.name`` of an object that a library made, as scipy.stats' gamma, or nothing.

    It is looked for where its class is and where it says that it is from.
    """
    for module in (type(value).__module__, getattr(value, "__module__", None)):
        loaded = sys.modules.get(module) if isinstance(module, str) else None
        if loaded and not is_own(module):
            name = next((n for n, held in vars(loaded).items() if held is value), "")
            if name:
                return f"{module}.{name}"
    return ""


@lru_cache(maxsize=1024)
def library_version(name: str) -> str:
    """Return major.minor of the installed library that provides a top-level name, or "none"."""
    if name in sys.stdlib_module_names or name in (*PUBLIC, "__main__"):
        return "none"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        provider = _providers().get(name)
        version = metadata.version(provider[0]) if provider else "none"
    return ".".join(version.split(".")[:2])


@lru_cache
def _providers() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions())


def _from(base: str, node: ast.ImportFrom) -> set[str]:
    """Return what ``from base import names`` reads: the sub-modules among the names, and base."""
    if not is_own(base):
        return {base}
    path = module_file(base)
    if path is None or path.name != "__init__.py":
        return {base}
    below = {f"{base}.{alias.name}" for alias in node.names}
    files = {name for name in below if module_file(name)}
    return files if files == below and _is_lazy(path) else files | {base}


def _is_lazy(path: Path) -> bool:
    return path.name == "__init__.py" and "__getattr__" in path.read_text()


def _is_newer(path: Path) -> bool:
    """Say whether a file was written after this process began, and may not be what is loaded."""
    try:
        return path.stat().st_mtime > _process_start()
    except OSError:  # a notebook's cell, a doctest
        return False


@lru_cache
def _process_start() -> float:
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # field 22 of the line
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot


def _compiled_from(code: CodeType) -> bool:
    """Say whether the file as it is now holds exactly this code."""
    file = Path(code.co_filename)
    waiting = [compile(file.read_text(), str(file), "exec", dont_inherit=True)]
    while waiting:
        candidate = waiting.pop()
        if candidate == code:
            return True
        waiting += [c for c in candidate.co_consts if isinstance(c, CodeType)]
    return False
