"""What a file announces is counted first, and no more than half an array is held beside it."""

import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy.io import savemat
from scipy.sparse import csc_array

from tests.toolbox.data.files.written_by_hand import COUNTS, page, png, tiff
from toolbox import InputError, crops, load, restore, save
from toolbox.core.streams import generator
from toolbox.data import memory_limits
from toolbox.data.files.matlab import write_mat

ROOT = Path(__file__).parents[3]
SIDE = 2048  # pixels; greys of one byte become 16 MB of float32
BUFFERS = 8 * 2**20  # bytes that are needed whatever the size: blocks, strips, decoders' own
HDF5 = 16 * 2**20  # bytes of its freed chunks that HDF5 keeps, whatever the size


def write_arrays(folder, side):
    """Write the same noise in every format; images are square."""
    noise = generator(14, "memory", side).random((side, side), dtype=np.float32)
    for name, array in {
        "f4": noise,
        "f8": noise.astype("f8"),
        "columns": np.asfortranarray(noise),
        "swapped": noise.astype(">f4"),
        "bytes": (noise * 255).astype("u1"),
        "halves": noise.astype("f2"),
        "wholes": (noise * 2**30).astype("i4"),
        "large": (noise * 1000).astype("i8"),
    }.items():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "plain.npz", noise)
    np.savez_compressed(folder / "zipped.npz", (noise * 8).astype("u1").astype("f4"))
    tile = min(side, 64)
    coarse = np.round(noise.astype("f8"), 1)
    savemat(folder / "v4.mat", {"x": coarse}, format="4")
    savemat(folder / "v6.mat", {"x": coarse})
    savemat(folder / "v7.mat", {"x": coarse}, do_compression=True)
    for name, options in {"v73": {}, "v73zip": {"compression": 1, "chunks": (tile, tile)}}.items():
        with h5py.File(folder / f"{name}.mat", "w", userblock_size=512) as file:
            file.create_dataset("x", data=noise.T, **options)
        with (folder / f"{name}.mat").open("r+b") as handle:
            handle.write(b"MATLAB 7.3 MAT-file")


def write_images(folder, side):
    noise = generator(14, "memory", side).random((side, side), dtype=np.float32)
    grey, half = (noise * 255).astype("u1"), side // 2
    rgba = grey.reshape(half, half, 4)
    Image.fromarray(grey).save(folder / "grey.png", compress_level=1)
    Image.fromarray(grey.astype("u2") * 257).save(folder / "grey16.png", compress_level=1)
    Image.fromarray(rgba).save(folder / "rgba.png", compress_level=1)
    Image.fromarray(grey).save(folder / "grey.jpg", quality=90)
    Image.fromarray(rgba[..., :3]).save(folder / "rgb.jpg", quality=90)
    black = {"photometric": "minisblack"}
    tifffile.imwrite(folder / "f4.tif", noise, **black)
    tifffile.imwrite(folder / "f4zip.tif", noise, compression="zstd", tile=(256, 256), **black)
    tifffile.imwrite(folder / "u1.tif", grey, **black)
    tifffile.imwrite(folder / "u2.tif", grey.astype("u2"), compression="lzw", **black)
    tifffile.imwrite(folder / "pages.tif", noise.reshape(4, half, half), metadata=None, **black)
    tifffile.imwrite(
        folder / "colours.tif", noise.reshape(half, half, 4)[..., :3], photometric="rgb"
    )
    alpha = {"photometric": "rgb", "extrasamples": ["unassalpha"], "compression": "lzw"}
    tifffile.imwrite(folder / "rgba.tif", rgba, **alpha)
    tifffile.imwrite(folder / "cmyk.tif", rgba, photometric="separated", compression="lzw")


def write_records(folder, side):
    samples = generator(14, "memory", side).integers(-2000, 2000, (side, side)).ravel()
    flat = samples.astype("<i2")
    a, b = flat[::2].astype(int) & 0xFFF, flat[1::2].astype(int) & 0xFFF
    packed = np.stack([a & 255, (a >> 8) | (b >> 8 << 4), b & 255], axis=1).astype("u1")
    for kind, data in (("16", flat), ("212", packed)):
        (folder / f"r{kind}.dat").write_bytes(data.tobytes())
        line = f"r{kind}.dat {kind} 10"
        text = f"r{kind} 2 4 {len(flat) // 2}\n{line}\n{line}\n"
        (folder / f"r{kind}.hea").write_text(text)


def test_no_more_than_half_the_array_is_held_beside_it(tmp_path):
    (tmp_path / "small").mkdir()
    for write in (write_arrays, write_images, write_records):
        write(tmp_path, SIDE)
        write(tmp_path / "small", 16)
    words = [
        sys.executable,
        "-m",
        "tests.toolbox.data.files.loading_in_little_memory",
        str(tmp_path),
    ]
    child = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in child.stdout.splitlines()]
    assert len(rows) == 30
    for name, peak, nbytes in rows:
        assert isinstance(nbytes, int), (name, nbytes)
        stored = 8 * SIDE**2 if name == "large.npy" else 0  # the file's own array is larger
        most = 1.5 * max(nbytes, stored) + BUFFERS + HDF5 * (name == "v73zip.mat")
        assert peak <= most, (name, peak / nbytes)


def test_a_string_of_strips_is_read_without_its_bytes_together(tmp_path):
    # 16 MB of floats in strips of 64 kB: tifffile by itself holds up to 256 MB of them
    noise = generator(14, "strips").random((2048, 2048), dtype=np.float32)
    tifffile.imwrite(tmp_path / "s.tif", noise, compression="lzw", rowsperstrip=8)
    tracemalloc.start()
    values = load(tmp_path / "s.tif").values
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * values.nbytes


# --------------------------------------------------------------------------- what is announced


def bombs(folder):
    """Write small files that announce 36 MB or more, all of it zeros."""
    zeros = np.zeros((3000, 3000), dtype="f4")
    np.savez_compressed(folder / "b.npz", zeros)
    savemat(folder / "b7.mat", {"x": zeros}, do_compression=True)
    savemat(folder / "bs.mat", {"x": csc_array((3000, 3000))})
    with h5py.File(folder / "b73.mat", "w", userblock_size=512) as file:
        file.create_dataset("x", data=zeros, compression=9)
    with (folder / "b73.mat").open("r+b") as handle:
        handle.write(b"MATLAB 7.3 MAT-file")
    tifffile.imwrite(folder / "b.tif", zeros, compression="zlib", tile=(512, 512))
    (folder / "b.png").write_bytes(png([bytes(375)] * 3000, 3000, bits=1))
    Image.new("L", (3000, 3000)).save(folder / "b.jpg")
    return sorted(folder.iterdir())


def test_what_is_too_large_is_refused_before_room_is_made(tmp_path):
    for file in bombs(tmp_path):
        assert file.stat().st_size < 2 * 10**6
        tracemalloc.start()
        with pytest.raises(InputError, match=rf"^largest: .*at most 10 MB.*{file.name}"):
            load(file, dim=2, largest=10**7)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10**7, file.name
        with pytest.raises(InputError, match=r"^largest: "):
            load(file, dim=2, largest=36 * 10**6 - 1)
        assert load(file, dim=2, largest=73 * 10**6).values.size == 9 * 10**6


def resized(file, old, new):
    """Write the shape of the first matrix of a MATLAB file anew."""
    sizes = [np.array(shape, "<i4").tobytes() for shape in (old, new)]
    content = file.read_bytes()
    assert sizes[0] in content
    file.write_bytes(content.replace(*sizes, 1))


def leave_out(folder, n):
    """Write small files of arrays of n rows, most of them left out; one damaged number does it."""
    places = (np.ones(2), ([0, 1], [0, 1]))
    savemat(folder / "s4.mat", {"x": csc_array(places, shape=(n, 3))}, format="4")
    savemat(folder / "s5.mat", {"x": csc_array(places, shape=(3, 3))})
    resized(folder / "s5.mat", (3, 3), (n, 3))
    write_mat(folder / "struct.mat", {"x": {}})
    resized(folder / "struct.mat", (1, 1), (n, 1))
    with h5py.File(folder / "s73.mat", "w", userblock_size=512) as file:
        file.create_dataset("x", (3, n), "f8", chunks=(1, 64))
    with (folder / "s73.mat").open("r+b") as handle:
        handle.write(b"MATLAB 7.3 MAT-file")
    tags, _ = page(b"", 3, n, code=8)
    (folder / "t.tif").write_bytes(tiff((tags | {COUNTS: ("I", [0])}, b"")))
    return sorted(folder.iterdir())


def test_what_is_mostly_left_out_is_no_reason_to_take_all_memory(tmp_path):
    for file in leave_out(tmp_path, 2**28):
        tracemalloc.start()
        with pytest.raises(InputError, match=rf"^largest: .* that are stored .*{file.name}"):
            load(file, dim=2)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10**7, file.name


def test_what_is_left_out_is_read_where_that_is_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(memory_limits, "_SOON_MADE", 10_000)
    for file in leave_out(tmp_path, 100_000):
        with pytest.raises(InputError, match=rf"^largest: .* that are stored .*{file.name}"):
            load(file, dim=2)
        if file.name != "struct.mat":  # of which nothing is to be had
            assert load(file, dim=2, largest=10**7).values.shape == (1, 100_000, 3)


def test_places_of_a_sparse_matrix_of_version_4_are_checked_before_work(tmp_path):
    """A damaged number of columns made one number for each of them, 3 GB."""
    file = tmp_path / "s4.mat"
    savemat(file, {"x": csc_array((np.ones(2), ([0, 1], [0, 1])), shape=(3, 5))}, format="4")
    columns = (np.float64(number).tobytes() for number in (5, 400_000_000))
    file.write_bytes(file.read_bytes().replace(*columns))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"^largest: .*s4\.mat"):
        load(file, dim=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**7


def test_announced_and_not_there_is_refused(tmp_path):
    with (tmp_path / "n.npy").open("wb") as handle:
        header = {"descr": "<f8", "fortran_order": False, "shape": (2, 10**6)}
        np.lib.format.write_array_header_1_0(handle, header)
        handle.write(bytes(48))
    (tmp_path / "n.tif").write_bytes(tiff(page(bytes(100), 10000, 10000)))
    for file in tmp_path.iterdir():
        with pytest.raises(InputError, match=rf"^path: .*{file.name}.*truncated"):
            load(file, dim=2)


def test_all_files_of_a_folder_share_the_limit(tmp_path):
    for i in range(3):
        Image.new("L", (100, 100)).save(tmp_path / f"{i}.png")
    assert len(load(tmp_path, largest=120_000).names) == 3
    with pytest.raises(InputError, match=r"^largest: .*40 kB besides 80 kB announced by .*2\.png"):
        load(tmp_path, largest=119_999)
    assert load(tmp_path, largest=119_999, skip=True).names == ("0.png", "1.png")


def test_the_limit_is_the_memory_that_is_free(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", np.zeros(1000))
    monkeypatch.setattr(memory_limits, "free_memory", lambda: 7999)
    with pytest.raises(InputError, match=r"^largest: .*x\.npy"):
        load(tmp_path / "x.npy", dim=1)
    monkeypatch.setattr(memory_limits, "free_memory", lambda: 8000)
    load(tmp_path / "x.npy", dim=1)
    save(crops(np.zeros((40, 40)), size=20), tmp_path / "crops.npz")
    with pytest.raises(InputError, match=r"^largest: .*crops\.npz"):
        restore(tmp_path / "crops.npz")


def test_free_memory_is_a_part_of_the_machines():
    import os

    free = memory_limits.free_memory()
    assert 0 < free <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("largest", [0, -1, 2.5, "much", float("nan")])
def test_limits_are_whole_numbers(tmp_path, largest):
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(InputError, match=r"^largest: "):
        load(tmp_path / "x.npy", dim=1, largest=largest)


def test_an_archive_that_lists_fewer_members_than_it_has_is_refused(tmp_path):
    out = io.BytesIO()
    np.savez(out, values=np.eye(3), labels=list("abc"))
    content = bytearray(out.getvalue())
    with zipfile.ZipFile(out) as archive:
        assert len(archive.infolist()) == 2
    at = content.rindex(b"PK\5\6")
    content[at + 10] = 3  # members in all
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"^path: .*a\.npz.*2 of 3 members"):
        load(tmp_path / "a.npz", dim=1)
