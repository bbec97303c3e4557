"""Gaps in signals and images: samples that are missing become NaN, which then spreads by itself."""

from typing import Any

import numpy as np

from toolbox import doors
from toolbox.scaling_range import FEWEST, FEWEST_SCALES, FINEST, check_scales


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
        doors.refuse("missing", "samples left in every item", got, item=int(item))
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


def not_constant_beside_gaps(batch: np.ndarray) -> None:
    """Refuse ``(items, components, *space)`` in which what is there of a component never varies."""
    present = ~np.isnan(batch)
    if present.all():
        doors.not_constant(batch, "x")
        return
    first = present.reshape(*batch.shape[:2], -1).argmax(axis=-1)
    flat = batch.reshape(*batch.shape[:2], -1)
    level = np.take_along_axis(flat, first[..., None], axis=-1)
    doors.not_constant(np.where(np.isnan(flat), level, flat), "x")


def remaining_share(flat: np.ndarray, *, levels: int, wavelet: str, device: str) -> np.ndarray:
    """Return which share of the leaders of each item and scale no missing sample touches."""
    from toolbox.leaders import wavelet_leaders

    mask = np.isnan(flat)
    options = {"dim": flat.ndim - 1, "levels": levels, "wavelet": wavelet, "device": device}
    unique, member = np.unique(mask.reshape(len(mask), -1), axis=0, return_inverse=True)
    masks = unique.reshape(-1, *mask.shape[1:])
    share = wavelet_leaders(np.zeros(masks.shape), missing=masks, **options).share
    return share[member.reshape(-1)]


def scales_beside_gaps(
    scales: Any, remaining: np.ndarray, space: tuple[int, ...], *, length: int
) -> Any:
    """Return the scales, by default those at which every item keeps enough leaders.

    `remaining` (items, J) is how many leaders there are.
    """
    fewest = remaining.min(axis=0)
    if scales is None:
        enough = fewest >= FEWEST - 0.5
        last = len(enough) if enough.all() else int(np.argmin(enough))
        if last < FEWEST_SCALES:
            wanted = f"gaps that leave {FEWEST} leaders at {FEWEST_SCALES} scales"
            doors.refuse(
                "missing", wanted, f"{fewest[: last + 1].round().astype(int)} from scale 1"
            )
        return max(1, min(FINEST[len(space)], last - 2)), last
    first, last = check_scales(scales, space, length=length)
    for j in range(first, last + 1):
        if fewest[j - 1] < FEWEST - 0.5:
            item, left = int(remaining[:, j - 1].argmin()), round(float(fewest[j - 1]))
            wanted = f"gaps that leave {FEWEST} leaders at scale {j} (or scales up to {j - 1})"
            doors.refuse("missing", wanted, f"{left} in item {item}", item=item)
    return first, last
