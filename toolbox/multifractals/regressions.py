"""Weighted straight lines through statistics of scales j1 to j2."""

import numpy as np


def slope_weights(scales: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return w_j = b_j (S0 j - S1) / (S0 S2 - S1^2), S_i = sum_j b_j j^i: sum_j w_j y_j is a slope.

    The slope is that of least squares with weight b_j for each squared residual.
    """
    s0, s1, s2 = (float(np.sum(b * scales**i)) for i in range(3))
    return b * (s0 * scales - s1) / (s0 * s2 - s1**2)


def generalised_slope_weights(scales: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the weights of the slope of generalised least squares (Aitken 1936).

    The slope's row of (X' S^-1 X)^-1 X' S^-1, X = [1, j], S the covariance over the scales.
    """
    design = np.stack([np.ones(len(scales)), scales], axis=1)
    whitened = np.linalg.solve(covariance, design)
    return np.linalg.solve(design.T @ whitened, whitened.T)[1]


def shrunk_covariance(samples: np.ndarray, n: np.ndarray, *, share: float) -> np.ndarray:
    """Return a covariance of variances proportional to 1/n and correlations shrunk by `share`.

    Variances of single scales, estimated from few blocks, are small where the estimates happen to
    be; taken as they are they bias the slope and double its spread.
    """
    correlation = np.corrcoef(samples, rowvar=False)
    correlation = (1 - share) * correlation + share * np.eye(len(n))
    return correlation / np.sqrt(np.outer(n, n))


def r_squared(y: np.ndarray, scales: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the share of the b-weighted variance over scales (last axis) that a line explains."""
    b = b / b.sum()
    slope = y @ slope_weights(scales, b)
    centred = y - (y @ b)[..., None]
    line = slope[..., None] * (scales - scales @ b)
    variance = centred**2 @ b
    flat = variance <= 1e-24 * (y**2 @ b)  # the same at every scale, but for rounding
    return np.where(flat, np.nan, 1 - (centred - line) ** 2 @ b / np.where(flat, 1, variance))
