"""The map of the packages is that of the contracts and of the imports, and the page holds it."""

import re
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import grimp
import pytest

from docs import architecture_map, import_map
from toolbox.core.packages import SHIPPED

ROOT = import_map.ROOT
MAKE = "python -m docs.architecture_map makes it anew"


def test_the_committed_map_is_that_of_the_code():
    assert architecture_map.PICTURE.read_text() == architecture_map.picture(), MAKE
    page = architecture_map.PAGE.read_text()
    assert page == architecture_map.with_list(page), MAKE


def every_folder():
    packages = [package for row in import_map.packages() for package in row]
    return [folder for package in packages for folder in (package, *package.inside())]


def test_every_folder_of_the_packages_is_on_it_once():
    names = [folder.name for folder in every_folder()]
    files = [p for package in (*SHIPPED, "paper_figures") for p in (ROOT / package).rglob("*.py")]
    folders = {".".join(path.relative_to(ROOT).parent.parts) for path in files}
    assert sorted(names) == sorted(folders)
    texts = ET.fromstring(architecture_map.picture()).iter("{http://www.w3.org/2000/svg}text")
    drawn = sorted(text.text for text in texts if text.get("class") != "small")
    assert drawn == sorted(folder.short for folder in every_folder())


def closure(pairs):
    """Return who reaches whom."""
    reached = set(pairs)
    while True:
        further = {(a, d) for a, b in reached for c, d in reached if b == c} - reached
        if not further:
            return reached
        reached |= further


def test_its_lines_are_the_imports_that_another_library_finds(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    graph = grimp.build_graph(*SHIPPED, "paper_figures", cache_dir=None)
    lines = 0
    for folder in every_folder():
        rows = (*folder.rows, folder.alone)
        children = {child.name: child.short for row in rows for child in row}
        found = {
            (short, children[other])
            for name, short in children.items()
            for module in {name, *graph.find_descendants(name)}
            for imported in graph.find_modules_directly_imported_by(module)
            for other in children
            if other != name and f"{imported}.".startswith(f"{other}.")
        }
        drawn = architecture_map.lines(architecture_map.measured(folder))
        drawn = {(a.folder.short, b.folder.short) for a, b in drawn}
        assert closure(drawn) == closure(found), folder.name
        lines += len(drawn)
    assert lines > 20


def test_lines_lead_downwards_and_boxes_stay_apart():
    rows, width, height = architecture_map.arranged()
    waiting = [box for row in rows for box in row]
    for upper, lower in pairwise(rows):
        assert max(b.top + b.height for b in upper) < min(b.top for b in lower)
    while waiting:
        box = waiting.pop()
        assert box.left >= 0
        assert box.left + box.width <= width
        assert box.top + box.height <= height
        inside = list(box.inside())
        for a, b in architecture_map.lines(box):
            assert a.top + a.height < b.top
        for i, a in enumerate(inside):
            assert box.left < a.left
            assert a.left + a.width < box.left + box.width
            assert box.top < a.top
            assert a.top + a.height < box.top + box.height
            for b in inside[:i]:
                beside = a.left + a.width < b.left or b.left + b.width < a.left
                assert beside or a.top + a.height < b.top or b.top + b.height < a.top
        waiting += inside


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """Return a project of two packages, the upper one of three folders."""
    contract = '[[tool.importlinter.contracts]]\ntype = "layers"\n'
    (tmp_path / "pyproject.toml").write_text(
        f'{contract}layers = ["upper_one", "lower_one"]\n'
        f'{contract}containers = ["upper_one"]\nlayers = ["above | beside", "below"]\n'
    )
    files = {
        "lower_one/__init__.py": '"""What is low."""\n',
        "upper_one/__init__.py": '"""What is high."""\n',
        "upper_one/above/__init__.py": '"""Above."""\n',
        "upper_one/above/file.py": "from lower_one import x\ndef f(): import upper_one.below.file",
        "upper_one/beside/__init__.py": '"""Beside."""\n',
        "upper_one/below/__init__.py": '"""Below."""\n',
        "upper_one/below/file.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(import_map, "ROOT", tmp_path)
    cached = (import_map.layers, import_map.imports, import_map.imports_among)
    for function in cached:
        function.cache_clear()
    yield tmp_path
    for function in cached:
        function.cache_clear()
    for name in [name for name in sys.modules if name.startswith(("upper_one", "lower_one"))]:
        del sys.modules[name]


def test_a_planted_project_is_read_as_it_is(planted):
    ((upper,), (lower,)) = import_map.packages()
    assert (upper.summary, lower.summary) == ("What is high", "What is low")
    rows = [[folder.short for folder in row] for row in upper.rows]
    assert rows == [["above", "beside"], ["below"]]
    assert import_map.imports_among("upper_one") == {("above", "below")}
    assert import_map.imported_from("upper_one") == {"lower_one": []}


def test_a_folder_that_imports_a_sister_must_stand_in_a_contract(planted):
    (planted / "upper_one" / "new").mkdir()
    (planted / "upper_one" / "new" / "__init__.py").write_text("from upper_one.below import file\n")
    with pytest.raises(ValueError, match=r"no contract puts upper_one.new above below"):
        import_map.packages()


def test_the_page_says_what_flows_and_where_to_add():
    text = architecture_map.PAGE.read_text()
    for word in ("arrays", "Description", "Runs", "Votes", "Evidence"):
        assert f"| **{word}** |" in text
    rows = re.findall(r"^\| a (.*)\(extending/(\w+)\.md\) \|$", text, flags=re.MULTILINE)
    folder = ROOT / "docs" / "extending"
    assert sorted(page for _, page in rows) == sorted(p.stem for p in folder.glob("*.md"))
    for row, page in rows:  # a file and a line, where the page says too
        told = (folder / f"{page}.md").read_text().replace("/`", "`")
        wanted = re.findall(r"`[\w/.]+/[\w/.]+`", row)
        assert wanted
        assert [path for path in wanted if path not in told] == [], page
    assert "docs/architecture.md" in (ROOT / "README.md").read_text()
