"""Loading: truth is what was written by independent encoders (Pillow, tifffile, NumPy)."""

import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

from toolbox import InputError, components_first, describe, load
from toolbox.core.checks import real_array
from toolbox.core.units import content_label

RNG = np.random.default_rng(5)
GREY8 = RNG.integers(0, 256, (20, 30), dtype=np.uint8)
GREY16 = RNG.integers(0, 65536, (20, 30), dtype=np.uint16)
RGB8 = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
@pytest.mark.parametrize(("pixels", "full"), [(GREY8, 255), (GREY16, 65535)])
def test_grey_keeps_its_depth(tmp_path, suffix, pixels, full):
    file = tmp_path / f"grey{suffix}"
    Image.fromarray(pixels).save(file)
    loaded = load(file)
    assert loaded.values.shape == (1, 20, 30)
    assert loaded.values.dtype == np.float32
    np.testing.assert_array_equal(np.round(loaded.values[0] * full), pixels)
    assert loaded.names == (file.name,)
    assert loaded.labels.shape == (0,)
    assert np.isnan(loaded.resolution)
    assert loaded.missing == 0


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", None])
def test_compressed_tiff(tmp_path, compression):
    Image.fromarray(RGB8).save(tmp_path / "c.tif", compression=compression)
    values = load(tmp_path / "c.tif").values
    np.testing.assert_array_equal(np.round(values[0] * 255), RGB8.transpose(2, 0, 1))


def test_colour_comes_components_first(tmp_path):
    Image.fromarray(RGB8).save(tmp_path / "rgb.png")
    values = load(tmp_path / "rgb.png", dim=2).values
    assert values.shape == (1, 3, 20, 30)
    np.testing.assert_array_equal(np.round(values[0] * 255), RGB8.transpose(2, 0, 1))


def test_jpeg_is_close_and_turned_as_its_orientation_says(tmp_path):
    smooth = np.add.outer(np.arange(64), np.arange(96)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise
    Image.fromarray(smooth).save(tmp_path / "s.jpg", quality=95, exif=exif)
    values = load(tmp_path / "s.jpg").values
    assert values.shape == (1, 96, 64)
    np.testing.assert_allclose(values[0] * 255, np.rot90(smooth, -1), atol=4)


def test_palettes_and_bilevel(tmp_path):
    indexed = Image.fromarray(RGB8).quantize(16)
    truth = np.asarray(indexed.convert("RGB")).transpose(2, 0, 1)
    for name in ("p.png", "p.tif"):
        indexed.save(tmp_path / name)
        np.testing.assert_allclose(load(tmp_path / name).values[0] * 255, truth, atol=0.01)
    Image.fromarray(GREY8 > 100).save(tmp_path / "b.png")
    np.testing.assert_array_equal(load(tmp_path / "b.png").values[0], GREY8 > 100)


def test_white_is_zero_is_turned_round(tmp_path):
    tifffile.imwrite(tmp_path / "w.tif", GREY16, photometric="miniswhite")
    np.testing.assert_allclose(load(tmp_path / "w.tif").values[0], 1 - GREY16 / 65535, atol=1e-6)


def test_transparent_pixels_are_missing(tmp_path):
    rgba = np.dstack([RGB8, np.full((20, 30), 255, dtype=np.uint8)])
    rgba[:5, :, 3] = 0
    for name in ("a.png", "a.tif"):
        Image.fromarray(rgba).save(tmp_path / name)
        loaded = load(tmp_path / name)
        assert loaded.values.shape == (1, 3, 20, 30)
        assert np.isnan(loaded.values[0, :, :5]).all()
        assert np.isfinite(loaded.values[0, :, 5:]).all()
        assert loaded.missing == 0.25


def test_a_transparent_colour_of_a_palette_is_missing(tmp_path):
    indexed = Image.fromarray(GREY8 % 4).convert("P")
    indexed.save(tmp_path / "p.png", transparency=2)
    values = load(tmp_path / "p.png").values
    np.testing.assert_array_equal(np.isnan(values[0, 0]), GREY8 % 4 == 2)


@pytest.mark.parametrize("name", ["d.png", "d.jpg", "d.tif"])
def test_resolution_in_pixels_per_mm(tmp_path, name):
    Image.fromarray(GREY8).save(tmp_path / name, dpi=(300, 300))
    assert load(tmp_path / name).resolution == pytest.approx(300 / 25.4, rel=1e-3)
    Image.fromarray(GREY8).save(tmp_path / name, dpi=(300, 200))
    assert np.isnan(load(tmp_path / name).resolution)


def test_resolution_in_centimetres(tmp_path):
    tifffile.imwrite(tmp_path / "cm.tif", GREY8, resolution=(400, 400), resolutionunit=3)
    assert load(tmp_path / "cm.tif").resolution == pytest.approx(40)


def test_tiff_numbers_pages_and_bands(tmp_path):
    metres = RNG.standard_normal((4, 20, 30))
    tifffile.imwrite(tmp_path / "pages.tif", metres, photometric="minisblack")
    loaded = load(tmp_path / "pages.tif")
    assert loaded.values.dtype == np.float64
    np.testing.assert_array_equal(loaded.values, metres)
    assert loaded.names[3] == "pages.tif[3]"
    bands = RNG.integers(-900, 900, (2, 5, 20, 30)).astype(np.int16)
    axes = {"axes": "TCYX"}
    tifffile.imwrite(tmp_path / "bands.tif", bands, photometric="minisblack", metadata=axes)
    np.testing.assert_array_equal(load(tmp_path / "bands.tif").values, bands)
    deep = RNG.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb")
    np.testing.assert_array_equal(
        np.round(load(tmp_path / "deep.tif").values[0] * 65535), deep.transpose(2, 0, 1)
    )


def test_pages_of_unequal_size_are_a_tuple(tmp_path):
    with tifffile.TiffWriter(tmp_path / "u.tif") as file:
        file.write(GREY8, photometric="minisblack")
        file.write(GREY8[:9], photometric="minisblack")
    values = load(tmp_path / "u.tif").values
    for page, written in zip(values, (GREY8, GREY8[:9]), strict=True):
        np.testing.assert_array_equal(np.round(page * 255), written)


@pytest.mark.parametrize("name", ["t.png", "t.jpg", "t.tif", "t.npy", "t.npz"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
def test_truncated_files_are_refused(tmp_path, name, share):
    file = tmp_path / name
    if name.endswith("npy"):
        np.save(file, RNG.random((40, 50)))
    elif name.endswith("npz"):
        np.savez(file, a=RNG.random((40, 50)))
    else:
        Image.fromarray(RNG.integers(0, 256, (200, 200), dtype=np.uint8)).save(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=rf"^path: .*{name}"):
        load(file, dim=2)


def test_tiff_that_lost_its_last_page_is_refused(tmp_path, capfd):
    pages = [Image.fromarray(GREY8 + np.uint8(i)) for i in range(3)]
    pages[0].save(tmp_path / "m.tif", save_all=True, append_images=pages[1:])
    whole = (tmp_path / "m.tif").read_bytes()
    assert load(tmp_path / "m.tif").values.shape == (3, 20, 30)
    with tifffile.TiffFile(tmp_path / "m.tif") as file:
        last = file.pages[2].offset
    (tmp_path / "m.tif").write_bytes(whole[:last])
    with pytest.raises(InputError, match=r"^path: .*a truncated file"):
        load(tmp_path / "m.tif")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32])
@pytest.mark.parametrize("suffix", ["npy", "npz", "mat"])
def test_whole_numbers_of_a_file_keep_every_digit(tmp_path, dtype, suffix):
    from scipy.io import savemat

    counts = 100_000_000 + np.arange(120, dtype=dtype).reshape(2, 60)
    file = tmp_path / f"counts.{suffix}"
    if suffix == "npy":
        np.save(file, counts)
    elif suffix == "npz":
        np.savez(file, counts=counts)
    else:
        savemat(file, {"counts": counts})
    values = load(file, dim=1).values
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, counts)


def test_numpy_files(tmp_path):
    signals = RNG.random((6, 3, 50)).astype(np.float32)
    np.save(tmp_path / "s.npy", signals)
    np.testing.assert_array_equal(load(tmp_path / "s.npy", dim=1).values, signals)
    assert load(tmp_path / "s.npy", dim=2.0).values.shape == (6, 3, 50)
    np.save(tmp_path / "one.npy", signals[0, 0])
    assert load(tmp_path / "one.npy", dim=1).values.shape == (1, 50)
    np.savez(tmp_path / "set.npz", values=signals[:, 0], labels=list("aabbcc"), names=range(6))
    loaded = load(tmp_path / "set.npz", dim=1)
    assert loaded.labels.tolist() == list("aabbcc")
    assert loaded.names == tuple("012345")


def test_missing_values_of_a_numpy_file_are_counted(tmp_path):
    signals = np.ones((4, 50))
    signals[1, :20] = np.nan
    np.save(tmp_path / "n.npy", signals)
    loaded = load(tmp_path / "n.npy", dim=1)
    np.testing.assert_array_equal(loaded.values, signals)
    assert loaded.missing == 0.1
    signals[0, 0] = np.inf
    np.save(tmp_path / "n.npy", signals)
    with pytest.raises(InputError, match=r"^path: .*infinite"):
        load(tmp_path / "n.npy", dim=1)


def test_whole_numbers_of_a_file_that_float64_would_round_are_refused(tmp_path):
    kept = [2**53, 2**53 + 2, -(2**62)]
    np.save(tmp_path / "kept.npy", np.array(kept))
    loaded = load(tmp_path / "kept.npy", dim=1)
    assert [int(v) for v in loaded.values[0]] == kept
    for bad in (np.array([1, 2**53 + 1]), np.array([0, 2**64 - 1], dtype=np.uint64)):
        np.save(tmp_path / "rounded.npy", bad)
        with pytest.raises(InputError, match=r"^path: .*offset.* got 1 of 2 .*rounded\.npy"):
            load(tmp_path / "rounded.npy", dim=1)
    with pytest.raises(InputError, match=r"^x: .* got 1 of 2 beyond 2\*\*53"):  # the same rule
        real_array(bad, "x")


def test_thin_arrays_are_looked_at_as_a_whole(tmp_path):
    x = np.random.default_rng(0).standard_normal((20_000, 3)).astype(np.float32)
    x[5, 1], x[9] = np.nan, x[7]
    np.save(tmp_path / "x.npy", x)
    calls = []
    sys.setprofile(lambda _, event, __: calls.append(event) if event == "call" else None)
    loaded = load(tmp_path / "x.npy", dim=1)
    sys.setprofile(None)
    assert len(calls) < 2000  # of Python: none for each of the items
    assert loaded.missing == 1 / x.size
    assert loaded.names[19_999] == "x[19999]"
    assert len({*loaded.units}) == 19_999
    assert loaded.units[9] == loaded.units[7] == content_label(x[7])


WIDE = np.dtype(np.longdouble)


@pytest.mark.skipif(np.finfo(WIDE).nmant <= 52, reason="long doubles are of 64 bits here")
def test_long_doubles_of_a_file_that_float64_would_round_are_refused(tmp_path):
    kept = np.array([[0.1, np.nan, -3], [1, 2, 1e300]], WIDE)
    np.save(tmp_path / "x.npy", kept)
    loaded = load(tmp_path / "x.npy", dim=1)
    np.testing.assert_array_equal(loaded.values, kept.astype(np.float64))
    np.save(tmp_path / "x.npy", kept / 3)
    for lazy, text in ((False, "numbers that float64 holds"), (True, "floats of 64 bits")):
        with pytest.raises(InputError, match=rf"^path: wanted {text}.*x\.npy"):
            load(tmp_path / "x.npy", dim=1, lazy=lazy)


def test_numpy_files_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((4, 50)))
    with pytest.raises(InputError, match=r"^dim: "):
        load(tmp_path / "a.npy")
    with pytest.raises(InputError, match=r"^dim: "):
        load(tmp_path / "a.npy", dim=3)
    np.save(tmp_path / "o.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"^path: .*allow_pickle"):
        load(tmp_path / "o.npy", dim=1)
    pairs = np.zeros(3, dtype=[("x", "f4"), ("y", "f4")])
    for bad in (
        pairs,
        np.zeros(3, dtype="datetime64[s]"),
        pairs.astype([("é", "f4"), ("y", "f4")]),
    ):
        np.save(tmp_path / "s.npy", bad)
        with pytest.raises(InputError, match=r"^path: .*s\.npy.*save arrays of plain numbers"):
            load(tmp_path / "s.npy", dim=1)
    for bad in (np.zeros(3, dtype=complex), np.array(["a"]), np.zeros((0, 4))):
        np.save(tmp_path / "t.npy", bad)
        with pytest.raises(InputError, match=r"^path: wanted an array of real numbers.*t\.npy"):
            load(tmp_path / "t.npy", dim=1)
    np.savez(tmp_path / "two.npz", a=np.ones(3), b=np.ones(3))
    with pytest.raises(InputError, match=r"^path: .*called values.*a, b"):
        load(tmp_path / "two.npz", dim=1)
    np.savez(tmp_path / "l.npz", values=np.ones((3, 9)), labels=["a", "b"])
    with pytest.raises(InputError, match=r"^labels: "):
        load(tmp_path / "l.npz", dim=1)
    np.save(tmp_path / "deep.npy", np.ones((2, 2, 2, 2)))
    with pytest.raises(InputError, match=r"^path: .*deep\.npy"):
        load(tmp_path / "deep.npy", dim=1)


def _classes(folder, sizes):
    for name, shapes in sizes.items():
        (folder / name).mkdir()
        for i, shape in enumerate(shapes):
            pixels = np.full(shape, i, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png", dpi=(254, 254))


def test_folder_of_classes(tmp_path):
    _classes(tmp_path, {"wood": [(8, 9), (7, 9)], "bark": [(8, 9)]})
    (tmp_path / "wood" / ".hidden").write_text("x")
    (tmp_path / "wood" / "Thumbs.db").write_text("x")
    loaded = load(tmp_path)
    assert loaded.names == ("bark/0.png", "wood/0.png", "wood/1.png")
    assert loaded.labels.tolist() == ["bark", "wood", "wood"]
    assert isinstance(loaded.values, tuple)
    assert [v.shape for v in loaded.values] == [(8, 9), (8, 9), (7, 9)]
    assert loaded.resolution == pytest.approx(10, rel=1e-3)
    assert not loaded.values[0].flags.writeable


def test_folders_refused(tmp_path):
    with pytest.raises(InputError, match=r"^path: wanted a folder of images.*got neither in"):
        load(tmp_path)
    _classes(tmp_path, {"a": [(8, 9)]})
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match=r"^path: .*at least one image.*fill it or remove it"):
        load(tmp_path)
    (tmp_path / "b" / "notes.txt").write_text("x")
    with pytest.raises(InputError, match=r"^path: .*notes\.txt.*convert it or move it away"):
        load(tmp_path)
    (tmp_path / "b" / "notes.txt").rename(tmp_path / "b" / "broken.png")
    with pytest.raises(InputError, match=r"^path: .*broken\.png"):
        load(tmp_path)
    Image.fromarray(RGB8).save(tmp_path / "b" / "broken.png")
    with pytest.raises(InputError, match=r"^path: .*3 in 'b/broken.png' against 1 in 'a/0.png'"):
        load(tmp_path)
    with pytest.raises(InputError, match=r"^dim: "):
        load(tmp_path, dim=1)


@pytest.mark.parametrize("path", [3, None, "no/such/file.png", __file__])
def test_paths_refused(path):
    with pytest.raises(InputError, match=r"^path: "):
        load(path)


def test_complex_pixels_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "c.tif", np.zeros((8, 8), dtype=np.complex64))
    with pytest.raises(InputError, match=r"^path: .*complex64"):
        load(tmp_path / "c.tif")


def test_infinite_pixels_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "i.tif", np.full((8, 8), np.inf, dtype=np.float32))
    with pytest.raises(InputError, match=r"^path: .*finite"):
        load(tmp_path / "i.tif")


def test_components_first():
    stack = RNG.random((2, 5, 6, 3))
    turned = components_first(stack)
    np.testing.assert_array_equal(turned, stack.transpose(0, 3, 1, 2))
    assert turned.flags.c_contiguous
    assert components_first(RGB8).dtype == np.float32
    for bad in (GREY8, stack.transpose(0, 3, 1, 2)[..., :6]):
        with pytest.raises(InputError, match=r"^image: "):
            components_first(bad)


def test_units_are_files_and_not_their_pages(tmp_path):
    rng = np.random.Generator(np.random.Philox(0))
    pages = [Image.fromarray(rng.integers(0, 255, (9, 9), dtype=np.uint8)) for _ in range(4)]
    (tmp_path / "a").mkdir()
    pages[0].save(tmp_path / "a" / "stack.tif", save_all=True, append_images=pages[1:3])
    pages[3].save(tmp_path / "a" / "one.png")
    found = load(tmp_path / "a")
    assert [n.partition("[")[0] for n in found.names] == ["one.png"] + ["stack.tif"] * 3
    one, *stack = found.units
    assert len({*stack}) == 1
    assert one not in stack
    np.save(tmp_path / "x.npy", rng.normal(size=(5, 8, 8)))
    arrays = load(tmp_path / "x.npy", dim=2)
    assert len({*arrays.units}) == 5  # of an array nothing is known: each item is its own
    np.testing.assert_array_equal(np.asarray(arrays), arrays.values)
    np.testing.assert_array_equal(load(tmp_path / "x.npy", dim=2).units, arrays.units)


def test_images_of_several_sizes_stand_for_no_array(tmp_path):
    for i, side in enumerate((8, 9)):
        Image.fromarray(np.full((side, 8), i, np.uint8)).save(tmp_path / f"{i}.png")
    with pytest.raises(InputError, match=r"differ in size: cut them with toolbox\.crops"):
        describe(load(tmp_path), dim=2)
