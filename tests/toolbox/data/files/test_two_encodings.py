"""The same numbers written in many ways, by independent writers, are the same arrays.

The truth is the array that was written; files come from tifffile, Pillow, NumPy, SciPy, Octave's
and MATLAB's formats by others, and from bytes put together by hand.
"""

import io
import subprocess
from shutil import which

import hdf5storage
import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy.io import savemat

from tests.toolbox.data.files.written_by_hand import (
    COLOURS,
    EXTRA,
    FORMAT,
    INKS,
    KIND,
    NODATA,
    ORIENTATION,
    packed,
    page,
    png,
    png_rows,
    tiff,
)
from toolbox import load
from toolbox.core.streams import generator

HEIGHT, WIDTH = 9, 13
COMPRESSIONS = {"none": 1, "zlib": 8, "lzw": 5, "packbits": 32773, "zstd": 50000}


def whole(name, most, *shape):
    """Return whole numbers from 0 to `most`, both among them."""
    drawn = generator(3, "encodings", name).integers(0, most + 1, (HEIGHT, WIDTH, *shape))
    drawn.flat[:2] = 0, most
    return drawn


def depth(bits):
    """Return grey levels of so many bits, in the smallest type that holds them."""
    return whole(f"depth {bits}", 2**bits - 1).astype(
        f"u{max(1, bits // 8 if bits > 12 else -(-bits // 8))}"
    )


GREYS = {bits: depth(bits) for bits in (1, 2, 4, 8, 12, 16, 32)}
RGB = whole("rgb", 255, 3).astype("u1")
RGB16 = whole("rgb16", 65535, 3).astype("u2")
FOUR = whole("four", 255, 4).astype("u1")
FOUR[::2, ::3, 3] = 255
METRES = generator(3, "metres").standard_normal((HEIGHT, WIDTH)).astype("f4")
METRES[2, 3:7] = -9999
SIGNED = (whole("signed", 65535) - 32768).astype("i2")
MAP = whole("map", 255)[:3, :4].astype("u2")  # four colours
INDEX = whole("index", 3).astype("u1")


def first(array):
    """Return components first."""
    return np.moveaxis(array, -1, 0)


def cmyk(inks):
    ink = first(inks) / 255
    return (1 - ink[:3]) * (1 - ink[3])


def opaque(pixels, alpha):
    return np.where(alpha == 255, first(pixels) / 255, np.nan)


def by_hand(pixels, *, bits, photometric=1, samples=1, tags=()):
    """Return the pixels as a TIFF in every compression."""
    data, size = packed(pixels, bits), (WIDTH, HEIGHT)
    options = {"bits": bits, "photometric": photometric, "samples": samples, "tags": tags}
    return {
        f"hand {name}.tif": tiff(page(data, *size, code=code, **options))
        for name, code in COMPRESSIONS.items()
    }


def by_tifffile(pixels, **options):
    found = {}
    for name in (None, "lzw", "zlib", "packbits", "zstd", "lzma"):
        for tile in (None, (16, 16)):
            out = io.BytesIO()
            tifffile.imwrite(out, pixels, compression=name, tile=tile, **options)
            found[f"tifffile {name} {tile}.tif"] = out.getvalue()
    return found


def by_pillow(image, *, suffix="tif", **options):
    image, found = image if isinstance(image, Image.Image) else Image.fromarray(image), {}
    for name in (
        (None, "tiff_lzw", "tiff_adobe_deflate", "packbits") if suffix == "tif" else (None,)
    ):
        out = io.BytesIO()
        more = {"compression": name} if name else {}
        image.save(out, {"tif": "TIFF", "png": "PNG"}[suffix], **more, **options)
        found[f"Pillow {name}.{suffix}"] = out.getvalue()
    return found


def grey_cases():
    for bits, pixels in GREYS.items():
        truth = pixels / (2**bits - 1)
        files = by_hand(pixels, bits=bits)
        if bits >= 8 and bits != 12:
            files |= by_tifffile(pixels, photometric="minisblack")
        if bits in (8, 16):
            files |= by_pillow(pixels) | by_pillow(pixels, suffix="png")
        if bits == 1:
            files |= by_pillow(pixels > 0) | by_pillow(pixels > 0, suffix="png")
            group4 = io.BytesIO()
            Image.fromarray(pixels > 0).save(group4, "TIFF", compression="group4")
            files["Pillow group4.tif"] = group4.getvalue()
        if bits <= 16 and bits != 12:
            rows = png_rows(pixels, bits)
            files["hand.png"] = png(rows, WIDTH, bits=bits)
        yield f"grey of {bits} bits", truth, files
        negative = {
            f"white is zero, {n}": f for n, f in by_hand(pixels, bits=bits, photometric=0).items()
        }
        if bits >= 8 and bits != 12:
            negative |= by_tifffile(pixels, photometric="miniswhite")
        yield f"white is zero, {bits} bits", 1 - truth, negative


def colour_cases():
    files = by_hand(RGB, bits=8, photometric=2, samples=3)
    files |= by_tifffile(RGB, photometric="rgb") | by_pillow(RGB) | by_pillow(RGB, suffix="png")
    files |= by_tifffile(first(RGB), photometric="rgb", planarconfig="separate")
    yield "RGB", first(RGB) / 255, files | {"hand.png": png(png_rows(RGB, 8), WIDTH, colour=2)}
    files = by_hand(RGB16, bits=16, photometric=2, samples=3)
    files |= by_tifffile(RGB16, photometric="rgb")
    rows = png_rows(RGB16, 16)
    files |= {"hand.png": png(rows, WIDTH, bits=16, colour=2)}
    yield "RGB of 16 bits", first(RGB16) / 65535, files
    files = by_hand(FOUR, bits=8, photometric=5, samples=4)
    files |= by_tifffile(FOUR, photometric="separated") | by_pillow(Image.fromarray(FOUR, "CMYK"))
    yield "CMYK", cmyk(FOUR), files
    inks = [(INKS, ("H", [2]))]
    yield "four inks", first(FOUR) / 255, by_hand(FOUR, bits=8, photometric=5, samples=4, tags=inks)
    table = [(COLOURS, ("H", (MAP * 257).ravel().tolist()))]
    truth = MAP[:, INDEX] / 255
    files = by_hand(INDEX, bits=2, photometric=3, tags=table)
    files |= by_tifffile(
        INDEX, photometric="palette", colormap=np.pad(MAP * 257, ((0, 0), (0, 252)))
    )
    palette = Image.fromarray(INDEX).convert("P")
    palette.putpalette(MAP.T.astype("u1").tobytes())
    files |= by_pillow(palette) | by_pillow(palette, suffix="png")
    more = [(b"PLTE", MAP.T.astype("u1").tobytes())]
    files["hand.png"] = png(png_rows(INDEX, 2), WIDTH, bits=2, colour=3, more=more)
    low = [(COLOURS, ("H", MAP.ravel().tolist()))]
    files |= {f"low {n}": f for n, f in by_hand(INDEX, bits=2, photometric=3, tags=low).items()}
    yield "palette", truth, files


def alpha_cases():
    alpha = [(EXTRA, ("H", [2]))]
    files = by_hand(FOUR, bits=8, photometric=2, samples=4, tags=alpha)
    files |= by_tifffile(FOUR, photometric="rgb", extrasamples=["unassalpha"])
    files |= by_pillow(FOUR) | by_pillow(FOUR, suffix="png")
    files["hand.png"] = png(png_rows(FOUR, 8), WIDTH, colour=6)
    yield "RGB with alpha", opaque(FOUR[..., :3], FOUR[..., 3]), files
    bands = [(EXTRA, ("H", [0, 0, 0]))]
    files = by_hand(FOUR, bits=8, samples=4, tags=bands)
    files |= by_tifffile(FOUR, photometric="minisblack", planarconfig="contig")
    files |= by_tifffile(first(FOUR), photometric="minisblack", planarconfig="separate")
    yield "four bands", first(FOUR) / 255, files
    files = by_hand(FOUR, bits=8, photometric=2, samples=4, tags=[(EXTRA, ("H", [0]))])
    yield "RGB and a band", first(FOUR) / 255, files
    middle = [(EXTRA, ("H", [0, 2, 0]))]
    files = by_hand(FOUR, bits=8, samples=4, tags=middle)
    yield "alpha among bands", opaque(FOUR[..., [0, 1, 3]], FOUR[..., 2]), files
    grey = FOUR[..., [0, 3]]
    files = by_hand(grey, bits=8, samples=2, tags=alpha)
    files |= {"hand.png": png(png_rows(grey, 8), WIDTH, colour=4)} | by_pillow(grey, suffix="png")
    yield "grey with alpha", opaque(grey[..., :1], grey[..., 1])[0], files
    hidden = tiff(
        page(GREYS[8].tobytes(), WIDTH, HEIGHT),
        page(packed(GREYS[1], 1), WIDTH, HEIGHT, bits=1, photometric=4, tags=[(KIND, ("I", [4]))]),
    )
    yield "a mask", np.where(GREYS[1], GREYS[8] / 255, np.nan), {"hand.tif": hidden}


def number_cases():
    gaps = [(NODATA, ("s", b"-9999\0")), (FORMAT, ("H", [3]))]
    files = by_hand(METRES, bits=32, tags=gaps)
    tag = [(NODATA, 2, 0, "-9999", True)]
    files |= by_tifffile(METRES, photometric="minisblack", extratags=tag)
    files |= by_tifffile(METRES, photometric="minisblack", extratags=tag, predictor=False)
    yield "nodata of floats", np.where(METRES == -9999, np.nan, METRES), files
    files = by_hand(METRES, bits=32, tags=gaps[1:])
    yield "floats without nodata", METRES, files | by_tifffile(METRES, photometric="minisblack")
    gaps = [(NODATA, ("s", b"0\0"))]
    truth = np.where(GREYS[8] == 0, np.nan, GREYS[8] / 255)
    yield "nodata of greys", truth, by_hand(GREYS[8], bits=8, tags=gaps)
    files = by_hand(SIGNED, bits=16, tags=[(FORMAT, ("H", [2]))])
    yield "signed", SIGNED.astype("f4"), files | by_tifffile(SIGNED, photometric="minisblack")


def turned_cases():
    """Orientations after TIFF 6.0: where row 0 and column 0 of the file are to be shown."""
    shown = {
        1: GREYS[8],
        2: GREYS[8][:, ::-1],
        3: GREYS[8][::-1, ::-1],
        4: GREYS[8][::-1],
        5: GREYS[8].T,
        6: GREYS[8].T[:, ::-1],
        7: GREYS[8].T[::-1, ::-1],
        8: GREYS[8].T[::-1],
    }
    for code, truth in shown.items():
        exif = Image.Exif()
        exif[ORIENTATION] = code
        files = by_hand(GREYS[8], bits=8, tags=[(ORIENTATION, ("H", [code]))])
        files |= by_pillow(GREYS[8], suffix="png", exif=exif)
        more = [(b"eXIf", exif.tobytes()[6:])]
        files["hand.png"] = png(png_rows(GREYS[8], 8), WIDTH, more=more)
        tag = [(ORIENTATION, 3, 1, code, True)]
        files |= by_tifffile(GREYS[8], photometric="minisblack", extratags=tag)
        yield f"orientation {code}", truth / 255, files


def page_cases():
    """Reduced copies, and pages that only look like them."""
    small = GREYS[8][::2, ::2]
    pages = [
        page(GREYS[8].tobytes(), WIDTH, HEIGHT),
        page(small.tobytes(), small.shape[1], small.shape[0], tags=[(KIND, ("I", [1]))]),
    ]
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(GREYS[8], photometric="minisblack", subifds=1, compression="lzw")
        file.write(small, photometric="minisblack", subfiletype=1, compression="lzw")
    yield "pyramid", GREYS[8] / 255, {"hand.tif": tiff(*pages), "tifffile.tif": out.getvalue()}


CASES = {
    name: (truth, files)
    for cases in (grey_cases, colour_cases, alpha_cases, number_cases, turned_cases, page_cases)
    for name, truth, files in cases()
}


@pytest.mark.parametrize("name", CASES)
def test_images_are_the_same_whatever_wrote_them(tmp_path, name):
    truth, files = CASES[name]
    wide = name.startswith(("grey of 32", "white is zero, 32"))
    reference = None
    for written, content in files.items():
        file = tmp_path / written
        file.write_bytes(content)
        loaded = load(file)
        assert loaded.values.shape == (1, *truth.shape), written
        assert loaded.values.dtype == (np.float64 if wide else np.float32), written
        np.testing.assert_allclose(loaded.values[0], truth, rtol=1e-6, atol=1e-7, err_msg=written)
        assert bool(loaded.note) == bool(np.isnan(truth).any()), written
        reference = loaded.values if reference is None else reference
        np.testing.assert_array_equal(loaded.values, reference, err_msg=written)


def test_pages_of_half_the_size_that_are_no_reduced_copies_stay(tmp_path):
    small = GREYS[8][:4, :6]
    large = GREYS[8][:8, :12]
    pages = [page(p.tobytes(), p.shape[1], p.shape[0]) for p in (large, small, large)]
    (tmp_path / "p.tif").write_bytes(tiff(*pages))
    values = load(tmp_path / "p.tif").values
    assert [v.shape for v in values] == [(8, 12), (4, 6), (8, 12)]
    np.testing.assert_allclose(values[1], small / 255, rtol=1e-6)


NUMBERS = generator(3, "numbers").standard_normal((4, 3, 10))
TYPES = ["f4", "f8", ">f4", ">f8", "f2", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"]


def typed(code):
    kind = np.dtype(code)
    if kind.kind == "b":
        return NUMBERS > 0
    if kind.kind == "f":
        return NUMBERS.astype(kind)
    limits = np.iinfo(kind)
    return (np.clip(NUMBERS * 10**5, max(limits.min, -(2**40)), min(limits.max, 2**40))).astype(
        kind
    )


def array_files(folder, array):
    """Write an array in every way; return the files."""
    for name, order in (("c", "C"), ("f", "F")):
        np.save(folder / f"{name}.npy", np.asarray(array, order=order))
        np.savez(folder / f"{name}.npz", np.asarray(array, order=order))
    np.savez_compressed(folder / "z.npz", values=array)
    if array.dtype.itemsize > 2 or array.dtype.kind != "f":
        native = array.astype(array.dtype.newbyteorder("="))
        savemat(folder / "v6.mat", {"x": native})
        savemat(folder / "v7.mat", {"x": native}, do_compression=True)
        hdf5storage.savemat(str(folder / "v73.mat"), {"x": native}, format="7.3")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("code", TYPES)
def test_arrays_are_the_same_whatever_wrote_them(tmp_path, code):
    array = typed(code)
    exact = array.astype(np.float64)
    for file in array_files(tmp_path, array):
        values = load(file, dim=1).values
        np.testing.assert_array_equal(values, exact, err_msg=file.name)
        assert values.flags.c_contiguous
        assert values.dtype == (np.float64 if code in ("f8", ">f8") else np.float32), file.name


def test_whole_numbers_that_float32_cannot_hold_are_kept(tmp_path):
    for code in ("i4", "u4", "i8"):
        array = 10**8 + np.arange(30).reshape(5, 6).astype(code)
        for file in array_files(tmp_path, array):
            values = load(file, dim=1).values
            np.testing.assert_array_equal(values, array, err_msg=file.name)
            assert values.dtype == np.float64


def test_version_4_holds_the_same_matrix(tmp_path):
    for code in ("f8", "f4", "i4", "i2", "u2", "u1"):
        matrix = typed(code)[0]
        savemat(tmp_path / "v4.mat", {"x": matrix}, format="4")
        np.testing.assert_array_equal(load(tmp_path / "v4.mat", dim=1).values, matrix)


@pytest.mark.skipif(not which("octave-cli"), reason="Octave is not installed")
def test_octave_writes_the_same_in_every_version(tmp_path):
    program = """
    x = reshape ((1:24) / 7, 2, 3, 4); words = {'glacé'; 'été'}; padded = ['a '; 'bc'];
    thin = sparse ([0 1.5 0; 2 0 0]); holes = thin > 0; numbers = int16 ([1 -2 3]);
    letters = ['a'; 'b'; 'a']; held = {['p'; 'q'], ['r'; 's']; 7, ['t'; 'u']};
    save -v6 6.mat; save -v7 7.mat;
    """
    subprocess.run(
        ["octave-cli", "--quiet", "--eval", program], cwd=tmp_path, check=True, capture_output=True
    )
    from toolbox.data.files.matlab import read_mat

    for file in ("6.mat", "7.mat"):
        found = read_mat(tmp_path / file)
        truth = (np.arange(1, 25) / 7).reshape(2, 3, 4, order="F")
        np.testing.assert_array_equal(found["x"], truth)
        assert found["words"].ravel().tolist() == ["glacé", "été"]
        assert found["padded"].ravel().tolist() == ["a", "bc"]
        assert found["letters"].ravel().tolist() == ["a", "b", "a"]  # of a miscounted length
        assert found["held"][0, 1].ravel().tolist() == ["r", "s"]
        assert found["held"][1, 1].ravel().tolist() == ["t", "u"]
        np.testing.assert_array_equal(found["thin"], [[0, 1.5, 0], [2, 0, 0]])
        np.testing.assert_array_equal(found["holes"], [[False, True, False], [True, False, False]])
        assert found["holes"].dtype == bool
        np.testing.assert_array_equal(found["numbers"], np.int16([[1, -2, 3]]))


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas, in wfdb
def test_formats_16_and_212_hold_the_same_record(tmp_path):
    import wfdb

    samples = generator(3, "samples").integers(-2047, 2047, (101, 3)).astype(np.float64)
    found = {}
    for kind in ("16", "212"):
        wfdb.wrsamp(
            f"r{kind}",
            fs=4,
            units=["mV"] * 3,
            sig_name=list("abc"),
            p_signal=samples,
            fmt=[kind] * 3,
            adc_gain=[1.0] * 3,
            baseline=[0] * 3,
            write_dir=str(tmp_path),
        )
        found[kind] = load(tmp_path / f"r{kind}.hea").values
        np.testing.assert_array_equal(found[kind][0], samples.T)
