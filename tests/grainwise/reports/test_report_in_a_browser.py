"""A report as a reader sees it, in a real Chromium: whole, on a wide screen and on a telephone."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from grainwise.reports.pages.blocks import Heading, Items, Numbers, Picture, Report, Table, Text
from grainwise.reports.pages.html import as_html
from tests.browsing import chromium

pytestmark = pytest.mark.docs


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    figure = Figure(figsize=(10, 3))
    figure.subplots().plot(np.sin(np.arange(60)))
    rows = [[f"a feature of many words, number {k}", "1.00 [0.50, 2.00]", "x"] for k in range(12)]
    blocks = [
        Text("What was found. " * 12, "lead"),
        Numbers([(name, "552", "of them") for name in ("recordings", "lost", "cases", "AUC")]),
        Heading("A section"),
        Picture(figure, "what it shows"),
        Table(["", "cases", "others"], rows, "a caption"),
        Items(["file.hea: " + "/a/long/path" * 20, "another"]),
    ]
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(as_html(Report("A report", "of births", blocks)))
    return path


@pytest.mark.parametrize("width", [1200, 380])
def test_a_report_is_whole_and_asks_for_nothing(page, width):
    asked, said = [], []
    with chromium() as (browser, options):
        opened = browser.launch(**options)
        shown = opened.new_page(viewport={"width": width, "height": 800})
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: said.append(message.text))
        shown.goto(page.as_uri())
        wide = shown.evaluate("document.documentElement.scrollWidth")
        sizes = shown.evaluate("[...document.images].map(i => [i.naturalWidth, i.clientWidth])")
        text = shown.inner_text("main")
        opened.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert wide <= width
    assert all(natural > 0 and 0 < seen <= width for natural, seen in sizes)
    for word in ("A report", "552", "A section", "what it shows", "number 11", "another"):
        assert word in text
