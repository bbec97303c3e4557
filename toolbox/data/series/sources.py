"""What every layout of files is turned into: sources of items, each with dates of its own."""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import InputError, refuse

REFLECTANCE = 1e-4  # Sentinel-2's products count ten thousandths


class Scaling(NamedTuple):
    """How stored numbers become reflectances; None where the files are to say it."""

    scale: float | None
    offset: float | None
    nodata: float | None


class Source(NamedTuple):
    """Items on the same dates: a patch, a parcel, or the pixels of a folder of rasters."""

    name: str
    days: np.ndarray  # (t,) proleptic ordinals, increasing
    items: int
    read: Callable[[int, int], tuple[np.ndarray, np.ndarray]]  # values (m, t, B) and clear (m, t)
    labels: np.ndarray  # (items,), or empty
    units: np.ndarray  # (items,) of str
    width: int  # pixels of a row; 1 where items are no pixels


class Sources(NamedTuple):
    """All sources of a folder, their bands, and what is to be said of them."""

    sources: list[Source]
    bands: tuple[str, ...]
    notes: list[str]


def ordinal(year: int, month: int, day: int) -> int | None:
    """Return the number of a day from 1 January of the year 1; None where there is no such day."""
    try:
        return date(year, month, day).toordinal()
    except ValueError:
        return None


def ordinal_of_digits(digits: Any, source: str) -> int:
    """Return the day of a date written as YYYYMMDD."""
    text = str(digits)
    found = None
    if len(text) == 8 and text.isdigit():
        found = ordinal(int(text[:4]), int(text[4:6]), int(text[6:]))
    if found is None:
        refuse("path", "dates as YYYYMMDD", f"{text!r} in {source!r}")
    return found


def want_increasing(days: np.ndarray, source: str) -> np.ndarray:
    """Refuse days of which one is not later than the one before."""
    days = np.asarray(days, dtype=np.int64)
    late = np.flatnonzero(np.diff(days) <= 0)
    if len(late):
        before, after = (date.fromordinal(int(days[late[0] + k])) for k in (0, 1))
        refuse("path", "dates that increase", f"{after} after {before} in {source!r}")
    return days


def want_dates(length: int, days: np.ndarray, source: str) -> None:
    """Refuse a series that has not one date for each of its images."""
    if length != len(days):
        refuse("path", f"a series of {len(days)} dates, as told", f"{length} dates in {source!r}")


class Numbers(NamedTuple):
    """What numbers a file holds."""

    dtype: np.dtype
    told: bool  # whether the file tells their scale
    file: str


def want_one_scale(found: Iterable[Numbers], scaling: Scaling) -> str:
    """Refuse files of which some hold whole numbers that wait for a scale, and others do not.

    Fractions are taken for reflectances, as are whole numbers with a scale of their own. Whole
    numbers of several types may be of one scale or not: that they are there is returned.
    """
    raw, ready = {}, None
    for one in found:
        if one.dtype.kind == "f" or (one.told and scaling.scale is None):
            ready = ready or one
        else:
            raw.setdefault(one.dtype, one)
    if raw and ready is not None:
        first = next(iter(raw.values()))
        said = "with a scale" if ready.dtype.kind != "f" else "fractions"
        got = f"whole numbers without a scale in {first.file!r}, {said} in {ready.file!r}"
        refuse("path", "numbers of one scale in all files", f"{got}: convert one")
    listed = ", ".join(f"{dtype} in {Path(one.file).name!r}" for dtype, one in raw.items())
    return f"whole numbers of several types, taken as of one scale: {listed}" * (len(raw) > 1)


def array_of(file: Path) -> np.ndarray:
    """Return an array of NumPy without reading its values; a refusal names the file."""
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # whatever a damaged header raises
        said = (str(error).splitlines() or ["nothing said"])[0]
        got = f"{str(file)!r} ({type(error).__name__}: {said})"
        raise InputError(f"path: wanted a readable .npy file, got {got}") from error


def reflectances(
    stored: np.ndarray, scaling: Scaling, default: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return ``scale * stored + offset`` in float32 (0 where unknown), and where it is known."""
    known = np.isfinite(stored)
    if scaling.nodata is not None:
        known &= stored != scaling.nodata
    scale = default if scaling.scale is None else scaling.scale
    values = np.where(known, stored, 0).astype(np.float64) * scale + (scaling.offset or 0.0)
    return np.where(known, values, 0).astype(np.float32), known
