"""The gate: which synthetic items may pass for real ones of a rare class."""

from typing import Any

import numpy as np

from synthesis.described import described
from synthesis.near_copies import NEAR, distances, spacing
from toolbox import doors
from toolbox.records import record

_AVERSION = 1 / 8  # weight of the distance to the nearest majority class, see gate's Notes
_FEWEST_KEPT = 0.25  # share; below, the kept ones are more likely the tail of bad ones
_FEWEST_FOR_STOREY = 20
_MOSTLY_BAD = 0.75  # expected contamination; exceeded by 1 in 480 simulated sets of good ones
_DOUBTFUL = 0.5  # worth a remark
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
        candidate's comparison, so that a child gains nothing by being like its parent.

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

    and :math:`p` is the share of the :math:`r + 1` items with at least the candidate's. The scale
    of every statistic is its within-class standard deviation in the majority and :math:`\mu_c` a
    majority class's mean: neither depends on the candidate, so a candidate exchangeable with the
    reals is kept with probability at least :math:`1 - \alpha`, exactly, unless the gate abstains.
    This bounds the loss of good candidates, not the share of bad ones among the accepted. The
    second term makes the gate stricter towards the majority, where a bad candidate does most harm;
    its weight was chosen on simulated multifractal fields and on photographs, where without it
    twice as many phase-randomised fields pass.

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
    alpha = doors.number(alpha, "alpha", above=0, below=1)
    real = described(rare, "rare", dim=dim)
    made = described(candidates, "candidates", dim=dim, like=real)
    others = described(majority, "majority", dim=dim, like=real)
    own = _parents(parents, n=len(made.values), m=len(real.values))
    scale, means = _majority_classes(others.values, majority_labels)
    free = scale > 0
    if not free.any():
        doors.refuse("majority", "statistics that vary within its classes", "none that does")
    x, reals = (values[:, free] / scale[free] for values in (made.values, real.values))
    p_values = _conformal(x, reals, means[:, free] / scale[free], own)
    passed = p_values > alpha
    compared = len(reals) - (own is not None)
    near_copies = np.zeros(len(x), dtype=bool)
    near_copies[passed], diversity = spacing(x[passed], reals)
    contamination = _contamination(p_values, passed, alpha=alpha, compared=compared)
    reasons = _reasons(
        compared=compared,
        alpha=alpha,
        passed=passed,
        contamination=contamination,
        diversity=diversity,
        left_out=own is not None,
    )
    accepted = passed & (not reasons)
    return Gate(
        accepted=accepted,
        p_values=p_values,
        near_copies=near_copies,
        diversity=diversity,
        expected_contamination=contamination,
        abstained=bool(reasons),
        note=_note(
            reasons,
            left_out=int((~free).sum()),
            copies=float(near_copies.mean()),
            contamination=contamination,
        ),
    )


def _parents(parents: Any, *, n: int, m: int) -> np.ndarray | None:
    """Return the checked index of every candidate's parent."""
    if parents is None:
        return None
    own = doors.labels(parents, "parents", length=n)
    if own.dtype.kind not in "iu" or own.min() < 0 or own.max() >= m:
        doors.refuse("parents", f"indices of rare, 0 to {m - 1}", f"{own.min()} to {own.max()}")
    return own


def _majority_classes(values: np.ndarray, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the within-class standard deviations (F,) and the classes' means (C, F)."""
    if labels is None:
        labels = np.zeros(len(values), dtype=int)
    names, place = np.unique(
        doors.labels(labels, "majority_labels", length=len(values)), return_inverse=True
    )
    degrees = len(values) - len(names)
    if degrees < 2:
        wanted = f"at least {len(names) + 2} items for {len(names)} classes"
        doors.refuse("majority", wanted, len(values))
    means = np.stack([values[place == c].mean(axis=0) for c in range(len(names))])
    squares = ((values - means[place]) ** 2).sum(axis=0)
    rounding = 1e-10 * (values**2).sum(axis=0)
    return np.sqrt(np.where(squares > rounding, squares, 0) / degrees), means


def _conformal(
    x: np.ndarray, reals: np.ndarray, means: np.ndarray, own: np.ndarray | None
) -> np.ndarray:
    """Return every candidate's p-value among the reals but its parent."""
    to_majority = distances(np.concatenate([reals, x]), means).min(axis=1) ** 2
    aversion, own_aversion = np.split(_AVERSION * to_majority, [len(reals)])
    result = np.empty(len(x))
    for c, candidate in enumerate(x):
        compared = np.arange(len(reals)) != (-1 if own is None else own[c])
        members = np.concatenate([reals[compared], candidate[None]])
        k = len(members)
        # x_i - mean of the others = (k x_i - sum) / (k - 1)
        spread = ((k * members - members.sum(axis=0)) ** 2).sum(axis=1) / max(k - 1, 1) ** 2
        scores = spread - np.append(aversion[compared], own_aversion[c])
        result[c] = np.mean(scores >= scores[-1] - 1e-9 * abs(scores[-1]))
    return result


def _reasons(
    *,
    compared: int,
    alpha: float,
    passed: np.ndarray,
    contamination: float,
    diversity: float,
    left_out: bool,
) -> list[str]:
    """Return why the gate abstains; an empty list when it does not."""
    if 1 / (compared + 1) > alpha:
        besides = " besides the parent" if left_out else ""
        return [f"{compared} rare reals{besides}, 1/alpha - 1 = {1 / alpha - 1:.4g} are needed"]
    if passed.mean() < _FEWEST_KEPT:
        return [f"only {passed.sum()} of {len(passed)} candidates are like the rare reals"]
    if contamination > _MOSTLY_BAD:
        share = f"about {contamination:.0%} of those that pass are bad"
        return [f"p-values of the candidates pile up at the low end ({share})"]
    if diversity < NEAR:
        text = f"spaced {diversity:.2g} times as far as the reals"
        return [f"the candidates are near-copies of reals or of each other ({text})"]
    return []


def _contamination(
    p_values: np.ndarray, passed: np.ndarray, *, alpha: float, compared: int
) -> float:
    """Return 1 - (estimated share of good) P(p > alpha) / (share that passed), at least 0."""
    if len(p_values) < _FEWEST_FOR_STOREY or not passed.any():
        return np.nan
    uniform = np.arange(1, compared + 2) / (compared + 1)
    good = min(1.0, float(np.mean(p_values > 0.5) / np.mean(uniform > 0.5)))
    return max(0.0, 1 - good * float(np.mean(uniform > alpha)) / float(passed.mean()))


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
