"""The figure runner: keeps results, goes on after a kill, recomputes when something changed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from paper_figures import runner

ROOT = Path(__file__).parents[2]


def script(calls, seed_of_failure=None):
    def part(k):
        calls.append(k)
        if k == seed_of_failure:
            raise RuntimeError("planted")
        return {"square": np.arange(k) ** 2, "name": f"part {k}"}

    def compute(settings, step):
        found = [step(f"part{k}", part, k) for k in range(settings["parts"])]
        return {"squares": np.concatenate([f["square"] for f in found]), "mode": settings["mode"]}

    return SimpleNamespace(
        __name__="paper_figures.planted",
        __file__=__file__,
        compute=compute,
        draw=lambda results: Figure(),
        numbers=lambda results: {"total": int(results["squares"].sum())},
        table=lambda numbers: f"total {numbers['total']}",
    )


def run(tmp_path, calls, parts=3, **options):
    settings = {"mode": "tiny", "parts": parts}
    return runner.run(
        script(calls, **options), settings, out=tmp_path / "out", cache=tmp_path / "cache"
    )


def test_results_are_computed_once_and_files_are_the_same_bytes_again(tmp_path, capsys):
    calls = []
    first = run(tmp_path, calls)
    files = {p.name: p.read_bytes() for p in first.parent.iterdir()}
    assert set(files) == {"planted.png", "planted.pdf", "planted.json"}
    run(tmp_path, calls)
    assert calls == [0, 1, 2]
    assert files == {p.name: p.read_bytes() for p in first.parent.iterdir()}
    assert "total 1" in capsys.readouterr().out
    provenance = json.loads(files["planted.json"])
    assert provenance["settings"]["parts"] == 3
    assert provenance["mode"] == "tiny"


def test_a_failure_half_way_keeps_what_was_done(tmp_path):
    calls = []
    with pytest.raises(RuntimeError, match="planted"):
        run(tmp_path, calls, seed_of_failure=2)
    run(tmp_path, calls)
    assert calls == [0, 1, 2, 2]


def test_other_settings_are_other_results(tmp_path):
    calls = []
    run(tmp_path, calls)
    run(tmp_path, calls, parts=2)
    assert calls == [0, 1, 2, 0, 1]


def test_a_changed_input_file_is_another_result(tmp_path):
    (tmp_path / "a").mkdir()
    image = tmp_path / "a" / "image.bin"
    image.write_bytes(b"1")
    settings = {"mode": "tiny", "images": str(tmp_path / "a")}
    before = runner.cache_key(script([]), settings)
    image.write_bytes(b"2")
    assert runner.cache_key(script([]), settings) != before


def test_a_truncated_result_is_computed_again(tmp_path):
    calls = []
    run(tmp_path, calls)
    (kept,) = (tmp_path / "cache").rglob("part1.npz")
    kept.write_bytes(kept.read_bytes()[:40])
    for other in (tmp_path / "cache").rglob("results.npz"):
        other.unlink()
    run(tmp_path, calls)
    assert calls == [0, 1, 2, 1]


def test_a_killed_study_goes_on_where_it_stopped(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from paper_figures import rare_class, runner\n"
        "runner.run(rare_class, rare_class.SETTINGS['tiny'], out=Path(sys.argv[1], 'out'),"
        " cache=Path(sys.argv[1], 'cache'))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
    deadline = time.monotonic() + 300
    while not list(tmp_path.rglob("draw0-arm0.npz")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {p.name for p in (tmp_path / "cache").rglob("*.npz") if not p.name.startswith(".")}
    assert "results.npz" not in kept
    answer = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert answer.returncode == 0, answer.stderr
    reused = answer.stdout.split("taken from the cache: ")[1]
    assert "draw0-synthesis" in reused
    assert "draw0-arm0" in reused
    assert (tmp_path / "out" / "rare_class.json").exists()


def test_the_key_holds_what_a_script_computes_with_but_not_what_draws():
    from paper_figures import multiscale_accuracy, rare_class

    planted = script([])
    planted.fit, planted.module = rare_class.compute, multiscale_accuracy
    assert {path.name for path in runner._helpers(planted)} == {
        "rare_class.py",
        "multiscale_accuracy.py",
    }
    assert runner._helpers(multiscale_accuracy) == []  # its panels and numbers show only
