"""Files that version 0.1 saved are read for ever: one file a record, as that version wrote it."""

import json
import zipfile
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from toolbox import Multifractal, restore

FILES = sorted((Path(__file__).parent / "saved_by_0_1").glob("*.npz"))


def plain(tree, arrays):
    """Read a tree by the format's description alone, without the code under test."""
    if not isinstance(tree, dict):
        return tree
    ((kind, value),) = tree.items() if "record" not in tree else (("record", tree["fields"]),)
    return {
        "float": lambda: float(value),
        "array": lambda: arrays[value],
        "scalar": lambda: arrays[value][()],
        "tuple": lambda: [plain(v, arrays) for v in value],
        "dict": lambda: {plain(k, arrays): plain(v, arrays) for k, v in value},
        "record": lambda: {k: plain(v, arrays) for k, v in value.items()},
    }[kind]()


def assert_holds(new, old):
    """Want all that the file holds to the bit; a field may have been added since."""
    assert isinstance(new, type(old))
    if isinstance(old, dict):
        for key, value in old.items():
            assert_holds(new[key], value)
    elif isinstance(old, list):
        assert len(new) == len(old)
        for one, other in zip(new, old, strict=True):
            assert_holds(one, other)
    else:
        np.testing.assert_array_equal(new, old, strict=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_version_0_1_is_read(path):
    with zipfile.ZipFile(path) as archive:
        tree = json.loads(archive.read("record.json"))["record"]
        count = sum(name.endswith(".npy") for name in archive.namelist())
        arrays = [np.load(archive.open(f"{i}.npy")) for i in range(count)]
    record = restore(path)
    package = tree["record"].partition(".")[0]
    assert type(record) is getattr(import_module(package), path.stem)
    assert_holds(record.asdict(), plain(tree, arrays))


def test_notes_of_that_version_are_taken_one_by_one():
    saved = {"note": "gamma differs; a doubt", "level": 0.95}
    assert Multifractal.with_fields_of_now(saved) == saved | {"notes": ("gamma differs", "a doubt")}
    assert Multifractal.with_fields_of_now({"note": ""})["notes"] == ()


def test_every_record_of_that_version_is_here():
    assert len(FILES) == 53
