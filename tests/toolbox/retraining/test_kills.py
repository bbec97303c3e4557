"""Kill -9 at random moments: the result files are those of the undisturbed run, byte for byte.

Each start after a kill verifies one member first, and may be killed in the middle of that too.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.toolbox.retraining.retraining_members import walk
from toolbox import retrain
from toolbox.core.streams import generator
from toolbox.retraining.store.store import HEAD

HOME = Path(__file__).parents[3]
MEMBERS = 6  # of .2 s, each with 8 checkpoints
CODE = f"""
import sys
from functools import partial
import numpy as np
from toolbox import retrain
from tests.toolbox.retraining.retraining_members import walk
store, engine, log = sys.argv[1:]
retrain(partial(walk, log=log), {{"x": np.linspace(-1, 1, 7)}}, members={MEMBERS}, seed=5,
        store=store, engine=engine)
"""


def results(store):
    return {f.parent.name: f.read_bytes() for f in store.glob("members/*/result.npz")}


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Return a file in which each start of a member is a line; a hyper-parameter of all runs."""
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def undisturbed(log, tmp_path_factory):
    store = tmp_path_factory.mktemp("undisturbed") / "store"
    member = partial(walk, log=str(log))
    retrain(member, {"x": np.linspace(-1, 1, 7)}, members=MEMBERS, seed=5, store=store)
    return results(store)


def starts(log):
    return log.read_text().splitlines() if log.exists() else []


def children(pid):
    """Return the living processes whose parent is `pid`."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # gone by now
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(status.parent.name))
    return found


def run_and_kill(store, log, rng):
    """Compute all members, killing a worker or the parent each time a member has started."""
    kills = {"parent": 0, "worker": 0}
    while len(results(store)) < MEMBERS:
        engine = "loop" if rng.random() < 0.3 else "processes"
        command = [sys.executable, "-c", CODE, str(store), engine, str(log)]
        parent, seen = subprocess.Popen(command, cwd=HOME), len(starts(log))
        while parent.poll() is None:
            if len(starts(log)) == seen:
                time.sleep(0.005)
                continue
            time.sleep(rng.uniform(0, 0.25))
            seen = len(starts(log))
            if engine == "loop" or rng.random() < 0.3:
                parent.kill()
                kills["parent"] += 1
            elif workers := children(parent.pid):  # none while the parent itself verifies a member
                with suppress(ProcessLookupError):  # it was done
                    os.kill(int(rng.choice(workers)), signal.SIGKILL)
                    kills["worker"] += 1
        assert parent.wait() in (0, -signal.SIGKILL)
    return kills


def check(undisturbed, tmp_path, log, *, kills, name):
    rng, done = generator(11, "kills", name), {"parent": 0, "worker": 0}
    for number in range(kills):
        store = tmp_path / f"store {number}"
        for kind, count in run_and_kill(store, log, rng).items():
            done[kind] += count
        assert results(store) == undisturbed
        assert not list(store.rglob("*.tmp"))  # of those that were killed while they wrote
        assert (store / "store.json").read_bytes() == HEAD
        if sum(done.values()) >= kills:
            break
    assert min(done.values()) > kills / 10, done
    resumed = sum(int(line.split()[1]) > 0 for line in starts(log))
    assert resumed > kills / 4  # from a checkpoint, not from the start
    return done


def test_twenty_kills(undisturbed, tmp_path, log):
    check(undisturbed, tmp_path, log, kills=20, name="few")


@pytest.mark.long
def test_two_hundred_kills(undisturbed, tmp_path, log):
    check(undisturbed, tmp_path, log, kills=200, name="many")
