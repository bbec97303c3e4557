"""``python -m paper_figures``: what is made, kept and said, and the options that it takes."""

import inspect
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from grainwise.__main__ import main as grainwise
from grainwise.verbs.figures import figures
from paper_figures import __main__ as command

NAMES = ("cubic_toy", "conformal_coverage")


def entries(folder):
    return json.loads((folder / "MANIFEST.json").read_text())


def test_the_manifest_is_complete(make, tmp_path):
    assert make() == 0
    found = entries(tmp_path / "out")
    assert sorted(found) == sorted(NAMES)
    for name, entry in found.items():
        wanted = {"mode", "key", "commit", "head", "seed", "versions", "seconds", "device"}
        assert wanted | {"arrays", "pixels", "files", "claims"} <= set(entry)
        assert (entry["mode"], entry["seed"]) == ("quick", 7)
        kinds = {Path(file).suffix for file in entry["files"]}
        assert kinds == {".png", ".pdf", ".svg", ".json", ".txt"}
        assert all((tmp_path / "out" / file).exists() for file in entry["files"])
        assert {"python", "numpy", "torch", "jax"} <= set(entry["versions"])
        numbers = json.loads((tmp_path / "out" / "numbers.json").read_text())
        assert numbers[name]["numbers"]["total"] == {"value": 28.0}
    assert r"\cubicToyTotal}{28}" in (tmp_path / "out" / "numbers.tex").read_text()


def test_nothing_is_done_twice_and_all_is_said_again(make, scripts, tmp_path, capsys):
    make()
    before = {p: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    capsys.readouterr()
    assert make() == 0
    assert [s.computed for s in scripts.values()] == [1, 1]
    assert before == {p: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    said = capsys.readouterr().out
    assert "a table of paper_figures.cubic_toy" in said
    assert "2 figures in " in said
    assert ", 2 unchanged" in said


def test_a_file_that_was_changed_or_lost_is_made_again_from_what_is_kept(make, scripts, tmp_path):
    make()
    before = {p: p.read_bytes() for p in (tmp_path / "out").iterdir() if "MANI" not in p.name}
    (tmp_path / "out" / "cubic_toy.png").write_bytes(b"other")
    (tmp_path / "out" / "cubic_toy.svg").unlink()
    assert make() == 0
    assert [s.computed for s in scripts.values()] == [1, 1]
    assert before == {p: p.read_bytes() for p in before}


def test_another_mode_is_made_anew(make, scripts, tmp_path):
    make()
    make("--full")
    assert {entry["mode"] for entry in entries(tmp_path / "out").values()} == {"full"}
    assert [s.computed for s in scripts.values()] == [2, 2]


def test_one_figure_leaves_the_others_in_the_manifest(make, tmp_path):
    make()
    places = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache"), "--jobs", "0"]
    assert command.main(["cubic_toy", "--full", *places]) == 0
    modes = {name: entry["mode"] for name, entry in entries(tmp_path / "out").items()}
    assert modes == {"cubic_toy": "full", "conformal_coverage": "quick"}


@pytest.mark.parametrize(
    ("figures", "unchanged", "said"),
    [
        (0, 0, "no figure in 3 s"),
        (1, 0, "1 figure in 3 s, 0 unchanged"),
        (2, 2, "2 figures in 3 s, 2 unchanged"),
    ],
)
def test_figures_are_counted_as_they_are(figures, unchanged, said):
    assert command.counted(figures, unchanged, seconds=3.2) == said


def test_a_refused_figure_is_none(make, scripts, capsys):
    for script in scripts.values():
        script.values = None
    assert make() == 1
    assert "no figure in" in capsys.readouterr().out


def test_the_bar_moves_by_steps_and_ends_full(monkeypatch):
    bar = command.Bar([SimpleNamespace(name="a"), SimpleNamespace(name="b")])
    moves = []
    monkeypatch.setattr(bar.bar, "update", lambda by=1: moves.append(by))
    bar.moved("a", 3)
    assert bar.bar.total == 5
    bar.moved("a", 0)
    bar.ended("b")
    bar.ended("a")  # two of its steps were kept, and it is itself there
    assert moves == [1, 1, 3]
    assert sum(moves) == bar.bar.total
    bar.close()


def test_a_figure_that_fails_leaves_the_others_made(make, scripts, tmp_path, capsys):
    scripts["cubic_toy"].values = None
    assert make() == 1
    said = capsys.readouterr().err
    assert "cubic_toy: could not be made" in said
    assert "Traceback" in said
    assert list(entries(tmp_path / "out")) == ["conformal_coverage"]


# ------------------------------------------------------------------------------- the comparison


@pytest.mark.parametrize(
    "options",
    [["--check", "--full"], ["--check", "--size", "40"], ["--jobs", "-1"], ["--jobs", "x"]],
)
def test_options_that_make_no_sense_are_refused(options, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["rare_class", *options])
    assert stop.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_grainwise_passes_every_option_on(monkeypatch):
    given = []

    def taken(words):
        given.append(command.parser().parse_args(words))
        return 0

    monkeypatch.setattr(command, "main", taken)
    options = ["--full", "--jobs", "3", "--images", "a folder", "--rare", "wool", "--size", "40"]
    options += ["--out", "o", "--cache", "c"]
    assert grainwise(["figures", "rare_class", *options]) == 0
    assert vars(given[0]) == vars(command.parser().parse_args(["rare_class", *options]))
    for option in ("--quick", "--check", "--list"):
        assert grainwise(["figures", option]) == 0
        assert vars(given[-1]) == vars(command.parser().parse_args([option]))
    known = set(vars(command.parser().parse_args([]))) - {"accept", "tiny"}  # a developer's
    assert set(inspect.signature(figures).parameters) == known
