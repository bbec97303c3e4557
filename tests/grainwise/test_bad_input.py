"""What may be wrong with a user's files: one line that names it and the remedy, nothing left over.

The same three ways in every time: `toolbox.load`, the command line, and the worker behind MATLAB.
"""

import json
import sys

import hdf5storage
import numpy as np
import pytest
from PIL import Image

import toolbox
from grainwise.__main__ import main
from grainwise.matlab_values import to_matlab
from grainwise.matlab_worker import answer_line
from toolbox.core.streams import generator
from toolbox.data.files.matlab import write_mat


@pytest.fixture
def folder(tmp_path):
    """Return a folder of bad files."""
    grey = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)
    Image.fromarray(grey).save(tmp_path / "torn.tif")
    (tmp_path / "torn.tif").write_bytes((tmp_path / "torn.tif").read_bytes()[:2000])
    (tmp_path / "both" / "class").mkdir(parents=True)
    Image.fromarray(grey).save(tmp_path / "both" / "class" / "grey.png")
    Image.fromarray(grey).save(tmp_path / "both" / "loose.png")
    (tmp_path / "lonely.hea").write_text("lonely 1 4 100\nlonely.dat 16 100/bpm 12 0 0 0 0 FHR\n")
    noise = generator(1, "bad input").standard_normal((4, 256))
    hdf5storage.savemat(str(tmp_path / "new.mat"), {"x": noise}, format="7.3")
    np.save(tmp_path / "good.npy", noise)
    return tmp_path


BAD = {
    "torn.tif": "path: wanted a whole, readable file (copy it again or save it anew), got ",
    "both": "path: wanted a folder of images, or of sub-folders of images, one a class, got both",
    "lonely.hea": "path: wanted a header with its signal files beside it (copy them there)",
    "new.mat": "files of version 7.3 need the extra [mat73] (pip install 'grainwise[mat73]')",
    "gone.png": "path: wanted an existing file or folder",
    "text.doc": "path: wanted an existing file or folder",
}


def from_matlab(folder, name, *values):
    """Return what MATLAB is told of a call, in the place of an answer."""
    exchange = folder / "exchange"
    exchange.mkdir()
    write_mat(exchange / "request.mat", {"given": to_matlab(list(values))})
    line = json.dumps({"number": 1, "function": name, "folder": str(exchange)})
    reply = answer_line(line)
    assert list(exchange.iterdir()) == []
    return reply


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_remedy(folder, name, capsys, monkeypatch):
    if name == "new.mat":
        monkeypatch.setitem(sys.modules, "h5py", None)
        monkeypatch.delitem(
            sys.modules, "toolbox.data.files.matlab_versions.version73", raising=False
        )
    path, before = folder / name, sorted(folder.rglob("*"))
    dim = {"dim": 1} if name == "new.mat" else {}
    with pytest.raises((toolbox.InputError, ImportError)) as caught:
        toolbox.load(path, **dim)
    options = [word for key, value in dim.items() for word in (f"--{key}", str(value))]
    out = ["--out", str(folder / "out.csv")]
    assert main(["analyse", str(path), *options, *out]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sorted(folder.rglob("*")) == before
    reply = from_matlab(folder, "toolbox.load", str(path), *(v for d in dim.items() for v in d))
    for text in (str(caught.value), printed.err.removeprefix("grainwise: "), reply["message"]):
        assert text.startswith(BAD[name])
        assert len(text.splitlines()) == 1


def test_what_matlab_asks_for_wrongly_is_named(folder):
    reply = from_matlab(folder, "toolbox.descibe", 1)
    assert reply["error"] == "grainwise:InputError"
    assert "describe" in reply["message"]


@pytest.mark.parametrize("value", ["text", ["a", 1.0], {"a": 1}])
def test_wrong_types_are_named(folder, value):
    reply = from_matlab(folder, "toolbox.describe", value, "dim", 2)
    assert reply["message"].startswith("x: wanted an array of real numbers, got ")


def test_an_argument_left_out_is_named(folder, capsys):
    write_mat(folder / "in.mat", {"x": np.zeros((40, 40))})
    words = ["call", "toolbox.describe", str(folder / "in.mat"), str(folder / "out.mat")]
    assert main(words) == 2
    assert capsys.readouterr().err == "grainwise: arguments: wanted also dim, got only x\n"
    assert not (folder / "out.mat").exists()


def test_a_place_that_cannot_be_written_is_named(folder, capsys):
    """A folder of the output's name stands there: not even root can write it."""
    for suffix in ("csv", "mat", "json", "npz"):
        (folder / f"taken.{suffix}").mkdir()
    before = sorted(folder.rglob("*"))
    for suffix in ("csv", "mat", "json"):
        out = str(folder / f"taken.{suffix}")
        assert main(["analyse", str(folder / "good.npy"), "--dim", "1", "--out", out]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"grainwise: out: wanted a file that can be written, got '{out}'")
        assert len(told.splitlines()) == 1
    record = toolbox.crops(np.eye(4), size=2)
    with pytest.raises(toolbox.InputError, match="path: wanted a file that can be written"):
        toolbox.save(record, folder / "taken.npz")
    assert sorted(folder.rglob("*")) == before
