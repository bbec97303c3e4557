"""One statistic a pair, over what it would be between two images of one law."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, product

import numpy as np
from scipy.optimize import brentq
from scipy.stats import gamma

from similarity.pairs.fitted_fields import LawFields, shrunk
from similarity.pairs.kept_features import Keep
from similarity.pairs.separating_metric import (
    Coordinates,
    Rows,
    separating_metric,
    within_covariance,
)
from toolbox.core.device import blocks_for_kernels

Features = Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
# Hartlap's factor reaches 0 where there are as many features as fields; the covariance is shrunk,
# so that some of it is known even then. How much was chosen, not derived.
LEAST_TRUST = 0.25
TAILS = (0.05, 0.025, 0.01)  # where tests are made; further out there are few simulated pairs
SMALLEST_SHAPE = 0.5  # one degree of freedom: no statistic of several features is wilder
LEAST_DIFFERENCE = 1e-3  # between the parts of an item, over that of simulated ones
LARGEST_BLOCK = 2**17  # samples described at once


@dataclass(frozen=True)
class FamilyFeatures:
    """A family's features of items, their parts, and fields simulated from some items' laws.

    `real` (n, F), `parts` (n, parts, F), `laws` (L,) items, `fields` (L, copies, F) and
    `field_parts` (L x copies, parts, F). NaN at scales that the parts are too small for.
    """

    real: np.ndarray
    parts: np.ndarray
    laws: np.ndarray
    fields: np.ndarray
    field_parts: np.ndarray


@dataclass(frozen=True)
class PairStatistics:
    """Two statistics of each pair over their null means, and the nulls' gamma shapes.

    `alike` gives the one of all features alike, `separating` that of the directions in which the
    items differ; where there is none (`directions` 0) both are the same. `widening` (n,) is how
    many times more the parts of an item differ than the parts of fields of its fitted law do.
    `trust` says how well the simulated fields settle the covariance of so many features:
    log-likelihood ratios are to be multiplied by it.
    """

    alike: Coordinates
    shape: float
    separating: Coordinates
    separation_shape: float
    directions: int
    widening: np.ndarray
    trust: float

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.alike.points)

    def between(self, rows: Rows, columns: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return both statistics of rows against columns, over their null means."""
        ratio = self.alike.between(rows, columns)
        return ratio, self.separating.between(rows, columns) if self.directions else ratio

    def rearranged(self, order: np.ndarray, dtype: np.dtype) -> "PairStatistics":
        """Return the statistics of the items in another order and precision."""
        return replace(
            self,
            alike=self.alike.rearranged(order, dtype),
            separating=self.separating.rearranged(order, dtype),
            widening=self.widening[order],
        )


def family_features(
    given: LawFields, features: Features, keep: Keep | None = None
) -> FamilyFeatures:
    """Describe items and fields of their fitted laws, whole and in parts.

    `keep` may take each of the four from where an earlier call kept it.
    """
    flat = given.fields.reshape(-1, *given.images.shape[1:])
    found = {}
    for what, images, in_parts in (
        ("fields", flat, False),
        ("items", given.images, False),
        ("parts of items", given.images, True),
        ("parts of fields", flat, True),
    ):
        compute = partial(_described, images, features, in_parts=in_parts)
        found[what] = compute() if keep is None else keep(what, compute)
    return FamilyFeatures(
        real=found["items"],
        parts=found["parts of items"],
        laws=given.laws,
        fields=found["fields"].reshape(*given.fields.shape[:2], -1),
        field_parts=found["parts of fields"],
    )


def pair_statistics(found: FamilyFeatures, *, energies: bool, from_parts: bool) -> PairStatistics:
    """Return the statistics of the pairs in one family.

    T_ij = sum_f d_f^2 / (2 v_f), d_f the difference of feature f and v_f its variance between
    images of one law. For log-energies the terms are (4 / v) log cosh(d / 2), the likelihood
    ratio of two gamma variables with 2 / v degrees of freedom.
    """
    copies = found.fields.shape[1]
    variance = _variances(found.fields, found.parts, found.field_parts)
    upper = np.triu_indices(copies, 1)
    null = np.array([all_pairs(f, variance, energies=energies)[upper] for f in found.fields])
    widening = _widening(
        _within_items(found.parts, variance, energies=energies),
        _within_items(found.field_parts, variance, energies=energies).reshape(-1, copies),
    )
    nearest = _nearest(found.real, found.real[found.laws])
    means = _null_means(null, copies)
    shape = _tail_shape(null / means[:, None])
    covariance = within_covariance(found.fields, found.parts, variance, from_parts=from_parts)
    metric = separating_metric(found.real, covariance)
    alike = coordinates(found.real, variance, energies=energies)
    # Half, as a pair's null mean is the sum of both items' shares.
    alike = replace(alike, null=widening * means[nearest] / 2)
    separating, separation_shape = alike, shape
    if metric.directions:
        null = np.array([metric.statistic(f)[upper] for f in found.fields])
        separating = Coordinates(metric.coordinates(found.real) / np.sqrt(null.mean()))
        # A gamma variable of mean 1 and shape a has the variance 1/a: half its effective degrees of
        # freedom, however many features there are.
        separation_shape = float(1 / (null / null.mean(axis=1, keepdims=True)).var())
    return PairStatistics(
        alike=alike,
        shape=shape,
        separating=separating,
        separation_shape=separation_shape,
        directions=metric.directions,
        widening=widening,
        trust=_trust(found.fields),
    )


def _trust(fields: np.ndarray) -> float:
    """Return (m - F - 2) / (m - 1), by which an inverse covariance of m vectors is too large.

    Of Gaussian vectors without shrinkage (Hartlap, Simon and Schneider, 2007); not below
    `LEAST_TRUST`, since the covariance is shrunk.
    """
    vectors = fields.shape[0] * (fields.shape[1] - 1)
    return max(LEAST_TRUST, (vectors - fields.shape[2] - 2) / (vectors - 1))


def _tail_shape(ratio: np.ndarray) -> float:
    """Return the shape of the gamma law of mean 1 with the variance, or longest tail, of ratios.

    A sum of few large and many small terms has a longer tail than the gamma law of its variance.
    """
    shapes = [_shape_of_tail(float(np.quantile(ratio, 1 - tail)), tail) for tail in TAILS]
    return float(max(SMALLEST_SHAPE, min(*shapes, 1 / ratio.var())))


def _shape_of_tail(value: float, tail: float) -> float:
    """Return the shape of the gamma law of mean 1 that exceeds a value with probability `tail`."""

    def excess(shape: float) -> float:
        return float(gamma.isf(tail, shape)) / shape - value

    if excess(SMALLEST_SHAPE) <= 0:
        return SMALLEST_SHAPE
    return brentq(excess, SMALLEST_SHAPE, 1e6) if excess(1e6) < 0 else 1e6


def _nearest(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which row of others is nearest to each row of values."""
    return ((others**2).sum(axis=1) - 2 * values @ others.T).argmin(axis=1)


def coordinates(values: np.ndarray, variance: np.ndarray, *, energies: bool) -> Coordinates:
    """Return the coordinates (n, F) that T is read from."""
    centred = values - values.mean(axis=0)  # small numbers: less cancellation
    if energies:
        return Coordinates(centred, 4 / variance)
    return Coordinates(centred / np.sqrt(variance))


def all_pairs(values: np.ndarray, variance: np.ndarray, *, energies: bool) -> np.ndarray:
    """Return T between all rows of (n, F)."""
    every = slice(None)
    result = coordinates(values, variance, energies=energies).between(every, every)
    np.fill_diagonal(result, 0)
    return result


def _log_cosh(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    return x + np.log1p(np.exp(-2 * x)) - np.log(2)


def parts_of(images: np.ndarray) -> np.ndarray:
    """Return (items, parts, components, *space / 2): the halves of signals, quadrants of images."""
    halves = [(slice(n // 2), slice(n - n // 2, n)) for n in images.shape[2:]]
    return np.stack([images[(..., *index)] for index in product(*halves)], axis=1)


def _described(images: np.ndarray, features: Features, *, in_parts: bool) -> np.ndarray:
    """Return the features of items (n, F), or of their halves or quadrants (n, parts, F).

    Few at a time: where kernels are compiled it is for few shapes.
    """
    pieces = parts_of(images) if in_parts else images[:, None]
    flat = pieces.reshape(-1, *pieces.shape[2:])
    blocks = blocks_for_kernels(flat, largest=LARGEST_BLOCK, device="auto")
    described = map(partial(features, size=images.shape[2:]), blocks)
    found = np.concatenate(list(described))[: len(flat)]
    return found.reshape(*pieces.shape[:2], -1) if in_parts else found


def _variances(fields: np.ndarray, real: np.ndarray, simulated: np.ndarray) -> np.ndarray:
    """Return each feature's variance within a law.

    That between simulated fields, moved half of the way (in logarithms) by how much more, or
    less, the parts of real items vary than simulated parts: parts of one image tell only half of
    how separate images of its texture differ.
    """
    fitted = fields.var(axis=1, ddof=1).mean(axis=0)
    parts = real.var(axis=1, ddof=1).mean(axis=0)
    simulated_parts = simulated.var(axis=1, ddof=1).mean(axis=0)
    known = np.isfinite(parts) & (parts > 0) & (simulated_parts > 0)
    ratio = np.divide(parts, simulated_parts, out=np.ones_like(parts), where=known)
    typical = np.median(ratio[known]) if known.any() else 1.0
    # A feature that no field varies in, such as a pattern that never occurs, says nothing.
    floor = 1e-6 * fitted.max()
    return np.maximum(fitted * np.sqrt(np.where(known, ratio, typical)), floor)


def _within_items(values: np.ndarray, variance: np.ndarray, *, energies: bool) -> np.ndarray:
    """Return each item's mean T between its parts, over the features that parts have."""
    present = np.isfinite(values).all(axis=(0, 1))
    v, total = variance[present], np.zeros(len(values))
    for a, b in combinations(range(values.shape[1]), 2):
        d = values[:, a, present] - values[:, b, present]
        terms = (4 / v) * _log_cosh(d / 2) if energies else d**2 / (2 * v)
        total += terms.sum(axis=1)
    return total


def _widening(real: np.ndarray, simulated: np.ndarray) -> np.ndarray:
    """Return each item's within-item statistic over the simulated one, noise shrunk away.

    Never below 1: the parts of one image resemble one another more than separate images do where
    strength varies over distances as long as the image, so they cannot say that images vary less.
    """
    base = np.log(simulated)
    # The halves of a periodic item are equal: as if a thousandth as different as simulated ones.
    logs = np.log(np.maximum(real, LEAST_DIFFERENCE * np.exp(base.mean())))
    return np.exp(np.maximum(shrunk(logs, base.var(axis=1, ddof=1).mean()) - base.mean(), 0))


def _null_means(null: np.ndarray, copies: int) -> np.ndarray:
    """Return each simulated law's mean T between its fields, noise shrunk away.

    The mean over the pairs of m fields varies by 1/(m - 1) of the variance of one pair, which the
    spread within the law shows but for a factor (m - 2)/(m - 1): exact for squared differences.
    """
    return shrunk(null.mean(axis=1), null.var(axis=1).mean() / (copies - 2))
