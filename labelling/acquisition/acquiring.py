"""Choose the items to ask an expert about, and the question."""

from typing import Any

import numpy as np

from labelling.acquisition.choices import WAYS, Pool
from labelling.acquisition.priced_questions import question_prices, questions
from labelling.answers_ledger.partial_answers import confusion_table
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.core.streams import generator
from toolbox.resampling.near_ties import first_of_largest

HARMFUL = {
    "typical": "typical items alone never show a rare class",
    "rare": "rarity alone asks about near-copies of one item",
}


@record
class Acquisition:
    """What to ask next.

    Attributes
    ----------
    items : ndarray (batch,)
        The items, the most useful first.
    scores : ndarray (batch,)
        Of each when it was chosen: nats, a distance, ... as the way of choosing has it; NaN from
        a strategy of another library.
    question : ndarray (batch,)
        "label"; "yes/no": whether it is the class in `proposed`; or "pair": whether it is of the
        same class as the item in `others`.
    proposed : ndarray (batch,)
        The most probable class of each item, -1 without votes.
    others : ndarray (batch,)
        For a pair, an item whose label is the class in `proposed`; -1 for the other questions.
    by : str
    note : str
        What is doubtful about this way of choosing.
    """

    items: np.ndarray
    scores: np.ndarray
    question: np.ndarray
    proposed: np.ndarray
    others: np.ndarray
    by: str
    note: str = ""


def acquire(
    votes: Any,
    *,
    labelled: Any,
    batch: int,
    features: Any = None,
    distance: Any = None,
    by: Any = "uncertain-and-far",
    cost: Any = None,
    error: Any = 0.0,
    seed: int,
) -> Acquisition:
    r"""Choose the items that an expert is asked about next, and the question.

    Parameters
    ----------
    votes : array (R, n, C) or (n, C), or None
        Class probabilities of all items, by R retrained members; None before the first training.
    labelled : array (n,)
        The column of each item's class, -1 where it has no label, as `answers` gives it.
    batch : int
        How many items.
    features : array (n, F) or (n,), optional
        A description of each item, for all ways but those that need votes alone.
    distance : array (n, n) or Evidence, optional
        Distances between items instead of `features`: any symmetric matrix, or the scores of
        `similarity.evidence`, which are turned round.
    by : str or callable
        "uncertain-and-far": of the least sure items (five a question), each time the farthest from
        all that are labelled or chosen; before the first training, the farthest of all.
        "balanced": one question in five about what looks most like a class of few labels, the
        others the middles of clusters of the least sure (ten a question), where such classes count
        more; before the first training, the middles of clusters of all.
        "uncertain" (entropy), "margin" (of the two most probable classes), "bald" (what members
        contradict each other about), "badge" (drawn by the distance of their gradients), "far"
        (k-centre), "typical", "rare", "random"; or what `acquisition_from` returns.
    cost : float, array (n,) or dict, optional
        Prices, of a label or of each kind of question: ``{"label": 3, "yes/no": 1, "pair": 1}``
        (in MATLAB the field ``yes_no``), numbers or an array an item. Of several kinds, each
        item's question is the one that tells the most nats for the money, and by these
        "uncertain" and "uncertain-and-far" choose; other ways by score for a label's money.
    error : float or array (C, C)
        Probability that the expert is wrong, as for `class_posteriors`; it lowers what an answer
        tells, of a pair the most.
    seed : int
        Breaks ties, and draws for "badge" and "random".

    Returns
    -------
    Acquisition

    Raises
    ------
    InputError
        A batch larger than what is unlabelled, NaN among the votes, one class alone, votes,
        features or distances of other items than `labelled`, a way that needs what was not given,
        prices that are not positive.

    Notes
    -----
    With p the members' mean probabilities and H the entropy in nats, "uncertain" and "bald"
    (Houlsby et al., 2011) choose the largest

    .. math:: H(p) = -\sum_c p_c \log p_c, \qquad H(p) - \frac1R \sum_r H(p_r).

    On digits of which one class has 13 items of about 1090 (`benchmarks/labelling_acquisition.py`,
    20 draws, batches of 10), 95 % of the full score took 80 labels with the default and 240 at
    random; typicality alone did not reach it in 300 and found none of the 13 in 60. Rarity alone
    has no diversity either: of near-copies it asks about all. "balanced" took 80 too, and is for
    fewer: after 10 labels a balanced accuracy of .73 instead of .40, after 60 .884 instead of .876
    and 3.8 of the 13 found instead of 2.8 (its numbers were chosen on other classes). Asked with
    the votes of two unlike learners, a logistic regression and a kernel smoother, it took 70 and
    found 4.1: members that err in other places show where each is wrong.
    A class is found by looking where the network has not looked: keep "far" in the choice.

    References
    ----------
    O. Sener, S. Savarese, Active learning for convolutional neural networks: a core-set approach,
    ICLR 2018. J. T. Ash et al., Deep batch active learning by diverse, uncertain gradient lower
    bounds, ICLR 2020. N. Houlsby et al., Bayesian active learning for classification, 2011.
    G. Hacohen et al., Active learning on a budget, ICML 2022.

    Examples
    --------
    >>> from labelling import acquire
    >>> votes = [[0.9, 0.1], [0.55, 0.45], [0.8, 0.2]]
    >>> acquire(votes, labelled=[0, -1, -1], batch=1, by="margin", seed=0).items.tolist()
    [1]
    """
    chosen_way = by if callable(by) else checks.choice(by, "by", tuple(WAYS))
    known = label_columns(labelled)
    open_items = known < 0
    size = checks.count(batch, "batch")
    if size > open_items.sum():
        refuse("batch", f"at most {open_items.sum()}, the items without a label", size)
    chances = _votes(votes, len(known))
    x = (
        None
        if features is None
        else item_features(features, "features", items=len(known), of="labelled")
    )
    apart = None if distance is None else item_distances(distance, len(known), "distance")
    mean = None if chances is None else chances.mean(axis=0)
    if mean is not None and known.max() >= mean.shape[1]:
        refuse("labelled", f"columns 0 to {mean.shape[1] - 1}, -1 for none", known.max())
    confusion = None if mean is None else confusion_table(error, mean.shape[1], "error")
    asked = questions(mean, known, confusion, question_prices(cost, len(known)))
    rng = generator(checks.seed(seed), "acquire")
    pool = Pool(chances, x, apart, known, size, asked.worth * open_items, asked.rate, rng)
    items, scores = _by_other(by, pool) if callable(by) else _by_name(chosen_way, pool)
    proposed = np.full(size, -1) if mean is None else first_of_largest(mean[items])
    name = "another's strategy" if callable(by) else chosen_way
    return Acquisition(
        items=items,
        scores=scores,
        question=asked.kind[items],
        proposed=proposed,
        others=asked.partner[items],
        by=name,
        note=HARMFUL.get(name, ""),
    )


def label_columns(labelled: Any) -> np.ndarray:
    """Return the class column of each item, -1 for none."""
    known = checks.labels(labelled, "labelled")
    if known.dtype.kind not in "iu" or known.min() < -1:
        refuse("labelled", "columns of classes, -1 for none", checks.describe_value(labelled))
    return known.astype(np.int64)


def _by_name(way: str, pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    needs = WAYS[way]
    if needs.votes and pool.votes is None:
        refuse("votes", f"votes, which {way!r} chooses by", "None")
    if way == "bald" and len(pool.votes) < 2:
        refuse("votes", "at least two members for 'bald'", len(pool.votes))
    if needs.places and pool.features is None and (way == "badge" or pool.distances is None):
        refuse("features", f"features of the items, which {way!r} chooses by", "None")
    return needs.choose(pool)


def _by_other(by: Any, pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    """Let another library choose, and check what it chose."""
    if pool.features is None:
        refuse("features", "features of the items, which another's strategy chooses by", "None")
    items = np.asarray(by(pool.features, pool.labelled, pool.batch)).astype(np.int64)
    unlike = (
        len(np.unique(items)) != pool.batch
        or not np.isin(items, np.flatnonzero(pool.labelled < 0)).all()
    )
    if unlike:
        refuse("by", f"a strategy that returns {pool.batch} items without a label", items.tolist())
    return items, np.full(pool.batch, np.nan)


def _votes(votes: Any, items: int) -> np.ndarray | None:
    if votes is None:
        return None
    found = checks.votes(votes, "votes")
    if found.shape[1] != items:
        refuse("votes", f"votes of {items} items, as labelled has", found.shape[1])
    return found


def item_features(features: Any, argument: str, *, items: int = 0, of: str = "") -> np.ndarray:
    """Return features (n, F); (n,), a column of MATLAB's, is one feature of n items."""
    found = checks.real_array(features, argument)
    if found.ndim not in (1, 2):
        refuse(argument, "a 2-D array of real numbers", f"shape {found.shape}")
    if of and len(found) != items:
        refuse(argument, f"{items} rows, as {of} has", len(found))
    return found.reshape(len(found), -1)


def item_distances(distance: Any, items: int, argument: str) -> np.ndarray:
    """Return distances: those given, or log-odds turned round, so that alike is near."""
    evidence = is_record(distance)
    matrix = getattr(distance, "scores", None) if evidence else distance
    if evidence and matrix is not None:
        matrix = np.array(matrix, dtype=np.float64)
        np.fill_diagonal(matrix, -np.inf)
        matrix = matrix.max() - matrix
        np.fill_diagonal(matrix, 0)
    found = checks.real_array(matrix, argument, ndim=2).astype(np.float64)
    if found.shape != (items, items) or not np.allclose(found, found.T):
        refuse(argument, f"a symmetric {items} x {items} matrix", f"shape {found.shape}")
    return found
