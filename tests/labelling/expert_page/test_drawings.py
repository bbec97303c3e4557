"""What the page shows of an item is what is in it."""

import io
import re
import time

import numpy as np
import pytest
import skimage.io
from PIL import Image

from labelling.expert_page.drawings import COLUMNS, SCREEN, png, svg
from labelling.expert_page.pictures import pictures_of
from toolbox import InputError, load, load_papers


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_eight_bits_are_shown_as_they_are():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16) // 2 + 30
    assert (pixels(png((grey / 255).astype(np.float32))) == grey).all()
    colour = np.random.default_rng(0).integers(0, 256, (3, 7, 9))
    assert (np.moveaxis(pixels(png(colour / 255)), -1, 0) == colour).all()


def test_sixteen_bits_and_floats_are_stretched():
    deep = np.linspace(0.1, 0.2, 64).reshape(8, 8)
    shown = pixels(png(deep))
    assert (shown.min(), shown.max()) == (0, 255)
    assert (shown.ravel() == np.rint(np.linspace(0, 255, 64))).all()
    assert (pixels(png(5000 * deep - 3)) == shown).all()
    assert (pixels(png(np.full((4, 4), 7.3))) == 0).all()


def test_missing_pixels_are_transparent():
    image = np.array([[0.0, np.nan], [1.0, 0.2]])
    shown = pixels(png(image))
    assert shown[..., 1].tolist() == [[255, 0], [255, 255]]
    assert shown[..., 0][~np.isnan(image)].tolist() == [0, 255, 51]


def test_components_stand_side_by_side():
    image = np.stack([np.zeros((4, 5)), np.ones((4, 5))])
    assert pixels(png(image)).tolist() == [[0] * 5 + [255] * 5] * 4


@pytest.mark.parametrize("size", [(2, 2 * SCREEN + 1), (SCREEN + 1, 800)])
def test_a_large_image_is_reduced_by_means_until_it_is_asked_for_whole(size):
    image = np.random.default_rng(0).integers(0, 256, size) / 255
    small, whole = pixels(png(image)), pixels(png(image, whole=True))
    assert max(small.shape) <= SCREEN
    assert whole.shape == size
    by = image.shape[1] // small.shape[1] if size[1] > SCREEN else 2
    rows = min(by, size[0])
    assert small[0, 0] == np.rint(image[:rows, :by].mean() * 255)


def test_a_signal_is_a_line_with_gaps():
    drawn = svg(np.array([0.0, 1.0, np.nan, 1.0, 0.0])).decode()
    (path,) = re.findall(r' d="([^"]*)"', drawn)
    assert path.count("M") == 2
    assert path.startswith("M0.0 456.0L300.0 24.0")
    assert svg(np.zeros((3, 8))).count(b"<path") == 3
    assert b'd=""' in svg(np.full(4, np.nan))


def test_a_long_signal_keeps_its_extremes():
    signal = np.sin(np.arange(100_000) / 9000)
    signal[54_321] = 9.0
    (path,) = re.findall(r' d="([^"]*)"', svg(signal).decode())
    heights = np.array(re.findall(r"[ML][\d.]+ ([\d.]+)", path), dtype=float)
    assert len(heights) == 2 * COLUMNS
    assert heights.min() == 24.0  # the spike alone
    assert np.sort(heights)[1] > 300


def test_a_folder_is_listed_in_the_order_of_load_and_not_read(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8), dtype=np.uint8)
    for i, name in enumerate(["b/2.png", "a/1.png", "b/1.png", "a/x.tif"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        skimage.io.imsave(tmp_path / name, images[i], check_contrast=False)
    pictures, loaded = pictures_of(tmp_path), load(tmp_path)
    assert pictures.classes == ["a", "b"]
    assert list(loaded.names) == pictures.names
    for i, value in enumerate(loaded.values):
        assert (pictures.read(i) == value).all()
    (tmp_path / "a" / "1.png").write_bytes(b"broken")
    pictures_of(tmp_path)  # is not opened
    with pytest.raises(InputError, match=r"1\.png"):
        pictures.read(0)


def test_arrays_and_files_of_arrays_are_items(tmp_path):
    x = np.random.default_rng(0).normal(size=(3, 50))
    np.save(tmp_path / "signals.npy", x)
    pictures = pictures_of(tmp_path / "signals.npy", dim=1)
    assert (pictures.dim, len(pictures.names)) == (1, 3)
    assert (pictures.read(2) == x[2]).all()
    assert pictures_of(x, dim=1).read(1).shape == (1, 50)
    with pytest.raises(InputError, match="dim: wanted 1"):
        pictures_of(tmp_path / "signals.npy")
    with pytest.raises(InputError, match="does not exist"):
        pictures_of(tmp_path / "nothing")


def test_a_file_of_several_images_in_a_folder_is_refused_when_it_is_shown(tmp_path):
    pages = np.random.default_rng(0).integers(0, 256, (2, 8, 8), dtype=np.uint8)
    skimage.io.imsave(tmp_path / "two.tif", pages, check_contrast=False)
    with pytest.raises(InputError, match=r"2 pages in 'two\.tif'"):
        pictures_of(tmp_path).read(0)


def test_a_folder_of_thousands_is_listed_in_no_time(tmp_path):
    for i in range(2000):
        (tmp_path / f"{i:05d}.png").touch()
    began = time.process_time()
    assert len(pictures_of(tmp_path).names) == 2000
    assert time.process_time() - began < 0.3  # measured: .03


def test_papers_at_any_depth_are_shown_under_the_names_of_their_report(tmp_path):
    grain = np.random.default_rng(0).integers(0, 255, (3, 32, 32), dtype=np.uint8)
    for name, image in zip(("Agfa/1/a/x.png", "Agfa/1/b/x.png", "loose.png"), grain, strict=True):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        skimage.io.imsave(tmp_path / name, image, check_contrast=False)
    (tmp_path / "Agfa" / "notes.txt").write_text("x")
    (tmp_path / "papers.csv").write_text("name,maker\nloose.png,Kodak\n")
    found = pictures_of(tmp_path, deep=True)
    assert tuple(found.names) == load_papers(tmp_path, size=32, skip=True).names
    assert found.classes == []
    assert found.skipped[0].startswith("Agfa/notes.txt")
    np.testing.assert_allclose(found.read(1), grain[1] / 255, atol=1e-6)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="path: wanted a folder that holds images"):
        pictures_of(tmp_path / "empty", deep=True)
