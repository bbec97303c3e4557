"""Whether the classes of a task can be found without labels: vectors, or stated numbers."""

from dataclasses import replace
from typing import Any

import numpy as np

from similarity.clusterability.intrinsic_dimension import intrinsic_dimension
from similarity.clusterability.mixture_limits import (
    bayes_error,
    exact_threshold,
    is_hard,
    pca_error,
    unlabelled_error,
    weak_threshold,
)
from similarity.clusterability.separation_estimates import vector_separation
from similarity.clusterability.verdict import ClusteringTask, Verdict, judged, task_of
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import binary_exponent
from toolbox.core.units import with_units

FEWEST = 20  # items
NORMAL = 1.959964  # two-sided 95 %
LOST = 1e-70  # of the distance between classes: the fourth power of a spread below it is 0
PERFECT = 1e12  # a separation at which no item of any task is misplaced; its powers are in range


def clusterable(
    x: Any = None,
    *,
    labels: Any = None,
    separation: float | None = None,
    items: int | None = None,
    dimensions: int | None = None,
    classes: int = 2,
    labelled: float = 0.05,
    seed: int | None = None,
) -> Verdict:
    r"""Say whether classes can be found without labels, and what labels are worth.

    Parameters
    ----------
    x : array (n, F), optional
        Vectors, for example a description's values or an embedding, at least 20, in units that
        make their distances meaningful.
    labels : array (n,)
        With `x`: classes of some of the items, -1 (or an empty string) for unknown ones; at least
        two classes with three items each. The separation is estimated from these, all n count for
        the threshold.
    separation : float
        Without `x`: the stated separation, see `Verdict`.
    items, dimensions : int
        Without `x`: n and p.
    classes : int
        Without `x`: K.
    labelled : float
        Share of labels, between 0 and 1, whose worth is told.
    seed : int
        With `x`: of the simulations behind the intrinsic dimension.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        Both vectors and stated numbers, or neither; one image, one class, as many classes as
        items.

    Notes
    -----
    The model is K equally frequent Gaussian classes with one isotropic covariance and centres at
    equal distances. With c = p / n:

    - threshold sqrt(c) (Baik, Ben Arous & Peche 2005; Lesieur et al. 2016 for K classes). Proven.
    - error with the share eta of labels: iterate

      .. math:: m' = \eta + (1 - \eta) m, \quad r = \frac{l m'}{c + l m'}, \quad q = K l r,

      m = overlap of a Gaussian channel of precision q (for two classes
      E tanh(q/2 + sqrt(q/2) z)). Proven for two classes (Lelarge & Miolane 2019); for more
      a theory of physics, held against simulation here. For K > 4 + 2 sqrt(n/p) (Lesieur et al.)
      less error may be possible with unlimited computation: the note then says so.
    - exact recovery: Ndaoud (2018), proven for two classes; Chen & Yang (2021).

    All are limits for large n and p. For two classes `error_unlabelled` is that of n items, which
    blurs the threshold: at n = p = 400 and .9 of it the error is .41, not .50, the better of the
    two ways to name the clusters counting. It comes from the law of the first component at this
    size (Bloemendal & Virag 2013); held against simulation here.

    Vectors: noise that is not isotropic is read as if it filled p = (tr S)^2 / tr S^2 dimensions.
    Classes that differ in covariance but not in their centres are not seen. The interval knows of
    the few labels only, not of a wrong model. Items count as independent, and the note says so:
    of several items of one unit, such as crops of one photograph, give one, or their mean.

    References
    ----------
    M. Lelarge, L. Miolane, "Asymptotic Bayes risk for Gaussian mixture in a semi-supervised
    setting", CAMSAP 2019. T. Lesieur et al., "Phase transitions and optimal algorithms in
    high-dimensional Gaussian mixture clustering", Allerton 2016. M. Ndaoud, "Sharp optimal recovery
    in the two component Gaussian mixture model", arXiv:1812.08078, 2018. X. Chen, Y. Yang, "Cutoff
    for exact recovery of Gaussian mixture models", IEEE Trans. Inf. Theory 2021.

    Examples
    --------
    >>> from similarity import clusterable
    >>> found = clusterable(separation=0.9, items=400, dimensions=400, labelled=0.05)
    >>> round(found.ratio, 2), round(found.error_unlabelled, 2), round(found.error_labelled, 2)
    (0.9, 0.42, 0.38)
    >>> found.verdict[:50]
    'not clusterable: the separation is 0.9 times the t'
    """
    labelled = checks.number(labelled, "labelled", minimum=0, maximum=1)
    if x is None:
        return _stated(labels, separation, items, dimensions, classes, labelled)
    if separation is not None or items is not None or dimensions is not None:
        refuse("separation", "either x or stated separation, items and dimensions", "both")
    x = checks.real_array(x, "x", ndim=2).astype(np.float64)
    x = np.ldexp(x, -binary_exponent(x - x.mean(axis=0)))  # fourth powers stay in range
    if len(x) < FEWEST:
        refuse("x", f"at least {FEWEST} items", len(x))
    known, codes, classes = known_classes(labels, len(x))
    if seed is None:
        refuse("seed", "a whole number, for the intrinsic dimension's simulations", "None")
    estimate = vector_separation(_varying(x, known, codes), codes)
    around = intrinsic_dimension(x, seed=seed)
    margin = NORMAL * estimate.error
    interval = (max(estimate.value - margin, 0.0), estimate.value + margin)
    note = with_units(f"separation from {known.sum()} labelled items", None)
    if estimate.dimensions < 0.5 * x.shape[1]:
        note += (
            f"; the noise fills {estimate.dimensions:.3g} of {x.shape[1]} dimensions: it is far "
            "from isotropic, and principal components may show noise first"
        )
    if around.note:
        note += f"; intrinsic dimension: {around.note}"
    task = task_of(
        len(x),
        classes,
        labelled,
        dimensions=estimate.dimensions,
        intrinsic=(around.two_nn, around.mle),
        intrinsic_bias=(around.two_nn_bias, around.mle_bias),
    )
    return _mixture_verdict(estimate.value, interval, task, note)


def _stated(
    labels: Any, separation: Any, items: Any, dimensions: Any, classes: Any, labelled: float
) -> Verdict:
    if labels is not None:
        refuse("x", "vectors, as labels are given", "None")
    if separation is None:
        refuse("x", "vectors with some labels, or separation=, items= and dimensions=", "None")
    separation = checks.number(separation, "separation", minimum=0)
    items, dimensions, classes = checked_shape(items, dimensions, classes)
    task = task_of(items, classes, labelled, dimensions=dimensions)
    return _mixture_verdict(separation, (separation,) * 2, task)


def checked_shape(items: Any, dimensions: Any, classes: Any) -> tuple[int, int, int]:
    """Return n, p and K, as many classes as fit."""
    items = checks.count(items, "items", minimum=4)
    dimensions = checks.count(dimensions, "dimensions")
    classes = checks.count(classes, "classes", minimum=2)
    if classes > items // 2:
        refuse("classes", f"at most half as many as the {items} items", classes)
    return items, dimensions, classes


def _mixture_verdict(
    separation: float, interval: tuple[float, float], task: ClusteringTask, note: str = ""
) -> Verdict:
    items, dimensions, classes = shape = task.items, task.dimensions, task.classes
    notes = [note] if note else []
    seen = min(separation, PERFECT)
    if classes > 2 and is_hard(seen, *shape):
        notes.append("with unlimited computation less error may be possible")
    if classes > dimensions + 1:
        notes.append("so many centres do not fit at equal distances: errors are too small")
    verdict = judged(
        separation,
        interval,
        weak_threshold(items, dimensions),
        task=task,
        error=lambda share: bayes_error(seen, *shape, labelled=share),
        unlabelled=unlabelled_error(seen, *shape),
        exact_ratio=float(separation / exact_threshold(*shape)),
        note="; ".join(notes),
    )
    if classes > 2:
        return verdict
    return replace(verdict, error_pca=pca_error(seen, items, dimensions))


def known_classes(labels: Any, length: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return which items have a label, their codes from 0, and the number of classes."""
    labels = checks.labels(labels, "labels", length=length)
    known = labels != ("" if labels.dtype.kind in "US" else -1)
    found, codes, counts = np.unique(labels[known], return_inverse=True, return_counts=True)
    if len(found) < 2:
        refuse("labels", "at least two classes", f"{len(found)}")
    if counts.min() < 3:
        got = f"{counts.min()} of {found[counts.argmin()].item()!r}"
        if len(found) == known.sum():
            got = f"as many classes as labelled items, {len(found)}"
        refuse("labels", "at least three items of each class", got)
    return known, codes, len(found)


def _varying(x: np.ndarray, known: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the labelled vectors; refuse classes without any spread."""
    x = x[known]
    spread = max(np.ptp(x[codes == k], axis=0).max() for k in range(codes.max() + 1))
    if spread == 0:
        refuse("x", "items that vary within a class", "constant classes")
    if spread < LOST * np.ptp(x, axis=0).max():
        got = "one that is lost beside the distance between them"
        refuse("x", "classes of which float64 holds the spread", got)
    return x
