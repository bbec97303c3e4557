"""The reader of stamps on a small folder that Pillow and plain text wrote."""

import numpy as np
import pytest
from PIL import Image

from similarity import stamps
from similarity.named_pictures.drawn import drawn
from tests.similarity.named_pictures.small_fonts import png
from toolbox import InputError


def written(folder):
    (folder / "animals" / "birds").mkdir(parents=True)
    pixels = np.zeros((30, 20, 4), np.uint8)
    pixels[4:20, 2:18] = (255, 0, 0, 102)  # margins all round
    Image.fromarray(pixels).save(folder / "animals" / "birds" / "owl.png")
    (folder / "animals" / "birds" / "owl.txt").write_text(
        "An owl.\nde.utf8=Eine Eule.\nfr.utf8=Une chouette.\n", encoding="utf-8"
    )
    (folder / "animals" / "birds" / "owl_mirror.png").write_bytes(png((1, 2, 3)))
    (folder / "animals" / "cat.png").write_bytes(png((0, 0, 255)))
    (folder / "animals" / "cat.txt").write_text("A cat.\nfr.utf8=\n", encoding="utf-8")
    (folder / "animals" / "dog.png").write_bytes(png((0, 0, 255)))
    return folder


def test_each_has_its_captions_class_and_mask(tmp_path):
    found = stamps(written(tmp_path), size=8)
    assert found.names == ("animals/birds/owl.png",)
    assert found.captions == {"en": ("An owl.",), "fr": ("Une chouette.",)}
    assert found.classes.tolist() == ["animals/birds"]
    assert found.missing == (
        "animals/cat.png: a caption (fr)",
        "animals/dog.png: a caption (en, fr)",
    )
    np.testing.assert_allclose(found.opacity, np.full((1, 8, 8), 0.4), atol=1e-6)
    np.testing.assert_allclose(found.images[0, :, 3, 3], [1, 0.6, 0.6], atol=1e-6)
    alone = stamps(tmp_path, languages="en", size=8)
    assert alone.captions == {"en": ("An owl.", "A cat.")}
    np.testing.assert_allclose(alone.images[1, :, 3, 3], [0, 0, 1], atol=1e-6)


def test_damaged_files_and_double_captions_are_named(tmp_path):
    folder = written(tmp_path)
    caption = folder / "animals" / "birds" / "owl.txt"
    caption.write_text("An owl.\nfr.utf8=Une chouette.\nfr.utf8=Un hibou.\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"'fr' twice for 'animals/birds/owl\.png'"):
        stamps(folder)
    caption.write_bytes("A bird.\nfr.utf8=Perdu, retrouvé".encode("latin-1"))
    with pytest.raises(InputError, match=r"captions in UTF-8.*owl\.png"):
        stamps(folder)
    caption.write_text("An owl.\nfr.utf8=Une chouette.\n", encoding="utf-8")
    picture = folder / "animals" / "birds" / "owl.png"
    picture.write_bytes(picture.read_bytes()[:60])
    with pytest.raises(InputError, match=r"path: wanted PNG pictures.*animals/birds/owl\.png"):
        stamps(folder)
    picture.write_bytes(png((0, 0, 0), opacity=0))
    with pytest.raises(InputError, match=r"owl\.png, wholly transparent"):
        stamps(folder)


def test_other_arguments_are_refused(tmp_path):
    with pytest.raises(InputError, match="path: wanted a folder that exists"):
        stamps(tmp_path / "none")
    with pytest.raises(InputError, match="path: wanted a folder that exists"):
        stamps(3)
    with pytest.raises(InputError, match="path: wanted PNG pictures with captions"):
        stamps(tmp_path)
    for languages in (["en", "en"], [], 3, [""]):
        with pytest.raises(InputError, match="languages: wanted"):
            stamps(tmp_path, languages=languages)


def test_pixels_are_means_over_equal_areas(tmp_path):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (15, 15, 4)).astype(np.uint8)
    pixels[..., 3] |= 128
    Image.fromarray(pixels).save(tmp_path / "noise.png")
    found = drawn((tmp_path / "noise.png").read_bytes(), 9, argument="path", name="noise")
    colours = pixels / 255.0
    colours[..., :3] *= colours[..., 3:]
    # A finer grid that both sizes divide: each of its cells lies in one pixel and in one area.
    fine = np.repeat(np.repeat(colours, 3, axis=0), 3, axis=1)
    wanted = fine.reshape(9, 5, 9, 5, 4).mean(axis=(1, 3)).transpose(2, 0, 1)
    np.testing.assert_allclose(found, wanted, atol=2e-6)
