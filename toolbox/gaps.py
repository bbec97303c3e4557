"""Gaps in signals and images: samples that are missing become NaN, which then spreads by itself."""

from typing import Any

import numpy as np

from toolbox import doors


def items_with_gaps(x: Any, missing: Any, *, dim: int) -> np.ndarray:
    """Return ``(items, components, *space)`` with NaN where `missing`; None: nothing is missing.

    What stands in x under the mask does not matter; NaN and infinity elsewhere are refused.
    """
    if missing is None:
        return _items(x, dim=dim)
    array = _array(x)
    known = np.isfinite(array) if array.dtype.kind == "f" else np.True_
    batch = _items(np.where(known, array, 0) if not np.all(known) else array, dim=dim)
    mask = _mask(missing, array.shape, dim=dim)
    _refuse_unmarked(np.count_nonzero(~known & ~mask), array.size)
    mask = mask.reshape(batch.shape)
    empty = np.argwhere(mask.reshape(*batch.shape[:2], -1).all(axis=-1))
    if len(empty):
        item, component = empty[0]
        got = f"nothing else in item {item} (component {component})"
        doors.refuse("missing", "samples left in every item", got)
    return np.where(mask, batch.dtype.type(np.nan), batch)


def _items(x: Any, *, dim: int) -> np.ndarray:
    """Return the items without gaps; NaN is refused with the advice to mark it."""
    try:
        return doors.items(x, "x", dim=dim)
    except doors.InputError:
        array = _array(x)
        if array.dtype.kind == "f":
            _refuse_unmarked(array.size - np.count_nonzero(np.isfinite(array)), array.size)
        raise


def _refuse_unmarked(bad: int, size: int) -> None:
    if bad:
        wanted = "finite values only (missing= marks samples that are not there)"
        doors.refuse("x", wanted, f"{bad} of {size} that are NaN or infinite")


def _array(x: Any) -> np.ndarray:
    """Return x as an array, an empty one of objects where it cannot be one."""
    try:
        return np.asarray(x)
    except (TypeError, ValueError, RuntimeError):
        return np.empty(0, dtype=object)


def _mask(missing: Any, shape: tuple[int, ...], *, dim: int) -> np.ndarray:
    """Return the mask in the shape of x."""
    mask = _array(missing)
    wanted = f"truth values of the shape of x, {shape}, or of its space"
    if mask.dtype.kind not in "biuf" or not np.isin(mask, (0, 1)).all():
        doors.refuse("missing", wanted, doors.describe_value(missing))
    if mask.ndim not in (dim, len(shape)):
        doors.refuse("missing", wanted, f"shape {mask.shape}")
    try:
        return np.broadcast_to(mask.astype(bool), shape)
    except ValueError:
        return doors.refuse("missing", wanted, f"shape {mask.shape}")
