"""How many clusters there are, if any, and how stable each subject's cluster is."""

from typing import Any

import numpy as np

from confidence.clusters.consensus_matrix import LARGEST, ambiguity, checked_labels, co_assignment
from confidence.clusters.density_modes import mode_p_values, neighbour_numbers
from confidence.clusters.figure import cluster_figure
from confidence.clusters.label_alignment import aligned, canonical, cluster_counts
from confidence.clusters.number_criteria import (
    CRITERIA,
    box_dispersions,
    criterion_values,
    preferences,
)
from confidence.clusters.one_cluster_nulls import NULLS
from confidence.clusters.resampled_runs import METHODS, clustered, sample_size, sampled_subjects
from confidence.clusters.subject_stability import ClassAgreement, checked_known, stabilities
from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent, varies
from toolbox.core.records import nested, record
from toolbox.core.streams import generator
from toolbox.core.units import one_of_each, with_units

FEWEST = 20  # subjects: sqrt n neighbours, of which densities are taken, are then four


@record
class NumberPreferences:
    """Which number of clusters each criterion prefers: descriptive, it tests nothing.

    Attributes
    ----------
    criteria : tuple of strings
    ks : ndarray (K,) of int
        Numbers of clusters.
    preference : ndarray (criteria, K)
        Share of the runs in which the criterion prefers that number.
    pac : ndarray (K,)
        Proportion of ambiguous pairs; NaN for one cluster and beyond 5000 subjects.
    """

    criteria: tuple[str, ...]
    ks: np.ndarray
    preference: np.ndarray
    pac: np.ndarray


@record
class ClusterConfidence:
    """The number of clusters, and each subject's stability in its cluster.

    Attributes
    ----------
    number : int
        The verdict: 1 where one cluster is not rejected. With labels, the commonest number of
        their runs, which nothing has tested.
    p_value : float
        Of "one cluster", the largest of `p_values`; NaN with labels.
    nulls : tuple of strings
        The clouds of one cluster that the subjects were held against.
    p_values : ndarray (nulls,)
        Against each of them.
    numbers : NumberPreferences
        Which number each criterion prefers.
    clusters : int
        The number of clusters that what follows is about: among those above 1 the one with most
        preference, summed over the criteria, whatever the verdict.
    labels : ndarray (R, n) of int
        Each run's clusters, named after the consensus; -1 for subjects that were not sampled,
        `clusters` and above for clusters that match none.
    consensus : ndarray (n,) of int
        Each subject's commonest cluster; -1 if it was never sampled.
    stability : ndarray (n,)
        Share of the runs, of those that sampled it, in which the subject is in that cluster.
        Not the probability that it belongs there.
    stability_interval : ndarray (n, 2)
        Of the share among infinitely many runs: the error of finitely many runs and nothing else.
    shares : ndarray (n, clusters)
        The same shares for all clusters; the rest went to clusters that match none.
    jaccard : ndarray (clusters,)
        Of each cluster with the likeliest of a run, mean over runs; 1 is best.
    agreement : ClassAgreement
        How often known classes agree with the clusters, by the subjects' stability.
    level : float
    note : str
    """

    number: int
    p_value: float
    nulls: tuple[str, ...]
    p_values: np.ndarray
    numbers: NumberPreferences = nested()
    clusters: int
    labels: np.ndarray
    consensus: np.ndarray
    stability: np.ndarray
    stability_interval: np.ndarray
    shares: np.ndarray
    jaccard: np.ndarray
    agreement: ClassAgreement = nested()
    level: float
    note: str = ""

    def plot(self, ax: Any = None) -> Any:
        """Draw the table of preferences and the subjects' stabilities, sorted."""
        return cluster_figure(self, ax)


def cluster_confidence(
    x: Any = None,
    *,
    labels: Any = None,
    ks: Any = None,
    null: str = "largest",
    seed: Any = None,
    resamples: int = 100,
    method: str = "kmeans",
    known: Any = None,
    units: Any = None,
    level: float = 0.95,
) -> ClusterConfidence:
    r"""Say whether there are clusters, how many, and how stable each subject's cluster is.

    Stability under resampling, near 1 for most subjects of any clustering, is not the probability
    of membership: read the first example.

    Parameters
    ----------
    x : array (n, F), optional
        Vectors of at least 20 subjects, in units that make their distances meaningful. They are
        resampled (four fifths, without replacement) and clustered.
    labels : array (R, n), optional
        Instead of `x`, the clusters of R runs, for example of encoders retrained from scratch;
        whole numbers, -1 for subjects that a run did not sample. Their numbers of clusters are
        told as they are, and no null is tested.
    ks : whole numbers
        With `x`: the numbers of clusters to choose from, one of them above 1.
    null : "largest" | "gaussian" | "uniform" | "band"
        What "one cluster" means: a Gaussian of the same covariance, a uniform box along the
        principal axes, a thin uniform band, or the largest p-value of the three.
    seed : int
        With `x`.
    resamples : int
        Number of resamples, at least 10.
    method : "kmeans" | "ward" | "mixture"
        The clustering; a mixture is of Gaussians of full covariances.
    known : array (n,), optional
        Classes of some subjects, -1 for unknown, to hold the stability against.
    units : array (n,), optional
        What was drawn independently, by default those of the record that x came in, else every
        subject: resamples take whole units, one cluster is tested on one subject of each unit (20
        units at least), and shares of known classes have intervals over units.
    level : float
        Of the intervals; one cluster is rejected where p <= 1 - level.

    Returns
    -------
    ClusterConfidence

    Raises
    ------
    InputError
        Neither or both of x and labels, too few, constant or much repeated subjects, numbers of
        clusters that do not fit, a missing seed.

    Notes
    -----
    One cluster: the density at a subject is taken from the distance r_k to its k-th neighbour, with
    the intrinsic dimension m of Levina & Bickel (2004), up to a constant,

    .. math:: \log f = -m \log r_k,

    and the statistic is the prominence, in log f, of the second mode: its height above the highest
    way to a higher mode, along neighbours (Chazal et al. 2013), at k = sqrt n and 2 sqrt n, the
    smaller rank counting, among 199 clouds of the null. At most 500 subjects, drawn at random, are
    tested. A cluster is thus a mode with a gap around it; a cut through one long or curved cloud is
    none, nor is a group of fewer than about sqrt n subjects. Of 100 draws of 100 points in the
    plane, at the 5 % level, "largest" claimed clusters in 1 of a stretched Gaussian, 1 of a curved
    band and none of a Gaussian, a box, a disc, Student's t_3 and exponentials ("gaussian": in 40 of
    50 bands, 21 of 50 boxes); in sixteen other shapes, among them spirals, helices, rings and lines
    in noise, in at most 8. The price is power: two equal Gaussians in the plane, 3, 4, 5 and 6
    standard deviations apart, were told apart in 0, 22, 88 and 99 of 100 draws, and 6 apart in 10
    dimensions in 41 ("gaussian", for data that are known to have no odd shape: 96 at 4, and 100).
    For 400 handwritten digits in 64 dimensions "gaussian" gives p = .01 and "largest" .69.

    Preferences: on each resample, the largest silhouette (Rousseeuw 1987), variance ratio (Calinski
    & Harabasz 1974) and BIC of spherical Gaussians (Pelleg & Moore 2000); the gap to 20 uniform
    boxes (Tibshirani et al. 2001) prefers the smallest number within one standard error of the
    largest gap (Dudoit & Fridlyand 2002). The first two cannot prefer 1. They are descriptive: a
    preference that never changes can be wrong.

    Stability: the runs are matched to their consensus one to one (Kuhn 1955), which is the
    subjects' commonest clusters, in turn until neither changes; the names of the clusters play no
    part. Intervals are those of Clopper & Pearson (1934) over runs; of more than two clusters they
    allow for the commonest having been picked, as those of `assess`. Jaccard: Hennig (2007).

    References
    ----------
    F. Chazal, L. Guibas, S. Oudot, P. Skraba, Persistence-based clustering in Riemannian manifolds,
    JACM 60 (2013). C. Hennig, Cluster-wise assessment of cluster stability, CSDA 52 (2007).
    E. Levina, P. Bickel, Maximum likelihood estimation of intrinsic dimension, NIPS 2004.
    D. Pelleg, A. Moore, X-means, ICML 2000. R. Tibshirani, G. Walther, T. Hastie, Estimating the
    number of clusters via the gap statistic, JRSS B 63 (2001).

    Examples
    --------
    Two Gaussians, two standard deviations apart, and a subject for whom the posterior of the right
    one is 1 / (1 + exp(-2 * 0.58)) = .76. Resampling says 1.00: the cut between the two hardly
    moves. The verdict says that one cluster is not rejected.

    >>> import numpy as np
    >>> from confidence import cluster_confidence
    >>> x = np.random.default_rng(0).normal(size=(100, 1)) + np.repeat([[-1.0], [1.0]], 50, axis=0)
    >>> c = cluster_confidence(np.append(x, [[0.58]], axis=0), ks=[2], seed=0, resamples=20)
    >>> float(c.stability[-1]), c.number
    (1.0, 1)

    Labels of three runs, which need not use the same names:

    >>> c = cluster_confidence(labels=[[0, 0, 0, 1, 1], [1, 1, 1, 0, 0], [7, 7, 2, 2, -1]])
    >>> c.consensus.tolist(), c.stability.round(2).tolist()
    ([0, 0, 0, 1, 1], [1.0, 1.0, 0.67, 1.0, 1.0])
    """
    level = checks.number(level, "level", above=0, below=1)
    null = checks.choice(null, "null", ("largest", *NULLS))
    method = checks.choice(method, "method", METHODS)
    resamples = checks.count(resamples, "resamples", minimum=10)
    if labels is not None:
        _nothing_else(x, ks)
        runs = checked_labels(labels)
        known = checked_known(known, runs.shape[1])
        return _of_labels(runs, known, units, level)
    if x is None:
        checks.refuse("x", "an array of vectors, or labels=", "None")
    told = checks.known_units(x, units)
    x = _checked_vectors(x)
    unit = np.unique(checks.units(told, "units", length=len(x)), return_inverse=True)[1]
    ks = _checked_numbers(ks, unit.max() + 1)
    known = checked_known(known, len(x))
    if seed is None:
        checks.refuse("seed", "a whole number, as subjects are drawn", "None")
    seed = checks.seed(seed)

    nulls = NULLS if null == "largest" else (null,)
    p_values, note = _tested(x, unit, nulls, seed)
    runs, values = _clusterings(x, unit, ks, method, resamples, seed)
    preferred = preferences(values, box_dispersions(x, ks, method, seed))
    preference = (preferred[:, :, None] == np.arange(len(ks))).mean(axis=1)
    favoured = int(np.where(ks > 1, preference.sum(axis=0), -1).argmax())
    p_value, number = float(p_values.max()), int(ks[favoured])
    if note:
        number = 1
    elif p_value > 1 - level:
        note = (
            f"one cluster is not rejected (p = {p_value:.2g}): the {number} below may be cuts "
            "through one cloud"
        )
        number = 1
    return ClusterConfidence(
        number=number,
        p_value=p_value,
        nulls=nulls,
        p_values=p_values,
        numbers=NumberPreferences(
            criteria=CRITERIA,
            ks=ks,
            preference=preference,
            pac=np.array([_pac(of_k) for of_k in runs]),
        ),
        **stabilities(aligned(runs[favoured]), known, unit, level),
        level=level,
        note=with_units(note, told),
    )


def _nothing_else(x: Any, ks: Any) -> None:
    if x is not None:
        checks.refuse("labels", "either x or labels", "both")
    if ks is not None:
        checks.refuse("ks", "None with labels, whose numbers of clusters are as they are", ks)


def _tested(
    x: np.ndarray, unit: np.ndarray, nulls: tuple[str, ...], seed: int
) -> tuple[np.ndarray, str]:
    """Return the p-values of one cluster, on one subject of each unit, and why there are none."""
    count = unit.max() + 1
    if count < FEWEST:
        few = f"{count} units, where {FEWEST} are needed"
        return np.full(len(nulls), np.nan), f"one cluster is not tested: {few}"
    if count < len(x):
        x = x[one_of_each(unit, generator(seed, "one of each unit"))]
    return mode_p_values(x, nulls, seed), ""


def _checked_vectors(x: Any) -> np.ndarray:
    x = checks.real_array(x, "x", ndim=2).astype(np.float64)
    x = np.ldexp(x, -binary_exponent(x - x.mean(axis=0)))  # sums of squares stay in range
    if len(x) < FEWEST:
        checks.refuse("x", f"at least {FEWEST} subjects", len(x))
    if not varies(x).any():
        checks.refuse("x", "subjects that differ", "a constant array")
    often = int(np.unique(x, axis=0, return_counts=True)[1].max())
    if often > neighbour_numbers(len(x))[0]:
        checks.refuse("x", "vectors that seldom repeat", f"one that comes {often} times")
    return x


def _checked_numbers(ks: Any, items: int) -> np.ndarray:
    if ks is None:
        checks.refuse("ks", "numbers of clusters to choose from, for example [1, 2, 3]", "None")
    listed = checks.real_array(ks, "ks").ravel()
    numbers = np.unique(checks.counts(listed, "ks", length=len(listed)))
    largest = sample_size(items) // 2
    if numbers[-1] < 2 or numbers[-1] > largest:
        wanted = f"numbers of clusters up to {largest}, half a resample, one of them above 1"
        checks.refuse("ks", wanted, numbers.tolist())
    return numbers


def _of_labels(runs: np.ndarray, known: np.ndarray, units: Any, level: float) -> ClusterConfidence:
    unit = checks.units(units, "units", length=runs.shape[1])
    counts = cluster_counts(canonical(runs))
    ks, times = np.unique(counts, return_counts=True)
    usual = int(ks[times.argmax()])
    return ClusterConfidence(
        number=usual,
        p_value=float("nan"),
        nulls=(),
        p_values=np.empty(0),
        numbers=NumberPreferences(
            criteria=("runs",),
            ks=ks,
            preference=(times / len(runs))[None],
            pac=np.array([_pac(runs[counts == k]) if k > 1 else np.nan for k in ks]),
        ),
        **stabilities(aligned(runs), known, unit, level),
        level=level,
        note=with_units(
            "the number of clusters is that of the labels: nothing has tested it",
            units if (known >= 0).any() else unit,  # else nothing counts subjects
        ),
    )


def _clusterings(
    x: np.ndarray, unit: np.ndarray, ks: np.ndarray, method: str, resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels (ks, resamples, n), -1 where not sampled, and (resamples, ks, 4) criteria."""
    runs = np.full((len(ks), resamples, len(x)), -1)
    values = np.empty((resamples, len(ks), len(CRITERIA)))
    for r, subjects in enumerate(sampled_subjects(unit, resamples, seed)):
        for place, k in enumerate(ks):
            given = clustered(x[subjects], int(k), method, seed, "resample", r)
            runs[place, r, subjects] = given
            values[r, place] = criterion_values(x[subjects], given)
    return runs, values


def _pac(runs: np.ndarray) -> float:
    if runs.shape[1] > LARGEST or runs.max() < 1:
        return float("nan")
    return ambiguity(co_assignment(canonical(runs))[0])
