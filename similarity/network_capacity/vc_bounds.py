"""Bounds of the VC dimension of fully connected ReLU networks, and what they promise."""

from itertools import pairwise

import numpy as np

CONFIDENCE = 0.95


def vc_interval(widths: tuple[int, ...]) -> tuple[float, float]:
    """Return bounds of the VC dimension of widths (inputs, hidden, ..., 1), ReLU between.

    Lower: one unit a layer already makes every half-space, hence inputs + 1. Upper: the number of
    ways in which m points can be labelled is at most prod_i 2 (2 e m i k_i / W_i)^{W_i}, k_i units
    in layer i, W_i parameters up to it, since the units of layer i are polynomials of degree i in
    those parameters on each cell of the layers before, and Warren's (1968) lemma counts the signs
    of polynomials: the argument of Bartlett, Harvey, Liaw & Mehrabian (2019), whose closed form
    of order (depth x parameters x log parameters) is larger. The bound is the largest m for which
    this is no less than 2^m, and at least the number of parameters, above which it holds.
    """
    inputs, layers = widths[0], list(pairwise(widths))
    if len(layers) == 1:
        return inputs + 1.0, inputs + 1.0
    up_to = np.cumsum([(a + 1) * b for a, b in layers])
    units = np.array(widths[1:], dtype=float)
    depth = np.arange(1, len(layers) + 1)

    def spare(m: float) -> float:
        logs = 1 + up_to * np.log2(2 * np.e * m * depth * units / up_to)
        return float(logs.sum() - m)

    low, high = float(up_to[-1]), 2.0 * up_to[-1]
    while spare(high) > 0:
        high *= 2
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (middle, high) if spare(middle) > 0 else (low, middle)
    return inputs + 1.0, float(np.floor(high))


def promised_gap(dimension: float, items: int) -> float:
    """Return the most by which test error exceeds training error with probability .95; at most 1.

    sqrt(8 / n (log S(2 n) + log(4 / .05))) with S(2n) <= (2 e n / d)^d ways of labelling 2 n items
    (Vapnik & Chervonenkis 1971; Sauer 1972), 2^(2n) where d is no less than 2 n.
    """
    if not np.isfinite(dimension):
        return float("nan")
    pairs = 2 * items
    ways = pairs * np.log(2)
    if dimension < pairs:
        ways = min(ways, dimension * np.log(np.e * pairs / dimension))
    return float(min(1.0, np.sqrt(8 / items * (ways + np.log(4 / (1 - CONFIDENCE))))))
