"""A few rows of a GeoTIFF as they are stored, with what the file says of its bands."""

import re
from collections.abc import Iterator
from itertools import count, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import refuse
from toolbox.data.files.tiff import want_all_pages
from toolbox.data.files.tiff_colours import alpha_of, nodata_of
from toolbox.data.memory_limits import Room
from toolbox.data.readable_files import read_or_refuse

_GDAL_METADATA = 42112
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
# One of GDAL's items of a band: its place and role in any order, then the value.
_ITEM = re.compile(r"<Item\s+([^>]*)>([^<]*)</Item>")
_SAMPLE, _ROLE = re.compile(r'sample="(\d+)"'), re.compile(r'role="(\w+)"')


class Raster(NamedTuple):
    """What a file says of its bands, whose values stay in it."""

    file: str
    height: int
    width: int
    names: tuple[str, ...]  # empty where the file names none
    scales: tuple[float | None, ...]
    offsets: tuple[float | None, ...]
    kept: tuple[int, ...]  # the stored samples that are bands
    opacities: tuple[int, ...]  # those that the file says are alpha
    dtype: np.dtype  # of all samples together


class _Rows(NamedTuple):
    stored: np.ndarray  # (samples, rows, w)
    known: np.ndarray  # of the same shape


def raster_of(file: Path) -> Raster:
    """Return what a GeoTIFF holds; the pages of a file are bands, its reduced copies are not."""
    return read_or_refuse(lambda path, _: _described(path), file, Room())


def raster_rows(raster: Raster, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bands (B, stop - start, w) as stored, and where they have a value.

    Unknown are the file's value for no data, tiles that it leaves out, what alpha or a mask hides.
    """
    read = read_or_refuse(
        lambda path, _: _stored_rows(path, start, stop), Path(raster.file), Room()
    )
    known = read.known & np.isfinite(read.stored)
    whole = read.stored.dtype.kind in "iu"
    opaque = np.iinfo(read.stored.dtype).max if whole else 1
    for alpha in raster.opacities:
        known = known & (read.stored[alpha] == opaque)
    kept = list(raster.kept)
    return read.stored[kept], known[kept]


def _described(path: Path) -> Raster:
    import tifffile

    want_all_pages(path)
    with tifffile.TiffFile(path) as file:
        pages = _pages(file)
        sizes = {_size(page) for page in pages}
        if len(sizes) != 1:
            refuse("path", "pages of one size", f"{sorted(sizes)} in {str(path)!r}")
        numbers = [page.samplesperpixel for page in pages]
        alpha = tuple(
            sum(numbers[:i]) + k
            for i, page in enumerate(pages)
            for k in alpha_of(page.extrasamples, numbers[i])
        )
        text = pages[0].tags.valueof(_GDAL_METADATA) or ""
        dtype = np.result_type(*(page.dtype for page in pages))
    kept = tuple(k for k in range(sum(numbers)) if k not in alpha)
    told = _told(str(text))
    names = [told.get((k, "description"), "").strip() for k in kept]
    height, width = sizes.pop()
    return Raster(
        file=str(path),
        height=height,
        width=width,
        names=tuple(names) if all(names) else (),
        scales=tuple(_number(told.get((k, "scale"))) for k in kept),
        offsets=tuple(_number(told.get((k, "offset"))) for k in kept),
        kept=kept,
        opacities=alpha,
        dtype=dtype,
    )


def _pages(file: Any) -> list[Any]:
    pages = [page for page in file.pages if not page.subfiletype & (_REDUCED | _MASK)]
    if not pages or any(page.dtype is None or page.dtype.kind not in "buif" for page in pages):
        raise ValueError("a TIFF without an image of real numbers")
    sizes = [_size(page) for page in pages]
    if not all(isinstance(n, int) and n > 0 for size in sizes for n in size):
        raise ValueError(f"a damaged TIFF: images of {sizes} pixels")
    return pages


def _mask_of(file: Any, page: Any) -> Any:
    """Return the page of opacities that comes after a page and before the next image, or None."""
    for other in file.pages[page.index + 1 :]:
        if not other.subfiletype & (_REDUCED | _MASK):
            return None
        if not other.subfiletype & _REDUCED:
            return other
    return None


def _size(page: Any) -> tuple[int, int]:
    return tuple(page.shape[page.axes.index(axis)] for axis in "YX")


def _told(text: str) -> dict[tuple[int, str], str]:
    """Return what GDAL's metadata says of each band, by its place and role."""
    found = {}
    for attributes, value in _ITEM.findall(text):
        sample, role = _SAMPLE.search(attributes), _ROLE.search(attributes)
        if sample and role:
            found[int(sample[1]), role[1]] = value
    return found


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _stored_rows(path: Path, start: int, stop: int) -> _Rows:
    import tifffile

    stored, known = [], []
    with tifffile.TiffFile(path) as file:
        for page in _pages(file):
            rows = _page_rows(page, start, stop)
            nodata, mask = nodata_of(page), _mask_of(file, page)
            there = rows.known if nodata is None else rows.known & (rows.stored != nodata)
            if mask is not None:
                if _size(mask) != _size(page):
                    raise ValueError(f"a mask of {_size(mask)} pixels for {_size(page)}")
                there = there & (_page_rows(mask, start, stop).stored != 0)
            known.append(there)
            stored.append(rows.stored)
    return _Rows(np.concatenate(stored), np.concatenate(known))


def _page_rows(page: Any, start: int, stop: int) -> _Rows:
    """Decode the strips or tiles of a page that hold some of the rows, and no others."""
    width = _size(page)[1]
    layers = np.zeros((page.samplesperpixel, stop - start, width), page.dtype)
    known = np.zeros(layers.shape, bool)
    separate = page.planarconfig == 2 and len(layers) > 1
    for index, (plane, top, left), (tall, wide) in _segments(page):
        first, last = max(top, start), min(top + tall, stop)
        if first >= last:
            continue
        across = slice(left, left + wide)
        place = (slice(plane, plane + 1) if separate else slice(None), slice(first - start, None))
        block = _decoded(page, index)
        if block is None:
            continue
        block = block[: last - top, :wide].transpose(2, 0, 1)[:, first - top :]
        layers[place][:, : last - first, across] = block
        known[place][:, : last - first, across] = True
    return _Rows(layers, known)


def _segments(page: Any) -> Iterator[tuple[int, tuple[int, int, int], tuple[int, int]]]:
    """Yield the number of every strip or tile, its plane, row and column, and its size.

    They are numbered along the columns, then the rows, then the planes (TIFF 6.0, sections 3, 15).
    """
    height, width = _size(page)
    tall, wide = (
        (page.tilelength, page.tilewidth)
        if page.is_tiled
        else (min(page.rowsperstrip, height), width)
    )
    planes = page.samplesperpixel if page.planarconfig == 2 else 1
    rows, columns = range(0, height, tall), range(0, width, wide)
    number = count()
    if len(page.dataoffsets) != planes * len(rows) * len(columns):
        raise ValueError(f"{len(page.dataoffsets)} strips or tiles for {height} x {width} pixels")
    for plane, top, left in product(range(planes), rows, columns):
        yield next(number), (plane, top, left), (min(tall, height - top), min(wide, width - left))


def _decoded(page: Any, index: int) -> np.ndarray | None:
    """Return a strip or tile (h, w, samples); None where the file leaves it out."""
    offset, size = page.dataoffsets[index], page.databytecounts[index]
    if not size:  # GDAL leaves out tiles that hold no value
        return None
    handle = page.parent.filehandle
    if offset + size > handle.size:
        raise ValueError(f"a truncated file: {handle.size} bytes where {offset + size} are needed")
    decode = page.decode
    tables = {} if page.jpegtables is None else {"jpegtables": page.jpegtables}
    handle.seek(offset)  # only now: tifffile reads what it needs to decode JPEG when it is asked
    return decode(handle.read(size), index, **tables)[0][0]
