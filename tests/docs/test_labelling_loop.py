"""The script of the whole loop runs, is short, and certifies what is so."""

import runpy
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "labelling_loop.py"


def test_the_script_is_short():
    assert len([line for line in SCRIPT.read_text().splitlines() if line.strip()]) <= 40


@pytest.mark.long
def test_the_loop_runs_to_its_audit():
    names = runpy.run_path(str(SCRIPT))
    book, made = names["book"], names["made"]
    synthetic = book.who == "synthesis"
    assert synthetic.sum() == len(made.samples)
    assert (book.weight[synthetic] <= 1).all()
    assert np.isin(["pair", "label"], book.kind).all()
    wrong = np.mean(names["guess"] != names["truth"][names["left"]])
    assert not names["found"].certified or wrong <= 0.1
