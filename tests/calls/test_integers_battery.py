"""Whole numbers that float32 would round give what the same numbers in float64 give.

Counters, time stamps and raw values of converters come as integers; near a billion, float32 holds
only every 64th of them.
"""

import numpy as np
import pytest

from tests.calls.calls import calls
from tests.calls.results import assert_same, outcome

CALLS = calls()
MIDDLE, SPREAD = 1_000_000_000, 1000


def whole(value):
    """Return whole numbers around a billion that are arranged as a value is."""
    return MIDDLE + np.round(SPREAD * np.asarray(value, dtype=np.float64)).astype(np.int64)


def real(argument, valid):
    """Say whether an argument is an array of real numbers, which integers may stand for."""
    if argument == "shape":  # of what is made: a billion samples
        return False
    if valid.kind == "given" and not isinstance(valid.value, np.ndarray):
        return False
    return valid.kind in ("array", "given") and np.asarray(valid.value).dtype.kind == "f"


CASES = [
    (name, chosen)
    for name, (_, arguments) in CALLS.items()
    for arrays in [[a for a, valid in arguments.items() if real(a, valid)]]
    for chosen in [(a,) for a in arrays] + [tuple(arrays)] * (len(arrays) > 1)
]


@pytest.mark.parametrize(("name", "chosen"), CASES, ids=[f"{n}-{'-'.join(c)}" for n, c in CASES])
def test_integers_are_the_numbers_that_they_are(name, chosen):
    function, arguments = CALLS[name]
    plain = {key: value for key, (_, value) in arguments.items()}
    exact = {key: whole(plain[key]) for key in chosen}
    expected = outcome(function, plain | {k: v.astype(np.float64) for k, v in exact.items()})
    for dtype in (np.int32, np.int64):
        found = outcome(function, plain | {k: v.astype(dtype) for k, v in exact.items()})
        assert_same(found, expected)
