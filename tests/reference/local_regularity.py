"""Slopes of log2 leaders at one position after the other, from the intervals that contain it."""

import numpy as np

from tests.reference.leaders import coefficient_positions, leader_positions


def slopes(x, wavelet, scales, gamma):
    """Return a dict: position at the finest scale -> (slope minus gamma, line at that scale)."""
    leaders = leader_positions(coefficient_positions(x, wavelet, scales[1]), gamma=gamma)
    octaves = np.arange(scales[0], scales[1] + 1)
    result = {}
    for k in leaders[scales[0] - 1]:
        parents = [tuple(i // 2 ** (j - scales[0]) for i in k) for j in octaves]
        if all(p in leaders[j - 1] for p, j in zip(parents, octaves, strict=True)):
            logs = [np.log2(leaders[j - 1][p]) for p, j in zip(parents, octaves, strict=True)]
            slope, constant = np.polyfit(octaves, logs, 1)
            at_first = constant + slope * scales[0] - gamma * scales[0]
            result[k] = slope - gamma, at_first
    return result
