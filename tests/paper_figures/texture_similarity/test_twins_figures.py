"""The twins table and the paper challenge in a tiny setting; their words follow the numbers."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from paper_figures import __main__ as command
from paper_figures.texture_similarity import paper_challenge, twins_scores, twins_table
from paper_figures.texture_similarity.paper_challenge_numbers import auc, protocol
from similarity import twins
from tests.paper_figures.tiny_results import Computed

SCRIPTS = (twins_table, paper_challenge)


@pytest.fixture(scope="module")
def results():
    return Computed()


@pytest.mark.long
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.__name__.rsplit(".", 1)[-1])
def test_the_figure_is_drawn_and_speaks_of_its_numbers(script, results, tmp_path):
    found = script.numbers(results[script])
    claims = script.claims(found)
    assert claims
    assert all(isinstance(holds, bool) for holds in claims.values())
    figure = script.draw(results[script])
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == script.verdict(found)
    assert script.verdict(found) in script.table(found)
    assert script.__name__.rsplit(".", 1)[-1] in command.FIGURES


@pytest.mark.long
def test_claims_that_need_no_large_set_hold(results):
    claims = twins_table.claims(twins_table.numbers(results[twins_table]))
    assert [holds for sentence, holds in claims.items() if "Bayes" in sentence] == [True]
    claims = paper_challenge.claims(paper_challenge.numbers(results[paper_challenge]))
    assert all(claims.values())


def planted():
    """Numbers of a study in which everything claimed is so."""
    scores = dict.fromkeys(twins_scores.METHODS, 0.5) | {"oracle": 0.9, "pooled": 0.7}
    sets = {
        kind: {"p_at_1": dict(scores), "map_at_r": dict(scores), "chance": 0.1, "draws": 1}
        for kind in twins_scores.ITEMS
    }
    sets["angle"]["p_at_1"]["spectrum"] = sets["intermittency"]["p_at_1"]["whitened"] = 0.8
    closed = {"printed": [0.7], "simulated": [0.705], "values": [0.1], "varied": "step"}
    return {"size": 32, "sets": sets, "closed": {"hurst": closed | {"fields": 10000}}}


def test_a_claim_that_is_not_so_is_found_out():
    assert all(twins_table.claims(planted()).values())

    def failing(change):
        found = planted()
        change(found)
        return [s for s, holds in twins_table.claims(found).items() if not holds]

    assert "oracle" in failing(lambda f: f["sets"]["hurst"]["p_at_1"].update(leaders=0.95))[0]
    assert "pool" in failing(lambda f: f["sets"]["mixed"]["p_at_1"].update(pooled=0.5))[0]
    assert "Bayes" in failing(lambda f: f["closed"]["hurst"].update(simulated=[0.73]))[0]
    same = failing(lambda f: f["sets"]["angle"]["p_at_1"].update(spectrum=0.5, whitened=0.8))
    assert "angles" in same[0]
    assert "0.70 of the nearest" in twins_table.verdict(planted())


def test_judged_pairs_are_right_and_half_of_them_the_same():
    labels = np.repeat(np.arange(6), 5)
    pairs = twins_scores.judged_pairs(labels, 3)
    assert pairs.shape == (50, 3)
    assert pairs[:, 2].sum() == 25
    np.testing.assert_array_equal(labels[pairs[:, 0]] == labels[pairs[:, 1]], pairs[:, 2] == 1)
    assert len({tuple(p) for p in pairs[:, :2]}) == 50


def test_chance_is_the_score_of_a_random_order():
    labels = np.array([0, 0, 0, 1, 1, 2])
    assert twins_scores.chance(labels) == pytest.approx((3 * 2 + 2 * 1) / 5 / 5)
    flat = twins_scores.scores(np.zeros((6, 6)), labels)
    assert flat[0] == pytest.approx(twins_scores.chance(labels))


def test_the_protocol_on_a_challenge_with_one_mistake():
    papers = twins("papers", n=4, size=16, seed=0)
    log_odds = np.where(papers.labels[:, None] == papers.labels, 2.0, -2.0)
    np.fill_diagonal(log_odds, np.nan)
    found = protocol(log_odds, papers.labels, papers.levels)
    assert found["sheet"] == found["package"] == found["maker"] == found["singles"] == 1
    maker = np.flatnonzero(papers.levels == "maker")[0]
    log_odds[maker, 0] = 3  # of another group
    found = protocol(log_odds, papers.labels, papers.levels)
    assert found["maker"] == pytest.approx(11 / 12)
    assert found["sheet"] == 1


def test_auc_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    score, positive = rng.integers(0, 5, 40), rng.random(40) < 0.3
    assert auc(score, positive) == pytest.approx(roc_auc_score(positive, score))
