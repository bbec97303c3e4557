"""What the verbs read: what is wrong is named by its file, and `--skip` goes on without it."""

import json

import numpy as np
import pytest
from PIL import Image

import toolbox
from grainwise.__main__ import main
from toolbox.core.streams import generator


@pytest.fixture
def folder(tmp_path):
    """Return a folder of twelve photographs, flat."""
    (tmp_path / "photos").mkdir()
    noise = generator(15, "photos").standard_normal((12, 40, 40))
    for i, field in enumerate(np.clip(128 + 20 * field, 0, 255).astype("u1") for field in noise):
        Image.fromarray(field).save(tmp_path / "photos" / f"p{i:02}.png")
    return tmp_path / "photos"


def answer(words, capsys):
    status = main([str(word) for word in words])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def constant(file):
    Image.new("L", (40, 40), 9).save(file)


def transparent(file):
    alpha = np.full((40, 40), 255, dtype="u1")
    alpha[:4] = 0
    grey = np.asarray(Image.open(file))
    Image.fromarray(np.dstack([grey, alpha])).save(file)


def cut_short(file):
    file.write_bytes(file.read_bytes()[:500])


def half_flat(file):
    pixels = np.array(Image.open(file))
    pixels[:20] = 100
    Image.fromarray(pixels).save(file)


def coloured(file):
    Image.fromarray(np.asarray(Image.open(file))).convert("RGB").save(file)


FAULTS = {
    constant: "values that vary, got a constant component in 'p07.png'",
    transparent: "values without gaps (cut the gaps away first), got 10.0% missing",
    cut_short: "got '.*p07.png' (ValueError: a PNG that ends early",
    half_flat: "leaders of 'p07.png' that are zero",
    coloured: "3 in 'p07.png' against 1 in 'p00.png'",
}


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda f: f.__name__)
def test_a_bad_file_is_named_and_skipped_where_that_is_asked(folder, capsys, spoil):
    spoil(folder / "p07.png")
    words = ["analyse", folder]
    status, out, err = answer(words, capsys)
    assert (status, out) == (2, "")
    assert err.startswith("grainwise: path: wanted " if spoil != half_flat else "grainwise: x: ")
    for part in FAULTS[spoil].split(".*"):
        assert part in err
    assert "p07.png" in err
    assert len(err.splitlines()) == 1
    status, out, err = answer([*words, "--skip"], capsys)
    assert status == 0
    assert err.startswith("grainwise: left out p07.png: ")
    found = json.loads(out)
    assert "left out p07.png: " in found["note"]
    assert found["item"] == [f"p{i:02}.png" for i in range(12) if i != 7]
    kept = [v for v, name in zip(*loaded(folder), strict=True) if name != "p07.png"]
    wanted = toolbox.multifractal(np.stack(kept), dim=2).cumulants[:, 0]
    np.testing.assert_allclose(found["c1"], wanted, rtol=1e-5)


def loaded(folder):
    found = toolbox.load(folder, skip=True)
    return found.values, found.names


def test_grey_reads_colour_and_grey_together(folder, capsys):
    coloured(folder / "p07.png")
    status, out, err = answer(["analyse", folder, "--grey"], capsys)
    assert status == 0
    assert all(line.startswith("grainwise: note: gamma differs") for line in err.splitlines())
    assert len(json.loads(out)["item"]) == 12


def test_a_crop_is_named_by_its_photograph(folder, tmp_path, capsys):
    with Image.open(folder / "p07.png") as image:
        pixels = np.array(image)
    pixels[20:, :20] = 3
    Image.fromarray(pixels).save(folder / "p07.png")
    Image.fromarray(pixels[:15]).save(folder / "p08.png")
    words = ["synthesise", folder, "--n", 3, "--seed", 1, "--method", "phase-randomised"]
    words += ["--crop", 20, "--out", tmp_path / "made.npy"]
    status, _, err = answer(words, capsys)
    assert status == 2
    assert "a constant component in 'p07.png[2]'" in err
    status, _, err = answer([*words, "--skip"], capsys)
    assert status == 0
    told = [line.split(": ")[1] for line in err.splitlines()]
    assert told == ["left out p07.png[2]", "left out p08.png"]
    assert "20, and 15 x 40 in 'p08.png'" in err


def test_sizes_that_differ_are_named(folder, capsys):
    Image.fromarray(np.asarray(Image.open(folder / "p03.png"))[:38]).save(folder / "p03.png")
    status, _, err = answer(["compare", folder, "--seed", 1], capsys)
    assert status == 2
    assert "(40, 40) in 'p00.png' and (38, 40) in 'p03.png'" in err


def test_nothing_left_is_said(tmp_path, capsys):
    constant(tmp_path / "a.png")
    status, _, err = answer(["analyse", tmp_path / "a.png", "--skip"], capsys)
    assert status == 2
    assert "none in" in err.splitlines()[-1]
