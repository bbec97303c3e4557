"""Equality of two textures: their cumulants compared by their standard errors."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.records import record
from toolbox.multifractals.multifractal_analysis import Multifractal


@record
class EqualityTest:
    """A test whether two textures have the same cumulants.

    Attributes
    ----------
    p_value : array (...)
        The smallest p-value of the cumulants times their number, at most 1.
    p_values : array (..., M)
        One a cumulant; never 0, but the smallest normal number where they are below it.
    t, degrees_of_freedom : array (..., M)
        Differences over their standard errors, and Welch's degrees of freedom.
    note : str
        What to know before trusting the p-values, with all that the estimates' notes say; empty
        when there is nothing to say.
    """

    p_value: np.ndarray
    p_values: np.ndarray
    t: np.ndarray
    degrees_of_freedom: np.ndarray
    note: str = ""


def equality_test(a: Any, b: Any) -> EqualityTest:
    r"""Test whether two textures have the same cumulants; a small p-value says that they differ.

    Parameters
    ----------
    a, b : Multifractal
        What `multifractal` returned with resamples, best calibrated, of the same scales, wavelet,
        p, gamma and orders; of equal leading axes, compared item by item, or one of a single item.

    Returns
    -------
    EqualityTest

    Raises
    ------
    InputError
        When `a` or `b` is no Multifractal or has no standard errors, or they were not analysed in
        the same way.

    Notes
    -----
    .. math:: t = (c_a - c_b) \big/ \sqrt{s_a^2 + s_b^2}

    with Student's law of Welch's degrees of freedom, B - 1
    for each; the p-values of the cumulants are joined by Bonferroni's inequality. Standard errors
    before calibration are a tenth too small: tests then reject some 8 % instead of 5 % of equal
    textures.

    Examples
    --------
    >>> import toolbox
    >>> walks = [toolbox.fractional_field(4096, hurst=h, seed=0).values[0] for h in (0.4, 0.8)]
    >>> options = {"dim": 1, "scales": (3, 8), "gamma": 0.5, "resamples": 100, "seed": 1}
    >>> a, b = (toolbox.multifractal(x, **options) for x in walks)
    >>> bool(toolbox.equality_test(a, b).p_value < 0.001)
    True
    """
    from scipy.special import stdtr

    _check_alike(a, b)
    va, vb = (e.standard_error.astype(np.float64) ** 2 for e in (a, b))
    t = (a.cumulants.astype(np.float64) - b.cumulants) / np.sqrt(va + vb)
    blocks = a.analysis.blocks, b.analysis.blocks
    freedom = (va + vb) ** 2 / (va**2 / (blocks[0] - 1) + vb**2 / (blocks[1] - 1))
    p = np.maximum(2 * stdtr(freedom, -np.abs(t)), np.finfo(np.float64).tiny)
    raw = np.isnan(a.systematic).any() or np.isnan(b.systematic).any()
    notes = ["not calibrated: standard errors are a tenth too small"] if raw else []
    notes += [f"{name}: {e.note}" for name, e in (("a", a), ("b", b)) if e.note]
    return EqualityTest(
        p_value=np.minimum(1, p.shape[-1] * p.min(axis=-1)),
        p_values=p,
        t=t,
        degrees_of_freedom=freedom,
        note="; ".join(notes),
    )


def _check_alike(a: Any, b: Any) -> None:
    """Refuse estimates without standard errors, and those that were not made in the same way."""
    for name, estimate in (("a", a), ("b", b)):
        if not isinstance(estimate, Multifractal):
            checks.refuse(name, "what multifractal returned", checks.describe_value(estimate))
        if not estimate.analysis.blocks:
            checks.refuse(name, "an estimate with standard errors (resamples=200)", "one without")
    for field in ("scales", "wavelet", "p"):
        of_a, of_b = getattr(a.analysis, field), getattr(b.analysis, field)
        if of_a != of_b:
            checks.refuse("b", f"{field} {of_a} as in a", of_b)
    orders = a.cumulants.shape[-1], b.cumulants.shape[-1]
    if orders[0] != orders[1]:
        checks.refuse("b", f"{orders[0]} cumulants as in a", orders[1])
    gammas = np.unique([*np.ravel(a.gamma), *np.ravel(b.gamma)])
    if len(gammas) > 1:
        checks.refuse("b", "one gamma for all of a and b, given as a number", gammas)
    _check_items(a.cumulants.shape[:-1], b.cumulants.shape[:-1])


def _check_items(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    if a != b and not {(), (1,)} & {a, b}:
        checks.refuse("b", f"items {a} as in a, or a single one", b)
