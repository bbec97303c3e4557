"""Named random streams against an independent derivation from hashlib and Philox."""

import hashlib

import numpy as np
import pytest

from toolbox.core.streams import generator, integer, stream_key

NAMES = [(), ("crops",), ("member", 3, "init"), ("member", "3", "init"), ("é", -1)]


def _digest(seed, names):
    text = "(" + ", ".join(map(repr, (seed, *names))) + ("," if not names else "") + ")"
    return hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("seed", [0, 1, 2**53])
def test_against_the_definition(seed, names):
    digest = _digest(seed, names)
    words = [int.from_bytes(digest[i : i + 4], "little") for i in (0, 4)]
    key = stream_key(seed, *names)
    assert key.tolist() == words
    assert key.dtype == np.uint32
    low = int.from_bytes(digest[:8], "little")
    assert integer(seed, *names) == low >> 11
    high = int.from_bytes(digest[8:16], "little")
    philox = np.random.Philox(key=low + (high << 64))
    truth = np.random.Generator(philox).integers(2**63, size=20)
    np.testing.assert_array_equal(generator(seed, *names).integers(2**63, size=20), truth)


def test_a_frozen_stream():
    # printf "(0, 'member', 3, 'init')" | sha256sum, by GNU coreutils
    digest = "93ee8ae3e081a9b38cb496a5ca90a5de2dd4b2fbb8676e67fc8f3882b4d7e858"
    assert stream_key(0, "member", 3, "init").astype("<u4").tobytes().hex() == digest[:16]


def test_the_stream_of_a_member_does_not_depend_on_how_many_there_are():
    five = [generator(7, "member", i, "init").random(4) for i in range(5)]
    fifty = [generator(7, "member", i, "init").random(4) for i in range(50)]
    np.testing.assert_array_equal(five, fifty[:5])


def test_drawing_more_begins_with_the_same_numbers_and_shifts_no_other_stream():
    np.testing.assert_array_equal(generator(1, "a").random(50)[:5], generator(1, "a").random(5))
    before = generator(1, "b").random(5)
    generator(1, "a").random(1000)
    np.testing.assert_array_equal(generator(1, "b").random(5), before)


def test_streams_of_other_names_differ():
    names = [("a", "b"), ("ab",), ("a b",), ("b", "a"), (3,), ("3",), ("a", 1), ("a1",), ()]
    assert len({integer(0, *n) for n in names}) == len(names)
    assert integer(0, "a") != integer(1, "a")


def test_numpys_numbers_and_strings_name_the_same_stream_as_pythons():
    truth = integer(4, "a", 3)
    assert integer(np.int64(4), np.str_("a"), np.int32(3)) == truth
    np.testing.assert_array_equal(stream_key(4, np.array(["a"])[0], 3), stream_key(4, "a", 3))


def test_a_fraction_names_no_stream():
    with pytest.raises(TypeError):
        integer(0, 2.5)


def test_keys_look_uniform():
    draws = np.array([integer(0, "uniform", i) for i in range(2000)]) / 2**53
    assert abs(draws.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 2000)
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 4 / np.sqrt(2000)
    assert draws.max() < 1


def test_no_global_state_is_touched():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    generator(0, "x").random(10)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
