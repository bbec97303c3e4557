"""The methods: every equation of the public functions and its source, read from their docstrings.

A page a package, in the topics of the reference, and one list of all references with the functions
that rest on each.
"""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docs.docstring_text import escape
from docs.reference_pages import split, summary, title, topics
from docs.writing import write_if_new
from toolbox.core.packages import PUBLIC

MATH = (":math:", ".. math::")


class Method(NamedTuple):
    """What the docstring of a function says of its method."""

    name: str  # package.function
    does: str
    said: str  # the paragraphs that hold its equations, and those around them
    references: list[str]


def methods(package: str) -> dict[str, list[Method]]:
    """Return topic -> the functions in it that have an equation or a reference."""
    found = {}
    for folder, names in topics(package).items():
        read = [method(f"{package}.{name}") for name in split(package, names)[0]]
        found[folder] = [m for m in read if m.said or m.references]
    return {folder: those for folder, those in found.items() if those}


def method(name: str) -> Method:
    """Read a function's docstring."""
    from numpydoc.docscrape import NumpyDocString

    package, _, function = name.partition(".")
    lines = inspect.getdoc(getattr(importlib.import_module(package), function)).splitlines()
    escape(None, "function", name, None, None, lines)
    read = NumpyDocString("\n".join(lines))
    parts = [read["Extended Summary"], read["Notes"]]
    parts += [p.desc for section in ("Parameters", "Returns") for p in read[section]]
    said = ["\n".join(part) for part in parts if any(m in line for line in part for m in MATH)]
    return Method(
        name, " ".join(read["Summary"]), "\n\n".join(said), list(items(read["References"]))
    )


def items(lines: list[str]) -> Iterator[str]:
    """Yield the references of a list, each on one line."""
    text = ""
    for line in [*lines, "- "]:
        if line.startswith("- ") and text:
            yield text
            text = ""
        text = f"{text} {line.removeprefix('- ').strip()}".strip()


def write_methods(folder: Path) -> None:
    """Write a page a package, and the list of references."""
    every = {package: methods(package) for package in PUBLIC}
    for package, by_topic in every.items():
        write_if_new(folder / f"{package}.rst", page(package, by_topic))
    read = [m for by_topic in every.values() for those in by_topic.values() for m in those]
    write_if_new(folder / "index.rst", index(read))


def page(package: str, by_topic: dict[str, list[Method]]) -> str:
    """Return the equations of a package, topic after topic."""
    parts = [title(f"Methods of {package}"), summary(package), ""]
    for folder, those in by_topic.items():
        parts.append(title(summary(folder).rstrip("."), "-"))
        for m in those:
            parts += [f":py:obj:`{m.name}`", f"   {m.does}\n", indented(m.said)]
            parts += [indented("\n".join(f"- {text}" for text in m.references))]
    return "\n".join(parts)


def indented(text: str) -> str:
    """Return paragraphs that stand within a function's entry."""
    return "\n".join(f"   {line}" if line else "" for line in text.splitlines()) + "\n"


def index(read: list[Method]) -> str:
    """Return the page above the packages: every reference once, with the functions that cite it."""
    cited: dict[str, list[str]] = {}
    for m in read:
        for text in m.references:
            cited.setdefault(text, []).append(m.name)
    listed = [
        f"- {text}\n  {', '.join(f':py:obj:`{name}`' for name in cited[text])}"
        for text in sorted(cited, key=str.casefold)
    ]
    packages = "\n".join(f"   {package}" for package in PUBLIC)
    return "\n".join(
        [
            title("Methods"),
            "Every equation that a public function computes, with its source: a page a package,",
            "read from the same docstrings as the reference when the site is built. To cite",
            "grainwise itself, see ``CITATION.cff`` in the checkout.",
            "",
            f".. toctree::\n\n{packages}\n",
            title("References", "-"),
            *listed,
            "",
        ]
    )
