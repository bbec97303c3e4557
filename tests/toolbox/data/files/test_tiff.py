"""What TIFF says beside its pixels: missing values, bands, tiles that are not there."""

import io

import imagecodecs
import numpy as np
import pytest
import tifffile

from tests.toolbox.data.files.written_by_hand import NODATA, OFFSETS, page, tiff
from toolbox import InputError, load
from toolbox.core.streams import generator

METRES = generator(12, "tiff").standard_normal((32, 48)).astype("f4")


def read(tmp_path, content):
    (tmp_path / "a.tif").write_bytes(content)
    return load(tmp_path / "a.tif")


def written(pixels, nodata=None, **options):
    out = io.BytesIO()
    tags = [] if nodata is None else [(NODATA, 2, 0, nodata, True)]
    tifffile.imwrite(out, pixels, extratags=tags, **{"photometric": "minisblack"} | options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("dtype", "text", "hidden"),
    [
        ("f4", "-9999", -9999),
        ("f4", "-9999.0 ", -9999),
        ("f4", "-3.4028234663852886e+38", np.finfo("f4").min),
        ("f8", "-1.7976931348623157e+308", np.finfo("f8").min),
        ("i2", "-32768", -32768),
        ("u1", "255", 255),
        ("u1", "255.0", 255),
        ("u2", "0", 0),
        ("i4", "-2147483648", -(2**31)),
    ],
)
@pytest.mark.parametrize("compression", [None, "lzw"])
def test_gdals_value_for_no_data_is_a_gap(tmp_path, dtype, text, hidden, compression):
    pixels = (METRES * 20 + 100).astype(dtype)
    pixels[3, 5:9] = hidden
    loaded = read(tmp_path, written(pixels, text, compression=compression))
    wanted = pixels == pixels.dtype.type(hidden)
    np.testing.assert_array_equal(np.isnan(loaded.values[0]), wanted)
    assert loaded.missing == wanted.mean() > 0
    assert "no data" in loaded.note
    rest = pixels.astype("f8") / (np.iinfo(dtype).max if dtype[0] == "u" else 1)
    np.testing.assert_allclose(loaded.values[0][~wanted], rest[~wanted], rtol=1e-6)


@pytest.mark.parametrize("compression", [None, "lzw"])
def test_whole_numbers_that_float64_would_round_are_refused_unless_missing(tmp_path, compression):
    pixels = np.full((32, 48), 2**53, dtype="i8")
    pixels[3, 5] = 2**53 + 1
    with pytest.raises(InputError, match=r"^path: .*offset.* got 1 of .*a\.tif"):
        read(tmp_path, written(pixels, compression=compression))
    loaded = read(tmp_path, written(pixels, str(2**53 + 1), compression=compression))
    assert np.isnan(loaded.values[0, 3, 5])
    assert np.nanmax(loaded.values) == np.nanmin(loaded.values) == 2**53


@pytest.mark.parametrize("text", ["-9999", "1e400", "0.5", "n/a", "nan"])
def test_a_value_that_no_pixel_can_have_hides_nothing(tmp_path, text):
    greys = (METRES * 20 + 100).astype("u1")
    loaded = read(tmp_path, written(greys, text))
    assert (loaded.missing, loaded.note) == (0, "")


def test_zero_is_a_value_where_no_tag_says_otherwise(tmp_path):
    greys = np.zeros((4, 5), dtype="u1")
    greys[0] = 255
    assert read(tmp_path, written(greys)).missing == 0


def test_no_data_of_each_band_is_its_own(tmp_path):
    bands = (METRES.reshape(3, 16, 32) * 20 + 100).astype("i2")
    bands[1, 2, 3] = -9999
    loaded = read(tmp_path, written(bands, "-9999", planarconfig="separate", metadata=None))
    assert loaded.values.shape == (1, 3, 16, 32) or loaded.values.shape == (3, 16, 32)
    assert np.isnan(loaded.values).sum() == 1


def test_tiles_that_gdal_left_out_are_gaps(tmp_path):
    content = written(METRES, tile=(16, 16), compression="deflate")
    (tmp_path / "s.tif").write_bytes(content)
    with tifffile.TiffFile(tmp_path / "s.tif", mode="r+b") as file:
        tags = file.pages[0].tags
        for tag in ("TileOffsets", "TileByteCounts"):
            values = list(tags[tag].value)
            values[1] = 0
            tags[tag].overwrite(values)
    loaded = load(tmp_path / "s.tif")
    assert np.isnan(loaded.values[0, :16, 16:32]).all()
    assert loaded.missing == 256 / METRES.size
    assert "1 tiles that the file leaves out" in loaded.note
    kept = ~np.isnan(loaded.values[0])
    np.testing.assert_array_equal(loaded.values[0][kept], METRES[kept])


def test_a_strip_beyond_the_end_is_refused_before_room_is_made(tmp_path):
    tags, strip = page(METRES.tobytes(), 48, 32, bits=32)
    whole = tiff((tags, strip))
    with pytest.raises(InputError, match=r"^path: .*a\.tif.*truncated"):
        read(tmp_path, whole.replace(strip, strip[:100]))
    place = OFFSETS.to_bytes(2, "little") + (4).to_bytes(2, "little") + (1).to_bytes(4, "little")
    at = whole.index(place) + len(place)
    moved = whole[:at] + (len(whole) - 10).to_bytes(4, "little") + whole[at + 4 :]
    with pytest.raises(InputError, match=r"^path: .*a\.tif.*truncated"):
        read(tmp_path, moved)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [({"photometric": 6, "samples": 3}, "YCbCr"), ({"photometric": 8, "samples": 3}, "kind 8")],
)
@pytest.mark.parametrize("code", [1, 5])
def test_colours_that_nobody_can_show_are_refused_in_every_compression(
    tmp_path, kind, reason, code
):
    pixels = np.zeros((4, 5, 3), dtype="u1").tobytes()
    with pytest.raises(InputError, match=rf"^path: .*a\.tif.*{reason}.*save it as"):
        read(tmp_path, tiff(page(pixels, 5, 4, code=code, **kind)))


def test_pages_stay_in_their_order(tmp_path):
    shapes = [(4, 5), (6, 7), (4, 5)]
    pages = [page(bytes([i]) * (h * w), w, h) for i, (h, w) in enumerate(shapes)]
    values = read(tmp_path, tiff(*pages)).values
    assert [v.shape for v in values] == shapes
    assert [round(255 * float(v[0, 0])) for v in values] == [0, 1, 2]


OME = """<?xml version="1.0"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{own}">
<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16"
SizeX="48" SizeY="32" SizeZ="1" SizeC="1" SizeT="2"><Channel ID="Channel:0:0"/>{planes}
</Pixels></Image></OME>"""
PLANE = """<TiffData FirstT="{t}" IFD="0" PlaneCount="1">
<UUID FileName="{t}.ome.tif">urn:uuid:{own}</UUID></TiffData>"""


def test_a_series_may_go_on_in_another_file(tmp_path):
    frames = (np.abs(METRES) * 1000).astype("u2") + np.arange(2, dtype="u2")[:, None, None]
    names = [str(t) * 8 + f"-{t}000-{t}000-{t}000-" + str(t) * 12 for t in (0, 1)]
    planes = "".join(PLANE.format(t=t, own=names[t]) for t in (0, 1))
    for t in (0, 1):
        text = OME.format(own=names[t], planes=planes)
        options = {"description": text, "metadata": None, "compression": ("none", "lzw")[t]}
        (tmp_path / f"{t}.ome.tif").write_bytes(written(frames[t], **options))
    loaded = load(tmp_path / "0.ome.tif")
    np.testing.assert_array_equal(np.round(loaded.values * 65535), frames)
    (tmp_path / "1.ome.tif").unlink()
    with pytest.raises(InputError, match=r"^path: .*0\.ome\.tif.*pages that are not in the file"):
        load(tmp_path / "0.ome.tif")


@pytest.mark.parametrize("options", [{}, {"tile": (16, 16)}, {"rowsperstrip": 7}])
def test_nan_that_lerc_keeps_in_its_mask_stays_nan(tmp_path, options):
    """LERC has no NaN among its numbers; tifffile gives 0 there and says nothing."""
    pixels = METRES[:31, :45].copy()
    pixels[3:20, 5:9] = np.nan
    loaded = read(tmp_path, written(pixels, compression="lerc", **options))
    np.testing.assert_array_equal(loaded.values[0], pixels)
    assert loaded.missing == np.isnan(pixels).mean()


@pytest.mark.parametrize("own", [False, True])
def test_bands_in_lerc_may_have_gaps_of_their_own(tmp_path, own):
    """Such bands come one after the other, in a file that stores pixels: so GDAL writes them."""
    bands = METRES.reshape(3, 16, 32).copy()
    bands[:, 2:4] = np.nan
    bands[1, 9, 9:12] = np.nan if own else 5
    gaps = np.isnan(bands)
    pixels, valid = (bands, ~gaps) if own else (np.moveaxis(bands, 0, -1), ~gaps[0])
    strip = imagecodecs.lerc_encode(np.nan_to_num(pixels), masks=valid, planar=own)
    shape = {"shape": (16, 32, 3), "dtype": "f4", "photometric": "rgb", "rowsperstrip": 16}
    content = written(iter([strip]), compression="lerc", **shape)
    np.testing.assert_array_equal(read(tmp_path, content).values[0], bands)


def test_a_strip_of_lerc_with_other_bands_than_its_page_is_refused(tmp_path):
    strip = imagecodecs.lerc_encode(METRES)
    shape = {"shape": (32, 48, 3), "dtype": "f4", "photometric": "rgb", "rowsperstrip": 32}
    with pytest.raises(InputError, match=r"^path: .*\(1, 32, 48, 1\) where \(1, 32, 48, 3\)"):
        read(tmp_path, written(iter([strip]), compression="lerc", **shape))
