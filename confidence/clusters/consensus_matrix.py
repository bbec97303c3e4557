"""How often two subjects fall into the same cluster."""

from typing import Any

import numpy as np

from confidence.clusters.label_alignment import canonical, cluster_counts
from toolbox.core import checks
from toolbox.core.records import record

LARGEST = 5000  # subjects: two tables of 25 million pairs, 400 MB
UNSURE = (0.1, 0.9)  # as Senbabaoglu et al. (2014)


@record
class ConsensusMatrix:
    """Co-assignment of pairs of subjects.

    Attributes
    ----------
    values : ndarray (n, n)
        Share of the runs that sampled both in which they share a cluster; NaN where none did.
    runs : ndarray (n, n) of int
        Number of runs that sampled both.
    pac : float
        Proportion of ambiguous clustering: pairs strictly between .1 and .9. It falls with the
        number of clusters even where there are none, and is small for any stable cut.
    """

    values: np.ndarray
    runs: np.ndarray
    pac: float


def consensus_matrix(labels: Any) -> ConsensusMatrix:
    r"""Return how often each pair of subjects shares a cluster over runs, whatever the names.

    Parameters
    ----------
    labels : array (R, n)
        Each run's clusters, whole numbers; -1 where the subject was not sampled. The labels of a
        `ClusterConfidence` will do. At most 5000 subjects.

    Returns
    -------
    ConsensusMatrix

    Raises
    ------
    InputError
        Labels that are not whole numbers of at least -1, a run without subjects, too many subjects.

    Notes
    -----
    .. math:: M_{ij} = \frac{\sum_r 1[L_{ri} = L_{rj} \ge 0]}
        {\sum_r 1[L_{ri} \ge 0 \text{ and } L_{rj} \ge 0]},

    and PAC is the share of the pairs i < j with :math:`.1 < M_{ij} < .9` (Monti et al. 2003;
    Senbabaoglu et al. 2014).

    References
    ----------
    S. Monti et al., Consensus clustering, Machine Learning 52 (2003). Y. Senbabaoglu, G.
    Michailidis, J. Li, Critical limitations of consensus clustering in class discovery, Scientific
    Reports 4 (2014).

    Examples
    --------
    >>> from confidence import consensus_matrix
    >>> m = consensus_matrix([[0, 0, 1], [5, 5, 5], [1, 0, -1]])
    >>> m.values.round(3).tolist()
    [[1.0, 0.667, 0.5], [0.667, 1.0, 0.5], [0.5, 0.5, 1.0]]
    """
    runs = canonical(checked_labels(labels))
    if runs.shape[1] > LARGEST:
        wanted = f"at most {LARGEST} subjects (choose some of the columns: the matrix is n x n)"
        checks.refuse("labels", wanted, runs.shape[1])
    values, together = co_assignment(runs)
    return ConsensusMatrix(values=values, runs=together, pac=ambiguity(values))


def checked_labels(labels: Any) -> np.ndarray:
    """Return (R, n) whole numbers of at least -1, every run with a subject."""
    array = checks.real_array(labels, "labels", ndim=2)
    whole = array.astype(np.int64)
    if (whole != array).any() or whole.min() < -1:
        wanted = "whole numbers, a cluster each, or -1 where a subject was not sampled"
        checks.refuse("labels", wanted, "fractions or numbers below -1")
    empty = np.flatnonzero((whole < 0).all(axis=1))
    if len(empty):
        checks.refuse("labels", "runs that sampled a subject", f"run {empty[0]} without any")
    return whole


def co_assignment(runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares and numbers of runs of all pairs: two products of indicators."""
    members = np.concatenate(
        [run[:, None] == np.arange(k) for run, k in zip(runs, cluster_counts(runs), strict=True)],
        axis=1,
    ).astype(np.float32)  # whole numbers below 2**24: exact
    sampled = (runs >= 0).T.astype(np.float32)
    together = sampled @ sampled.T
    with np.errstate(invalid="ignore"):
        values = (members @ members.T).astype(np.float64) / together
    return values, together.astype(np.int64)


def ambiguity(values: np.ndarray) -> float:
    """Return the proportion of ambiguous pairs; NaN where no pair was sampled."""
    pairs = values[np.triu_indices(len(values), 1)]
    pairs = pairs[np.isfinite(pairs)]
    if len(pairs) == 0:
        return float("nan")
    return float(np.mean((pairs > UNSURE[0]) & (pairs < UNSURE[1])))
