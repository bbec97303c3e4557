"""Figures whose values, claims and computations a test decides."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from paper_figures import __main__ as command
from paper_figures.runner import figure, reference_values
from paper_figures.runner.source_dependencies import Sources

NAMES = ("cubic_toy", "conformal_coverage")


class Planted(SimpleNamespace):
    """A script whose values, claim and computations are at hand."""

    def __init__(self, name):
        super().__init__(__name__=name, values=np.arange(8.0), holds=True, computed=0)
        self.SETTINGS = {mode: {"mode": mode, "seed": 7} for mode in ("quick", "full", "tiny")}

    def compute(self, settings, step):
        self.computed += 1
        return {"values": self.values, "name": "planted"}

    def draw(self, results):
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot(results["values"])
        return figure

    def numbers(self, results):
        return {"total": float(results["values"].sum())}

    def table(self, numbers):
        return f"a table of {self.__name__}"

    def claims(self, numbers):
        return {"it is large": self.holds}


@pytest.fixture
def scripts(monkeypatch):
    found = {name: Planted(f"paper_figures.{name}") for name in NAMES}
    monkeypatch.setattr(figure.Work, "script", lambda work: found[work.name])
    return found


@pytest.fixture(scope="module")
def sources():
    """Read the modules of this repository once a file: no test of the command changes them.

    Parsed, they take 150 MB, which should not stay for the files that follow.
    """
    return Sources(command.ROOT)


@pytest.fixture(autouse=True)
def read_once(monkeypatch, sources):
    monkeypatch.setattr(command, "Sources", lambda root: sources)


@pytest.fixture
def make(tmp_path, monkeypatch, scripts):
    """Return the command, its folders and reference in a temporary place."""
    monkeypatch.setattr(reference_values, "PLACE", tmp_path / "reference.json")

    def run(*options, out="out", cache="cache"):
        places = ["--out", str(tmp_path / out), "--cache", str(tmp_path / cache), "--jobs", "0"]
        return command.main([*NAMES, *places, *options])

    return run
