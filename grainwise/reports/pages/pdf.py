"""A report as pages of A4, drawn by matplotlib."""

import io
import textwrap
from functools import singledispatchmethod
from typing import Any

import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Rectangle

from grainwise.reports.pages.blocks import Heading, Items, Numbers, Picture, Report, Table, Text

WIDE, HIGH = 8.27, 11.69  # inches of A4
LEFT, TOP, BOTTOM = 0.9, 0.9, 0.9
WITHIN = WIDE - 2 * LEFT
INK, SOFT, BLUE, WASH = "#1d2733", "#5b6875", "#0b4f8a", "#f4f7fa"
POINT = 1 / 72  # inches
LETTER = 0.49  # mean width of a letter, in sizes of the type
DOTS = 220  # an inch, of pictures
ROWS = 44  # of a table: the rest stands in the table beside the report
TOGETHER = 8  # rows of a table that begin it on a page, where it is longer than one
BLANK = 0.5  # of a page: so much rather stays empty than that a table, or a remark, is torn
SHRUNK = 0.6  # of its height: a picture rather shrinks to this than leave half a page blank


class _Pages:
    """Pages on which blocks stand under each other."""

    def __init__(self, report: Report) -> None:
        self.report, self.pages = report, []
        self._turn()

    def _turn(self) -> None:
        self.page = Figure(figsize=(WIDE, HIGH))
        self.pages.append(self.page)
        self.y = HIGH - TOP
        number = f"{self.report.title}   {len(self.pages)}"
        self.page.text(LEFT / WIDE, 0.45 / HIGH, number, size=8, color=SOFT)

    def _need(self, height: float) -> None:
        if self.y - height < BOTTOM and self.y < HIGH - TOP:
            self._turn()

    def line(self, text: str, size: float = 10, after: float = 1.45, **look: Any) -> None:
        """Write one line and go down by it."""
        self._need(size * after * POINT)
        self.y -= size * after * POINT
        place = (look.pop("x", LEFT) / WIDE, self.y / HIGH)
        look = {"color": INK, "family": "DejaVu Sans"} | look
        self.page.text(*place, text.replace("$", r"\$"), size=size, **look)

    def lines(self, text: str, size: float, **look: Any) -> None:
        """Write a paragraph, its lines as long as the page is wide."""
        for row in _wrapped(text, size, look.get("x", LEFT)):
            self.line(row, size, **look)

    @singledispatchmethod
    def add(self, block: Any) -> None:
        """Draw a block."""
        raise TypeError(f"no block of a report: {block!r}")

    @add.register
    def _(self, block: Heading) -> None:
        self.y -= 0.22
        self.line(block.text, 14, color=BLUE, family="DejaVu Serif", weight="bold")
        self.y -= 0.05

    def keep_together(self, block: Any, following: Any) -> None:
        """Turn the page where a block, or a heading with what follows it, would be torn.

        A table that a page holds is not torn, unless half a page and more would stay empty.
        """
        page = HIGH - TOP - BOTTOM
        alone = following if isinstance(block, Heading) else block
        head = 0.6 * isinstance(block, Heading)
        whole = _table_height(alone) + head if isinstance(alone, Table) else 0.0
        if whole <= page and self.y - BOTTOM < BLANK * page:
            self._need(whole)
        self._need(min(_height(alone) + head, page))

    @add.register
    def _(self, block: Text) -> None:
        size = {"lead": 11, "small": 8.5}.get(block.weight, 9.5)
        self.lines(block.text, size, color=SOFT if block.weight == "small" else INK)
        self.y -= 0.09

    @add.register
    def _(self, block: Numbers) -> None:
        each = WITHIN / len(block.entries)
        self._need(1.05)
        top, low = self.y - 0.08, self.y - 0.95
        for i, (what, value, about) in enumerate(block.entries):
            left = LEFT + i * each
            self._box(left, low, each - 0.12, top - low)
            for text, y, size, look in (
                (what, top - 0.2, 7.5, {"color": SOFT}),
                (value, top - 0.48, 13, {"family": "DejaVu Serif", "weight": "bold"}),
                *(
                    (row, top - 0.65 - 0.12 * k, 6.5, {"color": SOFT})
                    for k, row in enumerate(textwrap.wrap(about, int(each / 0.058))[:2])
                ),
            ):
                place = ((left + 0.1) / WIDE, y / HIGH)
                self.page.text(*place, text, size=size, **({"color": INK} | look))
        self.y = low - 0.12

    def _box(self, left: float, low: float, wide: float, high: float) -> None:
        for x, w, colour in ((left, wide, WASH), (left, 0.03, BLUE)):
            shape = (x / WIDE, low / HIGH), w / WIDE, high / HIGH
            self.page.add_artist(Rectangle(*shape, color=colour, lw=0))

    @add.register
    def _(self, block: Table) -> None:
        if block.caption:
            self.lines(block.caption, 8.5, color=SOFT)
        self.y -= 0.04
        rows = [block.columns, *block.rows[:ROWS]]
        widths = np.array([max(len(row[i]) for row in rows) + 2 for i in range(len(rows[0]))])
        size = min(8.5, WITHIN / (widths.sum() * 0.62 * POINT))
        edges = LEFT + np.cumsum(widths) * size * 0.62 * POINT
        for k, row in enumerate(rows):
            pages = len(self.pages)
            self._need(size * 1.7 * POINT)
            if k == 0 or len(self.pages) > pages:  # names of columns, again on each page
                self._row(rows[0], edges, size, {"color": SOFT, "weight": "bold"})
            if k:
                self._row(row, edges, size, {"color": INK})
        if len(block.rows) > ROWS:
            self.lines(f"and {len(block.rows) - ROWS} more rows", 8, color=SOFT)
        self.y -= 0.14

    def _row(self, row: list[str], edges: np.ndarray, size: float, look: dict[str, str]) -> None:
        self.y -= size * 1.7 * POINT
        for i, cell in enumerate(row):
            x, side = (LEFT, "left") if i == 0 else (edges[i], "right")
            self.page.text(x / WIDE, self.y / HIGH, cell, size=size, ha=side, **look)

    @add.register
    def _(self, block: Picture) -> None:
        held = io.BytesIO()
        block.figure.savefig(held, format="png", dpi=DOTS)
        held.seek(0)
        picture = imread(held)
        room = self.y - BOTTOM - _caption_height(block.caption) - 0.05
        high = min(_picture_height(block), room)
        wide = high * picture.shape[1] / picture.shape[0]
        self.y -= high + 0.05
        left = LEFT + (WITHIN - wide) / 2
        axes = self.page.add_axes((left / WIDE, self.y / HIGH, wide / WIDE, high / HIGH))
        axes.imshow(picture, aspect="auto", interpolation="antialiased")
        axes.set_axis_off()
        self.lines(block.caption, 8.5, color=SOFT)
        self.y -= 0.1

    @add.register
    def _(self, block: Items) -> None:
        for text in block.texts:
            high = len(_wrapped(text, 9, LEFT + 0.15)) * 9 * 1.45 * POINT
            self._need(min(high, BLANK * (HIGH - TOP - BOTTOM)))  # whole, with its bullet
            place = (LEFT / WIDE, (self.y - 9 * 1.45 * POINT) / HIGH)
            self.page.text(*place, "•", size=9, color=BLUE)
            self.lines(text, 9, x=LEFT + 0.15)
        self.y -= 0.08


def _height(block: Any) -> float:
    """Return about how many inches a block takes; of text, what must not stand alone."""
    if isinstance(block, Picture):
        return SHRUNK * _picture_height(block) + _caption_height(block.caption) + 0.2
    if isinstance(block, Table):
        return _table_height(block._replace(rows=block.rows[:TOGETHER]))
    return 1.0


def _table_height(block: Table) -> float:
    caption = len(_wrapped(block.caption, 8.5, LEFT)) * 8.5 * 1.45 * POINT
    rows = 1 + min(len(block.rows), ROWS) + (len(block.rows) > ROWS)
    return 0.1 + caption + rows * 8.5 * 1.7 * POINT


def _wrapped(text: str, size: float, left: float) -> list[str]:
    """Return the lines of a paragraph that begins `left` inches from the edge of the page."""
    return textwrap.wrap(text, int((WITHIN - left + LEFT) / (size * LETTER * POINT * 1.12)))


def _picture_height(block: Picture) -> float:
    wide, high = block.figure.get_size_inches()
    return min(WITHIN * high / wide, HIGH - TOP - BOTTOM - _caption_height(block.caption) - 0.7)


def _caption_height(caption: str) -> float:
    return len(_wrapped(caption, 8.5, LEFT)) * 8.5 * 1.45 * POINT + 0.15


def pages_of(report: Report) -> list[Figure]:
    """Return the pages, a figure each."""
    pages = _Pages(report)
    pages.line(report.title, 20, family="DejaVu Serif", weight="bold")
    pages.line(report.subtitle, 9, color=SOFT, after=2)
    pages.y -= 0.12
    for block, following in zip(report.blocks, [*report.blocks[1:], None], strict=True):
        pages.keep_together(block, following)
        pages.add(block)
    return pages.pages


def as_pdf(report: Report) -> bytes:
    """Return the pages as a file."""
    held = io.BytesIO()
    about = {"Title": report.title, "CreationDate": None}
    with PdfPages(held, metadata=about) as file:
        for page in pages_of(report):
            file.savefig(page)
    return held.getvalue()
