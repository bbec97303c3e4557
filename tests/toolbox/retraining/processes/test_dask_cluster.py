"""The dask engine, on a real scheduler and real workers on loopback."""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.toolbox.retraining.retraining_members import (
    mean_of_resample,
    picky,
    returns_nothing,
    walk,
)
from toolbox import InputError, retrain
from toolbox.retraining.processes import dask_cluster

X = {"x": np.linspace(-1, 1, 7)}
HOME = Path(__file__).parents[4]


def test_without_dask_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install 'grainwise\[cluster\]'"):
        retrain(walk, X, members=2, seed=0, engine="dask", workers="a", store=tmp_path / "store")


@pytest.fixture(scope="module")
def address():
    """Start a scheduler and two workers as a user does, and return the scheduler's address."""
    pytest.importorskip("distributed")
    code = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1",
                      dashboard_address=None) as local:
        print(local.scheduler_address, flush=True)
        sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=HOME,
    ) as started:
        yield started.stdout.readline().strip()
        started.stdin.close()
        started.wait(30)


def test_members_computed_by_dask_are_those_of_the_loop(address, tmp_path):
    plan = {"members": 5, "seed": 0, "redraw": "resample"}
    there = retrain(
        mean_of_resample, X, engine="dask", workers=address, store=tmp_path / "store", **plan
    )
    here = retrain(mean_of_resample, X, **plan)
    np.testing.assert_array_equal(there.outputs["mean"], here.outputs["mean"])
    np.testing.assert_array_equal(there.in_sample, here.in_sample)
    beside = next((tmp_path / "store").glob("members/*/environment.json")).read_text()
    assert '"engine": "dask"' in beside


def test_a_killed_worker_of_dask_is_replaced(address, tmp_path):
    log, store = tmp_path / "log", tmp_path / "store"
    member = partial(walk, log=str(log), steps=10)

    def kill_one():
        for _ in range(3000):
            if log.exists():
                break
            time.sleep(0.01)
        os.kill(int(log.read_text().split()[0]), signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    runs = retrain(member, X, members=6, seed=0, engine="dask", workers=address, store=store)
    killer.join()
    undisturbed = retrain(member, X, members=6, seed=0)
    np.testing.assert_array_equal(runs.outputs["place"], undisturbed.outputs["place"])
    assert len(log.read_text().splitlines()) > 12


def test_what_goes_wrong_on_a_worker_is_said_here(address, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    plan = {"members": 2, "seed": 0, "engine": "dask", "store": tmp_path / "store"}
    data = {"deadly": -1.0, "raises": 0.0, "diverges": 2.0}
    with pytest.raises(ArithmeticError, match="drew"):
        retrain(picky, data, workers=address, **plan)
    with pytest.raises(InputError, match=r"^member: wanted a dictionary of arrays"):
        retrain(partial(returns_nothing), X, workers=address, **plan)
    client = distributed.Client
    soon = {"timeout": 1}  # s, not ten
    monkeypatch.setattr(distributed, "Client", lambda *a, **given: client(*a, **given | soon))
    with pytest.raises(InputError, match=r"^workers: wanted the address of a dask scheduler that"):
        retrain(walk, X, workers="tcp://127.0.0.1:9", **plan)
    with pytest.raises(InputError, match=r"^workers: wanted the address of a dask scheduler, as"):
        retrain(walk, X, workers=None, **plan)


SCHEDULER = """
import asyncio
from distributed import Scheduler
async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address=None) as own:
        print(own.address, flush=True)
        await own.finished()
asyncio.run(main())
"""
WORKER = """
import asyncio
from distributed import Worker
async def main():
    async with Worker("{address}", nthreads=1, dashboard=False) as own:
        await own.finished()
asyncio.run(main())
"""


def started(code):
    command = [sys.executable, "-c", code]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, text=True, cwd=HOME, **quiet)


@pytest.mark.parametrize("resumed", [False, True], ids=["computing", "verifying"])
def test_the_death_of_the_scheduler_is_said_and_nothing_is_lost(tmp_path, resumed):
    pytest.importorskip("distributed")
    log, store = tmp_path / "log", tmp_path / "store"
    member = partial(walk, log=str(log), steps=4 if resumed else 2)
    plan = {"members": 8, "seed": 0, "store": store}
    undisturbed = retrain(member, X, members=8, seed=0)
    if resumed:
        retrain(member, X, **plan | {"members": 2})
        for file in store.rglob("environment.json"):
            file.write_text('{"engine": "dask"}')
    before = len(log.read_text().splitlines())
    with started(SCHEDULER) as scheduler:
        address = scheduler.stdout.readline().strip()
        with started(WORKER.format(address=address)) as worker:

            def kill():
                while len(log.read_text().splitlines()) < before + (1 if resumed else 3):
                    time.sleep(0.01)
                scheduler.kill()

            killer = threading.Thread(target=kill)
            killer.start()
            said = r"^workers: wanted a dask scheduler that lives .* went away; what was computed"
            with pytest.raises(InputError, match=said):
                retrain(member, X, engine="dask", workers=address, **plan)
            killer.join()
            worker.kill()
    kept = len(list(store.glob("members/*/result.npz")))
    assert kept >= 2
    runs = retrain(member, X, **plan)
    np.testing.assert_array_equal(runs.outputs["place"], undisturbed.outputs["place"])


def test_a_kept_member_is_computed_again_by_a_worker(address, tmp_path, monkeypatch):
    log = tmp_path / "log"
    member = partial(walk, log=str(log), steps=2)
    plan = {"members": 2, "seed": 0, "store": tmp_path / "store"}
    retrain(member, X, engine="dask", workers=address, **plan)
    assert "bit for bit" in retrain(member, X, engine="dask", workers=address, **plan).verified
    processes = [line.split()[0] for line in log.read_text().splitlines()]
    assert len(processes) == 3
    assert str(os.getpid()) not in processes


@pytest.mark.long
def test_a_member_that_kills_the_workers_of_dask_is_set_aside(address, tmp_path):
    data = {"deadly": 0.15, "raises": 2.0, "diverges": 0.5}
    plan = {"members": 3, "seed": 3, "engine": "dask", "workers": address}
    runs = retrain(picky, data, store=tmp_path / "store", **plan)
    assert runs.quarantined.tolist() == [1]
    assert runs.ids.tolist() == [0, 2]


def test_a_store_that_the_workers_do_not_share_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(dask_cluster, "distributed", lambda study, job, numbers, _: [(0, True)])
    with pytest.raises(InputError, match=r"^store: wanted a folder that all workers share"):
        retrain(
            mean_of_resample,
            X,
            members=1,
            seed=0,
            engine="dask",
            workers="a",
            store=tmp_path / "store",
        )
