"""The reference: one page a line of a package's table, its functions first, then their records."""

import ast
import importlib
import inspect
import textwrap
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


def write_reference(folder: Path) -> None:
    """Write the reference's pages, and remove those of functions that are gone."""
    wanted = {folder / "index.rst": index()}
    for package in PUBLIC:
        wanted[folder / f"{package}.rst"] = package_page(package)
        for module, names in table(package).items():
            wanted[folder / package / f"{page(module)}.rst"] = entry(package, names)
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
            "frozen record: its fields stand below the function that returns it. Every record",
            "has ``.asdict()``, which gives its fields as plain values.",
            *MATLAB,
            "",
            *lines,
            f".. toctree::\n   :hidden:\n\n{packages}\n",
        ]
    )


def package_page(package: str) -> str:
    """Return the table of one package."""
    rows = table(package).items()
    functions = [n for _, names in rows for n in split(package, names)[0]]
    records = [n for _, names in rows for n in split(package, names)[1] if n != ERROR]
    pages = "\n".join(f"   {package}/{page(module)}" for module, _ in rows)
    error = f"What is wrong with an argument is said by :py:exc:`toolbox.{ERROR}`.\n"
    return "\n".join(
        [
            title(package),
            summary(package),
            "",
            f".. currentmodule:: {package}\n",
            title("Functions", "-"),
            listing(functions),
            title("Records", "-"),
            listing(records),
            error,
            f".. toctree::\n   :hidden:\n\n{pages}\n",
        ]
    )


def entry(package: str, names: list[str]) -> str:
    """Return the page of one line of the table."""
    functions, classes = split(package, names)
    parts = [title(", ".join(functions or classes)), f".. currentmodule:: {package}\n"]
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


def page(module: str) -> str:
    """Return the name of a module's page, which only the address bar shows."""
    return module.replace(".", "_")


def summary(package: str) -> str:
    """Return the first line of a package's docstring."""
    return inspect.getdoc(importlib.import_module(package)).splitlines()[0]


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
