"""The website, built by `make docs`: nothing is fetched, then or when it is read."""

import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

from numpydoc.xref import DEFAULT_LINKS  # noqa: E402

from docs.command_tables import write_commands  # noqa: E402
from docs.docstring_text import escape  # noqa: E402
from docs.gallery_pages import write_gallery  # noqa: E402
from docs.matlab_cells import append_cell  # noqa: E402
from docs.measured_tables import write_tables  # noqa: E402
from docs.method_pages import write_methods  # noqa: E402
from docs.reference_pages import record_names, without_fields, write_reference  # noqa: E402

DEFAULT_LINKS.clear()  # numpydoc would link "bool" and "sequence" to the sites of other projects

project = "grainwise"
author = "the grainwise developers"
copyright = "2026, the grainwise developers"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery_source", "measured", "pictures"]
default_role = "py:obj"

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

autosummary_generate = False  # reference_pages.py writes the pages that the tables point to
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_aliases = record_names()
numpydoc_xref_ignore = "all"

# MathJax 3 with its fonts in one file; the menu would offer parts that are not here.
mathjax_path = "mathjax/tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"fontCache": "local"}}
myst_update_mathjax = False

# The scripts are shown, not run: their pictures are those of docs/pictures.
sphinx_gallery_conf = {
    "examples_dirs": ["gallery_source"],
    "gallery_dirs": ["gallery"],
    "plot_gallery": False,
    "within_subsection_order": "docs.gallery_pages.FigureOrder",
    "write_computation_times": False,
    "download_all_examples": False,
    "notebook_extensions": set(),
    "show_signature": False,
    "min_reported_time": 1e9,
    "remove_config_comments": True,
    "thumbnail_size": (400, 260),
}

html_theme = "furo"
html_title = f"grainwise {version}"
html_static_path = ["_static"]
html_css_files = ["grainwise.css"]
html_js_files = ["copy_buttons.js"]
html_copy_source = False
html_show_search_summary = False  # a browser does not let a page from the disk fetch another
html_show_sourcelink = False
html_show_sphinx = False


def setup(app: object) -> None:
    """Write the pages that are made from the packages, and hook in what docstrings are given."""
    write_reference(DOCS / "reference")
    write_methods(DOCS / "methods")
    write_gallery(DOCS / "gallery_source", DOCS / "gallery")
    write_tables(DOCS / "measured")
    write_commands(DOCS / "measured")
    app.connect("autodoc-process-docstring", escape, priority=100)  # before numpydoc's, at 500
    app.connect("autodoc-process-docstring", append_cell, priority=900)
    app.connect("autodoc-process-signature", without_fields)
