"""What a public function makes of its arguments, compared value by value."""

from functools import partial

import numpy as np

from toolbox import InputError
from toolbox.core.records import is_record


def outcome(function, arguments):
    """Return the result, or the text of the refusal."""
    try:
        return function(**arguments)
    except InputError as error:
        return str(error)


def refused(result):
    return isinstance(result, str)


def assert_same(a, b):
    """Assert that two results are the same to the last bit, of the same types."""
    assert type(a) is type(b)
    if is_record(a):
        a, b = a.asdict(), b.asdict()
    if isinstance(a, partial):  # a member for `toolbox.retrain`
        a, b = ({"function": p.func, "arguments": p.args, **p.keywords} for p in (a, b))
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a.keys() - {"verified"}:  # what was in the store before is no result of a call
            assert_same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for u, v in zip(a, b, strict=True):
            assert_same(u, v)
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b or (a != a and b != b)


def parts(result, name=""):
    """Return every array, number and text of a result by where it stands in it."""
    if is_record(result):
        result = result.asdict()
    if isinstance(result, dict):
        named = result.items()
    elif isinstance(result, list | tuple):
        named = enumerate(result)
    else:
        return {name: result}
    found = {}
    for key, value in named:
        found |= parts(value, f"{name}.{key}" if name else str(key))
    return found
