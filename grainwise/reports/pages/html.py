"""A report as one page of HTML that needs nothing else: style and pictures are inside."""

import base64
import io
from functools import singledispatch
from html import escape
from typing import Any

from matplotlib import rc_context

from grainwise.reports.pages.blocks import Heading, Items, Numbers, Picture, Report, Table, Text

STYLE = """
:root { --ink: #1d2733; --soft: #5b6875; --line: #dde3e9; --blue: #0b4f8a; --paper: #ffffff;
  --wash: #f4f7fa; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--wash); color: var(--ink);
  font: 16px/1.55 "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 60rem; margin: 2.5rem auto; background: var(--paper); padding: 3rem 4rem 3.5rem;
  border: 1px solid var(--line); border-radius: 6px; }
header { border-bottom: 3px solid var(--blue); margin-bottom: 1.8rem; padding-bottom: .9rem; }
h1 { font: 600 2.1rem/1.2 Georgia, "Source Serif 4", serif; margin: 0 0 .3rem; }
h2 { font: 600 1.3rem/1.3 Georgia, "Source Serif 4", serif; margin: 2.6rem 0 .7rem;
  color: var(--blue); }
p { margin: .6rem 0; max-width: 46rem; } header p { margin: 0; color: var(--soft); }
p.lead { font-size: 1.13rem; line-height: 1.6; }
p.small, figcaption, caption { color: var(--soft); font-size: .9rem; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .9rem;
  margin: 1.6rem 0; padding: 0; }
.numbers div { background: var(--wash); border-left: 3px solid var(--blue); border-radius: 3px;
  padding: .8rem 1rem; }
.numbers dt { color: var(--soft); font-size: .85rem; }
.numbers dd { margin: .1rem 0 0; } .numbers dd.value { font: 600 1.5rem/1.3 Georgia, serif; }
.numbers dd.about { color: var(--soft); font-size: .85rem; line-height: 1.35; }
figure { margin: 1.4rem 0; } figure img { width: 100%; height: auto; display: block; }
figcaption { margin-top: .5rem; max-width: 46rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; width: 100%;
  font-size: .93rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .5rem; caption-side: top; }
th, td { padding: .38rem .7rem; text-align: right; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
ul { padding-left: 1.2rem; max-width: 48rem; } li { margin: .3rem 0; overflow-wrap: anywhere; }
@media (max-width: 46rem) { main { margin: 0; padding: 1.4rem 1.2rem; border: 0; } }
@media print { body { background: #fff; } main { border: 0; margin: 0; padding: 0; }
  main { max-width: none; } figure, table, .numbers { break-inside: avoid; }
  h2 { break-after: avoid; } }
"""


def as_html(report: Report) -> bytes:
    """Return the page."""
    parts = "\n".join(_shown(block) for block in report.blocks)
    title = escape(report.title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>{title}</h1><p>{escape(report.subtitle)}</p></header>\n"
        f"{parts}\n</main>\n</body>\n</html>\n"
    ).encode()


@singledispatch
def _shown(block: Any) -> str:
    raise TypeError(f"no block of a report: {block!r}")


@_shown.register
def _(block: Heading) -> str:
    return f"<h2>{escape(block.text)}</h2>"


@_shown.register
def _(block: Text) -> str:
    return f'<p class="{block.weight}">{escape(block.text)}</p>'


@_shown.register
def _(block: Numbers) -> str:
    boxes = (
        f'<div><dt>{escape(what)}</dt><dd class="value">{escape(value)}</dd>'
        f'<dd class="about">{escape(about)}</dd></div>'
        for what, value, about in block.entries
    )
    return f'<dl class="numbers">{"".join(boxes)}</dl>'


@_shown.register
def _(block: Table) -> str:
    caption = f"<caption>{escape(block.caption)}</caption>" if block.caption else ""
    head = "".join(f"<th>{escape(column)}</th>" for column in block.columns)
    rows = (f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>" for row in block.rows)
    body = "\n".join(rows)
    return (
        f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


@_shown.register
def _(block: Picture) -> str:
    held = io.BytesIO()
    with rc_context({"svg.hashsalt": "grainwise"}):  # else names inside are drawn at random
        block.figure.savefig(held, format="svg", metadata={"Date": None})
    inside = base64.b64encode(held.getvalue()).decode()
    about = escape(block.caption)
    return (
        f'<figure><img alt="{about}" src="data:image/svg+xml;base64,{inside}">'
        f"<figcaption>{about}</figcaption></figure>"
    )


@_shown.register
def _(block: Items) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in block.texts)}</ul>"
