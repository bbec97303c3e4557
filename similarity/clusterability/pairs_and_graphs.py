"""Whether classes can be found in a matrix of similarities, or in a graph of links."""

from typing import Any

import numpy as np

from similarity.clusterability.scalar_channel import channel_error, fixed_overlap
from similarity.clusterability.separation_estimates import pair_sensitivity
from similarity.clusterability.vectors import NORMAL, known_classes
from similarity.clusterability.verdict import Verdict, judged, task_of
from toolbox.core import checks
from toolbox.core.checks import refuse

FEWEST = 4


def clusterable_pairs(evidence: Any, *, labels: Any, labelled: float = 0.05) -> Verdict:
    r"""Say whether a matrix of similarities is good enough to cluster by; a necessary condition.

    Parameters
    ----------
    evidence : Evidence or array (n, n)
        What `evidence` or `pool` returned, or similarities, higher = more alike (of distances,
        their negatives; the note says where a matrix looks like distances); symmetric, the diagonal
        is not read.
    labels : array (n,)
        Classes of some of the items, -1 (or an empty string) for unknown ones; at least two classes
        with three items each. They say how well the matrix tells pairs apart.
    labelled : float
        Share of labels, between 0 and 1, whose worth is told.

    Returns
    -------
    Verdict
        Its `separation` is d' = sqrt(2) Phi^-1(AUC), AUC the probability that a pair of one class
        is more alike than one of two; the threshold K / sqrt(n).

    Raises
    ------
    InputError
        A matrix that is not square or symmetric, one class, as many classes as items.

    Notes
    -----
    If similarities were independent, N(d', 1) within and N(0, 1) between K equal classes, the
    classes would show in the matrix's eigenvectors if and only if (Peche 2006), which is proven,

    .. math:: \frac{d' \sqrt n}{K} > 1, \qquad d' = \sqrt2\, \Phi^{-1}(AUC).

    They are not independent: all n - 1 similarities of an item share that item's own noise. Above
    the threshold the classes may therefore still not be found, and the errors told are the least
    possible: the condition is necessary, not sufficient. On textures that differ in H a spectral
    likelihood ratio had AUC .91, ratio 2.1, for which the theory promises perfect clusters; the
    clusters found had ARI .48.

    The interval accounts for pairs that share items (of those labelled).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> classes = np.repeat([0, 1], 30)
    >>> noise = rng.normal(size=(60, 60))
    >>> matrix = 0.2 * (classes[:, None] == classes) + (noise + noise.T) / np.sqrt(2)
    >>> found = clusterable_pairs(matrix, labels=classes)
    >>> round(found.ratio, 1), found.verdict.split(":")[0]
    (0.7, 'undecided')
    """
    labelled = checks.number(labelled, "labelled", minimum=0, maximum=1)
    matrix = _checked_matrix(getattr(evidence, "scores", evidence))
    known, codes, classes = known_classes(labels, len(matrix))
    used = matrix[np.ix_(known, known)]
    same = codes[:, None] == codes
    estimate, auc = pair_sensitivity(used, same)
    threshold = classes / np.sqrt(len(matrix))
    margin = NORMAL * estimate.error
    return judged(
        estimate.value,
        (max(estimate.value - margin, 0.0), estimate.value + margin),
        threshold,
        task=task_of(len(matrix), classes, labelled),
        error=lambda share: pairs_error(
            pairs_ratio(estimate.value, len(matrix), classes), classes, labelled=share
        ),
        note=(
            f"{_turned_round(used, same) if auc < 0.5 else ''}"
            f"AUC {auc:.3g} on {known.sum()} labelled items; necessary, not sufficient: the "
            "similarities of one item share its noise, so that real errors are larger"
            f"{_told_by(evidence)}"
        ),
    )


def _turned_round(used: np.ndarray, same: np.ndarray) -> str:
    """Warn of a matrix in which pairs of one class are less alike than chance makes them."""
    estimate, _ = pair_sensitivity(-used, same)
    if estimate.value <= NORMAL * estimate.error:
        return ""
    return (
        "pairs of one class are less alike than pairs of two: of distances, give the negatives; "
        "the verdict is about the matrix as it stands; "
    )


def _told_by(evidence: Any) -> str:
    """Return what an `Evidence` says of itself."""
    note = getattr(evidence, "note", "")
    return f"; {note}" if note else ""


def clusterable_graph(
    within: float, between: float, *, items: int, classes: int = 2, labelled: float = 0.05
) -> Verdict:
    r"""Say whether the classes of a random graph can be found from its links.

    Parameters
    ----------
    within, between : float
        Probability of a link between two items of one class, and of two.
    items, classes : int
        n and K; the classes are equally frequent.
    labelled : float
        Share of labels, between 0 and 1, whose worth is told.

    Returns
    -------
    Verdict
        With a = n within, b = n between: `separation` is |a - b| / sqrt(a + (K - 1) b), the
        threshold sqrt(K) (Kesten & Stigum), `exact_ratio` |sqrt(a) - sqrt(b)| / sqrt(K log n).

    Raises
    ------
    InputError
        Probabilities outside 0 to 1, a graph without links, too many classes.

    Notes
    -----
    The classes can be found from the links where

    .. math:: \frac{|a - b|}{\sqrt{a + (K - 1) b}} > \sqrt K, \qquad \text{all of them where} \quad
        \frac{|\sqrt a - \sqrt b|}{\sqrt{K \log n}} > 1.

    Proven: for two classes the threshold (Mossel, Neeman & Sly 2015, 2018; Massoulie 2014); for
    more, that above it the classes can be found (Abbe & Sandon 2018); the line of exact recovery
    (Abbe, Bandeira & Hall 2016; Abbe & Sandon 2015). From five classes on, less than the threshold
    may do with unlimited computation. The errors are those of a dense Gaussian matrix of the same
    ratio (Deshpande, Abbe & Montanari 2017), a limit of large degrees: with few links an item they
    are too small.

    References
    ----------
    E. Abbe, "Community detection and stochastic block models: recent developments", JMLR 2018.

    Examples
    --------
    >>> found = clusterable_graph(0.06, 0.02, items=1000)
    >>> round(found.ratio, 2), found.verdict.split(":")[0]
    (3.16, 'clusterable')
    """
    within = checks.number(within, "within", minimum=0, maximum=1)
    between = checks.number(between, "between", minimum=0, maximum=1)
    labelled = checks.number(labelled, "labelled", minimum=0, maximum=1)
    items = checks.count(items, "items", minimum=FEWEST)
    classes = checks.count(classes, "classes", minimum=2)
    if classes > items // 2:
        refuse("classes", f"at most half as many as the {items} items", classes)
    if max(within, between) == 0:
        refuse("within", "a graph with links: within or between > 0", "0 and 0")
    a, b = items * within, items * between
    ratio = kesten_stigum(a, b, classes)
    notes = ["errors: the limit of large degrees"]
    if classes > 4 and ratio <= 1:
        notes.append("with unlimited computation less separation may do")
    return judged(
        ratio * np.sqrt(classes),
        (float(ratio * np.sqrt(classes)),) * 2,
        np.sqrt(classes),
        task=task_of(items, classes, labelled),
        error=lambda share: pairs_error(ratio, classes, labelled=share),
        exact_ratio=exact_ratio(a, b, items, classes),
        note="; ".join(notes),
    )


def _checked_matrix(value: Any) -> np.ndarray:
    """Return a symmetric (n, n) matrix, finite but for its diagonal, which is set to 0."""
    checks.without_mask(value, "evidence", "an (n, n) matrix of similarities")
    try:
        matrix = np.array(value)
    except (TypeError, ValueError):
        refuse("evidence", "an (n, n) matrix of similarities", checks.describe_value(value))
    if matrix.dtype.kind not in "iufb":
        refuse("evidence", "an (n, n) matrix of real numbers", f"values of type {matrix.dtype}")
    matrix = matrix.astype(np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < FEWEST:
        wanted = f"an (n, n) matrix of similarities, n >= {FEWEST}"
        refuse("evidence", wanted, f"shape {matrix.shape}")
    np.fill_diagonal(matrix, 0)
    matrix = checks.real_array(matrix, "evidence")
    scale = np.abs(matrix).max()
    if np.abs(matrix - matrix.T).max() > 1e-5 * scale:
        refuse("evidence", "a symmetric matrix", "one that is not")
    return matrix


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
