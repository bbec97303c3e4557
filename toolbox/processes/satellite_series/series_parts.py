"""Time series with dates and clouds: what every function takes that reads them."""

from typing import Any, NamedTuple

import numpy as np

from toolbox.core import checks
from toolbox.core.records import is_record


class SeriesParts(NamedTuple):
    """Checked series: n items, T dates, B bands."""

    values: np.ndarray  # (n, T, B); cloudy cells are 0
    clear: np.ndarray  # (n, T) of bool
    dates: np.ndarray  # (T,) of int


def series_parts(series: Any, *, clear: Any = None, dates: Any = None) -> SeriesParts:
    """Return the values, the clear dates and the dates of series, or of a record that holds them.

    What is cloudy may be NaN. Without `clear` every date is, without dates neither here nor in the
    record they are 0, 5, 10, ...
    """
    values = _values(part_of(series, "values", series))
    n, t = values.shape[:2]
    clear = _clear(part_of(series, "clear") if clear is None else clear, (n, t))
    dates = part_of(series, "dates") if dates is None else dates
    days = increasing_days(5 * np.arange(t) if dates is None else dates)
    if len(days) != t:
        checks.refuse("dates", f"{t} dates, one for each of the series", f"{len(days)}")
    seen = np.where(clear[..., None], values, 0)
    bad = np.argwhere(~np.isfinite(seen).all(axis=(1, 2)))
    if len(bad):
        got = f"NaN or infinity in item {bad[0, 0]}"
        checks.refuse("series", "finite values on clear dates", got, item=int(bad[0, 0]))
    return SeriesParts(values=seen, clear=clear, dates=days)


def part_of(series: Any, name: str, otherwise: Any = None) -> Any:
    """Return a field of a record of series; an array or a list has none, whatever its methods."""
    return getattr(series, name, otherwise) if is_record(series) else otherwise


def increasing_days(dates: Any, argument: str = "dates") -> np.ndarray:
    """Return days as whole numbers, each later than the one before."""
    days = checks.real_array(dates, argument, ndim=1)
    if (np.diff(days) <= 0).any():
        at = int(np.argmax(np.diff(days) <= 0))
        got = f"{days[at + 1]:g} after {days[at]:g}"
        checks.refuse(argument, "days that increase", got)
    if (days != np.round(days)).any():
        checks.refuse(argument, "whole days", "fractions of a day")
    return days.astype(np.int64)


def _values(given: Any) -> np.ndarray:
    wanted = "an array (items, dates, bands) of real numbers"
    try:
        values = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        checks.refuse("series", wanted, f"{type(given).__name__} ({error})")
    checks.without_mask(given, "series", wanted)
    if values.dtype.kind not in "iufb":
        checks.refuse("series", wanted, checks.describe_value(given))
    if values.ndim != 3 or values.size == 0:
        checks.refuse("series", wanted, f"shape {values.shape}")
    if values.dtype.kind != "f":
        return values.astype(checks.float_type(values, "series"))
    return values


def clear_or_all(given: Any, shape: tuple[int, ...], *, of: str) -> np.ndarray:
    """Return which dates are clear, by truth values of this shape; all where none are given."""
    if given is None:
        return np.ones(shape, bool)
    wanted = f"one truth value {of}, {shape}"
    array = checks.real_array(given, "clear")
    if array.shape != shape:
        checks.refuse("clear", wanted, f"shape {array.shape}")
    if not np.isin(array, (0, 1)).all():
        checks.refuse("clear", wanted, "numbers other than 0 and 1")
    return array.astype(bool)


def _clear(given: Any, shape: tuple[int, int]) -> np.ndarray:
    seen = clear_or_all(given, shape, of="an item and date")
    blind = np.flatnonzero(~seen.any(axis=1))
    if len(blind):
        checks.refuse("clear", "a clear date for every item", f"none for item {blind[0]}")
    return seen
