"""The store: only what is missing is computed, and what is damaged is computed again."""

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
from tempfile import TemporaryDirectory, mkdtemp

import numpy as np
import pytest

from tests.toolbox.compiled_members import descent
from tests.toolbox.retraining_members import mean_of_resample
from toolbox import InputError
from toolbox import retrain as retrain_and_verify
from toolbox.atomic_files import temporary_name
from toolbox.retraining import stores
from toolbox.retraining.array_archives import checksum, read_arrays, write_arrays
from toolbox.retraining.checkpoints import Checkpoint
from toolbox.retraining.stores import STALE, Store
from toolbox.retraining.streams import numpy_generator

X = {"x": np.linspace(-1, 1, 7)}
# Members are counted here; what verification computes besides has tests of its own.
retrain = partial(retrain_and_verify, verify=False)
HOME = Path(__file__).parents[2]
LOG = Path(mkdtemp()) / "calls"  # a list would be a global that the member reads: in its key


def counted(streams, data, shift=0.0):
    note()
    return {"value": numpy_generator(streams["init"]).normal() + shift, "x": data["x"]}


def note():
    with LOG.open("a") as log:
        log.write("x")
    return calls()


def calls():
    return LOG.stat().st_size


@pytest.fixture
def store(tmp_path):
    LOG.write_text("")
    return tmp_path / "store"


def results(store):
    return {f.parent.name: f.read_bytes() for f in sorted(store.glob("members/*/result.npz"))}


def files(store, name="result.npz"):
    return sorted(store.glob(f"members/*/{name}"))


def test_only_what_is_missing_is_computed(store):
    plain = retrain(counted, X, members=5, seed=0)
    LOG.write_text("")
    retrain(counted, X, members=3, seed=0, store=store)
    assert calls() == 3
    runs = retrain(counted, X, members=5, seed=0, store=store)
    assert calls() == 5
    retrain(counted, X, members=4, seed=0, store=store)
    assert calls() == 5
    for name in ("value", "x"):
        np.testing.assert_array_equal(runs.outputs[name], plain.outputs[name])
    np.testing.assert_array_equal(runs.streams, plain.streams)
    assert len(results(store)) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"data": {"x": X["x"].astype(np.float32)}},
        {"data": {"x": X["x"][None]}},
        {"data": {"x": X["x"], "y": 0}},
        {"data": (X["x"],), "member": lambda s, d: counted(s, {"x": d[0]})},
        {"member": partial(counted, shift=1.0)},
        {"redraw": ("order",)},
    ],
    ids=["seed", "dtype", "shape", "more data", "tuple", "hyper-parameter", "stream"],
)
def test_whatever_the_result_depends_on_is_in_the_key(store, change):
    call = {"member": counted, "data": X, "members": 2, "seed": 0}
    retrain(store=store, **call)
    retrain(store=store, **call | change)
    assert calls() == 4
    retrain(store=store, **call)
    assert calls() == 4


def test_a_diverged_member_is_a_result_and_is_not_drawn_again(store):
    def diverging(streams, data):
        return {"value": np.nan if note() == 2 else 1.0}

    first = retrain(diverging, {}, members=4, seed=0, store=store)
    again = retrain(diverging, {}, members=4, seed=0, store=store)
    assert calls() == 4
    np.testing.assert_array_equal(first.diverged, again.diverged)
    assert again.diverged.sum() == 1


def test_flags_types_and_shapes_come_back_as_they_were(store):
    import ml_dtypes

    def member(streams, data):
        return {
            "half": np.ones((2, 2), ml_dtypes.bfloat16),
            "none": np.zeros((0, 3)),
            "a/b é": np.array([[1, 2], [3, 4]], order="F"),
            "truth": True,
            "complex": np.complex64(1j),
            "in_sample": np.array([True, False]),
        }

    plain = retrain(member, {}, members=2, seed=0)
    for _ in range(2):
        kept = retrain(member, {}, members=2, seed=0, store=store)
        np.testing.assert_array_equal(kept.in_sample, plain.in_sample)
        for name, value in plain.outputs.items():
            assert kept.outputs[name].dtype == value.dtype
            np.testing.assert_array_equal(kept.outputs[name], value)


def test_results_are_plain_npz_files(store):
    runs = retrain(mean_of_resample, X, members=2, seed=0, redraw="resample", store=store)
    means = [np.load(f, allow_pickle=False)["mean"] for f in files(store)]
    np.testing.assert_array_equal(sorted(means), sorted(runs.outputs["mean"]))
    environment = json.loads(files(store, "environment.json")[0].read_text())
    assert environment["engine"] == "loop"
    assert environment["versions"]["numpy"] == np.__version__


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


def test_the_bytes_of_a_file_depend_on_the_arrays_only(tmp_path):
    def written(name):
        with (tmp_path / name).open("wb") as handle:
            write_arrays(handle, {"a": np.arange(3), "b": np.ones((2, 2)).T}, key="k")
        return (tmp_path / name).read_bytes()

    assert written("a") == written("b")
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_checksums_tell_types_and_shapes_apart():
    alike = [
        np.zeros(4),
        np.zeros((2, 2)),
        np.zeros(4, "i8"),
        np.zeros(8, "f4"),
        np.zeros(4, ">f8"),
    ]
    assert len({checksum(a) for a in alike}) == len(alike)


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


def test_a_store_may_be_moved(store, tmp_path):
    first = retrain(counted, X, members=2, seed=0, store=store)
    (tmp_path / "elsewhere").mkdir()
    moved = store.rename(tmp_path / "elsewhere" / "other name")
    again = retrain(counted, X, members=2, seed=0, store=moved)
    assert calls() == 2
    np.testing.assert_array_equal(first.outputs["value"], again.outputs["value"])
    assert str(store).encode() not in b"".join(f.read_bytes() for f in files(moved))


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


def test_a_folder_of_other_things_is_left_alone(store):
    store.mkdir()
    (store / "thesis.tex").write_text("years")
    with pytest.raises(InputError, match=r"^store: .*thesis\.tex"):
        retrain(counted, X, members=2, seed=0, store=store)
    assert calls() == 0
    with pytest.raises(InputError, match=r"^store: "):
        retrain(counted, X, members=2, seed=0, store=store / "thesis.tex")


NOBODY = """
import os, sys
sys.path.insert(0, {home!r})
import numpy as np
from toolbox import InputError, retrain
from tests.toolbox.retraining_members import mean_of_resample
retrain(mean_of_resample, {{"x": np.zeros(3)}}, members=1, seed=0, store={spare!r})
if os.getuid() == 0:  # nobody, to whom Python's own files may be closed, hence not before
    os.setgid(65534); os.setuid(65534)
try:
    runs = retrain(mean_of_resample, {{"x": np.linspace(-1, 1, 7)}}, members={members}, seed=0,
                   store={store!r}, redraw="resample")
    print("read", len(runs.ids))
except InputError as error:
    print(error)
"""


def test_a_read_only_folder_is_read_and_refused_before_work_when_something_is_missing():
    # Not in pytest's own folder, nor from a checkout, which nobody but their owner may enter.
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        for package in ("toolbox", "tests"):
            shutil.copytree(HOME / package, home / package)
        read_only(Path(folder) / "store", home)


def read_only(store, home):
    retrain(mean_of_resample, X, members=2, seed=0, store=store, redraw="resample")
    places = [store, *store.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    store.parent.chmod(0o755)

    spare = str(store.with_name("spare"))

    def as_nobody(members):
        code = NOBODY.format(home=str(home), members=members, store=str(store), spare=spare)
        answer = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=home
        )
        return answer.stdout.strip() or answer.stderr

    try:
        assert as_nobody(2) == "read 2"
        assert as_nobody(3).startswith("store: wanted a folder that can be read and written, got")
    finally:
        for place in places:
            place.chmod(0o755 if place.is_dir() else 0o644)


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


def test_two_writers_at_once_agree_and_share_the_work(store):
    code = f"""
import numpy as np
from toolbox import retrain
from tests.toolbox.retraining_members import walk
from functools import partial
member = partial(walk, steps=2, pause=.02)
runs = retrain(member, {{"x": np.linspace(-1, 1, 7)}}, members=20, seed=0, store={str(store)!r})
print(runs.outputs["place"].tobytes().hex())
"""
    start = [sys.executable, "-c", code]
    both = [subprocess.Popen(start, stdout=subprocess.PIPE, cwd=HOME) for _ in range(3)]
    said = {process.communicate()[0] for process in both}
    assert [process.returncode for process in both] == [0] * 3
    assert len(said) == 1
    assert len(results(store)) == 20
    assert not files(store, "checkpoint.npz")
    assert all(Store(store).read(key) is not None for key in results(store))


def test_a_whole_result_of_another_writer_is_never_removed(store, monkeypatch):
    retrain(mean_of_resample, X, members=2, seed=0, store=store, redraw="resample")
    read, first = Store.read, []

    def blind(self, key):  # the first look comes before the other process has written
        if key not in first:
            first.append(key)
            return None
        return read(self, key)

    before = {path: path.stat().st_ino for path in files(store, "result.npz")}
    monkeypatch.setattr(Store, "read", blind)
    runs = retrain(mean_of_resample, X, members=2, seed=0, store=store, redraw="resample")
    assert len(runs.ids) == 2
    assert {path: path.stat().st_ino for path in files(store, "result.npz")} == before
    monkeypatch.undo()
    for key in first:
        Store(store).forget_broken(key)  # whole after all: put back
        assert Store(store).read(key) is not None


def test_a_member_that_writes_to_its_data_is_refused(store):
    def careless(streams, data):
        data["x"] += 1
        return {"a": data["x"].sum()}

    with pytest.raises(InputError, match=r"^member: .*leaves its data alone"):
        retrain(careless, {"x": np.zeros(3)}, members=3, seed=0, store=store)
    assert not results(store)


@pytest.mark.parametrize(
    "data", [{"x": {1, 2}}, {"x": np.array([object()])}, {"x": object()}, (lambda: 0,), {None: 1}]
)
def test_data_that_cannot_be_kept_are_refused(store, data):
    with pytest.raises(InputError, match=r"^data: wanted NumPy arrays"):
        retrain(counted, data, members=2, seed=0, store=store)


def test_jax_arrays_are_data_of_a_jitted_member(store):
    import jax.numpy as jnp

    x = X["x"].astype(np.float32)
    first = retrain(descent, {"x": jnp.asarray(x)}, members=2, seed=0, store=store)
    retrain(descent, {"x": x}, members=2, seed=0, store=store)
    assert len(results(store)) == 2
    alone = retrain(descent, {"x": x}, members=2, seed=0)
    np.testing.assert_array_equal(first.outputs["w"], alone.outputs["w"])


def test_a_checkpoint_is_loaded_whole_or_not_at_all(tmp_path):
    store = Store(tmp_path / "store")
    checkpoint = Checkpoint(store, "0" * 32)
    assert checkpoint.load() is None
    checkpoint.save({"step": 3, "w": np.arange(4.0)})
    back = Checkpoint(store, "0" * 32).load()
    assert back["step"] == 3
    np.testing.assert_array_equal(back["w"], np.arange(4.0))
    file = next(store.root.rglob("checkpoint.npz"))
    file.write_bytes(file.read_bytes()[:-40])
    assert checkpoint.load() is None
    with pytest.raises(InputError, match="member: wanted arrays of numbers"):
        checkpoint.save({"text": "a"})


def test_without_a_store_a_checkpoint_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def member(streams, data, checkpoint):
        checkpoint.save({"a": 1})
        return {"empty": checkpoint.load() is None}

    assert retrain(member, {}, members=2, seed=0).outputs["empty"].all()
    assert not list(tmp_path.iterdir())


def test_ensembles_are_kept(store, monkeypatch):
    import confidence

    x, y = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 2
    plan = {"dim": 0, "seed": 0, "steps": 5, "progress": False}
    fresh = confidence.ensemble(x, y, members=4, **plan)
    confidence.ensemble(x, y, members=2, store=store, **plan)
    times = {f: f.stat().st_mtime_ns for f in files(store)}
    kept = confidence.ensemble(x, y, members=4, store=store, **plan)
    assert len(results(store)) == 4
    assert all(f.stat().st_mtime_ns == t for f, t in times.items())
    np.testing.assert_array_equal(kept.votes(x), fresh.votes(x))
    confidence.ensemble(x, 1 - y, members=4, store=store, **plan)
    assert len(results(store)) == 8
