"""What a figure depends on: every way to import is followed, a changed line is seen, no other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paper_figures.catalogue import FIGURES, script_module
from paper_figures.runner import source_dependencies
from paper_figures.runner.provenance import COMPUTING
from paper_figures.runner.source_dependencies import NAMED_BY_CALLERS, Sources
from similarity.families.registry import FAMILIES
from toolbox.core.packages import PUBLIC
from toolbox.networks.registry import NETWORKS, SERIES_NETWORKS

ROOT = Path(__file__).parents[3]
LAZY = """
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"one": ["first"], "two": ["Second", "second"], "deep.three": ["third"]}
)
"""
TREE = {
    "pkg/__init__.py": LAZY,
    "pkg/one.py": "import pkg.base\ndef first(): pass\n",
    "pkg/two.py": "def second(): pass\n",
    "pkg/base.py": "import numpy\n",
    "pkg/other.py": "",
    "pkg/deep/__init__.py": "",
    "pkg/deep/three.py": "from .. import base\nfrom .four import x\n",
    "pkg/deep/four.py": "x = 1\n",
    "paper_figures/__init__.py": "",
}
EVERY = {"one", "two", "base", "other", "deep", "deep.three", "deep.four"}


@pytest.fixture
def reached(tmp_path):
    """Return what of the package a script with this text reaches."""

    def found(text, names=None, **more):
        files = TREE | {"paper_figures/fig.py": text} | more
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        modules = Sources(tmp_path).reached("paper_figures.fig", names)
        return {m.removeprefix("pkg.") for m in modules if m.startswith("pkg.")}

    return found


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("from pkg import first", {"one", "base"}),
        ("from pkg import second as s", {"two"}),
        ("import pkg\npkg.first()", {"one", "base"}),
        ("import pkg as p\ndef f():\n    return p.Second", {"two"}),
        ("def f():\n    from pkg import second", {"two"}),
        ("from pkg import third", {"deep", "deep.three", "deep.four", "base"}),
        ("import pkg.deep.four", {"deep", "deep.four"}),
        ("import pkg\npkg.other.thing", {"other"}),
        ("import pkg\npkg.deep.four.x", {"deep", "deep.four"}),
        ("from pkg import deep\ndeep.four.x", {"deep", "deep.four"}),
        ("from pkg.two import second", {"two"}),
        ("from pkg import *", EVERY - {"other"}),
        ("import pkg\nf = getattr(pkg, 'fir' + 'st')", EVERY - {"other"}),
        ("import pkg\nprint(pkg)", EVERY - {"other"}),
        ("from pkg import unheard_of", EVERY - {"other"}),
        ("import pkg\npkg.__doc__", set()),
        ("from importlib import import_module\nimport_module('pkg.other')", {"other"}),
        ("import importlib\nimportlib.import_module(f'pkg.{T[k]}')\nT = ['two']", {"two"}),
        (
            "import importlib\nimportlib.import_module(f'pkg.{T[k]}')\n"
            "T = ['two', 'deep.four.x', 'other.thing', 'no.such', 'no word']",
            {"two", "deep", "deep.four", "other"},
        ),
        ("from importlib import import_module as m, import_module\nimport_module(x)", EVERY),
        ("from importlib import import_module\nimport_module(f'pkg.{unknown()}')", EVERY),
        ("__import__(name)", EVERY),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pkg import first\n"
            "else:\n    from pkg import second",
            {"two"},
        ),
        ("try:\n    from pkg import second\nexcept ImportError:\n    pass", {"two"}),
        ("import numpy as np\nfrom scipy import stats", set()),
    ],
)
def test_every_way_to_import_is_followed(reached, text, modules):
    assert reached(text) == modules


SCRIPT = """
import pkg
from pkg import first, second
from paper_figures.helper import LEVEL, colour

SHARE = 0.5


def compute(settings, step):
    return step("a", part, LEVEL)


def part(level):
    return first(level, SHARE)


def draw(results):
    return second(colour, pkg.other)
"""
HELPER = "from pkg import third\nLEVEL = 1\ncolour = 'red'\ndef unused(): return third()\n"


def test_only_what_computes_is_followed_in_a_script(reached, tmp_path):
    helper = {"paper_figures/helper.py": HELPER}
    assert reached(SCRIPT, {"compute"}, **helper) == {"one", "base"}
    assert reached(SCRIPT, None, **helper) == {"one", "base", "two", "other"}  # `draw` as well

    def digest(script=SCRIPT, beside=HELPER):
        (tmp_path / "paper_figures/fig.py").write_text(script)
        (tmp_path / "paper_figures/helper.py").write_text(beside)
        return Sources(tmp_path).digest("paper_figures.fig", {"compute"})

    assert digest(SCRIPT.replace("return second", "return 2, second")) == digest()
    assert digest(beside=HELPER.replace("red", "blue")) == digest()
    assert digest(beside=HELPER.replace("LEVEL = 1", "LEVEL = 2")) != digest()
    assert digest(SCRIPT.replace("0.5", "0.6")) != digest()
    assert digest(SCRIPT.replace("first(level", "first(-level")) != digest()
    assert digest(SCRIPT + "\nSHARE += 1\n") != digest()  # all that gives it a value
    assert digest(SCRIPT + "\nprint(1)\n") != digest()  # what runs whenever it is imported
    assert digest(SCRIPT + "\nif __name__ == '__main__':\n    draw(1, 2)\n") == digest()


def test_a_data_file_beside_a_module_counts(reached, tmp_path):
    data = {"pkg/two.py": "PLACE = 'table.json'\ndef second(): pass\n", "pkg/table.json": "1"}
    reached("from pkg import second", **data)
    before = Sources(tmp_path).digest("paper_figures.fig")
    (tmp_path / "pkg/table.json").write_text("2")
    assert Sources(tmp_path).digest("paper_figures.fig") != before


def test_a_table_that_names_more_changes_nothing_and_one_that_moves_a_name_does(reached, tmp_path):
    reached("from pkg import second")
    before = Sources(tmp_path).digest("paper_figures.fig")
    (tmp_path / "pkg/__init__.py").write_text(LAZY.replace('["first"]', '["first", "more"]'))
    assert Sources(tmp_path).digest("paper_figures.fig") == before
    (tmp_path / "pkg/__init__.py").write_text(LAZY.replace('"two":', '"other":'))
    assert Sources(tmp_path).digest("paper_figures.fig") != before


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    root = tmp_path_factory.mktemp("copied")
    for package in (*PUBLIC, "paper_figures"):
        kept = shutil.ignore_patterns("__pycache__", "cache", "out")
        shutil.copytree(ROOT / package, root / package, ignore=kept)
    return root


def test_a_changed_line_changes_the_key_of_what_depends_on_it_and_of_nothing_else(copied):
    script = "paper_figures.retrained_networks.conformal_coverage"
    depends = Sources(copied).texts(script, COMPUTING)
    before = Sources(copied).digest(script, COMPUTING)
    files = sorted(p.relative_to(copied) for p in copied.rglob("*.py"))
    others = [f for f in files if str(f) not in depends][::25]
    assert len(depends) > 10
    assert len(others) > 5
    for file in [*map(Path, depends), *others]:
        text = (copied / file).read_text()
        # A name that nobody asks for is no part of a figure's script, a statement is.
        (copied / file).write_text(f"{text}\nif True:\n    ADDED = 1\n")
        after = Sources(copied).digest(script, COMPUTING)
        assert (after != before) == (str(file) in depends), file
        (copied / file).write_text(text)
    assert Sources(copied).digest(script, COMPUTING) == before


def test_figures_do_not_depend_on_everything(sources):
    every = {m for m in sources.below() if sources.source(m).text.strip()}
    for name in FIGURES:
        found = sources.reached(script_module(name), COMPUTING)
        # rare_class uses all four packages
        assert len(every & set(found)) < (0.6 if name == "rare_class" else 0.35) * len(every), name


def test_the_files_of_a_registry_are_all_followed(sources):
    """Of each the family or network is named in a table, some with a function behind the file."""
    families = {f"similarity.families.{f.function.partition('.')[0]}" for f in FAMILIES.values()}
    networks = {f"toolbox.networks.{name}" for name in NETWORKS}
    networks |= {f"toolbox.networks.{network.module}" for network in SERIES_NETWORKS.values()}
    assert families <= set(sources.edges("similarity.families.registry", None))
    assert networks <= set(sources.edges("toolbox.networks.registry", None))


def test_modules_named_by_their_callers_are_still_those():
    """A new import of a name that is not written out is looked at by a person."""
    sources, found = Sources(ROOT), []
    source_dependencies.NAMED_BY_CALLERS = ()
    try:
        for module in [*sources.below(), "paper_figures.runner.figure"]:
            reached = sources.edges(module, None)
            if len(reached) > 100:
                found.append(module)
    finally:
        source_dependencies.NAMED_BY_CALLERS = NAMED_BY_CALLERS
    assert sorted(found) == sorted(NAMED_BY_CALLERS)


LOADED = """
import sys
from pathlib import Path
from paper_figures.runner.source_dependencies import Sources

module, root = sys.argv[1], Path(sys.argv[2])
known = Sources(root).reached(module, {"compute", "parts"})
before = set(sys.modules)
script = __import__(module, fromlist=["compute"])
imported = set(sys.modules) - before
script.compute(script.SETTINGS["tiny"], lambda name, function, *a: function(*a))
for module in sorted(set(sys.modules) - before - imported - set(known)):
    source = Sources(root).source(module)
    if source is not None and source.table is None:
        print(module)
"""


@pytest.mark.long
@pytest.mark.parametrize("name", FIGURES)
def test_whatever_computing_loads_is_known_to_the_key(name):
    command = [sys.executable, "-c", LOADED, script_module(name), str(ROOT)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == ""
