"""Correlations of phase harmonics by sums over positions and frequencies, one value at a time."""

from itertools import product

import numpy as np


def transformed(x):
    """Return the periodic transform of x, a sum over all positions for each frequency."""
    found = {}
    for k in product(*(range(n) for n in x.shape)):
        wave = 1.0 + 0j
        for axis, (i, n) in enumerate(zip(k, x.shape, strict=True)):
            along = np.exp(-2j * np.pi * i * np.arange(n) / n)
            wave = np.multiply.outer(wave, along) if axis else along
        found[k] = np.sum(x * wave)
    return found


def filtered(spectrum, shape, transfer):
    """Return what is left of each frequency behind a filter: (frequency, value) pairs."""
    found = []
    for k, value in spectrum.items():
        signed = [(i + n // 2) % n - n // 2 for i, n in zip(k, shape, strict=True)]
        gain = transfer([2 * np.pi * i / n for i, n in zip(signed, shape, strict=True)])
        found += [(k, gain * value)] if gain else []
    return found


def coefficient(pairs, shape, position):
    """Return x * psi at a position: a sum over the frequencies of the periodic transform."""
    total = 0
    for k, value in pairs:
        turn = sum(i * p / n for i, p, n in zip(k, position, shape, strict=True))
        total += value * np.exp(2j * np.pi * turn) / np.prod(shape)
    return total


def transfer_of(j, t):
    """Return the filter of a scale and an orientation as a function of the angular frequency."""

    def transfer(frequency):
        r = np.hypot(*frequency) if len(frequency) == 2 else abs(frequency[0])
        if r == 0 or r > np.pi:
            return 0.0
        if len(frequency) == 1:
            cosine = np.sign(frequency[0])
        else:
            cosine = np.cos(np.arctan2(frequency[0], frequency[1]) - np.pi * t / 4)
        ratio = r / (0.75 * np.pi / 2**j)
        return max(cosine, 0) ** 3 * ratio**4 * np.exp(4 - 4 * ratio)

    return transfer


def harmonic(u, k):
    """Return |u| e^{i k arg u}."""
    return np.abs(u) * np.exp(1j * k * np.angle(u))


def statistic(x, name, j, t):
    """Return a complex value of one item; j and t are pairs, but of sparsity single numbers."""
    x = x - x.mean()
    margin = 2 * 2 ** np.max(j)
    positions = list(product(*(range(margin, n - margin) for n in x.shape)))
    spectrum = transformed(x)

    def field(scale, orientation):
        pairs = filtered(spectrum, x.shape, transfer_of(scale, orientation))
        return np.array([coefficient(pairs, x.shape, p) for p in positions])

    if name == "sparsity":
        u = np.abs(field(j, t))
        return np.log(np.mean(u**2) / np.mean(u) ** 2)
    orders = {"coupling": (0, 1), "doubling": (1, 2), "linear": (1, 1)}.get(name, (0, 0))
    a, b = (harmonic(field(j[i], t[i]), orders[i]) for i in range(2))
    covariance = np.mean((a - a.mean()) * (b - b.mean()).conj())
    return covariance / (a.std() * b.std())
