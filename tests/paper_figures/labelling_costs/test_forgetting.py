"""The figure of forgetting in a tiny setting, and its claims on planted tables."""

import numpy as np
import pytest

from paper_figures.labelling_costs import forgetting
from tests.paper_figures.tiny_results import Computed


def test_the_figure_is_drawn_and_speaks_of_its_numbers(tmp_path):
    results = Computed()[forgetting]
    found = forgetting.numbers(results)
    figure = forgetting.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == forgetting.verdict(found)
    assert forgetting.verdict(found) in forgetting.table(found)
    assert all(isinstance(holds, bool) for holds in forgetting.claims(found).values())
    assert found["apart"] <= forgetting.EQUAL
    assert found["unseen"] == 0


def planted(full=0.3, kept=0.01, last=0.6, apart=1e-14, unseen=0.0, joint=0.9):
    """Return results of two draws in which ways forget what is given; each task was known at .5."""
    tables = np.full((2, 3, 4, 4), 0.5)
    for way, (learned, lost) in enumerate([(0.8, full), (last + kept, kept), (0.9, 0.0)]):
        for j in range(4):
            tables[:, way, j:, j] = learned
            tables[:, way, 3, :3] = learned - lost
    tables[:, 2, 0, 1] += unseen
    return {
        "mode": "planted",
        "shown": 1,
        "tested": 1,
        "steps": 1,
        "zero_shot": np.full((2, 4), 0.5),
        "accuracies": tables,
        "joint": np.full((2, 3, 4), joint),
        "apart": np.full(2, apart),
    }


def test_scores_are_those_that_were_planted():
    found = forgetting.numbers(planted())
    assert found["all weights"]["forgetting"] == pytest.approx(0.3)
    assert found["LoRA, distilled"]["forgetting"] == pytest.approx(0.01)
    assert found["exact readout"]["last"] == pytest.approx(0.9)
    assert found["all weights"]["learned"] == pytest.approx(0.8)
    assert found["all weights"]["joint"] == pytest.approx(0.9)
    assert all(forgetting.claims(found).values())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"full": 0.1}, "at least 15"),
        ({"kept": 0.03}, "at most 2"),
        ({"last": 0.45}, "learns more"),
        ({"apart": 1e-6}, "as if all tasks had come at once"),
        ({"joint": 0.5}, "below the same trained on all tasks at once"),
        ({"unseen": 0.01}, "never learned"),
    ],
)
def test_a_claim_that_is_not_so_is_found_out(changes, word):
    claims = forgetting.claims(forgetting.numbers(planted(**changes)))
    assert [word in claim for claim, holds in claims.items() if not holds] == [True]
