"""Records: frozen, read-only, plain by asdict, short when printed."""

import copy
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from toolbox.core.records import flat, from_flat, is_record, nested, record


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


@record
class Deep:
    share: float


@record
class How:
    scales: tuple
    deep: Deep = nested()


@record
class Found:
    value: float
    how: How = nested()
    own: Inner
    note: str = ""


def _found():
    how = How(scales=(1, 3), deep=Deep(share=0.5))
    return Found(value=2.0, how=how, own=Inner(values=np.ones(2)))


def test_nested_records_are_flat_outside_and_others_are_not():
    found = _found()
    assert list(found.asdict()) == ["value", "scales", "share", "own", "note"]
    assert found.asdict()["scales"] == [1, 3]
    assert list(found.asdict()["own"]) == ["values"]
    assert flat(found)["own"] is found.own
    assert (found.how.scales, found.how.deep.share) == ((1, 3), 0.5)


def test_a_record_is_made_again_from_its_flat_fields():
    found = from_flat(Found, flat(_found()) | {"share": 0.25})
    assert flat(found.how) == {"scales": (1, 3), "share": 0.25}
    for wrong in ({"share": 1}, flat(found) | {"other": 1}):
        with pytest.raises(TypeError):
            from_flat(Found, wrong)


def test_a_field_that_a_nested_record_has_is_shown_the_way_to():
    found = _found()
    with pytest.raises(
        AttributeError, match=r"Found has no 'scales' of its own: it is \.how\.scales"
    ):
        found.scales  # noqa: B018
    with pytest.raises(AttributeError, match=r"'share' of its own: it is \.how\.deep\.share$"):
        found.share  # noqa: B018
    with pytest.raises(AttributeError, match="'Found' object has no attribute 'shares'"):
        found.shares  # noqa: B018
    assert copy.copy(found).how is found.how
    assert replace(found, value=3.0).how is found.how


def test_a_name_stands_at_one_place():
    with pytest.raises(TypeError, match="Twice: two fields are called"):

        @record
        class Twice:
            share: float
            deep: Deep = nested()
