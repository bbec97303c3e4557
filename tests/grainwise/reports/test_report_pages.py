"""Pages of any report: what they hold and round, and what the commands refuse."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from grainwise.__main__ import main
from grainwise.reports.pages.blocks import Heading, Items, Numbers, Picture, Report, Table, Text
from grainwise.reports.pages.html import as_html
from grainwise.reports.pages.pdf import as_pdf, pages_of
from grainwise.reports.pages.wording import decimals, percent


def test_pages_escape_what_files_are_called_and_hold_every_block():
    figure = Figure(figsize=(4, 2))
    figure.subplots().plot([0, 1])
    report = Report(
        "A <b>title</b>",
        "x & y",
        [
            Heading("Seen <i>"),
            Text("plain $5 & <script>alert(1)</script>"),
            Numbers([("what", "1", "of it")]),
            Table(["", "value"], [[f"row {k}", str(k)] for k in range(60)], "a caption"),
            Picture(figure, 'a "picture"'),
            Items(["one", "two" * 80]),
        ],
    )
    page = as_html(report).decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert as_pdf(report).count(b"/Type /Page\n") + as_pdf(report).count(b"/Type /Page ") >= 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fetal", "nowhere"], "path: wanted an existing file or folder"),
        (["papers", "nowhere"], "path: wanted an existing file or folder"),
        (["fetal", ".", "--ph", "71"], "ph: wanted a number"),
        (["papers", ".", "--tolerance", "2"], "tolerance: wanted a number"),
        (["fetal", ".", "--out", "no/such/place"], "out: wanted a folder"),
        (["papers", ".", "--out", "."], "out: wanted another folder than that of the files"),
        (["papers", "."], "path: wanted at least one image"),
        (["fetal", "."], "path: wanted a folder with .hea headers"),
    ],
)
def test_what_is_wrong_is_one_line(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert capsys.readouterr().err.startswith(f"grainwise: {said}")
    assert list(tmp_path.iterdir()) == []  # what is refused leaves nothing


def test_a_share_is_rounded_once():
    assert (decimals(0.615), percent(0.615)) == ("0.61", "61%")
    for share in np.arange(2001) / 2000:
        assert percent(share) == f"{float(decimals(share)) * 100:.0f}%"


def test_no_page_is_left_half_blank():
    """A picture that does not fit shrinks, and a table goes on on the next page under its head."""
    figure = Figure(figsize=(6, 6))
    blocks = [Text("x " * 1050), Picture(figure, ""), Table(["a", "b"], [["1", "2"]] * 40)]
    pages = pages_of(Report("t", "s", blocks))
    assert len(pages) == 2
    assert len(pages[0].axes) == 1
    heads = [sum(text.get_text() == "a" for text in page.texts) for page in pages]
    assert heads == [0, 1]
