"""Tests of what users know of items, read from CSV files."""

import numpy as np
import pytest

from grainwise.judgements_in import read_pairs, read_units
from toolbox import InputError

NAMES = ["a.png[0]", "a.png[1]", "b.png[0]", "b.png[1]", "c.png"]


def written(tmp_path, text, encoding="utf-8"):
    file = tmp_path / "told.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_answers_are_read_from_the_rows_that_have_one(tmp_path):
    text = (
        "first,second,log_odds,same\n"
        'a.png[0],b.png[1],-1.5,0\n"a.png[0]",a.png[1],2,same\n'
        "b.png[0],c.png,.1,\nc.png,b.png[0],.1,Different\n"
    )
    for encoding in ("utf-8", "utf-8-sig"):  # spreadsheets write a mark in front
        found = read_pairs(written(tmp_path, text, encoding), NAMES)
        assert found.tolist() == [[0, 3, 0], [0, 1, 1], [4, 2, 0]]


def test_units_are_of_items_or_of_the_file_that_they_were_cut_from(tmp_path):
    text = "name,note,unit\na.png,two crops,sheet 1\nb.png[1],,sheet 1\nc.png,,\n"
    found = read_units(written(tmp_path, text), NAMES)
    same = found[:, None] == found
    expected = np.eye(5, dtype=bool)
    expected[np.ix_([0, 1, 3], [0, 1, 3])] = True
    assert np.array_equal(same, expected)


def test_an_item_of_two_units_is_refused(tmp_path):
    file = written(tmp_path, "name,unit\nc.png,1\nc.png,1\nc.png,2\n")
    with pytest.raises(InputError, match=r"^units: wanted one unit of 'c.png' in line 4"):
        read_units(file, NAMES)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("first,second\na.png[0],c.png\n", "no same"),
        ("", "no first, second, same"),
        ("first,second,same\na.png[0],d.png,1\n", "line 2 .*'d.png'"),
        ("first,second,same\na.png[0],c.png,1\na.png[0],c.png,2\n", "line 3 .*'2'"),
        ("first,second,same\na.png[0],c.png,\n", "got none"),
        ('first,second,same\n"a.png[0],c.png,1\n', "can be read"),
        ("first,second,same\na.png[0]\n", "got none"),
        ("first,second,same\na.png[0],c.png,1\nc.png,a.png[0],0\n", "one answer .* line 3"),
    ],
)
def test_pairs_that_cannot_be_read_name_the_line(tmp_path, text, wanted):
    with pytest.raises(InputError, match=f"^pairs: .*{wanted}"):
        read_pairs(written(tmp_path, text), NAMES)


def test_a_name_of_two_items_is_refused(tmp_path):
    file = written(tmp_path, "first,second,same\nx,y,1\n")
    with pytest.raises(InputError, match=r"^pairs: .*only one item"):
        read_pairs(file, ["x", "x", "y"])


def test_files_that_cannot_be_read_are_named(tmp_path):
    for read, argument in ((read_pairs, "pairs"), (read_units, "units")):
        with pytest.raises(InputError, match=f"^{argument}: .*nothing.csv"):
            read(tmp_path / "nothing.csv", NAMES)
        with pytest.raises(InputError, match=f"^{argument}: .*told.csv"):
            read(written(tmp_path, "first,second,same\nà,b,1\n", "latin-1"), NAMES)
    with pytest.raises(InputError, match=r"^units: .*no unit"):
        read_units(written(tmp_path, "name\na.png\n"), NAMES)
    with pytest.raises(InputError, match=r"^units: .*line 2 .*'z.png'"):
        read_units(written(tmp_path, "name,unit\nz.png,1\n"), NAMES)
