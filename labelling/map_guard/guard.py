"""Whether one map may take another's place: an e-value from an expert's word on single pixels."""

from typing import Any

import numpy as np

from labelling.map_guard.disagreement_points import (
    COMMON,
    Points,
    changed_groups,
    checked_points,
    effects,
    group_shares,
)
from labelling.segmentation.checked_masks import label_maps
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.panels import panels
from toolbox.core.records import record

# Shares of the capital; the e-value is the mean over them. It grows fastest near E[x]/E[x^2]: .3
# for a map that is right where they differ twice as often as wrong, .6 where four times. A
# protected class has too few points to be won by such bets.
BETS = np.linspace(0.2, 0.6, 5)
BETS_OF_A_CLASS = np.linspace(0.05, 0.95, 19)
CANNOT_TELL = -1
IOUS = (0.0, 1.0)  # a score is linear in the IoU: better at both ends is better in between


@record
class Guard:
    """Which changes an expert's answers allow, and the map that results.

    Attributes
    ----------
    accepted : bool
        Whether changes among the classes that are not protected are made.
    e_value : float
        That these changes raise the mean IoU: accepted from `needed[0]` on. 1 without points.
    protected : ndarray (P,) of int
        The classes with a test of their own.
    class_accepted : ndarray (P,) of bool
        Whether changes from and to each of them are made.
    class_e_values : ndarray (P,)
        That these changes raise both its own IoU and the mean; accepted from `needed[1:]` on.
    needed : ndarray (1 + P,)
        1/alpha where all else is accepted, at most 1/alpha over the test's part of the level.
    used : ndarray (m, h, w) of int
        The supervised map with the changes that were accepted.
    changed, kept : int
        Pixels that differ between the maps, and how many of the changes were made.
    level : float
    tried, refused : str
        What was tried, and which of its changes were not made.
    """

    accepted: bool
    e_value: float
    protected: np.ndarray
    class_accepted: np.ndarray
    class_e_values: np.ndarray
    needed: np.ndarray
    used: np.ndarray
    changed: int
    kept: int
    level: float
    tried: str
    refused: str

    def plot(self, ax: Any = None) -> Any:
        """Draw the e-values against what each needs."""
        figure, axes = panels(ax, size=(4, 3))
        values = np.array([self.e_value, *self.class_e_values])
        at = np.arange(len(values))
        axes.bar(at, np.log10(values), color=np.where(values >= self.needed, "#238b45", "0.7"))
        axes.plot(at, np.log10(self.needed), "k_", ms=20)
        axes.set(ylabel="log10 e-value", title=self.refused or "all changes accepted")
        axes.set_xticks(at, ["others", *(f"class {k}" for k in self.protected)])
        return figure


def guarded(
    supervised: Any,
    other: Any,
    *,
    points: Points,
    answers: Any,
    level: float = 0.95,
    tried: str = "another map",
) -> Guard:
    r"""Use another map only where an expert's answers prove that it is better.

    Parameters
    ----------
    supervised : array (m, h, w), (m, C, h, w) or (R, m, C, h, w)
        The map that is used where nothing is proved.
    other : array, as `supervised`
        The map that may take its place, such as that of a semi-supervised training.
    points : Points
        From `disagreements` of these two maps.
    answers : array (n,) of int
        The true class of each point, or of the first of them, in their order; -1 where the expert
        cannot tell, which counts as an answer for the supervised map.
    level : float
        With this probability at least no worse map is used.
    tried : str
        What `other` is, for the record.

    Returns
    -------
    Guard

    Raises
    ------
    InputError
        Points of other maps, more answers than points, answers that are no classes.

    Notes
    -----
    Each answer scores the first-order change of the mean IoU that its pixel makes, in units of the
    largest that a pixel could make, x in [-1, 1]; see `disagreements` for how pixels are drawn. If
    the changes do not raise the mean IoU, E[x] <= 0, and

    .. math:: \frac1{|B|} \sum_{b \in B} \prod_i (1 + b x_i)

    has a mean of 1 at most after any number of answers: it ever reaches 1/alpha with probability
    alpha at most (Ville; Waudby-Smith and Ramdas, 2024). The e-value is the lesser of those with
    all IoUs 0 and all 1, since they are not known. Changes of a protected class must raise its own
    IoU as well as the mean. That any change is accepted falsely has probability alpha at most: test
    i has the part w_i of it that it has of the points, and what the others are sure of is handed on
    (closed testing with means of e-values: Vovk and Wang, 2021),

    .. math:: e_i \ge \frac1\alpha + \frac1{w_i} \sum_{j \ne i} w_j
        \max\Big(\frac1\alpha - e_j, 0\Big).

    What is proved is about these images, and to first order. Validation by folds is not offered
    instead: with 2 to 8 labelled images its gains tell nothing of the true ones.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import disagreements, guarded
    >>> truth = np.zeros((1, 32, 32), int)
    >>> truth[:, 16:] = 1
    >>> poor = truth.copy()
    >>> poor[:, 12:16] = 1
    >>> points = disagreements(poor, truth, n=12, seed=0)
    >>> answers = truth[points.items, points.rows, points.columns]
    >>> guarded(poor, truth, points=points, answers=answers).accepted
    True
    >>> points = disagreements(truth, poor, n=12, seed=0)
    >>> guarded(truth, poor, points=points, answers=answers).accepted
    False
    """
    a, b = label_maps(supervised, "supervised"), label_maps(other, "other")
    _same_maps(a, b, points)
    said = _checked_answers(answers, points)
    level = checks.number(level, "level", above=0, below=1)
    groups = changed_groups(a, b, points.protected)
    pairs = [np.stack([a.flat[places], b.flat[places]]) for places in groups]
    e_value = _e_value(points, said, COMMON, pairs[0], None)
    of_class = np.array(
        [
            min(_e_value(points, said, k, changes, of) for of in (None, k))
            for k, changes in zip(points.protected, pairs[1:], strict=True)
        ]
    )
    values = np.array([e_value, *of_class])
    needed = needed_values(values, group_shares(points.changed), 1 - level)
    accepts = values >= needed
    used, kept = merged(a, b, points.protected, accepts[1:], common=bool(accepts[0]))
    names = ["changes among the other classes" if len(of_class) else "all changes"]
    names += [f"changes of class {k}" for k in points.protected]
    refused = [names[i] for i in np.flatnonzero(~accepts & (points.changed > 0))]
    return Guard(
        accepted=bool(accepts[0]),
        e_value=e_value,
        protected=points.protected,
        class_accepted=accepts[1:],
        class_e_values=of_class,
        needed=needed,
        used=used,
        changed=int((a != b).sum()),
        kept=kept,
        level=level,
        tried=str(tried),
        refused=f"{tried}: {', '.join(refused)} refused" if refused else "",
    )


def needed_values(e_values: np.ndarray, weight: np.ndarray, alpha: float) -> np.ndarray:
    """Return what each e-value needs, so that any false one is accepted with alpha at most.

    A hypothesis falls where each that says it, with any others, has a weighted mean e-value of
    1/alpha: those others that are below 1/alpha make it hardest.
    """
    short = weight * np.maximum(1 / alpha - e_values, 0)
    there = np.where(weight > 0, weight, np.inf)  # without changes there is nothing to accept
    return 1 / alpha + (short.sum() - short) / there


def merged(
    a: np.ndarray, b: np.ndarray, protected: np.ndarray, allowed: np.ndarray, *, common: bool
) -> tuple[np.ndarray, int]:
    """Return the first map with the changes that are allowed, and how many pixels they are.

    A change between two protected classes needs both to allow it.
    """
    make = np.zeros(a.size, bool)
    groups = changed_groups(a, b, protected)
    make[groups[0]] = common
    refused = np.zeros(a.size, bool)
    for places, yes in zip(groups[1:], allowed, strict=True):
        make[places] = True
        refused[places] |= not yes
    make = (make & ~refused).reshape(a.shape)
    return np.where(make, b, a), int(make.sum())


def scores(points: Points, answers: np.ndarray, *, q: float, of: int | None = None) -> np.ndarray:
    """Return x in [-1, 1] of each answer: for the mean IoU, or for that of one class alone."""
    first, second = points.first[: len(answers)], points.second[: len(answers)]
    effect = effects(first, second, points.sizes, q)
    if of is not None:
        return _own(first, second, answers, of, q) / max(int(points.sizes[of]), 1) / effect.weight
    gained = np.where(answers == first, effect.wrong, effect.neither)
    gained = np.where(answers == second, effect.right, gained)
    return np.where(answers == CANNOT_TELL, effect.wrong, gained) / effect.weight


def _own(
    first: np.ndarray, second: np.ndarray, answers: np.ndarray, k: int, q: float
) -> np.ndarray:
    """Return U_k times the change of class k's IoU: pixels won or given up, rightly or wrongly."""
    won, unknown = second == k, answers == CANNOT_TELL
    true = np.where(unknown, ~won, answers == k)  # unknown: the worse of the two
    return np.where(won, 1, -1) * np.where(true, 1, -q)


def reach(changes: np.ndarray, sizes: np.ndarray, *, q: float, of: int | None) -> float:
    """Return the largest score that any of the changes (2, m) could have; known beforehand."""
    if not changes.size:
        return 1.0
    effect = effects(*changes, sizes, q)
    if of is not None:
        return float((1 / max(int(sizes[of]), 1) / effect.weight).max())
    return float((np.maximum(effect.right, -effect.wrong) / effect.weight).max())


def _e_value(
    points: Points, answers: np.ndarray, group: int, changes: np.ndarray, of: int | None
) -> float:
    """Return the lesser of the e-values at both ends of the IoU."""
    found = []
    bets = BETS if group == COMMON else BETS_OF_A_CLASS
    for q in IOUS:
        x = scores(points, answers, q=q, of=of)[points.group[: len(answers)] == group]
        found.append(e_values(x / reach(changes, points.sizes, q=q, of=of), bets))
    return float(min(found))


def e_values(x: np.ndarray, bets: np.ndarray) -> np.ndarray:
    """Return the mean over bets of the product of 1 + b x along the last axis."""
    return np.exp(np.log1p(bets[:, None] * x[..., None, :]).sum(axis=-1)).mean(axis=-1)


def _same_maps(a: np.ndarray, b: np.ndarray, points: Any) -> None:
    if a.shape != tuple(checked_points(points).shape):
        refuse("supervised", f"the map of the points, of shape {points.shape}", f"shape {a.shape}")
    place = (points.items, points.rows, points.columns)
    for name, values, told in (("supervised", a, points.first), ("other", b, points.second)):
        if values.shape != a.shape or (values[place] != told).any():
            refuse(name, "the map that the points were drawn from", "another")


def _checked_answers(answers: Any, points: Points) -> np.ndarray:
    found = checks.labels(answers, "answers")
    if len(found) > len(points.items):
        refuse("answers", f"at most {len(points.items)}, one a point", len(found))
    if found.dtype.kind not in "iub" or found.min() < CANNOT_TELL or found.max() >= 2**15:
        got = checks.describe_value(answers)
        refuse("answers", f"classes, such as 0 to {len(points.sizes) - 1}, or -1", got)
    return found.astype(np.int64)
