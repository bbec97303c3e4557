"""A folder of GeoTIFF files, one or several a date, which their names tell.

Files of one date may hold all bands or one each (``..._B04_10m.tif``); one whose name says SCL is
the scene classification of Sentinel-2's surface product, which tells the clouds. ``labels.tif`` and
``parcels.tif`` (or ``.npy``) say class and parcel of each pixel.
"""

import re
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from toolbox.core.checks import refuse
from toolbox.data.series.raster_rows import Raster, raster_of, raster_rows
from toolbox.data.series.sources import (
    Numbers,
    Scaling,
    Source,
    Sources,
    array_of,
    ordinal,
    reflectances,
    want_increasing,
    want_one_scale,
)

SUFFIXES = (".tif", ".tiff")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")
_BAND = re.compile(r"(?<![A-Za-z0-9])B(\d{1,2}A?)(?![A-Za-z0-9])", re.IGNORECASE)
_CLASSES = re.compile(r"(?<![A-Za-z0-9])SCL(?![A-Za-z0-9])", re.IGNORECASE)
# Of the scene classification: no data, saturated, shadow of a cloud, clouds, cirrus, snow.
_HIDDEN = (0, 1, 3, 8, 9, 10, 11)


class _Date(NamedTuple):
    """The files of one date."""

    bands: tuple[Raster, ...]
    classes: Raster | None


def stack_sources(folder: Path, scaling: Scaling) -> Sources:
    """Return a folder of rasters as one source of pixels."""
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES)
    by_day: dict[int, list[Path]] = {}
    for file in files:
        if file.stem.lower() not in ("labels", "parcels"):
            by_day.setdefault(day_of(file), []).append(file)
    if not by_day:
        refuse("path", "GeoTIFF files with dates in their names", f"none in {str(folder)!r}")
    days = sorted(by_day)
    names, dates = zip(*(_of_date(by_day[day]) for day in days), strict=True)
    _want_alike(names, dates)
    types = [want_one_scale(band, scaling) for band in zip(*map(_numbers, dates), strict=True)]
    largest = max((r for d in dates for r in d.bands), key=lambda r: r.height)
    height, width = largest.height, largest.width
    for one in dates:
        for raster in (*one.bands, *[one.classes] * (one.classes is not None)):
            _enlargement(raster, height, width)
    labels, parcels = (_plane(folder, name, height, width) for name in ("labels", "parcels"))
    own = np.arange(height * width) if parcels is None else parcels
    source = Source(
        name=folder.name,
        days=want_increasing(days, str(folder)),
        items=height * width,
        read=partial(_pixels, dates, (height, width), scaling),
        labels=np.zeros(0, np.int64) if labels is None else labels,
        units=own.astype(np.str_),
        width=width,
    )
    return Sources([source], names[0], _notes(dates, scaling) + sorted({*types} - {""}))


def day_of(file: Path) -> int:
    """Return the day that a file's name tells: the first YYYYMMDD or YYYY-MM-DD in it."""
    for year, _, month, day in _DATE.findall(file.stem):
        found = ordinal(int(year), int(month), int(day))
        if found is not None:
            return found
    return refuse("path", "a date (YYYYMMDD or YYYY-MM-DD) in every name", repr(str(file)))


def _of_date(files: list[Path]) -> tuple[tuple[str, ...], _Date]:
    """Return the names of the bands of one date, and its rasters in that order."""
    classes = [file for file in files if _CLASSES.search(file.stem)]
    images = [file for file in files if file not in classes]
    day = date.fromordinal(day_of(files[0]))
    if len(classes) > 1 or not images:
        refuse("path", f"images of {day} and one SCL at most", f"{[f.name for f in files]}")
    rasters = [raster_of(file) for file in images]
    if len(images) == 1:
        only = rasters[0]
        names = only.names or tuple(f"band {b + 1}" for b in range(len(only.kept)))
    else:
        found = [_BAND.findall(file.stem) for file in images]
        bad = [
            f.name
            for f, n, r in zip(images, found, rasters, strict=True)
            if not n or len(r.kept) > 1
        ]
        names = tuple("B" + n[-1].upper().lstrip("0") for n in found if n)
        if bad or len(set(names)) < len(images):
            got = f"{bad[0] if bad else images[-1].name!r} among {len(images)} files"
            refuse("path", f"one file of {day}, or one a band with its name", got)
    return names, _Date(tuple(rasters), raster_of(classes[0]) if classes else None)


def _want_alike(names: tuple[tuple[str, ...], ...], dates: tuple[_Date, ...]) -> None:
    for own, one in zip(names, dates, strict=True):
        if own != names[0]:
            got = f"{', '.join(own)} in {one.bands[0].file!r}"
            refuse("path", f"the bands of the first date, {', '.join(names[0])}", got)


def _numbers(one: _Date) -> list[Numbers]:
    """Return what the numbers of each band of a date are."""
    return [Numbers(r.dtype, s is not None, r.file) for r in one.bands for s in r.scales]


def _enlargement(raster: Raster, height: int, width: int) -> int:
    """Return how many times a raster is coarser than the grid, each way."""
    times = height // raster.height
    if times < 1 or (raster.height * times, raster.width * times) != (height, width):
        got = f"{raster.height} x {raster.width} in {raster.file!r}"
        refuse("path", f"images of {height} x {width} pixels, or whole parts of it", got)
    return times


def _plane(folder: Path, name: str, height: int, width: int) -> np.ndarray | None:
    """Return the class or parcel of every pixel, where the folder tells them."""
    for file in (folder / (name + suffix) for suffix in (*SUFFIXES, ".npy")):
        if file.exists():
            array = array_of(file) if file.suffix == ".npy" else _whole(raster_of(file))
            if array.shape[-2:] != (height, width) or array.size != height * width:
                got = f"shape {array.shape} in {str(file)!r}"
                refuse("path", f"{height} x {width} pixels, as the images", got)
            return np.array(array).reshape(-1)
    return None


def _whole(raster: Raster) -> np.ndarray:
    return raster_rows(raster, 0, raster.height)[0]


def _notes(dates: tuple[_Date, ...], scaling: Scaling) -> list[str]:
    told = [s for one in dates for r in one.bands for s in r.scales]
    notes = (
        [] if any(one.classes for one in dates) else ["no SCL: every known value counts as clear"]
    )
    if scaling.scale is None and not any(s is not None for s in told):
        notes.append("no scale in the files: numbers as stored")
    return notes


def _pixels(
    dates: tuple[_Date, ...], space: tuple[int, int], scaling: Scaling, start: int, stop: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (m, T, B) and clear dates (m, T) of pixels in the order of the rows."""
    width = space[1]
    top, bottom = start // width, -(-stop // width)
    inside = slice(start - top * width, stop - top * width)
    values, clear = [], []
    for one in dates:
        bands = [_band_rows(raster, space, scaling, (top, bottom)) for raster in one.bands]
        known = np.concatenate([k for _, k in bands]).all(axis=0)
        if one.classes is not None:
            shown, told = _rows(one.classes, space, (top, bottom))
            known &= told[0] & ~np.isin(shown[0], _HIDDEN)
        joined = np.concatenate([v for v, _ in bands])
        values.append(joined.reshape(len(joined), -1)[:, inside])
        clear.append(known.reshape(-1)[inside])
    return np.stack(values).transpose(2, 0, 1), np.stack(clear, axis=1)


def _rows(
    raster: Raster, space: tuple[int, int], rows: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of the grid, of a coarser raster each pixel several times."""
    times = _enlargement(raster, *space)
    top, bottom = rows
    found = raster_rows(raster, top // times, -(-bottom // times))
    first = top - top // times * times
    return tuple(
        part.repeat(times, axis=1).repeat(times, axis=2)[:, first : first + bottom - top]
        for part in found
    )


def _band_rows(
    raster: Raster, space: tuple[int, int], scaling: Scaling, rows: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return reflectances (B, rows, w), and where they are known."""
    stored, known = _rows(raster, space, rows)
    values = []
    for band, scale, offset in zip(stored, raster.scales, raster.offsets, strict=True):
        own = Scaling(
            scale if scaling.scale is None else scaling.scale,
            offset if scaling.offset is None else scaling.offset,
            scaling.nodata,
        )
        values.append(reflectances(band, own, 1.0))
    found = np.stack([k for _, k in values]) & known
    return np.where(found, np.stack([v for v, _ in values]), 0), found
