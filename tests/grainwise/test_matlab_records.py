"""Records that MATLAB holds as structs: what a struct stands for, and for how long."""

import numpy as np
import pytest

from grainwise.matlab_records import UTF8, Records, digest
from grainwise.matlab_values import from_matlab, to_matlab
from toolbox import InputError
from toolbox.core.records import record


@record
class Measured:
    values: np.ndarray
    note: str = ""
    inner: object = None


def measured(seed, n=1000):
    return Measured(values=np.full(n, float(seed)))


def given_back(struct, records):
    return from_matlab(struct, records)


def test_a_struct_stands_for_its_own_record_only():
    records, other = Records(), Records()
    one, two = measured(1), measured(2)
    first, second = to_matlab(one, records), to_matlab(two, records)
    assert given_back(first, records) is one
    assert given_back(second, records) is two
    with pytest.raises(InputError, match=r"has ended .*compute it again"):
        given_back(to_matlab(one, other), records)
    with pytest.raises(InputError, match=r"arguments: wanted a result of this session"):
        given_back(first | {"record_id": second["record_id"]}, records)


def test_inner_records_may_be_given_back_and_their_changes_are_seen():
    records = Records()
    whole = Measured(values=np.zeros(2), inner=measured(3))
    struct = to_matlab(whole, records)
    assert given_back(struct["inner"], records) is whole.inner
    assert given_back(struct, records) is whole
    changed = struct | {"inner": struct["inner"] | {"note": "mine"}}
    with pytest.raises(InputError, match="a Measured whose inner was changed"):
        given_back(changed, records)


def test_kept_bytes_are_bounded_and_what_is_used_stays():
    records = Records(kept_bytes=30_000)  # three of about 9 KB
    structs = [to_matlab(measured(i), records) for i in range(3)]
    given_back(structs[0], records)
    structs.append(to_matlab(measured(3), records))
    for i in (0, 2, 3):
        given_back(structs[i], records)
    with pytest.raises(InputError, match=r"dropped, since .* GiB of newer ones are kept"):
        given_back(structs[1], records)


def test_the_newest_is_kept_however_large():
    records, newest = Records(kept_bytes=10), measured(1)
    assert given_back(to_matlab(newest, records), records) is newest


def test_many_small_records_are_bounded_too():
    records = Records(kept_bytes=100_000)
    structs = [to_matlab(measured(i, n=1), records) for i in range(200)]
    given_back(structs[-20], records)
    with pytest.raises(InputError, match="dropped"):
        given_back(structs[0], records)


def cell(*values):
    array = np.empty((1, len(values)), dtype=object)
    array[0, :] = values
    return array


SAME = {  # what is sent, what comes back from MATLAB
    "a vector is a row": (np.arange(3.0), np.array([[0.0, 1, 2]])),
    "a number": (2.5, np.array([[2.5]])),
    "a truth": (True, np.array([[True]])),
    "nothing": (None, np.zeros((0, 0))),
    "trailing axes": (np.ones((2, 3, 1)), np.ones((2, 3))),
    "signs of zero": (np.array([-0.0, 1]), np.array([[0.0, 1]])),
    "which NaN": (np.array([np.nan]), -np.array([[np.nan]])),
    "no imaginary part": (np.array([1 + 0j]), np.array([[1.0]])),
    "texts": (np.array(["é", "b"]), cell("é", "b")),
    "bytes of a text": ("é", {UTF8: np.array([[0xC3, 0xA9]], dtype=np.uint8)}),
    "half precision": (np.float16(0.5), np.array([[0.5]], dtype=np.float32)),
    "order in memory": (np.arange(6.0).reshape(2, 3), np.asfortranarray([[0.0, 1, 2], [3, 4, 5]])),
    "order of fields": ({"a": 1.0, "b": "x"}, {"b": "x", "a": np.array([[1.0]])}),
}
DIFFERENT = {
    "one bit": (np.array([1.0, 2]), np.array([1.0, np.nextafter(2, 3)])),
    "shape": (np.ones((2, 3)), np.ones((3, 2))),
    "class": (np.ones(2), np.ones(2, dtype=np.float32)),
    "truth and number": (np.array([True]), np.array([1.0])),
    "text": ("a", "a "),
    "borders of texts": (cell("ab", "c"), cell("a", "bc")),
    "names of fields": ({"a": "bc"}, {"ab": "c"}),
    "depth": (cell(cell("a")), cell("a")),
    "empty": (np.zeros((0, 3)), np.zeros((3, 0))),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_what_is_the_same_in_matlab_has_one_digest(pair):
    assert digest(pair[0]) == digest(pair[1])


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_has_another_digest(pair):
    assert digest(pair[0]) != digest(pair[1])


def test_whole_numbers_are_doubles_where_these_are_exact():
    counts = to_matlab({"counts": np.array([1, 2], dtype=np.int64), "n": 3, "listed": [1, 2]})
    assert {value.dtype for value in counts.values()} == {np.dtype(np.float64)}
    for beyond in (np.array([2**53 + 1]), [2**53 + 1, 0], 2**53 + 1, np.uint64(2**64 - 1)):
        kept = to_matlab(beyond)
        assert kept.dtype.kind in "iu"
        np.testing.assert_array_equal(kept, np.asarray(beyond))
