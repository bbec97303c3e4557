"""Series written by hand, by tifffile, Pillow and h5py: values, dates, clouds, and refusals."""

import json
import re

import numpy as np
import pytest
import tifffile
from PIL import Image

from toolbox import InputError, load, load_series
from toolbox.data.series import loading

RNG = np.random.default_rng(16)
NODATA = 42113
METADATA = 42112


# ------------------------------------------------------------------------------ folders of PASTIS


def pastis(folder, patches):
    """Write patches: number -> (dates, array (T, B, h, w))."""
    for name in ("DATA_S2", "ANNOTATIONS"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    features = []
    for number, (dates, array) in patches.items():
        np.save(folder / "DATA_S2" / f"S2_{number}.npy", array)
        target = np.zeros((3, *array.shape[2:]), np.uint8)
        target[0, 0] = 7
        np.save(folder / "ANNOTATIONS" / f"TARGET_{number}.npy", target)
        parcels = np.arange(target[0].size).reshape(target[0].shape) // 2
        np.save(folder / "ANNOTATIONS" / f"ParcelIDs_{number}.npy", parcels.astype(np.int32))
        told = {str(i): d for i, d in enumerate(dates)}
        features.append(
            {
                "type": "Feature",
                "geometry": None,
                "properties": {"ID_PATCH": number, "dates-S2": told},
            }
        )
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "metadata.geojson").write_text(text)


def stored(dates, bands=10, height=2, width=3):
    return RNG.integers(-50, 9000, (dates, bands, height, width), dtype=np.int16)


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


def assert_read_in_blocks(folder, monkeypatch, rows, **options):
    pytest.importorskip("dask.array")
    held = load_series(folder, **options)
    monkeypatch.setattr(loading, "BLOCK", 1)
    lazy = load_series(folder, lazy=True, **options)
    assert lazy.values.chunks[0] == lazy.clear.chunks[0] == rows
    np.testing.assert_array_equal(lazy.values.compute(scheduler="synchronous"), held.values)
    np.testing.assert_array_equal(lazy.clear.compute(scheduler="synchronous"), held.clear)
    assert lazy.units.tolist() == held.units.tolist()


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


# ------------------------------------------------------------------------- folders of BreizhCrops

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


# ----------------------------------------------------------------------------- stacks of GeoTIFF


def write_tiff(file, array, tags=(), **options):
    tifffile.imwrite(file, array, extratags=list(tags), metadata=None, **options)


def text_tag(code, text):
    return (code, "s", 0, text, True)


@pytest.mark.parametrize(
    "options",
    [
        {"photometric": "minisblack", "planarconfig": "separate", "rowsperstrip": 2},
        {
            "photometric": "minisblack",
            "planarconfig": "separate",
            "tile": (16, 16),
            "compression": "zlib",
        },
        {
            "photometric": "minisblack",
            "planarconfig": "separate",
            "compression": "lzw",
            "predictor": True,
            "bigtiff": True,
        },
    ],
)
def test_a_date_a_file_with_nodata_scale_and_offset_of_the_tags(tmp_path, options):
    days = ["2019-04-10", "20190510T105621"]
    images = RNG.integers(1000, 9000, (2, 3, 5, 40), dtype=np.uint16)
    images[0, :, 0, 0] = 0  # a value like any other: the file has no tag for no data
    images[1, 1, 4, 3] = 65535
    told = "".join(
        f'<Item name="SCALE" sample="{b}" role="scale">0.0001</Item>'
        f'<Item name="OFFSET" sample="{b}" role="offset">-0.1</Item>'
        f'<Item name="DESCRIPTION" sample="{b}" role="description">{name}</Item>'
        for b, name in enumerate(("B3", "B4", "B8"))
    )
    for day, image in zip(days, images, strict=True):
        tags = [text_tag(METADATA, f"<GDALMetadata>{told}</GDALMetadata>")]
        tags += [text_tag(NODATA, "65535")] * (day == days[1])
        write_tiff(tmp_path / f"T31TCJ_{day}_MSI.tif", image, tags, **options)
    np.save(tmp_path / "labels.npy", np.arange(200).reshape(5, 40) % 3)
    series = load_series(tmp_path)
    assert series.dates.tolist() == [100, 130]
    assert series.bands == ("B3", "B4", "B8")
    assert series.clear.sum(axis=0).tolist() == [200, 199]
    assert not series.clear[4 * 40 + 3, 1]
    expected = images.transpose(2, 3, 0, 1).reshape(200, 2, 3) * 1e-4 - 0.1
    expected[4 * 40 + 3, 1] = 0
    np.testing.assert_allclose(series.values, expected, atol=1e-7)
    assert series.labels.tolist() == (np.arange(200) % 3).tolist()
    given = load_series(tmp_path, scale=2, offset=0, nodata=0)
    assert given.clear.sum(axis=0).tolist() == [199, 199]
    assert given.values[1, 0, 0] == 2.0 * images[0, 0, 0, 1]


def test_stacks_of_two_scales_are_refused(tmp_path):
    image = RNG.integers(1, 9000, (4, 5), dtype=np.uint16)
    item = '<Item name="SCALE" sample="0" role="scale">0.0001</Item>'
    tags = [text_tag(METADATA, f"<GDALMetadata>{item}</GDALMetadata>")]
    first, second = tmp_path / "20190101.tif", tmp_path / "20190201.tif"
    write_tiff(first, image)
    write_tiff(second, image, tags)
    with pytest.raises(InputError, match=r"one scale.*0101\.tif', with a scale in .*0201\.tif"):
        load_series(tmp_path)
    assert load_series(tmp_path, scale=1).values.max() == image.max()
    write_tiff(first, (image * 1e-4).astype(np.float32))
    series = load_series(tmp_path)
    np.testing.assert_allclose(series.values[:, 0], series.values[:, 1], atol=1e-7)
    with pytest.raises(InputError, match=r"one scale.*0201\.tif', fractions in .*0101\.tif"):
        load_series(tmp_path, scale=1e-4)
    write_tiff(first, image)
    write_tiff(second, (image // 40).astype(np.uint8))
    assert "uint16 in '20190101.tif', uint8 in '20190201.tif'" in load_series(tmp_path).note


def test_stacks_are_read_in_blocks_of_rows(tmp_path, monkeypatch):
    for day in ("20190101", "20190201"):
        image = RNG.integers(0, 200, (40, 20, 2), dtype=np.uint8)
        options = {"tile": (16, 16), "planarconfig": "contig", "photometric": "minisblack"}
        write_tiff(tmp_path / f"{day}.tif", image, **options)
        coarse = RNG.choice([4, 9], (20, 10)).astype(np.uint8)
        Image.fromarray(coarse).save(tmp_path / f"{day}_SCL_20m.tif")  # by another writer
    assert_read_in_blocks_with_clouds(tmp_path, monkeypatch)


def assert_read_in_blocks_with_clouds(folder, monkeypatch):
    pytest.importorskip("dask.array")
    held = load_series(folder)
    monkeypatch.setattr(loading, "BLOCK", 3 * 20 * 16)  # three rows of pixels
    lazy = load_series(folder, lazy=True)
    assert set(lazy.values.chunks[0]) == {60, 20}
    clear = lazy.clear.compute(scheduler="synchronous")
    kept = clear.any(axis=1)
    assert 0 < kept.sum() < len(kept)
    np.testing.assert_array_equal(lazy.values.compute(scheduler="synchronous")[kept], held.values)
    np.testing.assert_array_equal(clear[kept], held.clear)
    np.testing.assert_array_equal(lazy.places[kept], held.places)
    assert f"{(~kept).sum()} items without a clear date are left out" in held.note


def test_files_of_single_bands_and_the_scene_classification(tmp_path):
    fine = RNG.integers(0, 5000, (4, 6), dtype=np.uint16)
    coarse = RNG.integers(0, 5000, (2, 3), dtype=np.uint16)
    scene = np.array([[4, 8, 5], [3, 11, 7]], np.uint8)
    name = "T31TCJ_20190605T105621_{}.tif"
    write_tiff(tmp_path / name.format("B04_10m"), fine)
    write_tiff(tmp_path / name.format("B8A_20m"), coarse)
    Image.fromarray(scene).save(tmp_path / name.format("SCL_20m"))
    series = load_series(tmp_path, scale=1e-4)
    assert series.bands == ("B4", "B8A")
    assert series.dates.tolist() == [156]
    seen = np.isin(scene, (4, 5, 7)).repeat(2, 0).repeat(2, 1)
    assert series.places[:, 1:].tolist() == np.argwhere(seen).tolist()
    np.testing.assert_allclose(series.values[:, 0, 0], fine[seen] * 1e-4, rtol=1e-6)
    repeated = coarse.repeat(2, 0).repeat(2, 1)
    np.testing.assert_allclose(series.values[:, 0, 1], repeated[seen] * 1e-4, rtol=1e-6)


@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw"])
def test_what_pillow_compresses_is_read_as_an_image_is(tmp_path, compression):
    ramp = np.arange(40, 232, 4, dtype=np.uint8)  # libtiff keeps the tables of JPEG apart
    image = np.stack([np.add.outer(ramp[:40] // 8, ramp), np.tile(ramp, (40, 1))], axis=-1)
    colours = Image.fromarray(np.concatenate([image, image[..., :1]], axis=-1))
    colours.save(tmp_path / "20190101.tif", compression=compression)
    shown = load(tmp_path / "20190101.tif").values[0]
    values = load_series(tmp_path).values.reshape(40, 48, 3)
    np.testing.assert_allclose(values, 255 * np.moveaxis(shown, 0, -1), atol=1e-3)
    assert np.abs(values - np.asarray(colours)).max() < 20


def test_a_mask_hides_and_complex_numbers_are_refused(tmp_path):
    image, mask = RNG.integers(1, 99, (6, 8), dtype=np.uint8), np.ones((6, 8), np.uint8)
    mask[2, 3:] = 0
    with tifffile.TiffWriter(tmp_path / "20190101.tif") as file:
        file.write(image, photometric="minisblack", metadata=None)
        file.write(image[::2, ::2], photometric="minisblack", subfiletype=1, metadata=None)
        file.write(mask > 0, photometric="mask", subfiletype=4, metadata=None)
    series = load_series(tmp_path)
    assert len(series.values) == 48 - 5
    assert series.places[:, 1:].tolist() == np.argwhere(mask).tolist()
    tifffile.imwrite(tmp_path / "20190101.tif", image * 1j, metadata=None)
    with pytest.raises(InputError, match=r"^path: .*0101\.tif.*real numbers"):
        load_series(tmp_path)


def test_four_bands_are_bands_unless_the_file_says_alpha(tmp_path):
    image = RNG.integers(1, 255, (3, 4, 4), dtype=np.uint8)
    for folder, options in {
        "bands": {"photometric": "minisblack", "planarconfig": "contig"},
        "alpha": {"photometric": "rgb", "extrasamples": ["unassalpha"]},
    }.items():
        (tmp_path / folder).mkdir()
        write_tiff(tmp_path / folder / "20200101.tif", image, **options)
    bands = load_series(tmp_path / "bands")
    np.testing.assert_array_equal(bands.values[:, 0], image.reshape(12, 4))
    image[0, 0, 3] = 255
    write_tiff(tmp_path / "alpha" / "20200101.tif", image, photometric="rgb", extrasamples=[2])
    alpha = load_series(tmp_path / "alpha")
    assert alpha.values.shape == (1, 1, 3)  # the only opaque pixel
    assert "11 items without a clear date" in alpha.note


@pytest.mark.parametrize(
    ("names", "shapes", "said"),
    [
        (("20190101.tif", "spring.tif"), ((4, 4), (4, 4)), "a date (YYYYMMDD or YYYY-MM-DD) in"),
        (("20190101.tif", "20190231.tif"), ((4, 4), (4, 4)), "a date (YYYYMMDD or YYYY-MM-DD) in"),
        (("20190101a.tif", "20190101b.tif"), ((4, 4), (4, 4)), "one file of 2019-01-01, or one a"),
        (("20190101.tif", "20190201.tif"), ((4, 4), (4, 3)), "images of 4 x 4 pixels, or whole"),
        (("20190101.tif", "20190201.tif"), ((4, 4), (2, 4, 4)), "the bands of the first date"),
    ],
)
def test_stacks_that_do_not_fit_are_refused_in_one_line(tmp_path, names, shapes, said):
    for name, shape in zip(names, shapes, strict=True):
        options = {"planarconfig": "separate"} if len(shape) == 3 else {}
        write_tiff(tmp_path / name, np.ones(shape, np.uint16), **options)
    with pytest.raises(InputError, match=re.escape(f"path: wanted {said}")) as error:
        load_series(tmp_path)
    assert "\n" not in str(error.value)
    assert ".tif" in str(error.value)


def test_a_truncated_file_is_named(tmp_path):
    write_tiff(tmp_path / "20190101.tif", np.ones((64, 64), np.uint16))
    whole = (tmp_path / "20190101.tif").read_bytes()
    (tmp_path / "20190101.tif").write_bytes(whole[:-100])
    with pytest.raises(InputError, match=r"wanted a whole, readable file.*20190101\.tif"):
        load_series(tmp_path)


def test_what_is_no_folder_of_series_is_refused(tmp_path):
    with pytest.raises(InputError, match="path: wanted GeoTIFF files with dates in their names"):
        load_series(tmp_path)
    with pytest.raises(InputError, match=r"path: wanted features .*metadata\.geojson"):
        load_series(tmp_path, layout="pastis")
    with pytest.raises(InputError, match="path: wanted an index"):
        load_series(tmp_path, layout="breizhcrops")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="path: wanted a folder of satellite series"):
        load_series(tmp_path / "file")


def test_a_loaded_series_is_classified_with_what_it_knows(tmp_path):
    from confidence import classify_series

    array = stored(4, height=4, width=6)
    array[:, :, 0] += 3000  # class 7
    pastis(tmp_path, {3: ([20190101, 20190301, 20190501, 20190701], array)})
    trained = classify_series(
        load_series(tmp_path), members=2, network="linear", steps=50, seed=0, progress=False
    )
    assert trained.classes.tolist() == [0, 7]
    assert trained.bands[0] == "B2"
    assert trained.votes(load_series(tmp_path)).shape == (2, 24, 2)
