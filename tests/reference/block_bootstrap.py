"""The time-scale block bootstrap written out: leaders gathered block by block, nothing summed."""

import numpy as np
from scipy.stats import kstat


def resampled_slopes(leaders, first, scales, weights, orders):
    """Return c_1, ..., c_M of every resample: rows of `weights` say how often a block is drawn.

    `leaders` are the arrays of scales j1 to j2 of one item, `first` their first positions. A block
    is an interval of scale j2, numbered from the first that holds a leader of scale j1.
    """
    j1, j2 = scales
    logs = [np.log(v) for v in leaders]
    homes = []
    for i, (v, f) in enumerate(zip(leaders, first, strict=True)):
        positions = np.indices(v.shape).reshape(v.ndim, -1).T + f
        homes.append(positions // 2 ** (j2 - j1 - i))
    low, high = homes[0].min(axis=0), homes[0].max(axis=0)
    numbers = [np.ravel_multi_index((h - low).T, high - low + 1) for h in homes]
    n = [v.size for v in leaders]
    result = []
    for row in weights:
        cumulants = []
        for y, number in zip(logs, numbers, strict=True):
            drawn = [
                y.ravel()[number == b] for b, times in enumerate(row) for _ in range(int(times))
            ]
            sample = np.concatenate(drawn)
            cumulants.append([kstat(sample, m) for m in range(1, orders + 1)])
        line = np.polyfit(np.arange(j1, j2 + 1), cumulants, 1, w=np.sqrt(n))
        result.append(line[0] / np.log(2))
    return np.array(result)
