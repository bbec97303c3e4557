"""The figure of late answers in a tiny setting, and its claims on planted numbers."""

import numpy as np
import pytest

from paper_figures.labelling_costs import late_answers
from tests.paper_figures.tiny_results import Computed
from toolbox.retraining.streams import generator


def test_the_figure_is_drawn_and_speaks_of_its_numbers(tmp_path):
    results = Computed()[late_answers]
    found = late_answers.numbers(results)
    figure = late_answers.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == late_answers.verdict(found)
    assert late_answers.verdict(found) in late_answers.table(found)
    assert all(isinstance(holds, bool) for holds in late_answers.claims(found).values())
    assert found["order"] < late_answers.EQUAL


def planted(order=1e-15, slow=0.7, cost=0.004, share=0.95, accepted=0.9):
    """Return results of two draws that lose and reach what is given."""
    delayed = np.full((2, 3, 51), 0.8)
    delayed[:, 1, :20], delayed[:, 2, :40] = 0.75, slow
    never = 0.8 - np.array([0, 0, cost, 0.01, 0.02, 0.1])
    rewarded = np.full((2, 20, 3), 0.8) * [share, accepted, 1]
    rewarded[:, -1, 0] = 0.8 * 0.98
    return {
        "steps": 10,
        "batch": 25,
        "bayes": np.full(2, 0.9),
        "delayed": delayed,
        "order": np.full(2, order),
        "never": np.tile(never, (2, 1)),
        "rewarded": rewarded,
    }


def test_costs_and_shares_of_planted_accuracies():
    found = late_answers.numbers(planted())
    np.testing.assert_allclose(found["cost"]["0.3"], 0.004)
    np.testing.assert_allclose(
        [found["share"], found["longer"], found["accepted"]], [0.95, 0.98, 0.9]
    )
    assert found["items"] == 250
    assert all(late_answers.claims(found).values())
    assert "reach (as asked for: 0.93), 0.980 with 500" in late_answers.verdict(found)
    short = late_answers.verdict(late_answers.numbers(planted(share=0.92)))
    assert "reach (not as asked for: 0.93)" in short


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"order": 1e-6}, "logits"),
        ({"slow": 0.79}, "longer delays"),
        ({"cost": 0.006}, "30 % never"),
        ({"share": 0.92}, "accept and reject"),
        ({"accepted": 0.96}, "rejected teaches"),
    ],
)
def test_a_claim_that_is_not_so_is_found_out(changes, word):
    claims = late_answers.claims(late_answers.numbers(planted(**changes)))
    assert [word in claim for claim, holds in claims.items() if not holds] == [True]


def test_delays_have_the_median_they_say():
    waited = late_answers.waited(generator(0, "waited").random(11_000), 5)
    assert np.median(waited) == 5
    counts = np.bincount(waited, minlength=11)
    assert np.abs(counts - 1000).max() < 4.5 * np.sqrt(1000)  # even from 0 to 10


def test_the_bayes_rule_is_right_as_often_as_two_classes_say(monkeypatch):
    """Of two classes d apart, the nearest centre is right with probability Phi(d / 2)."""
    from scipy.stats import norm

    monkeypatch.setattr(late_answers, "CLASSES", 2)
    rng = generator(0, "two classes")
    x, y, _, _, right = late_answers.normal_classes(20_000, 20_000, rng)
    apart = np.linalg.norm(x[y == 0].mean(axis=0) - x[y == 1].mean(axis=0))
    wanted = norm.cdf(apart / 2)
    assert abs(right - wanted) < 0.002 + 4 * np.sqrt(wanted * (1 - wanted) / 20_000)
