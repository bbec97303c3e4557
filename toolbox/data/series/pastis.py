"""A folder shaped as PASTIS: patches of Sentinel-2 in NumPy's files, dates in a GeoJSON.

``metadata.geojson`` has a feature a patch, whose properties ``ID_PATCH`` and ``dates-S2`` (dates as
YYYYMMDD, by their place) tell what ``DATA_S2/S2_<id>.npy`` (T, B, h, w) shows;
``ANNOTATIONS/TARGET_<id>.npy`` holds the classes (in its first plane) and
``ANNOTATIONS/ParcelIDs_<id>.npy`` the parcels.

V. S. F. Garnot, L. Landrieu, "Panoptic segmentation of satellite image time series with
convolutional temporal attention networks", ICCV 2021.
"""

import json
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.checks import refuse
from toolbox.data.readable_files import few
from toolbox.data.series.sources import (
    REFLECTANCE,
    Numbers,
    Scaling,
    Source,
    Sources,
    array_of,
    ordinal_of_digits,
    reflectances,
    want_dates,
    want_increasing,
    want_one_scale,
)

METADATA = "metadata.geojson"
BANDS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")


def pastis_sources(folder: Path, scaling: Scaling) -> Sources:
    """Return the patches of a folder as sources of pixels."""
    told = _patches(folder / METADATA)
    patches = [_patch(folder, number, dates, scaling) for number, dates in told]
    if not patches:
        refuse("path", "at least one patch", f"none in {str(folder / METADATA)!r}")
    sources, arrays = zip(*patches, strict=True)
    numbers = sorted({array.shape[1] for array in arrays})
    if len(numbers) > 1:
        refuse("path", "patches of as many bands", f"{numbers} in {str(folder)!r}")
    number = numbers[0]
    held = (Numbers(a.dtype, told=False, file=str(a.filename)) for a in arrays)
    types = want_one_scale(held, scaling)
    bands = BANDS if number == len(BANDS) else tuple(f"band {b + 1}" for b in range(number))
    notes = [] if scaling.scale is not None else [f"stored numbers times {REFLECTANCE:g}"]
    notes += [types] * bool(types)
    alone = [s.name for s in sources if not _annotation_file(folder, "ParcelIDs", s.name).exists()]
    if 0 < len(alone) < len(sources):
        notes.append(f"no parcels of {few(alone)}: each of their pixels counts as its own")
    return Sources(list(sources), bands, notes)


def _patches(file: Path) -> list[tuple[int, list[Any]]]:
    """Return the number of each patch, and its dates in their order."""
    wanted = "features whose properties have ID_PATCH and dates-S2"
    try:
        features = json.loads(file.read_text(encoding="utf-8"))["features"]
        told = [feature["properties"] for feature in features]
        patches = [(int(one["ID_PATCH"]), _in_order(one["dates-S2"])) for one in told]
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        return refuse("path", wanted, f"{str(file)!r} ({type(error).__name__}: {error})")
    return sorted(patches, key=itemgetter(0))


def _in_order(dates: dict[str, Any] | list[Any]) -> list[Any]:
    """Return dates by their places, which they are told with or stand at."""
    if isinstance(dates, dict):
        return [dates[key] for key in sorted(dates, key=int)]
    return list(dates)


def _patch(
    folder: Path, number: int, dates: list[Any], scaling: Scaling
) -> tuple[Source, np.memmap]:
    """Return the pixels of a patch, and its array."""
    file = folder / "DATA_S2" / f"S2_{number}.npy"
    array = array_of(file)
    if array.ndim != 4 or array.size == 0:
        refuse("path", "a patch (dates, bands, h, w)", f"shape {array.shape} in {str(file)!r}")
    of = f"patch {number} of {METADATA}"
    days = want_increasing([ordinal_of_digits(one, of) for one in dates], of)
    want_dates(len(array), days, str(file))
    height, width = array.shape[2:]
    labels, parcels = (
        _annotation(_annotation_file(folder, name, str(number)), (height, width))
        for name in ("TARGET", "ParcelIDs")
    )
    own = np.arange(height * width) if parcels is None else parcels.reshape(-1)
    source = Source(
        name=str(number),
        days=days,
        items=height * width,
        read=partial(_pixels, str(file), scaling),
        labels=np.zeros(0, np.int64) if labels is None else labels.reshape(-1).astype(np.int64),
        units=np.array([f"{number}/{parcel}" for parcel in own]),
        width=width,
    )
    return source, array


def _annotation_file(folder: Path, name: str, number: str) -> Path:
    return folder / "ANNOTATIONS" / f"{name}_{number}.npy"


def _annotation(file: Path, space: tuple[int, int]) -> np.ndarray | None:
    """Return the classes or the parcels of a patch; of several planes the first."""
    if not file.exists():
        return None
    array = array_of(file)
    plane = array[0] if array.ndim == 3 else array
    if plane.shape != space:
        refuse("path", f"{space} pixels, as the patch", f"shape {array.shape} in {str(file)!r}")
    return np.asarray(plane)


def _pixels(file: str, scaling: Scaling, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    array = array_of(Path(file))
    flat = array.reshape(*array.shape[:2], -1)[:, :, start:stop]
    values, known = reflectances(np.moveaxis(np.array(flat), 2, 0), scaling, REFLECTANCE)
    return values, known.all(axis=2)
