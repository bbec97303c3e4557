"""The scaling figure in a tiny setting, and its claims on planted numbers."""

import numpy as np
import pytest

from paper_figures import __main__ as command
from paper_figures.texture_similarity import scaling_to_7000
from paper_figures.texture_similarity.scaling_to_7000 import many_textures
from tests.paper_figures.tiny_results import Computed


@pytest.mark.long
def test_the_figure_is_drawn_and_speaks_of_its_numbers(tmp_path):
    results = Computed()[scaling_to_7000]
    found = scaling_to_7000.numbers(results)
    figure = scaling_to_7000.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == scaling_to_7000.verdict(found)
    assert scaling_to_7000.verdict(found) in scaling_to_7000.table(found)
    assert all(isinstance(holds, bool) for holds in scaling_to_7000.claims(found).values())
    assert "scaling_to_7000" in command.FIGURES


def planted():
    row = {"seconds": 12.0, "added_gb": 0.8, "tables_gb": 0.55, "p_at_1": 0.1, "map_at_r": 0.05}
    small = {"p_at_1": 0.5, "map_at_r": 0.3, "chance": 0.1}
    return {"measured": {"7000": row | {"describing": 60.0}}, "retrieval": {"80": small}}


@pytest.mark.parametrize(
    ("group", "item", "change", "word"),
    [
        ("measured", "7000", {"seconds": 21.0}, "20 s"),
        ("measured", "7000", {"added_gb": 2.0}, "memory"),
        ("retrieval", "80", {"p_at_1": 0.2}, "chance"),
    ],
)
def test_a_claim_that_is_not_so_is_found_out(group, item, change, word):
    assert all(scaling_to_7000.claims(planted()).values())
    found = planted()
    found[group][item] |= change
    failing = [s for s, holds in scaling_to_7000.claims(found).items() if not holds]
    assert len(failing) == 1
    assert word in failing[0]


def test_groups_are_the_same_in_larger_sets():
    few, labels = many_textures(2, each=3, size=16, seed=1)
    many, _ = many_textures(4, each=3, size=16, seed=1)
    assert np.array_equal(few, many[:6])
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert few.dtype == np.float32
