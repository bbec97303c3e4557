"""How good a synthesis is: an index that is 1 for sets of the same law, and exact tests."""

from typing import TYPE_CHECKING, Any

import numpy as np

from synthesis.evaluation.described_sets import ASSUMED, described, known, repeated
from synthesis.evaluation.index_and_tests import (
    index_terms,
    own_units,
    set_tests,
    spread_ratio,
    standard,
    unit_means,
    varies,
)
from synthesis.evaluation.near_copies import neighbours, share_of_copies
from toolbox.core import checks
from toolbox.core.records import record
from toolbox.multiscale.descriptions import Description
from toolbox.resampling.arrangements import smallest_p_value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FEWEST_UNITS = 2  # on each side, for a p-value
_FEWEST_FOR_INDEX = 5  # on both sides together, for the index to have an expectation
_CONTRIBUTIONS_SHOWN = 10


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

    def plot(self) -> "Figure":
        """Return bars of the groups' indices, with their p-values; the line is 1."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 2.6), layout="constrained")
        axes = figure.subplots()
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
    units, reference_units = known(units, made), known(reference_units, real)
    labels = checks.units(units, "units", length=len(made.values))
    real_labels = checks.units(reference_units, "reference_units", length=len(real.values))
    on_both_sides = repeated(made.values, real.values)
    further = None
    if baseline is not None:
        further = described(baseline, "baseline", dim=dim, fewest=2, like=real).values
    shared = units is not None and reference_units is not None and _overlap(labels, real_labels)
    few = shared or min(len(set(x.tolist())) for x in (labels, real_labels)) < _FEWEST_UNITS
    keep = varies(np.concatenate([made.values, real.values]))
    if not few:
        a, b = unit_means(made.values, labels), unit_means(real.values, real_labels)
        keep &= varies(np.concatenate([a, b]))
    if not keep.any():
        checks.refuse("samples", "statistics that vary between items", "none that does")
    made, real = _columns(made, keep), _columns(real, keep)
    a, b = unit_means(made.values, labels), unit_means(real.values, real_labels)
    smallest = smallest_p_value(len(a), len(b), resamples)
    in_items = few or len(a) + len(b) < _FEWEST_FOR_INDEX
    if in_items:
        a, b = made.values, real.values
    terms = index_terms(a, b)
    p_value, group_p, duplicate_p = np.nan, dict.fromkeys(made.groups, np.nan), np.nan
    if not few:
        p_value, group_p, duplicate_p = set_tests(
            made, real, labels, real_labels, dim=dim, seed=seed, resamples=resamples
        )
    own = own_units(labels, real_labels, in_items=few)
    return Quality(
        index=_mean(terms),
        p_value=p_value,
        group_indices={g: _mean(terms[np.array(made.groups) == g]) for g in group_p},
        group_p_values=group_p,
        contributions=_largest(terms, made.names),
        duplicates=share_of_copies(*neighbours(standard(made, real), own), len(made.values)),
        duplicate_p_value=duplicate_p,
        spread_ratio=spread_ratio(a, b),
        baseline_index=_baseline_index(further, b, keep, len(a)),
        units=(len(a), len(b)),
        note=_note(
            few=few,
            shared=shared,
            in_items=in_items,
            smallest=smallest,
            keep=keep,
            terms=terms,
            assumed=units is None or reference_units is None,
            on_both_sides=on_both_sides,
        ),
    )


def _columns(description: Description, keep: np.ndarray) -> Description:
    def kept(labels: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(label for label, k in zip(labels, keep, strict=True) if k)

    return Description(
        values=description.values[:, keep],
        names=kept(description.names),
        groups=kept(description.groups),
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
    excess = _mean(index_terms(baseline[:, keep], reference)) - 1
    m = len(reference)
    return 1 + excess * (1 / len(baseline) + 1 / m) / (1 / n + 1 / m)


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(set(a.tolist()) & set(b.tolist()))


def _note(
    *,
    few: bool,
    shared: bool,
    in_items: bool,
    smallest: float,
    keep: np.ndarray,
    terms: np.ndarray,
    assumed: bool,
    on_both_sides: int,
) -> str:
    """Say what the reader must know about the figures."""
    pinned = int(np.isnan(terms).sum())
    enough = pinned < len(terms)
    as_items = "the index counts items as if they were independent (descriptive only)"
    remarks = {
        f"a unit is on both sides: no p-values, and {as_items}": shared,
        f"fewer than two independent units on a side: no p-values, and {as_items}": few
        and not shared,
        f"fewer than {_FEWEST_FOR_INDEX} units in all: {as_items}": in_items and not few and enough,
        f"no index: fewer than {_FEWEST_FOR_INDEX} items, or none varies within a set": not enough,
        f"the units cannot go below p = {smallest:.3g}": not few and smallest > 0.05,
        ASSUMED: assumed and not few,
        f"{on_both_sides} samples are in the reference too, identical": on_both_sides > 0,
        f"{int((~keep).sum())} statistics that never vary are left out": not keep.all(),
        f"{pinned} statistics that are constant within both sets are left out of the index, not "
        "of the tests": 0 < pinned and enough,
    }
    return "; ".join(text for text, applies in remarks.items() if applies)
