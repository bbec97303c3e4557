"""Every public function called from Octave returns what it returns in Python.

One Octave session makes all the calls of tests/calls/calls.py. Arguments travel in one file;
records among them are restored by Octave from what `toolbox.save` kept, as a user would do it.
"""

import inspect
from pathlib import Path

import numpy as np
import pytest

import toolbox
from grainwise.matlab_records import Records, digest
from grainwise.matlab_values import from_matlab, to_matlab
from grainwise.public_functions import public_functions
from tests.calls.calls import calls
from tests.octave.octave import octave
from toolbox.core.records import is_record
from toolbox.data.files.matlab import read_mat, write_mat

LIVE = {"toolbox.doctor"}  # tells the free disk, which is another one a second later
# They take or return callables.
PYTHON_ONLY = {"toolbox.retrain", "toolbox.torch_function", "similarity.capacity"}
PYTHON_ONLY |= {"synthesis.gan_member", "labelling.acquisition_from", "labelling.serve"}
SCRIPT = """
asked = load ('{folder}/asked.mat'); asked = asked.asked;
answers = cell (1, numel (asked));
for i = 1:numel (asked)
  values = asked{{i}}.values;
  for j = 1:numel (values)
    if (isstruct (values{{j}}) && isfield (values{{j}}, 'restore'))
      values{{j}} = grainwise ('toolbox.restore', values{{j}}.restore);
    end
    if (iscell (values{{j}}))
      for k = 1:numel (values{{j}})
        if (isstruct (values{{j}}{{k}}) && isfield (values{{j}}{{k}}, 'restore'))
          values{{j}}{{k}} = grainwise ('toolbox.restore', values{{j}}{{k}}.restore);
        end
      end
    end
  end
  given = [asked{{i}}.names; values];
  try
    answers{{i}} = grainwise (asked{{i}}.name, given{{:}});
  catch failure
    answers{{i}} = struct ('failed', failure.message);
  end
end
save ('-v6', '{folder}/answers.mat', 'answers');
"""


def takes_callables(arguments):
    return any(inspect.isroutine(v) or callable(v) for _, v in arguments.values())


def sent(value, folder):
    """Return a value as it is put in the file; a record becomes the path that it is kept at."""
    if is_record(value):
        path = folder / f"kept_{len(list(folder.iterdir()))}"
        toolbox.save(value, path)
        return {"restore": str(path)}
    if isinstance(value, list | tuple) and any(map(is_record, value)):
        return [sent(v, folder) for v in value]
    return str(value) if isinstance(value, Path) else value


def without_ids(value):
    """Return a result without the names of its records, and vectors as MATLAB's rows."""
    if isinstance(value, dict):
        return {k: without_ids(v) for k, v in value.items() if k != "record_id"}
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [without_ids(v) for v in value.ravel()]
    return value


def misnamed(value):
    """Return the names of structs that would be taken for changed, though nobody changed them."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [name for v in value.ravel() for name in misnamed(v)]
    if not isinstance(value, dict):
        return []
    inside = [name for v in value.values() for name in misnamed(v)]
    name = value.get("record_id", "")
    digests = {key: digest(field) for key, field in value.items() if key != "record_id"}
    return inside if not name or name.endswith(f":{digest(digests)}") else [*inside, name]


def assert_same(a, b):
    if isinstance(b, dict):
        assert a.keys() == b.keys()
        for key in b:
            assert_same(a[key], b[key])
    elif isinstance(b, list):
        assert len(a) == len(b)
        for u, v in zip(a, b, strict=True):
            assert_same(u, v)
    elif isinstance(b, np.ndarray):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b


@pytest.mark.long
def test_every_public_function_is_the_same_from_octave(tmp_path):
    table = {n: c for n, c in calls().items() if n not in PYTHON_ONLY | LIVE}
    table = {n: c for n, c in table.items() if not takes_callables(c[1])}
    kept = tmp_path / "kept"
    kept.mkdir()
    asked = [
        {
            "name": name,
            "names": list(arguments),
            "values": [sent(v, kept) for _, v in arguments.values()],
        }
        for name, (_, arguments) in table.items()
    ]
    write_mat(tmp_path / "asked.mat", {"asked": asked})
    octave(SCRIPT.format(folder=tmp_path), timeout=900)
    answers = read_mat(tmp_path / "answers.mat")["answers"].ravel()
    different = {}
    for (name, (function, arguments)), answer in zip(table.items(), answers, strict=True):
        if isinstance(answer, dict) and "failed" in answer:
            different[name] = answer["failed"]
            continue
        result = function(**{key: value for key, (_, value) in arguments.items()})
        write_mat(tmp_path / "wanted.mat", {"wanted": to_matlab(result)})
        wanted = read_mat(tmp_path / "wanted.mat")["wanted"]
        try:
            assert_same(without_ids(answer), without_ids(wanted))
            assert misnamed(answer) == []
        except AssertionError as error:
            different[name] = str(error)[:300]
    assert different == {}


def test_python_only_functions_say_so():
    for name in PYTHON_ONLY:
        assert name in public_functions()
        package, _, function = name.partition(".")
        text = inspect.getdoc(getattr(__import__(package), function))
        assert "Python only" in text or "Python-only" in text, name


@pytest.mark.parametrize("value", [1.5, True, "text", None])
def test_plain_values_survive_the_file(tmp_path, value):
    write_mat(tmp_path / "x.mat", {"x": to_matlab(value)})
    assert from_matlab(read_mat(tmp_path / "x.mat")["x"], Records()) == value
