"""What a report is made of, in its order: headings, text, tables, pictures, lists."""

from typing import Any, NamedTuple


class Heading(NamedTuple):
    """The title of a section."""

    text: str


class Text(NamedTuple):
    """A paragraph; `weight` is "plain", "lead" for the first answer, or "small" for remarks."""

    text: str
    weight: str = "plain"


class Numbers(NamedTuple):
    """Few figures that are seen first: (what, value, what to know of it)."""

    entries: list[tuple[str, str, str]]


class Table(NamedTuple):
    """Rows of text under columns; the first column stands left, the others right."""

    columns: list[str]
    rows: list[list[str]]
    caption: str = ""


class Picture(NamedTuple):
    """A matplotlib Figure with what it shows."""

    figure: Any
    caption: str


class Items(NamedTuple):
    """A list, such as of files that were left out."""

    texts: list[str]


class Report(NamedTuple):
    """A report: its title, what it is of, and its blocks."""

    title: str
    subtitle: str
    blocks: list[Heading | Text | Numbers | Table | Picture | Items]
