"""Weighted straight lines through statistics of scales j1 to j2."""

import numpy as np


def slope_weights(scales: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return w_j = b_j (S0 j - S1) / (S0 S2 - S1^2), S_i = sum_j b_j j^i: sum_j w_j y_j is a slope.

    The slope is that of least squares with weight b_j for each squared residual.
    """
    s0, s1, s2 = (float(np.sum(b * scales**i)) for i in range(3))
    return b * (s0 * scales - s1) / (s0 * s2 - s1**2)


def r_squared(y: np.ndarray, scales: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the share of the b-weighted variance over scales (last axis) that a line explains."""
    b = b / b.sum()
    slope = y @ slope_weights(scales, b)
    centred = y - (y @ b)[..., None]
    line = slope[..., None] * (scales - scales @ b)
    variance = centred**2 @ b
    flat = variance <= 1e-24 * (y**2 @ b)  # the same at every scale, but for rounding
    return np.where(flat, np.nan, 1 - (centred - line) ** 2 @ b / np.where(flat, 1, variance))
