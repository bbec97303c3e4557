"""The verdict on a task: can its classes be found without labels, and what are labels worth."""

from collections.abc import Callable
from math import nan

import numpy as np

from toolbox.core.records import nested, record


@record
class ClusteringTask:
    """What a verdict is about.

    Attributes
    ----------
    items, classes : int
    dimensions : float
        Dimensions that the noise fills; NaN for pairs and graphs.
    labelled : float
        The share of labels that `error_labelled` is about.
    intrinsic_dimension : ndarray (2,)
        Of the vectors given, by TwoNN and by maximum likelihood; NaN where none were given.
    intrinsic_bias : ndarray (2,)
        By how much each is wrong on Gaussian clouds of that size that it finds to be alike.
    """

    items: int
    classes: int
    dimensions: float
    labelled: float
    intrinsic_dimension: np.ndarray
    intrinsic_bias: np.ndarray


@record
class Verdict:
    """Whether classes can be found without labels.

    Attributes
    ----------
    separation : float
        Of vectors: variance between the centres along each of the K - 1 directions that they span,
        over the variance within a class along one direction; two equal classes with centres +-mu:
        |mu|^2 / sigma^2. Of a similarity matrix: d', the difference between pairs of one class and
        of two, in standard deviations. Of a graph: |a - b| / sqrt(a + (K - 1) b).
    separation_interval : ndarray (2,)
        95 % interval where the separation was estimated; both ends are the separation if stated.
    threshold : float
        The separation below which clustering is no better than chance as n and p grow.
    ratio : float
        separation / threshold: above 1, clustering is better than chance.
    exact_ratio : float
        The separation over the one above which every item can be placed right; of a graph the
        ratio of sqrt(a) - sqrt(b); NaN for a similarity matrix.
    chance : float
        Error of guessing, 1 - 1/K.
    error_unlabelled : float
        Share of items in a wrong cluster, without labels, by the best method known. For vectors of
        two classes that of n items; otherwise that of infinitely many.
    error_limit : float
        The same as n and p grow.
    error_pca : float
        That limit for the sign of the first principal component; NaN but for vectors of two
        classes.
    error_labelled, error_supervised : float
        The error on the others when the share `labelled` of the items, or all the others, have
        labels.
    value_of_labels : float
        error_unlabelled - error_labelled.
    task : ClusteringTask
        How many items and classes in how many dimensions, and how many labels.
    verdict : str
        The answer in words; begins "clusterable", "not clusterable" or "undecided".
    note : str
        What the answer rests on.
    """

    separation: float
    separation_interval: np.ndarray
    threshold: float
    ratio: float
    exact_ratio: float
    chance: float
    error_unlabelled: float
    error_limit: float
    error_pca: float
    error_labelled: float
    error_supervised: float
    value_of_labels: float
    task: ClusteringTask = nested()
    verdict: str
    note: str


def task_of(
    items: int,
    classes: int,
    labelled: float,
    *,
    dimensions: float = nan,
    intrinsic: tuple[float, float] = (nan, nan),
    intrinsic_bias: tuple[float, float] = (nan, nan),
) -> ClusteringTask:
    """Return what a verdict is about; NaN for what pairs, graphs and stated numbers do not have."""
    return ClusteringTask(
        items=items,
        classes=classes,
        dimensions=float(dimensions),
        labelled=labelled,
        intrinsic_dimension=np.array(intrinsic),
        intrinsic_bias=np.array(intrinsic_bias),
    )


def judged(
    separation: float,
    interval: tuple[float, float],
    threshold: float,
    *,
    task: ClusteringTask,
    error: Callable[[float], float],
    unlabelled: float | None = None,
    exact_ratio: float = nan,
    note: str = "",
) -> Verdict:
    """Return the verdict; `error` gives the limit's error at a share of labels.

    `unlabelled` is the error of finitely many items; labels never make it worse.
    """
    limit = error(0.0)
    unlabelled = limit if unlabelled is None else unlabelled
    with_labels, supervised = (min(error(share), unlabelled) for share in (task.labelled, 1.0))
    chance = 1 - 1 / task.classes
    words = _words(separation, interval, threshold)
    words += (
        f"; expected in a wrong cluster: {_percent(unlabelled)} without labels, "
        f"{_percent(with_labels)} with {100 * task.labelled:.3g} % of the labels, "
        f"{_percent(supervised)} with all (chance: {_percent(chance)})"
    )
    return Verdict(
        separation=float(separation),
        separation_interval=np.array(interval, dtype=float),
        threshold=float(threshold),
        ratio=float(separation / threshold),
        exact_ratio=exact_ratio,
        chance=chance,
        error_unlabelled=unlabelled,
        error_limit=limit,
        error_pca=nan,
        error_labelled=with_labels,
        error_supervised=supervised,
        value_of_labels=unlabelled - with_labels,
        task=task,
        verdict=words,
        note=note,
    )


def _words(separation: float, interval: tuple[float, float], threshold: float) -> str:
    ratio = separation / threshold
    low, high = interval
    if low <= threshold < high and high > low:
        return (
            f"undecided: the separation is {ratio:.2g} times the threshold, "
            f"between {low / threshold:.2g} and {high / threshold:.2g} times (95 %)"
        )
    if ratio <= 1:
        return f"not clusterable: the separation is {ratio:.2g} times the threshold"
    return f"clusterable: the separation is {ratio:.2g} times the threshold"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
