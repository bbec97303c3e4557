"""Limits of clustering n items of p dimensions drawn from K Gaussians of equal covariance.

Separation l: variance between the centres along each of the K - 1 directions that they span, over
the variance within a class along one direction. For two equal classes with centres +-mu it is
|mu|^2 / sigma^2; centres at equal distances D have D^2 = 2 K l sigma^2.
"""

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import ndtr

from similarity.clusterability.scalar_channel import channel_error, fixed_overlap
from toolbox.core.streams import generator

DRAWS = 200


def weak_threshold(items: int, dimensions: float) -> float:
    """Return the separation below which PCA sees nothing: sqrt(p / n).

    Proven for the eigenvectors (Baik, Ben Arous, Peche 2005; Paul 2007), and for two classes for
    every method (Lelarge & Miolane 2019).
    """
    return float(np.sqrt(dimensions / items))


def pca_error(separation: float, items: int, dimensions: float) -> float:
    """Return the share of wrong signs of the first principal component, two equal classes.

    Proven: the overlap q^2 = (1 - c / l^2) / (1 + 1 / l) of the component with the classes, c = p/n
    (Benaych-Georges & Nadakuditi 2012); the error Phi(-q / sqrt(1 - q^2)) follows as the rest of
    the component is asymptotically Gaussian.
    """
    ratio = dimensions / items
    if separation**2 <= ratio:
        return 0.5
    q2 = (1 - ratio / separation**2) / (1 + 1 / separation)
    return float(ndtr(-np.sqrt(q2 / (1 - q2))))


def finite_pca_error(separation: float, items: int, dimensions: float) -> float:
    """Return the expected share of wrong signs of the first component of finitely many items.

    Rotations turn the data, without changing their law, into a bidiagonal matrix of independent chi
    variables (Dumitriu & Edelman 2002) whose first row carries the classes (Bloemendal & Virag
    2013): the overlap is the first entry of one tridiagonal matrix's leading eigenvector. The mean
    over 200 draws of a fixed stream: the same number at every call, to +-.005.
    """
    rng = generator(0, "finite_pca_error")
    size = min(items, int(np.ceil(dimensions)), 50 + int(40 * items ** (1 / 3)))
    k = np.arange(size)
    errors = np.empty(DRAWS)
    for draw in range(DRAWS):
        signal = np.sqrt(items * separation) + rng.standard_normal()
        diagonal = rng.chisquare(np.maximum(dimensions - k, 1e-3))
        diagonal[0] = signal**2 + rng.chisquare(max(dimensions - 1, 1e-3))
        below = rng.chisquare(np.maximum(items - 1 - k, 1e-3))
        rows = np.append(diagonal, 0) + np.append(0, below)
        beside = np.sqrt(diagonal * below)
        last = len(rows) - 1
        vector = eigh_tridiagonal(rows, beside, select="i", select_range=(last, last))[1]
        overlap = min(vector[0, 0] ** 2, 1 - 1e-12)
        errors[draw] = ndtr(-np.sqrt(overlap / (1 - overlap)))
    return float(errors.mean())


def unlabelled_error(separation: float, items: int, dimensions: float, classes: int) -> float:
    """Return the error without labels that finitely many items have; for K > 2 the limit's.

    Two classes: the error of the first component at this size, less what the best method gains
    upon it in the limit. Near the threshold this is well below the limit, whose edge it blurs.
    """
    limit = bayes_error(separation, items, dimensions, classes)
    if classes > 2:
        return limit
    gained = pca_error(separation, items, dimensions) - limit
    return max(finite_pca_error(separation, items, dimensions) - gained, 0.0)


def mixture_precision(known: float, separation: float, ratio: float, classes: int) -> float:
    """Return what an item's evidence is worth when the others are known to the share `known`.

    The estimated centres share (n/p) l m / (1 + (n/p) l m) of their variance with the true ones.
    """
    strength = ratio * separation * known
    return classes * separation * strength / (1 + strength)


def bayes_error(
    separation: float, items: int, dimensions: float, classes: int, *, labelled: float = 0.0
) -> float:
    """Return the error of the best placement that iterating from ignorance finds.

    Two classes: proven to be the Bayes error (Lelarge & Miolane 2019). More: Lesieur et al. (2016),
    a theory of physics, held here against simulation only; beyond K = 4 + 2 sqrt(n/p) it is what
    known algorithms reach, and less may be possible.
    """

    def precision(known: float) -> float:
        return mixture_precision(known, separation, items / dimensions, classes)

    m = fixed_overlap(precision, classes, labelled=labelled)
    return channel_error(precision(labelled + (1 - labelled) * m), classes)


def is_hard(separation: float, items: int, dimensions: float, classes: int) -> bool:
    """Say whether iterating from the truth ends elsewhere than iterating from ignorance."""

    def precision(known: float) -> float:
        return mixture_precision(known, separation, items / dimensions, classes)

    low, high = (
        fixed_overlap(precision, classes, labelled=0.0, hopeful=hopeful)
        for hopeful in (False, True)
    )
    return classes > 2 and high > low + 0.01


def exact_threshold(items: int, dimensions: float, classes: int) -> float:
    """Return the separation above which every item can be placed right.

    l = (2 / K)(1 + sqrt(1 + K p / (n log n))) log n. Two classes: proven (Ndaoud 2018). More, at
    equal distances: Chen & Yang (2021), from memory, held against simulation.
    """
    logarithm = np.log(items)
    root = np.sqrt(1 + classes * dimensions / (items * logarithm))
    return float(2 / classes * (1 + root) * logarithm)
