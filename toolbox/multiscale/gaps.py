"""Gaps in signals and images: samples that are missing become NaN, which then spreads by itself."""

import math
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import largest_magnitude


def items_with_gaps(x: Any, missing: Any, *, dim: int) -> np.ndarray:
    """Return ``(items, components, *space)`` with NaN where `missing`; None: nothing is missing.

    What stands in x under the mask does not matter; NaN and infinity elsewhere are refused.
    """
    if missing is None:
        return _items(x, dim=dim)
    checks.without_mask(x, "x", "an array whose gaps are marked by missing=")
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
        checks.refuse("missing", "samples left in every item", got, item=int(item))
    return np.where(mask, batch.dtype.type(np.nan), batch)


def varying_items(x: Any, missing: Any, *, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the items of `items_with_gaps`, none constant, and the largest magnitude of each."""
    if missing is None:
        from toolbox.kernels.cpu.magnitudes import magnitudes

        batch = checks.items_first(checks.floats(x, "x"), "x", dim=dim)
        fields = math.prod(batch.shape[:2])
        largest, varies = magnitudes(batch.reshape(fields, -1))
        if np.isfinite(largest).all() and varies.all():
            return batch, largest
    batch = items_with_gaps(x, missing, dim=dim)
    not_constant_beside_gaps(batch)
    return batch, largest_magnitude(batch, dim=dim).reshape(-1)


def one_mask(missing: Any, *, dim: int) -> Any:
    """Return the mask of the space that all items of a dask array share, if there is one."""
    if missing is not None and np.ndim(missing) != dim:
        wanted = f"one mask of {dim} axes, the space, for all items of a dask array"
        checks.refuse("missing", wanted, checks.describe_value(missing))
    return missing


def _items(x: Any, *, dim: int) -> np.ndarray:
    """Return the items without gaps; NaN is refused with the advice to mark it."""
    try:
        return checks.items(x, "x", dim=dim)
    except checks.InputError:
        array = _array(x)
        if array.dtype.kind == "f":
            _refuse_unmarked(array.size - np.count_nonzero(np.isfinite(array)), array.size)
        raise


def _refuse_unmarked(bad: int, size: int) -> None:
    if bad:
        wanted = "finite values only (missing= marks samples that are not there)"
        checks.refuse("x", wanted, f"{bad} of {size} that are NaN or infinite")


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
    checks.without_mask(missing, "missing", wanted)
    if mask.dtype.kind not in "biuf" or not np.isin(mask, (0, 1)).all():
        checks.refuse("missing", wanted, checks.describe_value(missing))
    if mask.ndim not in (dim, len(shape)):
        checks.refuse("missing", wanted, f"shape {mask.shape}")
    try:
        return np.broadcast_to(mask.astype(bool), shape)
    except ValueError:
        return checks.refuse("missing", wanted, f"shape {mask.shape}")


def not_constant_beside_gaps(batch: np.ndarray) -> None:
    """Refuse ``(items, components, *space)`` in which what is there of a component never varies."""
    if not np.isnan(batch.max()):
        checks.not_constant(batch, "x")
        return
    present = ~np.isnan(batch)
    first = present.reshape(*batch.shape[:2], -1).argmax(axis=-1)
    flat = batch.reshape(*batch.shape[:2], -1)
    level = np.take_along_axis(flat, first[..., None], axis=-1)
    checks.not_constant(np.where(np.isnan(flat), level, flat), "x")


def means_beside_gaps(x: np.ndarray, factor: int) -> np.ndarray:
    """Return the means of every `factor` samples that are there along the last axis, else NaN."""
    if factor == 1:
        return x
    groups = x[..., : x.shape[-1] // factor * factor]
    groups = groups.reshape(*x.shape[:-1], -1, factor)
    there = ~np.isnan(groups)
    number = there.sum(axis=-1)
    total = np.where(there, groups, 0).sum(axis=-1)
    return np.where(number, total / np.maximum(number, 1), np.nan).astype(x.dtype)
