"""The reliability of P(same) in a tiny setting; its words and claims follow the numbers."""

import numpy as np
import pytest

from paper_figures import __main__ as command
from paper_figures.texture_similarity import same_probability_calibration as script
from tests.paper_figures.tiny_results import Computed


@pytest.fixture(scope="module")
def results():
    return Computed()


def test_the_figure_is_drawn_and_speaks_of_its_numbers(results, tmp_path):
    found = script.numbers(results[script])
    assert all(isinstance(holds, bool) for holds in script.claims(found).values())
    figure = script.draw(results[script])
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == script.verdict(found)
    assert script.verdict(found) in script.table(found)
    assert "same_probability_calibration" in command.FIGURES
    assert found["held_out_pairs"] == 30 * 29 // 2


def test_the_calibration_error_is_the_mean_gap_over_pairs():
    rng = np.random.default_rng(0)
    p = rng.random(4000)
    truth = rng.random(4000) < p**2
    number = (p * script.BINS).astype(int)
    gaps = []
    for b in range(script.BINS):
        inside = number == b
        gaps.append(inside.sum() * abs(p[inside].mean() - truth[inside].mean()))
    sums = np.array([np.bincount(number, w, script.BINS) for w in (np.ones(4000), p, truth)])
    assert script.ece(sums) == pytest.approx(sum(gaps) / 4000)
    assert script.ece(sums) == pytest.approx(1 / 2 - 1 / 3, abs=0.02)


def test_pairs_are_judged_as_asked():
    labels = np.arange(40) % 8
    same, rng = labels[:, None] == labels, np.random.default_rng(0)
    assert script.asked(same, "without pairs", 60, rng) == {}
    random = script.asked(same, "at random", 60, rng)
    sought = script.asked(same, "sought out", 60, rng)
    for given in (random, sought):
        i, j, answer = given["pairs"].T
        assert len(np.unique(i * 40 + j)) == 60
        assert np.array_equal(same[i, j], answer == 1)
    assert random["prior"] is None
    assert sought["pairs"][:, 2].sum() == 30
    assert sought["prior"] == pytest.approx(4 / 39)


def test_a_claim_that_is_not_so_is_found_out():
    errors = {"at random": 0.02, "sought out": 0.03, "without pairs": 0.2}
    found = {
        "errors": {how: {"hurst": [e], "angle": [e]} for how, e in errors.items()},
        "means": dict(errors),
        "judged": 300,
        "held_out_pairs": 1000,
        "draws": 1,
    }
    assert all(script.claims(found).values())
    found["errors"]["sought out"]["angle"] = [0.06]
    found["means"]["without pairs"] = 0.05
    assert list(script.claims(found).values()) == [True, False, False]
    assert "0.020" in script.verdict(found)
