"""The scripts of octave/examples, run as they stand in a real Octave."""

import re

import numpy as np
import pytest
from PIL import Image

from tests.octave.octave import HOME, octave_each
from toolbox.core.streams import generator

EXAMPLES = HOME / "octave" / "examples"


NAMES = ("image_statistics", "synthesis_quality", "classification_confidence", "folder_similarity")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return the lines that each script prints, in one session for all."""
    images = tmp_path_factory.mktemp("images")
    noise = generator(1, "octave").standard_normal((8, 48, 48))
    noise[4:] = noise[4:].cumsum(axis=2)
    for i, item in enumerate(noise):
        folder = images / ("white" if i < 4 else "rough")
        folder.mkdir(exist_ok=True)
        grey = 255 * (item - item.min()) / np.ptp(item)
        Image.fromarray(grey.astype(np.uint8)).save(folder / f"{i}.png")
    scripts = [f"source ('{EXAMPLES / name}.m')" for name in NAMES]
    said = octave_each(scripts, tmp_path_factory.mktemp("scripts"), IMAGES=str(images))
    return {name: lines.splitlines() for name, lines in zip(NAMES, said, strict=True)}


def numbers(text):
    return [float(x) for x in re.findall(r"-?\d*\.\d+", text)]


def test_every_script_is_run():
    assert sorted(NAMES) == sorted(path.stem for path in EXAMPLES.glob("*.m"))


def test_statistics_of_an_image(printed):
    lines = printed["image_statistics"]
    assert len(lines) == 2
    for line in lines:
        raw, calibrated, low, high, truth = numbers(line)
        assert low < truth < high
        assert abs(calibrated - truth) <= abs(raw - truth)
        assert high - low < 0.35  # an interval of everything would hold the truth as well


def test_quality_of_a_synthesis(printed):
    (good, good_p), (bad, bad_p) = map(numbers, printed["synthesis_quality"])
    assert good < 2 < bad
    assert good_p > 0.05 > bad_p


def test_confidence_of_a_classification(printed):
    lines = printed["classification_confidence"]
    assert len(lines) == 20
    right = [(numbers(line)[0] > 0.5) == line.endswith("1") for line in lines]
    assert np.mean(right) > 0.7


def test_similarity_of_a_folder(printed):
    lines = printed["folder_similarity"]
    assert len(lines) == 8
    assert all(line.split("/")[0] == line.split("like ")[1].split("/")[0] for line in lines)
