"""Load satellite time series with dates, clouds, classes and parcels, at once or in blocks."""

import os
from collections.abc import Iterator
from datetime import date
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.data.lazy_loading import BLOCK, blocks_of
from toolbox.data.memory_limits import Room
from toolbox.data.readable_files import existing, few
from toolbox.data.series.breizhcrops import breizhcrops_sources, index_of
from toolbox.data.series.pastis import METADATA, pastis_sources
from toolbox.data.series.raster_stacks import stack_sources
from toolbox.data.series.sources import Scaling, Source

_LAYOUTS = {
    "pastis": pastis_sources,
    "breizhcrops": breizhcrops_sources,
    "folder": stack_sources,
}


@record
class Series:
    """Satellite time series of a folder: n items, T dates, B bands.

    Attributes
    ----------
    values : ndarray, float32, shape (n, T, B); or a dask array
        Reflectances where clear, 0 elsewhere.
    dates : ndarray (T,) of int
        Days counted from 1 January of `year`, which is day 1; increasing. The dates of all items
        together, where they differ.
    clear : ndarray (n, T) of bool; or a dask array
        Where an item has a value in every band and no cloud is known.
    labels : ndarray (n,)
        Class of each item, as the folder calls it; empty where it tells none, or none of some
        sources (said in `note`).
    units : ndarray (n,) of str
        The parcel of each item, or the item itself.
    places : ndarray (n, 3) of int
        Of each item its source (a place in `sources`), row and column.
    sources : tuple of str
        The patches, parcels or the folder that the items are of.
    bands : tuple of str
        Names of the bands.
    year : int
        The year of the first date.
    note : str
        What was left out, and what was taken for granted.
    """

    values: Any
    dates: np.ndarray
    clear: Any
    labels: np.ndarray
    units: np.ndarray
    places: np.ndarray
    sources: tuple
    bands: tuple
    year: int
    note: str = ""


def load_series(
    path: str | os.PathLike,
    *,
    layout: str = "auto",
    scale: float | None = None,
    offset: float | None = None,
    nodata: float | None = None,
    largest: int | None = None,
    lazy: bool = False,
) -> Series:
    """Load satellite time series from a folder, cloudy and missing dates told apart from clear.

    Parameters
    ----------
    path : str or path
        A folder shaped as PASTIS (``metadata.geojson``, ``DATA_S2``, ``ANNOTATIONS``), as
        BreizhCrops (an index, and a table of each parcel in ``.npy`` files or one ``.h5`` file), or
        of GeoTIFF files with dates in their names: one a date, or one a band and date; those named
        SCL are Sentinel-2's scene classification; ``labels`` and ``parcels`` (.tif or .npy) say
        class and parcel of each pixel.
    layout : str
        "pastis", "breizhcrops", "folder", or "auto": what the folder looks like.
    scale, offset : float, optional
        A reflectance is ``scale * stored + offset``. By default what the files say (GDAL's tags);
        else 1/10000 and 0 for PASTIS and BreizhCrops, 1 and 0 for a folder. Sentinel-2's products
        since January 2022 want 1e-4 and -0.1.
    nodata : float, optional
        A stored value that means no data, besides that of GDAL's tag.
    largest : int, optional
        Bytes that the series may take; by default the memory that is free.
    lazy : bool
        `values` and `clear` become dask arrays, whose blocks are read where and when they are
        computed; items without a clear date stay. Needs the extra ``[cluster]``.

    Returns
    -------
    Series
        One item a pixel (PASTIS, folders) or a parcel (BreizhCrops); items that are never clear are
        left out. Where sources differ in their dates, the dates of all are joined, and an item is
        not clear on those it lacks: `classify_series` masks them.

    Raises
    ------
    InputError
        A name without a date, dates that do not increase, as many images as there are not dates,
        images that differ in size or bands, a file that cannot be read. Each names the file.
    ImportError
        For an ``.h5`` file without the extra ``[mat73]``.

    Notes
    -----
    Hidden of the scene classification: no data, saturated, shadows of clouds, clouds, cirrus, snow
    (0, 1, 3, 8, 9, 10, 11). Bands of a file are bands, an alpha channel only where it says so.
    Coarser rasters, such as the 20 m bands beside those of 10 m, are repeated to the finest grid.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np, tifffile
    >>> from toolbox import load_series
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for day in ("20190410", "20190510"):
    ...         file = pathlib.Path(folder) / f"S2_{day}.tif"
    ...         tifffile.imwrite(file, np.full((2, 3, 4), 1200, np.uint16), planarconfig="separate")
    ...     series = load_series(folder, scale=1e-4)
    >>> series.values.shape, series.dates.tolist(), series.year, float(series.values[0, 0, 0])
    ((12, 2, 2), [100, 130], 2019, 0.11999999731779099)
    """
    lazy, room = checks.flag(lazy, "lazy"), Room(largest)
    layout = checks.choice(layout, "layout", ("auto", *_LAYOUTS))
    numbers = {"scale": scale, "offset": offset, "nodata": nodata}
    scaling = Scaling(*(None if v is None else checks.number(v, k) for k, v in numbers.items()))
    folder = existing(path)
    if not folder.is_dir():
        refuse("path", "a folder of satellite series", repr(str(folder)))
    found = _LAYOUTS[_look(folder) if layout == "auto" else layout](folder, scaling)
    days = np.unique(np.concatenate([source.days for source in found.sources]))
    shape = (sum(source.items for source in found.sources), len(days), len(found.bands))
    year = date.fromordinal(int(days[0])).year
    if not lazy:
        stored = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        room.unfold(4 * prod(shape), stored, folder)
    read = _read_lazily if lazy else _read_whole
    values, clear = read(found.sources, days, shape)
    kept = slice(None) if lazy else clear.any(axis=1)
    notes = list(found.notes)
    if not lazy and not kept.all():
        notes.append(f"{int((~kept).sum())} items without a clear date are left out")
        if not kept.any():
            refuse("path", "an item with a clear date", f"none in {str(folder)!r}")
    labels = np.concatenate([source.labels for source in found.sources])
    without = [source.name for source in found.sources if not len(source.labels)]
    if len(labels) and without:
        notes.append(f"no labels, as {few(without)} of {len(found.sources)} have none")
    return Series(
        values=values[kept],
        dates=days - date(year, 1, 1).toordinal() + 1,
        clear=clear[kept],
        labels=labels[kept] if len(labels) == shape[0] else labels[:0],
        units=np.concatenate([source.units for source in found.sources])[kept],
        places=np.concatenate(list(_places(found.sources)))[kept],
        sources=tuple(source.name for source in found.sources),
        bands=found.bands,
        year=year,
        note="; ".join(notes),
    )


def _look(folder: Path) -> str:
    """Return the layout that a folder looks like."""
    if (folder / METADATA).exists():
        return "pastis"
    return "folder" if index_of(folder) is None else "breizhcrops"


def _read_whole(
    sources: list[Source], days: np.ndarray, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    values, clear = np.empty(shape, np.float32), np.empty(shape[:2], bool)
    first = 0
    for source, start, stop in _parts(sources, shape):
        block = slice(first, first + stop - start)
        values[block], clear[block] = _on_dates(source.read, source.days, days, start, stop)
        first += stop - start
    return values, clear


def _read_lazily(
    sources: list[Source], days: np.ndarray, shape: tuple[int, ...]
) -> tuple[Any, Any]:
    parts = list(_parts(sources, shape))
    reads = [partial(_on_dates, s.read, s.days, days, start, stop) for s, start, stop in parts]
    sizes = [stop - start for _, start, stop in parts]
    return blocks_of(reads, sizes, [(shape[1:], np.float32), (shape[1:2], bool)])


def _parts(sources: list[Source], shape: tuple[int, ...]) -> Iterator[tuple[Source, int, int]]:
    """Yield the blocks of items, whole rows of pixels where they are pixels."""
    together = max(1, BLOCK // (4 * shape[1] * shape[2]))
    for source in sources:
        size = max(1, together // source.width) * source.width
        for start in range(0, source.items, size):
            yield source, start, min(start + size, source.items)


def _on_dates(
    read: Any, own: np.ndarray, days: np.ndarray, start: int, stop: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return items on the dates of all; those of which a source has no image are not clear."""
    found, seen = read(start, stop)
    values = np.zeros((len(found), len(days), found.shape[2]), np.float32)
    clear = np.zeros(values.shape[:2], bool)
    at = np.searchsorted(days, own)
    values[:, at] = found * seen[..., None]
    clear[:, at] = seen
    return values, clear


def _places(sources: list[Source]) -> Iterator[np.ndarray]:
    for number, source in enumerate(sources):
        item = np.arange(source.items)
        yield np.stack([np.full(len(item), number), item // source.width, item % source.width], 1)
