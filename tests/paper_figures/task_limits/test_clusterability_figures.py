"""The clusterability figures in a tiny setting: claims hold, words follow the numbers."""

import numpy as np
import pytest

from paper_figures import __main__ as command
from paper_figures.task_limits import capacity_frontier, clustering_thresholds
from paper_figures.task_limits.clustering_simulations import (
    message_passing,
    mixture,
    oriented,
    wrong,
)
from tests.paper_figures.tiny_results import Computed

SCRIPTS = (clustering_thresholds, capacity_frontier)


@pytest.fixture(scope="module")
def results():
    return Computed()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.__name__.rsplit(".", 1)[-1])
def test_the_figure_is_drawn_and_says_what_it_found(script, results, tmp_path):
    found = script.numbers(results[script])
    claims = script.claims(found)
    assert all(isinstance(holds, bool) for holds in claims.values())
    if script is clustering_thresholds:
        assert [sentence for sentence, holds in claims.items() if not holds] == []
    else:  # so few widths and separations tell no factor
        assert claims["nothing beyond the predicted frontier is learned"]
    figure = script.draw(results[script])
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == script.verdict(found)
    assert script.verdict(found) in script.table(found)
    assert script.__name__.rsplit(".", 1)[-1] in command.FIGURES


def test_a_wrong_theory_is_found_out(results):
    spoiled = dict(results[clustering_thresholds])
    spoiled["error_limit"] = np.minimum(1.5 * spoiled["error_limit"], 0.5)
    spoiled["value"] = spoiled["value"] + 0.1
    found = clustering_thresholds.numbers(spoiled)
    assert not any(clustering_thresholds.claims(found).values())
    assert "DOES NOT predict" in clustering_thresholds.verdict(found)


def test_what_is_learned_beyond_the_frontier_is_found_out(results):
    spoiled = dict(results[capacity_frontier])
    spoiled["observed"] = np.ones_like(spoiled["observed"])
    found = capacity_frontier.numbers(spoiled)
    assert not capacity_frontier.claims(found)["nothing beyond the predicted frontier is learned"]
    assert "IS NO bound" in capacity_frontier.verdict(found)


def test_crossings_by_hand():
    x = np.array([1.0, 4.0, 16.0])
    assert capacity_frontier.crossing(x, np.array([0.6, 0.7, 0.9])) == pytest.approx(8)
    assert np.isnan(capacity_frontier.crossing(x, np.array([0.5, 0.6, 0.7])))
    assert capacity_frontier.crossing(x, np.array([0.9, 0.95, 1])) == 1


def test_message_passing_keeps_labels_and_places_the_rest():
    x, y = mixture(np.random.default_rng(0), separation=6.0, items=100, dimensions=50)
    known = np.where(np.arange(100) < 20, y, 0)
    found = message_passing(x, 6.0, known, np.zeros(100))
    np.testing.assert_array_equal(found[:20], y[:20])
    assert wrong(np.sign(found), y, among=known == 0) < 0.06
    np.testing.assert_array_equal(oriented(-y, known), y)
