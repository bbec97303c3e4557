"""``python -m paper_figures``: what is made, kept, compared and said, here and in workers."""

import fnmatch
import inspect
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from grainwise.__main__ import main as grainwise
from grainwise.verbs.figures import figures
from paper_figures import __main__ as command
from paper_figures.runner import figure, processes, reference_values
from paper_figures.runner.provenance import Commits

ROOT = Path(__file__).parents[2]
NAMES = ("cubic_toy", "conformal_coverage")


class Planted(SimpleNamespace):
    """A script whose values, claim and computations are at hand."""

    def __init__(self, name):
        super().__init__(__name__=name, values=np.arange(8.0), holds=True, computed=0)
        self.SETTINGS = {mode: {"mode": mode, "seed": 7} for mode in ("quick", "full", "tiny")}

    def compute(self, settings, step):
        self.computed += 1
        return {"values": self.values, "name": "planted"}

    def draw(self, results):
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot(results["values"])
        return figure

    def numbers(self, results):
        return {"total": float(results["values"].sum())}

    def table(self, numbers):
        return f"a table of {self.__name__}"

    def claims(self, numbers):
        return {"it is large": self.holds}


@pytest.fixture
def scripts(monkeypatch):
    found = {name: Planted(f"paper_figures.{name}") for name in NAMES}
    monkeypatch.setattr(figure.Work, "script", lambda work: found[work.name])
    return found


@pytest.fixture
def make(tmp_path, monkeypatch, scripts):
    """Return the command, its folders and reference in a temporary place."""
    monkeypatch.setattr(reference_values, "PLACE", tmp_path / "reference.json")

    def run(*options, out="out", cache="cache"):
        places = ["--out", str(tmp_path / out), "--cache", str(tmp_path / cache), "--jobs", "0"]
        return command.main([*NAMES, *places, *options])

    return run


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


def test_check_fails_without_a_reference_and_passes_with_one(make, capsys):
    assert make("--check") == 1
    assert "cubic_toy: not as its reference: it has no reference" in capsys.readouterr().err
    assert make("--accept") == 0
    assert make("--check") == 0
    assert "cubic_toy: the same arrays" in capsys.readouterr().out


def test_a_claim_that_fails_fails_the_check(make, scripts, capsys):
    make("--accept")
    scripts["cubic_toy"].holds = False
    assert make("--check", out="other") == 1
    assert "cubic_toy: does not hold: it is large" in capsys.readouterr().err
    assert make("--check", out="other") == 1  # unchanged, and no better


def test_what_does_not_hold_is_not_accepted(make, scripts, tmp_path):
    scripts["cubic_toy"].holds = False
    assert make("--accept") == 1
    assert not (tmp_path / "reference.json").exists()


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (lambda v: v + 0.05, 0, "cubic_toy: within tolerance of the reference"),
        (lambda v: v + 0.2, 1, "cubic_toy: not as its reference: values: mean 3.7, wanted 3.5"),
        (lambda v: v * 1.2, 1, "sd"),
        (lambda v: v[:-1], 1, "7 values (0), wanted 8 values (0 not finite)"),
        (lambda v: np.r_[v[:-1], np.nan], 1, "8 values (1)"),
    ],
)
def test_arrays_are_compared_within_tolerance(make, scripts, capsys, change, status, said):
    make("--accept")
    scripts["cubic_toy"].values = change(scripts["cubic_toy"].values)
    assert make("--check", out="other", cache="other cache") == status
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
    if status == 0:  # pixels only warn
        assert "cubic_toy: other pixels than the reference's (a warning)" in printed.err


def test_a_stated_tolerance_is_kept(make, scripts, tmp_path):
    make("--accept")
    known = json.loads((tmp_path / "reference.json").read_text())
    known["cubic_toy"]["tolerance"] = 1.0
    (tmp_path / "reference.json").write_text(json.dumps(known))
    scripts["cubic_toy"].values = scripts["cubic_toy"].values + 0.5
    assert make("--check", out="other", cache="other cache") == 0
    assert make("--accept", out="other", cache="other cache") == 0
    known = json.loads((tmp_path / "reference.json").read_text())
    assert known["cubic_toy"]["tolerance"] == 1.0
    assert known["cubic_toy"]["summary"]["values"]["mean"] == 4.0


def test_a_tolerance_stated_for_one_group_is_its_own_alone_and_kept(make, scripts, tmp_path):
    make("--accept")
    place = tmp_path / "reference.json"
    known = json.loads(place.read_text())
    known["cubic_toy"]["tolerances"] = {"another": 1.0}
    place.write_text(json.dumps(known))
    scripts["cubic_toy"].values = scripts["cubic_toy"].values + 0.5
    assert make("--check", out="other", cache="other cache") == 1
    known["cubic_toy"]["tolerances"] = {"values": 1.0}
    place.write_text(json.dumps(known))
    assert make("--check", out="other", cache="other cache") == 0
    assert make("--accept", out="other", cache="other cache") == 0
    kept = json.loads(place.read_text())["cubic_toy"]
    assert (kept["tolerance"], kept["tolerances"]) == (0.05, {"values": 1.0})


def test_the_tolerance_of_one_value_is_a_share_of_it():
    old = {"count": 1, "not_finite": 0, "mean": 2.0, "sd": 0.0}
    stated = {"tolerances": {"*/made": 0.1}, "arrays": "", "summary": {"a/made": old, "b": old}}

    def told(name, mean):
        summary = {"a/made": old, "b": old} | {name: old | {"mean": mean}}
        return reference_values.differences({"arrays": "other", "summary": summary}, stated)

    assert told("a/made", 2.19) == told("a/made", 1.81) == []
    assert told("a/made", 2.21) == ["a/made: mean 2.21, wanted 2 within 0.2"]
    assert told("b", 2.01) == ["b: mean 2.01, wanted 2 within 2e-05"]


def test_a_tolerance_is_stated_for_groups_that_there_are():
    for name, entry in reference_values.load().items():
        for pattern in entry.get("tolerances", {}):
            assert fnmatch.filter(entry["summary"], pattern), (name, pattern)


def test_references_are_of_figures_that_there_are():
    assert set(reference_values.load()) <= set(command.FIGURES)


# ------------------------------------------------------------------------------ other processes


def test_workers_give_what_this_process_gives(tmp_path):
    def made(name, jobs):
        places = {"out": tmp_path / name, "cache": tmp_path / f"{name} cache"}
        works = [figure.Work(n, "tiny", **places) for n in ("clustering_thresholds", NAMES[1])]
        found = {}
        processes.make_all(works, jobs=jobs, ended=found.__setitem__)
        return {n: (entry["arrays"], entry["files"]) for n, entry in found.items()}

    environment = dict(os.environ)
    assert made("two", jobs=2) == made("here", jobs=0)
    assert environment == dict(os.environ)


def test_parts_are_found_by_what_puts_them_together(scripts, tmp_path):
    calls, script = [], scripts["cubic_toy"]

    def one(k):
        calls.append(k)
        return {"k": k}

    def computed(settings, step):
        return {"values": np.array([step(f"part{k}", one, k)["k"] for k in range(3)])}

    script.compute = computed
    script.parts = lambda settings: [lambda step, k=k: step(f"part{k}", one, k) for k in range(3)]
    work = figure.Work("cubic_toy", "tiny", out=tmp_path / "out", cache=tmp_path / "cache")
    assert figure.parts_left(work) == 3
    for k in (2, 0):
        figure.make_part(work, k)
    entry = figure.make(work)
    assert calls == [2, 0, 1]
    assert entry["reused"] == ["part0", "part2"]
    assert figure.parts_left(work) == 0


def test_parts_of_this_run_are_not_called_reused_and_move_the_bar(scripts, tmp_path):
    script = scripts["cubic_toy"]

    def computed(settings, step):
        return {"values": np.array([step(f"part{k}", dict, [("k", k)])["k"] for k in range(3)])}

    script.compute = computed
    script.parts = lambda settings: [
        lambda step, k=k: step(f"part{k}", dict, [("k", k)]) for k in range(3)
    ]
    script.steps = lambda settings: 3
    places = {"out": tmp_path / "out", "cache": tmp_path / "cache"}
    work = figure.Work("cubic_toy", "tiny", **places)
    figure.make_part(work, 2)  # of an earlier run
    moved = []
    fresh = [name for k in range(3) for name in figure.make_part(work, k, moved.append)]
    assert moved == ["part0", "part1", "part2"]
    assert fresh == ["part0", "part1"]
    assert figure.make(work, fresh)["reused"] == ["part2"]
    told = []
    processes.make_all([work], jobs=0, ended=lambda *_: None, moved=lambda *what: told.append(what))
    assert told[0] == ("cubic_toy", 3)
    assert set(told[1:]) == {("cubic_toy", 0)}


@pytest.mark.long
def test_parts_are_shared_and_found_again(tmp_path):
    places = {"out": tmp_path / "out", "cache": tmp_path / "cache"}
    settings = {"draws": 1, "members": 1, "steps": 1, "siamese_steps": 1}
    work = figure.Work("rare_class", "tiny", **places, options=settings)
    assert figure.parts_left(work) == 2
    found, moved = {}, []
    told = {"ended": found.__setitem__, "moved": lambda *what: moved.append(what)}
    processes.make_all([work], jobs=2, **told)
    assert found["rare_class"]["reused"] == []
    assert moved == [("rare_class", 7)] + 7 * [("rare_class", 0)]
    assert figure.parts_left(work) == 0


def test_an_error_in_a_worker_is_the_users_or_comes_with_its_text(tmp_path):
    places = {"out": tmp_path / "out", "cache": tmp_path / "cache"}
    works = [
        figure.Work("rare_class", "tiny", **places, options={"rare": "wool"}),
        figure.Work("conformal_coverage", "tiny", **places, options={"sizes": "none"}),
    ]
    found = {}
    processes.make_all(works, jobs=1, ended=found.__setitem__)
    assert type(found["rare_class"]).__name__ == "InputError"
    assert "conformal_coverage.py" in found["conformal_coverage"].__notes__[0]


SLEEPER = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
from paper_figures.runner import processes

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    initializer = processes._end_with_parent
    with ProcessPoolExecutor(1, mp_context=context, initializer=initializer) as pool:
        pool.submit(int).result()
        print(*pool._processes, flush=True)
        time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_workers_end_when_their_parent_is_killed(tmp_path):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started = [sys.executable, str(tmp_path / "sleeper.py")]
    process = subprocess.Popen(started, stdout=subprocess.PIPE, text=True, env=environment)
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    worker = Path("/proc", process.stdout.readline().strip())
    watchdog.cancel()
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 60
    while worker.exists() and " Z " not in (worker / "stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# ------------------------------------------------------------------------ commits and arguments


def test_the_commit_is_the_last_that_changed_a_file(tmp_path):
    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        said = subprocess.run(
            ["git", "-C", tmp_path, *who, *words], capture_output=True, text=True, check=True
        )
        return said.stdout.strip()

    assert Commits(tmp_path).of(["a"]) == "unknown"
    git("init", "-q")
    hashes = []
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
        git("add", name)
        git("commit", "-q", "-m", name)
        hashes.append(git("rev-parse", "HEAD"))
    found = Commits(tmp_path)
    assert (found.of(["a"]), found.of(["a", "b"]), found.head) == (*hashes[:2], hashes[2])
    (tmp_path / "a").write_text("changed")
    found = Commits(tmp_path)
    assert found.of(["a", "b"]) == f"{hashes[1]} and changes since"
    assert found.of(["b"]) == hashes[1]


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
