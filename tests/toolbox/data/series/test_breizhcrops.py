"""Parcels in the layout of BreizhCrops, as NumPy and HDF5 files: classes, clouds, and refusals."""

import json
import re

import numpy as np
import pytest

from tests.toolbox.data.series.written_series import RNG, assert_read_in_blocks
from toolbox import InputError, load_series

TOP = "B1 B10 B11 B12 B2 B3 B4 B5 B6 B7 B8 B8A B9 QA10 QA20 QA60 doa".split()


def parcel(days, cloudy):
    """Return a table of the top-of-atmosphere product: reflectances, flags, nanoseconds."""
    table = np.zeros((len(days), len(TOP)))
    table[:, :13] = RNG.integers(0, 9000, (len(days), 13))
    table[:, TOP.index("QA60")] = 1024 * np.isin(np.arange(len(days)), cloudy)
    table[:, TOP.index("doa")] = (
        np.array(days, "datetime64[D]").astype("datetime64[ns]").astype(int)
    )
    return table


@pytest.fixture
def tables():
    return {
        "csv/1.csv": parcel(["2017-01-11", "2017-01-21"], cloudy=[1]),
        "csv/2.csv": parcel(["2017-01-11", "2017-02-01", "2017-12-31"], cloudy=[]),
        "csv/3.csv": parcel(["2017-01-11"], cloudy=[]),
    }


def index(folder, tables):
    codes = dict(zip(tables, ("MIS", "BTH", "XXX"), strict=True))
    rows = [f"{i},{100 + i},{codes[p]},{p},9" for i, p in enumerate(tables)]
    (folder / "belle-ile.csv").write_text("idx,id,CODE_CULTU,path,n\n" + "\n".join(rows) + "\n")
    (folder / "classmapping.csv").write_text(",code,id,classname\n0,MIS,6,corn\n1,BTH,1,wheat\n")


def write_numpy(folder, tables):
    (folder / "csv").mkdir()
    for path, table in tables.items():
        np.save((folder / path).with_suffix(".npy"), table)


def write_hdf5(folder, tables):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "belle-ile.h5", "w") as file:
        for path, table in tables.items():
            file.create_dataset(path, data=table)


@pytest.mark.parametrize("write", [write_numpy, write_hdf5])
def test_parcels_of_known_classes_are_read_with_their_clouds(tmp_path, tables, write):
    index(tmp_path, tables)
    write(tmp_path, tables)
    series = load_series(tmp_path)
    assert series.labels.tolist() == ["corn", "wheat"]
    assert series.units.tolist() == ["100", "101"]
    assert series.dates.tolist() == [11, 21, 32, 365]
    assert series.clear.tolist() == [[True, False, False, False], [True, False, True, True]]
    assert series.bands == tuple(TOP[:13])
    np.testing.assert_allclose(
        series.values[1, [0, 2, 3]], tables["csv/2.csv"][:, :13] * 1e-4, rtol=1e-6
    )
    assert (series.values[0, 1:] == 0).all()


def test_an_index_in_json_and_blocks_of_parcels(tmp_path, tables, monkeypatch):
    write_numpy(tmp_path, tables)
    rows = [{"path": p, "CODE_CULTU": "MIS", "id": i} for i, p in enumerate(tables)]
    (tmp_path / "region.json").write_text(json.dumps(rows))
    assert load_series(tmp_path).labels.tolist() == ["MIS"] * 3
    assert_read_in_blocks(tmp_path, monkeypatch, rows=(1, 1, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[::-1], "dates that increase, got 2017-01-11 after 2017-01-21 in"),
        (lambda t: t[:, 1:], "a table (dates, columns) of 17 or 14 columns, got shape (2, 16)"),
    ],
)
def test_parcels_that_are_out_of_order_are_refused(tmp_path, tables, change, said):
    index(tmp_path, tables)
    write_numpy(tmp_path, tables | {"csv/1.csv": change(tables["csv/1.csv"])})
    with pytest.raises(InputError, match=re.escape(said) + r".*1\.npy"):
        load_series(tmp_path)
