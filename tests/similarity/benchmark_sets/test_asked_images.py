"""The reader of easy-vqa's data on a folder laid out like it, and benchmarks' parts that use it."""

import json

import numpy as np
import pytest
from skimage.io import imsave

from benchmarks import asked_images as bench
from similarity import easy_vqa
from similarity.benchmark_sets import asked_images
from toolbox import InputError

ROWS = [["what color is it?", "red", 10], ["is it red?", "yes", 10], ["is it red?", "no", 2]]
COLOURS = {10: (255, 0, 0), 2: (0, 0, 51)}


def written(folder, rows, colours=COLOURS):
    (folder / "train" / "images").mkdir(parents=True)
    for number, colour in colours.items():
        pixels = np.full((8, 8, 3), colour, np.uint8)
        imsave(folder / "train" / "images" / f"{number}.png", pixels, check_contrast=False)
    (folder / "train" / "questions.json").write_text(json.dumps(rows))
    return folder


def test_each_question_has_the_image_of_its_number(tmp_path):
    found = easy_vqa(path=written(tmp_path, ROWS))
    assert found.questions == tuple(row[0] for row in ROWS)
    assert found.answers == ("red", "yes", "no")
    for (_, _, number), i in zip(ROWS, found.image, strict=True):
        wanted = np.array(COLOURS[number]) / 255
        np.testing.assert_allclose(found.images[i, :, 3, 4], wanted, atol=1e-6)


def test_a_folder_below_the_home_is_named_as_elsewhere(tmp_path, monkeypatch):
    written(tmp_path / "asked", ROWS)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert easy_vqa(path="~/asked").answers == ("red", "yes", "no")


def test_it_is_found_where_the_package_is_installed_and_named_where_not(tmp_path, monkeypatch):
    package = tmp_path / "easy_vqa"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('its code is not run')")
    written(package / "data", ROWS)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert easy_vqa().answers == ("red", "yes", "no")
    monkeypatch.setattr(asked_images, "PACKAGE", "no_such_package_of_questions")
    with pytest.raises(ImportError, match="pip install easy-vqa"):
        easy_vqa()


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([], "path: wanted 'questions.json', rows of question, answer and number"),
        ([["what?", "", 2]], "rows of question"),
        ([["what?", "red"]], "rows of question"),
        ({"what?": "red"}, "rows of question"),
        ([["what?", "red", 3]], "an image for each question, got none for number 3"),
    ],
)
def test_other_folders_are_refused_by_name(tmp_path, rows, match):
    with pytest.raises(InputError, match=match):
        easy_vqa(path=written(tmp_path, rows))
    with pytest.raises(InputError, match="path: wanted a folder that exists"):
        easy_vqa(path=tmp_path / "none")
    with pytest.raises(InputError, match="split: wanted"):
        easy_vqa(path=tmp_path, split="all")


def test_the_floor_is_that_of_the_most_frequent_answers(tmp_path):
    asked = easy_vqa(path=written(tmp_path, [*ROWS, ["is it red?", "no", 2]]))
    assert bench.floor(asked, asked) == 3 / 4
    texts = bench.said(asked)
    assert sorted(texts) == ["", "red"]


def test_the_image_stands_in_its_questions_place(tmp_path):
    asked = easy_vqa(path=written(tmp_path, ROWS))
    vectors = np.arange(2 * bench.COMPONENTS, dtype=float).reshape(2, -1)
    h = bench.features(vectors, asked, ["is it red?", "never asked", "what color is it?"])
    size = bench.COMPONENTS + 1
    np.testing.assert_array_equal(h[0, 2 * size : -1], vectors[asked.image[0]])
    assert not h[0, : 2 * size].any()
    np.testing.assert_array_equal(h[:, size - 1], [0, 1, 1])


def test_an_image_is_what_its_questions_said_yes_to(tmp_path):
    rows = [
        ["what color is it?", "red", 10],
        ["is there a red shape?", "no", 2],
        ["is there not a blue shape?", "no", 2],
        ["what color is it?", "blue", 2],
        ["is no red shape present?", "no", 10],
        ["is no blue shape present?", "yes", 10],
    ]
    asked = easy_vqa(path=written(tmp_path, rows))
    texts = bench.said(asked)
    told = {tuple(each[:, 0, 0]): text for each, text in zip(asked.images, texts, strict=True)}
    assert told == {tuple(np.float32(COLOURS[n]) / 255): w for n, w in ((10, "red"), (2, "blue"))}
    assert sorted(bench.said(asked, binary_only=True)) == ["blue", "red"]
    assert sorted(
        bench.said(easy_vqa(path=written(tmp_path / "b", rows[:4])), binary_only=True)
    ) == ["", "blue"]


def test_copies_keep_every_pixel_of_an_image():
    images = np.random.default_rng(0).random((2, 3, 8, 8))
    made = bench.moved(images).reshape(bench.COPIES, 2, 3, 64)
    np.testing.assert_array_equal(
        np.sort(made), np.sort(np.tile(images.reshape(2, 3, 64), (4, 1, 1, 1)))
    )
    assert (made[1] != made[0]).any()
