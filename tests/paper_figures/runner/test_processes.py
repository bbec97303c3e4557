"""Figures made in worker processes, whole and in parts."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from paper_figures.runner import figure, processes

ROOT = Path(__file__).parents[3]


def test_workers_give_what_this_process_gives(tmp_path):
    def made(name, jobs):
        places = {"out": tmp_path / name, "cache": tmp_path / f"{name} cache"}
        fewer = {"draws": 4, "separations": [0.7, 3.0]}
        few = {"clustering_thresholds": fewer, "conformal_coverage": {}}
        works = [figure.Work(n, "tiny", **places, options=few[n]) for n in few]
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
