"""Series of two classes whose log-odds are a sum over cells: every Shapley value is known."""

from math import sqrt
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.streams import generator
from toolbox.processes.satellite_series.crops import SENTINEL2, reflectance
from toolbox.processes.satellite_series.phenology import Phenology

SEASON = 3.0  # height of the common season in standard deviations of the noise
JITTER = 6.0  # days: standard deviation of the common timing
DAYS = (60, 300)  # first and last date
SIGN_DRAWS = 256  # of which the most orthogonal is taken, so that all planted cells are of one size
CELL_DRAWS = 64  # of planted cells, where one of them is left with less than half the size of all


def additive_phenology(
    *,
    n: int,
    seed: int,
    dates: int = 24,
    bands: int = 6,
    planted: int = 8,
    amplitude: float = 1.0,
) -> Phenology:
    r"""Draw series of two classes in which few cells have a role, exactly known in every item.

    Parameters
    ----------
    n : int
        Number of items; item i is the same for any `n`. Classes 0 and 1 take turns.
    seed : int
        Fixes the planted cells and all draws: items of the same seed are of the same world.
    dates, bands : int
        T >= 2 dates from day 60 to day 300, and B bands of Sentinel-2, at most 10.
    planted : int
        How many of the T B cells differ between the classes, at least 2.
    amplitude : float
        Root mean square of the planted differences, in standard deviations of the noise.

    Returns
    -------
    Phenology
        Without clouds; `values` in standard deviations of the noise, `contributions` exact.

    Raises
    ------
    InputError
        More cells planted than there are.

    Notes
    -----
    Cell j of item i of class y is

    .. math:: x_{ij} = m_j + d_i q_j + (y - \tfrac12) a_j + e_{ij}:

    a season m common to both classes, its slope in time q with the item's timing d_i, Gaussian of
    variance s^2 and common to all cells, and independent noise e of variance 1. The planted a is
    orthogonal to q, so that the log-odds are a sum whatever the timing does, and of about one size
    (where one were below half of it, other cells are drawn):

    .. math:: a^T (I + s^2 q q^T)^{-1} (x - m) = \sum_j a_j (x_j - m_j).

    The Shapley value of a cell of a sum is its summand (Shapley, 1953), with the mean m as what
    stands for an absent cell.

    References
    ----------
    L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games 2 (1953) 307.

    Examples
    --------
    >>> from toolbox import additive_phenology
    >>> world = additive_phenology(n=6, planted=3, seed=0)
    >>> world.values.shape, int((world.truth[0, 1] > 0).sum())
    ((6, 24, 6), 3)
    >>> world.posterior[:, 1].round(2).tolist() == (
    ...     1 / (1 + np.exp(-world.contributions.sum((1, 2))))
    ... ).round(2).tolist()
    True
    """
    n, seed = checks.count(n, "n"), checks.seed(seed)
    dates = checks.count(dates, "dates", minimum=2)
    bands = checks.count(bands, "bands", maximum=len(SENTINEL2))
    planted = checks.count(planted, "planted", minimum=2, maximum=dates * bands)
    amplitude = checks.number(amplitude, "amplitude", above=0)
    days = np.linspace(*DAYS, dates).round().astype(int)
    names = SENTINEL2[:bands]
    season, slope = _season(days, names)
    difference = _planted(slope, planted, amplitude, seed)
    labels = np.arange(n) % 2
    noise = [_noise(slope, i, seed) for i in range(n)]
    apart = np.stack(noise) + (labels - 0.5)[:, None, None] * difference
    contributions = apart * difference
    odds = contributions.sum(axis=(1, 2))
    truth = np.zeros((2, 2, dates, bands))
    truth[0, 1] = truth[1, 0] = difference**2
    return Phenology(
        values=season + apart,
        dates=days,
        clear=np.ones((n, dates), bool),
        labels=labels,
        units=np.arange(n),
        classes=("0", "1"),
        bands=names,
        truth=truth,
        posterior=np.exp(-np.logaddexp(0, np.stack([odds, -odds], axis=1))),
        contributions=contributions,
        note=f"log-odds are a sum over {planted} planted cells of {dates * bands}",
    )


def _season(days: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the common season (T, B) and its slope a standard deviation of the timing."""

    def curve(when: np.ndarray) -> np.ndarray:
        return reflectance("winter wheat", when, names)

    scale = SEASON / np.ptp(curve(np.arange(1.0, 366.0)), axis=0)
    slope = -(curve(days + 0.5) - curve(days - 0.5)) * JITTER
    return curve(days * 1.0) * scale, slope * scale


def _planted(slope: np.ndarray, planted: int, amplitude: float, seed: int) -> np.ndarray:
    """Return the differences (T, B) on random cells, of about one size, orthogonal to the slope.

    A cell whose slope the others cannot make up for would be left with next to no difference: the
    cells are then drawn anew, and where none of the draws is better the best of them is taken.
    """
    rng = generator(seed, "additive_phenology", "world")
    best = _orthogonal(rng, slope.reshape(-1), planted)
    for _ in range(CELL_DRAWS - 1):
        if np.abs(best[1]).min() >= 0.5:
            break
        other = _orthogonal(rng, slope.reshape(-1), planted)
        best = max(best, other, key=lambda drawn: np.abs(drawn[1]).min())
    difference = np.zeros(slope.size)
    difference[best[0]] = amplitude * best[1]
    return difference.reshape(slope.shape)


def _orthogonal(
    rng: np.random.Generator, slope: np.ndarray, planted: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return random cells, and differences of root mean square 1 orthogonal to their slopes."""
    cells = rng.choice(slope.size, planted, replace=False)
    q = slope[cells]
    draws = rng.choice((-1.0, 1.0), (SIGN_DRAWS, planted))
    signs = draws[np.abs(draws @ q).argmin()]
    kept = signs - q * (q @ signs) / max(q @ q, np.finfo(float).tiny)
    return cells, kept * sqrt(planted) / np.linalg.norm(kept)


def _noise(slope: np.ndarray, item: int, seed: int) -> Any:
    rng = generator(seed, "additive_phenology", "item", item)
    return rng.standard_normal() * slope + rng.standard_normal(slope.shape)
