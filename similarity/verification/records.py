"""Evidence: log-odds that each pair of items is the same, with p-values."""

from typing import Any

import numpy as np

from toolbox.core.records import record


@record
class Evidence:
    """Evidence for each pair of n items.

    Attributes
    ----------
    matrix : array (n, n)
        Natural log-odds that the pair is the same texture; positive = same; symmetric, diagonal
        NaN. They include the prior share of same pairs (see `note`).
    p_values : array (n, n)
        Against "both are drawn from one law"; small = different. Never 0, but the smallest normal
        number where they are below it.
    statistics : array (n, n)
        The distance that the log-odds fall with, over its mean between two images of one law:
        about 1 for such pairs.
    family : str
    note : str
        What the log-odds and p-values rest on.
    share : float
        The share of same pairs whose log-odds are in `matrix`.
    directions : int
        In how many directions of the features the items differ beyond what images of one law do;
        0 = the family tells none of them apart.
    """

    matrix: np.ndarray
    p_values: np.ndarray
    statistics: np.ndarray
    family: str
    note: str
    share: float = 0.5
    directions: int = 1

    def plot(self) -> Any:
        """Return a matplotlib Figure of the matrix of log-odds."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 4), layout="constrained")
        axes = figure.subplots()
        bound = np.nanquantile(np.abs(self.matrix), 0.98)
        image = axes.imshow(self.matrix, cmap="RdBu_r", vmin=-bound, vmax=bound)
        axes.set(xlabel="item", ylabel="item", title=f"evidence: {self.family}")
        figure.colorbar(image, label="log-odds that the pair is the same")
        return figure


def symmetric(values: np.ndarray, upper: tuple, n: int, diagonal: float) -> np.ndarray:
    """Return the (n, n) matrix with the given upper triangle."""
    matrix = np.full((n, n), diagonal)
    matrix[upper] = values
    matrix.T[upper] = values
    return matrix
