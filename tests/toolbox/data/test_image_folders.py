"""Folders as people keep them: flat or in classes, grey and colour, and a file that is broken."""

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage.color import rgb2gray

from toolbox import InputError, crops, load, load_papers
from toolbox.core.streams import generator

RNG = generator(13, "folders")
GREY = RNG.integers(0, 256, (8, 9), dtype=np.uint8)
RGB = RNG.integers(0, 256, (10, 7, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


def test_a_flat_folder_has_no_classes(folder):
    for name in ("b.png", "a.tif"):
        Image.fromarray(GREY).save(folder / name)
    (folder / ".DS_Store").write_text("x")
    loaded = load(folder)
    assert loaded.names == ("a.tif", "b.png")
    assert loaded.labels.shape == (0,)
    assert [v.shape for v in loaded.values] == [(8, 9), (8, 9)]


def test_a_single_class_is_a_class(folder):
    (folder / "bark").mkdir()
    Image.fromarray(GREY).save(folder / "bark" / "1.png")
    loaded = load(folder)
    assert loaded.names == ("bark/1.png",)
    assert loaded.labels.tolist() == ["bark"]


def test_grey_and_colour_together_become_grey(folder):
    Image.fromarray(GREY).save(folder / "a.png")
    Image.fromarray(RGB).save(folder / "b.png")
    with pytest.raises(InputError, match=r"^path: .*3 in 'b.png' against 1 in 'a.png'.*grey=True"):
        load(folder)
    loaded = load(folder, grey=True)
    np.testing.assert_allclose(loaded.values[0], GREY / 255, rtol=1e-6)
    np.testing.assert_allclose(loaded.values[1], rgb2gray(RGB), rtol=1e-5)
    alone = load(folder / "b.png", grey=True).values
    np.testing.assert_array_equal(alone[0], loaded.values[1])
    assert load(folder / "a.png", grey=1).values.shape == (1, 8, 9)


def test_grey_is_refused_where_there_is_no_colour_to_speak_of(folder):
    np.save(folder / "x.npy", np.zeros((3, 8, 9)))
    with pytest.raises(InputError, match=r"^grey: "):
        load(folder / "x.npy", dim=2, grey=True)
    bands = np.zeros((8, 9, 5), dtype="u1")
    tifffile.imwrite(folder / "five.tif", bands, photometric="minisblack", planarconfig="contig")
    with pytest.raises(InputError, match=r"^path: .*5 components in .*five\.tif"):
        load(folder / "five.tif", grey=True)


def test_an_alpha_channel_is_said_with_the_name_of_its_file(folder):
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 255, dtype=np.uint8)])
    Image.fromarray(rgba).save(folder / "a.png")
    rgba[:5, :, 3] = 0
    for name in ("b.png", "c.png", "d.png", "e.png"):
        Image.fromarray(rgba).save(folder / name)
    loaded = load(folder)
    assert loaded.missing == pytest.approx(0.4)
    assert "b.png: 0.5 of the pixels are NaN: transparent" in loaded.note
    assert "a.png" not in loaded.note
    assert "1 more files alike" in loaded.note


def test_a_bad_file_is_named_or_skipped_and_listed(folder):
    for name in ("a", "b"):
        (folder / name).mkdir()
        for i in range(3):
            Image.fromarray(GREY + np.uint8(i)).save(folder / name / f"{i}.png")
    whole = (folder / "a" / "1.png").read_bytes()
    (folder / "a" / "1.png").write_bytes(whole[: len(whole) // 2])
    Image.fromarray(RGB).save(folder / "b" / "0.png")
    (folder / "b" / "notes.txt").write_text("x")
    (folder / "empty").mkdir()
    Image.fromarray(GREY).save(folder / "loose.png")
    with pytest.raises(InputError, match=r"^path: .*loose\.png"):
        load(folder)
    (folder / "loose.png").rename(folder / "a" / "3.png")
    with pytest.raises(InputError, match=r"^path: .*notes\.txt"):
        load(folder)
    loaded = load(folder, skip=True)
    assert loaded.names == ("a/0.png", "a/2.png", "a/3.png", "b/1.png", "b/2.png")
    assert loaded.labels.tolist() == ["a", "a", "a", "b", "b"]
    told = {text.partition(": ")[0]: text for text in loaded.skipped}
    assert sorted(told) == ["a/1.png", "b/0.png", "empty", "notes.txt"]
    assert "ends early" in told["a/1.png"]
    assert "3 in 'b/0.png' against 1 in 'a/0.png'" in told["b/0.png"]
    assert loaded.asdict()["skipped"] == list(loaded.skipped)


def test_the_odd_one_is_skipped_even_where_it_comes_first(folder):
    Image.fromarray(RGB).save(folder / "a.png")
    for name in "bc":
        Image.fromarray(GREY).save(folder / f"{name}.png")
    loaded = load(folder, skip=True)
    assert loaded.names == ("b.png", "c.png")
    assert len(loaded.skipped) == 1


@pytest.mark.parametrize("read", [load, load_papers, lambda f: load(f, lazy=True).values.compute()])
@pytest.mark.parametrize("stored", ["f4", "f8", "i2", "i4"])
def test_images_of_two_scales_are_refused(folder, read, stored):
    for name, dtype in (("a", "u1"), ("b", "u2"), ("c", stored), ("d", "u1")):
        tifffile.imwrite(folder / f"{name}.tif", GREY.astype(dtype), photometric="minisblack")
    lazily = r"wanted images of one type.*c\.tif' against float32 from 0 to 1"
    both = r"wanted images of one scale.*'a\.tif', which counts from 0.*'c\.tif', which is as it is"
    with pytest.raises(InputError, match=rf"^path: ({lazily}|{both})"):
        read(folder)


@pytest.mark.parametrize("read", [load, load_papers])
def test_the_few_of_another_scale_are_skipped_and_depths_are_said(folder, read):
    deep = GREY[::-1].astype("u2") * 257  # turned: equal images would count once
    for name, pixels in (("a", GREY / 255), ("b", GREY), ("c", deep)):
        tifffile.imwrite(folder / f"{name}.tif", pixels, photometric="minisblack")
    found = read(folder, skip=True)
    assert found.names == ("b.tif", "c.tif")
    assert [text.partition(":")[0] for text in found.skipped] == ["a.tif"]
    np.testing.assert_allclose(found.values[0], found.values[1][::-1], rtol=1e-6)
    assert "several depths, whose 1 is 255 in b.tif, 65535 in c.tif" in found.note
    (folder / "b.tif").unlink()
    (folder / "a.tif").unlink()
    assert "depths" not in read(folder).note


def test_pages_of_two_scales_are_refused_and_depths_are_said(folder):
    def write(*pages):
        with tifffile.TiffWriter(folder / "a.tif") as file:
            for pixels in pages:
                file.write(pixels, photometric="minisblack", metadata=None)

    write(GREY, GREY.astype("u2"))
    assert (
        load(folder / "a.tif").note == "several depths, whose 1 is 255 in page 0, 65535 in page 1"
    )
    write(GREY, GREY, GREY.astype("f4"))
    with pytest.raises(InputError, match=r"^path: .*a\.tif.*two scales \(page 2 .*page 0 counts"):
        load(folder / "a.tif")


def test_nothing_left_is_refused(folder):
    (folder / "a.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r"^path: .*no image that can be read"):
        load(folder, skip=True)


def test_images_of_different_sizes_can_be_cut_to_one(folder):
    Image.fromarray(GREY).save(folder / "a.png")
    Image.fromarray(RGB[..., 0]).save(folder / "b.png")
    loaded = load(folder)
    cut = [crops(image, size=4).values for image in loaded.values]
    assert [len(c) for c in cut] == [4, 2]


@pytest.mark.parametrize("option", ["grey", "skip"])
def test_options_are_truth_values(folder, option):
    with pytest.raises(InputError, match=rf"^{option}: "):
        load(folder, **{option: "yes"})
