"""Files as dask arrays: the values of `load`, read block by block, or a refusal."""

import sys

import numpy as np
import pytest
from PIL import Image

from toolbox import InputError, load
from toolbox.data import lazy_loading

arrays = pytest.importorskip("dask.array")
RNG = np.random.default_rng(6)


def assert_the_same(lazy, held):
    assert isinstance(lazy.values, arrays.Array)
    assert len(lazy.values.chunks[0]) > 1
    found = lazy.values.compute(scheduler="synchronous")
    np.testing.assert_array_equal(found, np.array(held.values))
    assert found.dtype == lazy.values.dtype == held.values[0].dtype
    assert lazy.names == held.names
    assert lazy.labels.tolist() == held.labels.tolist()
    assert lazy.units.tolist() == list(lazy.names)
    assert np.isnan(lazy.missing)


@pytest.mark.parametrize("kind", ["f8", "f4", ">f4", "i2", "u1"])
def test_an_array_of_numpy_is_read_in_blocks(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(lazy_loading, "BLOCK", 250)
    for order in "CF":
        x = np.asarray(RNG.integers(0, 99, (9, 2, 10)), dtype=kind, order=order)
        np.save(tmp_path / "x.npy", x)
        assert_the_same(load(tmp_path / "x.npy", dim=1, lazy=True), load(tmp_path / "x.npy", dim=1))


@pytest.fixture
def photographs(tmp_path):
    """Two classes of five images."""
    for i in range(5):
        file = tmp_path / "ab"[i % 2] / f"{i}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(RNG.integers(0, 256, (8, 9, 3), dtype=np.uint8)).save(file)
    return tmp_path


@pytest.mark.parametrize("grey", [True, False])
def test_a_folder_of_images_is_read_in_blocks(photographs, monkeypatch, grey):
    monkeypatch.setattr(lazy_loading, "BLOCK", 1000)
    assert_the_same(load(photographs, lazy=True, grey=grey), load(photographs, grey=grey))


def test_what_files_say_of_themselves_is_not_known_before_they_are_read(photographs):
    assert "several depths" in load(photographs, lazy=True).note


def test_images_of_another_size_are_refused_where_they_are_read(photographs):
    Image.fromarray(np.zeros((8, 8, 3), dtype=np.uint8)).save(photographs / "b" / "3.png")
    lazy = load(photographs, lazy=True)
    with pytest.raises(InputError, match=r"^path: wanted images of one size.*3\.png"):
        lazy.values.compute(scheduler="synchronous")
    Image.fromarray(np.zeros((8, 9, 3), dtype=np.uint8)).save(photographs / "a" / "0.png")
    (photographs / "a" / "0.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"^path: wanted a whole, readable file.*0\.png"):
        load(photographs, lazy=True)


def test_an_array_of_zarr_has_blocks_of_whole_items(tmp_path, monkeypatch):
    zarr = pytest.importorskip("zarr")
    x = RNG.standard_normal((10, 8, 8))
    group = zarr.open_group(str(tmp_path / "x"), mode="w")
    group.create_array("values", shape=x.shape, chunks=(3, 4, 8), dtype=x.dtype)[:] = x
    monkeypatch.setattr(lazy_loading, "BLOCK", 1000)
    for folder in ("x", "x/values"):
        lazy = load(tmp_path / folder, dim=2, lazy=True).values
        assert lazy.chunks == ((3, 3, 3, 1), (8,), (8,))
        np.testing.assert_array_equal(lazy.compute(scheduler="synchronous"), x)


def test_without_zarr_or_dask_the_error_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "zarr.json").write_text("{}")
    np.save(tmp_path / "x.npy", np.zeros((3, 9)))
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImportError, match="pip install zarr"):
        load(tmp_path / "x", dim=1, lazy=True)
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(ImportError, match=r"pip install 'grainwise\[cluster\]'"):
        load(tmp_path / "x.npy", dim=1, lazy=True)


def test_what_cannot_be_read_in_blocks_is_refused(tmp_path):
    for name, x in (("whole", np.ones((3, 9), int)), ("text", np.full((3, 9), "a"))):
        np.save(tmp_path / f"{name}.npy", x)
        with pytest.raises(InputError, match=r"^path: wanted floats, or whole numbers of 8 or 16"):
            load(tmp_path / f"{name}.npy", dim=1, lazy=True)
    file = tmp_path / "x.npy"
    np.save(file, np.zeros((3, 9)))
    np.save(tmp_path / "empty.npy", np.zeros((0, 9)))
    np.savez(tmp_path / "x.npz", x=np.zeros((3, 9)))
    for given, options, argument in (
        (file, {"dim": 2}, "path"),
        (file, {}, "dim"),
        (file, {"dim": 1, "grey": True}, "grey"),
        (file, {"dim": 1, "skip": True}, "skip"),
        (file, {"dim": 1, "largest": 10**6}, "largest"),
        (tmp_path / "empty.npy", {"dim": 1}, "path"),
        (tmp_path / "x.npz", {"dim": 1}, "path"),
    ):
        with pytest.raises(InputError, match=f"^{argument}: "):
            load(given, lazy=True, **options)
