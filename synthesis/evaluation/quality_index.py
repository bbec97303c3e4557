"""How good a synthesis is: an index that is 1 for sets of the same law, and exact tests."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthesis.evaluation.near_copies import (
    copies_told,
    duplicate_test,
    neighbours,
    share_of_copies,
)
from toolbox.core import checks
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.core.units import ASSUMED, units_of_both
from toolbox.multiscale.descriptions import Description, columns, described, kind_means
from toolbox.resampling import arrangements
from toolbox.resampling.redrawn_units import unit_means

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FEWEST_UNITS = 2  # on each side, for a p-value
_FEWEST_FOR_INDEX = 5  # on both sides together, for the index to have an expectation
_CONTRIBUTIONS_SHOWN = 10  # in the picture
_CONSTANT = 1e-10  # a variance below this share of the mean square is rounding
_RIDGE = 0.02  # of the two small sets of statistics, whose directions of least spread matter


@record
class Quality:
    """A set of samples measured against a set of reals.

    Attributes
    ----------
    index : float
        1 = as different as two sets of one law, larger is worse; NaN with fewer than 5 items.
    p_value : float
        Against "samples and reference have the same law"; NaN with fewer than 2 units on a side.
    group_indices : dict
        The index of each group of statistics alone.
    group_p_values : dict
        Each group's p-value, corrected for the number of groups.
    contributions : dict
        The ten statistics that contribute most, largest first, with their share of the index.
    duplicates : float
        Share of the samples with a near-copy among the other samples or the reference.
    duplicate_p_value : float
        Against chance, of neighbours as close as these (near-copies or lost diversity).
    spread_ratio : float
        Variance of the samples over that of the reference, 1 = equally diverse.
    baseline_index : float
        Index of the baseline against the reference, as if it had as many items as the samples.
    units : tuple of int
        Number of points compared on each side: independent units, or items where p-values are NaN.
    note : str
        What the reader must know.
    """

    index: float
    p_value: float
    group_indices: dict
    group_p_values: dict
    contributions: dict
    duplicates: float
    duplicate_p_value: float
    spread_ratio: float
    baseline_index: float
    units: tuple[int, int]
    note: str

    def plot(self, ax: Any = None) -> "Figure":
        """Return bars of the groups' indices, with their p-values; the line is 1."""
        figure, axes = panels(ax, size=(5, 2.6))
        names = list(self.group_indices)
        bars = axes.barh(names, [self.group_indices[name] for name in names], color="0.6")
        labels = [f"p = {p:.3g}" if p == p else "" for p in self.group_p_values.values()]
        axes.bar_label(bars, labels, padding=3, fontsize=8)
        axes.axvline(1, color="k", linewidth=1)
        axes.margins(x=0.2)
        axes.set_xlabel(f"index (all: {self.index:.3g}; 1 = two sets of one law)")
        return figure


def quality(
    samples: Any,
    reference: Any,
    *,
    dim: int,
    seed: int,
    units: Any = None,
    reference_units: Any = None,
    baseline: Any = None,
    resamples: int = 999,
) -> Quality:
    r"""Measure how different a set of samples is from a set of reals; index 1 is best.

    Parameters
    ----------
    samples, reference : arrays ``(items, [components,] *space)``, or Descriptions of them
        At least two items each. The reference must not be the exemplars that the samples were
        made from.
    dim : 1 or 2
        Number of spatial axes.
    seed : int
        Seed of the permutations.
    units, reference_units : one label an item, optional
        What was drawn independently (a subject, a photograph, a parent exemplar); by default what
        the records that the items came in say (`Crops`, `Loaded`, `Synthesis`, `Description`), else
        every item, which the note then says. A unit on both sides leaves no p-value. Units should
        hold about as many items on both sides.
    baseline : array or Description, optional
        Further reals, each its own unit: their index against the reference says how far reals are
        from reals, where too few units allow no p-value.
    resamples : int
        Number of random permutations; all of them are taken where they are no more.

    Returns
    -------
    Quality

    Raises
    ------
    InputError
        With fewer than two items on a side, statistics that differ between the sides, or no
        statistic that varies.

    Notes
    -----
    With :math:`n` and :math:`m` units, :math:`\nu = n + m - 2`, unit means :math:`\bar a_k,
    \bar b_k` of statistic :math:`k` and their pooled within-set variance :math:`s_k^2`,

    .. math:: I = \frac{\nu - 2}{\nu} \; \frac1F \sum_{k=1}^F
              \frac{(\bar a_k - \bar b_k)^2}{s_k^2 (1/n + 1/m)},

    every term :math:`F(1, \nu)` for Gaussian statistics, so that :math:`E I = 1` under the null at
    every size. A fixed difference makes :math:`I - 1` grow as :math:`1/(1/n + 1/m)`; the baseline's
    is rescaled by that factor.

    The p-value is that of the smallest of five p-values, calibrated by one set of permutations of
    whole units: of :math:`I`, of the largest term, and of three whitened differences. These are of
    all statistics (shrinkage of Ledoit & Wolf, 2004), of the spectrum alone, and of the means of
    each kind of statistic (sparsity, neighbours' dependence, ...) over its scales and directions,
    scales weighing as many times as they have coefficients; the last two are T-squared statistics
    (Hotelling, 1931) of correlations with 2 % of the identity mixed in. The groups are corrected by
    step-down min-p (Westfall & Young, 1993) under the same permutations, and so is the test against
    near-copies: neighbours within the samples closer than within the reference, or across the sets
    closer than within.

    With fewer than two units on a side everything is counted in items, for description only.

    References
    ----------
    H. Hotelling, "The generalization of Student's ratio", Ann. Math. Stat. 2, 1931.
    O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
    J. Multivar. Anal. 88, 2004.
    P. H. Westfall, S. S. Young, "Resampling-based multiple testing", Wiley, 1993.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import quality
    >>> rng = np.random.Generator(np.random.Philox(0))
    >>> white = rng.standard_normal((20, 32, 32))
    >>> streaks = white[:10] + np.roll(white[:10], 1, axis=2)
    >>> same, different = (quality(x, white[10:], dim=2, seed=0) for x in (white[:10], streaks))
    >>> same.index < 2 < 10 < different.index, same.p_value > 0.05 > different.p_value
    (True, True)
    """
    dim, seed = checks.dimension(dim), checks.seed(seed)
    resamples = checks.count(resamples, "resamples")
    real = described(reference, "reference", dim=dim, fewest=2)
    made = described(samples, "samples", dim=dim, fewest=2, like=real)
    further = None
    if baseline is not None:
        further = described(baseline, "baseline", dim=dim, fewest=2, like=real).values
    sets = _two_sets(made, real, units, reference_units)
    nearest = neighbours(sets.items / sets.items.std(axis=0), sets.own)
    p_value, group_p, duplicate_p = np.nan, dict.fromkeys(sets.layout.groups, np.nan), np.nan
    if not sets.few:
        p_value, group_p, duplicate_p = _set_tests(
            sets, nearest, dim=dim, resamples=resamples, seed=seed
        )
    in_items = sets.few or len(sets.a) + len(sets.b) < _FEWEST_FOR_INDEX
    a, b = np.split(sets.items, [len(made.values)]) if in_items else (sets.a, sets.b)
    terms = _index_terms(a, b)
    groups = np.array(sets.layout.groups)
    return Quality(
        index=_mean(terms),
        p_value=p_value,
        group_indices={group: _mean(terms[groups == group]) for group in group_p},
        group_p_values=group_p,
        contributions=_largest(terms, sets.layout.names),
        duplicates=share_of_copies(*nearest, len(made.values)),
        duplicate_p_value=duplicate_p,
        spread_ratio=_spread_ratio(a, b),
        baseline_index=_baseline_index(further, b, sets.keep, len(a)),
        units=(len(a), len(b)),
        note=_note(sets, terms, in_items=in_items, resamples=resamples),
    )


def quality_of_nothing(reference: Description, *, note: str) -> Quality:
    """Return the record of no samples at all: every number is NaN."""
    groups = dict.fromkeys(reference.groups, np.nan)
    return Quality(
        index=np.nan,
        p_value=np.nan,
        group_indices=groups,
        group_p_values=dict(groups),
        contributions={},
        duplicates=np.nan,
        duplicate_p_value=np.nan,
        spread_ratio=np.nan,
        baseline_index=np.nan,
        units=(0, len(reference.values)),
        note=note,
    )


class _Sets(NamedTuple):
    """Two described sets without the statistics that never vary.

    `a` and `b` (U, F) are the means of the units of samples and reference, `items` (N, F) all
    items, samples first, and `own` their units' numbers. `few` says that units allow no p-value,
    and then every item is its own.
    """

    layout: Description
    a: np.ndarray
    b: np.ndarray
    items: np.ndarray
    own: np.ndarray
    keep: np.ndarray
    few: bool
    shared: bool  # a unit is on both sides
    told: bool  # somebody said what the units are
    copies: str  # which samples are in the reference too, told in words


def _two_sets(made: Description, real: Description, units: Any, reference_units: Any) -> _Sets:
    """Return the sets that are compared; units by default those that the items came with."""
    units = checks.known_units(made, units)
    reference_units = checks.known_units(real, reference_units)
    labels = checks.units(units, "units", length=len(made.values))
    real_labels = checks.units(reference_units, "reference_units", length=len(real.values))
    told = units is not None and reference_units is not None
    shared = told and bool(units_of_both(labels, real_labels))
    unit, real_unit = (np.unique(x, return_inverse=True)[1] for x in (labels, real_labels))
    a, b = unit_means(made.values, unit), unit_means(real.values, real_unit)
    few = shared or min(len(a), len(b)) < _FEWEST_UNITS
    items = np.concatenate([made.values, real.values])
    keep = _varies(items)
    if not few:
        keep &= _varies(np.concatenate([a, b]))
    if not keep.any():
        checks.refuse("samples", "statistics that vary between items", "none that does")
    return _Sets(
        layout=columns(made, keep),
        a=np.compress(keep, a, axis=1),
        b=np.compress(keep, b, axis=1),
        items=items[:, keep],
        own=np.arange(len(items)) if few else np.concatenate([unit, len(a) + real_unit]),
        keep=keep,
        few=few,
        shared=shared,
        told=told,
        copies=copies_told(made.values, real.values),
    )


def _varies(points: np.ndarray) -> np.ndarray:
    """Say which statistics (F,) vary by more than rounding."""
    return np.var(points, axis=0) > _CONSTANT * np.mean(points**2, axis=0)


def _index_terms(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return each statistic's term (F,) of the index; NaN where neither set varies."""
    n, m = len(a), len(b)
    nu = n + m - 2
    if nu <= 2:
        return np.full(a.shape[1], np.nan)
    within = _pooled_variance(a, b)
    free = within > _CONSTANT * np.var(np.concatenate([a, b]), axis=0)
    z2 = np.full(a.shape[1], np.nan)
    shift = a.mean(axis=0) - b.mean(axis=0)
    z2[free] = shift[free] ** 2 / (within[free] * (1 / n + 1 / m))
    # z^2 is Fisher's F of 1 and nu degrees of freedom under one law: its mean is nu / (nu - 2).
    return (nu - 2) / nu * z2


def _spread_ratio(a: np.ndarray, b: np.ndarray) -> float:
    """Return the trace of the standardised covariance of the samples over the reference's."""
    within = _pooled_variance(a, b)
    free = within > 0
    ours, theirs = (np.var(x, axis=0, ddof=1)[free] / within[free] for x in (a, b))
    return float(ours.sum() / theirs.sum()) if theirs.sum() > 0 else np.nan


def _pooled_variance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = sum(((x - x.mean(axis=0)) ** 2).sum(axis=0) for x in (a, b))
    return squares / (len(a) + len(b) - 2)


def _set_tests(
    sets: _Sets,
    nearest: tuple[np.ndarray, np.ndarray],
    *,
    dim: int,
    resamples: int,
    seed: int,
) -> tuple[float, dict[str, float], float]:
    """Return the p-value, each group's, and that of the near-copies."""
    points, groups = np.concatenate([sets.a, sets.b]), np.array(sets.layout.groups)
    stream = generator(seed, "quality", "permutations")
    table = arrangements.assignments(
        len(sets.a), len(sets.b), resamples=resamples, generator=stream
    )
    z2, shift = arrangements.squared_shifts(points, table)
    several = [z2.sum(axis=1), arrangements.whitened_shift(points, shift), z2.max(axis=1)]
    for few in (points[:, groups == "spectrum"], points @ kind_means(sets.layout, dim=dim)):
        varying = few[:, _varies(few)]
        if varying.shape[1] > 0:
            moved = arrangements.squared_shifts(varying, table)[1]
            several.append(arrangements.whitened_shift(varying, moved, ridge=_RIDGE))
    names = list(dict.fromkeys(sets.layout.groups))
    inside = np.stack([z2[:, groups == name].sum(axis=1) for name in names], axis=1)
    corrected = arrangements.adjusted_p(arrangements.p_values(inside))
    return (
        arrangements.smallest_p(arrangements.p_values(np.stack(several, axis=1))),
        dict(zip(names, corrected.tolist(), strict=True)),
        duplicate_test(*nearest, table[:, sets.own]),
    )


def _mean(terms: np.ndarray) -> float:
    """Return the mean of the terms that are there, NaN without any."""
    there = terms[~np.isnan(terms)]
    return float(there.mean()) if there.size else np.nan


def _largest(terms: np.ndarray, names: tuple[str, ...]) -> dict[str, float]:
    """Return the statistics with the largest terms and their share of the sum."""
    there = np.where(np.isnan(terms), 0.0, terms)
    if there.sum() == 0:
        return {}
    order = np.argsort(-there, kind="stable")[:_CONTRIBUTIONS_SHOWN]
    return {names[k]: float(there[k] / there.sum()) for k in order}


def _baseline_index(
    baseline: np.ndarray | None, reference: np.ndarray, keep: np.ndarray, n: int
) -> float:
    """Return the baseline's index, with its excess over 1 rescaled to n items."""
    if baseline is None:
        return np.nan
    excess = _mean(_index_terms(baseline[:, keep], reference)) - 1
    m = len(reference)
    return 1 + excess * (1 / len(baseline) + 1 / m) / (1 / n + 1 / m)


def _note(sets: _Sets, terms: np.ndarray, *, in_items: bool, resamples: int) -> str:
    """Say what the reader must know about the figures."""
    few, pinned, out = sets.few, int(np.isnan(terms).sum()), int((~sets.keep).sum())
    enough = pinned < len(terms)
    smallest = arrangements.smallest_p_value(len(sets.a), len(sets.b), resamples)
    as_items = "the index counts items as if they were independent (descriptive only)"
    remarks = {
        f"a unit is on both sides: no p-values, and {as_items}": sets.shared,
        f"fewer than two independent units on a side: no p-values, and {as_items}": few
        and not sets.shared,
        f"fewer than {_FEWEST_FOR_INDEX} units in all: {as_items}": in_items and not few and enough,
        f"no index: fewer than {_FEWEST_FOR_INDEX} items, or none varies within a set": not enough,
        f"the units cannot go below p = {smallest:.3g}": not few and smallest > 0.05,
        ASSUMED: not sets.told and not few,
        sets.copies: bool(sets.copies),
        f"{out} statistics that never vary are left out": out > 0,
        f"{pinned} statistics that are constant within both sets are left out of the index, not "
        "of the tests": 0 < pinned and enough,
    }
    return "; ".join(text for text, applies in remarks.items() if applies)
