"""Stacks of GeoTIFFs by tifffile and Pillow: dates, bands, scales, clouds, and refusals."""

import re

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.toolbox.data.series.written_series import METADATA, NODATA, RNG, text_tag, write_tiff
from toolbox import InputError, load, load_series
from toolbox.data.series import loading


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


def test_bands_that_a_damaged_file_does_not_reach_are_not_left_out(tmp_path):
    file = tmp_path / "20190101.tif"
    with tifffile.TiffWriter(file) as written:
        for image in RNG.integers(1, 99, (2, 4, 4), dtype=np.uint8):
            written.write(image, photometric="minisblack", metadata=None)
    content = bytearray(file.read_bytes())
    with tifffile.TiffFile(file) as read:
        first = read.pages[0]
    place = first.offset + 2 + 12 * len(first.tags)  # where the next page is said to be
    assert load_series(tmp_path).values.shape == (16, 1, 2)
    content[place : place + 4] = (10**6).to_bytes(4, "little")
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"^path: .*0101\.tif.*page 1 is at 1000000 of"):
        load_series(tmp_path)
