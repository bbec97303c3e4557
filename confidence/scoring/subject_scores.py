"""How well a rare outcome of subjects is told: over subjects, and over retrainings."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from confidence.scoring.answers import class_numbers
from confidence.scoring.intervals import FEWEST_UNITS, mean_interval
from confidence.scoring.roc_curves import (
    auc_interval,
    auc_of,
    sensitivity_at,
    sensitivity_interval,
)
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.core.units import with_units
from toolbox.resampling.near_ties import merged


@record
class SubjectScores:
    """How well one outcome of subjects is told by the votes of R retrained members.

    Attributes
    ----------
    auc : float
        Of the mean of the members: the probability that a subject with the outcome scores higher
        than one without, ties one half; larger is better, 0.5 is chance.
    auc_interval : ndarray (2,)
        Over subjects.
    auc_members : ndarray (R,)
        Of each member alone.
    auc_retraining : ndarray (2,)
        Where the AUC of one more member would fall, by the spread of these: on the same subjects.
    specificities : ndarray (k,)
    sensitivity : ndarray (k,)
        Share of the subjects with the outcome that are found at these specificities; larger is
        better.
    sensitivity_interval : ndarray (k, 2)
        Over subjects, of either outcome.
    sensitivity_members : ndarray (R, k)
        Of each member alone.
    sensitivity_retraining : ndarray (k, 2)
        Where those of one more member would fall.
    threshold : float
        The probability from which on one would act.
    net_benefit : float
        True positives a subject less false ones, these weighed by the odds of the threshold; larger
        is better, 0 is acting on nobody.
    net_benefit_interval : ndarray (2,)
        Over subjects.
    net_benefit_members : ndarray (R,)
    net_benefit_all : float
        Of acting on everybody.
    probabilities : ndarray (S,)
        The probability of the outcome of each subject: the mean over its items and members.
    outcome : ndarray (S,) of int
        1 for the subjects with the outcome.
    subjects : ndarray (S,)
        Their labels.
    level : float
        Nominal coverage of the intervals.
    note : str
        Why an interval is missing.
    """

    auc: float
    auc_interval: np.ndarray
    auc_members: np.ndarray
    auc_retraining: np.ndarray
    specificities: np.ndarray
    sensitivity: np.ndarray
    sensitivity_interval: np.ndarray
    sensitivity_members: np.ndarray
    sensitivity_retraining: np.ndarray
    threshold: float
    net_benefit: float
    net_benefit_interval: np.ndarray
    net_benefit_members: np.ndarray
    net_benefit_all: float
    probabilities: np.ndarray
    outcome: np.ndarray
    subjects: np.ndarray
    level: float
    note: str = ""

    @property
    def net_benefit_gain(self) -> float:
        """Net benefit less that of acting on everybody or on nobody, whichever is more.

        Larger is better; 0 or less says that the probabilities are of no use at this threshold.
        """
        return self.net_benefit - max(self.net_benefit_all, 0.0)

    @property
    def net_benefit_gain_interval(self) -> np.ndarray:
        """Interval (2,) of the gain over subjects, against the one that is more on these."""
        ill = self.outcome == 1
        gains = _benefits(self.probabilities, ill, self.threshold)
        if self.net_benefit_all > 0:
            gains = gains - _benefits(np.ones(len(ill)), ill, self.threshold)
        if min(ill.sum(), (~ill).sum()) < FEWEST_UNITS:
            return np.full(2, np.nan)
        influence, units = (gains - gains.mean()) / len(gains), np.arange(len(gains))
        return mean_interval(gains.mean(), influence, units, self.level)[0]

    def plot(self, ax: Any = None) -> Any:
        """Draw the sensitivity against the share of false alarms."""
        figure, axes = panels(ax, size=(4, 4))
        order = np.argsort(-self.probabilities, kind="stable")
        ill = self.outcome[order] == 1
        found, false = np.cumsum(ill) / ill.sum(), np.cumsum(~ill) / (~ill).sum()
        last = np.append(np.diff(self.probabilities[order]) != 0, True)  # ties are one step
        axes.plot(np.r_[0, false[last]], np.r_[0, found[last]], color="#08519c", lw=1.8)
        axes.plot([0, 1], [0, 1], color="0.7", lw=0.8, ls=":")
        for at, share, (low, high) in zip(
            self.specificities, self.sensitivity, self.sensitivity_interval, strict=True
        ):
            axes.plot([1 - at] * 2, [low, high], color="#d94801", lw=1.2)
            axes.plot(1 - at, share, "o", color="#d94801", ms=4)
        low, high = self.auc_interval
        axes.set_title(f"AUC {self.auc:.3f} [{low:.3f}, {high:.3f}]", fontsize="medium")
        axes.set(xlabel="1 - specificity", ylabel="sensitivity", xlim=(0, 1), ylim=(0, 1.01))
        return figure


class _Asked(NamedTuple):
    specificities: np.ndarray
    threshold: float
    level: float
    resamples: int


def subject_scores(
    votes: Any,
    labels: Any,
    *,
    units: Any = None,
    specificities: Any = (0.9, 0.95),
    threshold: float = 0.1,
    level: float = 0.95,
    resamples: int = 999,
    seed: int,
) -> SubjectScores:
    r"""Score the probability of an outcome, subject by subject, with both kinds of interval.

    Parameters
    ----------
    votes : array (R, n, 2) or (n, 2)
        Class probabilities of each member and item; column 1 is the outcome that is looked for.
        They must come from members that were not trained on these subjects.
    labels : array (n,)
        1 for items whose subject has the outcome, else 0.
    units : array (n,), optional
        The subject of each item; its items' probabilities are averaged. By default every item is
        its own subject.
    specificities : array (k,)
        At which sensitivities are told, above 0 and below 1.
    threshold : float
        The probability from which on one would act, above 0 and below 1: 0.1 says that one needed
        intervention is worth nine needless ones.
    level : float
        Nominal coverage of the intervals.
    resamples : int
        Bootstrap resamples of subjects behind the intervals of the sensitivities, at least 99.
    seed : int
        Seed of the resampling.

    Returns
    -------
    SubjectScores

    Raises
    ------
    InputError
        If an argument is not as above, a subject has both outcomes, or all have the same.

    Notes
    -----
    AUC: :math:`\frac{1}{mn} \sum_{i,j} [p_i > p_j] + \frac12 [p_i = p_j]` over the m subjects with
    and the n without the outcome; variance of DeLong et al. (1988), with half a subject that
    ranks in the middle added to both groups, since few cases that happen to rank high show too
    small a one; Student's interval on the logit scale, and by Newcombe (2006) where it is 0 or 1.
    Sensitivity at specificity q: share of the m above the :math:`\lceil q n \rceil`-th lowest of
    the n; both groups are resampled, and Agresti and Coull's correction applied to each resample
    (Zhou and Qin, 2005). Net benefit (Vickers and Elkin, 2006): :math:`\frac{TP}{S} -
    \frac{FP}{S} \frac{t}{1 - t}` for threshold t, with Student's interval over the S
    subjects, as for its gain over acting on everybody or nobody. One
    more training falls into
    :math:`\bar a \pm t_{R-1} s \sqrt{1 + 1/R}` of the members' scores; that interval knows nothing
    of other subjects, and the one over subjects nothing of other trainings.

    References
    ----------
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988) 837. R. G. Newcombe,
    Statistics in Medicine 25 (2006) 559. X.-H. Zhou, G. Qin, Statistics in Medicine 24 (2005) 465.
    A. J. Vickers, E. B. Elkin, Medical Decision Making 26 (2006) 565.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import subject_scores
    >>> p = np.array([0.1, 0.2, 0.3, 0.35, 0.4, 0.6, 0.3, 0.5, 0.7, 0.8, 0.9])
    >>> found = subject_scores(np.stack([1 - p, p], axis=1), [0] * 6 + [1] * 5, seed=0)
    >>> round(found.auc, 3), found.sensitivity.round(2).tolist()
    (0.85, [0.6, 0.6])
    """
    ndim = np.ndim(votes)
    p = checks.probabilities(votes, "votes", ndim=ndim if ndim in (2, 3) else 3)
    if p.shape[-1] != 2:
        refuse("votes", "two classes, the outcome that is looked for the second", p.shape[-1])
    p = p.reshape(-1, *p.shape[-2:])[..., 1]
    y = class_numbers(labels, items=p.shape[1], count=2)
    subject = checks.units(units, "units", length=len(y))
    asked = _asked(specificities, threshold, level, resamples)
    subjects, members, outcome = _by_subject(p, y, subject)
    rng = generator(checks.seed(seed), "subject_scores")
    found = _scores(members, outcome, subjects, asked, rng)
    return replace(found, note=with_units(found.note, units))


def _asked(specificities: Any, threshold: Any, level: Any, resamples: Any) -> _Asked:
    listed = np.atleast_1d(checks.double(checks.real_array(specificities, "specificities")))
    if listed.ndim != 1 or listed.min() <= 0 or listed.max() >= 1:
        refuse("specificities", "numbers above 0 and below 1", checks.describe_value(specificities))
    return _Asked(
        listed,
        checks.number(threshold, "threshold", above=0, below=1),
        checks.number(level, "level", above=0, below=1),
        checks.count(resamples, "resamples", minimum=99),
    )


def _by_subject(
    p: np.ndarray, y: np.ndarray, units: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the subjects, their probabilities (R, S) and their outcomes."""
    subjects, place = np.unique(units, return_inverse=True)
    sizes = np.bincount(place)
    ill = np.bincount(place, weights=y)
    both = np.flatnonzero((ill > 0) & (ill < sizes))
    if len(both):
        refuse("labels", "one outcome a subject", f"both of {subjects[both[0]].item()!r}")
    outcome = (ill > 0).astype(int)
    if outcome.min() == outcome.max():
        refuse("labels", "subjects with and without the outcome", f"{outcome[0]} for all")
    means = [merged(np.bincount(place, weights=row) / sizes) for row in p]
    return subjects, np.array(means), outcome


def _scores(
    members: np.ndarray,
    outcome: np.ndarray,
    subjects: np.ndarray,
    asked: _Asked,
    rng: np.random.Generator,
) -> SubjectScores:
    pooled, ill = merged(members.mean(axis=0)), outcome == 1
    few = min(ill.sum(), (~ill).sum()) < FEWEST_UNITS
    single = np.array([sensitivity_at(row, ill, asked.specificities) for row in members])
    aucs = np.array([auc_of(row, ill) for row in members])
    benefits = np.array([_benefits(row, ill, asked.threshold).mean() for row in members])
    items = _benefits(pooled, ill, asked.threshold)
    level, units = asked.level, np.arange(len(outcome))
    nothing = np.full(2, np.nan)
    drawn = {"level": level, "resamples": asked.resamples, "rng": rng}
    over_subjects = sensitivity_interval(pooled, ill, asked.specificities, **drawn)
    notes = [f"no intervals over subjects: fewer than {FEWEST_UNITS} of one outcome"] * bool(few)
    auc_limits = nothing if few else auc_interval(pooled, ill, level)
    tied = not few and np.isnan(auc_limits).all()
    notes += ["no interval of the AUC: all subjects are tied"] * bool(tied)
    notes += ["no intervals over retrainings: one member"] * (len(members) < 2)
    benefit_interval, missing = mean_interval(
        items.mean(), (items - items.mean()) / len(items), units, level
    )
    notes += [f"net benefit: {missing}"] * bool(missing and not few)
    return SubjectScores(
        auc=auc_of(pooled, ill),
        auc_interval=auc_limits,
        auc_members=aucs,
        auc_retraining=_one_more(aucs, level),
        specificities=asked.specificities,
        sensitivity=sensitivity_at(pooled, ill, asked.specificities),
        sensitivity_interval=np.full_like(over_subjects, np.nan) if few else over_subjects,
        sensitivity_members=single,
        sensitivity_retraining=np.array([_one_more(column, level) for column in single.T]),
        threshold=asked.threshold,
        net_benefit=float(items.mean()),
        net_benefit_interval=nothing if few else benefit_interval,
        net_benefit_members=benefits,
        net_benefit_all=float(_benefits(np.ones(len(ill)), ill, asked.threshold).mean()),
        probabilities=pooled,
        outcome=outcome,
        subjects=subjects,
        level=level,
        note="; ".join(notes),
    )


def _benefits(p: np.ndarray, ill: np.ndarray, threshold: float) -> np.ndarray:
    """Return what acting from the threshold on gains with each subject."""
    return (p >= threshold) * np.where(ill, 1.0, -threshold / (1 - threshold))


def _one_more(values: np.ndarray, level: float) -> np.ndarray:
    """Return where one more member's score, from 0 to 1, falls: Student's prediction interval."""
    from scipy.stats import t

    count = len(values)
    if count < 2:
        return np.full(2, np.nan)
    half = t.ppf((1 + level) / 2, count - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / count)
    return np.clip(values.mean() + np.array([-half, half]), 0, 1)
