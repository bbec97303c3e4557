"""Which way of choosing pairs earns most: a bandit whose state is the ledger."""

import json
from typing import Any

import numpy as np
from scipy.special import softmax

from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.telling import effective
from similarity.pairs.known_pairs import judged_pairs
from toolbox.core import checks
from toolbox.core.checks import refuse

ARMS = ("alike", "uncertain", "large", "random")
BEFORE = np.array([10, 7, 2, 1]) / 20  # in the order of their areas on a few draws of six worlds,
# others than those of the figure `pairs_chosen`
EXPLORED = 0.1  # share of draws that do not heed rewards
RATE = 1.0  # of the weights' growth with rewards, which are at most 1 and mostly below .2


def arm_probabilities(book: Ledger) -> np.ndarray:
    """Return the probability with which Exp3 draws each way, given a ledger's rewards."""
    gains, rewards = np.zeros(len(ARMS)), []
    for i in np.flatnonzero((book.kind == "reward") & effective(book)):
        if str(book.who[i]) not in ARMS:
            refuse("ledger", f"rewards of {', '.join(ARMS)}", repr(str(book.who[i])))
        if not book.propensity[i] > 0:
            refuse("ledger", "rewards with the propensity of their way", "an unknown one")
        reward = np.clip(float(json.loads(str(book.values[i]))), -1, 1)
        usual = np.mean(rewards) if rewards else reward
        gains[ARMS.index(str(book.who[i]))] += (reward - usual) / book.propensity[i]
        rewards.append(reward)
    return EXPLORED * BEFORE + (1 - EXPLORED) * softmax(np.log(BEFORE) + RATE * gains)


def drawn_arm(book: Ledger, rng: np.random.Generator) -> tuple[str, float]:
    """Return a way of choosing by lot, and its probability."""
    p = arm_probabilities(book)
    arm = int(rng.choice(len(ARMS), p=p / p.sum()))
    return ARMS[arm], float(p[arm])


def pair_loss(log_odds: Any, pairs: Any) -> float:
    r"""Return the log loss of log-odds on judged pairs, in nats; lower is better.

    Parameters
    ----------
    log_odds : array (n, n)
        That a pair is the same, as `settle_pairs` has it.
    pairs : array (m, 3)
        Judged pairs: i, j, 1 for the same or 0 for different, at least one of each; hold them out.

    Returns
    -------
    float
        The mean of log(1 + exp(-+log-odds)) over same pairs and over different pairs, of which the
        mean is taken: rare same pairs count as much; 0 for certainty that is right.

    Raises
    ------
    InputError
        Pairs of one kind alone, items that the table does not have, log-odds that are not finite.

    Notes
    -----
    With l the log-odds (the logarithmic score: Good, 1952),

    .. math:: \tfrac12\, \overline{\log(1 + e^{-l})}^{\,\mathrm{same}}
        + \tfrac12\, \overline{\log(1 + e^{l})}^{\,\mathrm{different}}.

    Examples
    --------
    >>> from labelling import pair_loss
    >>> round(pair_loss([[0, 3, -4], [3, 0, -2], [-4, -2, 0]], [[0, 1, 1], [1, 2, 0]]), 3)
    0.088
    """
    table = checks.real_array(_without_diagonal(log_odds), "log_odds", ndim=2)
    if table.shape[0] != table.shape[1]:
        refuse("log_odds", "a square (n, n) table", f"shape {table.shape}")
    index, same = judged_pairs(pairs, len(table), fewest=1)
    odds = table[index[:, 0], index[:, 1]].astype(np.float64)
    loss = np.logaddexp(0, np.where(same == 1, -odds, odds))
    return float((loss[same == 1].mean() + loss[same == 0].mean()) / 2)


def _without_diagonal(log_odds: Any) -> np.ndarray:
    """Return a copy with zeros on the diagonal, where NaN may have been."""
    checks.without_mask(log_odds, "log_odds", "an (n, n) table")
    try:
        table = np.array(log_odds)
    except ValueError as error:
        refuse("log_odds", "an (n, n) table", str(error))
    if table.ndim == 2 and table.dtype.kind in "fiu":
        np.fill_diagonal(table, 0)
    return table
