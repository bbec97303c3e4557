"""PNG files put together by hand: transparency of every kind, all bits, ends that come early."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.toolbox.data.files.written_by_hand import chunk, png, png_rows
from toolbox import InputError, load
from toolbox.core.streams import generator

RNG = generator(11, "png")
GREY = RNG.integers(0, 256, (7, 10))
RGB = RNG.integers(0, 3, (7, 10, 3)) * 100


def read(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    return load(tmp_path / "a.png")


def two_bytes(*samples):
    return b"".join(int(s).to_bytes(2, "big") for s in samples)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_missing(tmp_path, bits):
    grey = GREY % 2**bits if bits < 16 else GREY * 257
    hidden = grey[3, 4]
    more = [(b"tRNS", two_bytes(hidden))]
    loaded = read(tmp_path, png(png_rows(grey, bits), 10, bits=bits, more=more))
    wanted = np.where(grey == hidden, np.nan, grey / (2**bits - 1))
    np.testing.assert_allclose(loaded.values[0], wanted, rtol=1e-6)
    assert loaded.missing == np.isnan(wanted).mean() > 0
    assert "transparent" in loaded.note


@pytest.mark.parametrize("bits", [8, 16])
def test_a_transparent_colour_is_missing(tmp_path, bits):
    colours = RGB * (257 if bits == 16 else 1)
    hidden = colours[2, 3]
    more = [(b"tRNS", two_bytes(*hidden))]
    loaded = read(tmp_path, png(png_rows(colours, bits), 10, bits=bits, colour=2, more=more))
    gone = (colours == hidden).all(axis=-1)
    wanted = np.where(gone, np.nan, np.moveaxis(colours, -1, 0) / (2**bits - 1))
    np.testing.assert_allclose(loaded.values[0], wanted, rtol=1e-6)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_shows_its_colours_and_no_others(tmp_path, bits):
    numbers = GREY % min(2**bits, 12)
    palette = RNG.integers(0, 256, (numbers.max() + 1, 3)).astype(np.uint8)
    colours = [(b"PLTE", palette.tobytes())]
    rows = png_rows(numbers, bits)
    plain = read(tmp_path, png(rows, 10, bits=bits, colour=3, more=colours))
    wanted = np.moveaxis(palette[numbers] / 255, -1, 0)
    np.testing.assert_allclose(plain.values[0], wanted, rtol=1e-6)
    clear = [*colours, (b"tRNS", b"\xff\x30")]  # the second is half seen, others are opaque
    hidden = read(tmp_path, png(rows, 10, bits=bits, colour=3, more=clear))
    np.testing.assert_allclose(hidden.values[0], np.where(numbers == 1, np.nan, wanted), rtol=1e-6)
    short = [(b"PLTE", palette[:-1].tobytes())]
    got = f"a pixel of colour {numbers.max()} where its palette has {numbers.max()}"
    with pytest.raises(InputError, match=rf"^path: .*a\.png.*{got}"):
        read(tmp_path, png(rows, 10, bits=bits, colour=3, more=short))
    with pytest.raises(InputError, match=r"^path: .*a\.png.*palette without its colours"):
        read(tmp_path, png(rows, 10, bits=bits, colour=3))


def test_a_palette_under_another_name_shows_no_other_colours_either(tmp_path):
    palette = bytes([30, 20, 10, 0, 60, 50, 40, 0])  # of a BMP: blue, green, red, nothing
    for numbers in ([0, 1, 1, 0], [0, 1, 5, 0]):
        sizes = struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 8, 0, 8, 0, 0, 2, 0)
        head = b"BM" + struct.pack("<IHHI", 70, 0, 0, 62) + sizes
        (tmp_path / "a.png").write_bytes(head + palette + bytes(numbers * 2))
        if max(numbers) < 2:
            colours = np.array([[10, 20, 30], [40, 50, 60]])[numbers].T / 255
            np.testing.assert_allclose(load(tmp_path / "a.png").values[0, :, 1], colours, 1e-6)
    with pytest.raises(InputError, match=r"^path: .*a\.png.*a pixel of colour 5, a palette of 2"):
        load(tmp_path / "a.png")


def test_an_opaque_alpha_channel_hides_nothing_and_is_not_noted(tmp_path):
    rgba = np.dstack([RGB, np.full((7, 10), 255)]).astype(np.uint8)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    loaded = load(tmp_path / "a.png")
    assert loaded.values.shape == (1, 3, 7, 10)
    assert (loaded.missing, loaded.note) == (0, "")


def test_interlaced_images_are_read_whole(tmp_path):
    # Adam7: seven passes, each a small image of its own
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]
    passes += [(0, 1, 1, 2)]
    rows = b""
    for x, y, across, down in passes:
        part = GREY[y::down, x::across].astype(np.uint8)
        rows += b"".join(b"\0" + row.tobytes() for row in part if part.size)
    whole = png([b""] * 7, 10, pixels=zlib.compress(rows), interlaced=1)
    np.testing.assert_allclose(read(tmp_path, whole).values[0], GREY / 255, rtol=1e-6)
    short = png([b""] * 7, 10, pixels=zlib.compress(rows[:-5]), interlaced=1)
    with pytest.raises(InputError, match=r"^path: .*a\.png.*ends early"):
        read(tmp_path, short)


ROWS = png_rows(GREY, 8)
PACKED = zlib.compress(b"".join(b"\0" + row for row in ROWS))
WHOLE = png(ROWS, 10)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (png(ROWS, 10, pixels=zlib.compress(b"".join(b"\0" + r for r in ROWS[:4]))), "ends early"),
        (png(ROWS, 10, pixels=PACKED[: len(PACKED) // 2]), "ends early"),
        (png(ROWS, 10, pixels=PACKED[:-2]), "ends early"),
        (WHOLE[:-12], "ends early"),
        (WHOLE[:-20], "ends early"),
        (WHOLE.replace(chunk(b"IDAT", PACKED), b""), "ends early"),
        (WHOLE[:-14] + b"xx" + WHOLE[-12:], "checksum"),
        (png(ROWS, 10, bits=3), "3 bits"),
    ],
    ids=["rows", "half", "end", "last part", "middle of a part", "no pixels", "checksum", "bits"],
)
def test_a_png_that_is_not_whole_is_refused(tmp_path, content, reason):
    with pytest.raises(InputError, match=rf"^path: .*a\.png.*{reason}"):
        read(tmp_path, content)
