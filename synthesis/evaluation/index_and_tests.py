"""Two sets of described items compared: the index's terms, the spread, and the tests."""

import numpy as np

from synthesis.evaluation import unit_permutations
from synthesis.evaluation.near_copies import duplicate_test, neighbours
from synthesis.evaluation.pooled_statistics import pooling
from toolbox.core.streams import generator
from toolbox.multiscale.descriptions import Description

CONSTANT = 1e-10  # a variance below this share of the mean square is rounding
_RIDGE = 0.02  # of the two small sets of statistics, whose directions of least spread matter


def unit_means(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean (U, F) of every unit, in sorted order of the labels."""
    unit = np.unique(labels, return_inverse=True)[1]
    sums = np.zeros((unit.max() + 1, values.shape[1]))
    np.add.at(sums, unit, values)
    return sums / np.bincount(unit)[:, None]


def own_units(labels: np.ndarray, real_labels: np.ndarray, *, in_items: bool) -> np.ndarray:
    """Return one number an item, samples first: its unit's place among the unit means."""
    if in_items:
        return np.arange(len(labels) + len(real_labels))
    unit, real_unit = (np.unique(x, return_inverse=True)[1] for x in (labels, real_labels))
    return np.concatenate([unit, unit.max() + 1 + real_unit])


def varies(points: np.ndarray) -> np.ndarray:
    """Say which statistics (F,) vary by more than rounding."""
    return np.var(points, axis=0) > CONSTANT * np.mean(points**2, axis=0)


def index_terms(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return each statistic's term (F,) of the index; NaN where neither set varies."""
    n, m = len(a), len(b)
    nu = n + m - 2
    if nu <= 2:
        return np.full(a.shape[1], np.nan)
    within = _pooled_variance(a, b)
    free = within > CONSTANT * np.var(np.concatenate([a, b]), axis=0)
    z2 = np.full(a.shape[1], np.nan)
    shift = a.mean(axis=0) - b.mean(axis=0)
    z2[free] = shift[free] ** 2 / (within[free] * (1 / n + 1 / m))
    # z^2 is Fisher's F of 1 and nu degrees of freedom under one law: its mean is nu / (nu - 2).
    return (nu - 2) / nu * z2


def spread_ratio(a: np.ndarray, b: np.ndarray) -> float:
    """Return the trace of the standardised covariance of the samples over the reference's."""
    within = _pooled_variance(a, b)
    free = within > 0
    ours, theirs = (np.var(x, axis=0, ddof=1)[free] / within[free] for x in (a, b))
    return float(ours.sum() / theirs.sum()) if theirs.sum() > 0 else np.nan


def _pooled_variance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = sum(((x - x.mean(axis=0)) ** 2).sum(axis=0) for x in (a, b))
    return squares / (len(a) + len(b) - 2)


def set_tests(
    made: Description,
    real: Description,
    labels: np.ndarray,
    real_labels: np.ndarray,
    *,
    dim: int,
    seed: int,
    resamples: int,
) -> tuple[float, dict, float]:
    """Return the p-value, each group's, and that of the near-copies."""
    a, b = unit_means(made.values, labels), unit_means(real.values, real_labels)
    points = np.concatenate([a, b])
    stream = generator(seed, "quality", "permutations")
    table = unit_permutations.assignments(len(a), len(b), resamples=resamples, generator=stream)
    z2, shift = unit_permutations.squared_shifts(points, table)
    # Five statistics that see different departures: many small shifts, one along a direction of
    # little spread, one large, one of the spectrum, one of a whole kind. One test of the smallest.
    several = [z2.sum(axis=1), unit_permutations.whitened_shift(points, shift), z2.max(axis=1)]
    for few in (_spectrum(points, made.groups), points @ pooling(made.names, dim=dim)):
        varying = few[:, varies(few)]
        if varying.shape[1] > 0:
            moved = unit_permutations.squared_shifts(varying, table)[1]
            several.append(unit_permutations.whitened_shift(varying, moved, ridge=_RIDGE))
    groups = list(dict.fromkeys(made.groups))
    inside = [z2[:, np.array(made.groups) == group].sum(axis=1) for group in groups]
    corrected = unit_permutations.adjusted_p(unit_permutations.p_values(np.stack(inside, axis=1)))
    own = own_units(labels, real_labels, in_items=False)
    nearest = neighbours(standard(made, real), own)
    return (
        unit_permutations.smallest_p(unit_permutations.p_values(np.stack(several, axis=1))),
        dict(zip(groups, corrected.tolist(), strict=True)),
        duplicate_test(*nearest, table[:, own]),
    )


def _spectrum(points: np.ndarray, groups: tuple[str, ...]) -> np.ndarray:
    return points[:, np.array(groups) == "spectrum"]


def standard(made: Description, real: Description) -> np.ndarray:
    """Return all items over the total standard deviations, which no permutation changes."""
    pooled = np.concatenate([made.values, real.values])
    return pooled / pooled.std(axis=0)
