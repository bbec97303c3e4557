"""How far the roles of cells without a role spread, read from all cells."""

import numpy as np

FEWEST = 20  # distinct cells: the median of fewer says little of the rest


def null_scale(role: np.ndarray, spread: np.ndarray, members: int) -> float:
    """Return how wide role over sd spreads where there is no role, against Student's t; at most 1.

    The empirical null of Efron (2004): most cells have no role, so that half of abs(role / sd) lies
    below the median of the null. It is below 1 because the mean of members resampled errs less than
    a member does. With many active cells it is 1, and the test errs on the side of "no role".
    """
    from scipy.stats import t

    some = spread > 0
    known = np.abs(role[some] / spread[some])
    if len(np.unique(known.round(9))) < FEWEST:
        return 1.0
    return float(min(1.0, np.median(known) / t.ppf(0.75, members - 1)))


def shrinkage(role: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return each cell's factor, max(0, 1 - spread^2 / role^2) (James, Stein, 1961)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = 1 - (spread / role) ** 2
    return np.clip(np.where(role == 0, 0, kept), 0, 1)
