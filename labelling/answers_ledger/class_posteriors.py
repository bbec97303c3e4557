"""What answers of all kinds say of each item's class, on top of what a model says."""

from typing import Any, NamedTuple

import numpy as np

from labelling.answers_ledger.combined_answers import answers, judged_pairs, rows_that_count
from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.partial_answers import (
    SURE,
    confusion_table,
    log_likelihoods,
    pair_posteriors,
    same_table,
)
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record


class Said(NamedTuple):
    """All that answers say: log-likelihoods of single items, and what was said of pairs of them."""

    single: np.ndarray  # (n, C)
    same: np.ndarray  # (C, C): P("the same") of items of two classes
    pairs: np.ndarray = np.zeros((0, 2), dtype=np.int64)  # (m, 2)
    weights: np.ndarray = np.zeros((0, 2))  # (m, 2): of answers "another class", "the same"

    def posterior(self, prior: np.ndarray) -> np.ndarray:
        """Return P(class | answers) where `prior` is what a model says."""
        known = np.log(np.maximum(prior, SURE)) + self.single
        said = np.log(np.stack([1 - self.same, self.same]))
        return pair_posteriors(known, self.pairs, np.tensordot(self.weights, said, axes=1))

    @property
    def informed(self) -> np.ndarray:
        """Say about which items there is an answer."""
        found = (self.single != 0).any(axis=1)
        found[self.pairs.reshape(-1)] = True
        return found


@record
class ClassPosteriors:
    """What is known of each item's class.

    Attributes
    ----------
    probabilities : ndarray (n, C)
        P(class | answers, prior).
    classes : ndarray (C,)
    informed : ndarray (n,)
        Whether an answer is about the item, one about a pair included.
    """

    probabilities: np.ndarray
    classes: np.ndarray
    informed: np.ndarray


def class_posteriors(
    ledger: Ledger, *, prior: Any, classes: Any, error: Any = 0.0
) -> ClassPosteriors:
    r"""Return the probability of each class of each item, given answers that may say only a part.

    Parameters
    ----------
    ledger : Ledger
        Answers of the kinds "label", "not", "set" and "pair".
    prior : array (n, C)
        What is thought of each item before any answer, a model's probabilities for example.
    classes : array (C,)
        The classes, in the order of the columns of `prior`.
    error : float or array (C, C)
        Probability that the expert takes an item for another class than its own, any other being
        as likely; or P(taken for | true), a row a true class.

    Returns
    -------
    ClassPosteriors

    Raises
    ------
    InputError
        Probabilities that are none, a label outside the classes, an item beyond the prior.

    Notes
    -----
    Bayes' rule over the answers r with their weights w_r, each expert's last to each question (who
    cannot tell in the end takes it back),

    .. math:: P(c \mid \mathrm{answers}) \propto
        \mathrm{prior}(c) \prod_r P(r \mid c)^{w_r}, \qquad
        P(\text{"}k\text{"} \mid c) = m(c, k),

    1 - m(c, k) for "not k", the sum over its classes for a set; of a pair of items of the classes
    a and b, sum_k m(a, k) m(b, k) for "the same". Pairs are passed on by the sum-product rule
    (Pearl 1988), exact where they form no loop and an approximation elsewhere. Answers are taken
    for independent given the class; none counts as surer than 1 - 1e-6.

    References
    ----------
    J. Pearl, Probabilistic reasoning in intelligent systems, 1988.

    Examples
    --------
    >>> from labelling import class_posteriors, ledger, tell
    >>> book = tell(ledger(), kind="not", items=0, values=0, who="A", time=0)
    >>> book = tell(book, kind="pair", items=0, others=1, values=True, who="A", time=1)
    >>> prior = [[0.5, 0.3, 0.2], [0.8, 0.1, 0.1]]
    >>> class_posteriors(book, prior=prior, classes=[0, 1, 2]).probabilities.round(2).tolist()
    [[0.0, 0.6, 0.4], [0.0, 0.6, 0.4]]
    """
    before = checks.probabilities(prior, "prior", ndim=2).astype(np.float64)
    said = answers(ledger, n=len(before), classes=classes)
    if len(said.classes) != before.shape[1]:
        refuse("classes", f"{before.shape[1]} classes, as prior has columns", len(said.classes))
    confusion = confusion_table(error, len(said.classes), "error")
    evidence = what_was_said(ledger, len(before), said.classes.tolist(), confusion)
    return ClassPosteriors(
        probabilities=evidence.posterior(before),
        classes=said.classes,
        informed=evidence.informed,
    )


def what_was_said(book: Ledger, n: int, names: list, confusion: np.ndarray) -> Said:
    """Return what a ledger's answers say of n items."""
    table = rows_that_count(book)
    single, same = log_likelihoods(table, n, names, confusion), same_table(confusion)
    told = {pair: by for pair, by in judged_pairs(table).items() if by}
    weights = np.zeros((len(told), 2))
    for row, by in zip(weights, told.values(), strict=True):
        for alike, weight in by.values():
            row[int(alike)] += weight
    return Said(single, same, np.array(list(told), dtype=np.int64).reshape(-1, 2), weights)
