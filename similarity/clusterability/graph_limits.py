"""Limits of clustering from pairs: a graph of links, or a dense matrix of similarities."""

import numpy as np

from similarity.clusterability.scalar_channel import channel_error, fixed_overlap


def kesten_stigum(inside: float, outside: float, classes: int) -> float:
    """Return |a - b| / sqrt(K (a + (K - 1) b)): above 1, classes can be found.

    a and b are n times the probabilities of a link within and between K equal classes. Proven for
    two classes in both directions (Mossel, Neeman & Sly 2015, 2018; Massoulie 2014), for more that
    above 1 it is possible (Abbe & Sandon 2018); below, from five classes on, it may be possible
    with unlimited computation.
    """
    return float(abs(inside - outside) / np.sqrt(classes * (inside + (classes - 1) * outside)))


def exact_ratio(inside: float, outside: float, items: int, classes: int) -> float:
    """Return |sqrt(a) - sqrt(b)| / sqrt(K log n): above 1, every item can be placed right.

    Proven (Abbe, Bandeira & Hall 2016; more than two classes: Abbe & Sandon 2015).
    """
    return float(abs(np.sqrt(inside) - np.sqrt(outside)) / np.sqrt(classes * np.log(items)))


def pairs_ratio(sensitivity: float, items: int, classes: int) -> float:
    """Return d' sqrt(n) / K: above 1, classes can be found in a dense matrix of similarities.

    Similarities N(d', 1) within classes and N(0, 1) between them, all independent: the matrix then
    has K - 1 eigenvalues d' n / K in noise of radius 2 sqrt(n) (Peche 2006).
    """
    return float(sensitivity * np.sqrt(items) / classes)


def pairs_error(ratio: float, classes: int, *, labelled: float = 0.0) -> float:
    """Return the error of the best placement that iterating from ignorance finds.

    An item's evidence is worth q = K ratio^2 m given the others' overlap m: two classes, Deshpande,
    Abbe & Montanari (2017), who prove it for matrices and for graphs whose degrees grow; more
    classes, Lesieur et al. (2017), held here against simulation only.
    """

    def precision(known: float) -> float:
        return classes * ratio**2 * known

    m = fixed_overlap(precision, classes, labelled=labelled)
    return channel_error(precision(labelled + (1 - labelled) * m), classes)
