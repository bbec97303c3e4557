"""Engines: the same members whoever computes them, and workers that die."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest

from tests.toolbox.retraining import retraining_members
from tests.toolbox.retraining.compiled_members import descent, network
from tests.toolbox.retraining.retraining_members import (
    mean_of_resample,
    picky,
    returns_nothing,
    stumbling,
    talkative,
    walk,
)
from toolbox import InputError, retrain
from toolbox.networks.classifier_training import classifier_logits, classifier_member, training_data
from toolbox.retraining.processes import pool
from toolbox.retraining.store.store import Store
from toolbox.retraining.studies import in_process
from toolbox.retraining.studies.study import is_jitted, takes_checkpoint

X = {"x": np.linspace(-1, 1, 7)}
HOME = Path(__file__).parents[3]
quick = partial(walk, pause=0.0)


@pytest.mark.parametrize(
    ("engine", "kept"), [("loop", True), ("map", False), ("map", True), ("processes", True)]
)
def test_a_jitted_member_is_the_same_bit_for_bit_whoever_runs_it(tmp_path, engine, kept):
    where = {"store": tmp_path / "store"} if kept else {}
    runs = retrain(descent, X, members=4, seed=3, engine=engine, **where)
    for number in range(4):
        alone = retrain(descent, X, members=number + 1, seed=3, engine="loop")
        np.testing.assert_array_equal(runs.outputs["w"][number], alone.outputs["w"][number])


@pytest.mark.parametrize("member", [quick, mean_of_resample, partial(mean_of_resample, shift=1.0)])
def test_processes_are_the_loop_bit_for_bit(member):
    looped = retrain(member, X, members=5, seed=1, redraw=("order", "resample"))
    apart = retrain(
        member, X, members=5, seed=1, redraw=("order", "resample"), engine="processes", workers=2
    )
    for name, values in looped.outputs.items():
        np.testing.assert_array_equal(apart.outputs[name], values)
    np.testing.assert_array_equal(apart.in_sample, looped.in_sample)
    assert not apart.quarantined.size


def test_a_crossed_design_in_other_processes(tmp_path):
    plan = {"seed": 1, "redraw": {"init": 2, "order": 2}, "store": tmp_path / "store"}
    looped = retrain(quick, X, seed=1, redraw=plan["redraw"])
    apart = retrain(quick, X, engine="processes", **plan)
    np.testing.assert_array_equal(apart.outputs["place"], looped.outputs["place"])
    np.testing.assert_array_equal(apart.design, looped.design)


@pytest.mark.usefixtures("compiled_in_haste")
def test_vmap_agrees_with_map_in_probability():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 6)).astype(np.float32)
    data = {"x": x, "y": (x[:, 0] + 0.5 * rng.normal(size=120) > 0).astype(np.float32)}
    mapped = retrain(network, data, members=7, seed=0)
    side_by_side = retrain(network, data, members=7, seed=0, engine="vmap")
    assert mapped.outputs["p"].std(axis=0).max() > 0.01
    assert np.abs(mapped.outputs["p"] - side_by_side.outputs["p"]).max() < 1e-4


@pytest.mark.long
def test_vmap_agrees_with_map_in_probability_on_the_networks_of_the_toolbox():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = ((x - x.mean()) / x.std()).astype(np.float32)
    member = classifier_member("multilayer_perceptron", classes=10, batch=32)
    data = training_data(x[:304], y[:304], np.ones(304), steps=190, learning_rate=3e-3)
    logits = classifier_logits("multilayer_perceptron")
    runs = [retrain(member, data, members=20, seed=0, engine=e) for e in ("map", "vmap")]
    mapped, side_by_side = (jax.nn.softmax(r.predict(logits, x[304:])) for r in runs)
    assert np.abs(mapped - side_by_side).max() < 1e-4


def test_vmap_of_more_members_than_one_program_takes(monkeypatch, tmp_path):
    monkeypatch.setattr(in_process, "TOGETHER", 3)
    mapped = retrain(descent, X, members=8, seed=0)
    for store in (None, tmp_path / "store"):
        side_by_side = retrain(descent, X, members=8, seed=0, engine="vmap", store=store)
        np.testing.assert_allclose(
            side_by_side.outputs["w"], mapped.outputs["w"], rtol=0, atol=1e-12
        )
    assert side_by_side.outputs["w"].dtype == np.float64


def test_a_diverging_member_leaves_its_neighbours_in_a_program_alone():
    @jax.jit
    def member(streams, data):
        w = jax.random.normal(streams["init"], (3,))
        return {"w": jax.numpy.where(w[0] > 0.5, np.nan, w)}

    runs = retrain(member, {}, members=20, seed=0, engine="vmap")
    alone = retrain(member, {}, members=20, seed=0, engine="loop")
    assert 0 < runs.diverged.sum() < 20
    np.testing.assert_array_equal(runs.outputs["w"], alone.outputs["w"])


def test_a_partial_of_a_jitted_member_is_jitted():
    bound = partial(descent, rate=0.2)
    assert is_jitted(bound)
    mapped = retrain(bound, X, members=3, seed=0)
    looped = retrain(bound, X, members=3, seed=0, engine="loop")
    np.testing.assert_array_equal(mapped.outputs["w"], looped.outputs["w"])
    usual = retrain(descent, X, members=3, seed=0)
    assert (mapped.outputs["w"] != usual.outputs["w"]).any()


def test_members_that_take_a_checkpoint():
    assert takes_checkpoint(walk)
    assert takes_checkpoint(quick)
    assert not takes_checkpoint(mean_of_resample)
    assert not takes_checkpoint(np.sin)


@pytest.mark.parametrize("threads", [None, "1", "2"])
def test_a_worker_has_one_thread_and_may_print(monkeypatch, threads):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if threads is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
    runs = retrain(talkative, {}, members=3, seed=0, engine="processes", workers=2)
    assert runs.outputs["threads"].tolist() == [1, 1, 1]


def test_members_that_kill_their_workers_are_set_aside_and_reported(monkeypatch, tmp_path):
    started = []
    start = pool._Worker.__init__

    def counting(self, arguments):
        started.append(1)
        start(self, arguments)

    monkeypatch.setattr(pool._Worker, "__init__", counting)
    data = {"deadly": 0.15, "raises": 2.0, "diverges": 0.5}
    plan = {"members": 3, "seed": 3, "engine": "processes", "workers": 2}
    runs = retrain(picky, data, **plan, store=tmp_path / "store")
    drawn = retrain(picky, data | {"deadly": -1, "diverges": 2}, members=3, seed=3).outputs["value"]
    deadly = np.flatnonzero(drawn < 0.15)
    assert len(deadly) == 1
    np.testing.assert_array_equal(runs.quarantined, deadly)
    np.testing.assert_array_equal(runs.ids, np.flatnonzero(drawn >= 0.15))
    np.testing.assert_array_equal(runs.diverged, drawn[runs.ids] > 0.5)
    assert len(runs.streams) == len(runs.design) == len(runs.outputs["value"]) == len(runs.ids)
    tries = 1 + pool.REQUEUES
    assert tries * len(deadly) <= len(started) <= tries * len(deadly) + 2
    # The others are in the store; who is set aside is tried again by the next call.
    assert len(list((tmp_path / "store").glob("members/*/result.npz"))) == 2


def test_a_member_that_gets_further_between_its_deaths_is_not_set_aside(tmp_path):
    member = partial(stumbling, marks=str(tmp_path))
    runs = retrain(member, X, members=1, seed=0, engine="processes", workers=1)
    assert len(list(tmp_path.iterdir())) == 6 > pool.REQUEUES + 1
    smooth = retrain(partial(walk, steps=6, pause=0.0), X, members=1, seed=0)
    np.testing.assert_array_equal(runs.outputs["place"], smooth.outputs["place"])


def test_an_error_here_ends_the_workers(monkeypatch, tmp_path):
    processes, start, read = [], pool._Worker.__init__, Store.read

    def recording(self, arguments):
        start(self, arguments)
        processes.append(self.process)

    def failing(self, key):
        if self.has(key):
            raise InputError("store: wanted luck, got none")
        return read(self, key)

    monkeypatch.setattr(pool._Worker, "__init__", recording)
    monkeypatch.setattr(Store, "read", failing)
    member = partial(walk, pause=0.2)
    with pytest.raises(InputError, match="luck") as caught:
        retrain(
            member, X, members=3, seed=0, engine="processes", store=tmp_path / "store", workers=2
        )
    assert caught.value.__traceback__ is not None  # which keeps every frame of the call alive
    assert [process.poll() for process in processes] == [-9, -9]


def test_when_all_members_kill_their_workers_nothing_is_left_and_all_are_named():
    data = {"deadly": 2.0, "raises": 2.0, "diverges": 2.0}
    runs = retrain(picky, data, members=1, seed=0, engine="processes", workers=1)
    assert runs.quarantined.tolist() == [0]
    assert runs.outputs == {}
    with pytest.raises(InputError, match=r"^runs: "):
        runs.predict(lambda output, x: x, 0)


HIDDEN = np.ma.masked_greater(np.arange(4.0), 2)


def test_numbers_behind_a_mask_are_not_taken(tmp_path):
    with pytest.raises(InputError, match=r"^member: .*masked"):
        retrain(lambda streams, data: {"w": HIDDEN}, X, members=1, seed=0)
    data = {"x": HIDDEN}
    with pytest.raises(InputError, match=r"^data: .*masked"):
        retrain(quick, data, members=1, seed=0, store=tmp_path / "store")


def test_outputs_are_named_by_texts_so_that_none_takes_the_place_of_another():
    both = {1: np.zeros(2), "1": np.ones(2)}
    with pytest.raises(InputError, match=r"^member: wanted arrays named by texts, got 1 from 0"):
        retrain(lambda streams, data: both, X, members=1, seed=0)


@pytest.mark.parametrize("member", [returns_nothing, partial(returns_nothing)])
def test_what_is_refused_in_another_process_is_refused_here(member):
    with pytest.raises(InputError, match=r"^member: wanted a dictionary of arrays, got NoneType"):
        retrain(member, X, members=1, seed=0, engine="processes", workers=1)


def test_what_a_member_raises_in_another_process_is_raised_here():
    data = {"deadly": -1.0, "raises": 0.0, "diverges": 2.0}
    with pytest.raises(RuntimeError, match=r"(?s)member \d raised.*ArithmeticError: drew 0\."):
        retrain(picky, data, members=3, seed=0, engine="processes", workers=2)


def local(streams, data):
    return {"a": 1}


local.__module__ = "__main__"


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (lambda streams, data: {"a": 1}, r"lambda"),
        (local, "__main__: move it to a file of its own"),
        (partial(lambda streams, data: {"a": 1}), "lambda"),
        (partial(mean_of_resample, shift=np.sin), r"a ufunc in member"),
        (exec, "exec"),
        (partial(os.makedirs, "a"), "makedirs"),
    ],
)
@pytest.mark.parametrize("engine", ["processes", "prepare"])
def test_members_that_no_other_process_finds_are_refused(tmp_path, member, said, engine):
    with pytest.raises(InputError, match=f"^member: wanted .*{said}"):
        retrain(member, X, members=2, seed=0, engine=engine, store=tmp_path / "store")


def test_workers_end_when_the_parent_is_killed(tmp_path):
    log = tmp_path / "log"
    code = f"""
from functools import partial
import numpy as np
from toolbox import retrain
from tests.toolbox.retraining.retraining_members import walk
member = partial(walk, pause=.05, steps=1000, log={str(log)!r})
retrain(member, {{"x": np.zeros(2)}}, members=4, seed=0, engine="processes", workers=2)
"""
    temporary = {"TMPDIR": str(tmp_path)}  # what it leaves there is swept up with the test's
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=HOME, env=os.environ | temporary)
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) == 2)
    parent.kill()
    parent.wait()
    pids = [int(line.split()[0]) for line in log.read_text().splitlines()]
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


# ------------------------------------------------------------------------------- job arrays


def test_a_prepared_store_is_filled_member_by_member(tmp_path, monkeypatch, capsys):
    from grainwise.__main__ import main

    store = tmp_path / "store"
    plan = {"members": 3, "seed": 0, "redraw": "resample", "store": store}
    data = (X["x"], {"n": 3, "list": [1, 2.5, None, "a"], "inf": float("inf")})
    member = partial(retraining_members.typed, shifts=[1, 2])
    none = retrain(member, data, engine="prepare", **plan)
    assert none.ids.size == 0
    assert none.outputs == {}
    for index in ("2", "0"):
        assert main(["retrain", "--store", str(store), "--index", index]) == 0
    assert main(["retrain", "--store", str(store), "--index", "0"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "member 2 computed", "member 0 computed", "member 0 was there",
    ]  # fmt: skip
    some = retrain(member, data, engine="prepare", **plan)
    assert some.ids.tolist() == [0, 2]
    direct = retrain(member, data, members=3, seed=0, redraw="resample")
    for name, values in direct.outputs.items():
        np.testing.assert_array_equal(some.outputs[name], values[[0, 2]])
    environments = [f.read_text() for f in store.glob("members/*/environment.json")]
    assert len(environments) == 2
    assert all('"engine": "job array"' in text for text in environments)


def test_preparing_more_members_later_keeps_one_job(tmp_path):
    store = tmp_path / "store"
    for members in (2, 5, 3):
        retrain(quick, X, members=members, seed=0, engine="prepare", store=store)
    assert len(list(store.glob("jobs/*.npz"))) == 1
    from grainwise.__main__ import main

    assert main(["retrain", "--store", str(store), "--index", "4"]) == 0
    assert main(["retrain", "--store", str(store), "--index", "5"]) == 2


def command(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "grainwise", "retrain", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(HOME), "PYTHONDONTWRITEBYTECODE": "1"},
    )


STUDY = """
def member(streams, data):
    return {"sum": data["x"].sum() + 1}
"""


def test_the_command_imports_from_where_it_is_started_and_refuses_changed_source(tmp_path):
    (tmp_path / "my_study.py").write_text(STUDY)
    (tmp_path / "elsewhere").mkdir()
    store = tmp_path / "store"
    prepare = f"""
import numpy as np
from toolbox import retrain
from my_study import member
retrain(member, {{"x": np.arange(4.0)}}, members=2, seed=0, engine="prepare", store={str(store)!r})
"""
    start = [sys.executable, "-c", prepare]
    path = {"PYTHONPATH": os.pathsep.join([str(HOME), str(tmp_path)])}
    subprocess.run(start, check=True, cwd=tmp_path, env=os.environ | path)
    arguments = ("--store", str(store), "--index")
    assert command(*arguments, "0", cwd=tmp_path).stdout == "member 0 computed\n"

    def refused(*arguments, cwd=tmp_path):
        answer = command(*arguments, cwd=cwd)
        assert answer.returncode == 2, answer.stderr
        assert answer.stdout == ""
        assert len(answer.stderr.splitlines()) == 1
        return answer.stderr

    assert refused(*arguments, "2").startswith(
        "grainwise: index: wanted a whole number >= 0 and <= 1"
    )
    assert "member: wanted my_study:member, which" in refused(
        *arguments, "1", cwd=tmp_path / "elsewhere"
    )
    absent = refused("--store", str(tmp_path / "none"), "--index", "0")
    assert absent.startswith("grainwise: store: wanted a store that retrain made")
    assert refused(*arguments, "1", "--job", "x").startswith("grainwise: job: wanted a whole job")
    (tmp_path / "my_study.py").write_text(STUDY.replace("+ 1", "+ 2"))
    assert "source and libraries that the job was prepared with" in refused(*arguments, "1")


def test_a_store_of_two_jobs_wants_to_know_which(tmp_path, capsys):
    from grainwise.__main__ import main

    store = tmp_path / "store"
    for seed in (0, 1):
        retrain(quick, X, members=2, seed=seed, engine="prepare", store=store)
    jobs = sorted(file.stem for file in store.glob("jobs/*.npz"))
    assert main(["retrain", "--store", str(store), "--index", "0"]) == 2
    assert f"job: wanted one of {', '.join(jobs)}" in capsys.readouterr().err
    for job in jobs:
        assert main(["retrain", "--store", str(store), "--index", "0", "--job", job]) == 0
    assert len(list(store.glob("members/*/result.npz"))) == 2
    empty = tmp_path / "empty"
    retrain(quick, X, members=1, seed=0, store=empty)
    assert main(["retrain", "--store", str(empty), "--index", "0"]) == 2
    assert "store: wanted a store that toolbox.retrain(" in capsys.readouterr().err
