"""The figure of an expert's seconds in a tiny setting, and its claims on planted numbers."""

import numpy as np
import pytest

from paper_figures.labelling_costs import points_or_consistency
from paper_figures.labelling_costs.points_or_consistency import MASKS, ROWS
from tests.paper_figures.tiny_results import Computed


@pytest.mark.long
def test_the_figure_is_drawn_and_speaks_of_its_numbers(tmp_path):
    results = Computed()[points_or_consistency]
    found = points_or_consistency.numbers(results)
    figure = points_or_consistency.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == points_or_consistency.verdict(found)
    assert points_or_consistency.verdict(found) in points_or_consistency.table(found)
    assert all(isinstance(holds, bool) for holds in points_or_consistency.claims(found).values())
    for n in MASKS:  # the guard's 60 points cost as much as when they are told
        assert found["rows"][f"guarded {n}"]["seconds"] == 60 * n + 120
        assert found["rows"][f"told {n}"]["seconds"] == 60 * n + 120
    assert found["rows"]["scribble 2"]["seconds"] == 10 * 6 * 2


def planted(**gains):
    """Return results of five worlds: .4 by masks, .2 of the rare class, and these gains."""
    gains = {"consistency": -0.1, "guarded": 0.0, "told": 0.1} | gains
    world = 0.02 * np.arange(-2, 3)  # how much easier a world is than another
    iou = np.empty((5, len(ROWS), 2))
    for k, (way, _) in enumerate(ROWS):
        iou[:, k] = np.array([0.6, 0.2]) + world[:, None] + gains.get(way, 0)
    shown = {"mode": "tiny", "size": 32, "wanted": 4, "draws": 2, "rare": 0.02}
    worse = np.zeros((5, len(MASKS)))
    return shown | {"asked": np.full(iou.shape[:2], 60.0), "iou": iou, "worse": worse}


def test_gains_are_over_the_masks_of_the_same_world():
    found = points_or_consistency.numbers(planted())
    np.testing.assert_allclose(found["gains"]["told"]["mean"], 0.1, rtol=1e-9)
    assert found["gains"]["consistency"]["worst"] == pytest.approx(-0.1)
    assert (found["gains"]["consistency"]["worse"], found["gains"]["consistency"]["of"]) == (15, 15)
    assert found["rows"]["masks 2"]["miou"]["value"] == pytest.approx(0.4)
    assert found["rows"]["told 8"]["rare"]["value"] == pytest.approx(0.3)
    assert all(points_or_consistency.claims(found).values())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"guarded": -0.006}, "never makes worse"),
        ({"told": -0.01}, "raise the mean IoU"),
        ({"guarded": 0.2}, "as labels than as a guard"),
    ],
)
def test_a_claim_that_is_not_so_is_found_out(changes, word):
    claims = points_or_consistency.claims(points_or_consistency.numbers(planted(**changes)))
    assert any(word in claim for claim, holds in claims.items() if not holds)
