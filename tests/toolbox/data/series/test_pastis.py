"""Patches in the layout of PASTIS: dates of several patches, labels, parcels, and refusals."""

import json
import re

import numpy as np
import pytest

from tests.toolbox.data.series.written_series import assert_read_in_blocks, pastis, stored
from toolbox import InputError, load_series


def test_patches_of_different_dates_are_joined_on_the_dates_of_both(tmp_path):
    first, second = stored(3), stored(2)
    pastis(
        tmp_path,
        {
            10001: ([20180917, 20181230, 20190101], first),
            10000: ([20180917, 20190201], second),
        },
    )
    series = load_series(tmp_path)
    assert series.year == 2018
    assert series.dates.tolist() == [260, 364, 366, 397]  # counted on a calendar
    assert series.sources == ("10000", "10001")
    assert series.values.shape == (12, 4, 10)
    assert series.values.dtype == np.float32
    # pixel (1, 2) of the second patch that was written
    np.testing.assert_allclose(series.values[5, [0, 3]], second[:, :, 1, 2] * 1e-4, rtol=1e-6)
    assert series.clear[5].tolist() == [True, False, False, True]
    np.testing.assert_allclose(series.values[6, :3], first[:, :, 0, 0] * 1e-4, rtol=1e-6)
    assert series.places[5].tolist() == [0, 1, 2]
    assert series.labels.tolist() == 2 * [7, 7, 7, 0, 0, 0]
    assert series.units[:4].tolist() == ["10000/0", "10000/0", "10000/1", "10000/1"]
    assert series.bands[3] == "B5"
    assert "0.0001" in series.note


def test_what_only_some_patches_have_is_said(tmp_path):
    pastis(tmp_path, {n: ([20190101], stored(1)) for n in (1, 2, 3)})
    assert "patches" not in load_series(tmp_path).note
    (tmp_path / "ANNOTATIONS" / "TARGET_2.npy").unlink()
    (tmp_path / "ANNOTATIONS" / "ParcelIDs_3.npy").unlink()
    series = load_series(tmp_path)
    assert series.labels.shape == (0,)
    assert "no labels, as 2 of 3 have none" in series.note
    assert series.units[-6:].tolist() == [f"3/{pixel}" for pixel in range(6)]
    assert "no parcels of 3: each of their pixels counts as its own" in series.note


def test_patches_of_two_scales_are_refused(tmp_path):
    pastis(tmp_path, {1: ([20190101], stored(1)), 2: ([20190101], stored(1) * np.float32(1e-4))})
    with pytest.raises(InputError, match=r"one scale.*S2_1\.npy', fractions in .*S2_2\.npy"):
        load_series(tmp_path)
    pastis(tmp_path, {1: ([20190101], stored(1)), 2: ([20190101], stored(1).astype(np.int32))})
    assert "int16 in 'S2_1.npy', int32 in 'S2_2.npy'" in load_series(tmp_path).note


def test_patches_are_read_in_blocks(tmp_path, monkeypatch):
    pastis(tmp_path, {1: ([20190101, 20190111], stored(2)), 2: ([20190111], stored(1))})
    assert_read_in_blocks(tmp_path, monkeypatch, rows=(3, 3, 3, 3))


@pytest.mark.parametrize(
    ("dates", "array", "said"),
    [
        ([20190101, 20190101], stored(2), "dates that increase, got 2019-01-01 after 2019-01-01"),
        ([20190101, 20190111], stored(3), "a series of 2 dates, as told, got 3 dates"),
        ([20190101, 20190231], stored(2), "dates as YYYYMMDD, got '20190231'"),
        ([20190101], stored(1)[0], "a patch (dates, bands, h, w), got shape (10, 2, 3)"),
    ],
)
def test_patches_that_do_not_fit_their_dates_are_refused(tmp_path, dates, array, said):
    pastis(tmp_path, {5: ([20190101], stored(1))})
    np.save(tmp_path / "DATA_S2" / "S2_5.npy", array)
    text = (tmp_path / "metadata.geojson").read_text()
    told = json.dumps({str(i): d for i, d in enumerate(dates)})
    (tmp_path / "metadata.geojson").write_text(text.replace('{"0": 20190101}', told))
    with pytest.raises(InputError, match=re.escape(f"path: wanted {said}")) as error:
        load_series(tmp_path)
    assert "5" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("place", ["", "first", "1.5"])
def test_dates_without_a_place_are_refused(tmp_path, place):
    pastis(tmp_path, {1: ([20190101], stored(1))})
    file = tmp_path / "metadata.geojson"
    file.write_text(file.read_text().replace('"0": 2019', f'"{place}": 2019'))
    with pytest.raises(InputError, match=r"^path: wanted features .*ID_PATCH.*metadata\.geojson"):
        load_series(tmp_path)
