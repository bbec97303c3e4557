"""Clouds of one cluster, and mixtures of two Gaussians with their posterior."""

import numpy as np


def gaussian(n, rng):
    return rng.standard_normal((n, 2))


def stretched(n, rng):
    return rng.standard_normal((n, 2)) * [6, 1]


def box(n, rng):
    return rng.random((n, 2))


def disc(n, rng):
    angle, radius = 2 * np.pi * rng.random(n), np.sqrt(rng.random(n))
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def heavy_tailed(n, rng):
    """Student's t with three degrees of freedom."""
    return rng.standard_normal((n, 2)) / np.sqrt(rng.chisquare(3, size=(n, 1)) / 3)


def curved(n, rng):
    """Half a circle with noise of a tenth of its radius."""
    angle = np.pi * rng.random(n)
    arc = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return arc + 0.1 * rng.standard_normal((n, 2))


def skewed(n, rng):
    return rng.exponential(size=(n, 2))


def thin_arc(n, rng):
    angle = np.pi * rng.random(n)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.05 * rng.standard_normal((n, 2))


def helix(n, rng):
    angle = 4 * np.pi * rng.random(n)
    turns = np.stack([np.cos(angle), np.sin(angle), angle / 4], axis=1)
    return turns + 0.1 * rng.standard_normal((n, 3))


def line_in_noise(n, rng):
    x = 0.2 * rng.standard_normal((n, 5))
    x[:, 0] += 6 * rng.random(n)
    return x


def segment(n, rng):
    return rng.random((n, 1))


# The null's band was chosen after half circles and bands; helix and line played no part in it.
SHAPES = (
    *(gaussian, stretched, box, disc, heavy_tailed, curved, skewed),
    *(thin_arc, helix, line_in_noise, segment),
)


def two_gaussians(n, rng, *, distance, features=2):
    """Return points, and the posterior of the second Gaussian at each."""
    second = np.arange(n) >= n // 2
    x = rng.standard_normal((n, features))
    x[:, 0] += distance * (second - 0.5)
    return x, 1 / (1 + np.exp(-distance * x[:, 0]))
