"""What the samples of a TIFF page mean: greys, colours, palettes, transparency, missing values.

Samples come as floats ``(n, samples, h, w)`` and are changed where they stand, so that a large
image is never held twice.
"""

from typing import Any, NamedTuple

import numpy as np

from toolbox.core import checks
from toolbox.data.files.pixels import float_type, largest_value

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, _MASK, CMYK, YCBCR = range(7)
_LINEAR_RAW = 34892
_READ = (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, _LINEAR_RAW)
_JPEG = (6, 7)  # compressions whose decoder turns YCbCr into RGB
_INKS_OF_CMYK = 1
_ALPHA = (1, 2)  # of the tag ExtraSamples: colours multiplied by it, or not; 0 is another band
_COLOUR_MAP, _INK_SET, _GDAL_NODATA = 320, 332, 42113


class Samples(NamedTuple):
    """How the stored samples of a page are read."""

    dtype: np.dtype  # of the floats
    stored: np.dtype
    planes: int  # to make room for: those stored, and three of a palette
    photometric: int
    largest: float | None  # what stands for 1
    alpha: tuple[int, ...]
    palette: np.ndarray | None  # (3, colours)
    nodata: np.generic | None

    @property
    def meaning(self) -> tuple:
        """Return what two pages must share to be shown together."""
        table = b"" if self.palette is None else self.palette.tobytes()
        return self.photometric, self.alpha, self.full is None, table

    @property
    def full(self) -> float | None:
        """Return the stored number that is shown as 1; None where numbers are as they are."""
        return self.largest if self.palette is None else 255.0

    @property
    def special(self) -> bool:
        """Say whether some samples are no components of their own."""
        return bool(self.alpha) or self.palette is not None or self.photometric == CMYK

    def put(self, out: np.ndarray, block: np.ndarray) -> None:
        """Write stored samples as floats, NaN where they say that there is no value."""
        gaps = False if self.nodata is None else block == self.nodata
        if self.largest is None and block.dtype.kind == "i":
            checks.float_type(np.where(gaps, 0, block), "path")  # refuses what float64 would round
        if self.largest is None or self.palette is not None:
            np.copyto(out, block)
        else:
            np.divide(block, out.dtype.type(self.largest), out=out)
        np.copyto(out, np.nan, where=gaps)


def told_beside(page: Any) -> tuple[bytes | str, ...]:
    """Return the tags by which pages of one shape and type may differ in what they mean."""
    values = (page.tags.valueof(code) for code in (_COLOUR_MAP, _INK_SET, _GDAL_NODATA))
    told = tuple(v.tobytes() if isinstance(v, np.ndarray) else str(v) for v in values)
    return (str(page.bitspersample), str(page.extrasamples), *told)


def samples_of(page: Any) -> Samples:
    """Return how the samples of a page are read; raises ValueError where nobody can tell."""
    dtype, number = page.dtype, page.samplesperpixel
    if dtype is None or not isinstance(page.bitspersample, int):
        raise ValueError(f"samples of {page.bitspersample} bits")
    photometric = int(page.photometric)
    if photometric not in _READ:
        raise ValueError(f"colours of kind {photometric}; save it as grey or RGB")
    if photometric == YCBCR and page.compression not in _JPEG:
        raise ValueError("YCbCr colours that are not compressed as JPEG; save it as RGB")
    palette = _palette(page) if photometric == PALETTE else None
    return Samples(
        dtype=np.dtype(np.float32) if palette is not None else float_type(dtype),
        stored=dtype,
        planes=number if palette is None else 3,
        photometric=_meaning(page, photometric),
        largest=largest_value(dtype, page.bitspersample),
        alpha=alpha_of(page.extrasamples, number),
        palette=palette,
        nodata=nodata_of(page),
    )


def _meaning(page: Any, photometric: int) -> int:
    """Take inks that are not the four of CMYK, or too few samples for it, as bands."""
    own = page.samplesperpixel - len(page.extrasamples)
    if photometric == CMYK and (page.tags.valueof(_INK_SET, 1) != _INKS_OF_CMYK or own != 4):
        return BLACK_IS_ZERO
    return photometric


def alpha_of(extra: Any, number: int) -> tuple[int, ...]:
    """Return the samples that the file says are opacities."""
    first = number - len(extra)
    return tuple(first + i for i, kind in enumerate(extra) if int(kind) in _ALPHA)


def _palette(page: Any) -> np.ndarray:
    """Return the colours from 0 to 1.

    They have 16 bits. Colours of 8 bits stand in the upper byte, and writers disagree on the lower
    one; but a table without a value above 255 holds them in the lower, as libtiff supposes too.
    """
    colours = page.colormap
    if page.samplesperpixel != 1 or colours is None or colours.shape[1] < 2**page.bitspersample:
        raise ValueError("a palette without its colours")
    return (colours if colours.max() < 256 else colours >> 8).astype(np.float32) / np.float32(255)


def nodata_of(page: Any) -> np.generic | None:
    """Return the stored value that GDAL's tag calls missing; None without one.

    It is read from the tag itself: tifffile's attribute is 0 where there is no tag.
    """
    text = str(page.tags.valueof(_GDAL_NODATA)).strip("\0 ").replace(",", ".")
    try:
        value = int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        return None
    if page.dtype.kind == "f":
        with np.errstate(over="ignore"):
            stored = page.dtype.type(value)
        return stored if np.isfinite(stored) else None  # NaN needs no search
    lowest, highest = (0, 1) if page.dtype.kind == "b" else _limits(page.dtype)
    held = float(value).is_integer() and lowest <= value <= highest
    return page.dtype.type(int(value)) if held else None


def _limits(dtype: np.dtype) -> tuple[int, int]:
    limits = np.iinfo(dtype)
    return limits.min, limits.max


def shown(samples: np.ndarray, how: Samples) -> tuple[np.ndarray, float]:
    """Return ``(n, components, h, w)`` and the share of pixels that are not fully opaque."""
    if how.palette is not None:
        _look_up(samples, how.palette)
    elif how.photometric == WHITE_IS_ZERO and how.largest is not None:
        np.subtract(1, samples, out=samples)
    elif how.photometric == CMYK:
        _rgb_of_cmyk(samples)
    hidden, n = 0.0, samples.shape[0] * max(1, len(how.alpha))
    for image in samples:
        for plane in how.alpha:
            gaps = image[plane] < 1
            np.copyto(image, np.nan, where=gaps)
            hidden += float(gaps.mean()) / n
    black = (3,) if how.photometric == CMYK else ()
    kept = [i for i in range(samples.shape[1]) if i not in (*how.alpha, *black)]
    return _planes(samples, kept), hidden


def _look_up(samples: np.ndarray, palette: np.ndarray) -> None:
    """Replace the numbers of colours in the first plane by the colours in all three."""
    for image in samples:
        for row in image.swapaxes(0, 1):
            missing = np.isnan(row[0])
            row[:] = palette[:, np.where(missing, 0, row[0]).astype(np.intp)]
            row[:, missing] = np.nan


def _rgb_of_cmyk(samples: np.ndarray) -> None:
    """Replace cyan, magenta, yellow by (1 - ink)(1 - black)."""
    for image in samples:
        for row in image.swapaxes(0, 1):
            row[:3] = (1 - row[:3]) * (1 - row[3])


def _planes(samples: np.ndarray, kept: list[int]) -> np.ndarray:
    """Return the kept planes of every image, moved forward in the memory of all."""
    n, number, height, width = samples.shape
    if len(kept) == number:
        return samples
    rows = samples.reshape(n * number, height * width, copy=False)
    for new, old in enumerate(i * number + plane for i in range(n) for plane in kept):
        if new != old:
            rows[new] = rows[old]
    return rows[: n * len(kept)].reshape(n, len(kept), height, width)
