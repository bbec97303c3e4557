"""The figure of repeated explanations in a tiny setting, and its claims on planted numbers."""

import numpy as np
import pytest

from paper_figures.satellite_explanations import explanation_spread
from tests.paper_figures.tiny_results import Computed


@pytest.mark.long
def test_the_figure_is_drawn_and_speaks_of_its_numbers(tmp_path):
    results = Computed()[explanation_spread]
    found = explanation_spread.numbers(results)
    figure = explanation_spread.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == explanation_spread.verdict(found)
    assert explanation_spread.verdict(found) in explanation_spread.table(found)
    assert all(isinstance(holds, bool) for holds in explanation_spread.claims(found).values())


def planted(**changes):
    """Return results of two worlds: a number an array (worlds, networks, ways)."""
    values = {"found": 1.0, "false": 0.02, "plain": 0.1, "shrunk": 0.9, "one": 0.5, "all": 0.8}
    values |= changes
    shape = (2, 2, 2)
    plain = np.full(shape, values["plain"])
    plain[:, 1, 1] = 0.5  # the linear network, not resampled
    return {
        "found": np.full(shape, values["found"]),
        "false": np.full(shape, values["false"]),
        "plain_false": plain,
        "shrunk": np.full(shape, values["shrunk"]),
        "curve": _curve(values["one"], values["all"], shape),
    }


def _curve(one, all_members, shape):
    """Two worlds on either side of the mean: what averaging gains differs by .02."""
    curve = np.linspace(one, all_members, 5)
    apart = np.linspace(0, 0.01, 5)
    worlds = np.stack([curve - apart, curve + apart])
    return np.broadcast_to(worlds[:, None, None], (*shape, 5))


def test_the_means_are_those_of_the_worlds():
    found = explanation_spread.numbers(planted())
    assert found["worlds"] == 2
    assert found["linear"]["not resampled"]["plain_false"] == 0.5
    assert found["tempcnn"]["resampled"]["one"] == 0.5
    gain = found["tempcnn"]["resampled"]["gain"]
    assert gain["value"] == pytest.approx(0.3)
    assert gain["high"] - gain["value"] == pytest.approx(12.706 * 0.01, rel=1e-3)  # t of 1 degree
    assert all(explanation_spread.claims(found).values())
    assert "correlates 0.50" in explanation_spread.verdict(found)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"one": 0.78}, "20 members"),  # a gain of .02 +- .01 in two worlds
        ({"all": 0.77}, ".78"),
        ({"shrunk": 0.79}, "shrinking"),
        ({"false": 0.04}, "3 %"),
        ({"plain": 0.2}, "3 times"),
    ],
)
def test_a_claim_that_is_not_so_is_found_out(changes, word):
    claims = explanation_spread.claims(explanation_spread.numbers(planted(**changes)))
    assert [word in claim for claim, holds in claims.items() if not holds] == [True]
