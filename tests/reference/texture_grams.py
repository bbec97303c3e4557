"""Rectified filter responses, Gram matrices and shifted covariances by plain loops."""

import numpy as np


def filter_response(x, weight, threshold):
    """ReLU(w * x - b) of a periodic x (K, h, w) with one filter (K, a, b), centred."""
    components, height, width = x.shape
    out = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            total = -threshold
            for k in range(components):
                for a in range(weight.shape[1]):
                    for b in range(weight.shape[2]):
                        row = (i + a - weight.shape[1] // 2) % height
                        column = (j + b - weight.shape[2] // 2) % width
                        total += weight[k, a, b] * x[k, row, column]
            out[i, j] = max(total, 0.0)
    return out


def blurred_half(x):
    """Binomial blur of 5 taps of a periodic image, every other value kept."""
    taps = np.array([1, 4, 6, 4, 1]) / 16
    height, width = x.shape
    out = np.zeros(((height + 1) // 2, (width + 1) // 2))
    for i in range(0, height, 2):
        for j in range(0, width, 2):
            for a in range(5):
                for b in range(5):
                    value = x[(i + a - 2) % height, (j + b - 2) % width]
                    out[i // 2, j // 2] += taps[a] * taps[b] * value
    return out


def weighted_gram(u, v, weight):
    """Sum over positions of weight x u_c x v_d for u (C, h, w) and v (D, h, w)."""
    out = np.zeros((len(u), len(v)))
    for c in range(len(u)):
        for d in range(len(v)):
            for i in range(u.shape[1]):
                for j in range(u.shape[2]):
                    out[c, d] += weight[i, j] * u[c, i, j] * v[d, i, j]
    return out


def shifted(u, rows, columns):
    """u(t - shift) of periodic channels (C, h, w)."""
    out = np.empty_like(u)
    for i in range(u.shape[1]):
        for j in range(u.shape[2]):
            out[:, i, j] = u[:, (i - rows) % u.shape[1], (j - columns) % u.shape[2]]
    return out
