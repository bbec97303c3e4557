"""The law of a family's statistic between two images of one law, simulated or seen."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f, gamma

from similarity.pairs.lookup_tables import UniformTable, tabulated

FEWEST = 20  # same pairs that a null is taken from: their mean is then known to a fifth, or better
P_NODES = 2**15  # linear between them, p-values above 1e-30 are right to a thousandth


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
    `FEWEST` pairs nothing is taken. Where the pairs spread more than the given shape says, the
    shape is theirs, so that p-values are rather too large than too small.
    """
    pairs = min(len(index), len(np.unique(index)) / 2)
    if pairs < FEWEST:
        return NullLaw(shape)
    mean = float(np.average(ratio, weights=weights))
    seen = gamma_shape(ratio / mean, weights)
    return NullLaw(min(shape, seen), mean=mean, pairs=float(pairs))


def gamma_shape(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the most likely shape of gamma variables of mean 1, to 1.5 % (Minka, 2002)."""
    logs = np.log(np.maximum(values, 1e-300))
    s = -np.average(logs, weights=weights)  # ln of the mean less the mean of ln
    return float((3 - s + np.sqrt((s - 3) ** 2 + 24 * s)) / (12 * max(s, 1e-12)))
