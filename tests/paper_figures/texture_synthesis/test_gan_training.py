"""The GAN figure in a tiny setting: all numbers are there, the words follow them."""

import numpy as np
import pytest

from paper_figures import __main__ as command
from paper_figures.texture_synthesis import gan_training
from tests.paper_figures.tiny_results import no_cache


@pytest.fixture(scope="module")
def results():
    return gan_training.compute(gan_training.SETTINGS["tiny"], no_cache)


def test_the_claims_hold_and_the_figure_is_drawn(results, tmp_path):
    found = gan_training.numbers(results)
    claims = gan_training.claims(found)
    # Some steps of training leave all of them nearly as bad: nothing to be said of the best.
    flatters = next(sentence for sentence in claims if "flatters" in sentence)
    assert claims.pop(flatters) in (True, False)
    assert [sentence for sentence, holds in claims.items() if not holds] == []
    assert all(isinstance(holds, bool) for holds in claims.values())
    figure = gan_training.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    titles = " ".join(axes.get_title(loc="left") for axes in figure.axes)
    assert all(f"{letter}   " in titles for letter in "abcd")
    assert figure.get_suptitle() == gan_training.verdict(found)
    assert gan_training.verdict(found) in gan_training.table(found)
    assert "gan_training" in command.FIGURES


def test_every_training_is_reported(results):
    found = gan_training.numbers(results)
    assert list(found["architectures"]) == ["2 x 1", "3 x 1"]
    for one in found["architectures"].values():
        assert len(one["index"]) == 4
        assert one["best"] <= one["median"] <= one["worst"]


def test_a_failed_training_is_the_worst_and_is_left_out_of_the_relation(results):
    index = results["index"].copy()
    index[0, 2] = np.inf
    found = gan_training.numbers(results | {"index": index})
    failed = int((~np.isfinite(index[0])).sum())
    assert found["architectures"]["2 x 1"]["failed"] == failed
    assert found["architectures"]["2 x 1"]["worst"] == np.inf
    assert np.isfinite(found["declared"]["value"])
    figure = gan_training.draw(results | {"index": index})
    by_complexity = next(a for a in figure.axes if a.get_title(loc="left").startswith("c "))
    names = [text.get_text() for text in by_complexity.get_xticklabels()]
    assert names[0] == f"2 x 1\n{failed} failed"
    points, median = by_complexity.lines[:2]
    np.testing.assert_array_equal(points.get_ydata(), np.sort(index[0]))
    assert median.get_ydata()[0] == np.median(index[0][np.isfinite(index[0])])


def test_the_words_follow_the_numbers(results):
    found = gan_training.numbers(results)
    found["differ_by_architecture_p"] = 0.2
    found["declared"]["p_value"], found["skill"]["p_value"] = 0.3, 0.3
    said = gan_training.verdict(found)
    assert "is not shown to depend" in said
    assert "is not shown to tell" in said
    assert "are not shown to predict" in said
    found["differ_by_architecture_p"] = 0.01
    found["declared"]["p_value"], found["skill"]["p_value"] = 0.01, 0.01
    said = gan_training.verdict(found)
    assert "depends" in said
    assert "accuracy tells" in said
    assert "logs together predict" in said


def test_wrong_claims_are_found_out(results):
    found = gan_training.numbers(results)
    found["model_against_model"]["mean"] = 1.5
    found["architectures"]["2 x 1"]["largest_p_value"] = 0.4
    failed = [sentence for sentence, holds in gan_training.claims(found).items() if not holds]
    assert any("sets of the model" in sentence for sentence in failed)
    assert any("taken for the model" in sentence for sentence in failed)
