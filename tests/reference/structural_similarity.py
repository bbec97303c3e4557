"""STSIM written out band by band, from bands that are filtered at full size and then thinned."""

from itertools import combinations
from math import factorial

import numpy as np


def low(radius):
    octave = np.log2(np.maximum(radius, 1e-12) / (np.pi / 2))
    return np.where(octave <= 0, 1.0, np.where(octave >= 1, 0.0, np.cos(np.pi / 2 * octave)))


def bands_of(image, levels, orientations):
    """Full-size bands {(level, orientation)} and the two residuals."""
    rows, columns = np.meshgrid(
        *(2 * np.pi * np.fft.fftfreq(n) for n in image.shape), indexing="ij"
    )
    radius, angle = np.hypot(rows, columns), np.arctan2(rows, columns)
    order = orientations - 1
    gain = 2**order * factorial(order) / np.sqrt(orientations * factorial(2 * order)) * np.sqrt(2)
    spectrum = np.fft.fft2(image)
    bands = {}
    for level in range(levels):
        radial = low(radius * 2**level) * np.sqrt(1 - low(radius * 2 ** (level + 1)) ** 2)
        for k in range(orientations):
            turned = np.angle(np.exp(1j * (angle - np.pi * k / orientations)))
            directed = gain * np.where(np.abs(turned) < np.pi / 2, np.cos(turned), 0) ** order
            bands[level, k] = np.fft.ifft2(spectrum * radial * directed)
    high = np.fft.ifft2(spectrum * np.sqrt(1 - low(radius) ** 2)).real
    return bands, high, np.fft.ifft2(spectrum * low(radius * 2**levels)).real


def thinned(band, level):
    return band[:: 2**level, :: 2**level]


def statistics(image, levels, orientations, steady=1e-6):
    bands, high, rest = bands_of(image, levels, orientations)
    own = [thinned(z, level) for (level, _), z in bands.items()]
    own += [high, thinned(rest, levels)]
    floor = steady * sum(np.mean(np.abs(z - z.mean()) ** 2) for z in own)
    single = []
    for z in own:
        c = z - z.mean()
        power = np.mean(np.abs(c) ** 2)
        lags = [np.mean(c * np.conj(np.roll(c, -1, axis))) / (power + floor) for axis in (0, 1)]
        single.append((abs(z.mean()), np.sqrt(power), *lags))
    pairs = [
        ((j, a), (j, b)) for j in range(levels) for a, b in combinations(range(orientations), 2)
    ]
    pairs += [((j, k), (j + 1, k)) for j in range(levels - 1) for k in range(orientations)]
    cross = []
    for first, second in pairs:
        u, v = (np.abs(thinned(bands[key], first[0])) for key in (first, second))
        u, v = u - u.mean(), v - v.mean()
        size = np.sqrt((np.mean(u**2) + floor) * (np.mean(v**2) + floor))
        cross.append(np.mean(u * v) / size)
    return single, cross, floor


def stsim(a, b, *, levels, orientations, crossed):
    (ours, ours_crossed, c), (theirs, theirs_crossed, d) = (
        statistics(image, levels, orientations) for image in (a, b)
    )
    c = (c + d) / 2
    terms = []
    for (m, s, p, q), (n, t, u, v) in zip(ours, theirs, strict=True):
        light = (2 * m * n + c) / (m**2 + n**2 + c)
        contrast = (2 * s * t + c) / (s**2 + t**2 + c)
        terms.append((light * contrast * (1 - abs(p - u) / 2) * (1 - abs(q - v) / 2)) ** 0.25)
    if crossed:
        terms += [1 - abs(p - q) / 2 for p, q in zip(ours_crossed, theirs_crossed, strict=True)]
    return np.mean(terms)
