"""Clusters of items from the evidence of their pairs."""

from typing import Any

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackNoConvergence, eigsh
from scipy.special import expit

from similarity.verification.records import NONE, Evidence, log_odds_table, symmetric
from toolbox.core.checks import choice, count, refuse
from toolbox.core.checks import seed as seed_check
from toolbox.core.records import record
from toolbox.core.streams import generator, integer

LARGEST = 7000
FLOOR = 1e-6  # of an affinity: a graph in pieces has no unique eigenvectors
SURE = 14.0  # log-odds beyond which an affinity no longer changes
MOST = 50  # eigenvalues, and clusters that a gap may show
DENSE = 500  # items beyond which only the largest eigenvalues are computed
# Such that all but coincide make it no faster than all of them.
ARPACK = {"which": "LA", "return_eigenvectors": False, "maxiter": 300}
SHUFFLES = 19  # a test at 5 %
EVEN_ODDS = "even odds"


@record
class Clusters:
    """A partition of items.

    Attributes
    ----------
    labels : ndarray (n,) of int
        0 to k - 1, in the order in which the clusters first appear.
    k : int
        Number of clusters.
    margins : ndarray (n,)
        Mean log-odds (scores, where the evidence has no level) of the item with the others of its
        cluster, less that with the cluster that comes next; negative = the item would fit better
        there. NaN for an item alone in its cluster and where there is one cluster only.
    eigenvalues : ndarray
        The largest of the normalised affinities, which a missing k is read from; the first is 1.
        Empty where neither k nor the method rests on them.
    how : str
    note : str
        Where k comes from, and what it is worth where the evidence has no level.
    """

    labels: np.ndarray
    k: int
    margins: np.ndarray
    eigenvalues: np.ndarray
    how: str
    note: str


def cluster(
    evidence: Any, *, k: int | str | None = None, how: str = "spectral", seed: int
) -> Clusters:
    r"""Group items so that pairs with evidence for "same" fall together.

    Parameters
    ----------
    evidence
        An `Evidence`, or a symmetric (n, n) table of log-odds, positive = same (its diagonal does
        not count and may be NaN): n >= 2. Where an Evidence has no level its scores are read as
        log-odds: state k then.
    k
        Number of clusters, 1 to n; by default the eigenvalues before the widest gap, 1 or n. With
        "even odds" (agglomerative, of log-odds that have a level) clusters are merged while the
        mean log-odds of their pairs are above 0: for many small groups, such as a library's, of
        which a gap shows the first 49 at most.
    how
        "spectral" or "agglomerative" (average linkage of the log-odds), both of scikit-learn.
    seed
        Seed of the spectral method's search; agglomeration draws nothing.

    Returns
    -------
    Clusters
        `labels`, `k`, `margins`, `eigenvalues`, `how`, `note`.

    Raises
    ------
    InputError
        For a table that is not square, symmetric and finite, one item, more than 7000, k
        beyond them, or even odds asked of another method or of evidence without a level.

    Notes
    -----
    Affinities are the probabilities of "same" for the log-odds l,

    .. math:: A_{ij} = \frac{1}{1 + e^{-l_{ij}}}, \qquad A_{ii} = 1.

    Spectral: k-means on the first k eigenvectors of :math:`D^{-1/2} A D^{-1/2}`, D the row sums
    (Ng, Jordan and Weiss, 2002). Agglomerative: the two clusters whose pairs have the largest mean
    log-odds are merged until k are left; it uses log-odds as they are, and shifting all of them
    changes nothing.

    Without k: with eigenvalues 1 = l_1 >= l_2 >= ... the k from 2 to (n + 1)/2, at most 49, of the
    largest l_k - l_k+1 (von Luxburg, 2007, section 8.3). Where l_2 does not exceed those of 19
    tables of shuffled pairs, k is 1, or n where moreover all P < 1/2. A rule of thumb: pairs share
    their items' noise, shuffled ones do not. For a verdict on the number of clusters, and for the
    stability of each item's, cluster many subsamples and hand the (R, n) labels, -1 for what a run
    left out, to ``confidence.cluster_confidence(labels=...)``: the third example makes such labels.

    References
    ----------
    A. Ng, M. Jordan, Y. Weiss, "On spectral clustering", NIPS 2002.
    U. von Luxburg, "A tutorial on spectral clustering", Statistics and Computing 2007.

    Examples
    --------
    >>> import numpy as np
    >>> kind = np.array([0, 1, 0, 1, 2, 2, 0, 1, 2, 0, 1, 2])
    >>> log_odds = np.where(kind[:, None] == kind, 3.0, -3.0)
    >>> cluster(log_odds, seed=0).labels.tolist()
    [0, 1, 0, 1, 2, 2, 0, 1, 2, 0, 1, 2]
    >>> cluster(log_odds, k=2, how="agglomerative", seed=0).k
    2
    >>> runs = np.full((20, 12), -1)
    >>> for r, run in enumerate(runs):
    ...     part = np.random.Generator(np.random.Philox(r)).permutation(12)[:10]
    ...     run[part] = cluster(log_odds[np.ix_(part, part)], k=3, seed=r).labels
    >>> runs.shape, int((runs == -1).sum())
    ((20, 12), 40)
    """
    table = log_odds_table(evidence, largest=LARGEST)
    how = choice(how, "how", ("spectral", "agglomerative"))
    seed = seed_check(seed)
    leveled = not (isinstance(evidence, Evidence) and evidence.level == NONE)
    if isinstance(k, str) and k == EVEN_ODDS:
        _want_even_odds(how, leveled=leveled)
        labels, spectrum = _agglomerative(table, None), np.empty(0)
        note = "k from even odds: what was not merged is likelier different than the same"
    else:
        labels, spectrum, note = _of_number(table, k, how, seed)
    labels = _by_appearance(labels)
    if not leveled:
        note += (
            "; the evidence has no level: its scores are no log-odds, a k read from them a guess"
        )
    return Clusters(
        labels=labels,
        k=int(labels.max()) + 1,
        margins=_margins(table, labels),
        eigenvalues=spectrum,
        how=how,
        note="; ".join(filter(None, (note, getattr(evidence, "note", "")))),
    )


def _want_even_odds(how: str, *, leveled: bool) -> None:
    if how != "agglomerative":
        refuse("how", f"agglomerative for k={EVEN_ODDS!r}", repr(how))
    if not leveled:
        refuse("k", "a number of clusters, as the evidence has no level", repr(EVEN_ODDS))


def _of_number(
    table: np.ndarray, k: int | None, how: str, seed: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return labels of k clusters, the eigenvalues that they rest on, and where k comes from."""
    n, spectrum, note = len(table), np.empty(0), "k as given"
    if k is not None:
        k = count(k, "k", maximum=n)
    if k is None or how == "spectral":
        affinity = np.maximum(expit(np.clip(table, -SURE, SURE)), FLOOR)
        np.fill_diagonal(affinity, 1)
        spectrum = affinity_spectrum(affinity, MOST, seed)
        if len(spectrum) == MOST and _flat(spectrum):  # of more clusters than that
            spectrum = affinity_spectrum(affinity, n // 2 + 1, seed)
    if k is None:
        k, note = _number(affinity, spectrum, seed)
    if k in (1, n):
        return (np.arange(n) if k == n else np.zeros(n, dtype=np.int64)), spectrum, note
    if how == "spectral":
        return _spectral(affinity, k, integer(seed, "cluster")), spectrum, note
    return _agglomerative(table, k), spectrum, note


def affinity_spectrum(affinity: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return the normalised affinity's largest eigenvalues, at most half of them and one."""
    n = len(affinity)
    root = np.sqrt(affinity.sum(axis=1))
    normalised = affinity / root[:, None] / root
    if n > DENSE and most <= MOST:
        start = generator(seed, "cluster", "spectrum").standard_normal(n)
        try:
            values = eigsh(normalised, k=most, v0=start, **ARPACK)
        except ArpackNoConvergence:  # of eigenvalues that all but coincide: none are left out below
            pass
        else:
            return np.sort(values)[::-1]
    low = n - min((n + 1) // 2 + 1, most)
    return eigh(normalised, eigvals_only=True, subset_by_index=(low, n - 1))[::-1]


def _number(affinity: np.ndarray, spectrum: np.ndarray, seed: int) -> tuple[int, str]:
    """Return k and what it rests on."""
    n = len(affinity)
    chance = max(_shuffled(affinity, seed, s) for s in range(SHUFFLES))
    if spectrum[1] <= chance + 1e-9:
        if affinity[np.triu_indices(n, 1)].max() < 0.5:
            return n, "k = n: no pair is more likely the same than not, and none stands out"
        return 1, "k = 1: shuffled evidence looks no different"
    gaps = spectrum[1:-1] - spectrum[2:]
    if len(gaps) and _flat(spectrum):
        return n, "k = n: no eigenvalue stands out among the others, which are alike"
    k = int(gaps.argmax()) + 2 if len(gaps) else 2
    return k, "k from the widest gap of eigenvalues: a rule of thumb"


def _flat(spectrum: np.ndarray) -> bool:
    """Say whether no gap between eigenvalues is more than their rounding."""
    return bool(spectrum[1] - spectrum[-1] < 1e-9)


def _shuffled(affinity: np.ndarray, seed: int, number: int) -> float:
    """Return the second eigenvalue where the pairs have changed places."""
    upper = np.triu_indices(len(affinity), 1)
    values = generator(seed, "cluster", "shuffled", number).permutation(affinity[upper])
    return float(affinity_spectrum(symmetric(values, upper, len(affinity), 1.0), 2, seed)[1])


def _spectral(affinity: np.ndarray, k: int, seed: int) -> np.ndarray:
    from sklearn.cluster import SpectralClustering

    method = SpectralClustering(
        n_clusters=k, affinity="precomputed", random_state=seed % 2**32, eigen_solver="arpack"
    )
    return method.fit_predict(affinity)


def _agglomerative(table: np.ndarray, k: int | None) -> np.ndarray:
    """Merge clusters of the largest mean log-odds: until k are left, or while these are above 0."""
    from sklearn.cluster import AgglomerativeClustering

    largest = table.max()
    distance = largest - table
    np.fill_diagonal(distance, 0)
    until = {"n_clusters": k, "distance_threshold": largest if k is None else None}
    method = AgglomerativeClustering(metric="precomputed", linkage="average", **until)
    return method.fit_predict(distance)


def _by_appearance(labels: np.ndarray) -> np.ndarray:
    """Rename clusters in the order in which they first appear."""
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number].astype(np.int64)


def _margins(table: np.ndarray, labels: np.ndarray) -> np.ndarray:
    n, k = len(labels), int(labels.max()) + 1
    if k == 1:
        return np.full(n, np.nan)
    order, sizes, every = np.argsort(labels, kind="stable"), np.bincount(labels), np.arange(n)
    begins = np.cumsum(sizes) - sizes
    sums = np.add.reduceat(table[:, order], begins, axis=1)  # the table's diagonal is 0
    with np.errstate(invalid="ignore"):
        own = sums[every, labels] / (sizes - 1)[labels]
    means = sums / sizes
    means[every, labels] = -np.inf
    return own - means.max(axis=1)
