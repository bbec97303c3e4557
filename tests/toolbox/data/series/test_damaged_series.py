"""Damaged files of satellite series: refused in one line, or read; nothing else is raised."""

import json

import numpy as np
import pytest
import tifffile

from tests.toolbox.data.files.damaged_files import damaged
from toolbox import InputError, load_series
from toolbox.core.streams import generator

RNG = generator(17, "damaged series")


def stack(folder):
    for day, options in (("20190101", {"rowsperstrip": 2}), ("20190201", {"tile": (16, 16)})):
        image = RNG.integers(1, 9000, (2, 20, 24)).astype(np.uint16)
        options |= {"photometric": "minisblack", "planarconfig": "separate", "metadata": None}
        tifffile.imwrite(folder / f"{day}.tif", image, compression="zlib", **options)
    np.save(folder / "labels.npy", np.arange(480).reshape(20, 24) % 3)


def patches(folder):
    for name, shape in (("DATA_S2/S2", (2, 3, 4, 5)), ("ANNOTATIONS/TARGET", (4, 5))):
        (folder / name).parent.mkdir()
        np.save(folder / f"{name}_1.npy", RNG.integers(0, 9, shape).astype(np.int16))
    told = {"ID_PATCH": 1, "dates-S2": {"0": 20190101, "1": 20190111}}
    text = json.dumps({"features": [{"properties": told}]})
    (folder / "metadata.geojson").write_text(text)


def parcels(folder):
    rows = [f"{name},WHEAT,{name}" for name in "ab"]
    (folder / "x.csv").write_text("\n".join(["path,CODE_CULTU,id", *rows]))
    for name in "ab":
        table = np.zeros((4, 17))
        table[:, :13] = RNG.integers(0, 9000, (4, 13))
        table[:, 16] = [20170101, 20170111, 20170121, 20170201]
        np.save(folder / f"{name}.npy", table)


def wrong_answers(folder, write, numbers):
    """Damage one file of a folder at a time; return what was raised but refusals in one line."""
    write(folder)
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    whole, wrong = {file: file.read_bytes() for file in files}, []
    for number in numbers:
        file = files[number % len(files)]
        rng = generator(18, "damage", write.__name__, number)
        file.write_bytes(damaged(None, whole[file], rng))
        try:
            load_series(folder, largest=10**6)
        except InputError as error:
            wrong += [f"{number}: {error}"] * ("\n" in str(error))
        except Exception as error:
            wrong.append(f"{number}, {file.name}: {type(error).__name__}: {error}")
        file.write_bytes(whole[file])
    return wrong


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("write", [stack, patches, parcels])
def test_damaged_series_are_refused_in_one_line_or_read(tmp_path, write):
    assert wrong_answers(tmp_path, write, range(120)) == []


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("write", [stack, patches, parcels])
def test_5000_damaged_series_are_refused_in_one_line_or_read(tmp_path, write):
    assert wrong_answers(tmp_path, write, range(120, 5000)) == []
