"""Evidence of each pair of items, and tables (n, n) of one number a pair as users hand them in."""

from typing import Any

import numpy as np

from toolbox.core.checks import real_array, refuse, without_mask
from toolbox.core.panels import panels
from toolbox.core.records import record

JUDGED, UNITS, NONE = "judged pairs", "units", "none"  # what sets the level of log-odds
NO_LEVEL = "matrix is NaN: scores rank pairs, but neither judged pairs nor units set their level"


@record
class Evidence:
    """Evidence for each pair of n items.

    Attributes
    ----------
    matrix : array (n, n)
        Natural log-odds that the pair is the same texture; positive = same; symmetric, diagonal
        NaN. They include the prior `share` of same pairs. All NaN where `level` is "none".
    p_values : array (n, n)
        Against "both are drawn from one law"; small = different. Never 0, but the smallest normal
        number where they are below it.
    statistics : array (n, n)
        The distance that the log-odds fall with, over its mean between two images of one law:
        about 1 for such pairs.
    scores : array (n, n)
        What to rank, retrieve and cluster by; higher = more alike. The log-odds, or, where `level`
        is "none", a score that orders pairs and whose own level means nothing.
    family : str
    note : str
        What the log-odds and p-values rest on.
    level : str
        What sets the level of the log-odds: "judged pairs", "units" or "none".
    units : array (n,)
        What was drawn independently; items of one unit are known to be the same.
    share : float
        The share of same pairs that `scores` hold: among judged pairs, or among pairs of two units;
        where `level` is "none" it is no estimate.
    directions : int
        In how many directions of the features the items differ beyond what images of one law do;
        0 = the family tells none of them apart.
    """

    matrix: np.ndarray
    p_values: np.ndarray
    statistics: np.ndarray
    scores: np.ndarray
    family: str
    note: str
    level: str
    units: np.ndarray
    share: float = 0.5
    directions: int = 1

    @staticmethod
    def with_fields_of_now(saved: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a saved record; version 0.1 kept neither scores, level nor units."""
        if "scores" in saved:
            return saved
        level = JUDGED if "judged pairs" in saved["note"] else NONE
        units = np.arange(len(saved["matrix"]))
        return {"scores": saved["matrix"], "level": level, "units": units} | saved

    def plot(self, ax: Any = None) -> Any:
        """Return a matplotlib Figure of the log-odds, or of the scores where there is no level."""
        figure, axes = panels(ax, size=(5, 4))
        bound = np.nanquantile(np.abs(self.scores), 0.98)
        image = axes.imshow(self.scores, cmap="RdBu_r", vmin=-bound, vmax=bound)
        axes.set(xlabel="item", ylabel="item", title=f"evidence: {self.family}")
        meaning = "score (higher = more alike; no log-odds)"
        if self.level != NONE:
            meaning = "log-odds that the pair is the same"
        figure.colorbar(image, ax=axes, label=meaning)
        return figure


def log_odds_table(evidence: Any, *, largest: int) -> np.ndarray:
    """Return float64 log-odds (n, n), symmetric with a diagonal of zeros, n from 2 to `largest`.

    Of an `Evidence` they are its scores, which may have no level.
    """
    given = evidence.scores if isinstance(evidence, Evidence) else evidence
    table = without_diagonal(given, "evidence")
    if table.ndim != 2:
        refuse("evidence", "an Evidence or an (n, n) table of log-odds", f"shape {table.shape}")
    if not 2 <= len(table) <= largest:
        refuse("evidence", f"2 to {largest} items", len(table))
    return table.astype(np.float64)


def without_diagonal(given: Any, argument: str) -> np.ndarray:
    """Return finite, symmetric (..., n, n) with zeros on the diagonal, where NaN may have been."""
    try:
        array = np.array(given)
    except (TypeError, ValueError, RuntimeError) as error:
        refuse(argument, "an (n, n) array", f"{type(given).__name__} ({error})")
    if array.ndim not in (2, 3) or array.shape[-1] != array.shape[-2]:
        refuse(argument, "a square (n, n) array", f"shape {array.shape}")
    without_mask(given, argument, "a square (n, n) array")
    every = np.arange(array.shape[-1])
    array[..., every, every] = 0
    array = real_array(array, argument)
    other = np.swapaxes(array, -1, -2)
    if not np.allclose(array, other, rtol=1e-5, atol=1e-6):
        refuse(argument, "a symmetric table", "different values for (i, j) and (j, i)")
    return (array + other) / 2


def symmetric(values: np.ndarray, upper: tuple, n: int, diagonal: float) -> np.ndarray:
    """Return the (n, n) matrix with the given upper triangle."""
    matrix = np.full((n, n), diagonal)
    matrix[upper] = values
    matrix.T[upper] = values
    return matrix
