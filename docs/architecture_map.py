"""Draw the map of the packages and list their folders: ``python -m docs.architecture_map``.

Writes ``docs/architecture.svg`` and the list at the end of ``docs/architecture.md``. A test makes
both anew and compares, so that they cannot differ from the contracts and the imports.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from docs.import_map import Folder, imported_from, imports_among, packages
from docs.writing import write_if_new

HERE = Path(__file__).resolve().parent
PAGE, PICTURE = HERE / "architecture.md", HERE / "architecture.svg"
LIST = re.compile(r"(?<=<!-- folders -->\n).*?(?=<!-- end of folders -->)", re.DOTALL)

# Pixels. So wide are a letter of the names, of 11 pixels, and one of the small print, of 10.
LETTER, SMALL_LETTER = 6.1, 5.4
GAP, PAD, LINE = 8, 7, 13
LEAF, TITLE, BETWEEN = 23, 22, 26  # heights: of a box, of a heading, between rows


@dataclass
class Box:
    """A folder as it is drawn."""

    folder: Folder
    rows: list[list["Box"]] = field(default_factory=list)
    print: list[str] = field(default_factory=list)
    width: float = 0
    height: float = LEAF
    left: float = 0
    top: float = 0

    @property
    def middle(self) -> float:
        """Return where lines begin and end."""
        return self.left + self.width / 2

    def inside(self) -> Iterator["Box"]:
        """Yield the boxes right inside."""
        for row in self.rows:
            yield from row


def main() -> None:
    """Write the picture and the list."""
    write_if_new(PICTURE, picture())
    write_if_new(PAGE, with_list(PAGE.read_text()))


def with_list(page: str) -> str:
    """Return the page with the list of folders as they are."""
    return LIST.sub(lambda _: listing(), page)


def listing() -> str:
    """Return every folder with the first line of its docstring."""
    lines = []
    for package in (package for row in packages() for package in row):
        lines.append(f"- **{package.name}**: {package.summary}")
        for folder in package.inside():
            indent = "  " * folder.name.count(".")
            lines.append(f"{indent}- `{folder.name.replace('.', '/')}`: {folder.summary}")
    return "\n".join(lines) + "\n"


# ----------------------------------------------------------------------------------------- places


def measured(folder: Folder, *, is_package: bool = False) -> Box:
    """Return a box as large as what is in it."""
    alone = [folder.alone[i : i + 2] for i in range(0, len(folder.alone), 2)]  # two in a line
    rows = [[measured(child) for child in row] for row in (*folder.rows, *alone)]
    box = Box(folder, rows, width=LETTER * len(folder.short) + 2 * PAD)
    if is_package:
        box.width = max(box.width, 200)
    if rows:
        widest = max(sum(b.width for b in row) + GAP * (len(row) - 1) for row in rows)
        box.width = max(box.width, widest + 2 * PAD)
        box.height = sum(max(b.height for b in row) for row in rows)
        box.height += BETWEEN * (len(rows) - 1) + TITLE + PAD
    return box


def arranged() -> tuple[list[list[Box]], float, float]:
    """Return the packages in rows, all places set, and the size of the picture."""
    rows = [[measured(package, is_package=True) for package in row] for row in packages()]
    width = max(sum(b.width for b in row) + GAP * (len(row) - 1) for row in rows)
    top = GAP
    for row in rows:
        spare = (width - sum(b.width for b in row) - GAP * (len(row) - 1)) / len(row)
        left = GAP
        for box in row:
            box.width += spare
            box.print = small_print(box)
            box.height += LINE * len(box.print)
        tallest = max(box.height for box in row)
        for box in row:
            put(box, left, top)
            box.height = tallest
            left += box.width + GAP
        top += tallest + BETWEEN
    return rows, width + 2 * GAP, top


def small_print(box: Box) -> list[str]:
    """Return what a package is for, and what it imports, in lines of its width."""
    told = []
    for other, folders in imported_from(box.folder.name).items():
        upwards = stands_above(other, box.folder.name)
        told.append(": ".join([other, ", ".join(folders)]) if folders else other)
        told[-1] += " (upwards: an exception that its contract names)" if upwards else ""
    texts = [box.folder.summary, f"imports {'; '.join(told)}" if told else "imports none of ours"]
    letters = int((box.width - 2 * PAD) / SMALL_LETTER)
    return [line for text in texts for line in textwrap.wrap(text, letters)]


def stands_above(package: str, other: str) -> bool:
    """Say whether a package is in a higher row than another."""
    row = {found.name: i for i, row in enumerate(packages()) for found in row}
    return row[package] < row[other]


def put(box: Box, left: float, top: float) -> None:
    """Set the places of a box and of those inside, each row on one ground line."""
    box.left, box.top = left, top
    ground = top + TITLE + LINE * len(box.print)
    for row in box.rows:
        ground += max(b.height for b in row)
        width = sum(b.width for b in row) + GAP * (len(row) - 1)
        at = left + (box.width - width) / 2
        above = [a.middle for a, b in lines(box) if b in row]
        if len(row) == 1 and above:  # below the middle of those that import it
            wanted = sum(above) / len(above) - width / 2
            at = min(max(wanted, left + PAD), left + box.width - PAD - width)
        for child in row:
            put(child, at, ground - child.height)
            at += child.width + GAP
        ground += BETWEEN


def lines(box: Box) -> list[tuple[Box, Box]]:
    """Return who imports whom inside a box, but for what follows from two other lines."""
    pairs = imports_among(box.folder.name)
    names = {child.folder.short: child for child in box.inside()}
    through = {(a, c) for a, b in pairs for d, c in pairs if b == d}
    return [(names[a], names[b]) for a, b in sorted(pairs - through)]


# ---------------------------------------------------------------------------------------- drawing

STYLE = """
  text { font: 11px 'DejaVu Sans', Verdana, sans-serif; fill: #1a1a1a; text-anchor: middle }
  .name { font-weight: bold; font-size: 12px; text-anchor: start }
  .small { font-size: 10px; fill: #555; text-anchor: start }
  rect { fill: white; stroke: #08519c }
  .package { fill: #f2f6fb; stroke: #9db9d6 }
  .alone { stroke-dasharray: 4 3 }
  line { stroke: #777; marker-end: url(#tip) }
"""
KEY = (
    "What stands higher may import what stands lower, never the reverse: the rows are the import "
    "contracts of the test suite. Lines: who does, read from the files (not where two lines say "
    "it). Dashed: imports none of its sisters."
)


def picture() -> str:
    """Return the map as SVG."""
    rows, width, height = arranged()
    key = textwrap.wrap(KEY, int(width / SMALL_LETTER))
    total = height + LINE * len(key)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {total:.0f}"'
        f' width="{width:.0f}" height="{total:.0f}" role="img">',
        "<title>The packages, their folders, and what imports what</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#777"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{total:.0f}" stroke="none" style="stroke: none"/>',
    ]
    for box in (box for row in rows for box in row):
        parts += drawn(box, "package")
    for i, line in enumerate(key):
        parts.append(text(line, GAP, height - GAP / 2 + LINE * i, "small"))
    return "\n".join([*parts, "</svg>\n"])


def drawn(box: Box, kind: str) -> Iterator[str]:
    """Yield a box, its texts, the lines inside and then what they lead to."""
    place = f'x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}"'
    yield f'<rect class="{kind}" {place} height="{box.height:.1f}" rx="4"/>'
    if kind == "package":
        yield text(box.folder.name, box.left + PAD, box.top + 16, "name")
    else:
        yield text(box.folder.short, box.middle, box.top + 15.5)
    for i, line in enumerate(box.print):
        yield text(line, box.left + PAD, box.top + TITLE + 8 + LINE * i, "small")
    for upper, lower in lines(box):
        start = f'x1="{upper.middle:.1f}" y1="{upper.top + upper.height:.1f}"'
        yield f'<line {start} x2="{lower.middle:.1f}" y2="{lower.top:.1f}"/>'
    for child in box.inside():
        yield from drawn(child, "alone" if child.folder in box.folder.alone else "folder")


def text(words: str, x: float, y: float, kind: str = "") -> str:
    """Return one line of text."""
    of_kind = f' class="{kind}"' if kind else ""
    return f'<text{of_kind} x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


if __name__ == "__main__":
    main()
