"""The accuracy figure in a tiny setting: its numbers against hand counts, its claims, its peer."""

import json

import numpy as np
import pytest

import toolbox
from benchmarks import peer_accuracy
from paper_figures import __main__ as command
from paper_figures.multiscale import multiscale_accuracy as script
from paper_figures.multiscale import multiscale_accuracy_numbers as figures
from tests.paper_figures.tiny_results import no_cache

TINY = script.SETTINGS["tiny"] | {"peer": ""}


@pytest.fixture(scope="module")
def results():
    return script.compute(TINY, no_cache)


def test_calibration_takes_off_the_bias_of_rough_motion(results):
    found = figures.numbers(results)
    bias = found["summary"]["c1_bias_of_rough_motion"]
    error = found["laws"]["motion H=.3"]["estimators"]["leaders, calibrated"]["error_of_bias"][0]
    assert bias["raw"] < -0.03  # the sampling of a rough motion: known from long simulations
    assert abs(bias["calibrated"]) < abs(bias["raw"])
    assert abs(bias["calibrated"]) < 4 * error
    assert next(iter(script.claims(found).values()))  # eight draws say little of the others


def test_claims_fail_when_the_numbers_do(results):
    found = figures.numbers(results)
    found["summary"]["c1_bias_of_rough_motion"] = {"raw": -0.05, "calibrated": 0.002}
    for both in found["coverage"].values():
        both["calibrated"] = [figures.share(np.arange(600) < 570)] * 3
    assert all(script.claims(found).values())
    found["coverage"]["walk H=.5"]["calibrated"][1] = figures.share(np.arange(600) < 500)
    found["summary"]["c1_bias_of_rough_motion"]["calibrated"] = 0.03
    found["summary"]["largest_c1_bias_of_walks"] |= {"leaders, raw": 0.1}
    found["summary"]["largest_c1_bias_of_walks"] |= {"leaders, calibrated": 0.2}
    assert not any(script.claims(found).values())
    found["summary"]["typical_c2_rmse_of_walks"] |= {"p=2, calibrated": 0.02, "peer": 0.01}
    assert list(script.claims(found).values()) == [False] * 4


def test_every_law_has_its_estimators(results):
    found = figures.numbers(results)["laws"]
    assert list(found) == TINY["laws"]
    for law, entry in found.items():
        spread = entry["estimators"]["p=2, calibrated"]
        assert spread["draws"] == 8
        assert np.isfinite([*spread["bias"], *spread["sd"], *spread["rmse"]]).all()
        assert ("whittle" in entry["estimators"]) == ("field" in law)


def test_the_laws_and_their_truth():
    settings = TINY | {"samples": 64, "side": 16}
    truth = {law: script.drawn(law, settings, n=2, purpose="test")[1:] for law in script.LAWS}
    for law in truth:
        x, _, dim = script.drawn(law, settings, n=2, purpose="test")
        assert x.shape == ((2, 16, 16) if dim == 2 else (2, 64))
    assert truth["motion H=.3"][0].tolist() == [0.3, 0, 0]
    np.testing.assert_allclose(truth["walk H=.8"][0], [0.85, -0.05, 0])
    # log-Poisson: c_2 = -gamma (ln beta)^2 / (1 - beta), and the running sum adds 1 to c_1.
    log = np.log(2)
    np.testing.assert_allclose(truth["cascade"][0], [0.9 + 0.2 * log, -0.2 * log**2, 0.2 * log**3])


def test_errors_by_hand():
    got = figures.errors(np.array([[1.0, -1.0], [3.0, -1.0]]), simulations=2)
    assert got["bias"] == [2, -1]
    assert got["sd"] == pytest.approx([np.sqrt(2), 0])
    assert got["error_of_bias"] == pytest.approx([np.sqrt(2) * np.sqrt(1 / 2 + 1 / 2), 0])
    assert got["rmse"] == pytest.approx([np.sqrt(5), 1])
    assert got["draws"] == 2


def test_coverage_is_a_share_with_its_interval(results):
    covered = np.array([True] * 9 + [False])
    got = figures.share(covered)
    # Wilson (1927) at 9 of 10: (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4 n^2)) / (1 + z^2/n)
    z = 1.959964
    middle, root = 0.9 + z**2 / 20, z * np.sqrt(0.009 + z**2 / 400)
    assert got["low"] == pytest.approx((middle - root) / (1 + z**2 / 10), abs=1e-6)
    assert got["high"] == pytest.approx((middle + root) / (1 + z**2 / 10), abs=1e-6)
    found = figures.numbers(results)["coverage"]
    assert list(found) == list(script.COVERED)
    for both in found.values():
        assert [s["draws"] for s in both["calibrated"]] == [8, 8, 8]


def test_without_the_peer_its_committed_figures_are_drawn_and_said_to_be_so(results, tmp_path):
    kept = json.loads(figures.COMMITTED.read_text())
    assert kept["version"] == "0.3.1"
    found = figures.numbers(results | {"samples": kept["samples"]})
    assert found["peer"]["source"].startswith(f"committed figures, {kept['date']}, 200 other draws")
    assert list(kept["laws"]) == [law for law in script.LAWS if "field" not in law]
    for law, peer in kept["laws"].items():
        assert (peer["draws"], peer["gamma"]) == (200, script.LAWS[law][2])
        assert law not in found["laws"] or found["laws"][law]["estimators"]["peer"] == peer
        np.testing.assert_allclose(np.hypot(peer["bias"], peer["sd"]), peer["rmse"], rtol=5e-3)
    assert "pymultifracs 0.3.1" in figures.verdict(found)
    figure = script.draw(results | {"samples": kept["samples"]})
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert found["peer"]["source"] in legend(figure)
    for axes, (law, entry) in zip(figure.axes, found["laws"].items(), strict=False):
        truth = f"true c₁ = {entry['truth'][0]:.3g}".replace("-", "−")
        assert axes.texts[0].get_text() == truth
        assert drawn(axes, "D") == ([kept["laws"][law]["bias"][0]] if law in kept["laws"] else [])
        assert drawn(axes, "os") == [
            entry["estimators"][name]["bias"][0]
            for name in ("leaders, raw", "leaders, calibrated", "p=2, calibrated")
        ]


def drawn(axes, markers):
    """Return the heights of the points of a panel."""
    return [line.get_ydata()[0] for line in axes.lines if line.get_marker() in markers]


def legend(figure):
    (shown,) = (axes.get_legend() for axes in figure.axes if axes.get_legend())
    return "\n".join(text.get_text() for text in shown.get_texts())


def test_committed_figures_of_another_size_are_not_drawn(results):
    found = figures.numbers(results)
    assert found["peer"]["source"] == "committed for 32768 samples, not drawn"
    assert not any("peer" in entry["estimators"] for entry in found["laws"].values())
    assert "pymultifracs" not in figures.verdict(found)
    figure = script.draw(results)
    assert "committed for 32768 samples, not drawn" in legend(figure)
    assert [drawn(axes, "D") for axes in figure.axes] == [[]] * len(figure.axes)


def test_the_peers_leaders_are_said_to_be_of_another_definition_and_p_two_is_compared(pytestconfig):
    readme = (pytestconfig.rootpath / "README.md").read_text()
    for text in (readme, script.__doc__, peer_accuracy.__doc__):
        assert "a sum of three" in " ".join(text.split())
    measured = pytestconfig.rootpath / "benchmarks/results/peer_accuracy_cpu.json"
    found = json.loads(measured.read_text())
    for law in peer_accuracy.LAWS:
        assert {"leaders", "p=2"} < set(found[law])
    # within p = 2: sums of squares with weights of both sides' totals 3, 3 and 3 a scale
    weights = found["weights of squared coefficients in the peer's p-leaders"]
    totals = [sum(weights[f"scale {j}"]) for j in (1, 2, 3)]
    np.testing.assert_allclose(totals, 3.0, atol=0.01)


def test_the_peer_gives_the_same_law_where_it_is_installed():
    pytest.importorskip("pymultifracs")
    motion = toolbox.fractional_field(2**13, hurst=0.7, n=6, seed=0)
    got = script.peer(motion.values, scales=(3, 9), gamma=0.0)
    assert got.shape == (6, 3)
    assert np.abs(got.mean(axis=0) - motion.cumulants).max() < 0.05


@pytest.mark.parametrize("option", [["--images", "folder"], ["--rare", "wool"], ["--size", "40"]])
def test_options_of_own_images_are_refused(option, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["multiscale_accuracy", *option])
    assert stop.value.code == 2
    takers = "rare_class or paper_challenge or papers_expert"
    said = f"wanted {takers} alone with --images or --size (rare_class with"
    assert said in capsys.readouterr().err


def test_the_words_follow_the_numbers(results):
    found = figures.numbers(results)
    largest = found["summary"]["largest_c1_bias_of_walks"]
    assert "lowers the largest bias" in figures.verdict(found)
    largest["leaders, calibrated"] = 2 * largest["leaders, raw"]
    assert "does not lower the largest bias" in figures.verdict(found)
    cascade = found["summary"]["c1_bias_of_the_cascade"]
    cascade |= {"raw": -0.1, "calibrated": 0.05}
    assert "does no harm to c₁ here" in figures.verdict(found)
    cascade |= {"raw": 0.01, "calibrated": -0.05}
    assert "makes c₁ worse" in figures.verdict(found)
