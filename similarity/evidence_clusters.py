"""Clusters of items from the evidence of their pairs."""

from typing import Any

import numpy as np
from scipy.linalg import eigh
from scipy.special import expit

from similarity.pair_tables import log_odds_table
from toolbox.doors import choice, count
from toolbox.doors import seed as seed_check
from toolbox.records import record
from toolbox.retraining.streams import integer

LARGEST = 7000
FLOOR = 1e-6  # of an affinity: a graph in pieces has no unique eigenvectors
SURE = 14.0  # log-odds beyond which an affinity no longer changes
MOST = 50  # eigenvalues, and clusters that a gap may show
SMALLEST_GAP = 0.05  # between eigenvalues, which lie between 0 and 1


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
        Mean log-odds of the item with the others of its cluster, less that with the cluster that
        comes next; negative = the item would fit better there. NaN for an item alone in its cluster
        and where there is one cluster only.
    eigenvalues : ndarray
        The largest of the normalised affinities, which a missing k is read from; the first is 1.
    how : str
    note : str
        Where k comes from.
    """

    labels: np.ndarray
    k: int
    margins: np.ndarray
    eigenvalues: np.ndarray
    how: str
    note: str


def cluster(evidence: Any, *, k: int | None = None, how: str = "spectral", seed: int) -> Clusters:
    """Group items so that pairs with evidence for "same" fall together.

    Parameters
    ----------
    evidence
        An `Evidence`, or a symmetric (n, n) table of log-odds, positive = same (its diagonal does
        not count and may be NaN): n >= 2.
    k
        Number of clusters, 1 to n; by default the number of eigenvalues before the widest gap.
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
        For a table that is not square, symmetric and finite, one item, more than 7000, or k
        beyond them.

    Notes
    -----
    Affinities are A_ij = P(same) = 1 / (1 + exp(-log-odds)), A_ii = 1. Spectral: k-means on the
    first k eigenvectors of D^-1/2 A D^-1/2, D the row sums (Ng, Jordan and Weiss, 2002).
    Agglomerative: the two clusters whose pairs have the largest mean log-odds are merged until k
    are left; it uses log-odds as they are, and shifting all of them changes nothing.

    Without k: with eigenvalues 1 = l_1 >= l_2 >= ... the k <= (n + 1)/2 of the largest l_k - l_k+1
    (von Luxburg, 2007, section 8.3); n where no item resembles another (all P < 1/2 and no gap
    above .05). One cluster is a possible answer. The gap is a rule of thumb without a test. For a
    verdict on the number of clusters, and for the stability of each item's, cluster many
    subsamples and hand the (R, n) labels, -1 for what a run left out, to
    ``confidence.cluster_confidence(labels=...)``: the third example makes such labels.

    References
    ----------
    A. Ng, M. Jordan, Y. Weiss, "On spectral clustering", NIPS 2002.
    U. von Luxburg, "A tutorial on spectral clustering", Statistics and Computing 2007.

    Examples
    --------
    >>> import numpy as np
    >>> kind = np.array([0, 1, 0, 1, 2, 2, 0])
    >>> log_odds = np.where(kind[:, None] == kind, 3.0, -3.0)
    >>> cluster(log_odds, seed=0).labels.tolist()
    [0, 1, 0, 1, 2, 2, 0]
    >>> cluster(log_odds, k=2, how="agglomerative", seed=0).k
    2
    >>> runs = np.full((20, 7), -1)
    >>> for r, run in enumerate(runs):
    ...     part = np.random.Generator(np.random.Philox(r)).permutation(7)[:6]
    ...     run[part] = cluster(log_odds[np.ix_(part, part)], k=3, seed=r).labels
    >>> runs.shape, int((runs == -1).sum())
    ((20, 7), 20)
    """
    table = log_odds_table(evidence, largest=LARGEST)
    how = choice(how, "how", ("spectral", "agglomerative"))
    seed = seed_check(seed)
    n = len(table)
    affinity = np.maximum(expit(np.clip(table, -SURE, SURE)), FLOOR)
    np.fill_diagonal(affinity, 1)
    if k is not None:
        k, note = count(k, "k", maximum=n), "k as given"
    spectrum = _spectrum(affinity)
    if k is None:
        k, note = _number(spectrum, affinity)
    if k in (1, n):
        labels = np.arange(n) if k == n else np.zeros(n, dtype=np.int64)
    elif how == "spectral":
        labels = _spectral(affinity, k, integer(seed, "cluster"))
    else:
        labels = _agglomerative(table, k)
    labels = _by_appearance(labels)
    return Clusters(
        labels=labels,
        k=k,
        margins=_margins(table, labels, k),
        eigenvalues=spectrum,
        how=how,
        note=note,
    )


def _spectrum(affinity: np.ndarray) -> np.ndarray:
    """Return the upper half of the normalised affinity's eigenvalues, the largest first."""
    n = len(affinity)
    root = np.sqrt(affinity.sum(axis=1))
    low = max(0, n - min((n + 1) // 2 + 1, MOST))
    values = eigh(affinity / root[:, None] / root, eigvals_only=True, subset_by_index=(low, n - 1))
    return values[::-1]


def _number(spectrum: np.ndarray, affinity: np.ndarray) -> tuple[int, str]:
    gaps = spectrum[:-1] - spectrum[1:]
    n = len(affinity)
    if affinity[~np.eye(n, dtype=bool)].max() < 0.5 and gaps.max() < SMALLEST_GAP:
        return n, "k = n: no pair is more likely the same than not, and no gap of eigenvalues"
    k = int(gaps.argmax()) + 1
    return k, f"k from the widest gap of eigenvalues, {gaps[k - 1]:.3g}: a rule of thumb"


def _spectral(affinity: np.ndarray, k: int, seed: int) -> np.ndarray:
    from sklearn.cluster import SpectralClustering

    method = SpectralClustering(
        n_clusters=k, affinity="precomputed", random_state=seed % 2**32, eigen_solver="arpack"
    )
    return method.fit_predict(affinity)


def _agglomerative(table: np.ndarray, k: int) -> np.ndarray:
    from sklearn.cluster import AgglomerativeClustering

    distance = table.max() - table
    np.fill_diagonal(distance, 0)
    method = AgglomerativeClustering(n_clusters=k, metric="precomputed", linkage="average")
    return method.fit_predict(distance)


def _by_appearance(labels: np.ndarray) -> np.ndarray:
    """Rename clusters in the order in which they first appear."""
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number].astype(np.int64)


def _margins(table: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    n = len(labels)
    if k == 1:
        return np.full(n, np.nan)
    member = (labels[:, None] == np.arange(k)).astype(np.float64)
    sizes = member.sum(axis=0) - member  # others in the cluster
    every = np.arange(n)
    with np.errstate(invalid="ignore"):
        means = (table @ member) / sizes  # the table's diagonal is 0
    own = means[every, labels]
    means[every, labels] = -np.inf
    return own - means.max(axis=1)
