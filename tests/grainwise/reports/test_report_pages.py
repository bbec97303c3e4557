"""Pages of any report: what they hold and round, and what the commands refuse."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from grainwise.__main__ import main
from grainwise.reports.fetal.pictures import traces
from grainwise.reports.pages.blocks import Heading, Items, Numbers, Picture, Report, Table, Text
from grainwise.reports.pages.html import as_html
from grainwise.reports.pages.pdf import as_pdf, pages_of
from grainwise.reports.pages.wording import decimals, percent
from grainwise.reports.papers.pictures import contacts
from grainwise.reports.papers.report import _contacts_caption
from toolbox import fetal_features, fetal_heart_rates


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


def test_what_fits_on_a_page_is_not_torn():
    """A table of 20 rows, and remarks with their bullets, begin on the page that holds them."""
    rows = [[f"row {k}", "1"] for k in range(20)]
    many = Items(["word " * 60] * 12)
    blocks = [Text("x " * 2500), Table(["a", "b"], rows, "caption"), many]
    pages = pages_of(Report("t", "s", blocks))
    found = [[text.get_text() for text in page.texts] for page in pages]
    whole = next(page for page in found if "row 0" in page)
    assert {row[0] for row in rows} <= set(whole)
    assert sum(page.count("•") for page in found) == 12
    for page in found:  # each bullet stands before the 60 words of its remark, on its page
        parts = " ".join(page).split("•")[1:]
        assert [part.count("word") for part in parts] == [60] * len(parts)


def test_every_group_of_a_sheet_of_contacts_has_its_frame():
    values = np.random.default_rng(0).random((40, 20, 20))
    groups = [("cluster 1", np.arange(25)), ("cluster 2", np.arange(25, 32)), ("c", [32, 33])]
    drawn = contacts(values, groups)
    framed = [axes.spines["left"].get_edgecolor() for axes in drawn.axes if axes.images]
    assert [axes.get_title(loc="left") for axes in drawn.axes if axes.images].index(
        "cluster 2"
    ) == 10
    assert len(framed) == 19
    assert [framed[k] == framed[k + 1] for k in range(18)].count(False) == 2
    said = _contacts_caption(groups)
    assert "Shown are 19 of 34 images, at most 10 of a cluster, and 3 of 3 clusters" in said
    assert "Shown are" not in _contacts_caption(groups[1:])


@pytest.mark.parametrize(("minutes", "first"), [(10, -10), (40, -40), (90, -40)])
def test_a_trace_has_the_minutes_that_it_shows(minutes, first):
    births = fetal_heart_rates(n=1, minutes=minutes, rate=1, seed=0)
    recordings = SimpleNamespace(
        heart_rate=births.heart_rate, contractions=births.contractions, rate=np.ones(1)
    )
    drawn = traces(recordings, fetal_features(births), [0], ["a"])
    axes = drawn.axes[1]
    assert axes.get_xlim() == (first, 0)
    ticks = axes.get_xticks()
    assert min(ticks) == first
    assert [label.get_text() for label in axes.get_xticklabels()] == [f"{-t:.0f}" for t in ticks]
    assert {*ticks, *axes.get_xticks(minor=True)} == set(range(first, 1))
