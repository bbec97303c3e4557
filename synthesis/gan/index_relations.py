"""Does one figure a training say anything of another: rank correlation and leave-one-out skill.

Both are tested by permuting trainings against each other. With groups (one architecture each)
everything is taken within them: trainings are exchangeable inside a group only, and a difference
between groups says nothing of the relation.
"""

from itertools import permutations
from math import factorial, prod
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, rankdata

_TIES = 1e-9  # statistics closer than this are equal


class Relation(NamedTuple):
    """A statistic, its interval and its permutation p-value; NaN where there is none."""

    value: float
    low: float
    high: float
    p_value: float


class Skill(NamedTuple):
    """Leave-one-out skill, what it is on average by chance, and its permutation p-value."""

    value: float
    by_chance: float
    p_value: float


def rank_correlation(
    x: np.ndarray,
    y: np.ndarray,
    *,
    rng: np.random.Generator,
    resamples: int,
    groups: np.ndarray | None = None,
    level: float = 0.95,
) -> Relation:
    """Return Spearman's correlation with Fisher's interval and the two-sided permutation p-value.

    The variance of the transform is (1 + rho^2 / 2) / (n - 3) (Bonett & Wright, 2000), with n less
    one a further group.
    """
    groups = np.zeros(len(x), int) if groups is None else groups
    a, b = _group_ranks(x, groups), _group_ranks(y, groups)
    length = np.sqrt((a @ a) * (b @ b))
    if length == 0:
        return Relation(np.nan, np.nan, np.nan, np.nan)
    value = float(np.clip(a @ b / length, -1, 1))
    table, exact = _arrangements(groups, resamples, rng)
    drawn = b[table] @ a / length
    p_value = _share(np.abs(drawn) >= abs(value) - _TIES, exact=exact)
    degrees = len(x) - (len(np.unique(groups)) - 1) - 3  # each further group's mean takes one
    low, high = np.nan, np.nan
    if degrees >= 1 and abs(value) < 1:
        half = norm.ppf((1 + level) / 2) * np.sqrt((1 + value**2 / 2) / degrees)
        low, high = (float(v) for v in np.tanh(np.arctanh(value) + np.array([-half, half])))
    return Relation(value, low, high, p_value)


def leave_one_out_skill(
    x: np.ndarray,
    y: np.ndarray,
    *,
    rng: np.random.Generator,
    resamples: int,
    groups: np.ndarray | None = None,
) -> Skill:
    """Return how well a ridge fit of the ranks of y to those of x (R, A) predicts one left out.

    The skill is 1 minus the squared errors of predicting each training from all the others, over
    those of predicting it by the others' mean: 1 is perfect, and by chance it is below 0. The
    ridge is fitted again for each training left out and for each permutation of y. Its penalty,
    the number of columns, is the one for as much signal as noise spread evenly over them.
    """
    groups = np.zeros(len(y), int) if groups is None else groups
    columns = np.stack([_group_ranks(column, groups) for column in x.T], axis=1)
    columns = columns[:, columns.any(axis=0)]
    target = _group_ranks(y, groups)
    if not columns.shape[1] or not target.any():
        return Skill(np.nan, np.nan, np.nan)
    table, exact = _arrangements(groups, resamples, rng)
    drawn = _skills(columns, np.concatenate([target[None], target[table]]), groups)
    value, drawn = float(drawn[0]), drawn[1:]
    return Skill(value, float(drawn.mean()), _share(drawn >= value - _TIES, exact=exact))


def _skills(columns: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the skill for each row of targets, by the closed form of leaving one out.

    With the hat matrix H the error of the one left out is e_i / (1 - h_ii) (Allen, 1974). The
    groups' means are fitted without a penalty.
    """
    standard = columns / np.sqrt((columns**2).mean(axis=0))
    count = standard.shape[1]
    dummies = (groups[:, None] == np.unique(groups)).astype(float)
    means = dummies @ np.linalg.solve(dummies.T @ dummies, dummies.T)
    ridge = np.linalg.solve(standard.T @ standard + count * np.eye(count), standard.T)
    squares = [_left_out(hat, targets) for hat in (means + standard @ ridge, means)]
    return 1 - squares[0] / squares[1]


def _left_out(hat: np.ndarray, targets: np.ndarray) -> np.ndarray:
    errors = (targets - targets @ hat.T) / (1 - np.diag(hat))
    return (errors**2).sum(axis=1)


def _group_ranks(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the ranks within each group, less their mean; ties share theirs."""
    result = np.empty(len(values))
    for group in np.unique(groups):
        inside = groups == group
        ranks = rankdata(values[inside])
        result[inside] = ranks - ranks.mean()
    return result


def _arrangements(
    groups: np.ndarray, resamples: int, rng: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Return permutations (B, R) within the groups: all of them where they are at most resamples.

    Otherwise as many random ones, and False.
    """
    places = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    exact = prod(factorial(len(own)) for own in places) <= resamples
    table = np.arange(len(groups))[None]
    if not exact:
        table = np.tile(table, (resamples, 1))
        for own in places:
            table[:, own] = rng.permuted(table[:, own], axis=1)
        return table, False
    for own in places:
        orders = np.array(list(permutations(own.tolist())))
        table = np.repeat(table, len(orders), axis=0)
        table[:, own] = np.tile(orders, (len(table) // len(orders), 1))
    return table, True


def _share(as_far: np.ndarray, *, exact: bool) -> float:
    """Return the p-value from which permutations are as far (Phipson & Smyth, 2010)."""
    count = int(as_far.sum())
    return count / len(as_far) if exact else (1 + count) / (1 + len(as_far))
