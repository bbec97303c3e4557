"""Farthest first: each time the item farthest from all that are labelled or chosen (k-centre).

Distances come from float32 products; the few items that could be the farthest within rounding are
measured again in float64, so that the choice is that of exact arithmetic.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from toolbox.core.item_blocks import binary_exponent

SLACK = 32  # units of rounding of float32 in |x|^2 + |c|^2 - 2 x.c, generously
BLOCK = 2**25  # numbers of a product that are held at once
ROWS = 4096  # that are scaled at once, in a cache
LEADERS = 4096  # items whose distances are kept up at every choice


def farthest_first(
    features: np.ndarray, start: np.ndarray, batch: int, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the items chosen and weight times distance of each when it was chosen.

    `start` are those that count as chosen already; without any, the first is the item nearest to
    the mean. Items of weight 0 are never chosen.
    """
    x = _scaled(features)
    front = Front(x, weight)
    chosen, found = [], []
    if not len(start):
        chosen, found = [int(np.argmin(np.where(weight > 0, x.norms, np.inf)))], [0.0]
    centres = x.rows(np.concatenate([start, chosen]).astype(np.int64))
    front.add(np.concatenate([start, chosen]).astype(np.int64))
    while len(chosen) < batch:
        candidates = front.candidates()
        exact = _squared_distances(x.rows(candidates), centres).min(axis=1)
        values = weight[candidates] * np.sqrt(exact)
        item = candidates[values.argmax()]
        chosen.append(int(item))
        found.append(float(values.max()))
        front.add(item[None])
        centres = np.concatenate([centres, x.rows(item[None])])
    return np.array(chosen, dtype=np.int64), np.ldexp(np.array(found), x.exponent)


class Scaled(NamedTuple):
    """Items near 1 and about their mean: all in float32, any rows in float64."""

    features: np.ndarray
    exponent: int
    mean: np.ndarray
    fast: np.ndarray
    norms: np.ndarray

    def rows(self, items: np.ndarray) -> np.ndarray:
        """Return some items in float64."""
        return np.ldexp(self.features[items].astype(np.float64), -self.exponent) - self.mean


def _scaled(features: np.ndarray) -> Scaled:
    exponent = binary_exponent(features)
    blocks = [features[i : i + ROWS] for i in range(0, len(features), ROWS)]
    sums = [np.ldexp(block, -exponent).sum(axis=0, dtype=np.float64) for block in blocks]
    mean = np.sum(sums, axis=0) / len(features)
    fast = [(np.ldexp(block, -exponent) - mean).astype(np.float32) for block in blocks]
    joined = np.concatenate(fast)
    return Scaled(features, exponent, mean, joined, np.einsum("ij,ij->i", joined, joined))


class Front:
    """How far each item is from its nearest centre, kept up for the items that lead.

    That distance only falls when centres are added, so that an old one is a bound. New centres are
    compared with the leaders alone, and with all items once a bound exceeds the best leader.
    """

    def __init__(self, x: Scaled, weight: np.ndarray) -> None:
        share = np.square(weight / weight.max()).astype(np.float32)
        tiny = np.finfo(np.float32).tiny  # so that a very small weight still is one
        self.x, self.squared = x, np.where(weight > 0, np.maximum(share, tiny), np.float32(0))
        self.slack = SLACK * np.finfo(np.float32).eps * 4 * x.norms.max()
        self.nearest = np.full(len(weight), np.inf, dtype=np.float32)
        self.pending = np.zeros(0, dtype=np.int64)
        self.leaders, self.beyond = self.pending, np.inf
        self.fast, self.norms, self.current = x.fast[:0], x.norms[:0], self.nearest[:0]

    def add(self, centres: np.ndarray) -> None:
        """Take in further centres, which are never candidates again."""
        self.squared[centres] = 0
        self.pending = np.concatenate([self.pending, centres])
        if len(self.leaders):
            found = _nearest(self.fast, self.norms, self.x.fast[centres])
            np.minimum(self.current, found, out=self.current)

    def candidates(self) -> np.ndarray:
        """Return the items that may have the largest weight times distance, within rounding."""
        squared = self.squared[self.leaders]
        low = (squared * (self.current - self.slack)).max(initial=-np.inf, where=squared > 0)
        if not low > self.beyond:
            self._catch_up()
            squared = self.squared[self.leaders]
            low = (squared * (self.current - self.slack)).max(where=squared > 0, initial=-np.inf)
        return self.leaders[(squared > 0) & (squared * (self.current + self.slack) >= low)]

    def _catch_up(self) -> None:
        """Compare all items with all centres, and choose leaders anew."""
        late = _nearest(self.x.fast, self.x.norms, self.x.fast[self.pending])
        np.minimum(self.nearest, late, out=self.nearest)
        self.pending = self.pending[:0]
        bound = np.where(self.squared > 0, self.squared * (self.nearest + self.slack), -np.inf)
        low = (self.squared * (self.nearest - self.slack))[self.squared > 0].max()
        few = max(len(bound) - LEADERS, 0)
        lead = (bound >= min(low, np.partition(bound, few)[few])) & (self.squared > 0)
        self.leaders, self.beyond = np.flatnonzero(lead), bound.max(where=~lead, initial=-np.inf)
        self.fast, self.norms = self.x.fast[self.leaders], self.x.norms[self.leaders]
        self.current = self.nearest[self.leaders]


def farthest_first_between(
    distances: np.ndarray, start: np.ndarray, batch: int, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Do the same with a matrix of distances; without `start`, from the most central item."""
    chosen, found = [], []
    if len(start):
        nearest = distances[:, start].min(axis=1)
    else:
        central = np.where(weight > 0, distances.sum(axis=1), np.inf)
        chosen, found = [int(central.argmin())], [0.0]
        nearest = distances[:, chosen[0]].copy()
    while len(chosen) < batch:
        value = np.where(weight > 0, weight * nearest, -np.inf)
        value[chosen] = -np.inf
        chosen.append(int(value.argmax()))
        found.append(float(value[chosen[-1]]))
        nearest = np.minimum(nearest, distances[:, chosen[-1]])
    return np.array(chosen, dtype=np.int64), np.array(found)


def _nearest(fast: np.ndarray, norms: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the squared distance of each item to the nearest of some centres, in float32."""
    inner = (centres**2).sum(axis=1) / 2
    if len(centres) == 1:
        return norms - 2 * (fast @ centres[0] - inner[0])
    step = max(1, BLOCK // len(centres))
    blocks = [fast[i : i + step] @ centres.T - inner for i in range(0, len(fast), step)]
    return norms - 2 * np.concatenate([block.max(axis=1) for block in blocks])


def _squared_distances(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return |x - c|^2 in float64, centre by centre, without the cancellation of products."""
    return np.stack([((x - c) ** 2).sum(axis=1) for c in centres], axis=1)


Chooser = Callable[[np.ndarray, int, np.ndarray], tuple[np.ndarray, np.ndarray]]


def chooser(features: np.ndarray | None, distances: np.ndarray | None) -> Chooser:
    """Return farthest first as a function of (start, batch, weight), by what there is."""
    if distances is not None:
        return lambda start, batch, weight: farthest_first_between(distances, start, batch, weight)
    return lambda start, batch, weight: farthest_first(features, start, batch, weight)
