"""The reference: a page a function, at the address of its public name, by the topics of a package.

A topic is a folder of the package, its heading the folder's docstring. A page is named after what
is public, not after the file that holds it, so that its address stays when files move.
"""

import ast
import importlib
import inspect
import re
import textwrap
from itertools import chain
from pathlib import Path

from docs.writing import write_if_new
from toolbox.core.packages import PUBLIC

ROOT = Path(__file__).resolve().parent.parent
ERROR = "InputError"
MATLAB = (
    "In MATLAB and Octave a cell of ``octave/examples/reference`` does the same; where its first",
    "line says that it needs others, run these before it.",
)


def table(package: str) -> dict[str, list[str]]:
    """Return module -> public names of a package, in the order of its `__init__`."""
    tree = ast.parse((ROOT / package / "__init__.py").read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    keywords = (k for call in calls for k in call.keywords if k.arg == "submod_attrs")
    return ast.literal_eval(next(keywords).value)


def public_functions() -> list[str]:
    """Return ``package.function`` of every public function."""
    return [
        f"{package}.{name}"
        for package in PUBLIC
        for names in table(package).values()
        for name in split(package, names)[0]
    ]


def record_names() -> dict[str, str]:
    """Return what the types in docstrings link to: the record classes."""
    return {
        name: f"{package}.{name}"
        for package in PUBLIC
        for names in table(package).values()
        for name in split(package, names)[1]
    }


def split(package: str, names: list[str]) -> tuple[list[str], list[str]]:
    """Return the functions among the names, and the classes."""
    module = importlib.import_module(package)
    functions = [name for name in names if inspect.isfunction(getattr(module, name))]
    return functions, [name for name in names if name not in functions]


def topics(package: str) -> dict[str, list[str]]:
    """Return folder of the package -> the functions in it, then its records."""
    found: dict[str, list[str]] = {}
    for module, names in table(package).items():
        shown = [name for name in names if name != ERROR]  # which belongs to all topics
        if shown:
            found.setdefault(f"{package}.{module}".rpartition(".")[0], []).extend(shown)
    return {folder: list(chain(*split(package, names))) for folder, names in found.items()}


def pages(package: str) -> dict[str, list[str]]:
    """Return page -> the names on it, a function before the record that it returns.

    A record of several functions stands with the one of its own name, or has a page of its own.
    """
    functions, classes = split(package, [n for names in table(package).values() for n in names])
    found = {name: [name] for name in functions}
    for name in classes:
        returning = [f for f in functions if name in returned(package, f)]
        namesake = [f for f in returning if f.replace("_", "") == name.lower()]
        home = (namesake or returning) if len(namesake or returning) == 1 else [name]
        found.setdefault(home[0], []).append(name)
    return found


def returned(package: str, function: str) -> list[str]:
    """Return the names in what a function's signature says it returns."""
    signature = inspect.signature(getattr(importlib.import_module(package), function))
    return re.findall(r"\w+", str(signature.return_annotation))


def write_reference(folder: Path) -> None:
    """Write the reference's pages, and remove those of functions that are gone."""
    wanted = {folder / "index.rst": index()}
    for package in PUBLIC:
        wanted[folder / f"{package}.rst"] = package_page(package)
        for page, names in pages(package).items():
            wanted[folder / package / f"{page}.rst"] = entry(package, names)
    for path in set(folder.rglob("*.rst")) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        write_if_new(path, text)


def index() -> str:
    """Return the page above the packages."""
    packages = "\n".join(f"   {package}" for package in PUBLIC)
    lines = [f"``{p}``\n   {summary(p)}\n" for p in PUBLIC]
    return "\n".join(
        [
            title("Reference"),
            "Every public function, with an example that the tests run. What comes back is a",
            "frozen record: its fields stand below the function that returns it, or on a page of",
            "its own where several do. Every record has ``.asdict()``, which gives its fields as",
            "plain values.",
            *MATLAB,
            "",
            *lines,
            f".. toctree::\n   :hidden:\n\n{packages}\n",
        ]
    )


def package_page(package: str) -> str:
    """Return the tables of one package, a topic after the other."""
    parts = [title(package), summary(package), "", f".. currentmodule:: {package}\n"]
    for folder, names in topics(package).items():
        parts += [title(summary(folder).rstrip("."), "-"), listing(names)]
    listed = list(chain(*topics(package).values()))
    order = sorted(pages(package), key=lambda page: [*listed, ERROR].index(page))
    shown = "\n".join(f"   {package}/{page}" for page in order)
    error = f"What is wrong with an argument is said by :py:exc:`toolbox.{ERROR}`.\n"
    return "\n".join([*parts, error, f".. toctree::\n   :hidden:\n\n{shown}\n"])


def entry(package: str, names: list[str]) -> str:
    """Return one page: a function with its record, or a record."""
    functions, classes = split(package, names)
    parts = [title(names[0]), f".. currentmodule:: {package}\n"]
    parts += [f".. autofunction:: {package}.{name}\n" for name in functions]
    for name in classes:
        cls = getattr(importlib.import_module(package), name)
        if issubclass(cls, Exception):  # autodoc stumbles over the signature that it inherits
            text = textwrap.indent(inspect.getdoc(cls), "   ")
            parts.append(f".. py:exception:: {name}\n\n{text}\n")
        else:
            options = "   :members:\n   :exclude-members: asdict\n"
            parts.append(f".. autoclass:: {package}.{name}\n{options}")
    return "\n".join(parts)


def summary(module: str) -> str:
    """Return the first line of the docstring of a package, or of one of its folders."""
    return inspect.getdoc(importlib.import_module(module)).splitlines()[0]


def listing(names: list[str]) -> str:
    """Return a table of names and first lines that links to their pages."""
    return "\n".join([".. autosummary::", "   :nosignatures:", "", *(f"   {n}" for n in names), ""])


def title(text: str, line: str = "=") -> str:
    """Return a heading."""
    return f"{text}\n{line * len(text)}\n"


def without_fields(
    app: object, what: str, name: str, obj: object, options: object, signature: str, returns: str
) -> tuple[str, str] | None:
    """Leave a record's fields out of its heading: they are described below it."""
    return ("", "") if what in ("class", "exception") else None
