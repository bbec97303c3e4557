"""The law of a simulated season: its means, what tells two classes apart, and the Bayes rule."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from toolbox.processes.satellite_series.crops import reflectance

REACH = 4.0  # standard deviations of the timing that the grid covers: 6e-5 lie outside
STEP = 0.5  # days: an eighth of the fastest change of a season
SHARES = (0.05, 0.15, 0.25, 0.35, 0.45)  # of a border's neighbour: midpoints from 0 to one half


@dataclass(frozen=True, kw_only=True)
class Law:
    """What a series is drawn from, once its class is known."""

    classes: tuple[str, ...]
    bands: tuple[str, ...]
    dates: np.ndarray
    noise: float
    jitter: float
    shift: float
    events: bool
    leak: float | None
    border: float

    @property
    def band_names(self) -> tuple[str, ...]:
        """Return the names of all bands, that of the leak last."""
        return self.bands if self.leak is None else (*self.bands, "leak")

    def mean(self, label: int, timing: np.ndarray) -> np.ndarray:
        """Return the mean (D, T, B) of a class at each of D timings."""
        days = self.dates - self.shift - timing[:, None]
        mean = reflectance(self.classes[label], days, self.bands, events=self.events)
        if self.leak is None:
            return mean
        column = np.full((*mean.shape[:2], 1), label * self.leak * self.noise)
        return np.concatenate([mean, column], axis=2)

    def separations(self) -> np.ndarray:
        """Return (C, C, T, B): squared differences of two means over the noise's variance."""
        timing, weights = timings(self.jitter)
        means = np.stack([self.mean(c, timing) for c in range(len(self.classes))])
        found = [[weights @ flat_squares(a - b) for b in means] for a in means]
        return np.reshape(found, (len(means), *means.shape[:1], *means.shape[2:])) / self.noise**2

    def posterior(self, values: np.ndarray, clear: np.ndarray) -> np.ndarray:
        """Return each class's probability (n, C) given the clear cells, all classes as likely."""
        from scipy.special import logsumexp, softmax

        seen = np.repeat(clear, values.shape[2], axis=1).astype(np.float64)
        x = values.reshape(len(values), -1) * seen
        columns = []
        for label in range(len(self.classes)):
            parts = [
                logsumexp(_log_likelihoods(x, seen, means, self.noise) + logs, axis=1)
                for means, logs in self._templates(label)
            ]
            columns.append(logsumexp(parts, axis=0))
        return softmax(np.stack(columns, axis=1), axis=1)

    def _templates(self, label: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield means (D, T B) of a class, pure or mixed, with the logarithms of their weights."""
        timing, weights = timings(self.jitter)
        own = self.mean(label, timing)
        logs = np.log(weights)
        yield own.reshape(len(own), -1), logs + np.log1p(-self.border)
        if not self.border:
            return
        others = [c for c in range(len(self.classes)) if c != label]
        logs = logs + np.log(self.border / len(SHARES) / len(others))
        for other in others:
            neighbour = self.mean(other, timing)
            for share in SHARES:
                mixed = (1 - share) * own + share * neighbour
                yield mixed.reshape(len(own), -1), logs


def timings(jitter: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a grid of timings in days, and their Gaussian weights, which sum to 1."""
    if jitter == 0:
        return np.zeros(1), np.ones(1)
    steps = int(np.ceil(REACH * jitter / STEP))
    grid = np.linspace(-REACH * jitter, REACH * jitter, 2 * steps + 1)
    weights = np.exp(-0.5 * (grid / jitter) ** 2)
    return grid, weights / weights.sum()


def flat_squares(values: np.ndarray) -> np.ndarray:
    """Return the squares of (D, T, B) as rows (D, T B)."""
    return (values**2).reshape(len(values), -1)


def _log_likelihoods(
    x: np.ndarray, seen: np.ndarray, means: np.ndarray, noise: float
) -> np.ndarray:
    """Return the Gaussian log-likelihood (n, D) of the seen cells, up to the item's constant."""
    cross = x @ means.T
    squares = seen @ (means**2).T
    return (cross - 0.5 * squares) / noise**2
