"""Whole tiles of satellite series: every pixel an item, and a parcel's pixels vote together."""

from collections.abc import Callable
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.records import is_record
from toolbox.processes.satellite_series.series_parts import clear_or_all
from toolbox.resampling.redrawn_units import unit_means

Votes = Callable[[np.ndarray, np.ndarray], np.ndarray]


def is_tile(series: Any) -> bool:
    """Say whether an array of series has rows and columns."""
    if is_record(series):
        return False
    try:
        return np.ndim(series) == 5
    except (TypeError, ValueError):  # ragged lists: refused where they are read as series
        return False


def tile_votes(votes: Votes, tiles: Any, *, clear: Any, units: Any) -> np.ndarray:
    """Return the votes (R, n, C, h, w) of tiles (n, T, B, h, w).

    ``votes(values, clear)`` tells those (R, pixels, C) of series (pixels, T, B). What is never
    clear has its parcel's mean.
    """
    tiles = np.asarray(tiles)
    if tiles.size == 0:
        checks.refuse("series", "tiles (n, dates, bands, h, w)", f"shape {tiles.shape}")
    n, t, _, h, w = tiles.shape
    seen = clear_or_all(clear, (n, t, h, w), of="a date and pixel of every tile")
    values = np.moveaxis(tiles, (3, 4), (1, 2)).reshape(n * h * w, t, -1)
    seen = np.moveaxis(seen, 1, 3).reshape(n * h * w, t)
    known = seen.any(axis=1)
    own = _parcels(units, (n, h, w))
    _refuse_unseen(known, own, (h, w))
    found = votes(values[known], seen[known])
    if units is not None:
        found = parcel_means(found, own[known])[:, own]
    return np.moveaxis(found.reshape(len(found), n, h, w, -1), 4, 2)


def parcel_means(votes: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the mean votes (R, U, C) of each parcel, by the number of each item's parcel."""
    return unit_means(votes.swapaxes(0, 1), own).swapaxes(0, 1)


def _parcels(units: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return the number of each pixel's parcel."""
    number = int(np.prod(shape))
    if units is None:
        return np.arange(number)
    labels = np.asarray(units)
    if labels.shape != shape:
        wanted = f"the parcel of every pixel of every tile, {shape}"
        checks.refuse("units", wanted, f"shape {labels.shape}")
    flat = checks.labels(labels.reshape(-1), "units", length=number)
    return np.unique(flat, return_inverse=True)[1]


def _refuse_unseen(known: np.ndarray, own: np.ndarray, space: tuple[int, int]) -> None:
    blind = np.bincount(own[known], minlength=own.max() + 1) == 0
    if blind.any():
        pixel = int(np.argmax(blind[own]))
        tile, row, column = np.unravel_index(pixel, (len(own) // (space[0] * space[1]), *space))
        got = f"none at row {row}, column {column} of tile {tile}"
        checks.refuse("clear", "a clear date for every pixel, or for one of its parcel", got)
