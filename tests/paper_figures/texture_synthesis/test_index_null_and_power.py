"""The index's figure in a tiny setting: distances by plain means, claims that follow numbers."""

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from paper_figures import __main__ as command
from paper_figures.texture_synthesis import image_features
from paper_figures.texture_synthesis import index_null_and_power as script
from tests.paper_figures.tiny_results import no_cache
from toolbox.core.streams import generator


@pytest.fixture(scope="module")
def results():
    return script.compute(script.SETTINGS["tiny"], no_cache)


def test_the_claims_hold_and_the_figure_is_drawn(results, tmp_path):
    found = script.numbers(results)
    assert found["size"]["5"]["pairs"] == 10
    assert all(script.claims(found).values())
    figure = script.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == script.verdict(found)
    assert script.verdict(found) in script.table(found)
    assert "index_null_and_power" in command.FIGURES


def test_claims_fail_when_the_numbers_do(results):
    found = script.numbers(results)
    found["size"]["5"] |= {"share": 0.2, "high": 0.1}
    found["power"]["intermittency"]["index"]["0"] = 0.5
    found["power"]["intermittency"]["spectrum"]["0"] = 0.4
    found["power"]["hurst"]["index"]["0.9"] = 0.5
    assert list(script.claims(found).values()) == [False] * 4


def test_sizes_by_hand():
    found = script.size(np.linspace(0.001, 1, 1000))
    assert found["share"] == 0.05
    assert (found["low"], found["high"]) == (0.029, 0.074)


def test_patch_distance_is_the_sliced_wasserstein_distance():
    rng = generator(0, "patches")
    values = rng.standard_normal((2, 500)) + np.array([[0.0], [0.7]])
    rows = (values[..., None] <= image_features.EDGES).mean(axis=1)
    area = image_features.wasserstein(rows[:1], rows[1:])
    area *= len(image_features.EDGES) * np.diff(image_features.EDGES)[0]
    assert area == pytest.approx(wasserstein_distance(*values), rel=0.03)


def test_filters_answer_as_a_plain_correlation_does():
    image = generator(0, "image").standard_normal((1, 20, 20))
    taps = generator(3, "random filters", 3).standard_normal((8, 3, 3))
    taps -= taps.mean(axis=(1, 2), keepdims=True)
    taps /= np.sqrt((taps**2).sum(axis=(1, 2), keepdims=True))
    windows = np.lib.stride_tricks.sliding_window_view(image[0], (3, 3))
    answer = np.einsum("ijab,ab->ij", windows, taps[5, ::-1, ::-1])
    expected = np.maximum(answer, 0).mean()
    assert image_features.filtered(image, seed=3)[0, 5] == pytest.approx(expected)


def test_every_distance_keeps_its_level_and_sees_a_coarse_change():
    rng = generator(0, "white")
    p = {name: [] for name in image_features.DISTANCES}
    for k in range(20):
        white = rng.standard_normal((24, 24, 24))
        smooth = sum(np.roll(white[:12], (i, j), axis=(1, 2)) for i in range(3) for j in range(3))
        for first, samples in (("same", white[:12]), ("other", smooth / 3)):
            rows = image_features.features(np.concatenate([samples, white[12:]]), seed=0)
            for name in p:
                options = {"n": 12, "resamples": 39, "seed": k}
                p[name].append((first, image_features.p_value(name, rows[name], **options)))
    for found in p.values():
        same = [value for first, value in found if first == "same"]
        assert np.mean(np.array(same) <= 0.1) <= 0.35  # 20 draws: beyond one in a thousand
        other = [value for first, value in found if first == "other"]
        assert np.mean(np.array(other) <= 0.05) >= 0.8
