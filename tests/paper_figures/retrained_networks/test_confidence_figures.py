"""The confidence figures in a tiny setting: their claims hold, their words follow the numbers."""

import json
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from paper_figures import __main__ as command
from paper_figures.retrained_networks import (
    conformal_coverage,
    cubic_toy,
    ensemble_sizes,
    pool_then_calibrate,
    single_gaussian,
    variance_shares,
)
from paper_figures.runner import figure
from tests.paper_figures.tiny_results import Computed

SCRIPTS = (
    conformal_coverage,
    cubic_toy,
    ensemble_sizes,
    pool_then_calibrate,
    single_gaussian,
    variance_shares,
)


@pytest.fixture(scope="module")
def results():
    return Computed()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.__name__.rsplit(".", 1)[-1])
def test_the_claims_hold_and_the_figure_is_drawn(script, results, tmp_path):
    found = script.numbers(results[script])
    claims = script.claims(found)
    assert claims
    if script is variance_shares:  # eight small designs cannot tell the two largest shares apart
        assert claims.pop("of all terms the items drawn have the largest share") in (True, False)
    assert [sentence for sentence, holds in claims.items() if not holds] == []
    assert all(isinstance(holds, bool) for holds in claims.values())
    figure = script.draw(results[script])
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == script.verdict(found)
    assert script.verdict(found) in script.table(found)
    assert script.__name__.rsplit(".", 1)[-1] in command.FIGURES


# ---------------------------------------------------------------------------- what runs them


def planted(holds):
    return SimpleNamespace(
        __name__="paper_figures.planted",
        __file__=__file__,
        compute=lambda settings, step: {"value": 1.0},
        draw=lambda results: Figure(),
        numbers=lambda results: {"value": 1.0},
        table=lambda numbers: "",
        claims=lambda numbers: {"one is one": True, "one is large": holds},
    )


def test_a_claim_that_does_not_hold_is_said_once_all_is_written(tmp_path):
    places = {"out": tmp_path / "out", "cache": tmp_path / "cache", "origin": figure.Origin()}
    entry = figure.run(planted(False), {"mode": "tiny"}, **places)
    assert entry["claims"] == {"one is one": True, "one is large": False}
    assert "DOES NOT HOLD: one is large" in (tmp_path / "out" / "planted.txt").read_text()
    written = json.loads((tmp_path / "out" / "planted.json").read_text())
    assert written["claims"] == entry["claims"]


def test_the_command_says_so_by_its_exit_code(tmp_path, monkeypatch, capsys):
    script = vars(planted(False)) | {"SETTINGS": {"quick": {"mode": "quick"}}}

    def named(work):
        return SimpleNamespace(**script | {"__name__": work.name})

    monkeypatch.setattr(figure.Work, "script", named)
    places = ["--jobs", "0", "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    assert command.main(["cubic_toy", "conformal_coverage", *places]) == 1
    said = capsys.readouterr().err
    assert "cubic_toy: does not hold: one is large" in said
    assert "conformal_coverage: does not hold: one is large" in said  # both ran


# ------------------------------------------------------------------------------- conformal sets


def test_exact_means_are_those_of_order_statistics():
    # By hand: n = 19, k = ceil(20 * .9) = 18; the upper quantile's place is 18/19 * 18 = 17.05,
    # hence the 19th; the linear one's is .9 * 18 = 16.2, between the 17th and the 18th.
    means = conformal_coverage.exact_means(19, Fraction(1, 10))
    assert means == pytest.approx({"ours": 0.9, "higher": 0.95, "linear": (17 + 0.2) / 20})


@pytest.mark.parametrize("n", [9, 12, 29, 40])
def test_exact_means_are_what_numpy_gives(n):
    # Of evenly spaced scores k/(n + 1), each order statistic's mean: the rule reads off its own.
    scores, level = np.arange(1, n + 1) / (n + 1), 0.9
    means = conformal_coverage.exact_means(n, Fraction(1, 10))
    higher = np.quantile(scores, round((n + 1) * level / n, 12), method="higher")
    assert means["higher"] == pytest.approx(higher)
    assert means["linear"] == pytest.approx(np.quantile(scores, level))
    assert means["ours"] == pytest.approx(
        scores[np.ceil(round((n + 1) * level, 9)).astype(int) - 1]
    )


def test_a_wrong_rank_of_ours_is_found_out(results):
    spoiled = dict(results[conformal_coverage])
    spoiled["99/ours"] = spoiled["99/linear"] - 0.02
    failed = conformal_coverage.claims(conformal_coverage.numbers(spoiled))
    assert not failed["our realised coverage follows the Beta law"]
    assert "IS NOT HELD" in conformal_coverage.verdict(conformal_coverage.numbers(spoiled))


# ------------------------------------------------------------------------------------ the cubic


def test_ratio_of_spreads_by_hand():
    inside = np.abs(cubic_toy.GRID) <= 4
    assert cubic_toy.ratio(np.where(inside, 0.5, 2.0)) == pytest.approx(4)


def test_networks_go_through_the_points_and_differ_by_their_start(results):
    found = results[cubic_toy]
    at = np.abs(cubic_toy.GRID[:, None] - found["x"]).argmin(axis=0)
    fit = found["answers"].mean(axis=0)[at]
    assert np.sqrt(((fit - found["y"]) ** 2).mean()) < 2 * cubic_toy.NOISE
    assert (found["answers"].std(axis=0) > 0).all()
    # A bootstrap moves the answers more than the initial weights do.
    assert found["resampled"].std(axis=0).mean() > found["answers"].std(axis=0).mean()


# -------------------------------------------------------------------------- one cluster or more


def test_three_clouds_stand_as_far_apart_as_said():
    settings = single_gaussian.SETTINGS["tiny"] | {"subjects": 30000}
    x = single_gaussian.points("three", 0, settings)
    centres = np.array([x[k::3].mean(axis=0) for k in range(3)])
    apart = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1)
    np.testing.assert_allclose(apart, settings["apart"], atol=0.1)  # five standard errors and more
    assert np.abs(single_gaussian.points("one", 0, settings).mean(axis=0)).max() < 0.03


def test_too_many_cuts_against_the_nulls_are_found_out(results):
    found = single_gaussian.numbers(results[single_gaussian])
    cut = single_gaussian.share(np.arange(100) < 14)  # 14 of 100 at 5 %: p = .0005
    found["clouds"]["one"]["claims_clusters"]["null"] = cut
    said = single_gaussian.claims(found)
    assert not said["against the nulls it is cut no more often than the nominal 5 %"]
    found["clouds"]["one"]["claims_clusters"]["null"] = single_gaussian.share(np.arange(100) < 8)
    said = single_gaussian.claims(found)
    assert said["against the nulls it is cut no more often than the nominal 5 %"]


# ------------------------------------------------------------------------------- ensemble sizes


def test_realised_variance_by_hand():
    pilot = np.array([[[0.2, 0.8], [0.5, 0.5]], [[0.4, 0.6], [0.5, 0.5]]])
    first = np.array([0.1, 0.3, 0.2, 0.6, 0.9])
    votes = np.stack([np.stack([first, 1 - first], axis=1)] * 2, axis=1)
    variance, groups = ensemble_sizes.realised(votes, np.array([2, 3]), pilot)
    assert groups.tolist() == [2, 1]  # the fifth vote fills no group; three have no other three
    assert variance[0] == pytest.approx(np.var([0.2, 0.4], ddof=1))
    assert np.isnan(variance[1])


def test_words_of_the_sizes_follow_the_numbers(results):
    found = ensemble_sizes.numbers(results[ensemble_sizes])
    assert " reach the error" in ensemble_sizes.verdict(found)
    found["pilots"]["50"]["needed"] |= {"low": 1.2, "value": 1.3}
    assert " MISS the error" in ensemble_sizes.verdict(found)


# ------------------------------------------------------------------------- shares and calibration


def test_the_spread_over_designs_is_what_the_components_state(results):
    found = variance_shares.numbers(results[variance_shares])
    assert sum(v["value"] for v in found["shares"].values()) == pytest.approx(1)
    parts = found["part_in"]
    alone = found["shares"]["resample"]["value"]
    assert parts["resample"]["value"] > alone == found["missed_by_seeds"]["value"]
    assert found["members"] == 27


def test_words_of_the_calibration_follow_the_numbers(results):
    found = pool_then_calibrate.numbers(results[pool_then_calibrate])
    assert "has the lowest NLL" in pool_then_calibrate.verdict(found)
    found["orders"]["none"]["nll_more_than_the_best"]["low"] = -0.1
    assert "has the lowest NLL" not in pool_then_calibrate.verdict(found)
    assert "beats member-then-pool, shared-then-pool" in pool_then_calibrate.verdict(found)
