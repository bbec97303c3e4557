"""Clusterings of resampled subjects."""

import warnings
from typing import Any

import numpy as np

from toolbox.core.streams import generator, integer

SHARE = 0.8  # as Monti et al. (2003): any two subjects then meet in 64 of 100 resamples
STARTS = 3  # the best of them; a bad start otherwise looks like an unstable subject
METHODS = ("kmeans", "ward", "mixture")


def sampled_subjects(unit: np.ndarray, resamples: int, seed: int) -> list[np.ndarray]:
    """Return the subjects of each resample: of four fifths of the units, without replacement."""
    units = int(unit.max()) + 1
    size = sample_size(units)
    drawn = (
        generator(seed, "resample", r).choice(units, size=size, replace=False)
        for r in range(resamples)
    )
    return [np.flatnonzero(np.isin(unit, of)) for of in drawn]


def sample_size(items: int) -> int:
    """Return the number of subjects in a resample."""
    return round(SHARE * items)


def clustered(x: np.ndarray, clusters: int, method: str, seed: int, *names: str | int) -> Any:
    """Return each subject's cluster; the starts come from the named stream."""
    if clusters == 1:
        return np.zeros(len(x), np.int64)
    start = integer(seed, "starts", clusters, *names) % 2**32
    with warnings.catch_warnings():
        # Fewer distinct points than clusters, or a mixture that still moves: labels all the same.
        from sklearn.exceptions import ConvergenceWarning

        warnings.simplefilter("ignore", ConvergenceWarning)
        return _estimator(clusters, method, start).fit_predict(x)


def _estimator(clusters: int, method: str, start: int) -> Any:
    if method == "ward":
        from sklearn.cluster import AgglomerativeClustering

        return AgglomerativeClustering(clusters)
    if method == "mixture":
        from sklearn.mixture import GaussianMixture

        return GaussianMixture(clusters, n_init=STARTS, random_state=start)
    from sklearn.cluster import KMeans

    return KMeans(clusters, n_init=STARTS, random_state=start)
