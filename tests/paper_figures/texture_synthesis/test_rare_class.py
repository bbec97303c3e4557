"""The rare-class study in a tiny setting, on the shipped photographs and on a user's folder."""

import json

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

import toolbox
from paper_figures import __main__ as command
from paper_figures.texture_synthesis import rare_class, rare_class_numbers
from tests.paper_figures.tiny_results import no_cache

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")

TINY = rare_class.SETTINGS["tiny"]


@pytest.fixture(scope="module")
def computed():
    """Return the results of the study and the steps that it asked for, computed once."""
    asked = []

    def step(name, function, *arguments):
        asked.append(name)
        return no_cache(name, function, *arguments)

    return rare_class.compute(TINY, step), asked


@pytest.fixture
def results(computed):
    return dict(computed[0])


def test_train_and_test_come_from_different_halves():
    crops = rare_class.cut(TINY)
    for d in range(4):
        task = rare_class.one_draw(crops, TINY, d)
        test = set(task["test_families"])
        assert not test & set(task["common_families"])
        assert not test & set(task["rare_families"])
        test_units = set(task["test_units"])
        assert not test_units & set(task["rare_units"])
        assert len(task["rare"]) == 12
    assert len({tuple(rare_class.one_draw(crops, TINY, d)["rare_families"]) for d in range(4)}) == 4


def test_a_child_across_the_split_is_an_error():
    crops = rare_class.cut(TINY)
    task = rare_class.one_draw(crops, TINY, 0)
    leak = task | {"rare_families": task["test_families"][: len(task["rare"])]}
    made = {"synthesis/samples": task["rare"][:2], "synthesis/parents": np.array([0, 1])}
    with pytest.raises(toolbox.InputError, match=r"^parents: wanted each family on one side"):
        rare_class.train("synthesis, ungated", leak, made, TINY)


def test_every_number_of_the_study_is_there(results):
    found = rare_class.numbers(results)
    assert list(found["arms"]) == list(rare_class_numbers.ARMS)
    for arm in found["arms"].values():
        for score in ("balanced_accuracy", "rare_recall", "ece", "nll", "brier"):
            assert len(arm[score]["draws"]) == TINY["draws"]
    crops = found["test_crops"]
    assert len(crops["truth"]) == len(crops["probability"]) == len(crops["standard_error"])
    # One photograph a class: no independent units, so no p-value, and the note says so.
    tested = found["against_the_other_half"]["synthesis"]
    assert np.isnan(tested["p_values"]).all()
    assert "units" in tested["note"]
    assert {"pooled evidence", "Siamese network", "pixels"} <= set(found["similarity"])


def test_the_verdict_follows_the_interval():
    def said(value, low, high):
        gain = {"value": value, "low": low, "high": high}
        return rare_class_numbers.compared(gain, "nothing")

    assert said(0.2, 0.1, 0.3).startswith("beats nothing")
    assert said(-0.2, -0.3, -0.1).startswith("does worse than nothing")
    for low in (-0.1, float("nan")):
        assert said(0.1, low, 0.3).startswith("is not shown to differ from nothing")


def test_the_figure_is_drawn(results, tmp_path):
    figure = rare_class.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    titles = " ".join(axes.get_title(loc="left") for axes in figure.axes)
    assert all(f"{letter}  " in titles for letter in "abcdefghij")
    (gate,) = (axes for axes in figure.axes if "the gate" in axes.get_title(loc="left"))
    assert "threshold 0.1" in [text.get_text() for text in gate.get_legend().get_texts()]


def test_labels_are_legible_in_a_column(results):
    figure = rare_class.draw(results)
    figure.draw_without_rendering()
    assert 25.4 * figure.get_figwidth() <= 85
    shown = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert len(shown) > 50
    assert min(text.get_fontsize() for text in shown) >= 6
    inside = figure.get_tightbbox().width  # inches: nothing stands out at a side
    assert inside <= figure.get_figwidth() + 0.02


def test_the_claims_follow_the_numbers(results):
    found = rare_class.numbers(results)
    assert not rare_class.claims(found | {"own_images": True})
    claims = rare_class.claims(found)
    assert len(claims) == 4
    assert claims["pooled evidence finds a crop of the same class more often than pixels do"]
    gated = found["arms"]["synthesis, gated"]
    for low in (0.01, -0.01):
        gated["gain_over_class_weights"]["low"] = low
        claim = "gated synthesis beats class weights in balanced accuracy"
        assert rare_class.claims(found)[claim] == (low > 0)


def test_every_step_is_counted(computed):
    asked = computed[1]
    assert len(set(asked)) == len(asked) == rare_class.steps(TINY)


@pytest.fixture
def folder(tmp_path):
    """Three classes of two colour images each, of different sizes.

    Together they have as many crops as the shipped photographs: the same programs are compiled.
    """
    names = ("brick", "grass", "gravel")
    for name, photograph in zip(names, toolbox.textures().values, strict=True):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i, part in enumerate((photograph[:, :330], photograph[:, 330:])):
            pixels = (255 * np.stack([part] * 3, axis=-1)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / name / f"{i}.png")
    return tmp_path / "images"


def test_a_users_folder(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(rare_class.SETTINGS, "quick", TINY | {"draws": 1, "members": 1})
    places = ["--out", str(tmp_path), "--cache", str(tmp_path / "cache"), "--jobs", "0"]
    arguments = ["rare_class", "--images", str(folder), "--rare", "grass"]
    assert command.main([*arguments, *places]) == 0
    written = json.loads((tmp_path / "rare_class.json").read_text())
    assert written["settings"]["rare"] == "grass"
    assert written["numbers"]["training_crops"]["grass"] == 12
    # Two photographs a class: the halves are independent units, few of them.
    assert len(written["numbers"]["test_crops"]["unit"]) > 100
    assert "Gated synthesis" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--images", "no/such/folder"], "path: wanted"),
        (["--images", "FOLDER", "--rare", "wool"], "rare: wanted one of the classes"),
        (["--size", "300"], "size: wanted"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(arguments, said, folder, tmp_path, capsys):
    arguments = [str(folder) if a == "FOLDER" else a for a in arguments]
    assert command.main(["rare_class", *arguments, "--out", str(tmp_path), "--jobs", "0"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(said)
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("rare_class.*"))


def test_an_unknown_figure_is_named(capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["no_such_figure"])
    assert stop.value.code == 2
    said = f"wanted one of {', '.join(command.FIGURES)}, got no_such_figure"
    assert said in capsys.readouterr().err
