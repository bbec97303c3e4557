"""A store that is damaged, full, or left half written costs no more than what is damaged."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.toolbox.counted_member import calls, counted, files, none_called, results
from tests.toolbox.retraining_members import mean_of_resample
from toolbox import InputError
from toolbox import retrain as retrain_and_verify
from toolbox.atomic_files import temporary_name
from toolbox.retraining import stores
from toolbox.retraining.array_archives import read_arrays, write_arrays
from toolbox.retraining.checkpoints import Checkpoint
from toolbox.retraining.stores import STALE, Store

X = {"x": np.linspace(-1, 1, 7)}
# Members are counted here; what verification computes besides has tests of its own.
retrain = partial(retrain_and_verify, verify=False)
HOME = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    none_called()
    return tmp_path / "store"


@pytest.mark.parametrize("damage", ["cut", "empty", "bit", "swapped", "text", "folder gone"])
def test_damaged_results_are_computed_again(store, damage):
    first = retrain(counted, X, members=3, seed=0, store=store)
    whole = results(store)
    victim, other = files(store)[:2]
    content = bytearray(victim.read_bytes())
    if damage == "bit":  # in the array itself, which the archive's own sum would notice too
        content[len(content) // 3] ^= 1
    changed = {"cut": content[: len(content) // 2], "empty": b"", "text": b"{}", "bit": content}
    victim.write_bytes(changed.get(damage, other.read_bytes()))
    if damage == "folder gone":
        shutil.rmtree(victim.parent)
    again = retrain(counted, X, members=3, seed=0, store=store)
    assert calls() == 4
    np.testing.assert_array_equal(again.outputs["value"], first.outputs["value"])
    assert results(store) == whole


def test_an_altered_array_with_a_right_archive_sum_is_noticed(tmp_path):
    arrays = {"a": np.arange(3.0)}
    with (tmp_path / "a.npz").open("wb") as handle:
        write_arrays(handle, arrays, key="k")
    np.testing.assert_array_equal(read_arrays(tmp_path / "a.npz")[0]["a"], arrays["a"])
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        head = archive.read("head.json")
    with (tmp_path / "b.npz").open("wb") as handle:
        write_arrays(handle, {"a": np.array([0.0, 1.0, 2.5])}, key="k")
    with zipfile.ZipFile(tmp_path / "b.npz") as archive:
        other = archive.read("a.npy")
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("a.npy", other)
        archive.writestr("head.json", head)
    assert read_arrays(tmp_path / "c.npz") is None


def test_stale_temporaries_are_ignored_and_old_ones_removed(store):
    retrain(counted, X, members=2, seed=0, store=store)
    victim = files(store)[0]
    victim.unlink()
    old, young = victim.parent / ".result.npz.old.tmp", victim.parent / ".result.npz.young.tmp"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    long_ago = time.time() - 2 * STALE
    os.utime(old, (long_ago, long_ago))
    retrain(counted, X, members=2, seed=0, store=store)
    assert calls() == 3
    assert not old.exists()
    assert young.exists()


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ({"format": "grainwise store", "version": 99}, "version 99 .*update grainwise"),
        ({"format": "another"}, "a store that retrain made"),
        ([], "a store that retrain made"),
    ],
)
def test_other_stores_are_refused(store, head, said):
    retrain(counted, X, members=2, seed=0, store=store)
    (store / "store.json").write_text(json.dumps(head))
    with pytest.raises(InputError, match=f"^store: .*{said}"):
        retrain(counted, X, members=2, seed=0, store=store)
    (store / "store.json").write_text('{"format": "grain')
    with pytest.raises(InputError, match=r"^store: .*store\.json"):
        retrain(counted, X, members=2, seed=0, store=store)


def test_members_of_an_older_version_are_computed_again(store):
    retrain(counted, X, members=2, seed=0, store=store)
    for folder in list(store.glob("members/*")):  # the same by keys of another kind
        folder.rename(folder.with_name(folder.name[::-1]))
    runs = retrain_and_verify(counted, X, members=2, seed=0, store=store)
    assert calls() == 4
    assert runs.verified == ""


@pytest.mark.parametrize("function", ["toolbox.gone:member", "toolbox.retraining:gone", "gone:m"])
def test_a_job_of_an_older_version_is_refused_in_one_sentence(store, capsys, function):
    from grainwise.__main__ import main

    retrain(mean_of_resample, X, members=2, seed=0, store=store, engine="prepare")
    (path,) = store.glob("jobs/*.npz")
    arrays, head = read_arrays(path)
    head.pop("arrays")
    for changed in ({"function": function}, {"code": {"code": "of another digest"}}):
        with path.open("wb") as handle:
            write_arrays(handle, arrays, **head | changed)
        assert main(["retrain", "--store", str(store), "--index", "0"]) == 2
        said = capsys.readouterr().err
        assert said.startswith("grainwise: member: wanted ")
        assert "the job was prepared with" in said
        assert len(said.splitlines()) == 1


def test_one_damaged_bit_of_the_head_costs_nothing(store):
    first = retrain(counted, X, members=2, seed=0, store=store)
    whole, head = results(store), (store / "store.json").read_bytes()
    for bit in range(8 * len(head)):
        damaged = bytearray(head)
        damaged[bit // 8] ^= 1 << bit % 8
        (store / "store.json").write_bytes(damaged)
        again = retrain(counted, X, members=2, seed=0, store=store)
        np.testing.assert_array_equal(again.outputs["value"], first.outputs["value"])
    assert calls() == 2
    retrain(counted, X, members=3, seed=0, store=store)  # what is written to is mended
    assert (store / "store.json").read_bytes() == head
    assert whole.items() <= results(store).items()


WRITING = """
import os, sys
from pathlib import Path
from toolbox.atomic_files import written_whole
for name in sys.argv[1:]:
    with written_whole(Path(name)) as handle:
        handle.write(b"half")
        handle.flush()
        if name == sys.argv[-1]:
            print("writing", flush=True)
            sys.stdin.read()
"""


def writing(*paths):
    """Start a process that is in the middle of writing the last of these files."""
    command = [sys.executable, "-c", WRITING, *map(str, paths)]
    process = subprocess.Popen(command, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    return process


def test_temporaries_of_killed_writers_are_removed_and_those_of_living_ones_are_not(store):
    retrain(counted, X, members=3, seed=0, store=store)
    finished, victim = files(store)[:2]
    victim.unlink()
    (store / "jobs").mkdir()
    places = [store / "store.json", store / "jobs" / "a.npz", store / "members" / "probe",
              finished.with_name("environment.json"), victim]  # fmt: skip
    killed = [writing(place) for place in places]
    living = [writing(finished), writing(victim)]
    for process in killed:
        process.kill()
    killed[-1].wait()  # the others are dead and not yet asked for by their parent
    wait_until_dead([process.pid for process in killed])
    assert len(list(store.rglob("*.tmp"))) == len(killed) + len(living)
    retrain(counted, X, members=3, seed=0, store=store)
    assert len(list(store.rglob("*.tmp"))) == len(living)
    for process in (*living, *killed):
        process.communicate()
    assert [process.returncode for process in living] == [0, 0]
    assert not list(store.rglob("*.tmp"))
    assert calls() == 4


def wait_until_dead(processes):
    for process in processes:
        stat = Path(f"/proc/{process}/stat")
        while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.005)


def test_temporaries_of_another_machine_are_left_until_they_are_old(store):
    retrain(counted, X, members=2, seed=0, store=store)
    victim = files(store)[0]
    victim.unlink()
    own = temporary_name(victim)
    tag = own.name.split(".")[-3]
    machine, process, began = tag.split("-")
    others = [f"{machine[::-1]}-{process}-{began}", f"-{process}-{began}", "unknown"]
    ours = [tag, f"{machine}-{2**22 + 1}-5", f"{machine}-{process}-5"]
    for other in (*others, *ours):
        (victim.parent / own.name.replace(tag, other)).touch()
    retrain(counted, X, members=2, seed=0, store=store)
    left = {path.name.split(".")[-3] for path in store.rglob("*.tmp")}
    assert left == {*others, tag}  # the number of a dead process may have gone to another


def test_a_full_disk_is_said_and_leaves_nothing_half(store):
    """No file may grow beyond 20 kB, in place of a disk without room."""
    code = f"""
import resource, sys
import numpy as np
from toolbox import InputError, retrain
from tests.toolbox.retraining_members import large
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
retrain(large, {{"n": 10}}, members=1, seed=0, store={str(store)!r})
try:
    retrain(large, {{"n": 10_000}}, members=1, seed=0, store={str(store)!r})
except InputError as error:
    print(error)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOME)
    assert answer.stdout.startswith("store: wanted a folder that can be read and written, got")
    assert "too large" in answer.stdout
    assert len(results(store)) == 1
    assert not list(store.rglob("*.tmp"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 20_000


@pytest.mark.parametrize("what", ["result", "checkpoint"])
def test_no_space_left_is_said_and_the_next_call_goes_on(store, monkeypatch, what):
    """The system's own error, raised where the file is written."""
    retrain(counted, X, members=1, seed=0, store=store)
    whole = results(store)

    def full(handle, arrays, **head):
        handle.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    calls_of = {
        "result": lambda: retrain(counted, X, members=2, seed=0, store=store),
        "checkpoint": lambda: Checkpoint(Store(store), "0" * 32).save({"a": 1}),
    }
    with monkeypatch.context() as patched:
        patched.setattr(stores, "write_arrays", full)
        with pytest.raises(InputError, match=r"^store: .*No space left on device"):
            calls_of[what]()
    assert results(store) == whole
    assert not list(store.rglob("*.tmp"))
    assert len(retrain(counted, X, members=2, seed=0, store=store).ids) == 2
