"""The figure runner: keeps results, goes on after a kill, writes the same bytes again."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from paper_figures.runner import figure, provenance, steps
from paper_figures.runner.steps import Steps

ROOT = Path(__file__).parents[3]
FILES = {f"planted.{kind}" for kind in ("png", "pdf", "svg", "json", "txt")}


def script(calls, seed_of_failure=None):
    def part(k):
        calls.append(k)
        if k == seed_of_failure:
            raise RuntimeError("planted")
        return {"square": np.arange(k) ** 2, "name": f"part {k}"}

    def compute(settings, step):
        found = [step(f"part{k}", part, k) for k in range(settings["parts"])]
        return {"squares": np.concatenate([f["square"] for f in found]), "mode": settings["mode"]}

    def draw(results):
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot(results["squares"])
        return figure

    return SimpleNamespace(
        __name__="paper_figures.planted",
        compute=compute,
        draw=draw,
        numbers=lambda results: {"total": int(results["squares"].sum())},
        table=lambda numbers: f"total {numbers['total']}",
    )


def run(tmp_path, calls, parts=3, source="", **options):
    settings = {"mode": "tiny", "parts": parts}
    places = {"out": tmp_path / "out", "cache": tmp_path / "cache"}
    origin = figure.Origin(source=source)
    return figure.run(script(calls, **options), settings, **places, origin=origin)


def written(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_results_are_computed_once_and_files_are_the_same_bytes_again(tmp_path):
    calls = []
    first = run(tmp_path, calls)
    files = written(tmp_path / "out")
    assert set(files) == FILES == set(first["files"])
    again = run(tmp_path, calls)
    assert calls == [0, 1, 2]
    assert again["reused"] == ["results"]
    assert files == written(tmp_path / "out")
    fresh = run(tmp_path / "fresh", calls)
    assert files == written(tmp_path / "fresh" / "out")
    for name in ("files", "arrays", "pixels", "key"):
        assert fresh[name] == first[name]


def test_every_file_says_what_it_is_made_from(tmp_path):
    entry = run(tmp_path, [])
    files = written(tmp_path / "out")
    about = json.loads(files["planted.json"])
    assert about["settings"]["parts"] == 3
    assert about["numbers"] == {"total": 1}
    assert files["planted.txt"] == b"total 1\n"
    note = json.loads(Image.open(tmp_path / "out" / "planted.png").text["Description"])
    assert (note["mode"], note["key"]) == ("tiny", entry["key"])
    for name in ("planted.pdf", "planted.svg"):
        assert entry["key"].encode() in files[name]
        assert b'"mode": "tiny"'.replace(b'"', b"&quot;") in files[name] or b"tiny" in files[name]
    year = str(time.localtime().tm_year).encode()
    assert year not in files["planted.svg"]


def test_pixels_are_told_from_the_files_that_hold_them(tmp_path):
    first = run(tmp_path, [], source="one")
    other = run(tmp_path, [], source="two")
    assert first["key"] != other["key"]
    assert first["files"]["planted.png"] != other["files"]["planted.png"]
    assert first["pixels"] == other["pixels"]
    assert first["arrays"] == other["arrays"]


def test_a_failure_half_way_keeps_what_was_done(tmp_path):
    calls = []
    with pytest.raises(RuntimeError, match="planted"):
        run(tmp_path, calls, seed_of_failure=2)
    run(tmp_path, calls)
    assert calls == [0, 1, 2, 2]


def test_other_settings_or_source_are_other_results(tmp_path):
    calls = []
    run(tmp_path, calls)
    run(tmp_path, calls, parts=2)
    run(tmp_path, calls, parts=2, source="changed")
    assert calls == [0, 1, 2, 0, 1, 0, 1]


@pytest.mark.parametrize("kind", ["images", "records"])
def test_a_changed_input_file_is_another_result(kind, tmp_path):
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "file.bin"
    file.write_bytes(b"1")
    settings = {"mode": "tiny", kind: str(tmp_path / "a")}
    before = provenance.result_key("", settings, "cpu")
    file.write_bytes(b"2")
    assert provenance.result_key("", settings, "cpu") != before


def test_another_device_is_another_result():
    assert provenance.device()
    keys = {provenance.result_key("", {}, device) for device in ("cpu", "an accelerator")}
    assert len(keys) == 2


def test_a_truncated_result_is_computed_again(tmp_path):
    calls = []
    run(tmp_path, calls)
    (kept,) = (tmp_path / "cache").rglob("part1.npz")
    kept.write_bytes(kept.read_bytes()[:40])
    for other in (tmp_path / "cache").rglob("results.npz"):
        other.unlink()
    run(tmp_path, calls)
    assert calls == [0, 1, 2, 1]


def test_what_is_kept_is_what_was_computed(tmp_path):
    values = {"list": [1, 2], "number": 0.5, "text": "a", "none": np.zeros((0, 2)), "flag": True}
    first = Steps(tmp_path)("a", lambda: values)
    again = Steps(tmp_path)("a", dict)
    assert steps.digest(first) == steps.digest(again)
    assert first["number"] == again["number"] == 0.5
    assert set(again) == set(values)
    assert steps.digest(first | {"number": 0.25}) != steps.digest(first)
    assert steps.digest({"a": np.arange(2)}) != steps.digest({"b": np.arange(2)})


def test_seconds_are_those_of_the_computation_whenever_it_was(tmp_path):
    def slow():
        time.sleep(0.2)
        return {}

    def both(step):
        step("first", slow)
        step("second", slow)
        return {}

    steps = Steps(tmp_path)
    steps("first", slow)
    assert 0.2 <= steps.seconds < 0.4
    steps("both", both, steps)
    assert 0.4 <= steps.seconds < 0.6
    again = Steps(tmp_path)
    again("both", both, again)
    assert again.seconds == steps.seconds


def test_a_killed_study_goes_on_where_it_stopped(tmp_path):
    places = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache"), "--jobs", "1"]
    command = [sys.executable, "-m", "paper_figures", "cubic_toy", "--tiny", *places]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT)
    deadline = time.monotonic() + 300
    while not list(tmp_path.rglob("networks.npz")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {p.name for p in (tmp_path / "cache").rglob("*.npz") if not p.name.startswith(".")}
    assert "results.npz" not in kept
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 0, answer.stderr
    entry = json.loads((tmp_path / "out" / "MANIFEST.json").read_text())["cubic_toy"]
    assert "networks" in entry["reused"]
    assert (tmp_path / "out" / "cubic_toy.json").exists()
