"""What an analytic readout answers, and what it leaves to another model: classes it never met."""

from typing import Any

import numpy as np

from labelling.continual.analytic_readout import (
    ROUNDED,
    Analytic,
    checked_features,
    checked_readout,
    lifted,
)
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.resampling.near_ties import first_of_largest


@record
class Predictions:
    """What a readout answers.

    Attributes
    ----------
    votes : ndarray (R, n, C)
        Probabilities of the candidates; R is 1, or the number of the fallback's members.
    classes : ndarray (C,)
        The candidates.
    logits : ndarray (n, L)
        The regression's values of the candidates that were learned, which estimate their
        probabilities and sum to 1 over all classes learned, but may be negative.
    learned : ndarray (C,)
        Which candidates were learned.
    fell_back : ndarray (R, n)
        Where the votes are the fallback's.
    """

    votes: np.ndarray
    classes: np.ndarray
    logits: np.ndarray
    learned: np.ndarray
    fell_back: np.ndarray


def predict(
    analytic: Analytic, features: Any, *, classes: Any = None, fallback: Any = None
) -> Predictions:
    r"""Answer with the classes learned, and with a fallback where a class was never learned.

    Parameters
    ----------
    analytic : Analytic
    features : array (n, F)
    classes : array (C,), optional
        The candidates, in the order of the columns wanted: the classes of a task. By default all
        classes learned.
    fallback : array (R, n, C) or (n, C), optional
        Votes over the candidates of a model that needs no labels, such as `similarity.zero_shot`;
        needed where a candidate was never learned.

    Returns
    -------
    Predictions

    Raises
    ------
    InputError
        Fewer than two candidates, one that stands twice, no fallback for one never learned, a
        fallback of other items or candidates.

    Notes
    -----
    With D the identity but for a 0 at the constant, the logits of an item are

    .. math:: l = h^T (G + \mathrm{ridge}\, D)^{-1} B;

    the votes are the nearest probabilities to those of the candidates learned (Euclidean projection
    on the simplex; Duchi et al., 2008), :math:`\max(0, l - t)` with the t that makes their sum 1,
    which keeps their order.

    Where a candidate was never learned, an item whose most probable candidate by the fallback is
    one of those keeps the fallback's votes, to the bit; any other is left to the readout. An item
    of a class never learned is then right exactly where the fallback is right: what has been
    learned costs nothing of what was known before (Xu et al., 2024, give the same rule).

    References
    ----------
    Y. Xu et al., Advancing cross-domain discriminability in continual learning of vision-language
    models, NeurIPS 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import analytic, learn, predict
    >>> x = np.array([[0.0, 0], [0, 1], [4, 0], [4, 1]])
    >>> state = learn(analytic(x), x, ["cat", "cat", "dog", "dog"])
    >>> told = predict(state, x[:1], classes=["cat", "owl"], fallback=[[0.3, 0.7]])
    >>> told.votes[0, 0].tolist(), told.learned.tolist()
    ([0.3, 0.7], [True, False])
    """
    state = checked_readout(analytic)
    x = checked_features(state, features)
    names = _candidates(state, classes)
    column = {name: i for i, name in enumerate(state.classes.tolist())}
    learned = np.array([name in column for name in names.tolist()])
    other = _fallback(fallback, len(x), len(names), learned)
    logits = np.zeros((len(x), 0))
    if learned.any():
        known = [column[name] for name in names[learned].tolist()]
        logits = lifted(state, x) @ _coefficients(state)[:, known]
    votes = np.zeros((len(other), len(x), len(names)))
    if learned.any():
        votes[:, :, learned] = on_simplex(logits)
    left = np.zeros(votes.shape[:2], dtype=bool)
    if not learned.all():
        left = ~learned[first_of_largest(other)]
        votes[left] = other[left]
    return Predictions(votes=votes, classes=names, logits=logits, learned=learned, fell_back=left)


def _coefficients(analytic: Analytic) -> np.ndarray:
    """Return (G + ridge)^{-1} B, (d, C), by Cholesky's factors; the constant is not held near 0."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    system = analytic.gram.copy()
    inner = np.arange(len(system) - 1)
    system[inner, inner] += analytic.ridge
    try:
        factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:  # of dependent features so large that sums of float64 lose the ridge
        largest = np.abs(np.diagonal(analytic.gram)).max()
        if (least := np.linalg.eigvalsh(analytic.gram)[0]) < -ROUNDED * largest:
            refuse("analytic", "no item forgotten but those learned", f"a sum of squares {least:g}")
        got = f"{analytic.ridge:.3g} beside squares that sum to {largest:.3g}"
        refuse("analytic", "a ridge that the sums of squares do not swallow", got)
    return cho_solve(factor, analytic.sums, check_finite=False)


def on_simplex(values: np.ndarray) -> np.ndarray:
    """Return the nearest probabilities to each row: max(0, v - t) with the t that makes 1."""
    down = -np.sort(-values, axis=1)
    excess = (down.cumsum(axis=1) - 1) / np.arange(1, values.shape[1] + 1)
    last = (down > excess).sum(axis=1) - 1
    return np.maximum(values - np.take_along_axis(excess, last[:, None], axis=1), 0)


def _candidates(state: Analytic, classes: Any) -> np.ndarray:
    if classes is None:
        if len(state.classes) < 2:
            refuse("analytic", "at least two classes learned", len(state.classes))
        return state.classes
    names = checks.labels_once(classes, "classes", one="candidate")
    if len(names) < 2:
        refuse("classes", "at least two candidates", len(names))
    return names


def _fallback(value: Any, items: int, candidates: int, learned: np.ndarray) -> np.ndarray:
    """Return votes (R, n, C); zeros of one member where none are given or needed."""
    if value is None:
        if not learned.all():
            missing = int((~learned).sum())
            refuse("fallback", f"votes, for {missing} candidates that were never learned", "none")
        return np.zeros((1, items, candidates))
    votes = checks.votes(value, "fallback")
    if votes.shape[1:] != (items, candidates):
        refuse("fallback", f"votes of {items} items, {candidates} candidates", votes.shape)
    return votes
