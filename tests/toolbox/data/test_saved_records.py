"""Save and restore: exact round trips, and refusal of everything that is not whole and ours."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from toolbox import InputError, restore, save
from toolbox.core.installation import Report
from toolbox.core.records import record
from toolbox.data.cropping import Crops
from toolbox.data.loading import Loaded
from toolbox.resampling.bootstrap_intervals import Interval


def assert_same(a, b):
    """Compare to the last bit, types included."""
    assert type(a) is type(b)
    if isinstance(a, np.ndarray | np.generic):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert a.tobytes() == b.tobytes()
    elif isinstance(a, tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif hasattr(a, "asdict"):
        assert_same(vars(a), vars(b))
    elif isinstance(a, float):
        assert np.float64(a).tobytes() == np.float64(b).tobytes() or a != a != b
    else:
        assert a == b


arrays = hnp.arrays(
    dtype=st.sampled_from(
        ["f2", "f4", "f8", ">f8", "i1", "u2", "i8", "?", "c16", "U3", "S2", "M8[s]"]
    ),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
leaves = (
    arrays
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.floats(width=32).map(np.float32)
    | st.integers(-9, 9).map(np.int64)
)
keys = st.text() | st.integers() | st.tuples(st.text(), st.integers())
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.builds(lambda a, b: Crops(values=a, origins=b), inner, inner)
    ),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(value=values, note=st.text())
def test_round_trip_is_exact(tmp_path_factory, value, note):
    file = tmp_path_factory.mktemp("r") / "a.npz"
    kept = Loaded(values=value, names=(note,), labels=np.array(note), resolution=1.5, missing=0.0)
    save(kept, file)
    assert_same(restore(file), kept)


def test_special_values(tmp_path):
    nan_with_payload = np.array([0x7FF8000000000123], dtype=np.uint64).view(np.float64)
    kept = Crops(
        values=(nan_with_payload, np.asfortranarray(np.eye(3)), np.eye(4)[::2, 1:]),
        origins={"nan": np.nan, "inf": -np.inf, "zero": -0.0, "small": 5e-324, "third": 1 / 3},
    )
    save(kept, tmp_path / "a")
    back = restore(str(tmp_path / "a"))
    assert_same(back, kept)
    assert not back.values[1].flags.writeable


def test_an_interval_keeps_its_nan_and_its_class(tmp_path):
    kept = Interval(value=1.0, low=np.nan, high=np.nan, level=0.95, n=1, note="déjà vu")
    save(kept, tmp_path / "interval.npz")
    assert_same(restore(tmp_path / "interval.npz"), kept)


def test_arrays_are_readable_by_numpy_and_the_tree_by_any_json(tmp_path):
    save(Crops(values=np.arange(6.0), origins=float("nan")), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as content:
        np.testing.assert_array_equal(content["0"], np.arange(6.0))
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        text = archive.read("record.json").decode()
    assert "NaN" not in text
    assert json.loads(text)["record"]["record"] == "toolbox:Crops"


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path):
    save(Crops(values=1, origins=2), tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"^record: .*a function in record\.values\[0\]"):
        save(Crops(values=(print_nothing,), origins=2), tmp_path / "a.npz")
    assert restore(tmp_path / "a.npz").values == 1
    assert [f.name for f in tmp_path.iterdir()] == ["a.npz"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    save(Crops(values=1, origins=2), tmp_path / "a.npz")

    def no_space(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(InputError, match="No space"):
        save(Crops(values=np.zeros(9), origins=2), tmp_path / "a.npz")
    assert restore(tmp_path / "a.npz").values == 1
    assert [f.name for f in tmp_path.iterdir()] == ["a.npz"]


def print_nothing():
    """Stand for what no file can hold."""


@record
class Foreign:
    values: int


@pytest.mark.parametrize(
    "kept",
    [
        {"not": "a record"},
        Crops,
        None,
        Foreign(values=1),
        Crops(values=np.array([{}], dtype=object), origins=0),
        Crops(values=1j, origins=0),
        Crops(values=0, origins={1, 2}),
        Crops(values=np.zeros(2, dtype=[("a", object)]), origins=0),
        Crops(values=np.array(["a"], dtype=np.dtypes.StringDType()), origins=0),
    ],
)
def test_records_refused(tmp_path, kept):
    with pytest.raises(InputError, match=r"^record: "):
        save(kept, tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


def test_bfloat16_is_refused_rather_than_kept_as_raw_bytes(tmp_path):
    import ml_dtypes

    with pytest.raises(InputError, match=r"^record: .*bfloat16"):
        save(Crops(values=np.ones(2, dtype=ml_dtypes.bfloat16), origins=0), tmp_path / "a.npz")


@pytest.mark.parametrize("path", [3, None, "no/such/folder/a.npz"])
def test_paths_refused(path):
    with pytest.raises(InputError, match=r"^path: "):
        save(Crops(values=0, origins=0), path)
    with pytest.raises(InputError, match=r"^path: "):
        restore(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_truncated_files_are_refused(tmp_path, share):
    save(Crops(values=np.arange(500.0), origins=0), tmp_path / "a.npz")
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"^path: wanted a whole file"):
        restore(tmp_path / "a.npz")


def test_a_changed_bit_is_noticed(tmp_path):
    save(Crops(values=np.zeros(500), origins=0), tmp_path / "a.npz")
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[content.index(bytes(1000)) + 500] = 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"^path: .*CRC"):
        restore(tmp_path / "a.npz")


def _write(path, head):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("record.json", json.dumps(head))


def _head(**changes):
    fields = {"values": 1, "origins": 2}
    tree = {"record": "toolbox:Crops", "fields": fields} | changes.pop("tree", {})
    return {"format": "grainwise record", "version": 1, "record": tree} | changes


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (_head(version=2), "version 2 .*update grainwise"),
        (_head(version="1"), "version"),
        (_head(format="other"), "another archive"),
        ([1], "another archive"),
        (_head(tree={"record": "os:system"}), "os:system"),
        (_head(tree={"record": "toolbox:crops"}), "a record of"),
        (_head(tree={"record": "absent:Crops"}), "a record of"),
        (_head(tree={"record": "toolbox:"}), "a record of"),
        (_head(tree={"record": "toolbox.doors:InputError"}), "a record of"),
        (_head(tree={"record": 3}), "AttributeError"),
        (_head(tree={"fields": {"values": 1}}), "fields of this version"),
        (_head(tree={"fields": {"values": 1, "origins": 2, "new": 3}}), "fields of this version"),
        (_head(tree={"fields": {"values": {"pickle": 1}, "origins": 2}}), "unknown kind"),
        (_head(tree={"fields": {"values": {}, "origins": 2}}), "unknown kind"),
        (_head(tree={"fields": {"values": {"array": 7}, "origins": 2}}), "IndexError"),
    ],
)
def test_strange_files_are_refused(tmp_path, head, word):
    _write(tmp_path / "a.npz", head)
    with pytest.raises(InputError, match=f"^path: .*{word}"):
        restore(tmp_path / "a.npz")


def test_the_hand_written_file_is_otherwise_good(tmp_path):
    _write(tmp_path / "a.npz", _head())
    found = restore(tmp_path / "a.npz")
    assert (found.values, found.origins) == (1, 2)
    assert len(found.units) == 0  # a field that came after this file


def test_an_ordinary_npz_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.ones(3))
    with pytest.raises(InputError, match=r"^path: wanted a whole file that toolbox\.save wrote"):
        restore(tmp_path / "a.npz")


def test_pickled_arrays_are_never_loaded(tmp_path):
    save(Crops(values=np.ones(2), origins=0), tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        tree = archive.read("record.json")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("record.json", tree)
        with archive.open("0.npy", "w") as member:
            np.lib.format.write_array(member, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"^path: .*allow_pickle"):
        restore(tmp_path / "a.npz")


def test_nested_records_are_kept_flat(tmp_path):
    import similarity

    kept = similarity.clusterable(separation=0.9, items=400, dimensions=300)
    save(kept, tmp_path / "a.npz")
    back = restore(tmp_path / "a.npz")
    assert_same(back, kept)
    assert type(back.task) is similarity.ClusteringTask
    save(kept.task, tmp_path / "task.npz")
    assert_same(restore(tmp_path / "task.npz"), kept.task)
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        tree = json.loads(archive.read("record.json"))["record"]
    assert tree["fields"]["items"] == 400
    assert "task" not in tree["fields"]


def test_a_report_with_a_dictionary(tmp_path):
    kept = Report(
        versions={"numpy": "2", "pot": ""},
        devices=("cpu",),
        clashes=(),
        memory_gb=1.0,
        disk_gb=2.0,
        octave="",
        healthy=True,
    )
    save(kept, tmp_path / "a.npz")
    assert_same(restore(tmp_path / "a.npz"), kept)
