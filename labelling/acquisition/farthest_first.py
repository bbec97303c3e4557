"""Farthest first: each time the item farthest from all that are labelled or chosen (k-centre).

Distances to all items come from float32 products, as fast as memory is read; the few items that
could be the farthest within rounding are measured again in float64, so that the choice is that of
exact arithmetic.
"""

from collections.abc import Callable

import numpy as np

from toolbox.core.item_blocks import binary_exponent

SLACK = 32  # units of rounding of float32 in |x|^2 + |c|^2 - 2 x.c, generously
BLOCK = 2**25  # numbers of a product that are held at once


def farthest_first(
    features: np.ndarray, start: np.ndarray, batch: int, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the items chosen and weight times distance of each when it was chosen.

    `start` are those that count as chosen already; without any, the first is the item nearest to
    the mean. Items of weight 0 are never chosen.
    """
    exponent = binary_exponent(features)
    x = np.ldexp(features, -exponent)
    mean = x.mean(axis=0, dtype=np.float64)
    fast = (x - mean).astype(np.float32)
    norms = np.einsum("ij,ij->i", fast, fast)
    squared = (weight**2).astype(np.float32)
    chosen, found = [], []
    nearest = np.full(len(x), np.inf, dtype=np.float32)
    if len(start):
        nearest = _nearest(fast, norms, fast[start])
    else:
        centre = np.argmin(np.where(weight > 0, norms, np.inf))
        chosen, found = [int(centre)], [0.0]
        nearest = _nearest(fast, norms, fast[chosen])
    slack = SLACK * np.finfo(np.float32).eps * 4 * norms.max()
    while len(chosen) < batch:
        centres = x[np.concatenate([start, chosen]).astype(np.int64)] - mean
        candidates = _candidates(nearest, slack, squared, chosen)
        exact = _squared_distances(x[candidates] - mean, centres).min(axis=1)
        values = weight[candidates] * np.sqrt(exact)
        item, value = int(candidates[values.argmax()]), float(values.max())
        chosen.append(item)
        found.append(value)
        np.minimum(nearest, _nearest(fast, norms, fast[[item]]), out=nearest)
    return np.array(chosen, dtype=np.int64), np.ldexp(np.array(found), exponent)


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


def _candidates(
    nearest: np.ndarray, slack: float, squared: np.ndarray, chosen: list[int]
) -> np.ndarray:
    """Return the items that may have the largest weight times distance, within rounding."""
    value = squared * nearest
    value[chosen] = -np.inf
    value[squared <= 0] = -np.inf
    best = int(value.argmax())
    close = value >= value[best] - slack * (squared + squared[best])
    close[chosen] = False
    return np.flatnonzero(close & (squared > 0))


def _squared_distances(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return |x - c|^2 in float64, centre by centre, without the cancellation of products."""
    return np.stack([((x - c) ** 2).sum(axis=1) for c in centres], axis=1)


Chooser = Callable[[np.ndarray, int, np.ndarray], tuple[np.ndarray, np.ndarray]]


def chooser(features: np.ndarray | None, distances: np.ndarray | None) -> Chooser:
    """Return farthest first as a function of (start, batch, weight), by what there is."""
    if distances is not None:
        return lambda start, batch, weight: farthest_first_between(distances, start, batch, weight)
    return lambda start, batch, weight: farthest_first(features, start, batch, weight)
