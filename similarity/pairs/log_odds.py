"""What a statistic says of a pair: p-values, log-odds, and tables that these are read from.

p-values under the law between two images of one law; log-odds by two-groups models.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import isotonic_regression
from scipy.special import gammaln
from scipy.stats import f, gamma

GRID = 400  # bins of the log-statistic, narrower than the kernel of a million pairs
TILT = 0.1  # log-odds a unit of log-statistic where the data say nothing: keeps the ranking
TIE = 1e-3  # the same where log-odds have a level, which it must not change
FEWEST_SEEN = (
    20  # same pairs that a null is taken from: their mean is then known to a fifth, or better
)
P_NODES = 2**15  # linear between them, p-values above 1e-30 are right to a thousandth


@dataclass(frozen=True)
class UniformTable:
    """Values at `start`, `start` + `step`, ...; linear in between, constant outside."""

    start: float
    step: float
    values: np.ndarray
    slopes: np.ndarray

    @property
    def stop(self) -> float:
        """Where the last value is."""
        return self.start + self.step * (len(self.values) - 1)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the function at x, in the precision of the table."""
        at = (x - self.start) * (1 / self.step)
        np.clip(at, 0, len(self.values) - 1, out=at)
        whole = at.astype(np.int32)
        at -= whole
        at *= self.slopes.take(whole)
        at += self.values.take(whole)
        return at


def uniform_table(
    start: float, stop: float, values: np.ndarray, *, dtype: np.dtype = np.float64
) -> UniformTable:
    """Return the table of values at equal steps from `start` to `stop`."""
    slopes = np.append(np.diff(values), 0.0)  # a step
    number = np.dtype(dtype).type
    return UniformTable(
        start=number(start),
        step=number((stop - start) / (len(values) - 1)),
        values=values.astype(dtype),
        slopes=slopes.astype(dtype),
    )


def tabulated(
    function: Callable[[np.ndarray], np.ndarray],
    start: float,
    stop: float,
    *,
    nodes: int,
    dtype: np.dtype,
) -> UniformTable:
    """Return the table of a function at equal steps from `start` to `stop`."""
    return uniform_table(start, stop, function(np.linspace(start, stop, nodes)), dtype=dtype)


@dataclass(frozen=True)
class NullLaw:
    """T is gamma distributed with a shape, its mean simulated or that of `pairs` same pairs.

    With the mean of m gamma variables T over it has Fisher's law of 2 shape and 2 m shape degrees
    of freedom; m is infinite for a simulated mean.
    """

    shape: float
    mean: float = 1.0
    pairs: float = np.inf

    def p_values(self, ratio: np.ndarray) -> np.ndarray:
        """Return P(T >= t) under one law, where t is over the simulated mean."""
        if np.isinf(self.pairs):
            return gamma.sf(ratio * self.shape, self.shape)
        degrees = 2 * self.shape * np.array([1, self.pairs])
        return f.sf(ratio / self.mean, *degrees)

    def p_table(self, *, dtype: np.dtype) -> UniformTable:
        """Return `p_values` by the logarithm of the ratio, down to 1e-300.

        Off by less than 1e-3 of themselves where p > 1e-30.
        """
        low, high = (self._reached(p) for p in (1 - 1e-7, 1e-300))

        def p_values(log_ratio: np.ndarray) -> np.ndarray:
            return self.p_values(np.exp(log_ratio))

        return tabulated(p_values, low, high, nodes=P_NODES, dtype=dtype)

    def _reached(self, p: float) -> float:
        """Return a logarithm of the ratio where the p-value is beyond p, seen from 1."""
        step = -1.0 if p > 0.5 else 1.0
        reached = step
        while (self.p_values(np.exp(reached)) - p) * step > 0:
            reached += step
        return reached


def above_zero(p_values: np.ndarray) -> np.ndarray:
    """Return p-values that underflow has not made 0: at least the smallest normal number."""
    return np.maximum(p_values, np.finfo(p_values.dtype).tiny)


def seen_null(
    shape: float, ratio: np.ndarray, index: np.ndarray, weights: np.ndarray | None = None
) -> NullLaw:
    """Return the null whose mean is that of pairs (m, 2) known to be the same.

    Pairs that share items tell less: they count as no more than half of their items. Of fewer than
    `FEWEST_SEEN` pairs nothing is taken. Where the pairs spread more than the given shape says, the
    shape is theirs, so that p-values are rather too large than too small.
    """
    pairs = min(len(index), len(np.unique(index)) / 2)
    if pairs < FEWEST_SEEN:
        return NullLaw(shape)
    mean = float(np.average(ratio, weights=weights))
    seen = gamma_shape(ratio / mean, weights)
    return NullLaw(min(shape, seen), mean=mean, pairs=float(pairs))


def gamma_shape(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the most likely shape of gamma variables of mean 1, to 1.5 % (Minka, 2002)."""
    logs = np.log(np.maximum(values, 1e-300))
    s = -np.average(logs, weights=weights)  # ln of the mean less the mean of ln
    return float((3 - s + np.sqrt((s - 3) ** 2 + 24 * s)) / (12 * max(s, 1e-12)))


def two_groups(log_ratio: np.ndarray, shape: float, *, n: int) -> tuple[UniformTable, float]:
    """Return log-odds by log-statistic without labels, and the estimated share of same pairs.

    Efron's local false discovery rate: P(same | u) = pi0 f0(u) / f(u), u the log-statistic, f0 its
    simulated null density, f the density of all pairs and pi0 = 2 #{p > 1/2} / #pairs (Storey,
    2002). All pairs rest on `n` items only: neither group is ruled out with more certainty than
    one in n. The result is made to fall as u grows.
    """
    pairs = len(log_ratio)
    # Pairs of one law have uniform p-values, others none above 1/2: those above are half of them.
    below = np.mean(log_ratio < np.log(gamma.isf(0.5, shape) / shape))
    share = float(np.clip(2 * below, 1 / pairs, 1 - 1 / pairs))
    width = _width(log_ratio, pairs)
    edges = _edges(log_ratio, width)
    grid, density = (edges[1:] + edges[:-1]) / 2, _density(log_ratio, edges, width)
    with np.errstate(under="ignore"):
        null = np.exp(shape * np.log(shape) - gammaln(shape) + shape * (grid - np.exp(grid)))
    return _falling_table(grid, density, null, share, doubt=1 / n, tilt=TILT), share


def two_groups_of_units(
    values: np.ndarray, alike: np.ndarray, weights: np.ndarray, share: float
) -> UniformTable:
    """Return log-odds by any statistic, its law between same pairs being that of `alike` ones.

    P(same | u) = share f1(u) / f(u), f the density of `values`, pairs that may be the same or not,
    f1 that of weighted pairs known to be the same: Bayes' rule, right whatever is not seen of what
    tells the others apart. Both densities have the same kernel, so that one part in the other stays
    one. The weights sum to the number of independent pairs: neither group is ruled out with more
    certainty than one in so many.
    """
    count = weights.sum()
    width = _width(alike, count, weights)
    edges = _edges(np.concatenate([values, alike]), width)
    grid, density = (edges[1:] + edges[:-1]) / 2, _density(values, edges, width)
    same = _density(alike, edges, width, weights)
    return _falling_table(grid, density, same, share, doubt=1 / count, tilt=TIE)


def share_of_same(values: np.ndarray, alike: np.ndarray, weights: np.ndarray) -> float:
    """Return the share of same pairs among `values`, twice that below the median of `alike` ones.

    Storey's (2002) pi0 at 1/2: an upper bound, near where different pairs seldom lie so low.
    """
    median = np.quantile(alike, 0.5, weights=weights, method="inverted_cdf")
    share = 2 * np.mean(values < median)
    return float(np.clip(share, 1 / len(values), 1 - 1 / (1 + weights.sum())))


def _falling_table(
    grid: np.ndarray,
    density: np.ndarray,
    same: np.ndarray,
    share: float,
    *,
    doubt: float,
    tilt: float,
) -> UniformTable:
    """Return log of share f1 / (f - share f1) as it falls along the grid (isotonic regression)."""
    alike = share * ((1 - doubt) * same + density * doubt)
    rest = np.maximum(density - alike, density * doubt)
    odds = np.log(alike) - np.log(rest)
    falling = isotonic_regression(odds, weights=density, increasing=False).x
    falling = falling - tilt * (grid - np.average(grid, weights=density))
    return uniform_table(grid[0], grid[-1], falling)


def _width(values: np.ndarray, count: float, weights: np.ndarray | None = None) -> float:
    """Return Silverman's width of a kernel for so many values."""
    middle = np.average(values, weights=weights)
    deviation = np.sqrt(np.average((values - middle) ** 2, weights=weights))
    method = "linear" if weights is None else "inverted_cdf"
    q1, q3 = np.quantile(values, [0.25, 0.75], weights=weights, method=method)
    return 0.9 * (min(deviation, (q3 - q1) / 1.34) or deviation or 1.0) * count**-0.2


def _edges(values: np.ndarray, width: float) -> np.ndarray:
    """Return the edges of `GRID` bins around values."""
    low, high = min(values.min(), -1.0) - 4 * width, max(values.max(), 1.0) + 4 * width
    return np.linspace(low, high, GRID + 1)


def _density(
    values: np.ndarray, edges: np.ndarray, width: float, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return a kernel estimate of the density in each bin; nowhere quite zero."""
    step = edges[1] - edges[0]
    counts = np.histogram(values, edges, weights=weights)[0]
    smooth = gaussian_filter1d(counts / (counts.sum() * step), width / step, mode="constant")
    # A millionth of a uniform density: where there are no pairs odds are 0 / 0 without it.
    return smooth + 1e-6 / (edges[-1] - edges[0])
