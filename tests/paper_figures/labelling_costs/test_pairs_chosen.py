"""The figure of chosen pairs in a tiny setting, and its claims on planted numbers."""

import numpy as np
import pytest

from paper_figures.labelling_costs import pairs_chosen
from tests.paper_figures.tiny_results import Computed
from toolbox.retraining.streams import generator


@pytest.mark.long
def test_the_figure_is_drawn_and_speaks_of_its_numbers(tmp_path):
    results = Computed()[pairs_chosen]
    found = pairs_chosen.numbers(results)
    figure = pairs_chosen.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == pairs_chosen.verdict(found)
    assert pairs_chosen.verdict(found) in pairs_chosen.table(found)
    assert all(isinstance(holds, bool) for holds in pairs_chosen.claims(found).values())


def planted(**changes):
    """Return results whose curves are straight lines to the heights given, of each way."""
    heights = {"alike": 1.0, "uncertain": 0.9, "large": 0.9, "random": 0.5, "bandit": 0.98}
    heights |= changes
    curves = [np.linspace(0, heights[way], 21) for way in pairs_chosen.WAYS]
    agreement = np.tile(np.array(curves)[None, :, None], (6, 1, 1, 1))
    return {"asked": 10 * np.arange(21), "agreement": agreement}


def test_areas_and_pairs_of_straight_lines():
    found = pairs_chosen.numbers(planted())
    assert found["worlds"]["even"]["pairs"] == [100.0, 200.0]
    assert found["share"] == 0.5
    np.testing.assert_allclose(found["bandit"], 0.98, rtol=1e-9)
    assert all(pairs_chosen.claims(found).values())


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"alike": 0.7}, "60 %"), ({"bandit": 0.4}, "bandit"), ({"alike": 0.4}, "larger area")],
)
def test_a_claim_that_is_not_so_is_found_out(changes, word):
    claims = pairs_chosen.claims(pairs_chosen.numbers(planted(**changes)))
    assert any(word in claim for claim, holds in claims.items() if not holds)


def test_the_log_odds_of_normal_classes_are_what_they_say():
    """Of pairs with log-odds near l, the share 1 / (1 + exp(-l)) is the same, over many draws."""
    near = []
    for draw in range(150):
        world = pairs_chosen.World(4, 3, 1.5)
        odds, y = pairs_chosen.normal_classes(world, 40, generator(draw, "law"))
        upper = np.triu_indices(40, 1)
        pick = np.abs(odds[upper] - 0.5) < 0.25
        same = (y[:, None] == y)[upper][pick]
        near.append((same.sum(), (1 / (1 + np.exp(-odds[upper][pick]))).sum(), pick.sum()))
    near = np.array(near)
    share, wanted = near[:, 0].sum() / near[:, 2].sum(), near[:, 1].sum() / near[:, 2].sum()
    error = np.std((near[:, 0] - near[:, 1]) / near[:, 2].mean()) / np.sqrt(len(near))
    assert abs(share - wanted) < 4 * error
