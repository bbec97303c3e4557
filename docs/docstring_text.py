"""Docstrings as they are written for a terminal, made safe for reStructuredText.

In them a star is a star (``(n, *space)``), a bar is a bar (``|u|``) and a year that begins a line
numbers nothing; reStructuredText would read emphasis, substitutions and lists.
"""

import re
from collections.abc import Iterator

INITIALS = re.compile(r"[A-Z]\. ")
# What is markup: literals, roles, links. None of them goes on over an empty line.
MARKUP = re.compile(r"(``(?:(?!\n\s*\n).)+?``|(?::[a-z:]+:)?`(?:(?!\n\s*\n).)+?`)", re.DOTALL)


def escape(
    app: object, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Escape what means itself outside of markup, examples and directives; name the error fully."""
    lines[:] = [re.sub(r"^( *)InputError$", r"\1toolbox.InputError", line) for line in lines]
    lines[:] = list(bulleted(lines))
    kept: list[str] = []
    prose: list[str] = []
    for line, is_prose in zip(lines, prose_lines(lines), strict=True):
        if is_prose:
            prose.append(line)
        else:
            kept += [*escaped(prose), line]
            prose = []
    lines[:] = kept + escaped(prose)


def bulleted(lines: list[str]) -> Iterator[str]:
    """Make each reference an item of a list: one begins with an author's initials.

    Initials that begin a line would number it otherwise.
    """
    section, before = "", ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch(r"-{3,}", below.strip()):
            section = line.strip()
        initials = INITIALS.match(line)
        if section != "References" or not line.strip() or line.strip().startswith(("-", section)):
            yield line
        elif (initials or before.startswith("---")) and before.endswith((".", "-", ":")):
            yield "- " + line.replace(". ", "\\. ", 1)
        else:
            yield "  " + (line.replace(". ", "\\. ", 1) if initials else line)
        before = line.strip()


def prose_lines(lines: list[str]) -> list[bool]:
    """Say which lines are prose, not an example nor inside a directive."""
    result, example, indent = [], False, None
    for line in lines:
        text, depth = line.strip(), len(line) - len(line.lstrip())
        example = bool(text) and (example or text.startswith(">>>"))
        if indent is not None and text and depth <= indent:
            indent = None
        if indent is None and re.match(r"\.\. [a-z-]+::", text):
            indent = depth
        result.append(not example and indent is None)
    return result


def escaped(lines: list[str]) -> list[str]:
    """Return the lines with stars, bars and years that mean themselves."""
    if not lines:
        return []
    parts = MARKUP.split("\n".join(lines))
    parts[::2] = [re.sub(r"(?<!\\)([*|])", r"\\\1", part) for part in parts[::2]]
    return re.sub(r"(?m)^( *)(\(\d{4}\))", r"\1\\\2", "".join(parts)).split("\n")
