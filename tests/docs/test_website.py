"""The website is built with warnings as errors, and opened in a real browser."""

import importlib.util
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from docs.matlab_cells import matlab_cells
from docs.reference_pages import pages, public_functions, summary, topics
from paper_figures.catalogue import FIGURES
from tests.browsing import missing
from toolbox.core.packages import PUBLIC

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]
WITH_FORMULAS = [  # of the reference, the pages whose formulas use most of what LaTeX has
    *(f"five_minutes/{package}.html" for package in PUBLIC),
    "honesty.html",
    "methods/confidence.html",
    "topics/explanations.html",
    "reference/synthesis/quality.html",
    "reference/synthesis/phase_randomised.html",
    "reference/confidence/brier.html",
    "reference/confidence/sequential_stopping.html",
    "reference/toolbox/wavelet_leaders.html",
]
PLAIN = [
    "index.html",
    "install.html",
    "command_line.html",
    "tutorial.html",
    "matlab.html",
    "matlab_start.html",
    "methods/index.html",
    "expert_page.html",
    "reproducibility.html",
    "extending/statistic.html",
    "reference/index.html",
    "reference/toolbox.html",
    "reference/toolbox/describe.html",
    "gallery/index.html",
    "gallery/conformal_coverage.html",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for module in ("sphinx", "furo", "myst_parser", "numpydoc", "sphinx_gallery"):
        if importlib.util.find_spec(module) is None:
            missing(f"{module} (the extra [docs])")
    folder = tmp_path_factory.mktemp("website")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", folder / "trees"]
    run = subprocess.run(
        [*command, ROOT / "docs", folder / "html"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return folder / "html"


@contextmanager
def opened(browser, site, address):
    """Open a page; whatever it asks for outside of the site, or complains about, is an error."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    page.goto(f"{site.as_uri()}/{address}", wait_until="load")
    yield page
    home = (site.as_uri(), "data:", "blob:")
    assert [url for url in asked if not url.startswith(home)] == []
    assert said == []
    page.close()


@pytest.mark.parametrize("address", WITH_FORMULAS)
def test_formulas_are_rendered_and_nothing_is_fetched(browser, site, address):
    with opened(browser, site, address) as page:
        page.evaluate("() => MathJax.startup.promise")
        written = page.locator(".math").count()
        assert written > 0
        assert page.locator(".math > mjx-container > svg").count() == written
        assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
        assert pictures(page) == []


@pytest.mark.parametrize("address", PLAIN)
def test_pages_open_without_a_request_to_the_world(browser, site, address):
    with opened(browser, site, address) as page:
        assert page.locator("h1").first.inner_text()
        assert pictures(page) == []


def test_a_button_copies_the_statements_of_an_example(browser, site):
    with opened(browser, site, "reference/toolbox/describe.html") as page:
        page.evaluate("() => { window.copied = text => { window.taken = text; } }")
        example = page.locator("div[class*=highlight-]", has_text=">>>").first
        example.locator(".copy-button").click()
        taken = page.evaluate("() => window.taken")
        assert taken.startswith("import numpy as np, toolbox\n")
        assert ">>>" not in taken


def pictures(page):
    """Return the pictures that are not shown, once those further down have been asked for."""
    page.evaluate("() => document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    page.wait_for_function("() => [...document.images].every(i => i.complete)")
    return page.evaluate("() => [...document.images].filter(i => !i.naturalWidth).map(i => i.src)")


def test_a_search_finds_a_function(browser, site):
    with opened(browser, site, "search.html?q=conformal_sets") as page:
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results").inner_html()
        assert "reference/confidence/conformal_sets.html" in found


def test_no_page_names_anything_outside_to_load(site):
    outside = re.compile(r"<(?:script|img|iframe)[^>]*\bsrc=\"(?:https?:)?//[^\"]*\"")
    linked = re.compile(r"<link[^>]*\bhref=\"(?:https?:)?//[^\"]*\"")
    pages = list(site.rglob("*.html"))
    assert len(pages) > 80
    for page in pages:
        text = page.read_text()
        assert not outside.search(text), page
        assert not linked.search(text), page
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", style.read_text()), style


def test_every_figure_has_its_page_with_claims_and_script(site):
    for name in FIGURES:
        text = (site / "gallery" / f"{name}.html").read_text()
        assert f"pictures/{name}.webp" in text or f"_images/{name}.webp" in text
        assert "def compute" in re.sub(r"<[^>]+>", "", text)


def test_every_public_function_is_shown_with_its_example_at_its_own_address(site):
    for name in public_functions():
        text = (site / "reference" / f"{name.replace('.', '/')}.html").read_text()
        assert f'id="{name}"' in text, name
        assert "&gt;&gt;&gt;" in text.partition(f'id="{name}"')[2], name


def test_every_record_is_shown_on_a_page(site):
    for package in PUBLIC:
        for page, names in pages(package).items():
            text = (site / "reference" / package / f"{page}.html").read_text()
            for name in names:
                assert f'id="{package}.{name}"' in text, name


def test_functions_show_their_matlab_example(site):
    for name in public_functions():
        package, _, function = name.partition(".")
        text = (site / "reference" / package / f"{function}.html").read_text()
        shown = function in matlab_cells(package)
        assert text.count("In MATLAB or Octave</p>") == shown, name
        assert shown or re.search(r"Python[ -]only", text), name


LISTED = """headings => headings.map(h => [
    h.firstChild.textContent.replace("\u2019", "'"),
    [...h.parentElement.querySelectorAll("td:first-child a")].map(a => a.title),
])"""


@pytest.mark.parametrize("package", PUBLIC)
def test_a_package_lists_its_names_by_topic(package, browser, site):
    with opened(browser, site, f"reference/{package}.html") as page:
        listed = page.locator("article h2").evaluate_all(LISTED)
    assert listed == [
        [summary(folder).rstrip("."), [f"{package}.{name}" for name in names]]
        for folder, names in topics(package).items()
    ]
