"""Choose the pairs that an expert is asked about."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from labelling.acquisition.questions import entropy
from labelling.answers_ledger.ledgers import Ledger
from labelling.pair_questions.arm_weights import ARMS, drawn_arm
from labelling.pair_questions.settled_pairs import SettledPairs, settle_pairs
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.core.streams import generator

NEAR = 30.0  # log-odds whose coin's doubt is computed as it is defined
LOOKED_AT = 50  # pairs a question that are looked at for groups not asked about yet in the batch


@record
class PairQuestions:
    """Which pairs to ask about: "are these two the same?".

    Attributes
    ----------
    items, others : ndarray (batch,)
        The pairs, the most useful first.
    probability : ndarray (batch,)
        That they are the same, as the evidence and the answers so far have it.
    scores : ndarray (batch,)
        By which they were chosen: a probability, or nats; for "random", the pairs that an answer
        settles.
    by : str
        The way of choosing; of "bandit", the one that was drawn.
    propensity : float
        The probability with which the way was drawn; NaN where it was given.
    """

    items: np.ndarray
    others: np.ndarray
    probability: np.ndarray
    scores: np.ndarray
    by: str
    propensity: float


def choose_pairs(
    evidence: Any,
    *,
    ledger: Ledger,
    batch: int,
    by: str = "alike",
    error: float = 0.0,
    seed: int,
) -> PairQuestions:
    r"""Choose the pairs of items of which an expert is asked whether they are the same.

    Parameters
    ----------
    evidence : Evidence or array (n, n)
        Log-odds that a pair is the same; of an `Evidence`, its scores.
    ledger : Ledger
        What was judged so far (kind "pair"), and for "bandit" the rewards; see Notes.
    batch : int
        How many pairs; each settles other pairs of items than the rest of the batch.
    by : str
        "alike": the most probable to be the same, whose "yes" ties items together for all later
        questions; "uncertain": the largest entropy; "large": the entropy times the number of pairs
        that the answer settles; "random"; or "bandit", which draws one of these by what it earned.
    error : float
        Probability that an answer is wrong, as for `settle_pairs`.
    seed : int
        Breaks ties and draws.

    Returns
    -------
    PairQuestions

    Raises
    ------
    InputError
        A batch larger than what is open, a reward for a way that is unknown, and what
        `settle_pairs` refuses.

    Notes
    -----
    The answers are told to the ledger; `settle_pairs` hands them on to `similarity.cluster`, `pool`
    and `siamese`. Between two groups that answers have formed, one pair by lot stands for all;
    in a batch, groups take turns.

    "bandit" is Exp3 (Auer et al. 2002) whose state is the ledger: way a is drawn with the
    probability

    .. math:: q_a = .1\, v_a + .9 \frac{w_a}{\sum_b w_b}, \qquad w_a = v_a e^{G_a},

    v the shares beforehand (.5, .35, .1, .05), G_a the sum of its rewards, less the mean of all
    before, over the probabilities with which it was drawn. A reward is the share by which held-out
    pairs' `pair_loss` fell, in [-1, 1]: ``tell(book, kind="reward", items=round, values=1 - after /
    before, who=questions.by, propensity=questions.propensity, time=...)``.

    References
    ----------
    P. Auer, N. Cesa-Bianchi, Y. Freund, R. Schapire, The nonstochastic multiarmed bandit problem,
    SIAM Journal on Computing 32, 2002.

    Examples
    --------
    >>> from labelling import choose_pairs, ledger
    >>> log_odds = [[0, 3.0, -4], [3, 0, 0.1], [-4, 0.1, 0]]
    >>> asked = choose_pairs(log_odds, ledger=ledger(), batch=1, by="uncertain", seed=0)
    >>> asked.items.tolist(), asked.others.tolist()
    ([1], [2])
    """
    way = checks.choice(by, "by", (*ARMS, "bandit"))
    size = checks.count(batch, "batch")
    drawn = checks.seed(seed)
    settled = settle_pairs(evidence, ledger=ledger, error=error)
    if size > settled.open:
        refuse("batch", f"at most {settled.open}, the pairs that are open", size)
    rng = generator(drawn, "choose_pairs", settled.asked)
    propensity = float("nan")
    if way == "bandit":
        way, propensity = drawn_arm(ledger, rng)
    return _chosen(settled, size, way, propensity, rng)


def _chosen(
    settled: SettledPairs, batch: int, way: str, propensity: float, rng: np.random.Generator
) -> PairQuestions:
    groups = settled.groups
    first = np.unique(groups, return_index=True)[1]
    log_odds = settled.log_odds[np.ix_(first, first)]
    p = expit(log_odds)
    sizes = np.bincount(groups)
    a, b = open_groups(settled)
    score = SCORES[way](p[a, b], sizes[a] * sizes[b])
    if way == "random":
        key = np.log(rng.random(len(a))) / score  # by lot, by weight
    else:
        key = RANKS[way](log_odds[a, b], sizes[a] * sizes[b])
    order = np.lexsort((rng.random(len(a)), -key))
    picked = _in_turns(a[order], b[order], batch)
    a, b, score = (v[order[picked]] for v in (a, b, score))
    return PairQuestions(
        items=np.array([rng.choice(np.flatnonzero(groups == k)) for k in a]),
        others=np.array([rng.choice(np.flatnonzero(groups == k)) for k in b]),
        probability=p[a, b],
        scores=score,
        by=way,
        propensity=propensity,
    )


def open_groups(settled: SettledPairs) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of groups that no answer settles."""
    number = int(settled.groups.max()) + 1
    unknown = ~np.eye(number, dtype=bool)
    a, b = settled.groups[settled.pairs[:, :2]].T
    unknown[a, b] = unknown[b, a] = False
    return np.nonzero(np.triu(unknown))


def _in_turns(a: np.ndarray, b: np.ndarray, batch: int) -> np.ndarray:
    """Return which of the pairs, the best first, to take, so that groups take turns."""
    used = np.zeros(max(a.max(), b.max()) + 1, dtype=np.int64)
    picked: list[int] = []
    look = range(min(LOOKED_AT * batch, len(a)))
    for turn in range(1, batch + 1):
        for i in look:
            if len(picked) == batch:
                return np.array(picked)
            if i not in picked and max(used[a[i]], used[b[i]]) < turn:
                picked.append(i)
                used[[a[i], b[i]]] += 1
    return np.array(picked)


def _doubt(p: np.ndarray) -> np.ndarray:
    return entropy(np.stack([p, 1 - p], axis=-1))


def _log_doubt(log_odds: np.ndarray) -> np.ndarray:
    """Return log H of the coin; from log-odds of 30 on H is (1 + size) e^-size to all digits."""
    size = np.abs(log_odds)
    near = np.minimum(size, NEAR)
    doubt = np.log1p(np.exp(-near)) + near * expit(-near)
    return np.where(size < NEAR, np.log(doubt), np.log1p(size) - size)


Score = Callable[[np.ndarray, np.ndarray], np.ndarray]
SCORES: dict[str, Score] = {
    "alike": lambda p, pairs: p,
    "uncertain": lambda p, pairs: _doubt(p),
    "large": lambda p, pairs: _doubt(p) * pairs,
    "random": lambda p, pairs: pairs.astype(np.float64),
}
# Of log-odds, in the order of the scores: probabilities of 1 - 1e-17 and less would all be 1.
RANKS: dict[str, Score] = {
    "alike": lambda log_odds, pairs: log_odds,
    "uncertain": lambda log_odds, pairs: -np.abs(log_odds),
    "large": lambda log_odds, pairs: _log_doubt(log_odds) + np.log(pairs),
}
