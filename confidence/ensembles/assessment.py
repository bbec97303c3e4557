"""What the votes of an ensemble say, subject by subject, and how precisely R members say it."""

from typing import Any

import numpy as np

from confidence.scoring.answers import class_numbers
from confidence.scoring.intervals import clopper_pearson, leading_share, mean_interval, own_units
from toolbox.core import checks
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.core.units import with_units
from toolbox.resampling.near_ties import first_of_largest

LEVEL = 0.95


@record
class Assessment:
    """An ensemble's answer for each item, and its precision.

    Attributes
    ----------
    mean : ndarray (n, C)
        Mean probability over the members.
    standard_error : ndarray (n, C)
        Of the mean, from R independent members: ``s / sqrt(R)``; NaN for one member.
    total, aleatoric, epistemic : ndarray (n,)
        Entropy of the mean, mean entropy and their difference, in nats: the jackknife's estimate
        of what infinitely many members would give; total and epistemic are NaN for one member.
    disagreement : ndarray (n,)
        Probability that two members predict different classes; NaN for one member.
    prediction : ndarray (n,) of int
        Column of the largest mean probability.
    vote_share : ndarray (n,)
        Share of the members that predict it.
    vote_share_interval : ndarray (n, 2)
        Exact 95 % interval of that share among infinitely many such members, which allows for the
        class having been picked after the vote.
    accuracy : float
        Share of the items predicted right; NaN without labels.
    accuracy_interval : ndarray (2,)
        95 % interval over items, or over units.
    redrawn : str
        What differed from member to member, as told by the caller.
    members : int
        Number of members R.
    note : str
        Why an interval is missing.
    """

    mean: np.ndarray
    standard_error: np.ndarray
    total: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray
    disagreement: np.ndarray
    prediction: np.ndarray
    vote_share: np.ndarray
    vote_share_interval: np.ndarray
    accuracy: float
    accuracy_interval: np.ndarray
    redrawn: str
    members: int
    note: str = ""

    def plot(self, ax: Any = None) -> Any:
        """Draw each item's probability of its predicted class, sorted, with standard errors."""
        items = np.arange(len(self.prediction))
        value = self.mean[items, self.prediction]
        error = self.standard_error[items, self.prediction]
        order = np.argsort(value, kind="stable")
        figure, axes = panels(ax, size=(6, 3.5))
        spread = None if np.isnan(error).any() else error[order]
        axes.errorbar(items, value[order], yerr=spread, fmt=".", color="C0", ecolor="C7", ms=4)
        axes.set(
            xlabel="items, sorted", ylabel="probability of the predicted class", ylim=(0, 1.05)
        )
        axes.set_title(f"{self.members} members, redrawn: {self.redrawn}", fontsize="medium")
        return figure


def assess(
    votes: Any, labels: Any = None, *, redrawn: Any = None, classes: Any = None, units: Any = None
) -> Assessment:
    r"""Say what an ensemble answers for each item, how sure it is, and how precise that figure is.

    Parameters
    ----------
    votes : array (R, n, C)
        Class probabilities of R members trained independently of each other.
    labels : array (n,), optional
        True classes: columns 0 to C - 1, or names among `classes`.
    redrawn : str or tuple of str, optional
        What differed from member to member, for example ``ensemble.runs.redrawn``. Only its
        variability is in the standard errors.
    classes : array (C,), optional
        Names of the columns.
    units : array (n,), optional
        What was drawn independently; by default every item is its own unit.

    Returns
    -------
    Assessment

    Raises
    ------
    InputError
        Votes that are not probabilities, labels outside the columns.

    Notes
    -----
    With p_r the vote of member r, p its mean and H the entropy, total H(p), aleatoric mean_r H(p_r)
    and epistemic their difference, the mutual information (Houlsby et al., 2011; Depeweg et al.,
    2018). H(p) of finitely many members is too small on average, hence so is the difference; both
    are corrected by the jackknife over members,

    .. math:: R\, H(p) - (R - 1)\, \overline{H(p_{-r})},

    with :math:`p_{-r}` the mean without member r, which is never below H(p) and can exceed
    ``log C`` for very few members. Total is aleatoric plus epistemic.

    With :math:`m_k` of R members predicting k the disagreement is

    .. math:: 1 - \sum_k \frac{m_k (m_k - 1)}{R (R - 1)},

    a U-statistic, unbiased for two fresh members.

    The interval of the vote share is that of Clopper and Pearson (1934) for two classes. Of more,
    the one that leads is ahead by luck too: where twenty tie, their interval of 20 members would
    miss the leader's share of infinitely many three times in ten. A share p is then in the interval
    where both tails of the binomial law, at the votes seen, are above p .05 / 2: the shares sum to
    1, hence the errors to .05 at most. The interval is about the stability of the answer under what
    was redrawn, not about the probability that the answer is right. The accuracy has the interval
    of Clopper and Pearson over items; where `units` group them, Student's over units, from 5 on.

    References
    ----------
    N. Houlsby et al., "Bayesian active learning for classification and preference learning", 2011.
    S. Depeweg et al., "Decomposition of uncertainty in Bayesian deep learning", ICML 2018.

    Examples
    --------
    >>> from confidence import assess
    >>> a = assess([[[0.9, 0.1]], [[0.8, 0.2]], [[0.4, 0.6]]], [0], redrawn="init")
    >>> a.mean.round(3).tolist(), a.standard_error.round(3).tolist()
    ([[0.7, 0.3]], [[0.153, 0.153]])
    >>> round(float(a.disagreement[0]), 3), a.vote_share_interval.round(3).tolist()
    (0.667, [[0.094, 0.992]])
    """
    votes = checks.probabilities(votes, "votes", ndim=3)
    members, items, columns = votes.shape
    unit = checks.units(units, "units", length=items)
    mean = votes.mean(axis=0)
    prediction = first_of_largest(mean)
    votes_for = (first_of_largest(votes) == prediction).sum(axis=0)
    aleatoric = entropy(votes).mean(axis=0)
    total = _total(votes)
    accuracy, interval, note = float("nan"), np.full(2, np.nan), ""
    if labels is not None:
        truth = class_numbers(labels, items=items, count=columns, classes=classes)
        accuracy, interval, note = _accuracy(prediction == truth, unit)
        note = with_units(note, units)
    if members == 1:
        alone = "one member: how far its answers would move with another training is not known"
        note = "; ".join(filter(None, (alone, note)))
    return Assessment(
        mean=mean,
        standard_error=_standard_error(votes),
        total=total,
        aleatoric=aleatoric,
        epistemic=total - aleatoric,
        disagreement=_disagreement(votes),
        prediction=prediction,
        vote_share=votes_for / members,
        vote_share_interval=leading_share(votes_for, members, LEVEL, choices=columns),
        accuracy=accuracy,
        accuracy_interval=interval,
        redrawn=_said(redrawn),
        members=members,
        note=note,
    )


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Return the entropy over the last axis, in nats; 0 log 0 is 0."""
    from scipy.special import entr

    return entr(probabilities).sum(axis=-1)


def _standard_error(votes: np.ndarray) -> np.ndarray:
    if len(votes) == 1:
        return np.full(votes.shape[1:], np.nan)
    return votes.std(axis=0, ddof=1) / np.sqrt(len(votes))


def _total(votes: np.ndarray) -> np.ndarray:
    members = len(votes)
    if members == 1:
        return np.full(votes.shape[1], np.nan)
    without_one = np.clip((votes.sum(axis=0) - votes) / (members - 1), 0, None)
    plain = entropy(votes.mean(axis=0))
    return members * plain - (members - 1) * entropy(without_one).mean(axis=0)


def _disagreement(votes: np.ndarray) -> np.ndarray:
    members, items, columns = votes.shape
    if members == 1:
        return np.full(items, np.nan)
    counts = (first_of_largest(votes)[..., None] == np.arange(columns)).sum(axis=0)
    return 1 - (counts * (counts - 1)).sum(axis=1) / (members * (members - 1))


def _accuracy(right: np.ndarray, units: np.ndarray) -> tuple[float, np.ndarray, str]:
    value = float(right.mean())
    if own_units(units):
        return value, clopper_pearson(right.sum(), len(right), LEVEL), ""
    interval, note = mean_interval(value, (right - value) / len(right), units, LEVEL)
    return value, np.clip(interval, 0, 1), note


def _said(redrawn: Any) -> str:
    if redrawn is None:
        return "not stated"
    names = (redrawn,) if isinstance(redrawn, str) else tuple(np.atleast_1d(redrawn))
    if not names or not all(isinstance(name, str) for name in names):
        wanted = "a string or several that say what was redrawn"
        checks.refuse("redrawn", wanted, checks.describe_value(redrawn))
    return ", ".join(names)
