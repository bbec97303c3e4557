"""The gate: which synthetic items may pass for real ones of a rare class."""

from typing import Any

import numpy as np

from synthesis.evaluation.near_copies import NEAR, spacing
from toolbox.core import checks
from toolbox.core.records import is_record, record
from toolbox.core.units import with_units
from toolbox.distances.clouds import distances
from toolbox.multiscale.descriptions import described, kind_means

_AVERSION = 1 / 8  # weight of the distance to the nearest majority class, see gate's Notes
_ROUNDING = 1e-9  # relative; scores that differ by less are ties
_FEWEST_KEPT = 0.25  # share; below, the kept ones are more likely the tail of bad ones
_FEWEST_FOR_STOREY = 20
_MOSTLY_BAD = 0.75  # expected contamination; exceeded by 1 in 480 simulated sets of good ones
_DOUBTFUL = 0.5  # worth a remark
_ROUNDING = 1e-9  # of a mean of p-values, which are whole numbers over r + 1: .1 is not above .1
_ADVICE = "use class weights instead"


@record
class Gate:
    """Which candidates were accepted, and how far that can be trusted.

    Attributes
    ----------
    accepted : ndarray of bool, shape (n,)
        All False when the gate abstains.
    p_values : ndarray, shape (n,)
        Conformal p-value of each candidate: large = like the rare reals.
    near_copies : ndarray of bool, shape (n,)
        Candidates with p-value above alpha that are closer to a real or to another candidate than
        half the reals' own spacing.
    diversity : float
        Typical spacing of the candidates over that of the reals: 1 = as diverse, 0 = copies; NaN
        when fewer than two reals or no candidate with p-value above alpha.
    expected_contamination : float
        Rough estimate of the share of bad ones among the candidates with p-value above alpha,
        often too small; NaN without any, or with fewer than 20 candidates.
    abstained : bool
        Whether the gate declined to accept any.
    note : str
        Why it abstained, and what the reader must know.
    """

    accepted: np.ndarray
    p_values: np.ndarray
    near_copies: np.ndarray
    diversity: float
    expected_contamination: float
    abstained: bool
    note: str


def gate(
    candidates: Any,
    rare: Any,
    *,
    majority: Any,
    majority_labels: Any = None,
    alpha: float = 0.1,
    dim: int,
    parents: Any = None,
    units: Any = None,
) -> Gate:
    r"""Accept the candidates that may pass for reals of the rare class, or abstain.

    Parameters
    ----------
    candidates, rare, majority : arrays ``(items, [components,] *space)``, or Descriptions of them
        Synthetic items; real ones of the rare class; real ones of the other classes.
    majority_labels : one label a majority item, optional
        Its class; by default all are of one class.
    alpha : float in (0, 1)
        Share of good candidates that may be lost.
    dim : 1 or 2
        Number of spatial axes.
    parents : whole numbers (n,), optional
        Index into `rare` of the exemplar that each candidate was made from; it is left out of that
        candidate's comparison, so that a child gains nothing by being like its parent. Candidates
        that come as a `Synthesis` name their own.
    units : one label a rare real, optional
        What was drawn independently among the rare (a sheet, a subject, a photograph); by default
        what the record says that they came in, else every item. A parent's whole unit is left
        out, and units are counted, not items.

    Returns
    -------
    Gate

    Raises
    ------
    InputError
        When a parent is not an index of `rare`, the statistics differ between the sets, or the
        majority has fewer than two items more than classes.

    Notes
    -----
    Full conformal prediction (Vovk, Gammerman & Shafer, 2005): in the set :math:`A` of a candidate
    and the :math:`r` rare reals (its parent left out), every item has the non-conformity

    .. math:: \alpha_i = \Vert x_i - \bar x_{A \setminus i} \Vert^2
              - \tfrac18 \min_c \Vert x_i - \mu_c \Vert^2

    and :math:`p` is the share of the :math:`r + 1` items with at least the candidate's. In
    :math:`x` are all statistics and, weighing together as much as these, the mean of each kind of
    statistic (sparsity, neighbours' dependence, ...) over its scales and directions, scales counted
    by their coefficients. The scale of each is its within-class standard deviation in the majority
    and :math:`\mu_c` a majority class's mean: neither depends on the candidate, so a candidate
    exchangeable with the reals is kept with probability at least :math:`1 - \alpha`, exactly,
    unless the gate abstains. This bounds the loss of good candidates, not the share of bad ones
    among the accepted. The second term makes the gate stricter towards the majority, where a bad
    candidate does most harm. Both weights were chosen on simulated multifractal fields and on
    photographs; without the means four times as many phase-randomised fields pass, and without the
    second term three times as many.

    Several items of a unit are no independent reals. With `units`, :math:`r` counts units:
    :math:`p` is computed with one item of each, and averaged over as many such choices as the
    largest unit has items, so that every item is used. A mean of p-values guarantees
    :math:`1 - 2\alpha` (Vovk & Wang, 2020); in simulations it kept more than :math:`1 - \alpha`.

    It abstains when :math:`r < 1/\alpha - 1` (then :math:`p > \alpha` always), when fewer than a
    quarter of the candidates are kept, when more than three quarters of the kept are expected to be
    bad, and when the kept are typically closer to a real or to each other than half the reals' own
    spacing. Spacings of sets of different sizes are compared through the mean
    distance to the nearest of equally many others.

    The contamination is that of Storey (2002): with :math:`\hat g` the share of good ones estimated
    from the p-values above one half, :math:`1 - \hat g \, P(p > \alpha) / (\text{share kept})`.
    All p-values share the same few reals, hence it is rough: with 12 reals its standard deviation
    is about 0.2.

    References
    ----------
    V. Vovk, A. Gammerman, G. Shafer, "Algorithmic learning in a random world", Springer, 2005.
    V. Vovk, R. Wang, "Combining p-values via averaging", Biometrika 107, 2020.
    J. D. Storey, "A direct approach to false discovery rates", J. R. Stat. Soc. B 64, 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import gate
    >>> rng = np.random.Generator(np.random.Philox(0))
    >>> white = rng.standard_normal((62, 32, 32))
    >>> streaks = white + np.roll(white, 1, axis=2)
    >>> made = np.concatenate([streaks[12:22], white[:5]])
    >>> passed = gate(made, streaks[:12], majority=white[22:], dim=2)
    >>> bool(passed.accepted[:10].mean() > 0.7), int(passed.accepted[10:].sum())
    (True, 0)
    """
    dim, alpha = checks.dimension(dim), checks.number(alpha, "alpha", above=0, below=1)
    real = described(rare, "rare", dim=dim)
    made = described(candidates, "candidates", dim=dim, like=real)
    others = described(majority, "majority", dim=dim, like=real)
    if parents is None and is_record(candidates):
        parents = getattr(candidates, "parents", None)
    own = _parents(parents, n=len(made.values), m=len(real.values))
    units = checks.known_units(real, units)
    labels = checks.units(units, "units", length=len(real.values))
    unit = np.unique(labels, return_inverse=True)[1]
    weights = kind_means(real, dim=dim)
    f = len(weights)
    x, reals, majority_values = (
        np.hstack([v, v @ weights]) for v in (made.values, real.values, others.values)
    )
    scale, means = majority_classes(majority_values, majority_labels)
    free = scale > 0
    if not free[:f].any():
        checks.refuse("majority", "statistics that vary within its classes", "none that does")
    scale[f:] *= np.sqrt(free[f:].sum() / free[:f].sum())  # the means weigh as much as the rest
    x, reals, means = (values[:, free] / scale[free] for values in (x, reals, means))
    choices = one_a_unit(unit)
    left_out = np.zeros((len(x), len(reals)), dtype=bool)
    if own is not None:
        left_out = unit[own][:, None] == unit[None, :]
    p_values = np.mean(
        [conformal_p_values(x, reals[c], means, left_out[:, c]) for c in choices], axis=0
    )
    passed = p_values > alpha + _ROUNDING
    compared = len(choices[0]) - (own is not None)
    near_copies, diversity = _near_copies(
        x[:, : free[:f].sum()], reals[:, : free[:f].sum()], passed, choices
    )
    contamination = _contamination(p_values, passed, alpha=alpha, compared=compared)
    reasons = _reasons(
        compared=compared,
        alpha=alpha,
        passed=passed,
        contamination=contamination,
        diversity=diversity,
        what=_counted(own, units),
    )
    accepted = passed & (not reasons)
    return Gate(
        accepted=accepted,
        p_values=p_values,
        near_copies=near_copies,
        diversity=diversity,
        expected_contamination=contamination,
        abstained=bool(reasons),
        note=with_units(
            _note(
                reasons,
                left_out=int((~free[:f]).sum()),
                copies=float(near_copies.mean()),
                contamination=contamination,
            ),
            units,
        ),
    )


def _parents(parents: Any, *, n: int, m: int) -> np.ndarray | None:
    """Return the checked index of every candidate's parent."""
    if parents is None:
        return None
    own = checks.labels(parents, "parents", length=n)
    if own.dtype.kind not in "iu" or own.min() < 0 or own.max() >= m:
        checks.refuse("parents", f"indices of rare, 0 to {m - 1}", f"{own.min()} to {own.max()}")
    return own


def majority_classes(values: np.ndarray, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the within-class standard deviations (F,) and the classes' means (C, F)."""
    if labels is None:
        labels = np.zeros(len(values), dtype=int)
    names, place = np.unique(
        checks.labels(labels, "majority_labels", length=len(values)), return_inverse=True
    )
    degrees = len(values) - len(names)
    if degrees < 2:
        wanted = f"at least {len(names) + 2} items for {len(names)} classes"
        checks.refuse("majority", wanted, len(values))
    means = np.stack([values[place == c].mean(axis=0) for c in range(len(names))])
    squares = ((values - means[place]) ** 2).sum(axis=0)
    rounding = 1e-10 * (values**2).sum(axis=0)
    return np.sqrt(np.where(squares > rounding, squares, 0) / degrees), means


def _near_copies(
    x: np.ndarray, reals: np.ndarray, passed: np.ndarray, choices: list[np.ndarray]
) -> tuple[np.ndarray, float]:
    """Return which of those that passed are near-copies in any choice, and the least diversity."""
    near_copies, diversity = np.zeros(len(x), dtype=bool), np.inf
    for chosen in choices:
        near, spaced = spacing(x[passed], reals[chosen])
        near_copies[passed] |= near
        diversity = np.minimum(diversity, spaced)  # NaN stays
    return near_copies, float(diversity)


def _counted(own: np.ndarray | None, units: Any) -> str:
    """Say what is counted: reals or their units, with or without the parent's."""
    if units is None:
        return "rare reals" + " besides the parent" * (own is not None)
    return "units of rare reals" + " besides the parent's" * (own is not None)


def _reasons(
    *,
    compared: int,
    alpha: float,
    passed: np.ndarray,
    contamination: float,
    diversity: float,
    what: str,
) -> list[str]:
    """Return why the gate abstains; an empty list when it does not."""
    if 1 / (compared + 1) > alpha + _ROUNDING:
        return [_too_few(compared, alpha, what)]
    if passed.mean() < _FEWEST_KEPT:
        return [f"only {passed.sum()} of {len(passed)} candidates are like the rare reals"]
    if contamination > _MOSTLY_BAD:
        share = f"about {contamination:.0%} of those that pass are bad"
        return [f"p-values of the candidates pile up at the low end ({share})"]
    if diversity < NEAR:
        text = f"spaced {diversity:.2g} times as far as the reals"
        return [f"the candidates are near-copies of reals or of each other ({text})"]
    return []


def _too_few(compared: int, alpha: float, what: str) -> str:
    return f"{compared} {what}, 1/alpha - 1 = {1 / alpha - 1:.4g} are needed"


def abstained_at_once(*, alpha: float, rare: np.ndarray, units: Any) -> Gate | None:
    """Return the gate that too few rare reals close, whatever the candidates; None if enough.

    `rare` holds the unit of every rare real, one of which is each candidate's parent.
    """
    number = len(np.unique(rare))
    if 1 / number <= alpha + _ROUNDING:
        return None
    own = np.zeros(1, dtype=int)
    few = f"abstained: {_too_few(number - 1, alpha, _counted(own, units))}; {_ADVICE}"
    return Gate(
        accepted=np.zeros(0, dtype=bool),
        p_values=np.zeros(0),
        near_copies=np.zeros(0, dtype=bool),
        diversity=np.nan,
        expected_contamination=np.nan,
        abstained=True,
        note=with_units(few, units),
    )


def _contamination(
    p_values: np.ndarray, passed: np.ndarray, *, alpha: float, compared: int
) -> float:
    """Return 1 - (estimated share of good) P(p > alpha) / (share that passed), at least 0."""
    if len(p_values) < _FEWEST_FOR_STOREY or not passed.any():
        return np.nan
    uniform = np.arange(1, compared + 2) / (compared + 1)
    good = min(1.0, float(np.mean(p_values > 0.5) / np.mean(uniform > 0.5)))
    return max(0.0, 1 - good * float(np.mean(uniform > alpha + _ROUNDING)) / float(passed.mean()))


def _note(reasons: list[str], *, left_out: int, copies: float, contamination: float) -> str:
    """Say why the gate abstained, and what is doubtful about what it accepted."""
    remarks = [f"abstained: {reason}; {_ADVICE}" for reason in reasons]
    if left_out:
        remarks.append(f"{left_out} statistics that never vary in the majority are left out")
    if copies > 0 and not reasons:
        remarks.append(f"{copies:.0%} of the candidates are near-copies")
    if contamination > _DOUBTFUL and not reasons:
        remarks.append(
            f"low p-values pile up: about {contamination:.0%} of the accepted may not be like the "
            "rare reals"
        )
    return "; ".join(remarks)


def conformal_p_values(
    x: np.ndarray, reals: np.ndarray, means: np.ndarray, left_out: np.ndarray
) -> np.ndarray:
    """Return every candidate's p-value among the reals that are not left out for it (n, m)."""
    to_majority = distances(np.concatenate([reals, x]), means).min(axis=1) ** 2
    aversion, own_aversion = np.split(_AVERSION * to_majority, [len(reals)])
    result = np.empty(len(x))
    for c, candidate in enumerate(x):
        compared = ~left_out[c]
        members = np.concatenate([reals[compared], candidate[None]])
        k = len(members)
        # x_i - mean of the others = (k x_i - sum) / (k - 1)
        spread = ((k * members - members.sum(axis=0)) ** 2).sum(axis=1) / max(k - 1, 1) ** 2
        scores = spread - np.append(aversion[compared], own_aversion[c])
        result[c] = np.mean(scores >= scores[-1] - _ROUNDING * abs(scores[-1]))
    return result


def one_a_unit(unit: np.ndarray) -> list[np.ndarray]:
    """Return choices of one item of every unit (0, 1, ...); together they use every item."""
    items = [np.flatnonzero(unit == u) for u in range(unit.max() + 1)]
    largest = max(len(of_one) for of_one in items)
    return [np.array([of_one[k % len(of_one)] for of_one in items]) for k in range(largest)]
