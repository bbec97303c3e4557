"""The model of a campaign: a logistic regression of the largest likelihood of all answers.

Answers may say only a part of an item's class, or be wrong. The log-likelihood

    sum_i log sum_c p_w(c | x_i) P(answers about i | c)

is climbed by EM: the posteriors of the classes are soft labels of the next fit, whose probabilities
are the prior of the next posteriors. That the item is of a class without a label has the chance of
`with_unseen`.
"""

import warnings
from typing import Any

import numpy as np

from labelling.answers_ledger.class_posteriors import Said
from toolbox.core.item_blocks import binary_exponent

PENALTY = 10.0  # inverse of the logistic regression's, for features of unit variance
ROUNDS = 3  # of EM; one was worse and five no better on simulated classes
SETTLED = 0.01  # largest change of a soft label at which fits stop
SURE = 0.5  # items whose most probable class is less probable are left out: they would teach the
# model its own guesses (all of them: worse on simulated classes)
LEAST = 0.05  # soft labels below it are left out: each is a row of the fit


def answer_votes(x: np.ndarray, said: Said) -> np.ndarray | None:
    """Return P(class) (n, C) by a model of the answers alone; None where they show one class.

    Of items with answers it is the prior of what the answers say.
    """
    z = _standardised(x)
    classes = said.single.shape[1]
    soft = said.posterior(np.full((len(x), classes), 1 / classes))
    rows = np.flatnonzero(said.informed & (soft.max(axis=1) > SURE))
    if len(np.unique(soft[rows].argmax(axis=1))) < 2:
        return None
    informed, votes = np.flatnonzero(said.informed), np.zeros((len(x), classes))
    for _ in range(ROUNDS):
        model = _fitted(z[rows], soft[rows])
        votes = np.zeros((len(x), classes))
        votes[:, model.classes_] = model.predict_proba(z)
        # The model gives a class it was never shown no chance at all, and no answer could change
        # that: an item that is none of the others would stay what it is not.
        shown = np.bincount(soft[rows].argmax(axis=1), minlength=classes)
        votes[informed] = with_unseen(votes[informed], shown)
        before, soft = soft, said.posterior(votes)
        rows = informed[soft[informed].max(axis=1) > SURE]
        if np.abs(soft[informed] - before[informed]).max() < SETTLED:
            break
    return votes


def logistic_votes(x: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return P(class) (n, C) by the same model of labels alone, -1 for none."""
    z, rows = _standardised(x), np.flatnonzero(labels >= 0)
    model = _fitted(z[rows], np.eye(classes)[labels[rows]])
    votes = np.zeros((len(x), classes))
    votes[:, model.classes_] = model.predict_proba(z)
    return votes


def doubted(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return P(class) (n, C) as unsure as few labels are, with a chance of classes that have none.

    A model of N labels is taken for C / (C + N) less sure than it is.
    """
    often = np.bincount(labels[labels >= 0], minlength=votes.shape[1])
    doubt = len(often) / (len(often) + often.sum())
    return with_unseen((1 - doubt) * votes + doubt / len(often), often)


def with_unseen(votes: np.ndarray, often: np.ndarray) -> np.ndarray:
    """Return P(class) (n, C) with the chance that an item is of a class without a label.

    With `often` (C,) labels of each class, N of all: (N_1 + 1) / (N + 2), N_1 the classes that have
    one alone (Good, 1953, kept off 0 by Laplace's rule).
    """
    unseen = often == 0
    if not unseen.any():
        return votes
    new = ((often == 1).sum() + 1) / (often.sum() + 2)
    return (1 - new) * votes + new * unseen / unseen.sum()


def _fitted(z: np.ndarray, soft: np.ndarray) -> Any:
    """Return a regression on soft labels: each class of an item is a row of that weight."""
    from sklearn.linear_model import LogisticRegression

    item, label = np.nonzero(soft > LEAST)
    model = LogisticRegression(C=PENALTY, max_iter=1000)
    with warnings.catch_warnings():  # of few answers, that they could be a regression's
        warnings.simplefilter("ignore", UserWarning)
        return model.fit(z[item], label, sample_weight=soft[item, label])


def _standardised(x: np.ndarray) -> np.ndarray:
    z = np.ldexp(x, -binary_exponent(x)).astype(np.float64)  # squares neither overflow nor vanish
    return (z - z.mean(axis=0)) / (z.std() or 1.0)
