"""The gallery of synthesisers and the asymmetry of signals in a tiny setting."""

import numpy as np
import pytest

from paper_figures import __main__ as command
from paper_figures.multiscale import signal_asymmetry
from paper_figures.multiscale.signal_asymmetry import deceleration, heart_rates, increment_skewness
from paper_figures.texture_synthesis import synthesis_gallery
from paper_figures.texture_synthesis.held_out_distances import FAMILIES, ratio
from tests.paper_figures.tiny_results import Computed
from toolbox.core.streams import generator

SCRIPTS = (synthesis_gallery, signal_asymmetry)


@pytest.fixture(scope="module")
def results():
    return Computed()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.__name__.rsplit(".", 1)[-1])
def test_the_claims_hold_and_the_figure_is_drawn(script, results, tmp_path):
    found = script.numbers(results[script])
    claims = script.claims(found)
    assert claims
    if script is synthesis_gallery:  # 64 pixels hold too few patterns to tell one child of each
        assert claims.pop("so it is by binary patterns, which it does not optimise") in (
            True,
            False,
        )
    assert [sentence for sentence, holds in claims.items() if not holds] == []
    figure = script.draw(results[script])
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == script.verdict(found)
    assert script.verdict(found) in script.table(found)
    assert script.__name__.rsplit(".", 1)[-1] in command.FIGURES


def test_claims_fail_when_the_numbers_do(results):
    found = synthesis_gallery.numbers(results[synthesis_gallery])
    for of in found.values():
        of["wavelet_synthesis"] = dict.fromkeys(synthesis_gallery.SHOWN, 1e6)
    assert not any(synthesis_gallery.claims(found).values())
    found = signal_asymmetry.numbers(results[signal_asymmetry])
    found["real"]["mean"] = [1.0] * len(signal_asymmetry.LAGS)
    found["wavelet"]["share_kept"], found["iaaft"]["share_kept"] = 0.1, 0.9
    assert not any(signal_asymmetry.claims(found).values())


@pytest.mark.parametrize("family", ["describe", "random filters", "binary patterns"])
def test_the_ratio_of_the_same_law_is_about_one(family):
    white = generator(0, "white").standard_normal((40, 32, 32))
    fields = (0.5 + 0.1 * white).clip(0, 1).astype(np.float32)
    real = FAMILIES[family](fields[:20])
    found = [ratio(row, real, family) for row in FAMILIES[family](fields[20:])]
    # The standard deviation of 20 crops is itself known to a sixth: the mean is near 1 + 2 / 17.
    assert 0.8 < np.mean(found) < 1.4
    other = FAMILIES[family]((fields[20:] + np.roll(fields[20:], 1, axis=1)) / 2)
    assert np.mean([ratio(row, real, family) for row in other]) > 1.25 * np.mean(found)


def test_the_ratio_by_hand():
    real = np.array([[0.0], [1.0], [2.0]])  # the first is the exemplar
    # squared distances of 3 to 1 and 2: 4 and 1; of two of the three: (1 + 1 + 4) / 3 = 2
    assert ratio(np.array([3.0]), real, "binary patterns") == pytest.approx(2.5 / 2)
    assert ratio(np.array([30.0]), 10 * real, "describe") == pytest.approx(2.5 / 2)


def test_decelerations_fall_fast_and_recover_slowly():
    time = np.linspace(-10, 200, 2101)
    shape = deceleration(time)
    assert shape.max() == pytest.approx(1, abs=1e-3)
    assert time[shape.argmax()] == pytest.approx(5, abs=0.1)
    assert (shape[time < 0] == 0).all()
    half = time[shape > 0.5]
    assert half[-1] - 5 > 3 * (5 - half[0])


def test_heart_rates_are_the_same_for_any_number_and_symmetric_when_turned():
    few, many = heart_rates(2, seed=3, size=600), heart_rates(4, seed=3, size=600)
    np.testing.assert_array_equal(few, many[:2])
    turned = increment_skewness(many[:, ::-1], lag=16)
    np.testing.assert_allclose(turned, -increment_skewness(many, lag=16))
