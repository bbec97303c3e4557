"""Learning from accept and reject alone: which class to propose, and what an acceptance counts."""

from typing import Any

import numpy as np

from labelling.continual.analytic_readout import (
    Analytic,
    checked_features,
    checked_readout,
    item_shares,
    learn,
)
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.resampling.near_ties import first_of_largest

SMALLEST = np.finfo(np.float64).tiny  # the inverse of a smaller number may be infinite


@record
class Proposals:
    """Classes to be accepted or rejected.

    Attributes
    ----------
    labels : ndarray (n,)
        The class proposed, a column of the votes.
    propensity : ndarray (n,)
        With which probability it was proposed.
    """

    labels: np.ndarray
    propensity: np.ndarray


def propose(votes: Any, *, explore: float, by: str = "best", seed: int, step: int = 0) -> Proposals:
    r"""Draw a class for each item: the most probable one, or by its votes, or for some any.

    Parameters
    ----------
    votes : array (R, n, C) or (n, C)
        Probabilities, averaged over members.
    explore : float
        Share of the items, in (0, 1], whose class is drawn evenly. Without it a class that was
        never accepted is never proposed. Let it fall with time, such as min(1, 2 / sqrt(step + 1)),
        where the others are given the best class.
    by : str
        How the other items' class is drawn: "best", the most probable one; "votes", each as often
        as it is probable, which explores where votes are undecided.
    seed : int
    step : int
        Whole number >= 0 that tells draws apart.

    Returns
    -------
    Proposals

    Raises
    ------
    InputError
        Votes that are no probabilities, a share outside (0, 1].

    Notes
    -----
    With a* the most probable class (epsilon-greedy: Watkins, 1989),

    .. math:: p(a) = (1 - \mathrm{explore})\, [a = a^*] + \mathrm{explore} / C;

    by votes, those stand in the place of [a = a*] (matching probabilities: Thompson, 1933).

    Examples
    --------
    >>> from labelling import propose
    >>> asked = propose([[0.9, 0.1], [0.2, 0.8]], explore=0.2, seed=0)
    >>> asked.labels.tolist(), asked.propensity.round(2).tolist()
    ([0, 1], [0.9, 0.9])
    """
    mean = checks.votes(votes, "votes").mean(axis=0)
    share = checks.number(explore, "explore", above=0, maximum=1)
    way = checks.choice(by, "by", ("best", "votes"))
    number = checks.count(step, "step", minimum=0)
    draw = generator(checks.seed(seed), "propose", number)
    n, classes = mean.shape
    even, drawn = draw.random(n) < share, draw.integers(classes, size=n)
    best = first_of_largest(mean)
    if way == "votes":
        below = mean.cumsum(axis=1) < draw.random(n)[:, None] * mean.sum(axis=1, keepdims=True)
        best = below.sum(axis=1).clip(max=classes - 1)  # sums are rounded
    labels = np.where(even, drawn, best)
    likely = mean[np.arange(n), labels] if way == "votes" else (labels == best) * 1.0
    return Proposals(labels=labels, propensity=share / classes + (1 - share) * likely)


def learn_from_rewards(
    analytic: Analytic, features: Any, proposed: Any, *, rewards: Any, propensity: Any
) -> Analytic:
    r"""Learn from classes that were proposed and accepted or rejected.

    Parameters
    ----------
    analytic : Analytic
    features : array (n, F)
    proposed : array (n,)
        The class proposed for each item.
    rewards : array (n,)
        1 for accepted, 0 for rejected; between them for half-hearted.
    propensity : array (n,)
        With which probability each was proposed, in (0, 1].

    Returns
    -------
    Analytic

    Raises
    ------
    InputError
        A reward outside [0, 1] or without propensity, a propensity outside (0, 1].

    Notes
    -----
    An accepted class is the item's label; of reward r, proposed with propensity p, it is learned
    with the weight :math:`r / p` (Horvitz and Thompson, 1952). With p(a | x) the probability of
    proposing a and y the label, the mean of [a = y] / p(a | x) over proposals is 1: on average both
    sums are those of all labels, whatever was proposed more often. A rejected class teaches nothing
    here; `labels_from_rewards` learns of it too.

    References
    ----------
    D. G. Horvitz, D. J. Thompson, A generalization of sampling without replacement from a finite
    universe, J. American Statistical Association 47, 1952.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import analytic, learn_from_rewards
    >>> x = np.eye(3)
    >>> state = learn_from_rewards(
    ...     analytic(x), x, [0, 1, 1], rewards=[1, 0, 1], propensity=[0.5, 0.5, 0.25]
    ... )
    >>> state.counts.tolist(), state.gram[-1, -1].item()      # weights 2 and 4
    ([1, 1], 6.0)
    """
    state = checked_readout(analytic)
    x = checked_features(state, features)
    names = checks.labels(proposed, "proposed", length=len(x))
    given = item_shares(rewards, "rewards", len(x))
    chance = item_shares(propensity, "propensity", len(x))
    if chance.min() < SMALLEST:
        refuse("propensity", "probabilities in (0, 1] whose inverse is finite", chance.min())
    taken = given > 0
    if not taken.any():
        return state
    return learn(state, x[taken], names[taken], weights=given[taken] / chance[taken])
