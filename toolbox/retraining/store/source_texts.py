"""Where code comes from: the user's own modules, or a library of some version."""

import sys
import sysconfig
from functools import lru_cache
from importlib import import_module, metadata
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType

from toolbox.core.checks import refuse
from toolbox.core.packages import PUBLIC

_INSTALLED = ("site-packages", "dist-packages")


def is_own(module: str) -> bool:
    """Say whether a module belongs in a digest with what it holds: ours, and what is no library."""
    top = module.partition(".")[0]
    if top in (*PUBLIC, "__main__"):
        return True
    if places := _places(module):
        return any(is_own_file(place) for place in places)
    made_here = module in sys.modules and top not in sys.stdlib_module_names
    return made_here and library_version(top) == "none"  # by a script, without a file


def is_own_code(code: CodeType) -> bool:
    """Say the same of a function's code; what has no file is a notebook's or a doctest's."""
    name = code.co_filename
    if not name.endswith(".py"):
        return not name.startswith(("<frozen", "<__array_function__", "<@beartype"))
    return is_own_file(name)


@lru_cache
def is_own_file(file: str) -> bool:
    """Say whether a file or folder is neither Python's own nor installed, or installed by us.

    A file that lies among the libraries and belongs to none of them is the user's.
    """
    path = Path(file).absolute()
    for folder, inside in zip(path.parts, path.parts[1:], strict=False):
        if folder in _INSTALLED:
            top = inside.partition(".")[0]
            return top in PUBLIC or library_version(top) == "none"
    return Path(sysconfig.get_path("stdlib")) not in path.parents


def extension_file(module: ModuleType) -> Path | None:
    """Return the file of a module that was compiled from another language."""
    file = getattr(module, "__file__", None) or ""
    return Path(file) if file.endswith(tuple(EXTENSION_SUFFIXES)) else None


def loaded_bytes(file: Path) -> bytes:
    """Return the bytes of a file of compiled code, refused where another was loaded before."""
    mapped = set(_mapped_files())
    name = str(file.absolute())
    if f"{name} (deleted)" in mapped and name not in mapped:
        refuse("member", "compiled modules as they were imported (start Python again)", name)
    try:
        return file.read_bytes()
    except OSError as error:
        refuse("member", "compiled modules whose file can be read", f"{name} ({error.strerror})")


def library_file(name: str) -> Path:
    """Return the file of a library that ctypes opened, by the name that it was opened with."""
    if "/" in name:
        return Path(name)
    files = map(Path, _mapped_files())
    return next((file for file in files if file.name == name), Path(name))


def imported(name: str) -> ModuleType | None:
    """Return a module; one of the user's own is imported if need be, as the member will."""
    if name in sys.modules or not is_own(name):
        return sys.modules.get(name)
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


def _places(module: str) -> tuple[str, ...]:
    """Return a module's file, loaded or not; the folders of one that is spread over folders."""
    loaded = sys.modules.get(module)
    try:
        found = loaded if loaded is not None else find_spec(module)
    except (ImportError, AttributeError, ValueError):
        return ()
    file = getattr(found, "__file__", None) or getattr(found, "origin", None)
    if file and (file.endswith(".py") or file.endswith(tuple(EXTENSION_SUFFIXES))):
        return (file,)
    folders = getattr(found, "__path__", None) or getattr(found, "submodule_search_locations", None)
    return tuple(map(str, folders or ()))


def _mapped_files() -> list[str]:
    """Return the files that this process has loaded, as Linux lists them."""
    maps = Path("/proc/self/maps")
    lines = maps.read_text().splitlines() if maps.exists() else []
    return [line.split(maxsplit=5)[-1] for line in lines]
