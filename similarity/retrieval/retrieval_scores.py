"""Retrieval scores: does the nearest item, and the nearest R items, have the query's label."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from similarity.retrieval.partition_agreement import agreement
from similarity.retrieval.placements import PairsOfOneLabel, chunks
from similarity.retrieval.query_rows import (
    pairs_of_one_label,
    query_rows,
    ranked_scores,
    rounded_levels,
    square_matrix,
)
from toolbox.core import checks
from toolbox.core.checks import count, labels, number, refuse
from toolbox.core.checks import seed as seed_check
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.core.units import with_units
from toolbox.resampling.bootstrap_intervals import too_few
from toolbox.resampling.redrawn_units import times_drawn


@record
class RetrievalScores:
    """Scores of a distance matrix, higher is better: 1 at best, 0 at worst (`ari`: 0 by chance).

    Attributes
    ----------
    p_at_1, r_precision, map_at_r : float
        Share of queries whose nearest item has their label; mean share of right ones among the R
        nearest, R being the number of others with the query's label; mean average precision there.
    auc : float
        Probability that a pair of one label is nearer than a pair of two.
    nmi, ari : float
        Normalised mutual information (by the mean entropy) and adjusted Rand index of the clusters
        against the labels, over all items; NaN without clusters.
    p_at_1_interval, r_precision_interval, map_at_r_interval, auc_interval : ndarray (2,)
        Lower and upper limit at `level`; NaN where `note` says why.
    nmi_interval, ari_interval : ndarray (2,)
    queries : ndarray of int
        The items that were asked: those whose label has another member.
    query_scores : ndarray (queries, 3)
        Their own P@1, R-precision and MAP@R, to compare two methods query by query.
    singletons : int
        Labels with a single member, never asked.
    level : float
        Nominal coverage of the intervals.
    note : str
        What to know before trusting the intervals.
    """

    p_at_1: float
    r_precision: float
    map_at_r: float
    auc: float
    nmi: float
    ari: float
    p_at_1_interval: np.ndarray
    r_precision_interval: np.ndarray
    map_at_r_interval: np.ndarray
    auc_interval: np.ndarray
    nmi_interval: np.ndarray
    ari_interval: np.ndarray
    queries: np.ndarray
    query_scores: np.ndarray
    singletons: int
    level: float
    note: str


def retrieval_scores(
    distances: Any,
    labels: Any,
    *,
    seed: int,
    resamples: int = 999,
    units: Any = None,
    level: float = 0.95,
    clusters: Any = None,
) -> RetrievalScores:
    r"""Score how well small distances find items of the same label; higher is better.

    Parameters
    ----------
    distances
        (n, n), lower = more alike (hand in ``-evidence.scores``). Row i ranks the
        items for query i; the diagonal is ignored and may be NaN.
    labels
        (n,) whole numbers or strings. A label with a single member is never a query but stays
        among the candidates as a distractor; how many is counted in `singletons`.
    seed
        Seed of the bootstrap.
    resamples
        Bootstrap resamples of the queries; 0 for no intervals.
    units
        (n,) what was drawn independently (a sheet, a photograph): whole units are redrawn. By
        default every item is its own.
    level
        Coverage of the intervals.
    clusters
        (n,) whole numbers or strings, for example the labels of `similarity.cluster`: they are
        held against `labels` too.

    Returns
    -------
    RetrievalScores
        `p_at_1`, `r_precision`, `map_at_r`, `auc`, `nmi`, `ari` and their intervals.

    Raises
    ------
    InputError
        If the matrix is not square and finite off the diagonal, or if all labels are equal or all
        are different (then nothing can be found, or nothing can be missed).

    Notes
    -----
    With R other members of the query's label, and r_i = 1 where the i-th nearest item has that
    label, else 0 (Musgrave, Belongie and Lim, 2020, section 4), the means over queries of

    .. math:: P@1 = r_1, \qquad \mathrm{R\text{-}precision} = \frac1R \sum_{i \le R} r_i, \qquad
        MAP@R = \frac1R \sum_{i \le R} r_i\, \frac1i \sum_{l \le i} r_l.

    Ties count by their exact expectation over a random order of the tied items (McSherry and
    Najork, 2008): in a group of g tied items, m of them relevant, after a items with M relevant,
    place a + t contributes to the last sum

    .. math:: \frac mg\, \frac{M + 1 + (t - 1)(m - 1)/(g - 1)}{a + t}.

    The AUC is the probability that a same-label pair (query, item) is nearer than a
    different-label pair, over all queries together, ties counting one half: unlike the others it
    also asks that distances of different queries are comparable. Rounded distances that float32
    does not tell apart tie.

    Intervals are percentiles over resamples of the queries (or of their units), the candidates
    staying as they are; the AUC uses the placement values of DeLong, DeLong and Clarke-Pearson
    (1988). With so few units that fewer than 2 / (1 - level) different resamples exist, the
    intervals are NaN. Those of NMI and ARI redraw all items (or units); two copies of one item
    make no pair of the Rand index (Hubert and Arabie, 1985). NMI grows with the number of
    clusters, also of meaningless ones; ARI does not.

    Rows are taken in blocks and pairs of one label in chunks: less than 1 GB is held beside the
    matrix, whatever its size (one of floats, also a memory-mapped one, is not copied).

    References
    ----------
    K. Musgrave, S. Belongie, S.-N. Lim, "A metric learning reality check", ECCV 2020.
    L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 1985.
    F. McSherry, M. Najork, "Computing information retrieval performance measures efficiently in
    the presence of tied scores", ECIR 2008.

    Examples
    --------
    >>> import numpy as np
    >>> points = np.array([0.0, 0.1, 1.0, 1.1, 0.95])
    >>> distances = np.abs(points[:, None] - points)
    >>> scores = retrieval_scores(distances, [0, 0, 1, 1, 0], seed=0)
    >>> scores.p_at_1
    0.6
    """
    distances, labels = _checked(distances, labels)
    seed = seed_check(seed)
    resamples = count(resamples, "resamples", minimum=0)
    level = number(level, "level", above=0, below=1)
    unit = checks.units(units, "units", length=len(labels))
    told = agreement(
        labels,
        None if clusters is None else checks.labels(clusters, "clusters", length=len(labels)),
        unit,
        resamples=resamples,
        level=level,
        seed=seed,
    )
    _, numbers, members = np.unique(labels, return_inverse=True, return_counts=True)
    queries = np.flatnonzero(members[numbers] > 1)
    per_query, placements = _scored(distances, numbers, queries, members[numbers[queries]] - 1)
    weights, note = _query_weights(unit[queries], resamples, level, seed)
    estimates = _weighted_scores(per_query, placements, np.ones((1, len(queries))))[0]
    if weights is None:
        intervals = np.full((4, 2), np.nan)
    else:
        drawn = [_weighted_scores(per_query, placements, block) for block in weights]
        tails = [(1 - level) / 2, (1 + level) / 2]
        intervals = np.quantile(np.concatenate(drawn), tails, axis=0).T
        note = with_units(note, units)
    names = ("p_at_1", "r_precision", "map_at_r", "auc")
    return RetrievalScores(
        **dict(zip(names, map(float, estimates), strict=True)),
        **{f"{name}_interval": i for name, i in zip(names, intervals, strict=True)},
        nmi=told.nmi,
        ari=told.ari,
        nmi_interval=told.nmi_interval,
        ari_interval=told.ari_interval,
        queries=queries,
        query_scores=per_query,
        singletons=len(labels) - len(queries),
        level=level,
        note="; ".join(filter(None, [note, told.note])),
    )


def _checked(distances: Any, given: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return a square matrix, finite off its diagonal, and labels that can be retrieved."""
    distances = square_matrix(distances)
    given = labels(given, "labels", length=len(distances))
    different = len(np.unique(given))
    if different in (1, len(given)):
        which = "all equal" if different == 1 else "all different"
        refuse("labels", "at least two labels, one of them with two members", which)
    return distances, given


def _scored(
    distances: np.ndarray, numbers: np.ndarray, queries: np.ndarray, sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each query's scores (queries, 3), and sums of placement values and numbers of pairs.

    `numbers` are the items' labels, `sizes` the numbers R of other members of the queries' labels.
    The pairs of one label come in chunks where they are too many to be sorted at once, each of
    which meets all rows.
    """
    per_query, closer, farther = [], [], np.zeros(len(queries), dtype=np.int64)
    levels = rounded_levels(distances)
    for run in chunks(sizes):
        found = pairs_of_one_label(distances, numbers, queries[run], levels)
        pairs, done = PairsOfOneLabel(found, sizes[run]), 0
        for rows in query_rows(distances, numbers, queries, levels):
            block = slice(done, done + len(rows.sizes))
            farther[block] += pairs.add(rows)
            done = block.stop
            if run.start == 0:
                per_query.append(ranked_scores(rows))
        closer.append(pairs.passed())
    others = len(numbers) - 1 - sizes
    closer = sizes - np.concatenate(closer) / (2 * others.sum())
    return np.concatenate(per_query), np.array(
        [closer, sizes, farther / (2 * sizes.sum()), others], dtype=np.float64
    )


def _weighted_scores(
    per_query: np.ndarray, placements: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the four scores under (resamples, queries) weights: (resamples, 4)."""
    plain = placements[0].sum() / placements[1].sum()
    # One product: the weights are many times as large as all that they weigh.
    summed = weights @ np.column_stack([np.ones(len(per_query)), per_query, placements.T])
    means = summed[:, 1:4] / summed[:, :1]
    closer, same, farther, different = summed[:, 4:].T
    auc = closer / same + farther / different - plain
    return np.column_stack([means, np.clip(auc, 0, 1)])


def _query_weights(
    units: np.ndarray, resamples: int, level: float, seed: int
) -> tuple[Iterator[np.ndarray] | None, str]:
    """Return, in blocks, how often each query is drawn in each resample of whole units."""
    _, unit = np.unique(units, return_inverse=True)
    n = unit.max() + 1
    if resamples == 0:
        return None, "no intervals: resamples=0"
    if too_few(n, level):
        return None, f"no intervals: {n} independent units among the queries are too few"
    rng = generator(seed, "retrieval_scores", "bootstrap")
    draws = times_drawn(n, resamples, rng)
    if n == len(units):  # every query is its own unit, in the order of their names
        return draws, ""
    return (block[:, unit] for block in draws), ""
