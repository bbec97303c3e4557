"""The script of the whole loop runs, is short, and certifies what is so."""

import runpy
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "labelling_loop.py"


def test_the_script_is_short():
    assert len([line for line in SCRIPT.read_text().splitlines() if line.strip()]) <= 40


@pytest.mark.long
def test_the_loop_runs_to_a_certificate_that_is_true_and_synthesis_finds_more_of_the_rare():
    names = runpy.run_path(str(SCRIPT))
    book, made, left, truth = (names[name] for name in ("book", "made", "left", "truth"))
    synthetic = book.who == "synthesis"
    assert synthetic.sum() == len(made.samples) == 8
    assert made.gate.accepted.mean() > 0.5
    assert 0 < book.weight[synthetic].min() <= book.weight[synthetic].max() <= 1
    assert (names["said"].labels[names["real"] :] == 2).all()
    rare = truth[left] == 2
    without = names["votes"][:, left].mean(axis=0).argmax(axis=1)
    recalls = [np.mean(guess[rare] == 2) for guess in (without, names["guess"])]
    assert recalls[1] >= recalls[0]  # .8 and 1 where it was written
    assert names["found"].certified
    assert np.mean(names["guess"] != truth[left]) <= 0.1
