"""How large a role is: the attributions of surely active cells, measured with held-out labels."""

from typing import Any

import numpy as np

from confidence.explanations.explain import UNSIGNED, Explanation
from confidence.scoring.intervals import FEWEST_UNITS, own_units, unit_sums
from toolbox.core import checks
from toolbox.core.records import record
from toolbox.core.units import with_units

EVENTS_A_CELL = 5  # labels of the rarer class for each slope: fewer leave it to chance
ROUNDS = 2000  # of scoring, which needs about ten, but hundreds where labels nearly are separable
LONGEST = 2.0  # step in log-odds of any item: longer ones overshoot


@record
class RoleSizes:
    """Roles in true log-odds, with intervals for their size.

    Attributes
    ----------
    role : ndarray (T, B)
        Calibrated role of each cell.
    interval : ndarray (T, B, 2)
        Interval of it.
    scale : float
        What the roles were multiplied with, averaged over the measured cells by their precision;
        below 1 the members were too sure. NaN where no cell was measured, and then all is.
    measured : ndarray (T, B) of bool
        Cells with a slope of their own; the others have the common scale and the members' spread.
    note : str
        Why there is no scale, and whether items counted as independent because nobody said what
        was.
    """

    role: np.ndarray
    interval: np.ndarray
    scale: float
    measured: np.ndarray
    note: str = ""


def role_sizes(
    explanation: Explanation, labels: Any, *, units: Any = None, level: float = 0.95
) -> RoleSizes:
    r"""Measure how large roles are in true log-odds, with intervals that hold their size.

    Parameters
    ----------
    explanation : Explanation
        Of items that no member was trained on, all asked about the same two classes.
    labels : array (n,) of 0 and 1
        Whether each item is truly of the class asked about: held-out labels.
    units : array (n,), optional
        What was drawn independently; by default every item is its own unit.
    level : float
        Level of the intervals.

    Returns
    -------
    RoleSizes

    Raises
    ------
    InputError
        Labels that are not 0 and 1, one member only, fewer than five labels of either class, items
        that were not all asked about the same two classes, values without a sign ("attention").

    Notes
    -----
    A network's log-odds are k times the true ones, k being one over `scale`: 0.4 to 0.7 of TempCNN
    and 0.2 to 0.4 of a linear network in the worlds of ``python -m benchmarks.explanations`` with
    150 items, since noise in training makes a network cautious; without it TempCNN had 1.2 to 2. A
    temperature that is right for its predictions is wrong for its roles: cells without a role add
    noise to a prediction, which a temperature pays for by shrinking all of it. The members only
    choose the cells here. The held-out labels are regressed (logistic, with the penalty of Firth,
    1993, that takes the bias of few labels off) on what each confident cell j adds, v_j, one slope
    a cell, on the sum of what all others add, and on a constant:

    .. math:: \mathrm{logit}\, P(y = 1) = a + \sum_j b_j v_j + b_0 \sum_{\mathrm{others}} v_k.

    The calibrated role is b r, its variance ``r^2 var(b) + b^2 var(r) / R``. Since the choice was
    made on other items, the intervals of the slopes hold as stated. The other cells have the common
    scale, and the members' spread times the explanation's `null_scale`. There are at most as many
    slopes as a fifth of the rarer class's labels. Where units group the items, the slopes have the
    variance of their units' summed scores (Liang & Zeger, 1986) and Student's quantile, from 5
    units more than slopes on.

    References
    ----------
    D. Firth, "Bias reduction of maximum likelihood estimates", Biometrika 80 (1993) 27. K.-Y.
    Liang, S. L. Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 73
    (1986) 13.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import explain, role_sizes
    >>> def member(slope):  # log-odds of a first band, too large by about two
    ...     def logits(x):
    ...         odds = slope * x[..., 0].sum(axis=1)
    ...         return np.stack([0 * odds, odds], axis=1)
    ...     return logits
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(400, 1, 2))
    >>> y = rng.random(400) < 1 / (1 + np.exp(-x[:, 0, 0]))
    >>> members = [member(slope) for slope in (1.8, 1.9, 2.0, 2.1, 2.2)]
    >>> found = role_sizes(explain(members, x, method="occlusion"), y)
    >>> bool(0.35 < found.scale < 0.65), found.measured.tolist()
    (True, [[True, False]])
    """
    from scipy.stats import t

    if not isinstance(explanation, Explanation):
        wanted = "what explain returned"
        checks.refuse("explanation", wanted, checks.describe_value(explanation))
    level = checks.number(level, "level", above=0, below=1)
    members = len(explanation.values)
    if members < 2:
        checks.refuse("explanation", "one of several members", "one member")
    if explanation.method in UNSIGNED:
        wanted = "one by a method whose values have a sign"
        checks.refuse("explanation", wanted, repr(explanation.method))
    if (explanation.asked != explanation.asked[0]).any():
        wanted = "one of items asked about the same two classes (explain with of=)"
        pairs = len(np.unique(explanation.asked, axis=0))
        checks.refuse("explanation", wanted, f"one of {pairs} different questions")
    y = _binary(labels, len(explanation.side))
    unit = checks.units(units, "units", length=len(y))
    note = with_units(explanation.note, units)
    role, spread = explanation.role, explanation.roles.std(axis=0, ddof=1)
    measured = _chosen(explanation, spread, int(min(y.sum(), len(y) - y.sum())) // EVENTS_A_CELL)
    if not measured.any():
        text = "no cell is confident: there is no scale to read"
        return _nothing(measured, text, note)
    cells = explanation.mean[:, measured]
    rest = explanation.mean[:, ~measured].sum(axis=1, keepdims=True)
    regressors = [cells, np.ones((len(y), 1)), *[rest] * bool(np.ptp(rest) > 0)]
    regressors = np.concatenate(regressors, axis=1)
    quantile = _quantile(unit, regressors.shape[1], level)
    if np.isnan(quantile):
        few = f"{len(np.unique(unit))} units for {regressors.shape[1]} slopes"
        return _nothing(measured, f"{few}, where {FEWEST_UNITS} more are needed", note)
    fitted = firth_logistic(regressors, y, unit)
    if fitted is None:
        text = "the labels give no slopes: their regression has no maximum"
        return _nothing(measured, text, note)
    slopes, variances = (a[: cells.shape[1]] for a in fitted)
    scale = float(np.average(slopes, weights=1 / variances))
    factor = np.full(role.shape, scale)
    factor[measured] = slopes
    half = explanation.null_scale * t.ppf((1 + level) / 2, members - 1) * abs(scale) * spread
    own = role[measured] ** 2 * variances + slopes**2 * spread[measured] ** 2 / members
    half[measured] = quantile * np.sqrt(own)
    found = factor * role
    return RoleSizes(
        role=found,
        interval=np.stack([found - half, found + half], axis=-1),
        scale=scale,
        measured=measured,
        note=note,
    )


def _quantile(unit: np.ndarray, slopes: int, level: float) -> float:
    """Return the normal quantile, Student's where units group the items; NaN for too few."""
    from scipy.stats import norm, t

    if own_units(unit):
        return float(norm.ppf((1 + level) / 2))
    freedom = len(np.unique(unit)) - slopes
    return float(t.ppf((1 + level) / 2, freedom)) if freedom >= FEWEST_UNITS else float("nan")


def firth_logistic(
    x: np.ndarray, y: np.ndarray, unit: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the coefficients (p,) and their variances; None where the regressors are dependent.

    The score has ``h (1/2 - p)`` added to ``y - p``, h the leverages (Firth, 1993): finite even
    where the labels are separable.
    """
    from scipy.special import expit

    size = np.abs(x).max(axis=0)
    x = x / size
    b = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        p = expit(x @ b)
        weights = p * (1 - p)
        information = (x * weights[:, None]).T @ x
        if np.linalg.cond(information) > 1e12:
            return None
        inverse = np.linalg.inv(information)
        leverage = np.einsum("ij,jk,ik->i", x, inverse, x) * weights
        scores = x * (y - p + leverage * (0.5 - p))[:, None]
        step = inverse @ scores.sum(axis=0)
        step = step * min(1.0, LONGEST / max(np.abs(x @ step).max(), 1e-300))
        b = b + step
        if np.abs(step).max() < 1e-9 * (1 + np.abs(b).max()):
            return b / size, _variances(inverse, scores, unit) / size**2
    return None


def _variances(inverse: np.ndarray, scores: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Return the diagonal of the inverse information, or of what units' scores make of it."""
    if own_units(unit):
        return np.diag(inverse)
    spread = np.stack([unit_sums(of, unit) for of in scores.T], axis=1) @ inverse
    return len(spread) / (len(spread) - 1) * (spread**2).sum(axis=0)


def _chosen(explanation: Explanation, spread: np.ndarray, most: int) -> np.ndarray:
    """Return the confident cells, the surest ones where they are more than `most`."""
    surely = explanation.role_confident & (np.ptp(explanation.mean, axis=0) > 0)
    surety = np.where(surely, np.abs(explanation.role) / np.where(spread > 0, spread, 1e-300), 0)
    order = np.argsort(-surety, axis=None, kind="stable")[:most]
    chosen = np.zeros(surely.size, bool)
    chosen[order] = True
    return chosen.reshape(surely.shape) & surely


def _nothing(measured: np.ndarray, *notes: str) -> RoleSizes:
    nan = np.full(measured.shape, np.nan)
    return RoleSizes(
        role=nan,
        interval=np.stack([nan, nan], axis=-1),
        scale=float("nan"),
        measured=np.zeros_like(measured),
        note="; ".join(filter(None, notes)),
    )


def _binary(labels: Any, n: int) -> np.ndarray:
    y = checks.real_array(labels, "labels")
    if y.size != n or not np.isin(y, (0, 1)).all():
        checks.refuse("labels", f"{n} of 0 and 1, one an item", checks.describe_value(labels))
    y = y.reshape(-1).astype(np.float64)
    fewest = int(min(y.sum(), n - y.sum()))
    if fewest < EVENTS_A_CELL:
        checks.refuse("labels", f"at least {EVENTS_A_CELL} of each class", f"{fewest}")
    return y
