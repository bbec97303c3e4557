"""Which folder stands above which: by the contracts in pyproject.toml and by what files import."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Folder:
    """A folder of Python files: what it is for, and its own folders in rows, the upper ones first.

    `alone` are those that import none of their sisters, and that no contract puts in a row.
    """

    name: str
    summary: str
    rows: tuple[tuple["Folder", ...], ...] = ()
    alone: tuple["Folder", ...] = ()

    @property
    def short(self) -> str:
        """Return the last part of the name."""
        return self.name.rpartition(".")[2]

    def inside(self) -> Iterator["Folder"]:
        """Yield all folders below it, at any depth."""
        for child in (*(folder for row in self.rows for folder in row), *self.alone):
            yield child
            yield from child.inside()


def packages() -> list[list[Folder]]:
    """Return the packages in rows, each with its folders."""
    return [[folder(name) for name in row] for row in layers()[""]]


def folder(name: str) -> Folder:
    """Return a folder with those below it."""
    children = sorted(path.parent.name for path in place(name).glob("*/__init__.py"))
    rows = [[c for c in row if c in children] for row in layers().get(name, [])]
    placed = {child for row in rows for child in row}
    alone = [child for child in children if child not in placed]
    for importer, sister in imports_among(name):
        if importer in alone:
            raise ValueError(f"no contract puts {name}.{importer} above {sister}, which it imports")
    summary = (import_module(name).__doc__ or "").splitlines()[0]
    return Folder(
        name=name,
        summary=summary.rstrip("."),
        rows=tuple(tuple(folder(f"{name}.{child}") for child in row) for row in rows if row),
        alone=tuple(folder(f"{name}.{child}") for child in alone),
    )


@cache
def layers() -> dict[str, list[list[str]]]:
    """Return container -> names in rows, from the contracts of layers; "" holds the packages."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {
        container: [[name.strip() for name in re.split("[|:]", row)] for row in contract["layers"]]
        for contract in told["contracts"]
        if contract["type"] == "layers"
        for container in contract.get("containers", [""])
    }


@cache
def imports_among(container: str) -> frozenset[tuple[str, str]]:
    """Return (importer, imported) among the folders right below one."""
    start = f"{container}."
    found = set()
    for importer, imported in imports():
        if importer.startswith(start) and imported.startswith(start):
            pair = [name.removeprefix(start).partition(".")[0] for name in (importer, imported)]
            found.add(tuple(pair))
    return frozenset(pair for pair in found if pair[0] != pair[1])


def imported_from(package: str) -> dict[str, list[str]]:
    """Return other package -> its folders that a package imports from."""
    found: dict[str, set[str]] = {}
    for importer, imported in imports():
        other, _, rest = imported.partition(".")
        if importer.split(".")[0] == package != other:
            found.setdefault(other, set()).update({rest.partition(".")[0]} - {""})
    return {other: sorted(found[other]) for other in sorted(found)}


@cache
def imports() -> frozenset[tuple[str, str]]:
    """Return (importing folder, imported folder) of all files, imports inside functions too."""
    own = [name for row in layers()[""] for name in row]
    pairs = set()
    for package in own:
        for path in place(package).rglob("*.py"):
            importer = ".".join(path.relative_to(ROOT).parent.parts)
            ours = [name for name in imported(path) if name.split(".")[0] in own]
            pairs |= {(importer, holder(name)) for name in ours}
    return frozenset(pair for pair in pairs if pair[0] != pair[1])


def imported(path: Path) -> Iterator[str]:
    """Yield the full names of what a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def holder(name: str) -> str:
    """Return the folder that a full name is in."""
    while not place(name).is_dir():
        name = name.rpartition(".")[0]
    return name


def place(name: str) -> Path:
    """Return the path of a folder."""
    return ROOT / name.replace(".", "/")
