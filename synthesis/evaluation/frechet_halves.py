"""The Frechet distance's contrast of halves: zero on average for one law, at every size."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from synthesis.evaluation.feature_sets import FeatureSets
from synthesis.evaluation.gaussian_distance import Moments, Quadratic, distance, moments, quadratic
from toolbox.core.item_blocks import binary_exponent

Split = list[list[Moments]]

_SPLITS = 30  # random halves: their mean is unbiased with any number, and less noisy with more
# With the quadratic approximation one split is as good as 30 to 100: for so many features one is
# drawn, for fewer, where it costs less, more.
_FEATURES_OF_ONE_SPLIT = 200


def contrast_of_halves(sets: FeatureSets, stream: np.random.Generator) -> float:
    """Return the contrast of halves, extrapolated in 1/k where quarters have two units."""
    half = min(sets.n_units) // 2
    sizes = (half, half // 2) if half // 2 >= 2 else (half,)
    # The quadratic approximation holds fourth powers of the features.
    exponent = binary_exponent(sets.samples, sets.reference)
    points = tuple(np.ldexp(x, -exponent) for x in (sets.samples, sets.reference))
    if sets.n_units == tuple(map(len, points)):
        near = quadratic(*points)
        values = [_few_splits(near, k, half / k, stream) for k in sizes]
    else:
        units = sets.units, sets.reference_units
        values = [_many_splits(points, units, k, half / k, stream) for k in sizes]
    k, fewer = sizes[0], sizes[-1]
    value = values[0] if len(values) == 1 else (k * values[0] - fewer * values[1]) / (k - fewer)
    return float(np.ldexp(value, 2 * exponent))


def _many_splits(
    points: Sequence, units: Sequence, k: int, often: float, stream: np.random.Generator
) -> float:
    """Return the mean of D_k over splits into parts of k units."""
    splits = (_parts(points, units, k, stream) for _ in range(int(_SPLITS * often)))
    return float(np.mean([_contrast(split, distance) for split in splits]))


def _few_splits(near: Quadratic, k: int, often: float, stream: np.random.Generator) -> float:
    """Return the same for single items, with the approximation's mean over all splits for its own.

    Smaller parts vary more and cost less: they are drawn more `often`.
    """
    units = [np.arange(len(points)) for points in near.points]
    number = (_FEATURES_OF_ONE_SPLIT / near.points[0].shape[1]) ** 2
    off = []
    for _ in range(int(np.clip(number * often, 1, _SPLITS * often))):
        split = _parts(near.points, units, k, stream)
        off.append(_contrast(split, distance) - _contrast(split, near.distance))
    return float(np.mean(off)) + near.over_all_splits


def _parts(points: Sequence, units: Sequence, k: int, stream: np.random.Generator) -> Split:
    """Return the moments of two disjoint random parts of k units of each set."""
    split = []
    for x, unit in zip(points, units, strict=True):
        side = np.full(unit.max() + 1, -1)
        side[stream.permutation(len(side))[: 2 * k]] = np.repeat([0, 1], k)
        centre, of = x.mean(axis=0), side[unit]
        split.append([moments(x[of == part], centre) for part in (0, 1)])
    return split


def _contrast(split: Split, distance: Callable) -> float:
    ours, theirs = split
    across = np.mean([distance(a, b) for a, b in product(ours, theirs)])
    return float(across - (distance(*ours) + distance(*theirs)) / 2)
