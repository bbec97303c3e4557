"""Records: frozen, read-only, plain by asdict, short when printed."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from toolbox.core.records import is_record, record


@record
class Inner:
    values: np.ndarray


@record
class Outer:
    inner: Inner
    table: dict
    series: tuple
    note: str = "fine"


def _outer():
    return Outer(
        inner=Inner(values=np.arange(3.0)),
        table={"a": np.ones(2), 3: (1, 2)},
        series=[np.zeros(1), [np.zeros(2)]],
    )


def test_fields_and_arrays_are_read_only():
    outer = _outer()
    with pytest.raises(FrozenInstanceError):
        outer.note = "other"
    for array in (outer.inner.values, outer.table["a"], outer.series[0], outer.series[1][0]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5
    assert isinstance(outer.series, tuple)


def test_the_callers_own_array_stays_writeable():
    values = np.zeros(3)
    Inner(values=values)
    values[0] = 1
    assert values[0] == 1


def test_fields_are_keyword_only():
    with pytest.raises(TypeError):
        Inner(np.zeros(3))
    with pytest.raises(TypeError):
        Inner()


def test_asdict_gives_plain_values_all_the_way_down():
    plain = _outer().asdict()
    assert type(plain["inner"]) is dict
    assert type(plain["series"]) is list
    assert type(plain["series"][1]) is list
    assert plain["table"][3] == [1, 2]
    assert plain["note"] == "fine"
    np.testing.assert_array_equal(plain["inner"]["values"], [0, 1, 2])


def test_is_record():
    assert is_record(_outer())
    assert not is_record(Outer)
    assert not is_record({"asdict": 1})

    class Foreign:
        def asdict(self):
            return {}

    assert not is_record(Foreign())


def test_records_compare_by_identity_and_can_be_keys():
    one, other = _outer(), _outer()
    assert one == one
    assert one != other
    assert len({one, other, one}) == 2


def test_repr_is_short():
    outer = Outer(
        inner=Inner(values=np.zeros((4, 5), dtype=np.float32)),
        table={"a": np.zeros(2)},
        series=tuple(range(9)),
        note="n",
    )
    assert repr(outer) == (
        "Outer(inner=Inner(values=float32 (4, 5)), table={a: float64 (2,)}, "
        "series=(0, ... 9 in all), note='n')"
    )
    assert repr(Inner(values=(1, "b"))) == "Inner(values=(1, 'b'))"
