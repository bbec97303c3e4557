"""What one item's own evidence is worth: from its precision to overlap and error, K classes.

An item of class k is seen through a vector h of one number a class: h_j = q [j = k] + sqrt(q) z_j,
z standard normal. All limits of this folder come down to this channel and its precision q.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

REACH = 9.0  # standard deviations that an integral over a Gaussian goes out to
NODES = np.linspace(-REACH, REACH, 181)
WEIGHTS = np.exp(-(NODES**2) / 2) / np.exp(-(NODES**2) / 2).sum()
# An error has a chance below K exp(-q / 4): of more than this, plus 8 log K, none in float64. The
# integral's nodes, which grow with sqrt(q), would fill the memory at q = 1e8.
CERTAIN = 160.0
STARTS = np.concatenate([np.geomspace(1e-5, 0.05, 20), np.linspace(0.06, 0.9999, 60)])


def channel_error(q: float, classes: int) -> float:
    """Return the probability that the largest h_j is not that of the item's class."""
    if classes == 2:
        return float(ndtr(-np.sqrt(q / 2)))
    return float(1 - WEIGHTS @ ndtr(NODES + np.sqrt(q)) ** (classes - 1))


def channel_overlap(q: float, classes: int) -> float:
    """Return (K E[p] - 1) / (K - 1), p the posterior of the right class: 0 chance, 1 certainty.

    With t exponential, E[p] = P(log t > max_j ...) turns the K-dimensional expectation of a
    softmax into one integral: with F(y) = E exp(-exp(y + sqrt(q) z)), E[p] = -int F'(y)
    F(y - q)^(K - 1) dy.
    """
    if classes == 2:  # E tanh(g + sqrt(g) z), g = q / 2
        return float(WEIGHTS @ np.tanh(q / 2 + np.sqrt(q / 2) * NODES))
    if q > CERTAIN + 8 * np.log(classes):
        return 1.0
    root = np.sqrt(q)
    y = np.linspace(-REACH * root - 36, REACH * root + 4, 480 + int(6 * root))
    nodes = root * NODES[::2]
    weights = WEIGHTS[::2] / WEIGHTS[::2].sum()
    with np.errstate(over="ignore", under="ignore"):
        grown = np.exp(np.minimum(y[:, None] + nodes, 700))
        slope = (grown * np.exp(-grown)) @ weights
        others = np.exp(-np.exp(np.minimum(y[:, None] + nodes - q, 700))) @ weights
        right = (slope * others ** (classes - 1)).sum() * (y[1] - y[0])
    return float((classes * right - 1) / (classes - 1))


def fixed_overlap(
    precision: Callable[[float], float], classes: int, *, labelled: float, hopeful: bool = False
) -> float:
    """Return the overlap m at which m = channel_overlap(precision(eta + (1 - eta) m)).

    `precision` says what an item's evidence is worth given the overlap of the others, `labelled`
    (eta) is the share that is known. There may be several such m: the smallest is what iterating
    from ignorance reaches, the largest (`hopeful`) what iterating from the truth keeps.
    """

    def excess(m: float) -> float:
        known = labelled + (1 - labelled) * m
        return channel_overlap(precision(known), classes) - m

    if labelled >= 1:
        return channel_overlap(precision(1.0), classes)
    starts = STARTS[::-1] if hopeful else STARTS
    values = [excess(starts[0])]
    if not hopeful and values[0] <= 0:  # ignorance is stable (labels lift m from 0 otherwise)
        return 0.0 if excess(0.0) <= 1e-12 else brentq(excess, 0.0, starts[0])
    if hopeful and values[0] >= 0:
        return 1.0
    for before, here in pairwise(starts):
        values.append(excess(here))
        if (values[-1] > 0) != (values[-2] > 0):
            return float(brentq(excess, before, here))
    return 0.0 if hopeful else 1.0
