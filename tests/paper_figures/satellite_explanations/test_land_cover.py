"""The figure of land cover in a tiny setting, its claims on planted numbers, and the real table."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from paper_figures.satellite_explanations import land_cover
from tests.paper_figures.tiny_results import Computed


@pytest.mark.long
def test_the_figure_is_drawn_and_speaks_of_its_numbers(tmp_path):
    results = Computed()[land_cover]
    found = land_cover.numbers(results)
    figure = land_cover.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == land_cover.verdict(found)
    assert land_cover.verdict(found) in land_cover.table(found)
    assert all(isinstance(holds, bool) for holds in land_cover.claims(found).values())


def planted(linear=0.8, best=0.9, bayes=0.95, pattern=0.9, landsat=()):
    return {
        "accuracy": np.array([[linear, 0.85, best, 0.7]] * 2),
        "bayes": np.full((2, 4), bayes),
        "precision": np.array([[0.6, pattern]] * 2),
        "landsat": np.array(landsat),
    }


def test_shares_of_the_bayes_rule():
    found = land_cover.numbers(planted(landsat=(0.84, 0.88, 0.24)))
    np.testing.assert_allclose(found["share"]["channel attention"], 0.9 / 0.95)
    assert all(land_cover.claims(found).values())
    assert "channel attention reaches 95%" in land_cover.verdict(found)
    assert "real Landsat pixels 88%" in land_cover.verdict(found)
    assert "Landsat" not in land_cover.verdict(land_cover.numbers(planted()))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"linear": 0.91}, "linear baseline"),
        ({"bayes": 0.89}, "Bayes"),
        ({"pattern": 0.5}, "pattern"),
        ({"landsat": (0.2, 0.9, 0.24)}, "real pixels"),
    ],
)
def test_a_claim_that_is_not_so_is_found_out(changes, word):
    claims = land_cover.claims(land_cover.numbers(planted(**changes)))
    assert [word in claim for claim, holds in claims.items() if not holds] == [True]


class Frame:
    """What rdata makes of the table: 36 columns of numbers and the classes."""

    def __init__(self, numbers, classes):
        self.numbers, self.classes = numbers, classes
        self.iloc = self

    def __getitem__(self, what):
        if what == "classes":
            return SimpleNamespace(astype=lambda _: SimpleNamespace(to_numpy=lambda: self.classes))
        assert what == (slice(None), slice(None, 36))
        return SimpleNamespace(to_numpy=lambda dtype: self.numbers.astype(dtype))


@pytest.mark.usefixtures("compiled_in_haste")
def test_the_real_table_is_split_where_its_training_set_ends(monkeypatch):
    rng = np.random.default_rng(0)
    n = land_cover.FIRST_TRAINING + 40
    classes = np.array(["red soil", "cotton crop"])[np.arange(n) % 2]
    numbers = 60 + 3 * rng.standard_normal((n, 36)) + 20 * (np.arange(n) % 2)[:, None]
    told = {"Satellite": Frame(numbers, classes)}
    monkeypatch.setitem(sys.modules, "rdata", SimpleNamespace(read_rda=lambda path: told))
    found = land_cover.on_landsat(land_cover.SETTINGS["tiny"])["accuracy"]
    np.testing.assert_array_equal(found, [1.0, 1.0, 0.5])
