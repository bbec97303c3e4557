"""A small numpy member with a planted law, and plain loops over what the networks do."""

import itertools

import numpy as np
from scipy.signal import correlate


def convolution(x, filters, *, taps, stride):
    """Cross-correlate ``(items, *space, channels)`` through SciPy, without padding."""
    dim = x.ndim - 2
    channels, outputs = x.shape[-1], filters.shape[1]
    kernel = filters.reshape(*[taps] * dim, channels, outputs)
    result = []
    for item in x:
        maps = []
        for output in range(outputs):
            dense = sum(
                correlate(item[..., c], kernel[..., c, output], mode="valid")
                for c in range(channels)
            )
            maps.append(dense[(slice(None, None, stride),) * dim])
        result.append(np.stack(maps, axis=-1))
    return np.array(result)


def ece(confidence, right, bins):
    """Return the plug-in calibration error, item by item, edges closed on the right."""
    total = 0.0
    for b in range(bins):
        inside = [
            i
            for i, c in enumerate(confidence)
            if (b / bins < c <= (b + 1) / bins) or (b == 0 and c == 0)
        ]
        total += abs(sum(right[i] - confidence[i] for i in inside))
    return total / len(confidence)


def disagreement(predictions):
    """Return the share of pairs of members that differ, pair by pair."""
    pairs = list(itertools.combinations(predictions, 2))
    return sum(a != b for a, b in pairs) / len(pairs)
