"""The website's pages: their code runs, in Python and in Octave, and their pictures are there."""

import importlib.util
import inspect
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from docs.command_tables import section
from docs.docstring_text import escape
from docs.matlab_cells import matlab_cells
from docs.page_outputs import outputs, with_outputs
from docs.page_outputs import pages as with_python
from docs.reference_pages import entry, pages, public_functions, record_names, topics
from docs.thumbnails import PANELS, thumbnail
from grainwise.__main__ import VERBS, function_of
from paper_figures.catalogue import FIGURES
from tests.browsing import missing
from tests.octave.octave import octave
from toolbox.core.packages import PUBLIC, SHIPPED

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if not {"_build", "measured"} & set(p.parts))
FIVE_MINUTES = DOCS / "five_minutes"
PICTURES = DOCS / "pictures"
LARGEST = 150_000
NUMBER = r"[-+]?\d*\.?\d+(?:e[-+]?\d+)?"


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("page", with_python(), ids=lambda p: p.stem)
@pytest.mark.usefixtures("compiled_in_haste")
def test_the_python_of_a_page_prints_what_stands_under_it(page):
    found = outputs(page.read_text())
    assert any(now for now, _ in found)
    for now, kept in found:  # the same words; numbers as far as another processor agrees
        assert re.sub(NUMBER, "#", now).split() == re.sub(NUMBER, "#", kept).split()
        of_now, of_kept = ([float(x) for x in re.findall(NUMBER, text)] for text in (now, kept))
        assert of_now == pytest.approx(of_kept, rel=0.05, abs=0.02)


def test_outputs_are_put_under_what_prints_them():
    page = "a\n```python\nx = 2\n```\nb\n```python\nprint(x)\n```\n\n```text\n1\n```\nc\n"
    assert outputs(page) == [("", ""), ("2\n", "1\n")]
    assert with_outputs(page) == page.replace("text\n1", "text\n2")
    bare = page.replace("\n```text\n1\n```\n", "")
    assert with_outputs(bare) == with_outputs(page)


def test_every_verb_has_its_section_with_every_option():
    if importlib.util.find_spec("numpydoc") is None:
        missing("numpydoc (the extra [docs])")
    for verb in VERBS:
        text = section(verb)
        function = function_of(verb)
        for name, parameter in inspect.signature(function).parameters.items():
            option = parameter.kind == parameter.KEYWORD_ONLY
            typed = f"--{name.replace('_', '-')}" if option else name.upper()
            assert f"| `{typed}` |" in text, (verb, name)


def test_a_thumbnail_is_a_readable_part_of_its_figure(tmp_path):
    assert set(PANELS) == set(FIGURES)
    for name in FIGURES:
        thumbnail(PICTURES / f"{name}.webp", tmp_path / "small.webp")
        with Image.open(tmp_path / "small.webp") as small:
            # The box is 400 x 260: what is shrunk to less than a third cannot be read.
            assert min(400 / small.width, 260 / small.height) > 1 / 3, name


@pytest.mark.parametrize("package", PUBLIC)
def test_a_packages_page_has_an_equation_a_picture_and_short_code(package):
    page = FIVE_MINUTES / f"{package}.md"
    text = page.read_text()
    assert "$$" in text
    assert "](../pictures/" in text
    (python,), (matlab,) = blocks(page, "python"), blocks(page, "matlab")
    code = [line for line in python.splitlines() if line and not line.startswith("import")]
    assert len(code) <= 10
    assert f"'{package}." in matlab


def test_the_matlab_of_the_pages_runs_in_octave():
    code = [blocks(FIVE_MINUTES / f"{package}.md", "matlab")[0] for package in PUBLIC]
    code.append(blocks(DOCS / "matlab.md", "matlab")[1])  # after the first, which sets a path
    code += blocks(DOCS / "matlab_start.md", "matlab")
    said = octave("\n".join(code))  # in one session: Python is started once
    assert "index" in said
    assert "right" in said
    assert "x: wanted" in said or "dim" in said  # the mistake that the first hour shows
    assert "of the training images are told" in said


def test_what_a_page_points_to_is_there():
    for page in PAGES:
        for target in re.findall(r"\]\(([\w./]+)\)", page.read_text()):
            made = {"gallery", "reference", "methods"} & set(target.split("/"))
            assert made or (page.parent / target).is_file(), (page.name, target)


def test_files_and_folders_that_a_page_names_are_there():
    root = DOCS.parent
    ours = "|".join((*SHIPPED, "paper_figures", "tests", "benchmarks", "docs", "octave"))
    made = re.compile(r"docs/_build|paper_figures/(out|cache)")
    named = 0
    for page in (*PAGES, root / "README.md"):
        for path in re.findall(rf"`((?:{ours})/[\w./-]+)`", page.read_text()):
            assert made.match(path) or (root / path).exists(), (page.name, path)
            named += 1
    assert named > 50


def test_pictures_are_small_and_those_of_all_figures():
    for picture in PICTURES.glob("*.webp"):
        assert picture.stat().st_size <= LARGEST, picture.name
    for name in FIGURES:
        kept = json.loads((PICTURES / f"{name}.json").read_text())
        assert (PICTURES / f"{name}.webp").is_file()
        assert kept["mode"] == "quick"
        assert kept["table"].strip()


def test_every_public_name_has_its_place_in_the_reference():
    for package in PUBLIC:
        placed = pages(package)
        every = sorted(importlib.import_module(package).__all__)
        assert sorted(name for names in placed.values() for name in names) == every
        assert len({page.lower() for page in placed}) == len(placed)  # some disks know no case
        for names in placed.values():
            text = entry(package, names)
            for name in names:
                assert re.search(rf":: ({package}\.)?{name}$", text, flags=re.MULTILINE), name
    assert "toolbox.describe" in public_functions()
    assert record_names()["Description"] == "toolbox.Description"


def test_a_record_stands_with_its_function_and_alone_where_several_return_it():
    of_toolbox = pages("toolbox")
    assert of_toolbox["describe"] == ["describe", "Description"]
    assert of_toolbox["multifractal"] == ["multifractal", "Multifractal"]
    assert of_toolbox["calibrate"] == ["calibrate"]
    assert of_toolbox["Process"] == ["Process"]
    assert pages("similarity")["evidence"] == ["evidence", "Evidence"]


def test_a_topic_is_a_folder():
    folders = topics("toolbox")
    assert folders["toolbox.processes"][:2] == ["fractional_field", "multifractal_field"]
    assert folders["toolbox.processes"][-1] == "Process"
    assert folders["toolbox.multifractals.fitted_model"][0] == "calibrate"
    listed = [name for names in folders.values() for name in names]
    assert sorted([*listed, "InputError"]) == sorted(importlib.import_module("toolbox").__all__)


def test_stars_and_bars_are_escaped_outside_of_markup():
    lines = [
        "Of shape (n, *space), |u| large; ``*kept``, :math:`|a|` and `a*b`.",
        "",
        ".. math:: |x|",
        "   + |y|",
        "",
        "Then |z| of Jones",
        "(1988). More.",
        "",
        ">>> 2 * 3",
        "6 * 1",
    ]
    escape(None, "function", "f", None, None, lines)
    assert lines == [
        r"Of shape (n, \*space), \|u\| large; ``*kept``, :math:`|a|` and `a*b`.",
        "",
        ".. math:: |x|",
        "   + |y|",
        "",
        r"Then \|z\| of Jones",
        r"\(1988). More.",
        "",
        ">>> 2 * 3",
        "6 * 1",
    ]


def test_cells_of_a_matlab_script(tmp_path, monkeypatch):
    monkeypatch.setattr("docs.matlab_cells.SCRIPTS", tmp_path)
    script = "x = 1;\n%% some.first - what it is\ny = 2;\n\n%% some.second\nz = 3;  %% kept\n"
    (tmp_path / "some.m").write_text(script)
    assert matlab_cells("some") == {"first": "y = 2;", "second": "z = 3;  %% kept"}
    assert matlab_cells("absent") == {}


def test_references_are_items_of_a_list():
    lines = ["References", "----------", "K. One, L. Two, 1990,", "M. Pages.", "L. Three.", ""]
    escape(None, "function", "f", None, None, lines)
    assert lines[2:] == ["- K\\. One, L. Two, 1990,", "  M\\. Pages.", "- L\\. Three.", ""]


def test_the_error_is_named_fully():
    lines = ["Raises", "------", "InputError", "    When InputError."]
    escape(None, "function", "f", None, None, lines)
    assert lines[2:] == ["toolbox.InputError", "    When InputError."]
