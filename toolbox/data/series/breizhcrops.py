"""A folder shaped as BreizhCrops: a table of parcels, and a small table (dates, columns) of each.

The index is a ``.csv`` (or ``.json``: a list of objects) with ``path``, ``CODE_CULTU`` and ``id``;
the parcel's table is the data set `path` of the ``.h5`` file of the index' name, or the ``.npy``
file at `path`. Its columns are those of the top-of-atmosphere product (17) or of the surface
reflectances (14). ``classmapping.csv`` or ``.json`` (code, id, classname) joins codes to classes.

M. Russwurm, C. Pelletier, M. Zollner, S. Lefevre, M. Korner, "BreizhCrops: a time series dataset
for crop type mapping", ISPRS Archives XLIII-B2 (2020) 1545.
"""

import csv
import json
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.checks import InputError, refuse
from toolbox.data.series.sources import (
    REFLECTANCE,
    Numbers,
    Scaling,
    Source,
    Sources,
    array_of,
    ordinal_of_digits,
    reflectances,
    want_increasing,
    want_one_scale,
)

_TOP = "B1 B10 B11 B12 B2 B3 B4 B5 B6 B7 B8 B8A B9 QA10 QA20 QA60 doa".split()
_SURFACE = "doa B2 B3 B4 B5 B6 B7 B8 B8A B11 B12 CLD EDG SAT".split()
_COLUMNS = {len(columns): columns for columns in (_TOP, _SURFACE)}
_HIDING = ("QA60", "CLD", "EDG", "SAT")  # not 0: cloud, edge of the swath, saturated
_CODE = "CODE_CULTU"
_LARGEST = 10**7  # numbers of a parcel's table, a thousand times the usual
_MAPPING = "classmapping"


def breizhcrops_sources(folder: Path, scaling: Scaling) -> Sources:
    """Return every parcel of a folder as a source of one item."""
    index = index_of(folder)
    if index is None:
        refuse("path", "an index (.csv or .json) with path and " + _CODE, repr(str(folder)))
    classes = _classes(folder)
    rows = [row for row in _rows(index) if not classes or row.get(_CODE) in classes]
    if not rows:
        refuse("path", "parcels of known classes", f"none in {str(index)!r}")
    tables = index.with_suffix(".h5")
    read = partial(_hdf5_table, str(tables)) if tables.exists() else _numpy_table
    within = f" of {tables}" if tables.exists() else ""
    sources, seen, numbers = [], set(), []
    for row in rows:
        where = str(row["path"])
        where = where if tables.exists() else str((folder / where).with_suffix(".npy"))
        table = read(where)
        columns = _columns(table, where + within)
        seen.add(tuple(columns))
        numbers.append(Numbers(table.dtype, told=False, file=where))
        sources.append(_parcel(row, read, where, table, columns, classes, scaling))
    if len(seen) > 1:
        refuse("path", "parcels of the same columns", f"several kinds in {str(folder)!r}")
    notes = [] if scaling.scale is not None else [f"stored numbers times {REFLECTANCE:g}"]
    notes += filter(None, [want_one_scale(numbers, scaling)])
    return Sources(sources, tuple(c for c in seen.pop() if c[0] == "B"), notes)


def index_of(folder: Path) -> Path | None:
    """Return the index of a folder: the first table with paths and codes of crops."""
    for file in sorted(folder.glob("*.csv")) + sorted(folder.glob("*.json")):
        if file.stem not in (_MAPPING, "codes"):
            first = next(iter(_rows(file, checked=False)), {})
            if isinstance(first, dict) and {"path", _CODE} <= set(first):
                return file
    return None


def _rows(file: Path, *, checked: bool = True) -> list[dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
        rows = (
            json.loads(text) if file.suffix == ".json" else list(csv.DictReader(text.splitlines()))
        )
    except (OSError, ValueError) as error:
        if not checked:
            return []
        refuse("path", "a readable table", f"{str(file)!r} ({type(error).__name__}: {error})")
    if isinstance(rows, list):
        return rows
    return refuse("path", "a list of parcels", repr(str(file))) if checked else []


def _classes(folder: Path) -> dict[str, str]:
    """Return the name of each crop's class, where the folder has a mapping."""
    files = [folder / (_MAPPING + suffix) for suffix in (".csv", ".json")]
    rows = [row for file in files if file.exists() for row in _rows(file)]
    try:
        return {str(row["code"]): str(row["classname"]) for row in rows}
    except KeyError as error:
        return refuse("path", f"{_MAPPING} with code and classname", f"no column {error}")


def _parcel(
    row: dict[str, Any],
    read: Any,
    where: str,
    table: np.ndarray,
    columns: list[str],
    classes: dict[str, str],
    scaling: Scaling,
) -> Source:
    days = [_ordinal(when, where) for when in table[:, columns.index("doa")]]
    name = str(row.get("id") or where)
    label = str(row[_CODE])
    return Source(
        name=name,
        days=want_increasing(days, where),
        items=1,
        read=partial(_values, read, where, columns, scaling),
        labels=np.array([classes.get(label, label)]),
        units=np.array([name]),
        width=1,
    )


def _columns(table: np.ndarray, where: str) -> list[str]:
    if table.ndim != 2 or table.shape[1] not in _COLUMNS or len(table) == 0:
        wanted = f"a table (dates, columns) of {len(_TOP)} or {len(_SURFACE)} columns"
        refuse("path", wanted, f"shape {table.shape} in {where!r}")
    return _COLUMNS[table.shape[1]]


def _ordinal(when: float, where: str) -> int:
    """Return the day of a date in nanoseconds since 1970, or written as YYYYMMDD."""
    if not 0 < when < 2.0**63:
        refuse("path", "dates as YYYYMMDD or nanoseconds since 1970", f"{when:g} in {where!r}")
    if when < 1e9:
        return ordinal_of_digits(int(when), where)
    moment = datetime.fromtimestamp(float(when) / 1e9, tz=UTC)
    return date(moment.year, moment.month, moment.day).toordinal()


def _values(
    read: Any, where: str, columns: list[str], scaling: Scaling, start: int, stop: int
) -> tuple[np.ndarray, np.ndarray]:
    table = read(where)
    bands = [i for i, name in enumerate(columns) if name[0] == "B"]
    hiding = [i for i, name in enumerate(columns) if name in _HIDING]
    values, known = reflectances(table[:, bands].astype(np.float64), scaling, REFLECTANCE)
    clear = known.all(axis=1) & (table[:, hiding] == 0).all(axis=1)
    return values[None][start:stop], clear[None][start:stop]


def _numpy_table(where: str) -> np.ndarray:
    return array_of(Path(where))


def _hdf5_table(tables: str, where: str) -> np.ndarray:
    try:
        import h5py
    except ImportError as error:
        raise ImportError("an .h5 file needs an extra: pip install 'grainwise[mat73]'") from error
    try:
        with h5py.File(tables, "r") as file:
            if file[where].size > _LARGEST:
                raise ValueError(f"a table of {file[where].shape}")
            return file[where][()]
    except Exception as error:  # whatever a damaged file raises
        raise InputError(f"path: wanted {where!r} in {tables!r}, got {error}") from error
