"""Evidence: log-odds that each pair of items is the same, with p-values."""

from typing import Any

import numpy as np

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


def log_odds_or_nan(scores: np.ndarray, level: str) -> np.ndarray:
    """Return the scores where something sets their level, else a table of NaN (that takes no room).

    Read as log-odds, scores without a level had a log-loss of two to three times the base rate's.
    """
    if level != NONE:
        return scores
    return np.broadcast_to(np.array(np.nan, scores.dtype), scores.shape)


def symmetric(values: np.ndarray, upper: tuple, n: int, diagonal: float) -> np.ndarray:
    """Return the (n, n) matrix with the given upper triangle."""
    matrix = np.full((n, n), diagonal)
    matrix[upper] = values
    matrix.T[upper] = values
    return matrix
