"""The figure of what labels buy in a tiny setting, and its claims on planted numbers."""

import numpy as np
import pytest

from paper_figures.labelling_costs import active_learning
from tests.paper_figures.tiny_results import Computed


def test_the_figure_is_drawn_and_speaks_of_its_numbers(tmp_path):
    results = Computed()[active_learning]
    found = active_learning.numbers(results)
    figure = active_learning.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == active_learning.verdict(found)
    assert active_learning.verdict(found) in active_learning.table(found)
    assert all(isinstance(holds, bool) for holds in active_learning.claims(found).values())


def planted(steep=0.2, rare=6.0, wrong=(8, 8, 0), ended=20, digits=0.2):
    """Return results of 20 draws: lines of score and rare items, and wrong stops of each rule."""
    time, noise = np.arange(1, 11), np.linspace(-0.01, 0.01, 20)[:, None]
    slopes = np.where(np.array(active_learning.WAYS) == "uncertain-and-far", steep, 0.1)
    score = np.minimum(slopes[:, None, None] * time, 1) + noise
    of_digits = np.where(slopes == steep, digits, 0.1)[:, None, None]
    ways = np.arange(len(slopes))[:, None, None]  # whose noise differs: equal draws say nothing
    counts = np.where(slopes == steep, rare, 2.0)[:, None, None] + (50 + ways) * noise + 0 * time
    stops = np.zeros((3, 20, 3, 3))
    for i, number in enumerate(wrong):
        stops[:, :number, 1, i] = 0.2
    stops[:, ended:, 0, 2] = -1
    return {
        "money": 30.0 * time,
        "score": score,
        "rare": counts,
        "full": np.tile([1.0, 0.8], 10),  # goals of 0.95 and 0.76
        "stops": stops,
        "digit_score": np.minimum(of_digits * time, 1) + noise,
        "digit_full": np.tile([1.0, 0.8], 10),
    }


def test_money_and_wrong_stops_of_planted_campaigns():
    found = active_learning.numbers(planted())
    assert found["ways"]["uncertain-and-far"]["money"]["value"] == (150 + 120) / 2
    assert found["ways"]["random"]["money"]["value"] == (300 + 240) / 2
    assert found["ways"]["uncertain-and-far"]["less"]["value"] == (150 + 120) / 2
    kappa = found["rules"]["kappa"]["all"]
    assert (kappa["wrong"], kappa["campaigns"], kappa["share"]) == (24, 60, 0.4)
    # Clopper and Pearson: none of 20 bounds the share by 1 - 0.025^(1/20)
    assert found["rules"]["e-value"]["random"]["high"] == pytest.approx(1 - 0.025 ** (1 / 20))
    assert all(active_learning.claims(found).values())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"steep": 0.1}, "less money"),
        ({"rare": 2.0}, "rare class"),
        ({"digits": 0.1}, "digits"),
        ({"wrong": (1, 8, 0)}, "kappa"),
        ({"wrong": (8, 1, 0)}, "plug-in"),
        ({"wrong": (8, 8, 2)}, "e-value audit does not"),
        ({"ended": 10}, "ends most"),
    ],
)
def test_a_claim_that_is_not_so_is_found_out(changes, word):
    claims = active_learning.claims(active_learning.numbers(planted(**changes)))
    assert [claim for claim, holds in claims.items() if not holds and word in claim]


def test_a_goal_that_is_not_reached_costs_all_there_is():
    curves = np.array([[0.2, 0.9, 0.8], [0.1, 0.2, 0.3]])
    found = active_learning.money_to(curves, np.array([0.8, 0.8]), np.array([30, 60, 90]))
    assert found.tolist() == [60, 90]
