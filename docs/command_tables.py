"""The options of every verb of the command line, read from the functions that it calls."""

import inspect
from pathlib import Path

from docs.writing import write_if_new
from grainwise.__main__ import VERBS, function_of


def write_commands(folder: Path) -> None:
    """Write a section a verb as a Markdown file that the page about the command line includes."""
    sections = [section(verb) for verb in VERBS]
    write_if_new(folder / "command_line.md", "\n".join(sections))


def section(verb: str) -> str:
    """Return what a verb does, how it is called, and a table of its options."""
    from numpydoc.docscrape import NumpyDocString  # of the extra [docs], which tests may lack

    function = function_of(verb)
    said = NumpyDocString(inspect.cleandoc(function.__doc__))
    given = inspect.signature(function).parameters
    places = [n for n, p in given.items() if p.kind != p.KEYWORD_ONLY]
    call = " ".join(["grainwise", verb, *(name.upper() for name in places)])
    needed = [n for n, p in given.items() if n not in places and p.default is p.empty]
    call += "".join(f" {option(name)} {name.upper()}" for name in needed)
    rows = [(argument, " ".join(argument.desc).strip()) for argument in said["Parameters"]]
    table = ["| argument | what it says |", "| --- | --- |"]
    table += [f"| `{shown(a.name, given)}` | {escaped(text)} |" for a, text in rows]
    words = "\n".join([*said["Summary"], "", *said["Extended Summary"]])
    return f"## {verb}\n\n{escaped(words)}\n\n```console\n{call}\n```\n\n" + "\n".join(table) + "\n"


def shown(name: str, given: dict[str, inspect.Parameter]) -> str:
    """Return an argument as it is typed."""
    return option(name) if given[name].kind == inspect.Parameter.KEYWORD_ONLY else name.upper()


def option(name: str) -> str:
    """Return the option of a parameter."""
    return "--" + name.replace("_", "-")


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is."""
    for mark in "|*<":
        text = text.replace(mark, f"\\{mark}")
    return text
