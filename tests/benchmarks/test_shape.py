"""How deep public calls go: a way that grows by a frame is seen by who makes it."""

import pytest

from benchmarks.shape import CALLS, shape

DEEPEST = {"describe": 5, "multifractal": 7, "quality": 6}


@pytest.mark.parametrize("name", DEEPEST)
def test_no_call_goes_deeper_than_its_bar(name):
    found = shape(CALLS[name])
    assert len(found.stack) <= DEEPEST[name], found.stack
    assert {file for file, _ in found.stack} <= found.files
