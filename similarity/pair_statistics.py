"""One statistic a pair, over what it would be between two images of one law."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from similarity.fitted_law import shrunk, simulate
from toolbox.retraining.streams import generator, integer

Features = Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
LAWS = 64  # items whose law is simulated, at most
FIELDS = 512  # simulated fields in all, at least


@dataclass(frozen=True)
class PairStatistics:
    """The statistic of each pair over its null mean (n, n), and the null's gamma shape.

    `widening` (n,) is how many times more the parts of an item differ than the parts of simulated
    Gaussian fields do.
    """

    ratio: np.ndarray
    shape: float
    widening: np.ndarray


def pair_statistics(
    images: np.ndarray, features: Features, *, energies: bool, seed: int
) -> PairStatistics:
    """Return the statistics of standardised ``(n, components, *space)`` in one family.

    T_ij = sum_f d_f^2 / (2 v_f), d_f the difference of feature f and v_f its variance between
    images of one law. For log-energies the terms are (4 / v) log cosh(d / 2), the likelihood
    ratio of two gamma variables with 2 / v degrees of freedom.
    """
    size = images.shape[2:]
    laws = _some(len(images), LAWS, seed)
    copies = max(6, -(-FIELDS // len(laws)))
    fields = simulate(images[laws], copies=copies, seed=integer(seed, "fitted law"))
    flat = fields.reshape(-1, *images.shape[1:])
    real, simulated = features(images, size), features(flat, size)
    simulated = simulated.reshape(len(laws), copies, -1)
    real_parts = part_features(images, features)
    simulated_parts = part_features(flat, features)
    variance = _variances(simulated, real_parts, simulated_parts)
    upper = np.triu_indices(copies, 1)
    null = np.array([all_pairs(law, variance, energies=energies)[upper] for law in simulated])
    widening = _widening(
        _within_items(real_parts, variance, energies=energies),
        _within_items(simulated_parts, variance, energies=energies).reshape(len(laws), copies),
    )
    means = _null_means(null, copies)
    nearest = ((real[:, None] - real[laws]) ** 2).sum(axis=-1).argmin(axis=1)
    scale = widening * means[nearest]
    return PairStatistics(
        ratio=all_pairs(real, variance, energies=energies) / ((scale[:, None] + scale) / 2),
        shape=float(1 / (null / means[:, None]).var()),
        widening=widening,
    )


def all_pairs(values: np.ndarray, variance: np.ndarray, *, energies: bool) -> np.ndarray:
    """Return T between all rows of (n, F), one (n, n) table at a time."""
    if not energies:
        scaled = values / np.sqrt(2 * variance)
        scaled = scaled - scaled.mean(axis=0)  # small numbers: less cancellation below
        square = (scaled**2).sum(axis=1)
        result = np.maximum(square[:, None] + square - 2 * scaled @ scaled.T, 0)
        np.fill_diagonal(result, 0)
        return result
    result = np.zeros((len(values), len(values)))
    for column, v in zip(values.T, variance, strict=True):
        result += (4 / v) * _log_cosh((column[:, None] - column) / 2)
    return result


def _log_cosh(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    return x + np.log1p(np.exp(-2 * x)) - np.log(2)


def _some(n: int, most: int, seed: int) -> np.ndarray:
    """Return at most `most` of n items."""
    if n <= most:
        return np.arange(n)
    return np.sort(generator(seed, "laws").permutation(n)[:most])


def part_features(images: np.ndarray, features: Features) -> np.ndarray:
    """Return (items, parts, F) of the halves of signals, the quadrants of images."""
    halves = [(slice(n // 2), slice(n - n // 2, n)) for n in images.shape[2:]]
    cut = np.stack([images[(..., *index)] for index in product(*halves)], axis=1)
    described = features(cut.reshape(-1, *cut.shape[2:]), images.shape[2:])
    return described.reshape(*cut.shape[:2], -1)


def _variances(fields: np.ndarray, real: np.ndarray, simulated: np.ndarray) -> np.ndarray:
    """Return each feature's variance within a law.

    That between simulated fields, moved half of the way (in logarithms) by how much more, or
    less, the parts of real items vary than simulated parts: parts of one image tell only half of
    how separate images of its texture differ.
    """
    gaussian = fields.var(axis=1, ddof=1).mean(axis=0)
    ratio = real.var(axis=1, ddof=1).mean(axis=0) / simulated.var(axis=1, ddof=1).mean(axis=0)
    known = np.isfinite(ratio)
    return gaussian * np.sqrt(np.where(known, ratio, np.median(ratio[known])))


def _within_items(values: np.ndarray, variance: np.ndarray, *, energies: bool) -> np.ndarray:
    """Return each item's mean T between its parts, over the features that parts have."""
    present = np.isfinite(values).all(axis=(0, 1))
    v, total = variance[present], np.zeros(len(values))
    for a, b in combinations(range(values.shape[1]), 2):
        d = values[:, a, present] - values[:, b, present]
        terms = (4 / v) * _log_cosh(d / 2) if energies else d**2 / (2 * v)
        total += terms.sum(axis=1)
    return total


def _widening(real: np.ndarray, simulated: np.ndarray) -> np.ndarray:
    """Return each item's within-item statistic over the simulated one, noise shrunk away."""
    logs, base = np.log(real), np.log(simulated)
    return np.exp(shrunk(logs, base.var(axis=1, ddof=1).mean()) - base.mean())


def _null_means(null: np.ndarray, copies: int) -> np.ndarray:
    """Return each simulated law's mean T between its fields, noise shrunk away.

    The mean over the pairs of m fields varies by 1/(m - 1) of the variance of one pair, which the
    spread within the law shows but for a factor (m - 2)/(m - 1): exact for squared differences.
    """
    return shrunk(null.mean(axis=1), null.var(axis=1).mean() / (copies - 2))
