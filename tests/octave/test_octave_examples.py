"""The scripts of octave/examples, run as they stand in a real Octave."""

import re

import numpy as np
from PIL import Image

from tests.octave.octave import HOME, octave
from toolbox.core.streams import generator

EXAMPLES = HOME / "octave" / "examples"


def run(name, **environment):
    return octave(f"source ('{EXAMPLES / name}.m')", **environment)


def numbers(text):
    return [float(x) for x in re.findall(r"-?\d*\.\d+", text)]


def test_statistics_of_an_image():
    lines = run("image_statistics").splitlines()
    assert len(lines) == 2
    for line in lines:
        raw, calibrated, low, high, truth = numbers(line)
        assert low < truth < high
        assert abs(calibrated - truth) <= abs(raw - truth)
        assert high - low < 0.35  # an interval of everything would hold the truth as well


def test_quality_of_a_synthesis():
    (good, good_p), (bad, bad_p) = map(numbers, run("synthesis_quality").splitlines())
    assert good < 2 < bad
    assert good_p > 0.05 > bad_p


def test_confidence_of_a_classification():
    lines = run("classification_confidence").splitlines()
    assert len(lines) == 20
    right = [(numbers(line)[0] > 0.5) == line.endswith("1") for line in lines]
    assert np.mean(right) > 0.7


def test_similarity_of_a_folder(tmp_path):
    noise = generator(1, "octave").standard_normal((8, 48, 48))
    noise[4:] = noise[4:].cumsum(axis=2)
    for i, item in enumerate(noise):
        folder = tmp_path / ("white" if i < 4 else "rough")
        folder.mkdir(exist_ok=True)
        grey = 255 * (item - item.min()) / np.ptp(item)
        Image.fromarray(grey.astype(np.uint8)).save(folder / f"{i}.png")
    lines = run("folder_similarity", IMAGES=str(tmp_path)).splitlines()
    assert len(lines) == 8
    assert all(line.split("/")[0] == line.split("like ")[1].split("/")[0] for line in lines)
