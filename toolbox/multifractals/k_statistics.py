"""Unbiased estimates of cumulants from sums of powers."""

import numpy as np


def k_statistics(n: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return the k-statistics k_1 to k_M, each unbiased for its cumulant (Fisher 1930).

    `sums` holds S_r = sum_i y_i^r, r = 1 to M <= 4, in its last axis; `n` is the number of values
    and has the shape of the axes before.
    """
    s = [sums[..., r] for r in range(sums.shape[-1])]
    falling = n  # n (n - 1) ... (n - m + 1)
    k = [s[0] / n]
    if len(s) > 1:
        falling = falling * (n - 1)
        k.append((n * s[1] - s[0] ** 2) / falling)
    if len(s) > 2:
        falling = falling * (n - 2)
        k.append((n**2 * s[2] - 3 * n * s[1] * s[0] + 2 * s[0] ** 3) / falling)
    if len(s) > 3:
        falling = falling * (n - 3)
        even = n**2 * (n + 1) * s[3] - 3 * n * (n - 1) * s[1] ** 2
        odd = 4 * n * (n + 1) * s[0] * s[2] - 12 * n * s[0] ** 2 * s[1] + 6 * s[0] ** 4
        k.append((even - odd) / falling)
    return np.stack(k, axis=-1)
