"""A process that resumes a store computes one kept member again, and stops where it differs."""

import json
import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import confidence
from tests.toolbox.compiled_members import descent
from tests.toolbox.retraining_members import mean_of_resample, picky, stumbling, walk
from toolbox import InputError, restore, retrain, save
from toolbox.retraining import pool, verification
from toolbox.retraining.stores import Store
from toolbox.retraining.streams import numpy_generator

HOME = Path(__file__).parents[2]
X = {"x": np.linspace(-1, 1, 7)}


@pytest.fixture(autouse=True)
def another_process(monkeypatch):
    """Let this process have verified nothing yet; calling what is returned makes it so again."""

    def forget():
        monkeypatch.setattr(verification, "_verified", {})

    forget()
    return forget


@pytest.fixture
def files(tmp_path):
    """Return a member that reads a file, the file, and one to which it adds a mark a call."""
    read, calls = tmp_path / "table", tmp_path / "calls"
    read.write_text("0")
    calls.write_text("")
    return partial(reading, read=str(read), calls=str(calls)), read, calls


def reading(streams, data, *, read, calls):
    with Path(calls).open("a") as lines:
        lines.write("x")
    value = float(Path(read).read_text())
    drawn = numpy_generator(streams["init"]).normal()
    return {"value": value + drawn, "place": np.array([1.0, 2.0]) + value}


def called(calls):
    """Return how often the member was called since this was asked."""
    count = len(calls.read_text())
    calls.write_text("")
    return count


def test_a_resumed_call_computes_one_member_more_once_in_a_process(
    files, tmp_path, another_process
):
    member, _, calls = files
    plan = {"seed": 0, "store": tmp_path / "store"}
    fresh = retrain(member, X, members=3, **plan)
    assert (called(calls), fresh.verified) == (3, "")
    more = retrain(member, X, members=5, **plan)
    assert called(calls) == 2 + 1
    assert more.verified.endswith("computed again, is the same bit for bit")
    again = retrain(member, X, members=5, **plan)
    assert called(calls) == 0
    assert again.verified == f"earlier in this process: {more.verified}"
    another_process()
    full = retrain(member, X, members=5, **plan)
    assert called(calls) == 1
    assert full.verified.startswith("member ")
    trusted = retrain(member, X, members=6, verify=False, **plan)
    assert (called(calls), trusted.verified) == (1, "no: verify=False")
    np.testing.assert_array_equal(full.outputs["value"], trusted.outputs["value"][:5])


def test_another_code_in_the_same_store_is_verified_too(files, tmp_path):
    member, _, calls = files
    other = partial(member.func, **member.keywords | {"read": str(tmp_path / "other")})
    (tmp_path / "other").write_text("5")
    for function in (member, other) * 2:
        retrain(function, X, members=2, seed=0, store=tmp_path / "store")
    assert called(calls) == 2 * (2 + 1)


def test_a_difference_stops_and_says_which_and_what_to_do(files, tmp_path, another_process):
    member, read, calls = files
    plan = {"members": 3, "seed": 0, "store": tmp_path / "store"}
    first = retrain(member, X, **plan)
    kept = sorted(f.read_bytes() for f in (tmp_path / "store").rglob("result.npz"))
    another_process()
    read.write_text("1e-9")
    called(calls)
    for more in ({}, {"members": 5}):  # it stops each time, before anything is computed
        with pytest.raises(InputError) as said:
            retrain(member, X, **plan | more)
        assert called(calls) == 1
    text = str(said.value)
    assert text.startswith("store: wanted members that this code computes again bit for bit, got")
    keys = [folder.name for folder in (tmp_path / "store" / "members").iterdir()]
    assert any(f"({key})" in text for key in keys)
    assert "apart by" in text
    assert "take a new store; verify=False takes what was kept as it is" in text
    assert kept == sorted(f.read_bytes() for f in (tmp_path / "store").rglob("result.npz"))
    trusted = retrain(member, X, verify=False, **plan)
    np.testing.assert_array_equal(trusted.outputs["value"], first.outputs["value"])
    read.write_text("0")
    assert "bit for bit" in retrain(member, X, **plan).verified


def test_what_was_kept_and_is_now_not_computed_at_all_stops(files, tmp_path, another_process):
    member, read, _ = files
    plan = {"members": 2, "seed": 0, "store": tmp_path / "store"}
    retrain(member, X, **plan)
    another_process()
    read.unlink()
    with pytest.raises(InputError, match=r"(?s)^store: .* which now raised FileNotFoundError: "):
        retrain(member, X, **plan)
    assert len(retrain(member, X, verify=False, **plan).ids) == 2


def test_the_quickest_member_is_computed_again_or_one_that_the_seed_draws(files, tmp_path):
    member, _, _ = files
    plan = {"members": 4, "seed": 0, "store": tmp_path / "store"}
    retrain(member, X, **plan)
    beside = sorted((tmp_path / "store").rglob("environment.json"))
    for number, file in enumerate(beside):
        recorded = json.loads(file.read_text())
        file.write_text(json.dumps(recorded | {"seconds": 5.0 if number != 2 else 0.5}))
    number = int(retrain(member, X, **plan).verified.split()[1].rstrip(","))
    found = Store(plan["store"]).read(beside[2].parent.name)
    runs = retrain(member, X, **plan)
    assert runs.outputs["value"][number] == found["value"]
    drawn = set()
    for seed in range(6):
        for _ in range(2):  # a jitted member's time is not known
            runs = retrain(descent, X, members=3, seed=seed, store=tmp_path / f"store {seed}")
        drawn.add(runs.verified.split()[1])
    assert len(drawn) > 1


def test_a_change_that_does_not_reach_the_verified_member_is_not_seen(tmp_path, another_process):
    """What is promised is about the member that is computed again."""
    read = tmp_path / "table"
    read.write_text("0")
    member = partial(some_reading, read=str(read))
    plan = {"members": 8, "seed": 0, "store": tmp_path / "store"}
    first = retrain(member, X, **plan).outputs["value"]
    reached = first > 0
    assert 0 < reached.sum() < 8
    outcomes = {}
    for number in range(8):
        for file in (tmp_path / "store").rglob("environment.json"):
            file.write_text("{}")
        key = Store(tmp_path / "store")
        target = [k for k in key.root.glob("members/*") if value_of(key, k.name) == first[number]]
        (target[0] / "environment.json").write_text('{"seconds": 1}')
        read.write_text("1")
        another_process()
        try:
            retrain(member, X, **plan)
            outcomes[number] = "reused"
        except InputError:
            outcomes[number] = "stopped"
    assert [outcomes[n] == "stopped" for n in range(8)] == reached.tolist()


def value_of(store, key):
    return float(store.read(key)["value"])


def some_reading(streams, data, *, read):
    drawn = numpy_generator(streams["init"]).normal()
    return {"value": drawn + (float(Path(read).read_text()) if drawn > 0 else 0)}


def test_randomness_from_elsewhere_stops(tmp_path, another_process):
    def careless(streams, data):
        return {"a": np.random.default_rng().normal()}

    plan = {"members": 2, "seed": 0, "store": tmp_path / "store"}
    retrain(careless, X, **plan)
    another_process()
    with pytest.raises(InputError, match="its randomness is not from its streams"):
        retrain(careless, X, **plan)


def test_a_member_is_computed_again_from_its_start_and_keeps_no_checkpoint(
    tmp_path, another_process
):
    log = tmp_path / "log"
    member = partial(walk, pause=0.0, steps=3, log=str(log))
    plan = {"members": 2, "seed": 0, "store": tmp_path / "store"}
    retrain(member, X, **plan)
    another_process()
    assert "bit for bit" in retrain(member, X, **plan).verified
    assert [line.split()[1] for line in log.read_text().splitlines()] == ["0"] * 3
    assert not list((tmp_path / "store").rglob("checkpoint.npz"))


def test_not_a_number_is_the_same_again(tmp_path, another_process):
    data = {"deadly": -1.0, "raises": 2.0, "diverges": -1.0}
    plan = {"members": 2, "seed": 0, "store": tmp_path / "store"}
    assert retrain(picky, data, **plan).diverged.all()
    another_process()
    assert "bit for bit" in retrain(picky, data, **plan).verified


# ------------------------------------------------------------------------ other surroundings


def elsewhere(store, **changed):
    """Let all members have been kept in other surroundings."""
    for file in store.rglob("environment.json"):
        file.write_text(json.dumps(json.loads(file.read_text()) | changed))


@pytest.mark.parametrize(
    "changed",
    [{"host": "another"}, {"versions": {"numpy": "1"}}, {"variables": {"OMP_NUM_THREADS": "9"}}],
    ids=["machine", "versions", "threads"],
)
def test_from_other_surroundings_rounding_is_allowed_and_nothing_more(
    files, tmp_path, another_process, changed
):
    member, read, _ = files
    plan = {"members": 2, "seed": 0, "store": tmp_path / "store"}
    retrain(member, X, **plan)
    elsewhere(plan["store"], **changed)
    for value, said in (("0", "bit for bit"), ("1e-12", "up to rounding, kept in other")):
        another_process()
        read.write_text(value)
        assert said in retrain(member, X, **plan).verified
    another_process()
    read.write_text("1e-4")
    with pytest.raises(InputError, match="otherwise set up"):
        retrain(member, X, **plan)


def test_another_version_of_grainwise_or_another_job_are_the_same_surroundings(
    files, tmp_path, another_process
):
    member, read, _ = files
    plan = {"members": 2, "seed": 0, "store": tmp_path / "store"}
    retrain(member, X, **plan)
    for file in plan["store"].rglob("environment.json"):
        recorded = json.loads(file.read_text())
        recorded["versions"]["grainwise"] = "0"
        recorded["variables"]["SLURM_JOB_ID"] = "7"
        file.write_text(json.dumps(recorded))
    another_process()
    read.write_text("1e-12")
    with pytest.raises(InputError, match="bit for bit"):
        retrain(member, X, **plan)


def test_differences_are_measured_by_the_type():
    one = {"a": np.float32([1, 2]), "n": np.array([2**60]), "b": np.array([True])}
    rounding = verification.apart
    assert rounding(one, one) == (0, True)
    near = one | {"a": np.float32([1, 2.0002])}
    assert rounding(one, near) == (pytest.approx(1e-4, rel=0.01), True)
    assert not rounding({"a": one["a"].astype("f8")}, {"a": near["a"].astype("f8")})[1]
    assert not rounding(one, one | {"n": np.array([2**60 + 1])})[1]
    assert not rounding(one, one | {"b": np.array([False])})[1]
    assert rounding(one, one | {"a": np.float64([1, 2])}) == (np.inf, False)
    assert rounding({"a": np.array(np.nan)}, {"a": np.array(1.0)}) == (np.inf, False)
    assert rounding({"a": np.array(1j)}, {"a": np.array(1j + 1e-12)})[1]


# ----------------------------------------------------------------------------------- engines


def test_what_vmap_kept_cannot_be_repeated_bit_for_bit(tmp_path, another_process):
    plan = {"seed": 0, "store": tmp_path / "store"}
    retrain(descent, X, members=2, engine="vmap", **plan)
    another_process()
    assert "'vmap'" in retrain(descent, X, members=3, **plan).verified
    another_process()  # by now one was kept by "map", which can
    assert retrain(descent, X, members=3, **plan).verified.startswith("member 2,")


def test_members_of_other_processes_are_computed_again_in_one(tmp_path, another_process):
    log = tmp_path / "log"
    member = partial(walk, pause=0.0, steps=2, log=str(log))
    plan = {"members": 2, "seed": 0, "store": tmp_path / "store"}
    retrain(member, X, engine="processes", workers=1, **plan)
    another_process()
    runs = retrain(member, X, engine="processes", workers=1, **plan)
    assert "bit for bit" in runs.verified
    processes = [line.split()[0] for line in log.read_text().splitlines()]
    assert len(processes) == 3
    assert len(set(processes)) == 2
    here = retrain(mean_of_resample, X, redraw="resample", **plan)
    assert here.verified == ""
    another_process()
    assert (
        "bit for bit"
        in retrain(
            mean_of_resample, X, redraw="resample", engine="processes", workers=1, **plan
        ).verified
    )  # kept in this process, hence computed again in it


def test_a_member_that_now_kills_its_process_stops(tmp_path, another_process, monkeypatch):
    monkeypatch.setattr("toolbox.retraining.pool.REQUEUES", 0)
    read = tmp_path / "deadly"
    member = partial(deadly, read=str(read))
    plan = {"members": 1, "seed": 0, "store": tmp_path / "store", "engine": "processes"}
    retrain(member, X, workers=1, **plan)
    another_process()
    read.touch()
    with pytest.raises(InputError, match="killed every process that it ran in"):
        retrain(member, X, workers=1, **plan)


def deadly(streams, data, *, read):
    if Path(read).exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return {"a": 1.0}


def test_verification_that_is_killed_goes_on_from_its_own_checkpoint(tmp_path, another_process):
    (tmp_path / "marks").mkdir()
    member = partial(stumbling, marks=str(tmp_path / "marks"))
    plan = {"members": 1, "seed": 0, "store": tmp_path / "store", "engine": "processes"}
    for _ in range(2):
        another_process()
        runs = retrain(member, X, workers=1, **plan)
        marks = list((tmp_path / "marks").iterdir())
        assert len(marks) == 6 > pool.REQUEUES + 1  # so often its process was killed
        for mark in marks:
            mark.unlink()
    assert "bit for bit" in runs.verified
    assert len(list((tmp_path / "store" / "members").iterdir())) == 1


def test_preparing_again_verifies_and_filling_does_not(tmp_path, another_process):
    from grainwise.__main__ import main

    log = tmp_path / "log"
    member = partial(walk, pause=0.0, steps=1, log=str(log))
    plan = {"members": 3, "seed": 0, "store": tmp_path / "store", "engine": "prepare"}
    assert retrain(member, X, **plan).verified == ""
    for number in range(2):
        assert main(["retrain", "--store", str(plan["store"]), "--index", str(number)]) == 0
    assert len(log.read_text().splitlines()) == 2
    assert "bit for bit" in retrain(member, X, **plan).verified
    assert len(log.read_text().splitlines()) == 3


def test_the_record_travels_with_what_was_done(tmp_path, another_process):
    x, y = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 2
    plan = {"dim": 0, "seed": 0, "steps": 5, "members": 2, "progress": False}
    plan["store"] = tmp_path / "store"
    assert confidence.ensemble(x, y, **plan).runs.verified == ""
    another_process()
    trained = confidence.ensemble(x, y, **plan)
    assert "bit for bit" in trained.runs.asdict()["verified"]
    save(trained, tmp_path / "trained")
    assert restore(tmp_path / "trained").runs.verified == trained.runs.verified
    assert confidence.ensemble(x, y, verify=False, **plan).runs.verified == "no: verify=False"
    with pytest.raises(InputError, match=r"^verify: "):
        retrain(mean_of_resample, X, members=1, seed=0, verify="perhaps")
