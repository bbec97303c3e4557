"""The store: only what is missing is computed, and what is damaged is computed again."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from tests.meanwhile import meanwhile
from tests.toolbox.retraining.compiled_members import descent
from tests.toolbox.retraining.counted_member import (
    calls,
    counted,
    files,
    none_called,
    note,
    results,
)
from tests.toolbox.retraining.retraining_members import mean_of_resample
from toolbox import InputError
from toolbox import retrain as retrain_and_verify
from toolbox.retraining.store.array_archives import checksum, write_arrays
from toolbox.retraining.store.store import Store
from toolbox.retraining.studies.study import Checkpoint

X = {"x": np.linspace(-1, 1, 7)}
# Members are counted here; what verification computes besides has tests of its own.
retrain = partial(retrain_and_verify, verify=False)
HOME = Path(__file__).parents[4]


@pytest.fixture
def store(tmp_path):
    none_called()
    return tmp_path / "store"


def test_only_what_is_missing_is_computed(store):
    plain = retrain(counted, X, members=5, seed=0)
    none_called()
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


def test_a_store_may_be_moved(store, tmp_path):
    first = retrain(counted, X, members=2, seed=0, store=store)
    (tmp_path / "elsewhere").mkdir()
    moved = store.rename(tmp_path / "elsewhere" / "other name")
    again = retrain(counted, X, members=2, seed=0, store=moved)
    assert calls() == 2
    np.testing.assert_array_equal(first.outputs["value"], again.outputs["value"])
    assert str(store).encode() not in b"".join(f.read_bytes() for f in files(moved))


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
from tests.toolbox.retraining.retraining_members import mean_of_resample
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


def test_two_writers_at_once_agree_and_share_the_work(store):
    code = f"""
import numpy as np
from toolbox import retrain
from tests.toolbox.retraining.retraining_members import walk
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


def test_folders_of_members_that_others_remove_meanwhile_are_passed_over(store):
    kept = Store(store)

    def comes_and_goes():
        (store / "members" / "verified").mkdir(parents=True, exist_ok=True)
        kept.forget_checkpoint("verified")

    left = store / "members" / "another" / ".result.npz.nobody.tmp"
    with meanwhile(comes_and_goes):
        for _ in range(400):
            kept.want_writable()
    left.parent.mkdir()
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    kept.want_writable()
    assert not left.exists()  # what nobody works on is swept up all the same


def test_a_checkpoint_is_kept_where_its_folder_goes_meanwhile(store):
    kept = Store(store)
    with meanwhile(lambda: kept.forget_checkpoint("verified")):
        for i in range(200):
            kept.write_checkpoint("verified", {"step": np.array(i)})
    kept.write_checkpoint("verified", {"step": np.array(200)})
    assert kept.read_checkpoint("verified")["step"] == 200


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


def test_memory_order_of_the_data_changes_no_bit_of_a_result(store, tmp_path):
    x = np.random.default_rng(0).standard_normal((300, 40))
    orders = [x, np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2]]
    found = [
        retrain(products, {"x": data}, members=1, seed=0, store=tmp_path / f"{number}")
        for number, data in enumerate(orders)
    ]
    for runs in found[1:]:
        np.testing.assert_array_equal(runs.outputs["sum"], found[0].outputs["sum"])
    again = retrain(products, {"x": orders[1]}, members=2, seed=0, store=tmp_path / "0")
    np.testing.assert_array_equal(again.outputs["sum"][0], found[0].outputs["sum"][0])


def products(streams, data):
    return {"sum": data["x"].sum(axis=0) + data["x"].T @ data["x"] @ np.ones(data["x"].shape[1])}


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
